"""Looks back through a pump's log, newest entry first, when there is no place to go on from.

Pure. Two searches: at a first contact, just far enough to learn whether delivery is open; after a hole (the
ring was overwritten or cleared), over everything that was written since the last contact.
"""

from __future__ import annotations

from drivers.serial_pump.protocols.zyno_blocks import BlockReader, InfusionData
from drivers.serial_pump.protocols.zyno_frames import RING_ENTRIES
from drivers.serial_pump.protocols.zyno_log import EMPTY, EntryType, LogEntry
from drivers.serial_pump.protocols.zyno_meaning import meaning_of
from drivers.serial_pump.protocols.zyno_run import RunState, Told, after
from drivers.serial_pump.protocols.zyno_time import TICK_S, PumpTime, entry_time, is_possible

FIRST_CONTACT_ENTRIES = 64
"""How far a first contact looks back for the last start or stop."""

DATA_ENTRIES = 20
"""How much further it looks for the infusion data that goes with it: a long block and a little."""

HOLE_ENTRIES = 2048
"""How far a search looks back over a hole; at the default budget it takes some ten minutes."""


class Search:
    """One look back from the newest entry.

    Args:
        tail: The oldest entry of the log.
        head: The newest one; never changed, what is written meanwhile is read afterwards.
        since: The pump's clock at the last contact, for a search over a hole; None for a first contact.
    """

    def __init__(self, tail: int, head: int, since: PumpTime | None) -> None:
        self.head = head
        self._since = since
        self._left = min((head - tail) % RING_ENTRIES + 1, HOLE_ENTRIES if since is not None else FIRST_CONTACT_ENTRIES)
        self._entries: list[LogEntry] = []
        self._is_decided = False
        self._has_data = False

    @property
    def is_over(self) -> bool:
        """Whether enough was read."""
        return self._left == 0

    @property
    def next_index(self) -> int:
        """The entry to read next."""
        return (self.head - len(self._entries)) % RING_ENTRIES

    @property
    def newest(self) -> LogEntry:
        """The entry at the head; only after it was added."""
        return self._entries[0]

    def add(self, entry: LogEntry, clock: PumpTime) -> None:
        """Take in the entry at ``next_index``."""
        self._entries.append(entry)
        self._left -= 1
        if entry.raw == EMPTY or self._was_told(entry, clock):
            self._left = 0
            return
        if self._since is not None or not is_possible(entry_time(entry.raw, clock.form), clock):
            return
        meaning = meaning_of(entry)
        self._is_decided = self._is_decided or meaning.opens or meaning.closes
        self._has_data = self._has_data or (entry.type is EntryType.INFUSION_DATA and entry.raw[5] == 1)
        if self._is_decided:
            # The last start or stop is found; only the rate may stand further back.
            self._left = 0 if self._has_data else min(self._left, DATA_ENTRIES)

    def replay(self, state: RunState, clock: PumpTime) -> tuple[RunState, list[tuple[LogEntry, Told]], BlockReader]:
        """Return the state after the entries, what each told, and the reader for what comes next.

        A first contact tells only what began with the last start or, without one, with the first stop: the
        pump's life before that is nobody's business here. A log that shows neither is told as far as it
        was read: a warning in it may still stand.
        """
        is_told_from_here = self._since is not None or not self._is_decided
        blocks = BlockReader(is_start_known=False)
        told: list[tuple[LogEntry, Told]] = []
        for entry in reversed(self._entries):
            if entry.raw == EMPTY or self._was_told(entry, clock):
                continue
            for item in blocks.feed(entry, clock):
                state, said = after(state, item)
                if isinstance(item, InfusionData):
                    continue
                meaning = meaning_of(item)
                if self._since is None and meaning.opens:
                    told.clear()
                if is_told_from_here or told or meaning.opens or meaning.closes:
                    told.append((item, said))
        return state, told, blocks

    def _was_told(self, entry: LogEntry, clock: PumpTime) -> bool:
        """Return whether the entry was written before the last contact, by a clock that went on since."""
        since, time = self._since, entry_time(entry.raw, clock.form)
        if since is None or time is None or since.form is not clock.form or clock.seconds < since.seconds:
            return False
        return is_possible(time, clock) and time.seconds < since.seconds - TICK_S
