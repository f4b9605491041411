"""Finds what is wrong with a ladder and the people on it before anybody needs them.

Pure. ``check`` prints the faults; the daemon refuses errors and logs warnings.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

import msgspec

from monitor.escalation.hours import DAY_MIN, is_on_duty
from monitor.escalation.roster import ROLES, Contact, Roster, rungs_after
from monitor.escalation.rungs import Ladder, Rung
from monitor.interruption.policy import MINUTE_US

_WEEK_MIN = 7 * DAY_MIN
_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)


class RosterFault(msgspec.Struct, frozen=True):
    """One thing that is wrong.

    Attributes:
        path: The key it is about, as in the configuration.
        sentence: What is wrong.
        is_warning: The ladder works all the same, worse than its reader may think.
    """

    path: str
    sentence: str
    is_warning: bool = False


def roster_faults(ladder: Ladder, roster: Roster, zone: tzinfo, threshold_us: int) -> list[RosterFault]:
    """Return everything that is wrong with a ladder and its people, in the order of the configuration.

    Args:
        ladder: The ladder of one therapy.
        roster: All contacts.
        zone: The site's; it is named in warnings about hours.
        threshold_us: The therapy's restart threshold: the ladder must be through before it.
    """
    faults: list[RosterFault] = []
    ids = [contact.id for contact in roster.contacts]
    for number, contact in enumerate(roster.contacts):
        if contact.id in ids[:number]:
            faults.append(RosterFault(f"contacts[{number}].id", f'the id "{contact.id}" is taken by a contact above'))
        if not contact.channels:
            faults.append(RosterFault(f"contacts[{number}].channels", f'contact "{contact.id}" has no channel'))
    names = [rung.rung for rung in ladder.rungs]
    for number, rung in enumerate(ladder.rungs):
        path = f"ladders.{ladder.name}.rungs[{number}]"
        faults += _people_faults(path, rung, ladder, roster, zone)
        faults += _rule_faults(path, rung, names[:number])
        faults += _deadline_faults(path, rung, roster, threshold_us)
    faults += _alert_faults(ladder, names)
    if not any(_first_us(rung, threshold_us) < threshold_us for rung in ladder.rungs):
        faults.append(
            RosterFault(f"ladders.{ladder.name}", "nobody is told of a known stop before the restart threshold")
        )
    return faults


def _people_faults(path: str, rung: Rung, ladder: Ladder, roster: Roster, zone: tzinfo) -> Iterator[RosterFault]:
    for name in rung.contacts:
        if name not in ROLES and not roster.named([name]):
            sentence = f'"{name}" is neither the id nor the role of a contact'
            yield RosterFault(f"{path}.contacts", sentence, is_warning=True)
    people = roster.named(rung.contacts)
    if not people:
        above = next((up.rung for up in rungs_after(ladder, rung.rung) if roster.named(up.contacts)), None)
        instead = f'"{above}" is told instead' if above else "nobody stands above it either"
        sentence = f'nobody is on rung "{rung.rung}": {instead}'
        yield RosterFault(f"{path}.contacts", sentence, is_warning=above is not None)
    elif not any(contact.channels for contact in people):
        yield RosterFault(f"{path}.contacts", f'nobody on rung "{rung.rung}" has a channel')
    else:
        gap = _first_gap(people)
        if gap is not None:
            sentence = f'nobody on rung "{rung.rung}" is on duty on {gap:%A} at {gap:%H:%M} ({zone})'
            yield RosterFault(f"{path}.contacts", sentence, is_warning=True)


def _first_gap(people: tuple[Contact, ...]) -> datetime | None:
    """Return the first wall time of the week at which nobody is on duty, or None."""
    if any(not contact.hours for contact in people):
        return None
    edges = {0}
    for contact in people:
        for span in contact.hours:
            edges |= {(day * DAY_MIN + span.to_min) % _WEEK_MIN for day in span.days}
    for edge in sorted(edges):
        local = _MONDAY + timedelta(minutes=edge)
        if not any(is_on_duty(contact.hours, local) for contact in people):
            return local
    return None


def _rule_faults(path: str, rung: Rung, lower: list[str]) -> Iterator[RosterFault]:
    if rung.rung in lower:
        yield RosterFault(f"{path}.rung", f'the name "{rung.rung}" is taken by a rung below')
    rule = rung.after_unacknowledged
    if rule is not None and rule.rung not in lower:
        yield RosterFault(f"{path}.after_unacknowledged", f'"{rule.rung}" is no rung below "{rung.rung}"')
    if rung.repeat_us is not None and rung.repeat_us < MINUTE_US:
        yield RosterFault(f"{path}.repeat", "a page may not repeat more often than once a minute")
    has_rule = rung.at_threshold or rung.after_off_max_us or rung.after_off_max_silence_us or rule is not None
    rules_us = (rung.after_detection_us, rung.high_priority_after_us, rung.after_silence_us)
    if not has_rule and all(value is None for value in rules_us):
        yield RosterFault(path, f'rung "{rung.rung}" has no rule by which it is ever due', is_warning=True)


def _deadline_faults(path: str, rung: Rung, roster: Roster, threshold_us: int) -> Iterator[RosterFault]:
    late = [value for value in (*rung.after_off_max_us, *rung.after_off_max_silence_us) if value > threshold_us]
    if late:
        sentence = f"an off-time of {max(late) // MINUTE_US} min lies beyond the restart threshold"
        yield RosterFault(f"{path}.after_off_max", sentence, is_warning=True)
    first_us = _first_us(rung, threshold_us)
    if rung.at_threshold and first_us >= threshold_us:
        return
    if first_us >= threshold_us:
        sentence = f'rung "{rung.rung}" is not due before the restart threshold, even for a known stop'
        yield RosterFault(path, sentence, is_warning=True)
    elif rung.in_turn and rung.repeat_us is not None:
        people = max(len(roster.named(rung.contacts)), 1)
        last_us = first_us + (people - 1) * rung.tries * rung.repeat_us
        if last_us >= threshold_us:
            sentence = (
                f'rung "{rung.rung}" calls the last of its {people} contacts {last_us // MINUTE_US} min after the '
                f"stop, not before the restart threshold of {threshold_us // MINUTE_US} min"
            )
            yield RosterFault(path, sentence, is_warning=True)


def _first_us(rung: Rung, threshold_us: int) -> int:
    """Return how long after a known stop a rung is due at the latest if every lower one is acknowledged."""
    values = [value for value in (rung.after_detection_us,) if value is not None]
    if rung.after_off_max_us:
        values.append(max(min(rung.after_off_max_us), rung.not_before_us))
    return min(values, default=threshold_us)


def _alert_faults(ladder: Ladder, names: list[str]) -> Iterator[RosterFault]:
    for code, rule in ladder.alert_rungs.items():
        for name in rule.rungs:
            if name not in names:
                sentence = f'"{name}" is no rung of this ladder: its last one is told instead'
                yield RosterFault(f"ladders.{ladder.name}.alerts.{code}", sentence, is_warning=True)
