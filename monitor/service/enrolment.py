"""Brings the configured pumps under watch, each where it stood when the monitor last ran."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.config.settings import PumpEnrolment
from monitor.interruption.events import Enrolled, MonitorRestarted
from monitor.service.book import Book
from monitor.service.processor import Processor
from monitor.storage.unit_of_work import Store


def load_book(store: Store, book: Book, pumps: Iterable[PumpEnrolment]) -> None:
    """Fill the book from configuration and store.

    States stay packed until they are needed, so that a large clinic starts at once.
    """
    for pump in pumps:
        book.enrol(pump)
    for stored in store.load_states():
        entry = book.entries.get(stored.pump)
        if entry is not None:
            entry.packed_state, entry.packed_ladders = stored.state, stored.ladder
            entry.deadline_us = stored.deadline_at_us
    book.arm_all()


def enrol_new(processor: Processor, book: Book, pumps: Iterable[PumpEnrolment], now_us: int) -> set[str]:
    """Bring pumps under watch of which nothing is stored; return their ids."""
    new = {pump.pump for pump in pumps if not book.entries[pump.pump].is_known}
    for pump in pumps:
        if pump.pump in new:
            processor.apply(book.entries[pump.pump], Enrolled(at_us=now_us, order=pump.order), now_us)
    return new


def account_for_downtime(processor: Processor, book: Book, down_from_us: int, now_us: int, *, is_known: bool) -> None:
    """Tell pumps that the monitor was down, where that changes something.

    With a known downtime the stored deadlines do all of it: what came due is due now, and silence is
    counted from the last flow evidence. Only an unknown downtime touches every pump.
    """
    if is_known:
        return
    for entry in book.entries.values():
        if entry.state is not None:
            event = MonitorRestarted(at_us=now_us, down_from_us=down_from_us, is_downtime_known=False)
            processor.apply(entry, event, now_us)
