"""Holds every ladder in use against the people who are told of each pump."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import msgspec

from monitor.config.ladders import built_in_ladder
from monitor.config.settings import Config
from monitor.escalation.roster import Roster
from monitor.escalation.roster_check import RosterFault, roster_faults
from monitor.escalation.rungs import Ladder
from monitor.interruption.policy import Therapy


def people_faults(config: Config) -> list[RosterFault]:
    """Return what is wrong with the ladders in use and the people on them, each fault once.

    Every group of pumps with the same therapy and the same people is looked at once.
    """
    zone = ZoneInfo(config.site.time_zone)
    found: dict[tuple[str, str], RosterFault] = {}
    for therapy, roster in _groups(config):
        ladder = config.ladder_for(therapy)
        if ladder == built_in_ladder(therapy):
            ladder = _without_absent(ladder, roster)
        for fault in roster_faults(ladder, roster, zone, therapy.restart.off_time_us):
            found.setdefault((fault.path, fault.sentence), fault)
    return list(found.values())


def _groups(config: Config) -> Iterator[tuple[Therapy, Roster]]:
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for pump in config.pumps:
        roster = config.roster_for(pump.pump)
        # Most pumps have the common roster; its contacts are not listed anew for each of them.
        people = () if roster is config.common_roster else tuple(contact.id for contact in roster.contacts)
        if (pump.therapy.name, people) not in seen:
            seen.add((pump.therapy.name, people))
            yield pump.therapy, roster


def _without_absent(ladder: Ladder, roster: Roster) -> Ladder:
    """Return the built-in ladder without roles that the clinic does not have; that alone is no fault."""
    rungs = tuple(
        msgspec.structs.replace(rung, contacts=tuple(name for name in rung.contacts if roster.named([name])))
        for rung in ladder.rungs
    )
    return msgspec.structs.replace(ladder, rungs=rungs)
