"""Makes a ladder out of the file's rungs, and refuses one that leaves somebody waiting for ever."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from drivers.contract import AlarmCode
from monitor.config.faults import Faults
from monitor.config.ladders import Pace, pace_of, with_later_thresholds
from monitor.config.tables.people import LadderTable, RungTable
from monitor.escalation.rungs import (
    ALERT_RUNGS,
    BLINATUMOMAB,
    MONITOR_FAULT,
    PRIORITIES,
    AlertRule,
    Ladder,
    PlannedDelay,
    Rung,
    Unacknowledged,
)
from monitor.interruption.alarms import MEANINGS, AlertPriority, OwnCode
from monitor.interruption.policy import Therapy
from monitor.refusals import Location, suggestion

LOWEST = frozenset({"patient", "home-nurse"})
"""Rungs of the built-in ladder for which the lowest rung of an own ladder stands in, if it has none of that name.
The highest stands in for the others."""

ALERT_CODES = frozenset(AlarmCode) | frozenset(OwnCode) | {MONITOR_FAULT}


def own_ladder(therapy: Therapy, table: LadderTable, known: AbstractSet[str] | None, faults: Faults) -> Ladder:
    """Return the ladder that ``table`` lays down for ``therapy``.

    Args:
        therapy: Its threshold sets what is left open.
        table: As the file has it.
        known: Every contact's id and every role that a rung may name; None if every name will do.
        faults: Where faults are noted.
    """
    where: Location = ("ladders", therapy.name)
    names: list[str] = []
    rungs = []
    pace = pace_of(therapy)
    for place, rung in enumerate(table.rungs):
        _refuse_faults(rung, (*where, "rungs", place), names, known, faults)
        rungs.append(with_later_thresholds(_rung(rung, place, pace), therapy))
        names.append(rung.rung)
    return Ladder(
        name=therapy.name,
        rungs=tuple(rungs),
        acknowledgement_us=pace.acknowledgement_us if table.acknowledgement is None else table.acknowledgement,
        alert_rungs=_alert_rules(table, names, (*where, "alerts"), faults),
        unlisted_high=_standing_in(BLINATUMOMAB.unlisted_high, names),
    )


def _rung(table: RungTable, place: int, pace: Pace) -> Rung:
    unacknowledged = table.after_unacknowledged
    off_times = tuple(sorted(set(table.after_off_max or ())))
    # A worst case is a worst case: unless the file says otherwise, silence is no reason to wait longer.
    silent_off_times = off_times if table.after_off_max_silence is None else table.after_off_max_silence
    not_before_us = pace.not_before_us if off_times else 0
    return Rung(
        rung=table.rung,
        contacts=tuple(table.contacts),
        after_detection_us=table.after_detection,
        high_priority_after_us=table.high_priority_after,
        after_silence_us=table.after_silence,
        after_off_max_us=off_times,
        after_off_max_silence_us=tuple(sorted(set(silent_off_times))),
        at_threshold=table.at_threshold,
        after_unacknowledged=None
        if unacknowledged is None
        else Unacknowledged(unacknowledged.rung, unacknowledged.after),
        not_before_us=not_before_us if table.not_before is None else table.not_before,
        repeat_us=table.repeat,
        tries=table.tries,
        in_turn=table.in_turn,
        planned_delay=_planned_delay(table.planned_delay, place),
    )


def _planned_delay(word: str | None, place: int) -> PlannedDelay | None:
    if word is None:
        return PlannedDelay.QUIET if place == 0 else PlannedDelay.WINDOW
    return None if word == "none" else PlannedDelay(word)


def _refuse_faults(
    rung: RungTable, where: Location, before: list[str], known: AbstractSet[str] | None, faults: Faults
) -> None:
    if rung.rung in before:
        faults.add((*where, "rung"), f"{rung.rung} stands there twice")
    for place, contact in enumerate(rung.contacts):
        if known is not None and contact not in known:
            faults.add(
                (*where, "contacts", place), f"{contact} is no contact and no role; {suggestion(contact, known)}"
            )
    rules = (rung.after_detection, rung.high_priority_after, rung.after_silence, rung.after_off_max)
    more_rules = (rung.after_off_max_silence, rung.after_unacknowledged)
    if not rung.at_threshold and all(rule is None for rule in (*rules, *more_rules)):
        hint = "write after_detection, after_silence, after_off_max, high_priority_after or at_threshold"
        faults.add(where, f"{rung.rung} is never due; {hint}")
    earlier = rung.after_unacknowledged
    if earlier is not None and earlier.rung not in before:
        sentence = f"{earlier.rung} is no rung before {rung.rung}; {suggestion(earlier.rung, before)}"
        faults.add((*where, "after_unacknowledged", "rung"), sentence)


def _alert_rules(table: LadderTable, names: list[str], where: Location, faults: Faults) -> dict[str, AlertRule]:
    rules = {code: _standing_in(rule, names) for code, rule in ALERT_RUNGS.items()}
    for code, alert in table.alerts.items():
        if code not in ALERT_CODES:
            faults.add((*where, code), f"is no alert code; {suggestion(code, ALERT_CODES)}")
        if not alert.rungs and _is_high(code):
            faults.add((*where, code, "rungs"), f"{code} has high priority; somebody must be told of it")
        for place, name in enumerate(alert.rungs):
            if name not in names:
                faults.add((*where, code, "rungs", place), f"{name} is no rung; {suggestion(name, names)}")
        rules[code] = AlertRule(tuple(alert.rungs), repeat_us=alert.repeat, beside=alert.beside)
    return rules


def _is_high(code: str) -> bool:
    meaning = MEANINGS.get(code)
    return (PRIORITIES.get(code) if meaning is None else meaning.priority) is AlertPriority.HIGH


def _standing_in(rule: AlertRule, names: list[str]) -> AlertRule:
    """Return the rule with a rung of this ladder for every rung that only the built-in one has."""
    rungs = [name if name in names else names[0 if name in LOWEST else -1] for name in rule.rungs]
    return AlertRule(tuple(dict.fromkeys(rungs)), repeat_us=rule.repeat_us, beside=rule.beside)
