"""The one way in: observations, rings and commands, handled in order by whoever holds the pen.

There is no queue between threads to overflow: a thread puts its item on the list and takes the pen; who
has it handles everything that lies there, in one transaction, and the others find their work done.
The list is bounded by the number of threads, each of which has one item in it, and by ``LIST_MAX``.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

import msgspec

from drivers.contract import Batch
from monitor.errors import CommandRefused
from monitor.escalation.dispatcher import NoticeOutcome
from monitor.interruption.effects import Effect
from monitor.interruption.events import Event

LIST_MAX = 10_000
"""How many items may lie in the intake; more are refused to their sender."""

BETWEEN_TURNS_S = 0.001
"""Who has work for several turns leaves the pen to others for this long between two of them."""


class Settler(Protocol):
    """The part of a driver that the intake needs."""

    def settle(self, batch: Batch) -> None:
        """Learn that a batch is durable."""


class Reply:
    """Where a thread waits for what became of its item."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.fault: Exception | None = None
        self.effects: tuple[Effect, ...] = ()
        self.cursor = 0
        self.at_us = 0


class BatchArrived(msgspec.Struct, frozen=True):
    """A link read something at ``at_us``."""

    link: str
    batch: Batch
    settler: Settler | None = None
    at_us: int | None = None


class EventArrived(msgspec.Struct, frozen=True):
    """Something happened to one pump that no driver said; ``make`` dates it when it is handled."""

    pump: str
    make: Callable[[int], Event]
    reply: Reply | None = None


class SiteChanged(msgspec.Struct, frozen=True):
    """A condition of the monitor itself, or of a stranger's pump, began or ended.

    Attributes:
        detail: For the record.
        for_people: What a person is to read beside the code's own sentence; our words, never the pump's.
    """

    code: str
    active: bool
    detail: str = ""
    pump: str = ""
    for_people: str = ""


class NoticesReported(msgspec.Struct, frozen=True):
    """Channels said what became of notices."""

    outcomes: list[NoticeOutcome]


class Rang(msgspec.Struct):
    """The doorbell: time passed.

    Attributes:
        is_housekeeping: Whether what moved without a change is to be written down as well.
        has_more: Set by who handled it, if that was too much for one turn: hand it in again.
    """

    is_housekeeping: bool = False
    has_more: bool = False


Item = BatchArrived | EventArrived | SiteChanged | NoticesReported | Rang


class Intake:
    """Collects items and lets one thread at a time handle all of them."""

    def __init__(self, handle: Callable[[list[Item]], None]) -> None:
        self._handle = handle
        self._items: deque[Item] = deque()
        self._pen = threading.Lock()
        self._pause = threading.Event()

    def submit(self, *items: Item) -> None:
        """Put ``items`` in, in order, and return once they have been handled (not: once they are durable).

        Raises:
            CommandRefused: The intake is full; nothing was taken.
        """
        if len(self._items) >= LIST_MAX:
            message = "the monitor is overloaded; try again"
            raise CommandRefused(message)
        self._items.extend(items)
        with self._pen:
            self._drain()
        for item in items:
            while type(item) is Rang and item.has_more:
                self._pause.wait(BETWEEN_TURNS_S)
                self._items.append(item)
                with self._pen:
                    self._drain()

    def _drain(self) -> None:
        items: list[Item] = []
        while self._items:
            items.append(self._items.popleft())
        if items:
            self._handle(items)
