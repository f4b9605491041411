"""Collects what was refused between two batches: a bounded sample, and the count of all."""

from __future__ import annotations

from drivers.contract import RAW_KEPT_BYTES, Refused

SAMPLE_MAX = 32
"""How many refusals one batch carries in full."""


class Refusals:
    """What one line did not accept.

    Args:
        source: The device, as people know it.
        pump: The enrolled id of the pump on the line.
    """

    def __init__(self, source: str, pump: str | None) -> None:
        self._source = source
        self._pump = pump
        self._sample: list[Refused] = []
        self.count = 0
        """How many were refused since the last ``take``."""

    def add(self, position: str, cause: str, why: str, raw: bytes = b"") -> None:
        """Count one refusal, and keep it if there is room."""
        self.count += 1
        if len(self._sample) < SAMPLE_MAX:
            self._sample.append(
                Refused(
                    source=self._source,
                    position=position,
                    cause=cause,
                    why=why,
                    raw=raw[:RAW_KEPT_BYTES],
                    pump=self._pump,
                )
            )

    def take(self) -> tuple[list[Refused], int]:
        """Return sample and count, and start anew."""
        taken = self._sample, self.count
        self._sample, self.count = [], 0
        return taken
