"""Doubts about therapies in use: limits that look like a slip of the pen, and what two people took upon themselves."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.config.durations import text_of
from monitor.config.loosening import rates_to_compare, shown
from monitor.config.settings import Config, PumpEnrolment
from monitor.config.therapies import BUILT_IN, DEFAULT, Profile
from monitor.interruption.order_check import bag_rates_near
from monitor.interruption.policy import SECOND_US, Therapy, occlusion_latency_us, restart_threshold

SLIP = 10
"""A threshold this many times shorter than the profile's may have been meant in hours and written in minutes."""

DAY_H = 24

Doubt = tuple[str, str]
"""A path and a sentence."""


def therapy_doubts(config: Config) -> Iterator[Doubt]:
    """Yield what is doubtful about the therapies of the enrolled pumps, and about their orders."""
    seen: set[str] = set()
    for pump in config.pumps:
        if pump.therapy.name not in seen:
            seen.add(pump.therapy.name)
            yield from _limit_doubts(pump.therapy)
    ordered: set[object] = set()
    for pump in config.pumps:
        order = (pump.therapy.name, pump.order, pump.forced_by)
        if order not in ordered:
            ordered.add(order)
            yield from _order_doubts(pump)
            yield from _forced_doubts(pump)
    for pump in config.pumps:
        yield from _asking_doubts(pump)


def _limit_doubts(therapy: Therapy) -> Iterator[Doubt]:
    path = f"therapies.{therapy.name}"
    profile = BUILT_IN.get(therapy.name)
    if profile is None:
        # A clinic's own therapy has nobody's limits but its own; where it is looser than our defaults it is told.
        yield from _own_doubts(therapy, path)
        return
    built_in = profile.therapy
    if therapy.restart.off_time_us * SLIP < built_in.restart.off_time_us:
        text = f"{shown(therapy.restart)} is far below the {shown(built_in.restart)} of the profile; is the unit right?"
        yield f"{path}.thresholds", text
    yield from _schedule_doubts(therapy, profile, path)
    for rate_ml_per_h in rates_to_compare(built_in, therapy):
        now_us = occlusion_latency_us(therapy, rate_ml_per_h)
        usual_us = occlusion_latency_us(built_in, rate_ml_per_h)
        if now_us < usual_us:
            at = f"at {rate_ml_per_h:g} mL/h {text_of(now_us)}"
            text = f"{at} is shorter than the profile's {text_of(usual_us)}: it rests on the test report alone"
            yield f"{path}.latency", text
            return


def _own_doubts(therapy: Therapy, path: str) -> Iterator[Doubt]:
    ours = BUILT_IN[DEFAULT].therapy
    if therapy.min_rate_fraction < ours.min_rate_fraction:
        yield f"{path}.min_rate_fraction", "is below the built-in 0.9: more under-delivery counts as therapy"
    if therapy.max_rate_fraction > ours.max_rate_fraction:
        yield (
            f"{path}.max_rate_fraction",
            "is above the built-in 1.1: a rate that is too fast passes for the ordered one",
        )
    if therapy.kvo_counts:
        yield f"{path}.kvo_counts", "keep-vein-open counts as therapy here; is it enough of the drug?"
    if therapy.merge_run_us < ours.merge_run_us:
        text = f"{text_of(therapy.merge_run_us)} is shorter than the built-in {text_of(ours.merge_run_us)}"
        yield f"{path}.merge_run", f"{text}: fewer stops are taken together"
    yield from _schedule_doubts(therapy, None, path)
    if not therapy.latency:
        yield f"{path}.latency", "is missing: an occlusion counts from its alarm on, and pumps notice one late"


def _schedule_doubts(therapy: Therapy, profile: Profile | None, path: str) -> Iterator[Doubt]:
    least = None if profile is None else profile.schedule_hours_min
    if therapy.schedule is not None:
        hours = DAY_H - therapy.schedule.on_min / 60
        yield f"{path}.schedule", f"stops in {hours:g} hours of every day are planned and nobody is told of them"
    elif least is not None and therapy.bag_hours_max is not None and therapy.bag_hours_max < DAY_H:
        text = f"is missing: {therapy.name} is given {least:g} hours a day, so every night will be an interruption"
        yield f"{path}.schedule", text


def _order_doubts(pump: PumpEnrolment) -> Iterator[Doubt]:
    therapy, order = pump.therapy, pump.order
    rate_ml_per_h = None if order is None else order.rate_ml_per_h
    threshold = restart_threshold(therapy, order)
    latency_us = occlusion_latency_us(therapy, rate_ml_per_h)
    if latency_us >= threshold.off_time_us:
        at = "at an unknown rate" if rate_ml_per_h is None else f"at {rate_ml_per_h:g} mL/h"
        late = f"an occlusion {at} may be noticed after {text_of(latency_us)}"
        limit = f"the restart threshold {shown(threshold)}"
        yield f"therapies.{therapy.name}", f"{late}, not before {limit}: the ladder cannot finish before the deadline"
    if therapy.name not in BUILT_IN and (order is None or order.drug is None):
        yield "pumps", f"{pump.pump} is ordered no drug by name: nothing tells whether {therapy.name} is its therapy"
    if order is None or rate_ml_per_h is None or order.bag_hours is None:
        return
    bags = [row.bag_hours for row in bag_rates_near(therapy, rate_ml_per_h) if row.bag_hours is not None]
    if bags and order.bag_hours * 2 < max(bags):
        usual = f"a bag of {therapy.name} lasts {max(bags):g} h at {rate_ml_per_h:g} mL/h"
        yield (
            "pumps",
            f"{pump.pump} is ordered bags of {order.bag_hours:g} h; {usual}: is the rate that of another bag?",
        )


def _asking_doubts(pump: PumpEnrolment) -> Iterator[Doubt]:
    # By its name and unit this option of a driver is what we take it for; the others are the driver's own.
    poll_s = pump.options.get("poll_s")
    if isinstance(poll_s, int | float) and 2 * poll_s * SECOND_US > pump.therapy.silence_max_us:
        asked = f"{pump.pump} is asked every {poll_s:g} s (poll_s)"
        silent = f"the {text_of(pump.therapy.silence_max_us)} after which it is silent (silence_max)"
        yield "pumps", f"{asked}: that is more than half of {silent}"


def _forced_doubts(pump: PumpEnrolment) -> Iterator[Doubt]:
    people = " and ".join(pump.forced_by)
    if pump.forced_misfit is not None:
        yield "pumps", f"{pump.pump}: {pump.forced_misfit}, which {people} confirmed; its deadline may be wrong"
    elif pump.forced_by:
        yield "pumps", f"{pump.pump}: {people} confirmed an order that fits; leave forced_by out"
