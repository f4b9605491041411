"""Cuts a stream of JSON lines and decodes each: the observation format, with an optional check at its end.

Pure. A line is one object and LF, or the object, a blank, ``*`` and four hexadecimal digits of CRC-16/CCITT-FALSE
over the object's bytes. Whole buffers are split at once; there is no work per byte.
"""

from __future__ import annotations

import binascii
from collections import deque
from dataclasses import dataclass

from drivers.contract import Observation
from drivers.observation_json import PAYLOAD_MAX_BYTES, PayloadError, decode_observation

LINE_MAX_BYTES = PAYLOAD_MAX_BYTES + 7
"""The longest line without its LF: the longest payload, the check, and a CR that some senders add."""

_CRC_START = 0xFFFF
_OBJECT_END = 0x7D
_MARK = b" *"
_CHECK_BYTES = 6
_HEX = frozenset(b"0123456789ABCDEFabcdef")


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was refused; ``number`` counts lines and ``position`` bytes since the line was opened."""

    number: int
    position: int
    cause: str
    why: str
    raw: bytes


class LineError(Exception):
    """One line is refused.

    Attributes:
        cause: ``too-long``, ``checksum``, ``wrong-pump``, or a cause of ``PayloadError``.
        why: One sentence for a person.
    """

    def __init__(self, cause: str, why: str) -> None:
        super().__init__(why)
        self.cause = cause
        self.why = why


class LineReader:
    """Turns bytes into observations of one pump.

    What waits is bounded: ``feed`` may only be called while ``has_lines`` is false, so it is the lines of one
    feed and the start of one unfinished line, of which an endless one keeps no more than a refusal needs.
    """

    def __init__(self, pump: str) -> None:
        self._pump = pump
        self._lines: deque[bytes] = deque()
        self._rest = b""
        self._dropped_bytes = 0
        self._number = 0
        self._position = 0

    @property
    def has_lines(self) -> bool:
        """Whether whole lines wait to be read."""
        return bool(self._lines)

    @property
    def waiting_bytes(self) -> int:
        """How many bytes of an unfinished line are kept; at most ``LINE_MAX_BYTES`` + 1."""
        return len(self._rest)

    def feed(self, data: bytes) -> None:
        """Take in ``data``, whole or half lines."""
        *lines, rest = (self._rest + data).split(b"\n")
        if lines:
            # The dropped bytes belonged to the line that has just ended.
            self._position += self._dropped_bytes
            self._dropped_bytes = 0
            self._lines.extend(lines)
        if len(rest) > LINE_MAX_BYTES:
            self._dropped_bytes += len(rest) - LINE_MAX_BYTES - 1
            rest = rest[: LINE_MAX_BYTES + 1]
        self._rest = rest

    def read(self, lines_max: int) -> tuple[list[tuple[str, Observation]], list[BadLine]]:
        """Return the observations of the next lines, each with the pump's id, and the lines that were refused."""
        items: list[tuple[str, Observation]] = []
        bad: list[BadLine] = []
        pump, lines = self._pump, self._lines
        for _ in range(min(lines_max, len(lines))):
            line = lines.popleft()
            self._number += 1
            try:
                named, said = decode_line(line)
                if named is None or named == pump:
                    items.append((pump, said))
                else:
                    bad.append(
                        self._bad(line, "wrong-pump", f"The line speaks for pump {named}; {pump} is enrolled here.")
                    )
            except (LineError, PayloadError) as error:
                # An empty line is how some senders keep a line awake.
                if line.strip():
                    bad.append(self._bad(line, error.cause, error.why))
            self._position += len(line) + 1
        return items, bad

    def _bad(self, line: bytes, cause: str, why: str) -> BadLine:
        return BadLine(self._number, self._position, cause, why, line)


def decode_line(line: bytes) -> tuple[str | None, Observation]:
    """Return the pump id that ``line`` names, or None, and its observation.

    Raises:
        LineError: The line is too long, or its check is wrong.
        PayloadError: What stands before the check is no observation.
    """
    if not line or line[-1] != _OBJECT_END:
        line = _without_check(line.removesuffix(b"\r"))
    return decode_observation(line)


def _without_check(line: bytes) -> bytes:
    if len(line) > LINE_MAX_BYTES:
        raise LineError("too-long", f"The line is longer than {LINE_MAX_BYTES} bytes.")
    if line[-_CHECK_BYTES : -_CHECK_BYTES + len(_MARK)] != _MARK:
        return line
    payload, digits = line[:-_CHECK_BYTES], line[-_CHECK_BYTES + len(_MARK) :]
    is_due = binascii.crc_hqx(payload, _CRC_START)
    if not _HEX.issuperset(digits) or int(digits, 16) != is_due:
        raise LineError("checksum", f"The check at the line's end should be {is_due:04X}.")
    return payload
