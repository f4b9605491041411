"""The doorbell: APScheduler rings at the next deadline and at each housekeeping; it remembers nothing.

Deadlines are stored with the states. If every job here were lost, the next item of any kind would still
find what is due. The scheduler goes by the wall clock, so every job of it rings once and is made anew: one that
repeats would be made up for, ring by ring, when a board that woke in 1970 learns what year it is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger

from monitor.clock import SECOND_US, Clock, boot_ns, wall_us

HOUSEKEEPING_S = 5.0
"""How often steady states are flushed and the monitor says that it is alive, in real seconds."""

RING_S_MAX = 60.0
"""The doorbell rings at least this often in real seconds, so that no stepped wall clock can hold it back."""

STOP_S = 5.0
"""How long a stop waits for a ring under way, in seconds."""

NS_PER_S = 1_000_000_000

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
        self._kept_ns = boot_ns()
        self._stopping = threading.Event()
        self._idle = threading.Condition()
        self._busy = 0
        self._watch = threading.Thread(target=self._watch_wall, name="doorbell-watch", daemon=True)
        self._lock = threading.Lock()
        self._armed_us: int | None = None
        self._rang_ns = boot_ns()
        self._schedule_housekeeping()

    def start(self) -> None:
        """Begin to ring."""
        self._scheduler.start()
        self._watch.start()

    def _schedule_housekeeping(self) -> None:
        with self._lock:
            self._add(self._keep_house, HOUSEKEEPING_S, "housekeeping")

    def _add(self, job: Callable[[], None], wait_s: float, name: str) -> None:
        """Let the scheduler do ``job`` in ``wait_s``, unless everything is stopping; the caller holds the lock."""
        if not self._stopping.is_set():
            trigger = DateTrigger(run_date=_wall_in(wait_s))
            self._scheduler.add_job(job, trigger, id=name, replace_existing=True)

    def _keep_house(self) -> None:
        self._kept_ns = boot_ns()
        try:
            self._at_work(self._on_housekeeping)
        finally:
            self._schedule_housekeeping()

    def _at_work(self, what: Callable[[], None]) -> None:
        """Do ``what``, unless everything is stopping."""
        with self._idle:
            if self._stopping.is_set():
                return
            self._busy += 1
        try:
            what()
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def _watch_wall(self) -> None:
        """Arm everything anew when the wall clock has gone back: the scheduler would wait until it is there again."""
        wall_ahead_us = wall_us() - boot_ns() // 1000
        while not self._stopping.wait(HOUSEKEEPING_S):
            was_ahead_us, wall_ahead_us = wall_ahead_us, wall_us() - boot_ns() // 1000
            is_late = boot_ns() - self._kept_ns > 3 * HOUSEKEEPING_S * NS_PER_S
            if wall_ahead_us < was_ahead_us - SECOND_US or is_late:
                self._schedule_housekeeping()
                self._ring()

    def arm(self, deadline_us: int) -> None:
        """Ring at ``deadline_us`` of monitor time, or earlier if an earlier ring is armed."""
        with self._lock:
            if self._armed_us is not None and self._armed_us <= deadline_us:
                return
            self._armed_us = deadline_us
            wait_s = (deadline_us - self._clock.now_us()) / SECOND_US / self._clock.speed
            self._add(self._ring, min(max(wait_s, 0.0), RING_S_MAX), "ring")

    def _ring(self) -> None:
        with self._lock:
            self._armed_us = None
        self._rang_ns = boot_ns()
        self._at_work(self._on_ring)

    def since_ring_s(self) -> float:
        """Return how long ago it rang last, in real seconds; monitor time may have been put on since."""
        return (boot_ns() - self._rang_ns) / NS_PER_S

    def stop(self) -> None:
        """Ring no more; waits for a ring under way, at most ``STOP_S``.

        Not by the scheduler's own way of waiting: it holds the lock that a ring needs to arm the next one.
        """
        with self._idle:
            self._stopping.set()
        if self._watch.is_alive():
            self._watch.join(HOUSEKEEPING_S)
        if self._scheduler.running:
            # Its thread fails over a job that it is at when it is stopped: after this there is none, and none comes.
            with self._lock:
                self._scheduler.remove_all_jobs()
            self._scheduler.shutdown(wait=False)
        with self._idle:
            self._idle.wait_for(lambda: self._busy == 0, STOP_S)


def _wall_in(wait_s: float) -> datetime:
    """Return what the wall clock will say in ``wait_s`` seconds, unless it is stepped."""
    return datetime.fromtimestamp(wall_us() / SECOND_US, tz=UTC) + timedelta(seconds=wait_s)
