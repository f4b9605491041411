"""Tells a step of the wall clock from a slew, and how often anybody is told of one.

Pure; integers in microseconds. A clock that is slewed, or a machine that slept, is not reported; a clock that is
stepped again and again is one condition and not one for each step.
"""

from __future__ import annotations

from collections import deque

from monitor.interruption.policy import SECOND_US

WALL_STEP_US = 2 * SECOND_US
"""A wall clock that moves this far against the boot clock, beyond what a slew may do, has been stepped."""

SLEW_PPM = 500
"""How fast a kernel may slew its clock, in microseconds a second."""

QUIET_US = 3_600 * SECOND_US
"""A wall clock that has not been stepped for so long is steady again; doubled for each report of the last day."""

DAY_US = 24 * QUIET_US

REPORTS_MAX = 16
"""How many reports are remembered; far more than a day can have."""


class WallWatch:
    """Follows the wall clock against monitor time."""

    def __init__(self, now_us: int, offset_us: int) -> None:
        self._looked_us = now_us
        self._reference_us = offset_us

    def step_us(self, now_us: int, offset_us: int) -> int | None:
        """Return by how much the wall clock was stepped since the last look, or None."""
        slew_us = max(0, now_us - self._looked_us) * SLEW_PPM // 1_000_000
        self._looked_us = now_us
        apart_us = offset_us - self._reference_us
        if abs(apart_us) - slew_us >= WALL_STEP_US:
            self._reference_us = offset_us
            return apart_us
        self._reference_us += max(-slew_us, min(slew_us, apart_us))
        return None


class SkewGate:
    """Decides when the condition is raised and when it is over."""

    def __init__(self, now_us: int) -> None:
        """Begin as if it stood: an earlier process may have left it open."""
        self._is_standing = True
        self._stepped_us = now_us
        self._reports: deque[int] = deque(maxlen=REPORTS_MAX)
        self._is_inherited = True

    def changed(self, now_us: int, *, is_step: bool) -> bool | None:
        """Return True to raise the condition, False to end it, None to leave it as it is."""
        if is_step:
            self._stepped_us = now_us
            if self._is_standing and not self._is_inherited:
                return None
            self._is_standing, self._is_inherited = True, False
            self._reports.append(now_us)
            return True
        if not self._is_standing:
            return None
        recent = sum(now_us - told_us < DAY_US for told_us in self._reports)
        if now_us - self._stepped_us < min(QUIET_US << max(0, recent - 1), DAY_US):
            return None
        self._is_standing = self._is_inherited = False
        return False
