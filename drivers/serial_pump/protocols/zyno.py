"""The polling conversation with a Zyno MIVA pump: which query is next, given the replies so far.

Pure. The caller sends, waits and hands over what it heard; this side says what to ask, when, how often,
and what it all comes to. It speaks the protocol of the maker's own client (package pyZynoUnifiedDrivers
0.0.9) as far as reading goes; whether a pump in service today speaks it is not known.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from drivers.contract import Observation
from drivers.serial_pump.protocols.zyno_asking import Heard, PollSettings
from drivers.serial_pump.protocols.zyno_bookmark import Bookmark, decode_bookmark, encode_bookmark
from drivers.serial_pump.protocols.zyno_frames import Query
from drivers.serial_pump.protocols.zyno_poll import Poll
from drivers.serial_pump.protocols.zyno_replies import ReplyError, read_reply

BOOKMARK_EVERY_S = 60.0
"""How often a bookmark is renewed that only says that nothing new was written, in seconds."""


@dataclass(frozen=True, slots=True)
class Harvest:
    """What a poll brought: observations in order, reasons for doubt, and where to go on after them."""

    observations: list[Observation]
    doubts: list[ReplyError]
    bookmark: bytes | None


class Conversation:
    """Asks one pump again and again; made anew whenever the line is opened.

    Args:
        settings: How often and what to ask.
        bookmark: Where the log was left, as an earlier ``Harvest`` said.
    """

    def __init__(self, settings: PollSettings, bookmark: bytes | None) -> None:
        self._settings = settings
        self._stored = decode_bookmark(bookmark)
        self._stored_at_s: float | None = None
        self._poll = Poll(settings, self._stored)
        self._running: Generator[Query, Heard | None, None] | None = None
        self._query: Query | None = None
        self._tries_left = 0
        self._asked_at_s: float | None = None
        self._started_at_s = 0.0
        self.due_at_s: float | None = None
        """When the next poll is due, in monitor time; None for at once."""

    @property
    def is_polling(self) -> bool:
        """Whether a poll has begun and is not over."""
        return self._running is not None

    def next_query(self, now_s: float) -> Query | None:
        """Return what to ask now, or None until ``due_at_s``."""
        if self._running is None:
            if self.due_at_s is not None and now_s < self.due_at_s:
                return None
            self._started_at_s = now_s
            self._running = self._poll.run()
            self._advance(None, now_s, is_first=True)
        return self._query

    def sent(self, now_s: float) -> None:
        """Note that the query was put on the line."""
        # A late answer to an earlier try is taken for the answer, so the first try dates it.
        if self._asked_at_s is None:
            self._asked_at_s = now_s

    def hear(self, payload: str, now_s: float) -> None:
        """Take a good frame for the answer to the query that is under way.

        Raises:
            ReplyError: It is none; the query goes on waiting.
        """
        if self._query is None or self._asked_at_s is None:
            raise ReplyError("unasked", "The pump spoke without being asked.")
        reply = read_reply(self._query, payload)
        self._advance(Heard(reply, self._asked_at_s, now_s), now_s)

    def unanswered(self, now_s: float) -> None:
        """Note that the time for an answer is over: the query is repeated, or its silence believed."""
        self._tries_left -= 1
        if self._tries_left <= 0 and self._query is not None:
            self._advance(None, now_s)

    def harvest(self, now_s: float) -> Harvest | None:
        """Return what the last poll found, once it is over; None if it found nothing."""
        if self._running is not None or not (self._poll.findings or self._poll.doubts):
            return None
        doubts = self._poll.doubts[:]
        self._poll.doubts.clear()
        return Harvest(list(self._poll.findings.take(now_s)), doubts, self._new_bookmark(now_s))

    def _advance(self, heard: Heard | None, now_s: float, *, is_first: bool = False) -> None:
        running = self._running
        if running is None:
            return
        self._asked_at_s = None
        self._tries_left = self._settings.tries
        try:
            self._query = next(running) if is_first else running.send(heard)
        except StopIteration:
            self._query = self._running = None
            self.due_at_s = now_s if self._poll.is_behind else max(now_s, self._started_at_s + self._settings.poll_s)

    def _new_bookmark(self, now_s: float) -> bytes | None:
        """Return the bookmark if it says something new, or the old one has grown old."""
        history = self._poll.history
        bookmark = history.bookmark() if history is not None else None
        if bookmark is None:
            return None
        is_fresh = self._stored_at_s is not None and 0 <= now_s - self._stored_at_s < BOOKMARK_EVERY_S
        if is_fresh and self._stored is not None and _place(self._stored) == _place(bookmark):
            return None
        self._stored, self._stored_at_s = bookmark, now_s
        return encode_bookmark(bookmark)


def _place(bookmark: Bookmark) -> tuple[object, ...]:
    return bookmark.serial, bookmark.index, bookmark.entry, bookmark.state
