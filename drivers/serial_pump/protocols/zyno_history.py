"""Follows a pump's log from poll to poll, without a hole where that can be had, and says where it cannot.

Pure. What has been read is a position (an index and the entry there) and the state that follows. After
an opening the entry at the position is read again: if it is another one, the ring was overwritten or
cleared, and what was written since the last contact is searched for from the newest end; nothing is
then claimed about the time between. A stretch is claimed as covered only when the clock was read before
the indices and every entry up to the head was read after them.
"""

from __future__ import annotations

from collections.abc import Generator
from enum import Enum

import msgspec

from drivers.serial_pump.protocols.zyno_asking import Heard, PollSettings, ask_twice_if_strange, is_same_reply
from drivers.serial_pump.protocols.zyno_blocks import BlockReader
from drivers.serial_pump.protocols.zyno_bookmark import Bookmark
from drivers.serial_pump.protocols.zyno_findings import Findings
from drivers.serial_pump.protocols.zyno_frames import RING_ENTRIES, Query
from drivers.serial_pump.protocols.zyno_log import EMPTY, EntryType, LogEntry
from drivers.serial_pump.protocols.zyno_replies import Entry, Indices, ReplyError
from drivers.serial_pump.protocols.zyno_run import Run, RunState, Told, after
from drivers.serial_pump.protocols.zyno_search import Search
from drivers.serial_pump.protocols.zyno_time import AGE_UNKNOWN_S, TICK_S, ClockReading, PumpTime, entry_time

ENTRIES_PER_POLL = 32
"""After so many entries the motor and the counter are looked at in between."""

SURE_ENTRIES = 64
"""More new entries than this at once are strange enough to look again at the position."""

CLOCK_SLACK_S = 5.0
"""By how much the pump's clock may differ from what is due before it counts as changed."""

COVERED_MIN_S = 1.0
"""Shorter stretches are not worth telling."""


class Progress(Enum):
    """How far one poll came in the log."""

    DONE = "everything is read"
    BEHIND = "there is more to read"
    SILENT = "the pump did not answer"


