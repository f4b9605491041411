"""The doorbell: APScheduler rings at the next deadline and at each housekeeping; it remembers nothing.

Deadlines are stored with the states. If every job here were lost, the next item of any kind would still
find what is due.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from monitor.clock import SECOND_US, Clock, boot_ns, wall_us

HOUSEKEEPING_S = 5.0
"""How often steady states are flushed and the monitor says that it is alive, in real seconds."""

RING_S_MAX = 60.0
"""The doorbell rings at least this often in real seconds, so that no stepped wall clock can hold it back."""

RINGS_AT_ONCE = 8
"""A ring that is still being answered must not keep the next one from ringing."""


class Timers:
    """Rings ``on_ring`` when monitor time comes to the earliest deadline, and ``on_housekeeping`` regularly."""

    def __init__(self, clock: Clock, on_ring: Callable[[], None], on_housekeeping: Callable[[], None]) -> None:
        self._clock = clock
        self._on_ring = on_ring
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": RINGS_AT_ONCE}
        )
        self._on_housekeeping = on_housekeeping
        self._schedule_housekeeping()
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._watch_wall, name="doorbell-watch", daemon=True)
        self._lock = threading.Lock()
        self._armed_us: int | None = None
        self.last_ring_us = clock.now_us()

    def start(self) -> None:
        """Begin to ring."""
        self._scheduler.start()
        self._watch.start()

    def _schedule_housekeeping(self) -> None:
        trigger = IntervalTrigger(seconds=HOUSEKEEPING_S)
        self._scheduler.add_job(self._on_housekeeping, trigger, id="housekeeping", replace_existing=True)

    def _watch_wall(self) -> None:
        """Arm everything anew when the wall clock has gone back: the scheduler would wait until it is there again."""
        wall_ahead_us = wall_us() - boot_ns() // 1000
        while not self._stopping.wait(HOUSEKEEPING_S):
            was_ahead_us, wall_ahead_us = wall_ahead_us, wall_us() - boot_ns() // 1000
            if wall_ahead_us < was_ahead_us - SECOND_US:
                self._schedule_housekeeping()
                self._ring()

    def arm(self, deadline_us: int) -> None:
        """Ring at ``deadline_us`` of monitor time, or earlier if an earlier ring is armed."""
        with self._lock:
            if self._armed_us is not None and self._armed_us <= deadline_us:
                return
            self._armed_us = deadline_us
            wait_s = (deadline_us - self._clock.now_us()) / SECOND_US / self._clock.speed
            wait_s = min(max(wait_s, 0.0), RING_S_MAX)
            run_at = datetime.fromtimestamp(wall_us() / SECOND_US, tz=UTC) + timedelta(seconds=wait_s)
            self._scheduler.add_job(self._ring, DateTrigger(run_date=run_at), id="ring", replace_existing=True)

    def _ring(self) -> None:
        with self._lock:
            self._armed_us = None
        self.last_ring_us = self._clock.now_us()
        self._on_ring()

    def stop(self) -> None:
        """Ring no more; waits for a ring under way."""
        self._stopping.set()
        if self._watch.is_alive():
            self._watch.join(HOUSEKEEPING_S)
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
