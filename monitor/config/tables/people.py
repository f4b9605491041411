"""The tables about who is told: [[contacts]], [channels.webhook.NAME] and [ladders.NAME]."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import BeforeValidator, Field

from monitor.config.fields import Id, LongText, Name, Reference, Table, Text, as_list, one_of, text, within

CONTACTS_MAX = 32
"""Most contacts of one rung, and channels of one contact."""

RUNGS_MAX = 20
"""Most rungs of one ladder."""

OffTimes = Annotated[
    list[Annotated[int, within("1min", "72h")]], Field(min_length=1, max_length=20), BeforeValidator(as_list)
]
"""One worst-case off-time, or a list of them."""


class ContactTable(Table):
    """[[contacts]]: one person, or one telephone that is handed on from shift to shift."""

    id: Id
    name: Text | None = None
    role: Name | None = None
    channels: list[LongText] = Field(max_length=CONTACTS_MAX, default_factory=list)
    hours: Text | None = None
    pumps: list[Id] | None = None


class UnacknowledgedTable(Table):
    """after_unacknowledged: how long an earlier rung may go without anybody taking note."""

    rung: Name
    after: Annotated[int, within("1min", "24h")]


class RungTable(Table):
    """[[ladders.NAME.rungs]]: some people and the rules by which they are due."""

    rung: Name
    contacts: Annotated[list[Id], Field(max_length=CONTACTS_MAX)]
    after_detection: Annotated[int, within("0s", "72h")] | None = None
    high_priority_after: Annotated[int, within("0s", "24h")] | None = None
    after_silence: Annotated[int, within("1min", "72h")] | None = None
    after_off_max: OffTimes | None = None
    after_off_max_silence: OffTimes | None = None
    at_threshold: bool = False
    after_unacknowledged: UnacknowledgedTable | None = None
    not_before: Annotated[int, within("0s", "24h")] | None = None
    repeat: Annotated[int, within("1min", "1h")] | None = None
    tries: Annotated[int, Field(ge=1, le=20)] = 2
    in_turn: bool = False
    planned_delay: Annotated[str, one_of("quiet", "window", "none")] | None = None


class AlertTable(Table):
    """[ladders.NAME.alerts.CODE]: who is told at once of one kind of alert."""

    rungs: Annotated[list[Name], Field(max_length=RUNGS_MAX)]
    repeat: Annotated[int, within("1min", "1h")] | None = None
    beside: bool = True


class LadderTable(Table):
    """[ladders.NAME]: who is told of an interruption of one therapy, and when."""

    rungs: Annotated[list[RungTable], Field(min_length=1, max_length=RUNGS_MAX)]
    acknowledgement: Annotated[int, within("1min", "1h")] | None = None
    alerts: dict[str, AlertTable] = Field(default_factory=dict)


def network(value: object) -> IPv4Network | IPv6Network:
    """Return a network such as 10.1.2.0/24."""
    written = text(value)
    try:
        return ip_network(written)
    except ValueError as fault:
        raise ValueError(f"{fault}; write for example 10.1.2.0/24") from None


Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(network)]
"""A network that a webhook may be in."""


class WebhookTable(Table):
    """[channels.webhook.NAME]: an address that takes signed notices."""

    url: LongText
    secret: Reference | None = None
    allow_loopback: bool = False
    networks: Annotated[list[Annotated[IPv4Network | IPv6Network, BeforeValidator(network)]], Field(max_length=32)] = (
        Field(default_factory=list)
    )
    ca_file: LongText | None = None
    connect_max: Annotated[int, within("1s", "1min")] = 5_000_000
    answer_max: Annotated[int, within("1s", "1min")] = 10_000_000
    batch_max: Annotated[int, Field(ge=1, le=5_000)] = 500


class ChannelsTable(Table):
    """[channels]: ways out that need more than a name."""

    webhook: dict[Name, WebhookTable] = Field(default_factory=dict)
