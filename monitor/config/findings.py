"""Looks at an accepted configuration with a critical eye: what will load, but will not serve people well."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from drivers.registry import Registry
from monitor.config.ladder_check import people_faults
from monitor.config.loading import load
from monitor.config.settings import Config
from monitor.config.tables.site import is_loopback
from monitor.config.therapy_check import therapy_doubts
from monitor.errors import ConfigurationError
from monitor.escalation.channels.opening import CONSOLE, LOG
from monitor.escalation.phrases import day
from monitor.refusals import suggestion

TO_NOBODY = frozenset({LOG, CONSOLE})
"""Channels that reach somebody only if somebody happens to look."""

PERSONAL_ROLES = frozenset({"patient", "caregiver"})
"""Roles of people who have to do with one pump."""

NAMED_PUMPS_MAX = 5
"""How many pumps one sentence names."""


class Level(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"


class Finding(msgspec.Struct, frozen=True):
    """One thing that a person should look at.

    Attributes:
        level: With an error the monitor does not start.
        path: The key that it is about, as in ``pumps[2].options.device``; empty for the file as a whole.
        text: One sentence.
    """

    level: Level
    path: str
    text: str


def findings_in(path: Path, registry: Registry, now_us: int) -> list[Finding]:
    """Return everything that is wrong or doubtful about the file at ``path``; it need not be acceptable."""
    try:
        config = load(path, registry)
    except ConfigurationError as error:
        return [_error(fault) for fault in error.faults]
    return findings(config, registry, now_us)


def findings(config: Config, registry: Registry, now_us: int) -> list[Finding]:
    """Return everything that is doubtful about ``config`` at the instant ``now_us``."""
    doubts = [
        *_site_doubts(config),
        *therapy_doubts(config),
        *_reading_doubts(config),
        *_contact_doubts(config),
        *((fault.path, fault.sentence) for fault in people_faults(config)),
        *_plan_doubts(config, now_us),
        *_driver_doubts(config, registry),
    ]
    return [Finding(Level.WARNING, path, text) for path, text in dict.fromkeys(doubts)]


def _error(fault: str) -> Finding:
    path, colon, text = fault.partition(": ")
    # A path of a key has no blank in it; a sentence about the file as a whole has.
    return Finding(Level.ERROR, path, text) if colon and " " not in path else Finding(Level.ERROR, "", fault)


def _site_doubts(config: Config) -> Iterator[tuple[str, str]]:
    site = config.site
    if not site.call_back_number:
        yield "site.call_back_number", "is missing: notices cannot say whom to call"
    if site.time_zone == "UTC":
        yield "site.time_zone", "is UTC: deadlines are told in UTC, which no wall clock at a patient's home shows"
    elif "/" not in site.time_zone:
        yield "site.time_zone", f'{site.time_zone} may have no daylight saving; write a place, such as "Europe/Berlin"'
    if not is_loopback(config.feed.host):
        yield "feed.host", "the feed speaks plain HTTP beyond this machine; put a TLS proxy before it"


def _reading_doubts(config: Config) -> Iterator[tuple[str, str]]:
    if not config.sources:
        unread = [pump.pump for pump in config.pumps if pump.driver is None]
        if unread:
            yield "pumps", f"nothing reads {_listed(unread)}: there is neither a driver nor a source"
    if len(config.pumps) > 1:
        for contact in config.common_roster.contacts:
            if contact.role in PERSONAL_ROLES and contact.channels != (LOG,):
                text = f'{contact.id} is told of all {len(config.pumps)} pumps; write pumps = ["ID"]'
                yield "contacts", text


def _plan_doubts(config: Config, now_us: int) -> Iterator[tuple[str, str]]:
    over: dict[int, list[str]] = {}
    for pump in config.pumps:
        ends_at_us = None if pump.order is None else pump.order.ends_at_us
        if ends_at_us is not None and ends_at_us <= now_us:
            over.setdefault(ends_at_us, []).append(pump.pump)
    zone = ZoneInfo(config.site.time_zone)
    for ends_at_us, pumps in sorted(over.items()):
        ended = f"the plan of {_listed(pumps)} ended on {day(ends_at_us, zone)}"
        yield "pumps", f"{ended}: its course is taken to be complete, and nothing is watched"


def _listed(pumps: list[str]) -> str:
    more = len(pumps) - NAMED_PUMPS_MAX
    return ", ".join(pumps[:NAMED_PUMPS_MAX]) + (f" and {more} more" if more > 0 else "")


def _contact_doubts(config: Config) -> Iterator[tuple[str, str]]:
    contacts = config.roster.contacts
    channels = {channel for contact in contacts for channel in contact.channels} - TO_NOBODY
    if not channels:
        yield "contacts", "no contact has a channel that reaches a person; everything goes to the log alone"
        return
    reached = [contact.id for contact in contacts if not TO_NOBODY.issuperset(contact.channels)]
    for place, contact in enumerate(contacts):
        if contact.id not in reached:
            yield f"contacts[{place}].channels", f"{contact.id} has no channel that reaches a person, only the log"
    if len(reached) == 1:
        yield "contacts", f"there is no second contact: if {reached[0]} does not answer, nobody else is told"
    if len(channels) == 1:
        yield "contacts", "there is one channel: if it is down, nobody is told; write a second one of another provider"
    called = {name for ladder in config.ladders.values() for rung in ladder.rungs for name in rung.contacts}
    for place, contact in enumerate(contacts):
        if not called & {contact.id, contact.role}:
            hint = suggestion(contact.role, called) if contact.role else "give a role"
            yield f"contacts[{place}].role", f"{contact.id} is on no rung of any ladder; {hint}"


def _driver_doubts(config: Config, registry: Registry) -> Iterator[tuple[str, str]]:
    for refused in registry.refused:
        yield "drivers", f"the driver {refused.name} of {refused.origin} was refused: {refused.why}"
    for place, source in enumerate(config.sources):
        if registry.loaded[source.driver].plugin.simulated:
            yield f"sources[{place}].driver", f"{source.driver} talks to no real pump"
    simulated = [p.pump for p in config.pumps if p.driver is not None and registry.loaded[p.driver].plugin.simulated]
    if simulated:
        yield "pumps", f"{_listed(simulated)}: the driver talks to no real pump"