class History:
    """The log of one pump, as far as it is known."""

    def __init__(self, serial: str, settings: PollSettings, findings: Findings, doubts: list[ReplyError]) -> None:
        self.serial = serial
        self.state = RunState()
        self._settings = settings
        self._findings = findings
        self._doubts = doubts
        self._blocks = BlockReader(is_start_known=False)
        self._position: LogEntry | None = None
        self._kept: LogEntry | None = None
        self._kept_state = RunState()
        self._is_anchored = False
        self._search: Search | None = None
        self._clock: PumpTime | None = None
        self._read_at_s = 0.0
        self._is_gap_known = False
        self._covered_from: PumpTime | None = None
        self._has_told_cover = False

    @property
    def head(self) -> int | None:
        """The newest entry that is known to exist; None before the first contact."""
        if self._search is not None:
            return self._search.head
        return self._position.index if self._position is not None else None

    def restore(self, bookmark: Bookmark) -> None:
        """Go on after ``bookmark``, once the pump's log turns out to be the one that it marks."""
        self.state = self._kept_state = bookmark.state
        self._position = self._kept = LogEntry(bookmark.index, bytes.fromhex(bookmark.entry))
        self._blocks = BlockReader(is_start_known=True)
        self._clock = PumpTime(bookmark.form, bookmark.clock_s)
        self._read_at_s = bookmark.read_at_s
        if bookmark.covered_from_s is not None:
            self._covered_from = PumpTime(bookmark.form, bookmark.covered_from_s)

    def bookmark(self) -> Bookmark | None:
        """Return where to go on after what was found so far; None while nothing is known.

        An unfinished block of infusion data lies behind it and will be read again.
        """
        if self._kept is None or self._clock is None:
            return None
        return Bookmark(
            serial=self.serial,
            index=self._kept.index,
            entry=self._kept.raw.hex(),
            form=self._clock.form,
            clock_s=self._clock.seconds,
            read_at_s=self._read_at_s,
            covered_from_s=self._covered_from.seconds if self._covered_from is not None else None,
            state=self._kept_state,
            counter=self._settings.counter,
        )

    def is_expected(self, time: PumpTime, now_s: float) -> bool:
        """Return whether a reading of the clock fits the last one, as far as that can be told."""
        before = self._clock
        if before is None:
            return True
        passed_s = time.seconds - before.seconds
        if time.form is not before.form or passed_s < 0:
            return False
        gap_s = now_s - self._read_at_s
        return not self._is_gap_known or abs(passed_s - gap_s) <= CLOCK_SLACK_S + gap_s * self._settings.drift

    def follow(self, clock: ClockReading, indices: Indices) -> Generator[Query, Heard | None, Progress]:
        """Read what is new, up to ``ENTRIES_PER_POLL`` entries."""
        if self._position is None or self._search is not None:
            progress = yield from self._look_back(clock, indices)
        else:
            progress = yield from self._check_position(clock, indices)
            if progress is Progress.BEHIND:
                progress = yield from self._look_back(clock, indices)
        if progress is not Progress.DONE:
            return progress
        for _ in range(ENTRIES_PER_POLL):
            if self._position is None or self._position.index == indices.head:
                break
            entry = yield from self._read_entry(self._position.index + 1)
            if entry is None:
                return Progress.SILENT
            self._take_in(entry, clock, indices.head)
        if self._position is None or self._position.index != indices.head:
            return Progress.BEHIND
        self._finish(clock)
        return Progress.DONE

    def _check_position(self, clock: ClockReading, indices: Indices) -> Generator[Query, Heard | None, Progress]:
        """Make sure that the log still holds the entry up to which it was read; BEHIND if it does not."""
        position = self._position
        if position is None:
            return Progress.BEHIND
        ahead = (indices.head - position.index) % RING_ENTRIES
        held = (indices.head - indices.tail) % RING_ENTRIES + 1
        is_in_log = ahead <= held
        # An empty place may be the one that is written next, without the indices moving.
        if self._is_anchored and is_in_log and ahead <= SURE_ENTRIES and position.raw != EMPTY:
            return Progress.DONE
        entry = yield from self._read_entry(position.index, position.raw)
        if entry is None:
            return Progress.SILENT
        self._is_anchored = True
        if is_in_log and entry.raw == position.raw:
            if entry.raw == EMPTY and 0 < ahead < held:
                self._lose_state()
            return Progress.DONE
        if is_in_log and position.raw == EMPTY:
            # The pump has written the place that was still empty when its index was already told.
            self._take_in(entry, clock, indices.head)
            return Progress.DONE
        self._position = self._covered_from = None
        return Progress.BEHIND

    def _look_back(self, clock: ClockReading, indices: Indices) -> Generator[Query, Heard | None, Progress]:
        search = self._search or Search(indices.tail, indices.head, self._clock)
        self._search = search
        for _ in range(ENTRIES_PER_POLL):
            if search.is_over:
                break
            entry = yield from self._read_entry(search.next_index)
            if entry is None:
                return Progress.SILENT
            search.add(entry, clock.time)
        if not search.is_over:
            return Progress.BEHIND
        # Whether delivery is open must be learnt anew; what the alarms were is still known.
        state, found, self._blocks = search.replay(RunState(alarms=self.state.alarms), clock.time)
        self.state = state
        for entry, told in found:
            self._tell(entry, told, clock)
        self._search, self._is_anchored = None, True
        self._move_to(search.newest)
        return Progress.DONE

    def _read_entry(self, index: int, known: bytes | None = None) -> Generator[Query, Heard | None, LogEntry | None]:
        """Read one entry; one that opens delivery, or is not the one that is known, is believed when read twice."""

        def is_expected(heard: Heard) -> bool:
            if not isinstance(heard.reply, Entry):
                return False
            return heard.reply.raw == known if known is not None else heard.reply.raw[0] != EntryType.RUN_INFUSION

        heard = yield from ask_twice_if_strange(
            Query.log_entry(index), is_expected=is_expected, agrees=is_same_reply, doubts=self._doubts
        )
        if heard is None or not isinstance(heard.reply, Entry):
            return None
        return LogEntry(heard.reply.index, heard.reply.raw)

    def _take_in(self, entry: LogEntry, clock: ClockReading, head: int) -> None:
        if entry.raw == EMPTY:
            self._covered_from = None
            if entry.index != head:
                self._lose_state()
        else:
            for item in self._blocks.feed(entry, clock.time):
                self.state, told = after(self.state, item)
                if isinstance(item, LogEntry):
                    self._tell(item, told, clock)
        self._move_to(entry)

    def _lose_state(self) -> None:
        """Note that a place before the head is empty: what was to stand there is not known."""
        self.state = msgspec.structs.replace(self.state, run=Run.UNKNOWN)

    def _move_to(self, entry: LogEntry) -> None:
        self._position = entry
        if not self._blocks.has_open_block:
            self._kept, self._kept_state = entry, self.state

    def _tell(self, entry: LogEntry, told: Told, clock: ClockReading) -> None:
        written = entry_time(entry.raw, clock.time.form)
        self._findings.add_told(told, self.serial, written, clock, self.newer_than_s(clock))

    def newer_than_s(self, clock: ClockReading) -> float:
        """Return how old, at the reading of the clock, anything can be that was not read before."""
        if self._clock is None:
            return AGE_UNKNOWN_S
        by_monitor_s = max(0.0, clock.heard_at_s - self._read_at_s)
        if self._is_gap_known or self._clock.form is not clock.time.form:
            return by_monitor_s
        # The monitor may have been down for longer than it knows, so the longer of the two gaps counts.
        passed_s = clock.time.seconds - self._clock.seconds
        return max(by_monitor_s, (passed_s + TICK_S) * (1 + self._settings.drift))

    def _finish(self, clock: ClockReading) -> None:
        """Note that the log is read to its end, and tell the stretch where there was a gap."""
        before, covered_from = self._clock, self._covered_from
        gap_s = clock.heard_at_s - self._read_at_s
        is_gap = not self._has_told_cover or gap_s > 2 * self._settings.poll_s + TICK_S
        if (
            before is None
            or covered_from is None
            or clock.time.form is not before.form
            or clock.time.seconds < before.seconds
        ):
            self._covered_from = clock.time
        elif is_gap:
            self._tell_cover(clock, before.seconds, covered_from.seconds)
        self._has_told_cover = self._is_gap_known = True
        self._clock, self._read_at_s = clock.time, clock.asked_at_s

    def _tell_cover(self, clock: ClockReading, before_s: int, covered_from_s: int) -> None:
        drift = self._settings.drift
        # A little more than since the last reading, so that the stretches join, but never more than was read.
        since_s = (clock.time.seconds - before_s + 2 * TICK_S) * (1 + drift)
        in_all_s = (clock.time.seconds - covered_from_s - TICK_S) * (1 - drift)
        covered_s = min(since_s, in_all_s)
        if covered_s >= COVERED_MIN_S:
            self._findings.add_covered(self.serial, covered_s, clock)
