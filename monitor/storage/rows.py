"""Names what is stored and what is read back, as plain tuples with field names.

Instants are integer microseconds since 1970 UTC (``*_at_us``), durations integer microseconds
(``*_us``). ``pump`` is always the enrolled pump id as text; the store turns it into a small integer
key. An alert of the monitor itself, not of a pump, has the pump ``SITE``. Blobs are opaque here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

SITE = ""
"""The "pump" of alerts that belong to the monitor itself (no pump id is empty)."""


class NoticeState(StrEnum):
    """How far one notice has come; none of these means that a person has read it."""

    QUEUED = "queued"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"


UNFINISHED = (NoticeState.QUEUED, NoticeState.OFFERED)
"""States in which the dispatcher still has work to do."""


class StoredState(NamedTuple):
    """What is known of one pump, as the processor last stored it.

    Attributes:
        state: The processor's own encoding of the pump's state.
        ladder: The processor's own encoding of the ladder's state; None if never stored.
        deadline_at_us: When time alone will change something next; None if it never will.
    """

    pump: str
    state: bytes
    ladder: bytes | None
    deadline_at_us: int | None


class JournalRow(NamedTuple):
    """One stored fact; ``id`` counts from 1 without a hole and is the feed's cursor."""

    id: int
    pump: str | None
    at_us: int
    kind: str
    body: str


class InterruptionRow(NamedTuple):
    """One interruption as it stood at ``as_of_us``; stored again whenever it changes.

    Attributes:
        is_max_running: True while ``off_max`` goes on growing after ``as_of_us``.
        phase, off_class, outcome: Values of ``Phase``, ``OffClass`` and ``Outcome``.
        stops: How many stops were merged.
        deadline_at_us: When ``off_max`` meets the threshold if it grows on.
        threshold_us: The restart threshold that the class was judged by.
        body: JSON text of whatever else is to be shown (rungs reached, the view); opaque here.
    """

    pump: str
    number: int
    opened_at_us: int
    noticed_at_us: int
    detected_at_us: int | None
    ended_at_us: int | None
    phase: str
    as_of_us: int
    off_min_us: int
    off_max_us: int
    is_max_running: bool
    off_class: str
    stops: int
    found_late: bool
    deadline_at_us: int | None = None
    threshold_us: int | None = None
    body: str = "{}"
    outcome: str | None = None
    note: str = ""
    closed_by: str | None = None


class AlertRow(NamedTuple):
    """One alert condition; stored again whenever it changes. Not resolved means open."""

    pump: str
    number: int
    code: str
    priority: str
    raised_at_us: int
    acknowledged_by: str | None = None
    acknowledged_at_us: int | None = None
    resolved_at_us: int | None = None
    raw_code: str | None = None
    is_latched: bool = False
    interruption: int | None = None
    detail: str = ""


class NoticeRow(NamedTuple):
    """One new message to one contact over one channel, to be queued.

    Attributes:
        interruption, alert: The number of the one it is about; both None for a test message.
        rung: The ladder's rung that asked for it.
        text: What the person will read.
        body: JSON text with whatever else the channel needs; opaque here.
    """

    pump: str
    interruption: int | None
    alert: int | None
    rung: str
    contact: str
    channel: str
    text: str
    body: str
    created_at_us: int


class StoredNotice(NamedTuple):
    """One message of the outbox with its delivery so far.

    Attributes:
        id: Counts from 1 in order of creation.
        lease_until_us: Until then the sender that offered it may still be at work.
        next_try_at_us: Not to be offered before; None means at once.
        provider_ref: What the provider called it.
        updated_at_us: When the delivery state last changed.
    """

    id: int
    pump: str
    interruption: int | None
    alert: int | None
    rung: str
    contact: str
    channel: str
    text: str
    body: str
    created_at_us: int
    state: str
    attempts: int
    lease_until_us: int | None
    next_try_at_us: int | None
    last_error: str | None
    provider_ref: str | None
    updated_at_us: int


class NoticeUpdate(NamedTuple):
    """The whole delivery state of one message, replacing what was stored."""

    id: int
    state: str
    attempts: int
    at_us: int
    lease_until_us: int | None = None
    next_try_at_us: int | None = None
    last_error: str | None = None
    provider_ref: str | None = None


class RejectRow(NamedTuple):
    """One refused frame, line or message; ``raw`` is escaped to printable ASCII."""

    id: int
    at_us: int
    pump: str | None
    source: str
    position: str
    cause: str
    why: str
    raw: str


class CommitResult(NamedTuple):
    """What one commit wrote.

    Attributes:
        journal_ids: Ids of the journal rows, in the order in which they were added.
        notice_ids: Ids of the notices, in the order in which they were added.
    """

    journal_ids: range
    notice_ids: range
