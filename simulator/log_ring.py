"""Holds the pump's event log: a ring of fixed size in which new entries overwrite the oldest.

Pure. The ring knows events, not bytes; each face renders an entry in its own layout.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from drivers.contract import AlarmCode

RING_ENTRIES = 43_264
"""Entries of the largest log that is publicly described (4096 x 169 bytes, 16 bytes each)."""


class LogKind(StrEnum):
    """What an entry of the log is about; a program takes four entries, as in pumps with short ones."""

    DELIVERY_START = "delivery-start"
    DELIVERY_STOP = "delivery-stop"
    DELIVERY_COMPLETE = "delivery-complete"
    POWER_ON = "power-on"
    POWER_OFF = "power-off"
    ALARM_START = "alarm-start"
    ALARM_END = "alarm-end"
    PROGRAM_BEGIN = "program-begin"
    PROGRAM_FIRST = "program-first"
    PROGRAM_SECOND = "program-second"
    PROGRAM_END = "program-end"


PROGRAM_KINDS = (LogKind.PROGRAM_BEGIN, LogKind.PROGRAM_FIRST, LogKind.PROGRAM_SECOND, LogKind.PROGRAM_END)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One event, stamped by the pump's own clock.

    Attributes:
        stamp_us: The pump's time, microseconds since 1970 as the pump believes them.
        code: The alarm, for the two alarm kinds.
        infused_ml: The counter of delivered volume then.
        battery_volts: The battery then.
        values: Rate and volume of a program; old and new rate of a changed one.
    """

    kind: LogKind
    stamp_us: int
    code: AlarmCode | None
    infused_ml: float
    battery_volts: float
    values: tuple[float, float] | None = None


class LogRing:
    """A ring of entries, addressed by index modulo its size, as a pump with flash memory has it."""

    def __init__(self, size: int = RING_ENTRIES, first_index: int = 0) -> None:
        """Make an empty ring.

        Args:
            size: How many entries it holds.
            first_index: The index of the first entry to come; lets a test stand just before the wrap.

        Raises:
            ValueError: The first index lies outside the ring.
        """
        if size < 1 or not 0 <= first_index < size:
            raise ValueError(f"a ring of {size} entries has no index {first_index}")
        self._size = size
        self._first_index = first_index
        self._slots: list[LogEntry] = []
        self._written = 0

    @property
    def written(self) -> int:
        """How many entries were ever written; the number of the next one."""
        return self._written

    @property
    def head_index(self) -> int:
        """Index of the newest entry itself; of an empty ring, the one before its tail."""
        return (self._first_index + self._written - 1) % self._size

    @property
    def tail_index(self) -> int:
        """Index of the oldest entry that is still held."""
        return (self._first_index + self._written - len(self._slots)) % self._size

    def __len__(self) -> int:
        return len(self._slots)

    def append(self, entry: LogEntry) -> None:
        """Write an entry, over the oldest one if the ring is full."""
        if len(self._slots) < self._size:
            self._slots.append(entry)
        else:
            self._slots[self._written % self._size] = entry
        self._written += 1

    def entry(self, index: int) -> LogEntry | None:
        """Return the entry at an index, taken modulo the size; None where nothing was written yet."""
        slot = (index - self._first_index) % self._size
        return self._slots[slot] if slot < len(self._slots) else None

    def since(self, number: int) -> Iterator[LogEntry]:
        """Yield the entries from a number on (see ``written``), oldest first, less those overwritten."""
        oldest = self._written - len(self._slots)
        for each in range(max(number, oldest), self._written):
            yield self._slots[each % self._size]
