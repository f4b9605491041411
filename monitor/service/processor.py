"""The one writer: takes what the intake brings through ``step``, and stores it before anybody is told.

For each list of items: step every event, advance the ladders, collect rows, commit once, and only then
settle the sources, hand notices to the dispatcher and wake the feed. If the store refuses, people are
told all the same, from memory; the rows wait and the sources are not settled until it takes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
import structlog

from drivers.contract import LinkChanged, Observation
from monitor.clock import Clock
from monitor.errors import CommandRefused
from monitor.escalation.rungs import MONITOR_FAULT
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
    SiteChanged,
)
from monitor.service.ledger import Ledger
from monitor.service.outgoing import Outgoing
from monitor.service.own_faults import AFTER_FAULT_US, OwnFaults
from monitor.service.pump_turn import PumpTurn
from monitor.service.site_board import SiteBoard
from monitor.service.tally import Tally
from monitor.service.upkeep import Upkeep

RINGS_PER_TURN = 2_000
"""How many deadlines one turn takes up; the rest follow in the next, so that a crowd delays nobody for long."""

log = structlog.get_logger(__name__)


class Processor:
    """Handles lists of items; only the holder of the intake's pen may call ``handle``.

    Attributes:
        book: The pumps under watch.
        ledger: What is to be stored, and what follows from that.
        upkeep: What is to be written down although nothing changed.
        tally: What came in and what was refused.
        faults: Where the monitor itself fails.
        deadline_us: The next instant at which time alone changes something, after the last turn.
        quiet_until_us: Until then no deadline is taken up: after a start the lines get a moment to be heard.
    """

    def __init__(
        self,
        clock: Clock,
        book: Book,
        turn: PumpTurn,
        board: SiteBoard,
        outgoing: Outgoing,
        ledger: Ledger,
        faults: OwnFaults,
    ) -> None:
        self.book = book
        self.ledger = ledger
        self.upkeep = Upkeep(book, ledger)
        self.tally: Tally = faults.tally
        self.faults = faults
        self.deadline_us: int | None = None
        self.quiet_until_us = 0
        self._clock = clock
        self._turn = turn
        self._board = board
        self._outgoing = outgoing
        self.on_deadline: Callable[[int], None] = lambda _: None

    def handle(self, items: list[Item]) -> None:
        """Take ``items`` through the core and commit once."""
        now_us = self._clock.now_us()
        for item in items:
            try:
                self._take(item, now_us)
            except Exception as fault:
                # A fault of ours in one item must not lose the items behind it.
                pump = item.pump if isinstance(item, EventArrived) else ""
                log.exception("intake.fault", item=type(item).__name__, pump=pump)
                self._note_fault(type(item).__name__, fault, now_us, pump)
                if isinstance(item, EventArrived) and item.reply is not None:
                    item.reply.fault = fault
                    self.ledger.answer_later(item.reply)
        if self.faults.is_standing(now_us) is not self._board.stands(MONITOR_FAULT):
            self._change_site(self.faults.condition(active=self.faults.is_standing(now_us)), now_us)
        if now_us >= self.quiet_until_us:
            self._ring(now_us)
        self._commit(now_us)
        next_us = self.next_us()
        self.deadline_us = None if next_us is None else max(next_us, self.quiet_until_us)
        if self.deadline_us is not None:
            self.on_deadline(self.deadline_us)

    def _take(self, item: Item, now_us: int) -> None:
        match item:
            case BatchArrived():
                self._take_batch(item, now_us)
            case EventArrived():
                self._take_event(item, now_us)
            case SiteChanged():
                self._board.change(self.ledger.work, item, now_us)
            case NoticesReported():
                self._outgoing.note_outcomes(self.ledger.work, item.outcomes, now_us)
            case Rang(is_housekeeping=True):
                item.has_more = self.upkeep.keep_house(now_us)
            case Rang():
                pass

    def _take_batch(self, item: BatchArrived, now_us: int) -> None:
        at_us = now_us if item.at_us is None else item.at_us
        batch = item.batch
        entries = self.book.entries
        stale = self.upkeep.stale
        self.tally.observations += len(batch.items)
        failed: set[str] = set()
        for pump, observation in batch.items:
            try:
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
            except Exception as fault:
                # One pump's must not lose the others behind it.
                log.exception("intake.fault", item=BatchArrived.__name__, pump=pump)
                self._note_fault(BatchArrived.__name__, fault, now_us, pump)
                failed.add(pump)
        if self.faults.failing:
            # The hint about a line is no word of the pump.
            heard = {pump for pump, said in batch.items if not isinstance(said, LinkChanged)}
            self.faults.heard(heard - failed)
        self.tally.note_refusals(self.ledger.work, batch, at_us)
        if failed:
            # Neither bookmarked nor settled: its source is to say it all again.
            return
        if batch.bookmark is not None:
            self.ledger.work.bookmark(item.link, batch.bookmark)
        if item.settler is not None:
            self.ledger.settle_later(item.settler, batch)

    def _changed(self, entry: Entry, state: PumpState, effects: tuple[Effect, ...], at_us: int) -> None:
        first = effects[0]
        if type(first) is EvidenceDoubted and len(effects) == 1 and first.why == DUPLICATE:
            self.tally.duplicates += 1
            entry.put(state)
            self.upkeep.stale[entry.policy.pump] = entry
            return
        self._turn_over(entry, state, effects, at_us)

    def _turn_over(self, entry: Entry, state: PumpState, effects: tuple[Effect, ...], now_us: int) -> None:
        """Note a step's outcome with everything that follows from it, and ring at the pump's new deadline."""
        self._turn.take(self.ledger.work, entry, state, effects, now_us)
        self.upkeep.stale.pop(entry.policy.pump, None)
        self.book.arm(entry)

    def _quarantine(self, link: str, pump: str, observation: Observation, at_us: int) -> None:
        """Count what a stranger says, and report the stranger once; a mere hint about its line is counted only."""
        self.tally.refuse("unknown-pump", "")
        if isinstance(observation, LinkChanged):
            return
        why = f"pump {pump} is not enrolled"
        if self._board.change(
            self.ledger.work, SiteChanged(OwnCode.UNKNOWN_PUMP, active=True, detail=why, pump=pump), at_us
        ):
            self.ledger.work.reject(at_us, link, "", "unknown-pump", why, b"", pump)

    def settle_strangers(self, now_us: int) -> None:
        """End the alerts about strangers that are enrolled now; their own alerts count on from there."""
        for pump, number in self._board.settle_enrolled(self.ledger.work, now_us).items():
            entry = self.book.entries[pump]
            state = entry.state
            if state is not None and state.next_alert < number:
                entry.put(msgspec.structs.replace(state, next_alert=number))

    def _take_event(self, item: EventArrived, now_us: int) -> None:
        reply = item.reply
        entry = self.book.entries.get(item.pump)
        if entry is None:
            fault = None if self._board.take(self.ledger.work, item, now_us) else f"no pump {item.pump!r} is enrolled"
            if reply is not None:
                reply.fault = None if fault is None else CommandRefused(fault)
                self.ledger.answer_later(reply)
            return
        effects = self.apply(entry, item.make(now_us), now_us)
        self.faults.passed(EventArrived.__name__, item.pump)
        if reply is not None:
            reply.effects, reply.at_us = effects, now_us
            refusal = _refusal(effects)
            if refusal is not None:
                reply.fault = CommandRefused(refusal)
            self.ledger.answer_later(reply)

    def apply(self, entry: Entry, event: Event, now_us: int) -> tuple[Effect, ...]:
        """Step one event of one pump and note everything that follows from it."""
        state = entry.state
        if state is None:
            state = enrolled(now_us)
        result = step(state, event, entry.policy)
        self._turn_over(entry, result.state, result.effects, now_us)
        return result.effects

    def _ring(self, now_us: int) -> None:
        """Take up deadlines that have come; a pump whose deadline has moved on is only armed anew."""
        for entry in self.book.due(now_us, RINGS_PER_TURN):
            try:
                self._ring_for(entry, now_us)
                self.faults.passed(Rang.__name__, entry.policy.pump)
            except Exception as fault:
                # The others are disarmed by now: who leaves here would take nobody's deadline up any more.
                pump = entry.policy.pump
                log.exception("intake.fault", item=Rang.__name__, pump=pump)
                self._note_fault(Rang.__name__, fault, now_us, pump)
                entry.deadline_us = now_us + AFTER_FAULT_US
                self.book.arm(entry)
        if self._board.next_us is not None and self._board.next_us <= now_us:
            self._board.ring(self.ledger.work, now_us)

    def _ring_for(self, entry: Entry, now_us: int) -> None:
        state = entry.state
        if state is None:
            return
        core_us = next_deadline_us(state, entry.policy)
        if core_us is not None and core_us <= now_us:
            self.apply(entry, Ticked(at_us=now_us), now_us)
        else:
            self._turn.ring(self.ledger.work, entry, state, now_us)
            self.book.arm(entry)

    def next_us(self) -> int | None:
        """Return the next instant at which time alone changes something."""
        pumps_us, site_us = self.book.next_us(), self._board.next_us
        if pumps_us is None or site_us is None:
            return site_us if pumps_us is None else pumps_us
        return min(pumps_us, site_us)

    def _commit(self, now_us: int) -> None:
        was_sound = self.ledger.is_sound
        is_sound = self.ledger.is_sound = self.ledger.commit(now_us)
        if is_sound != was_sound:
            changed = SiteChanged(OwnCode.STORAGE_DEGRADED, active=not is_sound, detail=self.ledger.fault)
            self._change_site(changed, now_us)
            if not is_sound:
                self._outgoing.offer_from_memory(self.ledger.work.notices)

    def _change_site(self, changed: SiteChanged, now_us: int) -> None:
        """Raise or end a condition; a fault of ours in it must not keep the turn from its end."""
        try:
            self._board.change(self.ledger.work, changed, now_us)
        except Exception as fault:
            log.exception("intake.fault", item=SiteChanged.__name__, code=changed.code)
            self._note_fault(SiteChanged.__name__, fault, now_us)

    def _note_fault(self, at: str, fault: Exception, now_us: int, pump: str = "") -> None:
        """Remember a fault of our own; a stranger's is at no pump under watch."""
        self.faults.note(at, fault, now_us, pump if pump in self.book.entries else "")


def _refusal(effects: Iterable[Effect]) -> str | None:
    """Return why a person's command was not accepted, if it was not."""
    for effect in effects:
        if isinstance(effect, EvidenceDoubted):
            return effect.why
    return None
