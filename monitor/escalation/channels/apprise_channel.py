"""Sends notices over any service that the Apprise library knows: mail, short message, push, chat, voice.

The address holds passwords, so it is a secret: it comes in through a reference and goes nowhere else, not
into logs and not into errors. Apprise says yes or no and nothing between: a no is tried again, so a
notice may arrive twice where the provider took it and its answer was lost.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from monitor.errors import ConfigurationError
from monitor.escalation.channel import ACCEPTED, Delivery, DeliveryState, Notice
from monitor.interruption.alarms import AlertPriority

_TYPES = {
    AlertPriority.HIGH: "failure",
    AlertPriority.MEDIUM: "warning",
    AlertPriority.LOW: "info",
    AlertPriority.INFORMATION: "info",
}

_REFUSED = Delivery(DeliveryState.FAILED, why="the service did not take the notice")


class AppriseSettings(msgspec.Struct, frozen=True):
    """Which service.

    Attributes:
        address: A reference (``file:PATH`` or ``env:NAME``) to an Apprise address.
    """

    address: str


def open_channel(settings: AppriseSettings, secret: Callable[[str], str]) -> AppriseChannel:
    """Return the channel; nothing is sent yet.

    Args:
        settings: Which service.
        secret: Turns a reference into its value.

    Raises:
        ConfigurationError: Apprise does not know the address. The address is never in the text.
    """
    import apprise  # noqa: PLC0415 - a third of a second that a configuration without it need not spend

    # At DEBUG and INFO the library names hosts and payloads; its warnings are worth keeping.
    logging.getLogger("apprise").setLevel(logging.WARNING)
    asset = apprise.AppriseAsset(app_id="pumpwatch", async_mode=False, secure_logging=True, storage_mode="memory")
    services = apprise.Apprise(asset=asset)
    with warnings.catch_warnings():
        # The first address makes the library load its hundred services and whatever those drag in.
        warnings.simplefilter("ignore", DeprecationWarning)
        is_known = services.add(secret(settings.address))
    if not is_known:
        raise ConfigurationError([f"{settings.address} holds no address that Apprise knows"])
    return AppriseChannel(services)


class _Services(Protocol):
    """The one method of ``apprise.Apprise`` that is used."""

    def notify(
        self, body: str, title: str, notify_type: str, body_format: str | None, *, interpret_escapes: bool | None
    ) -> object: ...


class AppriseChannel:
    """One Apprise address, one notice at a time."""

    batch_max = 1

    def __init__(self, services: _Services) -> None:
        self._services = services

    def send_many(self, notices: Sequence[Notice]) -> list[Delivery]:
        """Send each notice; whatever the library raises counts as not sent."""
        return [self._send(notice) for notice in notices]

    def close(self) -> None:
        """There is nothing to let go of: a service opens a connection for each notice."""

    def _send(self, notice: Notice) -> Delivery:
        try:
            is_taken = self._services.notify(
                body=notice.text,
                title=notice.title,
                notify_type=_TYPES[notice.priority],
                body_format="text",
                interpret_escapes=False,
            )
        except Exception as fault:  # noqa: BLE001 - over a hundred services, each with errors of its own
            # Its text could hold the address; its type cannot.
            return Delivery(DeliveryState.UNKNOWN, why=f"the service failed with {type(fault).__name__}")
        return ACCEPTED if is_taken else _REFUSED
