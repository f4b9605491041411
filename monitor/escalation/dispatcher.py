"""Offers committed notices to the channels, each in its own thread, until they are taken or expire.

(being written)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

import msgspec

from monitor.escalation.channel import Channel, Notice


class NoticeState(StrEnum):
    """The life of a notice in the outbox."""

    QUEUED = "queued"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"


class NoticeOutcome(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What became of a notice so far.

    Attributes:
        outbox_id: Which notice.
        state: ``offered`` after a try that will be repeated, ``accepted`` or ``failed`` at the end.
        attempts: Tries of this process so far.
        error: One sentence, empty if accepted.
    """

    outbox_id: int
    state: NoticeState
    attempts: int
    error: str = ""


class DispatcherSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of the dispatcher.

    Attributes:
        queue_max: Notices that wait for one channel at most.
        first_retry_s: Wait before the second try, in seconds; it doubles from try to try.
        retry_s_max: The longest wait between two tries, in seconds.
    """

    queue_max: int = 50_000
    first_retry_s: float = 2.0
    retry_s_max: float = 60.0


class Dispatcher:
    """Hands notices to channels; touches no database and blocks nobody."""

    def __init__(
        self,
        channels: Mapping[str, Channel],
        report: Callable[[list[NoticeOutcome]], None],
        now_us: Callable[[], int],
        settings: DispatcherSettings | None = None,
    ) -> None:
        """Take the channels by name; threads start with the first notice for each.

        Args:
            channels: By the name that ``Notice.channel`` holds.
            report: Called from the workers' threads with what became of notices; must not block for long.
            now_us: Monitor time, in microseconds.
            settings: Limits.
        """
        raise NotImplementedError

    def offer(self, notices: Sequence[Notice]) -> list[Notice]:
        """Take committed notices and return those for which there was no room: offer them again later."""
        raise NotImplementedError

    def close(self, timeout_s: float = 3.0) -> None:
        """Stop the threads and close the channels; what was not sent stays queued in the outbox."""
        raise NotImplementedError
