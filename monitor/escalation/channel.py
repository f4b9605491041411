"""What a way out is: it takes notices and says honestly what became of each.

A channel is used by one thread at a time. It never raises for a message that could not be sent; it
says so in a ``Delivery``, with whether trying again can help.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from monitor.interruption.alarms import AlertPriority


class Notice(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One message to one contact over one channel, as it stands in the outbox.

    Attributes:
        outbox_id: Its row in the outbox, to report by.
        key: The idempotency key: the same at every attempt, also after a crash.
        channel: The name of the channel that takes it.
        rung, contact: Who is told; ids, no names.
        title, text: For people; no control characters, no patient's name.
        data: The same as a JSON object, encoded; for programs.
        priority: IEC 60601-1-8 word.
        created_at_us: When it was written, in monitor time.
        expires_at_us: After this instant it is no use to send it; None means never.
    """

    outbox_id: int
    key: str
    channel: str
    rung: str
    contact: str
    title: str
    text: str
    data: bytes = b"{}"
    priority: AlertPriority = AlertPriority.HIGH
    created_at_us: int = 0
    expires_at_us: int | None = None


class DeliveryState(StrEnum):
    """What is known of one attempt."""

    ACCEPTED = "accepted"
    """The provider took it. That is not "a person saw it"."""
    FAILED = "failed"
    """It was certainly not taken."""
    UNKNOWN = "unknown"
    """It was sent, but no answer came: it may have arrived."""


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """The outcome of one attempt for one notice.

    Attributes:
        state: What is known.
        can_retry: Whether trying again may help; meaningless when accepted.
        why: One sentence without addresses, secrets or message text.
        retry_after_s: How long the provider asked us to wait, in seconds; None if it did not.
    """

    state: DeliveryState
    can_retry: bool = True
    why: str = ""
    retry_after_s: float | None = None


ACCEPTED = Delivery(DeliveryState.ACCEPTED)


class Channel(Protocol):
    """A way out.

    Attributes:
        batch_max: How many notices one ``send_many`` takes at most.
    """

    batch_max: int

    def send_many(self, notices: Sequence[Notice]) -> list[Delivery]:
        """Try to send each notice once and return one delivery for each, in order."""

    def close(self) -> None:
        """Let go of connections; harmless when called twice."""
