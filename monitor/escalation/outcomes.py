"""What the dispatcher says of notices and of its channels."""

from __future__ import annotations

from enum import StrEnum

import msgspec


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


class ChannelHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How one channel is doing.

    Attributes:
        waiting: Notices that wait for it, to be tried for the first time or again.
        accepted: Notices that it took since the start.
        failed: Notices that were given up since the start.
        failing_since_us: Since when every try has failed; None while the last one did not.
        last_error: What the last failed try said; empty if none failed.
    """

    waiting: int
    accepted: int
    failed: int
    failing_since_us: int | None
    last_error: str


class DispatcherSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of the dispatcher.

    Attributes:
        queue_max: Notices that wait for one channel at most.
        first_retry_s: Wait before the second try, in seconds; it doubles from try to try.
        retry_s_max: The longest wait between two tries, in seconds, unless the provider asks for more.
        keep_s: A notice without an expiry of its own is given up this long after it was written.
    """

    queue_max: int = 50_000
    first_retry_s: float = 2.0
    retry_s_max: float = 60.0
    keep_s: float = 6 * 3600.0
