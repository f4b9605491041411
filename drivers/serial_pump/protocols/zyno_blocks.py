"""Parts the pump's log into real entries and infusion data, so that raw data is never read as an event.

Pure. The log holds blocks: a begin entry (type 0, byte 5 is 1), two or sixteen raw entries, and an end
entry (type 0, byte 5 is 2). The first byte of a raw entry may be anything, also 1, "run". While a block
is open, an entry counts as real only if its time is possible and lies after the begin; a block that was
torn by a power cut therefore hides no event for long.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.serial_pump.protocols.zyno_log import EntryType, LogEntry, number
from drivers.serial_pump.protocols.zyno_time import PumpTime, entry_time, is_possible

SHORT_ENTRIES = 2
LONG_ENTRIES = 16
"""How many raw entries a block holds; a lone stretch of more is no block."""

_BEGIN = 1
_END = 2
_PROGRAMMES = {2: 0, 3: 1, 4: 2}


@dataclass(frozen=True, slots=True)
class InfusionData:
    """A complete block.

    Attributes:
        programme: 0 Daily 1, 1 Nightly, 2 Daily 2, as setting changes count them; None where it is not told.
        rate_programmed: The continuous rate of a short block, in the pump's rate unit; None where it is not told.
    """

    programme: int | None
    rate_programmed: float | None


class BlockReader:
    """Takes entries in the order of the log; holds back at most one open block."""

    def __init__(self, *, is_start_known: bool) -> None:
        """Start reading.

        Args:
            is_start_known: False where reading begins at an arbitrary place, which may lie inside a block.
        """
        self._open: list[LogEntry] = []
        self._unsure = 0 if is_start_known else LONG_ENTRIES + 1

    @property
    def has_open_block(self) -> bool:
        """Whether a block has begun and not ended."""
        return bool(self._open)

    def feed(self, entry: LogEntry, clock: PumpTime) -> list[LogEntry | InfusionData]:
        """Return the real entries and the finished block that ``entry`` brings, in order."""
        time = entry_time(entry.raw, clock.form)
        if self._open:
            return self._feed_open(entry, time, clock)
        if self._unsure:
            self._unsure -= 1
            if _is_data(entry, _END):
                self._unsure = 0
                return []
            # Until an end is seen, or too many entries went by for a block, this may be raw data.
            if not is_possible(time, clock):
                return []
        if _is_data(entry, _BEGIN):
            self._unsure = 0
            self._open = [entry]
            return []
        return [] if entry.type is EntryType.INFUSION_DATA else [entry]

    def _feed_open(self, entry: LogEntry, time: PumpTime | None, clock: PumpTime) -> list[LogEntry | InfusionData]:
        begin, raws = self._open[0], self._open[1:]
        if len(raws) in (SHORT_ENTRIES, LONG_ENTRIES) and _is_data(entry, _END):
            self._open = []
            return [_read_data(raws)]
        begun = entry_time(begin.raw, clock.form)
        is_real = time is not None and is_possible(time, clock) and (begun is None or time.seconds >= begun.seconds)
        if not is_real and len(raws) < LONG_ENTRIES:
            self._open.append(entry)
            return []
        # The block was torn: what it held stays unread, and this entry stands for itself.
        self._open = []
        return self.feed(entry, clock)


def _is_data(entry: LogEntry, part: int) -> bool:
    return entry.type is EntryType.INFUSION_DATA and entry.raw[5] == part


def _read_data(raws: list[LogEntry]) -> InfusionData:
    if len(raws) != SHORT_ENTRIES:
        # The long form scales its rate by factors that are not described, so it tells no rate.
        return InfusionData(None, None)
    data = b"".join(raw.raw for raw in raws)
    rate = number(data[4:8])
    programme = _PROGRAMMES.get(int.from_bytes(data[:4], "big"))
    return InfusionData(programme, rate if rate is not None and rate >= 0 else None)
