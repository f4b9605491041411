"""Counts what came in, what was refused and what failed by a fault of ours, by cause, for metrics."""

from __future__ import annotations

import threading

from drivers.contract import Batch
from monitor.storage.work import Work

SOURCES_MAX = 1_000
"""How many sources are counted one by one; the rest share a line."""


class Tally:
    """Counters since the start of the process.

    Attributes:
        observations: Everything that a link handed in.
        duplicates: Of these, what had been heard before.
        refused: By cause and source.
        faults: Of the monitor itself, by what was at work and the kind of fault.
    """

    def __init__(self) -> None:
        self.observations = 0
        self.duplicates = 0
        self.refused: dict[tuple[str, str], int] = {}
        self.faults: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def refuse(self, cause: str, source: str, times: int = 1) -> None:
        """Count something that was not accepted."""
        key = (cause, source)
        if key not in self.refused and len(self.refused) >= SOURCES_MAX:
            key = (cause, "")
        self.refused[key] = self.refused.get(key, 0) + times

    def note_fault(self, item: str, fault: Exception) -> None:
        """Count a fault of the monitor itself at an ``item`` of the intake or a part; any thread may."""
        key = (item, type(fault).__name__)
        with self._lock:
            self.faults[key] = self.faults.get(key, 0) + 1

    def note_refusals(self, work: Work, batch: Batch, at_us: int) -> None:
        """Count what a link refused, and keep the sample of it that the link gave."""
        for refused in batch.refused:
            self.refuse(refused.cause, refused.source)
            work.reject(at_us, refused.source, refused.position, refused.cause, refused.why, refused.raw, refused.pump)
        unlisted = batch.refused_count - len(batch.refused)
        if unlisted > 0:
            # A flood is nearly always of one kind; where the sample shows several, the rest is not guessed at.
            causes = {refused.cause for refused in batch.refused}
            self.refuse(causes.pop() if len(causes) == 1 else "unlisted", "", unlisted)
