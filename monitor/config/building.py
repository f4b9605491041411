"""Makes a therapy out of a table, the same way for a built-in profile and for what a clinic writes."""

from __future__ import annotations

import msgspec

from monitor.config.tables.rules import ThresholdTable
from monitor.config.tables.therapies import TherapyTable
from monitor.interruption.policy import Latency, Therapy, Threshold
from monitor.interruption.therapy_rules import (
    Audience,
    BagRate,
    Basis,
    Cumulative,
    HoldRule,
    RestartText,
    Schedule,
)

OWN_ACTION = "ask the prescriber before any restart"
"""What an own therapy's threshold means for people, unless the file says it."""

_SAME = {
    "silence_max_us": "silence_max",
    "merge_run_us": "merge_run",
    "min_rate_fraction": "min_rate_fraction",
    "max_rate_fraction": "max_rate_fraction",
    "kvo_counts": "kvo_counts",
    "maintenance_quiet_us": "maintenance_quiet",
    "maintenance_max_us": "maintenance_max",
    "completion_us": "completion",
    "amend_us": "amend",
    "volume_deficit_fraction": "volume_deficit_fraction",
    "volume_deficit_action": "volume_deficit_action",
    "bag_hours_max": "bag_hours_max",
    "counter_step_ml": "counter_step_ml",
    "bag_error_fraction": "bag_error_fraction",
    "source": "source",
    "version": "version",
}
"""Fields of a therapy that are taken as they stand, with their keys."""


def with_table(therapy: Therapy, table: TherapyTable, zone: str) -> Therapy:
    """Return the therapy with everything that a table says, thresholds apart.

    Args:
        therapy: What holds where the table says nothing.
        table: What was written.
        zone: IANA name of the zone in which a schedule is meant.
    """
    changes: dict[str, object] = {}
    for field, key in _SAME.items():
        value = getattr(table, key)
        if value is not None:
            changes[field] = value
    if table.latency is not None:
        changes["latency"] = tuple(Latency(rate, table.latency[rate]) for rate in sorted(table.latency))
    if table.schedule is not None:
        changes["schedule"] = Schedule(table.schedule.starts, table.schedule.ends, zone)
    if table.cumulative is not None:
        changes["cumulative"] = Cumulative(table.cumulative.window, table.cumulative.advisory)
    if table.do_not is not None:
        changes["do_not"] = tuple(table.do_not)
    if table.drugs is not None:
        changes["drugs"] = tuple(table.drugs)
    if table.rates is not None:
        changes["labelled_rates"] = tuple(BagRate(row.rate_ml_per_h, row.bag_hours) for row in table.rates)
    changes |= _texts(table)
    return in_proportion(msgspec.structs.replace(therapy, **changes), table)


def _texts(table: TherapyTable) -> dict[str, object]:
    changes: dict[str, object] = {}
    if table.hold_rules is not None:
        changes["hold_rules"] = tuple(
            HoldRule(
                reasons=tuple(row.reasons),
                over_days=row.over_days,
                up_to_days=row.up_to_days,
                text=row.text,
                basis=row.basis,
            )
            for row in table.hold_rules
        )
    if table.restart_texts is not None:
        changes["restart_texts"] = tuple(
            RestartText(
                indication=row.indication,
                age_group=row.age_group,
                cycles=row.cycles,
                text=row.text,
                is_restart_named=row.restart_named,
            )
            for row in table.restart_texts
        )
    return changes


def thresholds_of(tables: list[ThresholdTable], profile: tuple[Threshold, ...]) -> tuple[Threshold, ...]:
    """Return thresholds, smallest first; what is not said about one is as in the profile's at the same place.

    A figure that differs from the profile's is no longer its source's.
    """
    ordered = sorted(tables, key=lambda table: (table.off_time, not table.inclusive))
    made = []
    for place, table in enumerate(ordered):
        like = profile[min(place, len(profile) - 1)] if profile else None
        is_same = like is not None and (like.off_time_us, like.inclusive) == (table.off_time, table.inclusive)
        made.append(
            Threshold(
                table.off_time,
                inclusive=table.inclusive,
                action=table.action or (OWN_ACTION if like is None else like.action),
                audience=table.audience or (Audience.CLINICIANS if like is None else like.audience),
                basis=table.basis or (like.basis if like is not None and is_same else Basis.OURS),
                is_fallback=table.fallback or (like is not None and is_same and like.is_fallback),
            )
        )
    return tuple(made)


def in_proportion(therapy: Therapy, table: TherapyTable) -> Therapy:
    """Return the therapy with the windows that nobody chose made short enough for its threshold."""
    quarter_us = therapy.restart.off_time_us // 4
    max_us = therapy.maintenance_max_us
    if table.maintenance_max is None:
        max_us = min(max_us, 2 * quarter_us)
    quiet_us = therapy.maintenance_quiet_us
    if table.maintenance_quiet is None:
        quiet_us = min(quiet_us, quarter_us, max_us)
    silence_us = therapy.silence_max_us
    if table.silence_max is None:
        silence_us = min(silence_us, quarter_us)
    return msgspec.structs.replace(
        therapy, silence_max_us=silence_us, maintenance_quiet_us=quiet_us, maintenance_max_us=max_us
    )
