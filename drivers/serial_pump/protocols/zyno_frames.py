"""Frames of the Zyno MIVA family, and the only queries that may ever be sent in them.

Pure. A frame is 02, a payload of printable ASCII, two hexadecimal check digits and 03, both ways; there
is no length and no escape, so a 02 inside a frame means that the frame before it was torn. Facts are
from the maker's own client (package pyZynoUnifiedDrivers 0.0.9).

The rule of the house: ``Query`` is the only thing that a polled line sends, and a ``Query`` can only be
made from the allow-list. Whatever writes, presses keys, starts or stops is not on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from operator import xor

RING_ENTRIES = 43_264
"""Entries of the pump's event log, a ring (169 pages of 4096 bytes, 16 bytes an entry)."""

FRAME_MAX_BYTES = 128
"""No reply is longer; the longest that is asked for has 46 bytes."""

PLAIN_QUERIES = frozenset(
    ("RN", "RI", "RC", "RS", "RL", "RM", "R3", "R7", "R9", "RD", "S9", "Q0", "Q3", "Q4", "Q5", "Q6")
)
"""Reading commands without an argument."""

_START = 0x02
_END = 0x03
_CHECK_DIGITS = 2
_LOG_QUERY = re.compile(r"RE[0-9A-F]{8}\Z")
_HEX = frozenset(b"0123456789ABCDEFabcdef")
_FILLERS = b"\r\n\x00"
_PRINTABLE = frozenset(range(0x20, 0x7F))


class Check(StrEnum):
    """How the two check digits are made."""

    SUM = "sum"
    """Sum of the payload's bytes, modulo 256: all boards but one."""
    XOR = "xor"
    """Exclusive-or of the payload's bytes: one "unified H" board."""

    def of(self, payload: bytes) -> int:
        """Return the check value of ``payload``, 0 to 255."""
        return sum(payload) & 0xFF if self is Check.SUM else reduce(xor, payload, 0)


def is_allowed(payload: str) -> bool:
    """Return whether ``payload`` is one of the reading commands."""
    if payload in PLAIN_QUERIES:
        return True
    return _LOG_QUERY.match(payload) is not None and int(payload.removeprefix("RE"), 16) < RING_ENTRIES


@dataclass(frozen=True, slots=True)
class Query:
    """One reading command.

    Raises:
        ValueError: The payload is not on the allow-list; nothing else can be built.
    """

    payload: str

    def __post_init__(self) -> None:
        if not is_allowed(self.payload):
            raise ValueError(f"{self.payload!r} is not a reading command of the allow-list")

    @classmethod
    def log_entry(cls, index: int) -> Query:
        """Return the query for the log entry at ``index``, taken modulo the ring."""
        return cls(f"RE{index % RING_ENTRIES:08X}")

    def frame(self, check: Check = Check.SUM) -> bytes:
        """Return the bytes to send."""
        payload = self.payload.encode("ascii")
        return b"\x02%s%02X\x03" % (payload, check.of(payload))


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole frame whose check digits are right; ``position`` is its first byte since the line was opened."""

    payload: str
    position: int


@dataclass(frozen=True, slots=True)
class Junk:
    """Bytes that are no good frame, and why."""

    cause: str
    why: str
    raw: bytes
    position: int


class FrameBuffer:
    """Cuts a stream of bytes into frames; never keeps more than one unfinished frame.

    After anything that is not a good frame it goes on at the next frame start, so junk loses no later frame.
    """

    def __init__(self, check: Check = Check.SUM) -> None:
        self._check = check
        self._rest = b""
        self._position = 0

    @property
    def waiting_bytes(self) -> int:
        """How many bytes of an unfinished frame are kept; at most ``FRAME_MAX_BYTES``."""
        return len(self._rest)

    def feed(self, data: bytes) -> list[Frame | Junk]:
        """Return what ``data`` completes, in order."""
        data = self._rest + data
        found: list[Frame | Junk] = []
        at = 0
        while True:
            start = data.find(_START, at)
            self._add_junk(found, data[at : start if start >= 0 else len(data)], at)
            if start < 0:
                at = len(data)
                break
            at = self._read_frame(found, data, start)
            if at == start:
                break
        self._rest = data[at:]
        self._position += at
        return found

    def drop_unfinished(self) -> Junk | None:
        """Give up waiting for the end of a half frame and return it, if there is one."""
        if not self._rest:
            return None
        junk = Junk("half-frame", "A frame broke off before its end.", self._rest, self._position)
        self._position += len(self._rest)
        self._rest = b""
        return junk

    def _read_frame(self, found: list[Frame | Junk], data: bytes, start: int) -> int:
        """Read the frame at ``start``; return where to go on, which is ``start`` itself while it is unfinished."""
        limit = start + FRAME_MAX_BYTES
        end = data.find(_END, start + 1, limit)
        again = data.find(_START, start + 1, end if end >= 0 else limit)
        if again >= 0:
            found.append(self._junk("half-frame", "A frame broke off and another began.", data[start:again], start))
            return again
        if end >= 0:
            found.append(self._checked(data[start + 1 : end], start))
            return end + 1
        if len(data) < limit:
            return start
        found.append(self._junk("too-long", "A frame did not end in time.", data[start:limit], start))
        return limit

    def _checked(self, body: bytes, start: int) -> Frame | Junk:
        payload, digits = body[:-_CHECK_DIGITS], body[-_CHECK_DIGITS:]
        whole = b"\x02" + body + b"\x03"
        if not payload or not _PRINTABLE.issuperset(payload) or not _HEX.issuperset(digits):
            return self._junk(
                "not-a-frame", "What stands between a frame's marks is no text with check digits.", whole, start
            )
        said, is_due = int(digits, 16), self._check.of(payload)
        if said != is_due:
            why = f"The check digits say {said:02X} where {is_due:02X} is due."
            return self._junk("checksum", why, whole, start)
        return Frame(payload.decode("ascii"), self._position + start)

    def _add_junk(self, found: list[Frame | Junk], junk: bytes, at: int) -> None:
        # Line ends and zero bytes after a frame are tolerated, as the maker's client does.
        if junk.strip(_FILLERS):
            found.append(self._junk("junk", "There are bytes between the frames.", junk, at))

    def _junk(self, cause: str, why: str, raw: bytes, at: int) -> Junk:
        return Junk(cause, why, raw, self._position + at)
