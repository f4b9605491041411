"""Refuses whatever in a clinic's table would watch a built-in therapy less closely than its profile does.

Looser is what makes the off-time shorter, the class lower, the telling later or the doubt smaller. Each is
refused by its key. Two things stay doubts that ``check`` tells, because a clinic may be right about them:
latencies of a named test report, and a schedule where the profile allows one.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitor.clock import SECOND_US
from monitor.config.durations import text_of
from monitor.config.faults import Faults
from monitor.config.tables.therapies import TherapyTable
from monitor.config.therapies import Profile
from monitor.interruption.policy import Latency, Therapy, Threshold, occlusion_latency_us

Loose = Iterator[tuple[str, str]]
"""Keys with sentences."""

_OR_REPORT = "or name the pump's test report in latency_source"

THE_PROFILES = ("source", "version", "drugs", "hold_rules", "restart_texts", "volume_deficit_action", "bag_hours_max")
"""Keys that belong to a built-in profile: they are its sources' words."""


def shown(threshold: Threshold) -> str:
    """Return a threshold as it would be written in the file."""
    return f"{'>=' if threshold.inclusive else '>'} {text_of(threshold.off_time_us)}"


def refuse_what_is_the_profiles(built_in: Therapy, table: TherapyTable, faults: Faults) -> None:
    """Note every key that a table for a built-in profile has no business with."""
    where = ("therapies", built_in.name)
    for key in THE_PROFILES:
        if getattr(table, key) is not None:
            faults.add((*where, key), "belongs to the built-in profile; leave it out")
    if table.latency_source is not None and table.latency is None and (*where, "latency") not in faults.dropped:
        faults.add((*where, "latency_source"), "names the test report of a latency that is not there")
    for place, threshold in enumerate(table.thresholds or ()):
        if threshold.basis is not None:
            faults.add((*where, "thresholds", place, "basis"), "belongs to the built-in profile; leave it out")
        if threshold.fallback and built_in.volume_deficit_fraction is None:
            faults.add((*where, "thresholds", place, "fallback"), "holds for no built-in profile but one with a volume")


def refuse_looser(profile: Profile, found: Therapy, table: TherapyTable, faults: Faults) -> None:
    """Note everything in which ``found`` is looser than the profile; ``table`` is what was written."""
    built_in = profile.therapy
    if table.thresholds is not None:
        _refuse_later(built_in, found.thresholds, faults)
    for key, sentence in (
        *_longer(built_in, found),
        *_smaller(built_in, found),
        *_bigger(built_in, found),
        *_sooner_noticed(built_in, found, table),
        *_fewer_hours(profile, found),
        *_other_sums(built_in, found),
        *_other_rates(built_in, found),
    ):
        faults.add(("therapies", built_in.name, key), sentence)


def _refuse_later(profile: Therapy, thresholds: tuple[Threshold, ...], faults: Faults) -> None:
    where = ("therapies", profile.name, "thresholds")
    if len(thresholds) < len(profile.thresholds):
        needed = ", ".join(shown(threshold) for threshold in profile.thresholds)
        faults.add(where, f"there must be one for each of the built-in profile ({needed})")
    for found, cap in zip(thresholds, profile.thresholds, strict=False):
        if found.met_from_us() > cap.met_from_us():
            later = f"{shown(found)} is later than the {shown(cap)} of the built-in profile"
            faults.add(where, f"{later}; it may be tightened, never loosened")


def _longer(built_in: Therapy, found: Therapy) -> Loose:
    """Stretches that may only be shortened, or only be lengthened."""
    for key in ("silence_max", "maintenance_quiet", "maintenance_max", "completion"):
        now_us, usual_us = getattr(found, f"{key}_us"), getattr(built_in, f"{key}_us")
        if now_us > usual_us:
            longer = f"{text_of(now_us)} is longer than the {text_of(usual_us)}"
            yield key, f"{longer} of the built-in profile; it may only be shortened"
    for key in ("merge_run", "amend"):
        now_us, usual_us = getattr(found, f"{key}_us"), getattr(built_in, f"{key}_us")
        if now_us < usual_us:
            shorter = f"{text_of(now_us)} is shorter than the {text_of(usual_us)}"
            yield key, f"{shorter} of the built-in profile; it may only be lengthened"


def _smaller(built_in: Therapy, found: Therapy) -> Loose:
    """Figures below which more passes for therapy, or the off-time is known better than it is."""
    for key in ("min_rate_fraction", "counter_step_ml", "bag_error_fraction"):
        now, usual = getattr(found, key), getattr(built_in, key)
        if now < usual:
            yield key, f"{now:g} is below the {usual:g} of the built-in profile; it may only be raised"


