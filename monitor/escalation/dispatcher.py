"""Offers committed notices to the channels, each in its own thread, until they are taken or expire.

Notices come in from memory after their commit, and from the stored outbox at the start. The dispatcher
touches no database: what became of a notice goes to ``report``, and whoever holds the pen writes it down.
So a notice that was sent and not marked when the process died is sent again, under the same key, and a
database that refuses to write keeps nobody from being told.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import structlog

from monitor.escalation.channel import Channel, Delivery, DeliveryState, Notice
from monitor.escalation.outcomes import ChannelHealth, DispatcherSettings, NoticeOutcome, NoticeState
from monitor.escalation.worker import ChannelWorker, NoteFault, count_nothing

__all__ = ["ChannelHealth", "Dispatcher", "DispatcherSettings", "NoticeOutcome", "NoticeState"]

log = structlog.get_logger(__name__)


class Dispatcher:
    """Hands notices to channels; touches no database and blocks nobody."""

    def __init__(
        self,
        channels: Mapping[str, Channel],
        report: Callable[[list[NoticeOutcome]], None],
        now_us: Callable[[], int],
        settings: DispatcherSettings | None = None,
        note_fault: NoteFault = count_nothing,
    ) -> None:
        """Take the channels by name; threads start with the first notice for each.

        Args:
            channels: By the name that ``Notice.channel`` holds.
            report: Called from the workers' threads with what became of notices. It may offer new ones.
                What it raises is logged, and the same outcomes are reported again with the next.
            now_us: Monitor time, in microseconds.
            settings: Limits.
            note_fault: Called from the workers' threads with each fault of the monitor itself.
        """
        settings = settings or DispatcherSettings()
        self._ended = threading.Condition()
        self._workers = {
            name: ChannelWorker(name, channel, report, now_us, settings, self._ended, note_fault)
            for name, channel in channels.items()
        }
        self._nowhere = ChannelWorker("nowhere", _Nowhere(), report, now_us, settings, self._ended, note_fault)

    def offer(self, notices: Sequence[Notice]) -> list[Notice]:
        """Take committed notices and return those for which there was no room: offer them again later.

        Never waits for a channel. A notice for a channel that does not exist is reported as failed.
        """
        by_channel: dict[str, list[Notice]] = defaultdict(list)
        for notice in notices:
            by_channel[notice.channel].append(notice)
        left: list[Notice] = []
        for name, group in by_channel.items():
            left += self._workers.get(name, self._nowhere).offer(group)
        return left

    def health(self) -> dict[str, ChannelHealth]:
        """Return how each channel is doing."""
        return {name: worker.health() for name, worker in self._workers.items()}

    def wake(self) -> None:
        """Look at the clock now: it was moved."""
        for worker in self._workers.values():
            worker.wake()

    def close(self, timeout_s: float = 3.0) -> None:
        """Stop the threads and close the channels; what was not sent stays queued in the outbox.

        Args:
            timeout_s: The longest wait for what channels have in hand, in seconds, for all of them together.
        """
        workers = [*self._workers.values(), self._nowhere]
        for worker in workers:
            worker.stop()
        with self._ended:
            self._ended.wait_for(lambda: all(worker.has_ended() for worker in workers), timeout_s)
        for name, worker in self._workers.items():
            if not worker.has_ended():
                log.warning("channel.not_stopped", channel=name)
            worker.close()


class _Nowhere:
    """Stands in for channels that a notice names and nobody configured."""

    batch_max = 500

    def send_many(self, notices: Sequence[Notice]) -> list[Delivery]:
        return [
            Delivery(DeliveryState.FAILED, can_retry=False, why=f'there is no channel "{notice.channel}"')
            for notice in notices
        ]

    def close(self) -> None:
        pass
