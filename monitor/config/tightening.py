"""Makes therapies out of built-in profiles and the file's tables: a profile may be tightened, never loosened."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from monitor.config.durations import text_of
from monitor.config.faults import Faults, suggestion
from monitor.config.tables.therapies import TherapyTable, ThresholdTable
from monitor.config.therapies import BUILT_IN, DEFAULT
from monitor.interruption.policy import Latency, Therapy, Threshold

OWN_ACTION = "ask the prescriber before any restart"
"""What an own therapy's threshold means for people, unless the file says it."""


def therapies_of(tables: Mapping[str, TherapyTable], faults: Faults) -> dict[str, Therapy]:
    """Return every therapy, built in or configured, by name.

    One with faults is there too, as far as it goes, so that faults in what depends on it are found as well.
    """
    therapies = {name: _in_proportion(profile.therapy, None) for name, profile in BUILT_IN.items()}
    for name, table in tables.items():
        profile = BUILT_IN.get(name)
        therapies[name] = _own(name, table, faults) if profile is None else _tightened(profile.therapy, table, faults)
        _refuse_contradictions(therapies[name], faults)
    return therapies


def _own(name: str, table: TherapyTable, faults: Faults) -> Therapy:
    built_in = suggestion(name, BUILT_IN)
    for key in ("thresholds", "source"):
        if getattr(table, key) is None and ("therapies", name, key) not in faults.dropped:
            hint = f"is missing: {name} is not built in, so it must be said here ({built_in})"
            faults.add(("therapies", name, key), hint)
    cap = BUILT_IN[DEFAULT].therapy.thresholds
    thresholds = cap if table.thresholds is None else _thresholds(name, table.thresholds, (), faults)
    return _with_the_rest(Therapy(name=name, thresholds=thresholds), table)


def _tightened(profile: Therapy, table: TherapyTable, faults: Faults) -> Therapy:
    where = ("therapies", profile.name)
    thresholds = profile.thresholds
    if table.thresholds is not None:
        thresholds = _thresholds(profile.name, table.thresholds, profile.thresholds, faults)
        _refuse_looser(profile, thresholds, faults)
    if table.silence_max is not None and table.silence_max > profile.silence_max_us:
        silence = f"{text_of(table.silence_max)} is longer than the {text_of(profile.silence_max_us)}"
        faults.add((*where, "silence_max"), f"{silence} of the built-in profile; it may only be shortened")
    if table.source is not None:
        faults.add((*where, "source"), "belongs to the built-in profile; leave it out")
    return _with_the_rest(msgspec.structs.replace(profile, thresholds=thresholds), table)


def _thresholds(
    name: str, tables: list[ThresholdTable], profile: tuple[Threshold, ...], faults: Faults
) -> tuple[Threshold, ...]:
    """Return thresholds, smallest first; actions that are not given are those of the profile."""
    ordered = sorted(tables, key=lambda table: (table.off_time, not table.inclusive))
    made = []
    for place, table in enumerate(ordered):
        action = table.action or (profile[min(place, len(profile) - 1)].action if profile else OWN_ACTION)
        made.append(Threshold(table.off_time, inclusive=table.inclusive, action=action))
    if len({threshold.off_time_us for threshold in made}) < len(made):
        faults.add(("therapies", name, "thresholds"), "the same off-time stands there twice")
    return tuple(made)


def shown(threshold: Threshold) -> str:
    """Return a threshold as it would be written in the file."""
    return f"{'>=' if threshold.inclusive else '>'} {text_of(threshold.off_time_us)}"


def _refuse_looser(profile: Therapy, thresholds: tuple[Threshold, ...], faults: Faults) -> None:
    where = ("therapies", profile.name, "thresholds")
    if len(thresholds) < len(profile.thresholds):
        needed = ", ".join(shown(threshold) for threshold in profile.thresholds)
        faults.add(where, f"there must be one for each of the built-in profile ({needed})")
    for found, cap in zip(thresholds, profile.thresholds, strict=False):
        if found.met_from_us() > cap.met_from_us():
            later = f"{shown(found)} is later than the {shown(cap)} of the built-in profile"
            faults.add(where, f"{later}; it may be tightened, never loosened")


def _with_the_rest(therapy: Therapy, table: TherapyTable) -> Therapy:
    given = {
        "silence_max_us": table.silence_max,
        "merge_run_us": table.merge_run,
        "min_rate_fraction": table.min_rate_fraction,
        "max_rate_fraction": table.max_rate_fraction,
        "kvo_counts": table.kvo_counts,
        "maintenance_quiet_us": table.maintenance_quiet,
        "maintenance_max_us": table.maintenance_max,
        "completion_us": table.completion,
        "amend_us": table.amend,
        "source": table.source,
    }
    changes: dict[str, object] = {key: value for key, value in given.items() if value is not None}
    if table.latency is not None:
        changes["latency"] = tuple(Latency(rate, table.latency[rate]) for rate in sorted(table.latency))
    return _in_proportion(msgspec.structs.replace(therapy, **changes), table)


def _in_proportion(therapy: Therapy, table: TherapyTable | None) -> Therapy:
    """Return the therapy with the windows that nobody chose made short enough for its threshold."""
    quarter_us = therapy.restart.off_time_us // 4
    max_us = therapy.maintenance_max_us
    if table is None or table.maintenance_max is None:
        max_us = min(max_us, 2 * quarter_us)
    quiet_us = therapy.maintenance_quiet_us
    if table is None or table.maintenance_quiet is None:
        quiet_us = min(quiet_us, quarter_us, max_us)
    silence_us = therapy.silence_max_us
    if table is None or table.silence_max is None:
        silence_us = min(silence_us, quarter_us)
    return msgspec.structs.replace(
        therapy, silence_max_us=silence_us, maintenance_quiet_us=quiet_us, maintenance_max_us=max_us
    )


def _refuse_contradictions(therapy: Therapy, faults: Faults) -> None:
    where = ("therapies", therapy.name)
    if therapy.maintenance_quiet_us > therapy.maintenance_max_us:
        quiet, most = text_of(therapy.maintenance_quiet_us), text_of(therapy.maintenance_max_us)
        faults.add((*where, "maintenance_quiet"), f"{quiet} is longer than the maintenance_max of {most}")
    threshold_us = therapy.restart.off_time_us
    for key in ("silence_max", "maintenance_max"):
        found_us: int = getattr(therapy, f"{key}_us")
        if found_us >= threshold_us:
            limit = f"the restart threshold {shown(therapy.restart)}"
            faults.add((*where, key), f"{text_of(found_us)} must be shorter than {limit}")
