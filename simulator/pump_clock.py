"""Keeps the pump's own time, which drifts and which people set wrong.

Pure. Readings are microseconds since 1970 as the pump believes them. The clock goes on while the pump
is switched off, as one with a buffer cell does.
"""

from __future__ import annotations

_PARTS = 1_000_000_000


class PumpClock:
    """One crystal: a reading at one true instant, and how fast it goes from there."""

    def __init__(self, true_us: int, reading_us: int, drift_ppm: float = 0.0) -> None:
        """Set the clock.

        Args:
            true_us: The true instant of setting, in microseconds since 1970.
            reading_us: What the clock shows then.
            drift_ppm: By how many parts in a million it goes fast (negative: slow).
        """
        self._set_at_us = true_us
        self._set_to_us = reading_us
        self._drift_ppb = round(drift_ppm * 1000)

    def reading_us(self, true_us: int) -> int:
        """Return what the clock shows at a true instant."""
        passed_us = true_us - self._set_at_us
        return self._set_to_us + passed_us + passed_us * self._drift_ppb // _PARTS

    def put_to(self, true_us: int, reading_us: int) -> None:
        """Set the clock by hand; it goes on drifting from there."""
        self._set_at_us, self._set_to_us = true_us, reading_us

    def jump(self, true_us: int, by_us: int) -> None:
        """Set the clock ahead by so much (negative: back)."""
        self.put_to(true_us, self.reading_us(true_us) + by_us)
