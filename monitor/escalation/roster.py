"""Answers which people a call reaches at an instant.

Pure. A rung names contact ids or roles. Whoever is on duty then is called; a rung that nobody stands
for hands its call to the next one, because a call that reaches nobody is the one fault not allowed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo

import msgspec

from monitor.escalation.hours import Span, is_on_duty
from monitor.escalation.rungs import Ladder, Rung
from monitor.escalation.turns import Call

ROLES = (
    "patient",
    "caregiver",
    "home-nurse",
    "on-call-nurse",
    "charge-nurse",
    "oncologist",
    "pharmacist",
    "on-call-physician",
)
"""The roles that the built-in ladder names; a clinic need not fill every one, and may add its own."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """One person, or one desk.

    Attributes:
        id: Unique in the roster.
        name: For the care team's eyes; it is in no notice.
        role: One of ``ROLES`` or a word of the clinic's own; notices are worded by it.
        channels: Names of the channels that reach this contact, each of them used.
        hours: When on duty, by the local wall clock; empty means always.
    """

    id: str
    name: str = ""
    role: str = ""
    channels: tuple[str, ...] = ()
    hours: tuple[Span, ...] = ()


class Roster(msgspec.Struct, frozen=True):
    """All contacts, in the order of the configuration: within a role, who is called first."""

    contacts: tuple[Contact, ...] = ()

    def named(self, names: Iterable[str]) -> tuple[Contact, ...]:
        """Return the contacts with these ids or roles, in that order, each once, on duty or not."""
        found: dict[str, Contact] = {}
        for name in names:
            for contact in self.contacts:
                if name in {contact.id, contact.role}:
                    found.setdefault(contact.id, contact)
        return tuple(found.values())

    def on_duty(self, names: Iterable[str], at_us: int, zone: tzinfo) -> tuple[Contact, ...]:
        """Return those of ``named`` who are on duty at an instant, by the wall clock of a zone."""
        local = local_time(at_us, zone)
        return tuple(contact for contact in self.named(names) if is_on_duty(contact.hours, local))


def local_time(at_us: int, zone: tzinfo) -> datetime:
    """Return an instant as local wall time of a zone."""
    return (_EPOCH + timedelta(microseconds=at_us)).astimezone(zone)


def people_for(call: Call, ladder: Ladder, roster: Roster, at_us: int, zone: tzinfo) -> tuple[Contact, ...]:
    """Return whom a call reaches at an instant: one person if they are called in turn, else all.

    Empty only if the roster is. A rung with nobody on duty falls back to the next rungs' people on
    duty, then to its own people off duty, then to everyone.
    """
    people = _resolve(call, ladder, roster, at_us, zone)
    if call.turn is None or not people:
        return people
    return (people[call.turn % len(people)],)


def _resolve(call: Call, ladder: Ladder, roster: Roster, at_us: int, zone: tzinfo) -> tuple[Contact, ...]:
    people = roster.on_duty(call.contacts, at_us, zone)
    if people:
        return people
    for rung in rungs_after(ladder, call.rung):
        people = roster.on_duty(rung.contacts, at_us, zone)
        if people:
            return people
    return roster.named(call.contacts) or roster.contacts


def rungs_after(ladder: Ladder, name: str) -> tuple[Rung, ...]:
    """Return the rungs above the one of this name."""
    names = [rung.rung for rung in ladder.rungs]
    return ladder.rungs[names.index(name) + 1 :] if name in names else ()
