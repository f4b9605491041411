"""The one writer: takes what the intake brings through ``step``, and stores it before anybody is told.

For each list of items: step every event, advance the ladders, collect rows, commit once, and only then
settle the sources, hand notices to the dispatcher and wake the feed. If the store refuses, people are
told all the same, from memory; the rows wait and the sources are not settled until it takes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from drivers.contract import Batch, LinkChanged, Observation
from monitor.clock import Clock
from monitor.errors import CommandRefused, StorageDegraded
from monitor.interruption.alarms import OwnCode
from monitor.interruption.deadlines import next_deadline_us
from monitor.interruption.effects import Effect, EvidenceDoubted
from monitor.interruption.events import Event, PumpObserved, Ticked
from monitor.interruption.hearing import DUPLICATE
from monitor.interruption.state import PumpState
from monitor.interruption.transitions import enrolled, step
from monitor.service.book import Book, Entry
from monitor.service.intake import (
    BatchArrived,
    EventArrived,
    Item,
    NoticesReported,
    Rang,
    Reply,
    Settler,
    SiteChanged,
)
from monitor.service.outgoing import Outgoing
from monitor.service.pump_turn import PumpTurn
from monitor.service.recording import record_fact
from monitor.service.site_board import SiteBoard
from monitor.service.tally import Tally
from monitor.storage.unit_of_work import Store
from monitor.storage.work import Work

RINGS_PER_TURN = 2_000
"""How many deadlines one turn takes up; the rest follow in the next, so that a crowd delays nobody for long."""

PENDING_ROWS_MAX = 200_000
"""How much may wait for a store that refuses; beyond it sources are held up, not dropped."""


class Processor:
    """Handles lists of items; only the holder of the intake's pen may call ``handle``.

    Attributes:
        book: The pumps under watch.
        stored_ok: False while the store refuses to write.
        deadline_us: The next instant at which time alone changes something, after the last turn.
        bookmarks: Where each link's driver should go on reading, as far as it is durable.
        tally: What came in and what was refused.
    """

    def __init__(
        self, store: Store, clock: Clock, book: Book, turn: PumpTurn, board: SiteBoard, outgoing: Outgoing
    ) -> None:
        self.book = book
        self.stored_ok = True
        self.storage_fault = ""
        self.tally = Tally()
        self.latest_cursor = 0
        self.deadline_us: int | None = None
        self._store = store
        self._clock = clock
        self._turn = turn
        self._board = board
        self._outgoing = outgoing
        self._work = Work()
        self._stale: dict[str, Entry] = {}
        self._unsettled: list[tuple[Settler, Batch]] = []
        self.bookmarks: dict[str, bytes] = {}
        self._replies: list[Reply] = []
        self._listeners: list[Callable[[], None]] = []
        self.on_deadline: Callable[[int], None] = lambda _: None

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call ``wake`` after each commit that added records, until the returned function is called."""
        self._listeners = [*self._listeners, wake]

        def leave() -> None:
            self._listeners = [other for other in self._listeners if other is not wake]

        return leave

    def handle(self, items: list[Item]) -> None:
        """Take ``items`` through the core and commit once."""
        now_us = self._clock.now_us()
        for item in items:
            self._take(item, now_us)
        self._ring(now_us)
        self._commit(now_us)
        self.deadline_us = self.next_us()
        if self.deadline_us is not None:
            self.on_deadline(self.deadline_us)

    def is_full(self) -> bool:
        """Return whether so much waits for the store that sources must be held up."""
        return len(self._work) > PENDING_ROWS_MAX

    def _take(self, item: Item, now_us: int) -> None:
        match item:
            case BatchArrived():
                self._take_batch(item, now_us)
            case EventArrived():
                self._take_event(item, now_us)
            case SiteChanged():
                self._board.change(self._work, item, now_us)
            case NoticesReported():
                self._outgoing.note_outcomes(self._work, item.outcomes, now_us)
            case Rang(is_housekeeping=True):
                self.flush(now_us)
            case Rang():
                pass

    def _take_batch(self, item: BatchArrived, now_us: int) -> None:
        at_us = now_us if item.at_us is None else item.at_us
        batch = item.batch
        entries = self.book.entries
        stale = self._stale
        self.tally.observations += len(batch.items)
        for pump, observation in batch.items:
            entry = entries.get(pump)
            if entry is None:
                self._quarantine(item.link, pump, observation, at_us)
                continue
            state = entry.state
            if state is None:
                state = enrolled(at_us)
            result = step(state, PumpObserved(at_us=at_us, observation=observation), entry.policy)
            if result.effects:
                self._changed(entry, result.state, result.effects, at_us)
            else:
                entry.put(result.state)
                stale[pump] = entry
        self.tally.note_refusals(self._work, batch, at_us)
        if batch.bookmark is not None:
            self._work.bookmark(item.link, batch.bookmark)
        if item.settler is not None:
            self._unsettled.append((item.settler, batch))

    def _changed(self, entry: Entry, state: PumpState, effects: tuple[Effect, ...], at_us: int) -> None:
        first = effects[0]
        if type(first) is EvidenceDoubted and len(effects) == 1 and first.why == DUPLICATE:
            self.tally.duplicates += 1
            entry.put(state)
            self._stale[entry.policy.pump] = entry
            return
        self._turn.take(self._work, entry, state, effects, at_us)
        self._stale.pop(entry.policy.pump, None)
        self.book.arm(entry)

    def _quarantine(self, link: str, pump: str, observation: Observation, at_us: int) -> None:
        """Count what a stranger says, and report the stranger once; a mere hint about its line is counted only."""
        self.tally.refuse("unknown-pump", "")
        if isinstance(observation, LinkChanged):
            return
        why = f"pump {pump} is not enrolled"
        if self._board.change(self._work, SiteChanged(OwnCode.UNKNOWN_PUMP, active=True, detail=why, pump=pump), at_us):
            self._work.reject(at_us, link, "", "unknown-pump", why, b"", pump)

    def settle_strangers(self, now_us: int) -> None:
        """End the alerts about strangers that are enrolled now; their own alerts count on from there."""
        for pump, number in self._board.settle_enrolled(self._work, now_us).items():
            entry = self.book.entries[pump]
            state = entry.state
            if state is not None and state.next_alert < number:
                entry.put(msgspec.structs.replace(state, next_alert=number))

    def _take_event(self, item: EventArrived, now_us: int) -> None:
        reply = item.reply
        entry = self.book.entries.get(item.pump)
        if entry is None:
            fault = None if self._board.take(self._work, item, now_us) else f"no pump {item.pump!r} is enrolled"
            if reply is not None:
                reply.fault = None if fault is None else CommandRefused(fault)
                self._replies.append(reply)
            return
        effects = self.apply(entry, item.make(now_us), now_us)
        if reply is not None:
            reply.effects, reply.at_us = effects, now_us
            refusal = _refusal(effects)
            if refusal is not None:
                reply.fault = CommandRefused(refusal)
            self._replies.append(reply)

    def apply(self, entry: Entry, event: Event, now_us: int) -> tuple[Effect, ...]:
        """Step one event of one pump and note everything that follows from it."""
        state = entry.state
        if state is None:
            state = enrolled(now_us)
        result = step(state, event, entry.policy)
        self._turn.take(self._work, entry, result.state, result.effects, now_us)
        self._stale.pop(entry.policy.pump, None)
        self.book.arm(entry)
        return result.effects

    def _ring(self, now_us: int) -> None:
        """Take up deadlines that have come; a pump whose deadline has moved on is only armed anew."""
        for entry in self.book.due(now_us, RINGS_PER_TURN):
            state = entry.state
            if state is None:
                continue
            core_us = next_deadline_us(state, entry.policy)
            if core_us is not None and core_us <= now_us:
                self.apply(entry, Ticked(at_us=now_us), now_us)
            else:
                self._turn.ring(self._work, entry, state, now_us)
            self.book.arm(entry)
        if self._board.next_us is not None and self._board.next_us <= now_us:
            self._board.ring(self._work, now_us)

    def next_us(self) -> int | None:
        """Return the next instant at which time alone changes something."""
        due = [instant for instant in (self.book.next_us(), self._board.next_us) if instant is not None]
        return min(due) if due else None

    def flush(self, now_us: int, *, pack: bool = True) -> None:
        """Write down what moved without a change, and that the monitor is alive."""
        for pump, entry in self._stale.items():
            state, ladders = entry.encoded()
            self._work.state(pump, state, ladders, entry.deadline_us)
        self._stale.clear()
        self._work.alive(now_us)
        if pack:
            self._pack(now_us)

    def _pack(self, now_us: int) -> None:
        idle_us = 120_000_000
        for entry in self.book.entries.values():
            if entry.is_unpacked:
                state = entry.state
                if state is not None and now_us - (state.last_contact_at_us or 0) > idle_us:
                    entry.pack()

    def _commit(self, now_us: int) -> None:
        work = self._work
        if not work and not self._unsettled and not self._replies:
            return
        try:
            result = self._store.commit(work)
        except StorageDegraded as fault:
            self._refused_by_store(fault, now_us)
            return
        notices = self._outgoing.committed(work.notices, result.notice_ids)
        self._work = Work()
        self._outgoing.mark_told_from_memory(self._work, result.notice_ids, now_us)
        self.bookmarks.update(work.bookmarks)
        has_records = bool(work.journals)
        if has_records:
            self.latest_cursor = result.journal_ids[-1]
        self._settle()
        self._answer(None)
        self._outgoing.offer(notices)
        if has_records:
            for wake in self._listeners:
                wake()
        if not self.stored_ok:
            self.stored_ok = True
            self.storage_fault = ""
            self._board.change(self._work, SiteChanged(OwnCode.STORAGE_DEGRADED, active=False), now_us)

    def _refused_by_store(self, fault: StorageDegraded, now_us: int) -> None:
        """Tell people from memory; what was to be stored waits."""
        if self.stored_ok:
            self.stored_ok = False
            self._board.change(
                self._work, SiteChanged(OwnCode.STORAGE_DEGRADED, active=True, detail=str(fault)), now_us
            )
        self.storage_fault = str(fault)
        self._outgoing.offer_from_memory(self._work.notices)
        self._answer(fault)

    def _settle(self) -> None:
        unsettled, self._unsettled = self._unsettled, []
        for settler, batch in unsettled:
            settler.settle(batch)

    def _answer(self, fault: Exception | None) -> None:
        replies, self._replies = self._replies, []
        for reply in replies:
            reply.fault = reply.fault or fault
            reply.cursor = self.latest_cursor
            reply.done.set()

    def remember(self, name: str, value: str) -> None:
        """Store a site-wide value with the next commit."""
        self._work.meta(name, value)

    def note(self, kind: str, body: dict[str, object]) -> None:
        """Add a fact about the monitor itself to the journal with the next commit."""
        record_fact(self._work, None, self._clock.now_us(), kind, body)


def _refusal(effects: Iterable[Effect]) -> str | None:
    """Return why a person's command was not accepted, if it was not."""
    for effect in effects:
        if isinstance(effect, EvidenceDoubted):
            return effect.why
    return None
