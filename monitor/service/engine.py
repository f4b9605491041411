"""Puts core, ladders, store and intake together; daemon and replay run the same engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from monitor.clock import Clock
from monitor.config.settings import Config
from monitor.escalation.channel import Notice
from monitor.escalation.rungs import BLINATUMOMAB
from monitor.interruption.alarms import OwnCode
from monitor.interruption.events import Order, Ordered
from monitor.service.book import Book
from monitor.service.enrolment import account_for_downtime, enrol_new, load_book
from monitor.service.give_back import give_back_memory
from monitor.service.intake import Intake, SiteChanged
from monitor.service.ledger import Ledger
from monitor.service.outgoing import Outgoing
from monitor.service.own_faults import OwnFaults
from monitor.service.processor import Processor
from monitor.service.pump_turn import PumpTurn
from monitor.service.site_board import SiteBoard
from monitor.service.tally import Tally
from monitor.service.telling import Teller
from monitor.storage.unit_of_work import Store

OUTBOX_PAGE = 1_000
"""How many unfinished notices are read from the store at a time."""

_ORDERS = "configured-orders"


class Engine:
    """One store, one book of pumps, one processor behind one intake.

    Attributes:
        book, processor, intake, board, outgoing: The parts, for feed and health.
    """

    def __init__(
        self, config: Config, store: Store, clock: Clock, offer: Callable[[Sequence[Notice]], list[Notice]]
    ) -> None:
        # A clinic's list of pumps goes into the book; it is not kept twice.
        self._pumps = config.pumps
        self.config = msgspec.structs.replace(config, pumps=())
        self.store = store
        self.clock = clock
        self.book = Book()
        self.teller = Teller(self.config)
        default = next(iter(config.ladders.values()), BLINATUMOMAB)
        faults = OwnFaults(Tally())
        self.board = SiteBoard(default, self.teller, faults)
        self.outgoing = Outgoing(store.instance, offer)
        turn = PumpTurn(dict(config.ladders), default, self.teller)
        ledger = Ledger(store, self.outgoing, faults)
        self.processor = Processor(clock, self.book, turn, self.board, self.outgoing, ledger, faults)
        self.intake = Intake(self.processor.handle)

    def load(self, *, is_downtime_known: bool = True, grace_us: int = 0) -> None:
        """Take up what the store knows, enrol what is new, account for the downtime, and commit.

        After a downtime no deadline is taken up for ``grace_us``, so that a pump which runs and is heard in
        the first seconds alarms nobody; the clock itself waits for nothing.
        """
        now_us = self.clock.now_us()
        down_from_us = self.store.last_alive_us()
        load_book(self.store, self.book, self._pumps)
        self.board.load(self.store.reader, self.book.entries)
        self.processor.ledger.latest_cursor = self.store.reader.last_journal_id()
        new = enrol_new(self.processor, self.book, self._pumps, now_us)
        self.processor.settle_strangers(now_us)
        self._apply_changed_orders(new, now_us)
        if down_from_us is not None:
            down_s = (now_us - down_from_us) / 1_000_000
            fact: dict[str, object] = {"down_s": down_s, "is_downtime_known": is_downtime_known}
            self.processor.ledger.note(now_us, "monitor-restarted", fact)
            self.processor.quiet_until_us = now_us + grace_us
            account_for_downtime(self.processor, self.book, down_from_us, now_us, is_known=is_downtime_known)
        self.processor.upkeep.flush(now_us, pack=False)
        self.processor.handle([])
        self._pumps = ()
        give_back_memory()
        if self.processor.ledger.is_sound:
            # An earlier process may have died before it could say so; left open, the next fault would not be told.
            self.processor.handle([SiteChanged(OwnCode.STORAGE_DEGRADED, active=False)])

    def _apply_changed_orders(self, new: set[str], now_us: int) -> None:
        """Put an order of the file in force if the file was changed since it was last read.

        An order that a clinician gave meanwhile is not undone by a restart with the same file.
        """
        configured = {pump.pump: pump.order for pump in self._pumps if pump.order is not None}
        stored = self.store.meta(_ORDERS)
        # Compared as orders, not as text: a later release may write the same order in other words.
        texts = {} if stored is None else msgspec.json.decode(stored, type=dict[str, str])
        known = {pump: msgspec.json.decode(text, type=Order) for pump, text in texts.items()}
        if known == configured:
            return
        for pump, order in configured.items():
            if pump not in new and known.get(pump) != order:
                event = Ordered(at_us=now_us, order=order, by="configuration")
                self.processor.apply(self.book.entries[pump], event, now_us)
        written = {pump: msgspec.json.encode(order).decode() for pump, order in configured.items()}
        self.processor.ledger.work.meta(_ORDERS, msgspec.json.encode(written).decode())

    def offer_unfinished(self) -> None:
        """Offer the notices that an earlier process left unfinished."""
        after = 0
        while True:
            page = self.store.load_outbox(after, OUTBOX_PAGE)
            if not page:
                return
            self.outgoing.offer_stored(page)
            after = page[-1].id
