"""Holds the people of a story to what they may do over the feed; what they may not do is refused with a clause."""

from __future__ import annotations

from collections.abc import Callable

from drivers.contract import AlarmCode
from monitor.escalation.rungs import PRIORITIES
from monitor.feed.access import may
from monitor.feed.permits import NEEDED, Deed, needed_for_alert, needed_for_rung
from monitor.feed.records import Health
from monitor.interruption.events import Acknowledged, Event, Role
from monitor.service.engine import Engine
from monitor.service.feed_source import EngineSource
from monitor.storage.reader import PAGE_MAX

RoleOf = Callable[[str], Role | None]
"""From a person's name or a job to what they may do; None if nothing is known of it."""

REMARK = "truth"
"""An acknowledgement of this takes note of nothing: stories that were made from what really happened end with it."""

_BELIEVED: dict[Deed, Role] = {
    Deed.ACKNOWLEDGE: Role.NURSE,
    Deed.SWAP: Role.NURSE,
    Deed.HOLD: Role.CLINICIAN,
    Deed.ORDER: Role.CLINICIAN,
}
"""Of a person about whom nothing is known the story is believed that they might; else they are a caregiver."""

_CODES = frozenset(map(str, (*AlarmCode, *PRIORITIES)))


def role_in(deed: Deed, by: str, word: str | None, role_of: RoleOf) -> Role:
    """Return what the person of a line may do.

    Args:
        deed: What they do.
        by: Their name.
        word: What the line says of their role, if it does.
        role_of: Knows names and jobs.

    Raises:
        ValueError: Nobody is named, the role is not known, or it is not enough; a clause for people.
    """
    if not by.strip():
        raise ValueError("by must say who it was")
    role = role_of(by) if word is None else _role_of_word(word, role_of)
    role = role or _BELIEVED.get(deed, Role.CAREGIVER)
    _need(role, NEEDED[deed], deed.value, by)
    return role


def refusal(engine: Engine, pump: str, event: Event) -> str | None:
    """Return why an acknowledgement is not taken, as things stand now, or None if it is; other events are not judged.

    What a caregiver may take note of depends on who was told of it.
    """
    entry = engine.book.entries.get(pump)
    if not isinstance(event, Acknowledged) or entry is None or event.what == REMARK:
        return None
    ladder = engine.config.ladder_for(entry.policy.therapy)
    try:
        if ladder.rung(event.what) is not None:
            _need(event.role, needed_for_rung(event.what), f"the rung {event.what}", event.by)
        elif event.what in _CODES:
            is_patients = _is_patients_alone(engine, pump, event.what)
            needed = needed_for_alert(can_caregiver_acknowledge=is_patients)
            _need(event.role, needed, f"the alert {event.what}", event.by)
        else:
            return f"{event.what[:40]!r} is neither a rung of the ladder nor the code of an alert"
    except ValueError as fault:
        return str(fault)
    return None


def _is_patients_alone(engine: Engine, pump: str, code: str) -> bool:
    source = EngineSource(engine, lambda: Health(at_us=engine.clock.now_us(), checks=()), engine.config.site)
    page = source.alerts(open_only=True, after=None, limit=PAGE_MAX)
    open_now = [one for one in page.items if (one.pump, one.code) == (pump, code)]
    return bool(open_now) and all(one.can_caregiver_acknowledge for one in open_now)


def _role_of_word(word: str, role_of: RoleOf) -> Role:
    try:
        return Role(word)
    except ValueError:
        role = role_of(word)
    if role is None:
        raise ValueError(f"role must be one of {', '.join(Role)}, not {word[:40]!r}")
    return role


def _need(role: Role, needed: Role, what: str, by: str) -> None:
    if not may(role, needed):
        raise ValueError(f"{what} needs the role {needed.value}; {by[:40]} is {role.value}")
