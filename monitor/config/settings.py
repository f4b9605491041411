"""What the rest of the monitor gets from the configuration file: frozen, checked, with every default filled in.

Durations and instants are integer microseconds here, as in the core. No secret is in any of these: where
one is needed there is its reference, and ``references.resolve_secret`` turns that into its value.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from monitor.config.fields import is_reference
from monitor.config.references import resolve_secret
from monitor.escalation.channels.webhook import WebhookSettings
from monitor.escalation.roster import Roster
from monitor.escalation.rungs import Ladder
from monitor.feed.records import Site
from monitor.interruption.events import Order
from monitor.interruption.policy import Policy, Therapy

NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})
"""Of a pump that has no driver of its own; one object for all of them."""


class FeedSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the feed listens.

    Attributes:
        host: Name or address of this machine; loopback unless the file says otherwise.
        port: 0 takes any free port.
        tokens_file: Whom it lets in; None only on loopback.
    """

    host: str = "127.0.0.1"
    port: int = 8620
    tokens_file: Path | None = None


class PumpEnrolment(Policy, frozen=True, gc=False, kw_only=True):
    """One pump that is watched.

    Attributes:
        pump: Its id.
        therapy: The limits that hold for it; one object for all pumps of a therapy.
        serial: Its serial number; None pins the first one that is heard.
        order: What is to be infused, where the file says so.
        forced_by: Who confirmed an order that does not fit the therapy; empty for none.
        driver: The driver of its own line; None where a source reads it.
        options: That driver's options, as TOML gave them.
    """

    order: Order | None = None
    forced_by: tuple[str, ...] = ()
    driver: str | None = None
    options: Mapping[str, Any] = NO_OPTIONS


class SourceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One link that serves many pumps.

    Attributes:
        name: Its name in logs and in storage; unique.
        driver: A driver with ``many_pumps``.
        options: Its options, as TOML gave them.
    """

    name: str
    driver: str
    options: Mapping[str, Any] = {}


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The whole configuration.

    Attributes:
        base: The folder of the file; relative references are relative to it.
        site: Where this monitor works.
        storage: A database address, or a reference to one that holds a password; see ``storage_url``.
        feed: Where the feed listens.
        allow_simulated: Whether drivers that talk to no real pump are let in.
        pumps: Every enrolled pump, in the order of the file; ids are unique.
        sources: Every link with many pumps; names are unique.
        roster: Everybody who may be told, whatever pumps they are told of; never empty.
        common_roster: Those who are told of every pump.
        rosters: By pump, where somebody is told of that pump and not of every other.
        webhooks: By the NAME of the channel ``webhook:NAME``.
        therapies: Every therapy that is built in or configured, by name.
        ladders: A ladder for every therapy in ``therapies``, by the therapy's name.
    """

    base: Path
    site: Site
    storage: str
    feed: FeedSettings
    allow_simulated: bool
    pumps: tuple[PumpEnrolment, ...]
    sources: tuple[SourceSettings, ...]
    roster: Roster
    common_roster: Roster
    rosters: Mapping[str, Roster]
    webhooks: Mapping[str, WebhookSettings]
    therapies: Mapping[str, Therapy]
    ladders: Mapping[str, Ladder]

    def ladder_for(self, therapy: Therapy) -> Ladder:
        """Return whom to tell, and when, for a therapy of this configuration."""
        return self.ladders[therapy.name]

    def roster_for(self, pump: str) -> Roster:
        """Return those who are told of a pump."""
        return self.rosters.get(pump, self.common_roster)

    @property
    def storage_url(self) -> str:
        """The database's address with whatever secret is in it; not to be printed.

        Raises:
            ConfigurationError: It is a reference, and what it names is no longer there.
        """
        return resolve_secret(self.storage, self.base) if is_reference(self.storage) else self.storage

    @property
    def channels(self) -> tuple[str, ...]:
        """Every channel that a contact names, each once: what ``open_channels`` wants to know."""
        return tuple(dict.fromkeys(channel for contact in self.roster.contacts for channel in contact.channels))
