"""Hands committed notices to the dispatcher and writes down what became of them.

Send, then mark: a notice that was offered and not marked when the process died is offered again under
the same idempotency key. While the store refuses, notices go out from memory and are marked later.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from monitor.escalation.channel import Notice
from monitor.escalation.dispatcher import NoticeOutcome
from monitor.interruption.alarms import AlertPriority
from monitor.storage.rows import NoticeRow, NoticeUpdate, StoredNotice
from monitor.storage.work import Work

WAITING_MAX = 100_000
"""Notices that wait for room in the dispatcher; all of them are in the stored outbox as well."""


class NoticeBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is stored of a notice beside its text, for programs.

    Attributes:
        title: A short line for people.
        priority: IEC 60601-1-8 word.
        case: The interruption's or alert's id.
        data: Machine-readable facts.
    """

    title: str
    priority: AlertPriority
    case: str = ""
    data: dict[str, object] = {}


class _Head(msgspec.Struct, frozen=True, gc=False):
    """What the dispatcher needs of a stored ``NoticeBody``: its facts are handed on as they are."""

    title: str
    priority: AlertPriority


_head_decoder = msgspec.json.Decoder(_Head)


class Outgoing:
    """Between outbox and dispatcher; used by the holder of the intake's pen."""

    def __init__(self, instance: str, offer: Callable[[Sequence[Notice]], list[Notice]]) -> None:
        self._instance = instance
        self._offer = offer
        self._waiting: deque[Notice] = deque(maxlen=WAITING_MAX)
        self._from_memory: list[NoticeOutcome | None] = []
        self.outcomes: dict[str, int] = {}

    def committed(self, rows: Sequence[NoticeRow], ids: range) -> list[Notice]:
        """Return the notices that are durable now and were not yet told from memory."""
        told = len(self._from_memory)
        if told:
            rows, ids = rows[told:], ids[told:]
        return [
            self._notice(row, outbox_id, f"{self._instance}-{outbox_id}")
            for row, outbox_id in zip(rows, ids, strict=True)
        ]

    def mark_told_from_memory(self, work: Work, ids: range, now_us: int) -> None:
        """Write down what became of notices that went out before they could be stored."""
        told, self._from_memory = self._from_memory, []
        for outbox_id, outcome in zip(ids, told, strict=False):
            state = "offered" if outcome is None else outcome.state
            work.notice_update(NoticeUpdate(outbox_id, state, 1, now_us, last_error="told while storage refused"))

    def offer(self, notices: list[Notice]) -> None:
        """Give notices to the dispatcher; what finds no room waits and goes first next time."""
        if notices or self._waiting:
            self._waiting.extend(notices)
            left = self._offer(list(self._waiting))
            self._waiting.clear()
            self._waiting.extend(left)

    def offer_from_memory(self, rows: Sequence[NoticeRow]) -> None:
        """Tell people of what could not be stored, once."""
        fresh = rows[len(self._from_memory) :]
        notices = []
        for row in fresh:
            self._from_memory.append(None)
            place = len(self._from_memory)
            notices.append(self._notice(row, -place, f"{self._instance}-{row.created_at_us}-m{place}"))
        self.offer(notices)

    def forget_told_from_memory(self) -> None:
        """The rows that these notices came from are given up: there is nothing left to mark."""
        self._from_memory = []

    def offer_stored(self, stored: Sequence[StoredNotice]) -> None:
        """Offer what an earlier process left unfinished."""
        self.offer(
            [
                self._build(
                    kept.id,
                    f"{self._instance}-{kept.id}",
                    kept.channel,
                    kept.rung,
                    kept.contact,
                    kept.text,
                    kept.body,
                    kept.created_at_us,
                )
                for kept in stored
            ]
        )

    def note_outcomes(self, work: Work, outcomes: Sequence[NoticeOutcome], now_us: int) -> None:
        """Write down what became of notices."""
        for outcome in outcomes:
            self.outcomes[outcome.state] = self.outcomes.get(outcome.state, 0) + 1
            if outcome.outbox_id < 0:
                place = -outcome.outbox_id - 1
                if place < len(self._from_memory):
                    self._from_memory[place] = outcome
                continue
            error = outcome.error or None
            # The database takes a plain text as it is; a word of ours costs it as much as the rest of the row.
            work.notice_update(
                NoticeUpdate(outcome.outbox_id, str(outcome.state), outcome.attempts, now_us, None, None, error)
            )

    def _notice(self, row: NoticeRow, outbox_id: int, key: str) -> Notice:
        return self._build(outbox_id, key, row.channel, row.rung, row.contact, row.text, row.body, row.created_at_us)

    @staticmethod
    def _build(
        outbox_id: int, key: str, channel: str, rung: str, contact: str, text: str, body: str, created_at_us: int
    ) -> Notice:
        about = _head_decoder.decode(body)
        return Notice(
            outbox_id=outbox_id,
            key=key,
            channel=channel,
            rung=rung,
            contact=contact,
            title=about.title,
            text=text,
            data=body.encode(),
            priority=about.priority,
            created_at_us=created_at_us,
        )
