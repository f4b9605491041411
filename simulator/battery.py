"""Models the pump's battery as a stretch of time that runs out while the pump is on.

Pure. The same drain in any state: the figures that are public do not allow more.
"""

from __future__ import annotations

from dataclasses import dataclass

VOLTS_FULL = 3.2
VOLTS_EMPTY = 2.2


@dataclass(slots=True)
class Battery:
    """What is left, in microseconds of operation; a fresh one may hold a little more than its life."""

    life_us: int
    left_us: int
    low_us: int
    is_on_mains: bool = False

    def drain(self, for_us: int) -> None:
        """The pump was on for so long."""
        if not self.is_on_mains:
            self.left_us = max(0, self.left_us - for_us)

    def exchange(self) -> None:
        """Put in a full one."""
        self.left_us = self.life_us

    @property
    def can_feed(self) -> bool:
        """Whether the pump can run on it, or on the mains."""
        return self.is_on_mains or self.left_us > 0

    @property
    def percent(self) -> float:
        """What is left, 0 to 100 in tenths, rounded down."""
        return min(self.left_us, self.life_us) * 1000 // self.life_us / 10

    @property
    def volts(self) -> float:
        """What a meter would show, in hundredths; a straight line, which no real cell has."""
        return round(VOLTS_EMPTY + (VOLTS_FULL - VOLTS_EMPTY) * min(1.0, self.left_us / self.life_us), 2)
