"""Sends the notices of one channel in a thread of its own: new ones first, failed ones again with back-off.

Nothing here waits for another channel. A notice leaves in one of three ways: the channel took it, the
channel said that trying again cannot help, or it expired.
"""

from __future__ import annotations

import heapq
import secrets
import threading
from collections import deque
from collections.abc import Callable, Sequence

import structlog

from monitor.escalation.channel import Channel, Delivery, DeliveryState, Notice
from monitor.escalation.outcomes import ChannelHealth, DispatcherSettings, NoticeOutcome, NoticeState

log = structlog.get_logger(__name__)

LOOK_S = 0.5
"""While a retry is pending the clock is looked at this often: it may run faster than the computer's."""

UNREPORTED_MAX = 100_000
"""Outcomes that wait to be written down; one that is lost means a notice sent twice after a restart."""

NoteFault = Callable[[str, Exception], None]
"""Takes what was at work and the fault of the monitor itself that came of it; called from any thread."""


def count_nothing(_at: str, _fault: Exception) -> None:
    """Take a fault where nobody counts; it is in the log."""


_EXPIRED = Delivery(DeliveryState.FAILED, can_retry=False, why="it expired before a provider took it")
_random = secrets.SystemRandom()


class _Pending:
    """A notice that waits, with how often it was tried."""

    __slots__ = ("attempts", "expires_at_us", "notice")

    def __init__(self, notice: Notice, expires_at_us: int) -> None:
        self.notice = notice
        self.expires_at_us = expires_at_us
        self.attempts = 0


