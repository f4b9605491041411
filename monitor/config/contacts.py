"""Makes the roster out of [[contacts]], and stands in for people whom the file does not name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import msgspec

from monitor.config.faults import Faults
from monitor.config.tables.file import FileTable
from monitor.config.tables.people import ContactTable
from monitor.escalation.channels.opening import LOG
from monitor.escalation.hours import Span, parse_hours
from monitor.escalation.roster import Contact, Roster
from monitor.escalation.rungs import BLINATUMOMAB, Ladder
from monitor.refusals import Location, suggestion

ROLES: tuple[str, ...] = tuple(dict.fromkeys(name for rung in BLINATUMOMAB.rungs for name in rung.contacts))
"""The roles of the built-in ladder."""


class ScopedContact(msgspec.Struct, frozen=True):
    """A contact with the pumps that it is told of.

    Attributes:
        contact: Who.
        pumps: Ids; None is every pump.
    """

    contact: Contact
    pumps: frozenset[str] | None = None


def known_names(raw: Mapping[str, Any]) -> frozenset[str] | None:
    """Return every name that a rung may call: ids and roles of contacts; None if every name will do.

    Contacts with faults count too: a rung that names them has none.
    """
    tables = raw.get("contacts")
    if not isinstance(tables, list) or not tables:
        return None
    named = (table.get(key) for table in tables if isinstance(table, dict) for key in ("id", "role"))
    return frozenset(ROLES) | {name for name in named if isinstance(name, str)}


def stand_ins(ladders: Mapping[str, Ladder]) -> tuple[ScopedContact, ...]:
    """Return a contact for every name that any rung calls, over the log: for a file that names nobody."""
    names = dict.fromkeys(name for ladder in ladders.values() for rung in ladder.rungs for name in rung.contacts)
    return tuple(ScopedContact(Contact(id=name, role=name, channels=(LOG,)), None) for name in names)


def contacts_of(file: FileTable, pumps: frozenset[str], faults: Faults) -> tuple[ScopedContact, ...]:
    """Return the contacts of the file, in its order: within a role, who is called first.

    Args:
        file: What was read.
        pumps: The ids of every enrolled pump.
        faults: Where faults are noted.
    """
    contacts: dict[str, ScopedContact] = {}
    for place, table in file.contacts.items():
        where: Location = ("contacts", place)
        if table.id in contacts:
            faults.add((*where, "id"), f"{table.id} is there already")
        for number, pump in enumerate(table.pumps or ()):
            if pump not in pumps:
                faults.add((*where, "pumps", number), f"{pump} is not enrolled; {suggestion(pump, pumps)}")
        contacts[table.id] = ScopedContact(
            Contact(
                id=table.id,
                name=table.name or "",
                role=table.role or "",
                # Somebody without a channel is at least on record; ``findings`` warns of it.
                channels=tuple(dict.fromkeys(table.channels)) or (LOG,),
                hours=_hours((*where, "hours"), table, faults),
            ),
            None if table.pumps is None else frozenset(table.pumps),
        )
    return tuple(contacts.values())


def common_roster(contacts: tuple[ScopedContact, ...]) -> Roster:
    """Return those who are told of every pump."""
    return Roster(tuple(scoped.contact for scoped in contacts if scoped.pumps is None))


def rosters_by_pump(contacts: tuple[ScopedContact, ...]) -> dict[str, Roster]:
    """Return who is told of each pump that has people of its own, in the order of the file."""
    common = [place for place, scoped in enumerate(contacts) if scoped.pumps is None]
    own: dict[str, list[int]] = defaultdict(list)
    for place, scoped in enumerate(contacts):
        for pump in scoped.pumps or ():
            own[pump].append(place)
    return {
        pump: Roster(tuple(contacts[place].contact for place in sorted(common + places)))
        for pump, places in own.items()
    }


def _hours(where: Location, table: ContactTable, faults: Faults) -> tuple[Span, ...]:
    try:
        return parse_hours(table.hours or "")
    except ValueError as fault:
        faults.add(where, str(fault))
        return ()
