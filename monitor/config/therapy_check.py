"""Doubts about therapies in use: limits that look like a slip of the pen, or looser than what is built in."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.config.durations import text_of
from monitor.config.settings import Config, PumpEnrolment
from monitor.config.therapies import BUILT_IN, RATES_ML_PER_H
from monitor.config.tightening import shown
from monitor.interruption.policy import Therapy, occlusion_latency_us

SLIP = 10
"""A threshold this many times shorter than the profile's may have been meant in hours and written in minutes."""

RATE_TOLERANCE = 0.02
"""How far an ordered rate may be from a labelled one."""

Doubt = tuple[str, str]
"""A path and a sentence."""


def therapy_doubts(config: Config) -> Iterator[Doubt]:
    """Yield what is doubtful about the therapies of the enrolled pumps, and about their orders."""
    seen: set[str] = set()
    for pump in config.pumps:
        if pump.therapy.name not in seen:
            seen.add(pump.therapy.name)
            yield from _limit_doubts(pump.therapy)
    ordered: set[tuple[str, float | None]] = set()
    for pump in config.pumps:
        order = (pump.therapy.name, None if pump.order is None else pump.order.rate_ml_per_h)
        if order not in ordered:
            ordered.add(order)
            yield from _order_doubts(pump)


def _limit_doubts(therapy: Therapy) -> Iterator[Doubt]:
    path = f"therapies.{therapy.name}"
    profile = BUILT_IN.get(therapy.name)
    if profile is None:
        if therapy.min_rate_fraction < Therapy.min_rate_fraction:
            yield f"{path}.min_rate_fraction", "is below the built-in 0.9: more under-delivery counts as therapy"
        return
    built_in = profile.therapy
    if therapy.restart.off_time_us * SLIP < built_in.restart.off_time_us:
        text = f"{shown(therapy.restart)} is far below the {shown(built_in.restart)} of the profile; is the unit right?"
        yield f"{path}.thresholds", text
    if therapy.merge_run_us < built_in.merge_run_us:
        run, usual = text_of(therapy.merge_run_us), text_of(built_in.merge_run_us)
        yield f"{path}.merge_run", f"{run} is shorter than the profile's {usual}: fewer stops are taken together"
    if therapy.min_rate_fraction < built_in.min_rate_fraction:
        text = f"{therapy.min_rate_fraction:g} is below the profile's {built_in.min_rate_fraction:g}"
        yield f"{path}.min_rate_fraction", f"{text}: more under-delivery counts as therapy"
    if therapy.kvo_counts and not built_in.kvo_counts:
        yield f"{path}.kvo_counts", "keep-vein-open counts as therapy here; in the profile it does not"
    for entry in therapy.latency:
        usual_us = occlusion_latency_us(built_in, entry.rate_ml_per_h)
        if entry.latency_us < usual_us:
            at = f"at {entry.rate_ml_per_h:g} mL/h {text_of(entry.latency_us)}"
            text = f"{at} is shorter than the profile's {text_of(usual_us)}; is it from the pump's test report?"
            yield f"{path}.latency", text


def _order_doubts(pump: PumpEnrolment) -> Iterator[Doubt]:
    therapy = pump.therapy
    rate = None if pump.order is None else pump.order.rate_ml_per_h
    latency_us = occlusion_latency_us(therapy, rate)
    if latency_us >= therapy.restart.off_time_us:
        at = "at an unknown rate" if rate is None else f"at {rate:g} mL/h"
        late = f"an occlusion {at} may be noticed after {text_of(latency_us)}"
        limit = f"the restart threshold {shown(therapy.restart)}"
        yield f"therapies.{therapy.name}", f"{late}, not before {limit}: the ladder cannot finish before the deadline"
    rates = RATES_ML_PER_H.get(therapy.name, ())
    if rate is not None and rates and not any(abs(rate - known) <= RATE_TOLERANCE * known for known in rates):
        known = ", ".join(f"{known:g}" for known in rates)
        yield "pumps", f"{pump.pump} is ordered {rate:g} mL/h; {therapy.name} is given at {known} mL/h"
