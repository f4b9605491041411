"""Keeps where reading of a pump's log should go on, in a few hundred bytes that outlive the program.

Pure. A bookmark belongs to one serial number. It holds the last entry itself, so that a ring that was
overwritten or cleared in between is noticed by reading that one entry again.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from drivers.serial_pump.protocols.zyno_frames import RING_ENTRIES
from drivers.serial_pump.protocols.zyno_run import RunState
from drivers.serial_pump.protocols.zyno_time import COUNTER_BITS, ClockForm

VERSION: Final = 1
BOOKMARK_MAX_BYTES = 4096

_Seconds = Annotated[int, msgspec.Meta(ge=0, lt=2**COUNTER_BITS * 16)]


class Bookmark(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one pump's log up to one entry.

    Attributes:
        serial: The pump it belongs to.
        index: The newest entry that has been read and told, with all before it.
        entry: Its sixteen bytes, as hexadecimal digits.
        form: What the pump's clock counted.
        clock_s: The pump's clock when its log had last been read to the end.
        read_at_s: Monitor time then, in seconds since 1970.
        covered_from_s: The pump's clock at the beginning of the stretch without a hole that ends there; None
            after a hole.
        state: What the log said last.
        counter: Which volume counter is reported (Q5 or R3).
    """

    serial: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    index: Annotated[int, msgspec.Meta(ge=0, lt=RING_ENTRIES)]
    entry: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
    form: ClockForm
    clock_s: _Seconds
    read_at_s: float
    covered_from_s: _Seconds | None
    state: RunState
    counter: str


class _Stored(msgspec.Struct, frozen=True):
    v: Literal[1]
    bookmark: Bookmark


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Stored).decode


def encode_bookmark(bookmark: Bookmark) -> bytes:
    """Return ``bookmark`` as JSON."""
    return _encode(_Stored(VERSION, bookmark))


def decode_bookmark(data: bytes | None) -> Bookmark | None:
    """Return the bookmark in ``data``; None where there is none or it makes no sense.

    Without a bookmark the log's newest entries are read anew and nothing is claimed about the time between,
    so a damaged one costs certainty and no safety.
    """
    if not data or len(data) > BOOKMARK_MAX_BYTES:
        return None
    try:
        return _decode(data).bookmark
    except msgspec.DecodeError:
        return None
