"""Tells every listener of each stored record, in order, from any cursor on, without gap or repeat.

One task reads the store and encodes each record once; a short memory of these frames serves all listeners.
A listener is nothing but its place: it has no queue that could grow. One that has fallen behind the memory
reads the store in pages, and one that does not take what it is sent is cut off and may come back with its cursor.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress

import msgspec
import structlog

from monitor.feed.cursor import CursorError, format_cursor
from monitor.feed.desk import Desk
from monitor.feed.problems import TooManyClientsError
from monitor.feed.records import FeedRecord
from monitor.feed.wire import plain_text, rfc3339, to_wire

HEARTBEAT_S = 10.0
"""Between two heartbeats, in seconds of real time; the contract allows 15."""

PAGE = 256
"""Records per read of the store."""

REMEMBERED = 2_048
"""Encoded frames that are kept for all listeners."""

LISTENERS_MAX = 256
LISTENERS_PER_ACCOUNT_MAX = 64
LISTEN_MAX_S = 3600.0
"""A stream ends after this long, so that the token is looked at again; the client comes back by itself."""

RETRY_MS = 2_000

_logger = structlog.get_logger("feed")


def frame_of(record: FeedRecord) -> bytes:
    """Return one record as a server-sent event; one that cannot be told in full is told by its cursor."""
    cursor = format_cursor(record.cursor)
    body: dict[str, object] = {"cursor": cursor, "kind": plain_text(record.kind), "pump": record.pump}
    try:
        told = msgspec.json.encode(body | {"at": rfc3339(record.at_us), "data": to_wire(record.data)})
    except (OverflowError, TypeError, ValueError) as fault:
        # One bad record must not stop the stream for ever at its place.
        _logger.warning("stream cannot tell a record in full", cursor=cursor, why=repr(fault))
        told = msgspec.json.encode(body | {"at": None, "data": {}})
    # JSON has no raw line ends, so one data line holds it whatever the text says.
    return b"id: " + cursor.encode() + b"\ndata: " + told + b"\n\n"


class StreamHub:
    """Reads the store once for all listeners; lives in one event loop.

    Args:
        desk: The way to the store.
        heartbeat_s: Between two heartbeats, in seconds of real time.
    """

    def __init__(self, desk: Desk, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._desk = desk
        self._heartbeat_s = heartbeat_s
        self._cursors: list[int] = []
        self._frames: list[bytes] = []
        self._floor = 0
        self._tip = 0
        self._has_place = False
        self._is_blind = False
        self._beat = 0
        self._beat_frame = b""
        self._added = asyncio.Event()
        self._changed = asyncio.Event()
        self._is_open = True
        self._listeners: Counter[str] = Counter()

    @property
    def tip(self) -> int:
        """The newest record that listeners may have been told of; while there are none, the newest of all."""
        return self._tip if self._listeners.total() else self._desk.source.latest_cursor()

    async def run(self) -> None:
        """Serve until cancelled; call once."""
        loop = asyncio.get_running_loop()
        unsubscribe = self._desk.source.subscribe(lambda: self._wake(loop))
        try:
            beat_due_s = loop.time()
            while True:
                beat_due_s = await self._turn(loop, beat_due_s)
        finally:
            unsubscribe()
            self.close()

    def close(self) -> None:
        """End every listener's stream; none begins any more."""
        self._is_open = False
        self._tell()

    async def check(self, after: int) -> None:
        """Refuse a cursor that the store has not reached: it belongs to another database.

        Raises:
            CursorError: ``after`` lies ahead of the newest record.
        """
        if after > self._tip and after > await self._desk.read(self._desk.source.latest_cursor):
            raise CursorError(f"'{after}' is ahead of this feed; load the board anew and stream from its cursor")

    def enter(self, account: str) -> None:
        """Take a place for one listener of ``account``; give it back with ``leave``.

        Raises:
            TooManyClientsError: There is no room.
        """
        if self._listeners.total() >= LISTENERS_MAX or self._listeners[account] >= LISTENERS_PER_ACCOUNT_MAX:
            raise TooManyClientsError("Too many streams are open; close one, or try again later.")
        if not self._listeners.total():
            # Nothing was followed while nobody listened: the place is found anew.
            self._has_place = False
            self._added.set()
        self._listeners[account] += 1

    def leave(self, account: str) -> None:
        """Give a listener's place back."""
        self._listeners[account] -= 1

    async def listen(self, after: int) -> AsyncGenerator[bytes]:
        """Yield events from behind ``after`` for ever: what is stored first, then what happens.

        The first event is a heartbeat, so that a listener knows the server's time at once.
        """
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + LISTEN_MAX_S
        place, beat = after, self._beat
        yield f"retry: {RETRY_MS}\n".encode() + await self._heartbeat()
        while self._is_open and loop.time() < ends_s:
            # Taken before looking: what is added meanwhile sets this very event.
            changed = self._changed
            place, frames = await self._after(place)
            if beat != self._beat:
                beat = self._beat
                frames = [*frames, self._beat_frame]
            if frames:
                yield b"".join(frames)
            else:
                await changed.wait()

    async def _turn(self, loop: asyncio.AbstractEventLoop, beat_due_s: float) -> float:
        """Wait for records or the next heartbeat, tell the listeners, return when the next one is due."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(beat_due_s):
                await self._added.wait()
        self._added.clear()
        # Looked up, not concluded from the wait: under a steady flow of records the wait never runs out.
        is_beat_due = loop.time() >= beat_due_s
        if is_beat_due:
            beat_due_s = loop.time() + self._heartbeat_s
        try:
            await self._read_on()
            if is_beat_due:
                self._beat_frame = await self._heartbeat()
                self._beat += 1
        except Exception as fault:
            # Nothing is lost: the records stay where they are until the next turn, and without a heartbeat
            # every board says that it is not live. Said once, however often it is tried.
            if not self._is_blind:
                _logger.exception("stream cannot read the store", why=repr(fault))
            self._is_blind = True
        else:
            if self._is_blind:
                _logger.warning("stream reads the store again")
            self._is_blind = False
        self._tell()
        return beat_due_s

    async def _read_on(self) -> None:
        if not self._has_place or not self._listeners.total():
            # What is older than the hub, or came while nobody listened, is read by those who ask for it.
            self._tip = self._floor = await self._desk.read(self._desk.source.latest_cursor)
            self._cursors, self._frames = [], []
            self._has_place = True
            return
        while True:
            records = await self._desk.read(self._desk.source.records_after, self._tip, PAGE)
            self._frames += [frame_of(record) for record in records]
            self._cursors += [record.cursor for record in records]
            self._tip = self._cursors[-1] if records else self._tip
            if len(self._cursors) > 2 * REMEMBERED:
                self._floor = self._cursors[-REMEMBERED - 1]
                del self._cursors[:-REMEMBERED], self._frames[:-REMEMBERED]
            if len(records) < PAGE:
                return
            self._tell()

    async def _after(self, place: int) -> tuple[int, Sequence[bytes]]:
        """Return the frames that follow ``place``, a page at most, and the place behind them."""
        if place >= self._tip:
            return place, ()
        if place >= self._floor:
            start = bisect_right(self._cursors, place)
            end = min(start + PAGE, len(self._cursors))
            return self._cursors[end - 1], self._frames[start:end]
        records = await self._desk.read(self._desk.source.records_after, place, PAGE)
        frames = [frame_of(record) for record in records]
        # Holes are allowed: where the store has nothing, the memory goes on.
        return (records[-1].cursor if records else self._floor), frames

    async def _heartbeat(self) -> bytes:
        now_us = await self._desk.read(self._desk.source.now_us)
        body = msgspec.json.encode({"server_at": rfc3339(now_us), "cursor": format_cursor(self._tip)})
        return b"event: heartbeat\ndata: " + body + b"\n\n"

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        # Called by the monitor's writer: it must neither wait nor fail, not even while the feed stops. Where
        # nobody listens it wakes nobody: a thread that wakes at every commit takes the writer's time.
        if self._listeners.total() and not self._added.is_set():
            with suppress(RuntimeError):  # the loop has been closed
                loop.call_soon_threadsafe(self._added.set)

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
