"""Writes down what moved without a change, and that the monitor is alive, a part in each turn so that no news waits."""

from __future__ import annotations

from monitor.service.book import Book, Entry
from monitor.service.ledger import Ledger

FLUSHED_PER_TURN = 100
FLUSH_TURNS_MAX = 50
"""So many states are written down in one turn of a housekeeping, or more if it would take more turns than this."""


class Upkeep:
    """Knows which pumps' stored states are behind; used by the holder of the intake's pen.

    Attributes:
        stale: By pump, the entries that moved since they were written down; whoever moves one puts it here.
    """

    def __init__(self, book: Book, ledger: Ledger) -> None:
        self.stale: dict[str, Entry] = {}
        self._book = book
        self._ledger = ledger
        self._flushing: dict[str, Entry] = {}
        self._per_turn = FLUSHED_PER_TURN
        self._begun_us = 0

    def flush(self, now_us: int, *, pack: bool = True) -> None:
        """Write down everything at once."""
        self._begin(now_us)
        self._flush(len(self._flushing))
        if pack:
            self._book.pack_idle(now_us)

    def keep_house(self, now_us: int) -> bool:
        """Do what ``flush`` does, a part in each turn; return whether there is more."""
        if not self._flushing:
            self._begin(now_us)
        self._flush(self._per_turn)
        if self._flushing:
            return True
        self._book.pack_idle(now_us)
        return False

    def _begin(self, now_us: int) -> None:
        # What moves from here on is for the next time: `stale` is emptied, not replaced, for others hold it.
        self._flushing |= self.stale
        self.stale.clear()
        self._begun_us = now_us
        self._per_turn = max(FLUSHED_PER_TURN, len(self._flushing) // FLUSH_TURNS_MAX)

    def _flush(self, most: int) -> None:
        flushing = self._flushing
        for _ in range(min(most, len(flushing))):
            pump, entry = flushing.popitem()
            state, ladders = entry.encoded()
            self._ledger.work.state(pump, state, ladders, entry.deadline_us)
        if not flushing:
            # Said last: a crash before leaves states that are older than this would claim.
            self._ledger.work.alive(self._begun_us)
