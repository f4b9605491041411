"""The only place that asks the computer for the time.

Monitor time is a UTC instant in microseconds that never runs backwards: at start the wall clock, but not
before the last instant that was stored; from then on it advances with the boot clock, which counts
suspend. A wall clock that steps changes no duration.
"""

from __future__ import annotations

import threading
import time
from typing import Protocol

SECOND_US = 1_000_000

CLOCK_FLOOR_US = 1_760_000_000 * SECOND_US
"""No true instant of this program lies before it (October 2025): a wall clock that does is not set."""


class Clock(Protocol):
    """Tells monitor time."""

    speed: float

    def now_us(self) -> int:
        """Return monitor time in microseconds since 1970 UTC; never less than before."""

    def wall_offset_us(self) -> int:
        """Return how far the wall clock stands ahead of monitor time, in microseconds."""


def boot_ns() -> int:
    """Return the boot clock in nanoseconds: it counts suspend and knows no steps."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def wall_us() -> int:
    """Return what the wall clock says, in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


class SystemClock:
    """Monitor time of a running daemon.

    Attributes:
        speed: Monitor seconds per real second; 1 but for a demonstration.
        is_downtime_known: False if the wall clock stood behind the last stored instant at start, or is
            plainly not set: nobody knows then how long the monitor was down.
    """

    def __init__(self, last_alive_us: int | None = None, *, speed: float = 1.0, epoch_us: int | None = None) -> None:
        """Start from the wall clock, or from ``epoch_us`` in a demonstration."""
        self.speed = speed
        wall = wall_us() if epoch_us is None else epoch_us
        self.is_downtime_known = wall >= CLOCK_FLOOR_US and (last_alive_us is None or wall >= last_alive_us)
        self._start_us = wall if last_alive_us is None else max(wall, last_alive_us)
        self._boot_ns = boot_ns()

    def now_us(self) -> int:
        """Return monitor time."""
        elapsed_ns = boot_ns() - self._boot_ns
        if self.speed == 1.0:
            return self._start_us + elapsed_ns // 1000
        return self._start_us + int(elapsed_ns * self.speed) // 1000

    def wall_offset_us(self) -> int:
        """Return how far the wall clock stands ahead of monitor time; 0 in scaled time."""
        return wall_us() - self.now_us() if self.speed == 1.0 else 0


class ManualClock:
    """A clock that a story or a test moves; safe to read from any thread."""

    speed = 1.0

    def __init__(self, now_us: int) -> None:
        self._now_us = now_us
        self._lock = threading.Lock()

    def now_us(self) -> int:
        """Return where the clock was put."""
        return self._now_us

    def move_to(self, now_us: int) -> None:
        """Put the clock on; going back is a fault of the caller.

        Raises:
            ValueError: ``now_us`` lies in the past.
        """
        with self._lock:
            if now_us < self._now_us:
                message = f"monitor time never runs backwards: {now_us} is before {self._now_us}"
                raise ValueError(message)
            self._now_us = now_us

    def wall_offset_us(self) -> int:
        """Return 0: a story's wall clock is told by its own lines."""
        return 0
