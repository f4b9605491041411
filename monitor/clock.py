"""The only place that asks the computer for the time.

Monitor time is a UTC instant in microseconds that never runs backwards. It advances with the boot clock,
which counts suspend; a wall clock that steps changes no duration. Where it begins is said by ``waking``. It
is put on only once, when the clock is synchronised after a start under one that could not be trusted.
"""

from __future__ import annotations

import ctypes
import threading
import time
from pathlib import Path
from typing import Protocol

from monitor.waking import Axis, Computer, Downtime, axis_of, waking

SECOND_US = 1_000_000

READING_US_MAX = 100_000
"""Wall clock and boot clock were read at one instant if no more than this lies between."""

READINGS_MAX = 3
"""How often that is tried; a process may be stopped between any two instructions."""

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

_TIMEX_BYTES = 512
"""More than the kernel's structure on any platform; only its first word (0: change nothing) is ours."""

_NOT_SYNCHRONISED = 5
"""What the kernel answers while nobody vouches for its clock."""


class Clock(Protocol):
    """Tells monitor time."""

    speed: float

    def now_us(self) -> int:
        """Return monitor time in microseconds since 1970 UTC; never less than before."""

    def wall_offset_us(self) -> int:
        """Return how far the wall clock stands ahead of monitor time, in microseconds."""


class KeptClock(Clock, Protocol):
    """A clock that is put on when the computer's clock is synchronised.

    Attributes:
        pending: The downtime that has no trusted bound yet; None if there is none.
    """

    pending: Downtime | None

    def is_synchronised(self) -> bool:
        """Return whether the kernel says that somebody vouches for the wall clock."""

    def put_on(self, by_us: int) -> None:
        """Put monitor time on by ``by_us`` and forget the pending downtime."""

    def axis(self) -> Axis:
        """Return what a later process on the same boot needs to go on with the same monitor time."""


def boot_ns() -> int:
    """Return the boot clock in nanoseconds: it counts suspend and knows no steps."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def wall_us() -> int:
    """Return what the wall clock says, in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def boot_id() -> str:
    """Return the name of this boot of the machine; empty where it has none."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        # Another kernel: every start counts as one after a reboot, which is the careful side.
        return ""


def is_clock_synchronised() -> bool:
    """Return whether the kernel says that somebody (NTP, PTP) vouches for its clock; False if it cannot tell."""
    ask = getattr(ctypes.CDLL(None), "adjtimex", None)
    if ask is None:
        return False
    answer = ask(ctypes.create_string_buffer(_TIMEX_BYTES))
    return 0 <= int(answer) < _NOT_SYNCHRONISED


class SystemClock:
    """Monitor time of a running daemon.

    Attributes:
        speed: Monitor seconds per real second; 1 but for a demonstration.
        is_downtime_known: False if nobody knows how long the monitor was down.
        pending: The downtime that has no trusted bound yet, of this start or an earlier one.
    """

    def __init__(
        self,
        last_alive_us: int | None = None,
        *,
        speed: float = 1.0,
        epoch_us: int | None = None,
        axis: str | None = None,
    ) -> None:
        """Start where ``waking`` says, or from ``epoch_us`` in a demonstration.

        Args:
            last_alive_us: The last instant of monitor time that was stored.
            speed: Monitor seconds per real second.
            epoch_us: Where a demonstration begins.
            axis: What ``axis`` gave in an earlier process, as it was stored.
        """
        self.speed = speed
        self._boot_ns = boot_ns()
        self.pending: Downtime | None = None
        self.is_downtime_known = True
        if epoch_us is None:
            computer = Computer(wall_us(), self._boot_ns // 1000, boot_id(), is_clock_synchronised())
            self._start_us, self.is_downtime_known, self.pending = waking(computer, last_alive_us, axis_of(axis))
        else:
            self._start_us = epoch_us

    def now_us(self) -> int:
        """Return monitor time."""
        elapsed_ns = boot_ns() - self._boot_ns
        if self.speed == 1.0:
            return self._start_us + elapsed_ns // 1000
        return self._start_us + int(elapsed_ns * self.speed) // 1000

    def wall_offset_us(self) -> int:
        """Return how far the wall clock stands ahead of monitor time; 0 in scaled time."""
        if self.speed != 1.0:
            return 0
        offset_us = 0
        for _ in range(READINGS_MAX):
            before_us = self.now_us()
            offset_us = wall_us() - before_us
            if self.now_us() - before_us <= READING_US_MAX:
                break
        return offset_us

    def is_synchronised(self) -> bool:
        """Return whether the kernel says that somebody vouches for the wall clock."""
        return is_clock_synchronised()

    def put_on(self, by_us: int) -> None:
        """Put monitor time on by ``by_us`` and forget the pending downtime; only one thread may.

        Raises:
            ValueError: ``by_us`` is negative.
        """
        if by_us < 0:
            message = f"monitor time never runs backwards: not by {by_us}"
            raise ValueError(message)
        self._start_us += by_us
        self.pending = None

    def axis(self) -> Axis:
        """Return what a later process on the same boot needs to go on with the same monitor time."""
        return Axis(boot=boot_id(), ahead_us=self._start_us - self._boot_ns // 1000, pending=self.pending)


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