class ChannelWorker:
    """One channel, its waiting notices and its thread, which starts with the first notice."""

    def __init__(
        self,
        name: str,
        channel: Channel,
        report: Callable[[list[NoticeOutcome]], None],
        now_us: Callable[[], int],
        settings: DispatcherSettings,
        ended: threading.Condition,
        note_fault: NoteFault,
    ) -> None:
        self._name = name
        self._channel = channel
        self._report = report
        self._now_us = now_us
        self._settings = settings
        self._ended = ended
        self._note_fault = note_fault
        self._changed = threading.Condition()
        self._fresh: deque[_Pending] = deque(maxlen=settings.queue_max)
        self._again: list[tuple[int, int, _Pending]] = []
        self._tries = 0
        self._in_hand = 0
        self._is_stopping = False
        self._has_ended = False
        self._thread: threading.Thread | None = None
        self._unreported: deque[NoticeOutcome] = deque(maxlen=UNREPORTED_MAX)
        self._accepted = 0
        self._failed = 0
        self._failing_since_us: int | None = None
        self._last_error = ""

    def offer(self, notices: Sequence[Notice]) -> list[Notice]:
        """Take notices and return those for which there was no room."""
        with self._changed:
            room = max(self._settings.queue_max - self._waiting(), 0)
            taken = [] if self._is_stopping else notices[:room]
            self._fresh.extend(_Pending(notice, self._expiry_us(notice)) for notice in taken)
            if taken and not self.is_alive():
                self._has_ended, self._in_hand = False, 0
                self._thread = threading.Thread(target=self._run, name=f"channel-{self._name}", daemon=True)
                self._thread.start()
            self._changed.notify()
        return list(notices[len(taken) :])

    def health(self) -> ChannelHealth:
        """Return how the channel is doing."""
        with self._changed:
            return ChannelHealth(
                waiting=self._waiting(),
                accepted=self._accepted,
                failed=self._failed,
                failing_since_us=self._failing_since_us,
                last_error=self._last_error,
            )

    def wake(self) -> None:
        """Look at the clock now."""
        with self._changed:
            self._changed.notify()

    def stop(self) -> None:
        """Ask the thread to end after what it has in hand."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()

    def is_alive(self) -> bool:
        """Return whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def has_ended(self) -> bool:
        """Return whether there is nothing to wait for any more after ``stop``."""
        return self._has_ended or not self.is_alive()

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()

    def _run(self) -> None:
        try:
            while batch := self._next_batch():
                self._send(batch)
                with self._changed:
                    self._in_hand = 0
            self._tell([])
        except Exception as fault:
            # The next notice starts another thread: escalation does not stall.
            log.exception("channel.fault", channel=self._name)
            self._note_fault("channel", fault)
        finally:
            with self._ended:
                self._has_ended = True
                self._ended.notify_all()

    def _next_batch(self) -> list[_Pending]:
        """Wait for notices and return some, new ones first; an empty list means stop."""
        with self._changed:
            while not self._is_stopping:
                batch = self._due(self._now_us())
                if batch:
                    self._in_hand = len(batch)
                    return batch
                self._changed.wait(LOOK_S if self._again else None)
        return []

    def _due(self, now_us: int) -> list[_Pending]:
        batch: list[_Pending] = []
        while self._fresh and len(batch) < self._channel.batch_max:
            batch.append(self._fresh.popleft())
        while self._again and self._again[0][0] <= now_us and len(batch) < self._channel.batch_max:
            batch.append(heapq.heappop(self._again)[2])
        return batch

    def _send(self, batch: list[_Pending]) -> None:
        now_us = self._now_us()
        live = [pending for pending in batch if pending.expires_at_us > now_us]
        outcomes = [self._settle(pending, _EXPIRED) for pending in batch if pending.expires_at_us <= now_us]
        if live:
            deliveries = self._try(live)
            self._note_health(deliveries)
            for pending, delivery in zip(live, deliveries, strict=True):
                pending.attempts += 1
                if delivery.state is not DeliveryState.ACCEPTED and delivery.can_retry:
                    outcomes += self._put_off(pending, delivery)
                else:
                    outcomes.append(self._settle(pending, delivery))
        self._tell(outcomes)

    def _try(self, live: list[_Pending]) -> list[Delivery]:
        try:
            deliveries = self._channel.send_many([pending.notice for pending in live])
        except Exception as fault:
            log.exception("channel.fault", channel=self._name)
            self._note_fault("channel", fault)
            deliveries = [Delivery(DeliveryState.UNKNOWN, why=f"the channel failed with {type(fault).__name__}")]
            deliveries *= len(live)
        if len(deliveries) != len(live):
            why = f"the channel answered for {len(deliveries)} of {len(live)} notices"
            deliveries = [Delivery(DeliveryState.UNKNOWN, why=why)] * len(live)
        return deliveries

    def _settle(self, pending: _Pending, delivery: Delivery) -> NoticeOutcome:
        is_taken = delivery.state is DeliveryState.ACCEPTED
        self._accepted += is_taken
        self._failed += not is_taken
        state = NoticeState.ACCEPTED if is_taken else NoticeState.FAILED
        return _outcome(pending, state, delivery.why)

    def _put_off(self, pending: _Pending, delivery: Delivery) -> list[NoticeOutcome]:
        """Wait before the next try, longer from try to try and never all at the same instant."""
        settings = self._settings
        wait_s = min(settings.first_retry_s * 2 ** min(pending.attempts - 1, 20), settings.retry_s_max)
        wait_s = max(wait_s * _random.uniform(0.5, 1.0), delivery.retry_after_s or 0.0)
        with self._changed:
            self._tries += 1
            entry = (self._now_us() + int(wait_s * 1_000_000), self._tries, pending)
            heapq.heappush(self._again, entry)
        # Each try need not be written down: the first, the second, the fourth and so on will do.
        is_worth_a_row = pending.attempts & (pending.attempts - 1) == 0
        return [_outcome(pending, NoticeState.OFFERED, delivery.why)] if is_worth_a_row else []

    def _tell(self, outcomes: list[NoticeOutcome]) -> None:
        """Report outcomes; what the receiver could not take is reported again with the next ones."""
        self._unreported.extend(outcomes)
        if not self._unreported:
            return
        kept = list(self._unreported)
        self._unreported.clear()
        try:
            self._report(kept)
        except Exception as fault:
            self._note_fault("outcomes", fault)
            lost = max(len(kept) - UNREPORTED_MAX, 0)
            log.exception("channel.outcomes_not_taken", channel=self._name, outcomes=len(kept), lost=lost)
            self._unreported.extend(kept)

    def _note_health(self, deliveries: list[Delivery]) -> None:
        errors = [delivery.why for delivery in deliveries if delivery.state is not DeliveryState.ACCEPTED]
        was_failing = self._failing_since_us is not None
        if len(errors) < len(deliveries):
            self._failing_since_us = None
        elif not was_failing:
            self._failing_since_us = self._now_us()
        self._last_error = errors[-1] if errors else self._last_error
        if was_failing and self._failing_since_us is None:
            log.info("channel.back", channel=self._name)
        elif not was_failing and self._failing_since_us is not None:
            log.warning("channel.failing", channel=self._name, why=self._last_error)

    def _waiting(self) -> int:
        return len(self._fresh) + len(self._again) + self._in_hand

    def _expiry_us(self, notice: Notice) -> int:
        if notice.expires_at_us is not None:
            return notice.expires_at_us
        return (notice.created_at_us or self._now_us()) + int(self._settings.keep_s * 1_000_000)


def _outcome(pending: _Pending, state: NoticeState, error: str) -> NoticeOutcome:
    return NoticeOutcome(outbox_id=pending.notice.outbox_id, state=state, attempts=pending.attempts, error=error)
