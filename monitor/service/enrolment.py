"""Brings the configured pumps under watch, each where it stood when the monitor last ran."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.interruption.events import Enrolled, MonitorRestarted, Order
from monitor.interruption.policy import Policy
from monitor.service.book import Book
from monitor.service.processor import Processor
from monitor.storage.unit_of_work import Store


class Enrolment:
    """One pump as the configuration enrols it; thousands of these share their therapy."""

    __slots__ = ("order", "policy")

    def __init__(self, policy: Policy, order: Order | None) -> None:
        self.policy = policy
        self.order = order


def load_book(store: Store, book: Book, enrolments: Iterable[Enrolment]) -> dict[str, Order | None]:
    """Fill the book from configuration and store; return the orders of pumps that are new.

    States stay packed until they are needed, so that a large clinic starts at once.
    """
    orders: dict[str, Order | None] = {}
    for enrolment in enrolments:
        book.enrol(enrolment.policy)
        orders[enrolment.policy.pump] = enrolment.order
    for stored in store.load_states():
        entry = book.entries.get(stored.pump)
        if entry is None:
            continue
        entry.packed_state, entry.packed_ladders = stored.state, stored.ladder
        entry.deadline_us = stored.deadline_at_us
        orders.pop(stored.pump, None)
    book.arm_all()
    return orders


def enrol_new(processor: Processor, book: Book, orders: dict[str, Order | None], now_us: int) -> None:
    """Bring pumps under watch for the first time."""
    for pump, order in orders.items():
        processor.apply(book.entries[pump], Enrolled(at_us=now_us, order=order), now_us)


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