def _bigger(built_in: Therapy, found: Therapy) -> Loose:
    if found.max_rate_fraction > built_in.max_rate_fraction:
        above = f"{found.max_rate_fraction:g} is above the {built_in.max_rate_fraction:g}"
        yield "max_rate_fraction", f"{above} of the built-in profile; it may only be lowered"
    if found.kvo_counts and not built_in.kvo_counts:
        yield "kvo_counts", "keep-vein-open is no therapy in the built-in profile; leave it out"
    usual = built_in.volume_deficit_fraction
    if usual is not None and found.volume_deficit_fraction is not None and found.volume_deficit_fraction > usual:
        above = f"{found.volume_deficit_fraction:g} is above the {usual:g}"
        yield "volume_deficit_fraction", f"{above} of the built-in profile; it may only be lowered"


def _sooner_noticed(built_in: Therapy, found: Therapy, table: TherapyTable) -> Loose:
    if table.latency_source is not None:
        return
    for row in found.latency:
        usual_us = occlusion_latency_us(built_in, row.rate_ml_per_h)
        if row.latency_us < usual_us:
            # Whole seconds up: what is asked for here is what will be written.
            least = text_of(-(-usual_us // SECOND_US) * SECOND_US)
            shorter = f"{text_of(row.latency_us)} at {row.rate_ml_per_h:g} mL/h is shorter than the {least}"
            yield "latency", f"{shorter} of the built-in profile; write that or longer, {_OR_REPORT}"
            return
    missing = _missing_rows(built_in, found)
    if missing:
        rates = ", ".join(f"{row.rate_ml_per_h:g}" for row in missing)
        rows = ", ".join(f'"{row.rate_ml_per_h:g}" = "{text_of(row.latency_us)}"' for row in missing)
        without = f"has no row for {rates} mL/h, without which it is shorter than the built-in profile there"
        yield "latency", f"{without}; write {rows} or longer, {_OR_REPORT}"


def _missing_rows(built_in: Therapy, found: Therapy) -> list[Latency]:
    """Return the rows of the profile that a table lacks, at or near whose rates it is the shorter one for it.

    A table whose rows are all long enough for their own rates can only be so where it has none.
    """
    missing: dict[float, Latency] = {}
    for rate_ml_per_h in rates_to_compare(built_in, found):
        if occlusion_latency_us(found, rate_ml_per_h) < occlusion_latency_us(built_in, rate_ml_per_h):
            slower = [row for row in built_in.latency if row.rate_ml_per_h <= rate_ml_per_h]
            row = slower[-1] if slower else built_in.latency[0]
            missing[row.rate_ml_per_h] = row
    return list(missing.values())


def rates_to_compare(built_in: Therapy, found: Therapy) -> list[float]:
    """Return the rates at which one latency table must be compared with another, slowest first.

    Each is constant or falls between two of its rates, so right at every rate and just below it will do.
    """
    listed = {entry.rate_ml_per_h for entry in (*built_in.latency, *found.latency)}
    return sorted({rate * part for rate in listed for part in (0.5, 1 - 1e-6, 1)})


def _fewer_hours(profile: Profile, found: Therapy) -> Loose:
    if found.schedule is None:
        return
    least = profile.schedule_hours_min
    if least is None:
        yield "schedule", f"{found.name} is given all day; leave the schedule out"
    elif found.schedule.on_min < least * 60:
        hours = f"{found.schedule.on_min / 60:g} hours a day are fewer than the {least:g}"
        yield "schedule", f"{hours} of the built-in profile; leave it more time"


def _other_sums(built_in: Therapy, found: Therapy) -> Loose:
    usual, now = built_in.cumulative, found.cumulative
    if usual is None or now is None:
        return
    if now.window_us < usual.window_us:
        shorter = f"the window of {text_of(now.window_us)} is shorter than the {text_of(usual.window_us)}"
        yield "cumulative", f"{shorter} of the built-in profile; it may only be lengthened"
    least_us = built_in.restart.off_time_us if usual.advisory_us is None else usual.advisory_us
    if now.advisory_us is not None and now.advisory_us > least_us:
        later = f"the advisory at {text_of(now.advisory_us)} is later than the {text_of(least_us)}"
        yield "cumulative", f"{later} of the built-in profile; it may only be sooner"


def _other_rates(built_in: Therapy, found: Therapy) -> Loose:
    for row in found.labelled_rates:
        like = [known for known in built_in.labelled_rates if known.rate_ml_per_h == row.rate_ml_per_h]
        if not built_in.labelled_rates:
            return
        if not like:
            known = ", ".join(f"{one.rate_ml_per_h:g}" for one in built_in.labelled_rates)
            yield "rates", f"{row.rate_ml_per_h:g} mL/h is no rate of the built-in profile ({known}); leave it out"
        elif like[0].bag_hours is not None and (row.bag_hours is None or row.bag_hours > like[0].bag_hours):
            longest = f"at {row.rate_ml_per_h:g} mL/h the built-in profile's longest bag is {like[0].bag_hours:g} h"
            yield "rates", f"{longest}; write bag_hours of that or less"
