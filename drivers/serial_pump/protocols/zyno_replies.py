"""Reads the replies of the Zyno MIVA family, and refuses each one that is not what was asked for.

Pure. A reply begins with the two letters of its query; its length is fixed for most queries. The maker's
client looks at little of this; a monitor must look at all of it, since the check digits are a mere sum.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from drivers.serial_pump.protocols.zyno_frames import RING_ENTRIES, Query
from drivers.serial_pump.protocols.zyno_time import PumpTime, from_calendar, from_counter

_ERROR = "ERROR"
_FLAG_NIBBLES = frozenset("F0")
_MOTOR_TURNS = 0x4
_COUNTER_DIGITS = 8
_INFUSED_DIGITS_MAX = 8


class ReplyError(Exception):
    """A frame is no answer to the query that is under way.

    Attributes:
        cause: ``wrong-echo``, ``wrong-length``, ``not-hex``, ``out-of-range`` or ``bad-clock``.
        why: One sentence for a person.
    """

    def __init__(self, cause: str, why: str) -> None:
        super().__init__(why)
        self.cause = cause
        self.why = why


@dataclass(frozen=True, slots=True)
class Serial:
    """RN: the serial number, eight characters."""

    serial: str


@dataclass(frozen=True, slots=True)
class Indices:
    """RI: the oldest entry of the log and the newest one itself."""

    tail: int
    head: int


@dataclass(frozen=True, slots=True)
class Clock:
    """RC: the pump's own time."""

    time: PumpTime


@dataclass(frozen=True, slots=True)
class Entry:
    """RE: sixteen bytes of the log."""

    index: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class Sensors:
    """S9: whether the motor turns at this instant; what else it holds is not used."""

    motor_turns: bool


@dataclass(frozen=True, slots=True)
class Volume:
    """Q5 or R3: a counter of infused volume and its step, in millilitres."""

    volume_ml: float
    resolution_ml: float


@dataclass(frozen=True, slots=True)
class Text:
    """Any other reply, as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The pump understood and has nothing to say (the text ERROR)."""


Reply = Serial | Indices | Clock | Entry | Sensors | Volume | Text | Unavailable


def read_reply(query: Query, payload: str) -> Reply:
    """Return what ``payload`` answers to ``query``.

    Raises:
        ReplyError: It is no answer to that query.
    """
    echo, body = payload[:2], payload[2:]
    if echo != query.payload[:2]:
        raise ReplyError("wrong-echo", f"A reply to {query.payload[:2]} was due; this one answers {echo}.")
    if body == _ERROR:
        return Unavailable()
    reader = _READERS.get(echo)
    if reader is None:
        return Text(body.strip())
    reply = reader(body)
    if isinstance(reply, Entry) and reply.index != int(query.payload.removeprefix("RE"), 16):
        raise ReplyError("wrong-echo", f"Log entry {query.payload[2:]} was asked for; this is {body[:8]}.")
    return reply


def _read_serial(body: str) -> Serial:
    if not re.fullmatch(r"[A-Za-z0-9-]{8}", body):
        raise ReplyError("wrong-length", "A serial number has eight letters and digits.")
    return Serial(body)


def _read_indices(body: str) -> Indices:
    _require_hex(body, 16)
    tail, head = int(body[:8], 16), int(body[8:], 16)
    if tail >= RING_ENTRIES or head >= RING_ENTRIES:
        raise ReplyError("out-of-range", f"The log has {RING_ENTRIES} entries; an index lies outside.")
    return Indices(tail, head)


def _read_clock(body: str) -> Clock:
    if len(body) == _COUNTER_DIGITS:
        _require_hex(body, _COUNTER_DIGITS)
        if body[0].upper() not in _FLAG_NIBBLES:
            raise ReplyError("bad-clock", "The pump's counter of seconds lacks its flag.")
        return Clock(from_counter(int(body[1:], 16)))
    _require_hex(body, 12)
    time = _calendar(body)
    if time is None:
        raise ReplyError("bad-clock", "The pump's date and time is none of the calendar.")
    return Clock(time)


def _calendar(body: str) -> PumpTime | None:
    """Read day, month, year, hour, minute and second, two digits each.

    The maker's client takes them for hexadecimal, other descriptions for decimal. Until 2032 the year tells: from
    2026 on it holds a letter in hexadecimal (1A), and none in decimal.
    """
    day, month, year, hour, minute, second = bytes.fromhex(body)
    as_hex = from_calendar(year, month, day, hour, minute, second)
    if not body.isdecimal():
        return as_hex
    day, month, year, hour, minute, second = (int(body[at : at + 2]) for at in range(0, len(body), 2))
    return from_calendar(year, month, day, hour, minute, second) or as_hex


def _read_entry(body: str) -> Entry:
    _require_hex(body, 40)
    return Entry(int(body[:8], 16), bytes.fromhex(body[8:]))


def _read_sensors(body: str) -> Sensors:
    _require_hex(body, 9)
    return Sensors(bool(int(body[0], 16) & _MOTOR_TURNS))


def _read_infused(body: str) -> Volume:
    # Its width is not told; the maker's client takes any.
    _require_hex(body, min(max(len(body), 1), _INFUSED_DIGITS_MAX))
    return Volume(int(body, 16) / 100, 0.01)


def _read_total(body: str) -> Volume:
    _require_hex(body, 4)
    return Volume(int(body, 16) / 10, 0.1)


def _require_hex(body: str, digits: int) -> None:
    if len(body) != digits:
        raise ReplyError("wrong-length", f"The reply holds {len(body)} characters where {digits} are due.")
    if not re.fullmatch(r"[0-9A-Fa-f]+", body):
        raise ReplyError("not-hex", "The reply holds something else than hexadecimal digits.")


_READERS: dict[str, Callable[[str], Reply]] = {
    "RN": _read_serial,
    "RI": _read_indices,
    "RC": _read_clock,
    "RE": _read_entry,
    "S9": _read_sensors,
    "Q5": _read_infused,
    "R3": _read_total,
}
