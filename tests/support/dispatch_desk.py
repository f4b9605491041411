"""A dispatcher with channels that answer as a test tells them, and what it reports."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence

from monitor.escalation.channel import ACCEPTED, Channel, Delivery, DeliveryState, Notice
from monitor.escalation.dispatcher import Dispatcher, DispatcherSettings, NoticeOutcome

WAIT_S = 60.0
FAILED = Delivery(DeliveryState.FAILED, why="not now")
REFUSED = Delivery(DeliveryState.FAILED, can_retry=False, why="never")
UNKNOWN = Delivery(DeliveryState.UNKNOWN, why="no answer")


class Clock:
    """Monitor time that only the test moves."""

    def __init__(self) -> None:
        self.at_us = 1_000_000_000

    def now_us(self) -> int:
        """Return the time."""
        return self.at_us


class FakeChannel:
    """Answers as told, and keeps what it was sent."""

    def __init__(self, answer: Callable[[Notice, int], Delivery] = lambda *_: ACCEPTED, batch_max: int = 10) -> None:
        self.batch_max = batch_max
        self.answer = answer
        self.sent: list[list[str]] = []
        self.tries: dict[str, int] = {}
        self.is_closed = False

    def send_many(self, notices: Sequence[Notice]) -> list[Delivery]:
        """Answer for each notice."""
        self.sent.append([notice.key for notice in notices])
        for notice in notices:
            self.tries[notice.key] = self.tries.get(notice.key, 0) + 1
        return [self.answer(notice, self.tries[notice.key]) for notice in notices]

    def close(self) -> None:
        """Remember that it was closed."""
        self.is_closed = True


class StuckChannel(FakeChannel):
    """Takes a notice and does not come back until it is let go."""

    def __init__(self) -> None:
        super().__init__(batch_max=1)
        self.has_begun = threading.Event()
        self.may_go = threading.Event()

    def send_many(self, notices: Sequence[Notice]) -> list[Delivery]:
        """Wait, then answer."""
        self.has_begun.set()
        self.may_go.wait(WAIT_S)
        return super().send_many(notices)


class Desk:
    """A dispatcher, what it reports, and its clock."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.reports: queue.Queue[NoticeOutcome] = queue.Queue(maxsize=10_000)
        self.dispatcher: Dispatcher | None = None

    def open(self, settings: DispatcherSettings | None = None, **channels: Channel) -> Dispatcher:
        """Return a dispatcher for these channels."""
        self.dispatcher = Dispatcher(channels, self.report, self.clock.now_us, settings)
        return self.dispatcher

    def report(self, outcomes: list[NoticeOutcome]) -> None:
        """Keep what the dispatcher says."""
        for outcome in outcomes:
            self.reports.put_nowait(outcome)

    def next(self) -> NoticeOutcome:
        """Return the next outcome."""
        return self.reports.get(timeout=WAIT_S)

    def pass_time(self, seconds: float) -> None:
        """Move the clock and let the dispatcher look at it."""
        self.clock.at_us += int(seconds * 1_000_000)
        if self.dispatcher is not None:
            self.dispatcher.wake()


def notice(number: int, channel: str = "mail", expires_at_us: int | None = None) -> Notice:
    """Return a notice with this number."""
    return Notice(
        outbox_id=number,
        key=f"k{number}",
        channel=channel,
        rung="patient",
        contact="p",
        title="t",
        text="x",
        expires_at_us=expires_at_us,
    )
