"""What one turn is to store, and what follows once it is durable: tell people, settle sources, answer, wake.

If the store refuses, people are told all the same, from memory; the rows wait, and the sources are not
settled until it takes them. One part that fails keeps no other from being done.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from drivers.contract import Batch
from monitor.errors import StorageDegraded, StorageError
from monitor.service.intake import Reply, Settler
from monitor.service.outgoing import Outgoing
from monitor.service.own_faults import OwnFaults
from monitor.service.recording import record_fact
from monitor.storage.unit_of_work import Store
from monitor.storage.work import Work

log = structlog.get_logger(__name__)

PENDING_ROWS_MAX = 200_000
"""How much may wait for a store that refuses; beyond it sources are held up, not dropped."""


class Ledger:
    """The open transaction and its followers; used by the holder of the intake's pen.

    Attributes:
        work: What the next commit stores.
        is_sound: False while the store refuses to write.
        fault: Why, in one sentence.
        bookmarks: Where each link's driver should go on reading, as far as it is durable.
        latest_cursor: The newest durable record.
    """

    def __init__(self, store: Store, outgoing: Outgoing, faults: OwnFaults) -> None:
        self.work = Work()
        self.is_sound = True
        self.fault = ""
        self.bookmarks: dict[str, bytes] = {}
        self.latest_cursor = 0
        self._store = store
        self._outgoing = outgoing
        self._faults = faults
        self._unsettled: list[tuple[Settler, Batch]] = []
        self._replies: list[Reply] = []
        self._listeners: list[Callable[[], None]] = []

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call ``wake`` after each commit that added records, until the returned function is called."""
        self._listeners = [*self._listeners, wake]

        def leave() -> None:
            self._listeners = [other for other in self._listeners if other is not wake]

        return leave

    def is_full(self) -> bool:
        """Return whether so much waits for the store that sources must be held up."""
        return len(self.work) > PENDING_ROWS_MAX

    def settle_later(self, settler: Settler, batch: Batch) -> None:
        """Settle a batch once everything that it brought is durable."""
        self._unsettled.append((settler, batch))

    def answer_later(self, reply: Reply) -> None:
        """Answer whoever waits, once what they asked for is durable."""
        self._replies.append(reply)

    def note(self, at_us: int, kind: str, body: dict[str, object]) -> None:
        """Add a fact about the monitor itself to the journal with the next commit."""
        record_fact(self.work, None, at_us, kind, body)

    def commit(self, now_us: int) -> bool:
        """Store the work and do what follows; return whether the store is sound again or still."""
        if not self.work and not self._unsettled and not self._replies:
            return self.is_sound
        try:
            result = self._store.commit(self.work)
        except StorageDegraded as fault:
            self._go_on_from_memory(str(fault))
            return False
        except StorageError as fault:
            # A row that no store can take is a fault of ours. Kept, it would stop every later commit: people
            # are told from memory, the rows are given up, and the sources, not settled, say it all again.
            log.exception("storage.unstorable", rows=len(self.work))
            self._faults.tally.note_fault("commit", fault)
            self._go_on_from_memory(str(fault))
            self.work, self._unsettled = Work(), []
            self._outgoing.forget_told_from_memory()
            return False
        self._follow(result.journal_ids, result.notice_ids, now_us)
        self._store.tidy()
        return True

    def _follow(self, journal_ids: range, notice_ids: range, now_us: int) -> None:
        work, self.work = self.work, Work()
        notices = self._outgoing.committed(work.notices, notice_ids)
        self._outgoing.mark_told_from_memory(self.work, notice_ids, now_us)
        if work.bookmarks:
            self.bookmarks.update(work.bookmarks)
        if journal_ids:
            self.latest_cursor = journal_ids[-1]
        # People before sources: whatever a driver does when it is settled, the notices are on their way.
        self._alone("tell", lambda: self._outgoing.offer(notices), now_us)
        self._settle()
        if self._replies:
            self._answer(None)
        if journal_ids:
            for wake in self._listeners:
                self._alone("wake", wake, now_us)

    def _alone(self, at: str, follow: Callable[[], None], now_us: int) -> None:
        """Do one thing that follows from a commit; a fault of ours in it must keep no other from being done."""
        try:
            follow()
        except Exception as fault:
            log.exception("commit.follow", at=at)
            self._faults.note(at, fault, now_us)

    def _go_on_from_memory(self, fault: str) -> None:
        self.fault = fault
        self._outgoing.offer_from_memory(self.work.notices)
        self._answer(StorageDegraded(f"it is in force but not yet stored: {fault}"))

    def _settle(self) -> None:
        unsettled, self._unsettled = self._unsettled, []
        for settler, batch in unsettled:
            try:
                settler.settle(batch)
            except Exception as fault:
                # Its source repeats what it was not told of; the other sources must not wait for it.
                log.exception("link.settle")
                self._faults.tally.note_fault("settle", fault)

    def _answer(self, fault: Exception | None) -> None:
        replies, self._replies = self._replies, []
        for reply in replies:
            reply.fault = reply.fault or fault
            reply.cursor = self.latest_cursor
            reply.done.set()
