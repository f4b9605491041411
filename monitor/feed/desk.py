"""Asks the monitor on behalf of requests: from few threads of its own, with bounded waits, and never twice at once.

The event loop must not wait for the store, and the store must not wait for a slow reader; so every call goes
through a small pool, and its answer is plain data before a byte of it is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

import msgspec

from monitor.feed.commands import Command, CommandResult
from monitor.feed.records import PumpSnapshot
from monitor.feed.source import COMMAND_THREADS, READ_THREADS, FeedSource

P = ParamSpec("P")
R = TypeVar("R")

READ_WAIT_S = 5.0
"""Longest wait for a read, in seconds of real time."""

COMMAND_WAIT_S = 10.0
"""Longest wait until a command is durable, in seconds of real time."""

BOARD_AGE_S = 0.25
"""How old a sorted board may be, in seconds of real time: many readers share one."""

BOARD_REST = 10
"""A board is kept for this many times the time it took to make: readers get a tenth of a core at most."""


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """Every pump at one instant.

    Attributes:
        cursor: Everything up to this record is on the board.
        pumps: Least worst-case time left first.
    """

    cursor: int
    pumps: tuple[PumpSnapshot, ...]


class Desk:
    """The way from the event loop to the monitor; used from one event loop.

    Args:
        source: The monitor.
    """

    def __init__(self, source: FeedSource) -> None:
        self.source = source
        self._readers = ThreadPoolExecutor(READ_THREADS, thread_name_prefix="feed-read")
        # Apart from the readers: a command that waits for the store must not keep anyone from looking.
        self._commanders = ThreadPoolExecutor(COMMAND_THREADS, thread_name_prefix="feed-command")
        self._board = Board(cursor=0, pumps=())
        self._board_good_until_s = float("-inf")
        self._board_lock = asyncio.Lock()

    async def read(self, ask: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what ``ask`` returns, called in a reading thread.

        Raises:
            TimeoutError: No answer within ``READ_WAIT_S``.
        """
        call = partial(ask, *args, **kwargs)
        # Not wait_for: before Python 3.12 it can swallow a cancellation, and the feed would not stop.
        async with asyncio.timeout(READ_WAIT_S):
            return await asyncio.get_running_loop().run_in_executor(self._readers, call)

    async def command(self, command: Command) -> CommandResult:
        """Hand over a command and return when it is durable; errors as ``FeedSource.command``."""
        call = partial(self.source.command, command, COMMAND_WAIT_S)
        # A little longer than the source's own limit, so that its answer wins if there is one.
        async with asyncio.timeout(COMMAND_WAIT_S + READ_WAIT_S):
            return await asyncio.get_running_loop().run_in_executor(self._commanders, call)

    async def board(self) -> Board:
        """Return every pump, at most ``BOARD_AGE_S`` old unless there are very many."""
        loop = asyncio.get_running_loop()
        async with self._board_lock:
            begun_s = loop.time()
            if begun_s >= self._board_good_until_s:
                self._board = await self.read(self._sorted)
                self._board_good_until_s = begun_s + max(BOARD_AGE_S, BOARD_REST * (loop.time() - begun_s))
            return self._board

    def close(self) -> None:
        """Take no more calls; what runs already is left to its own limit."""
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._commanders.shutdown(wait=False, cancel_futures=True)

    def _sorted(self) -> Board:
        # The cursor first: what becomes durable in between is then on the stream and maybe on the board,
        # instead of on neither.
        cursor = self.source.latest_cursor()
        return Board(cursor=cursor, pumps=tuple(sorted(self.source.pumps(), key=PumpSnapshot.urgency)))
