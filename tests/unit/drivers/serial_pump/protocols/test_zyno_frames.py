"""Frames of the Zyno protocol: golden bytes written by hand, resynchronising, and the allow-list."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.serial_pump.protocols.zyno_frames import (
    FRAME_MAX_BYTES,
    PLAIN_QUERIES,
    RING_ENTRIES,
    Check,
    Frame,
    FrameBuffer,
    Junk,
    Query,
    is_allowed,
)

GOLDEN = {
    "RN": "02 52 4E 41 30 03",
    "RI": "02 52 49 39 42 03",
    "RC": "02 52 43 39 35 03",
    "S9": "02 53 39 38 43 03",
    "RE0000000A": "02 52 45 30 30 30 30 30 30 30 41 32 38 03",
    "R3": "02 52 33 38 35 03",
    "Q5": "02 51 35 38 36 03",
}
REPLY = bytes.fromhex("02 52 4E 53 4E 38 30 30 30 30 39 37 32 03")
OTHER = bytes.fromhex("02 52 49 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 33 39 45 03")


def frames_of(*chunks: bytes) -> list[str]:
    buffer = FrameBuffer()
    return [found.payload for chunk in chunks for found in buffer.feed(chunk) if isinstance(found, Frame)]


def junk_of(*chunks: bytes) -> list[str]:
    buffer = FrameBuffer()
    return [found.cause for chunk in chunks for found in buffer.feed(chunk) if isinstance(found, Junk)]


@pytest.mark.parametrize(("payload", "frame"), GOLDEN.items(), ids=GOLDEN)
def test_a_query_is_framed_as_the_makers_client_does(payload: str, frame: str) -> None:
    assert Query(payload).frame() == bytes.fromhex(frame)


def test_the_other_check_is_the_exclusive_or() -> None:
    assert Query("RN").frame(Check.XOR) == b"\x02RN1C\x03"
    buffer = FrameBuffer(Check.XOR)
    assert buffer.feed(b"\x02RN1C\x03") == [Frame("RN", 0)]
    assert isinstance(buffer.feed(REPLY)[0], Junk)


def test_a_log_query_counts_round_the_ring() -> None:
    assert Query.log_entry(10).payload == "RE0000000A"
    assert Query.log_entry(RING_ENTRIES).payload == "RE00000000"
    assert Query.log_entry(-1).payload == "RE0000A8FF"


def test_a_golden_reply_is_read() -> None:
    assert frames_of(REPLY) == ["RNSN800009"]


def test_line_ends_after_a_frame_are_tolerated() -> None:
    assert junk_of(REPLY + b"\r\n" + REPLY + b"\x00") == []


@settings(deadline=None)
@given(st.lists(st.integers(1, 60), max_size=12))
def test_splitting_anywhere_gives_the_same_frames(cuts: list[int]) -> None:
    stream = b"noise" + REPLY + b"\r\n" + OTHER + b"\x02half" + REPLY + OTHER
    chunks, at = [], 0
    for cut in cuts:
        chunks.append(stream[at : at + cut])
        at += cut
    assert frames_of(*chunks, stream[at:]) == frames_of(stream)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_junk_before_a_frame_loses_no_later_frame(junk: bytes) -> None:
    # Junk that ends in a frame start costs at most the frame that it runs into.
    assert frames_of(junk, REPLY, OTHER)[-1:] == [OTHER[1:-3].decode()]


@settings(deadline=None)
@given(st.binary(max_size=300).filter(lambda junk: 2 not in junk))
def test_junk_without_a_frame_start_costs_nothing(junk: bytes) -> None:
    assert frames_of(junk + REPLY) == ["RNSN800009"]


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=500), max_size=30))
def test_a_flood_of_junk_keeps_the_buffer_bounded(flood: list[bytes]) -> None:
    buffer = FrameBuffer()
    for junk in flood:
        buffer.feed(junk)
        assert buffer.waiting_bytes < FRAME_MAX_BYTES


@settings(deadline=None)
@given(st.integers(1, len(OTHER) - 2), st.integers(0, 7))
def test_no_single_flipped_bit_makes_another_frame(place: int, bit: int) -> None:
    damaged = bytearray(OTHER)
    damaged[place] ^= 1 << bit
    assert all(payload != OTHER[1:-3].decode() or place >= len(OTHER) - 3 for payload in frames_of(bytes(damaged)))
    if place < len(OTHER) - 3:
        assert frames_of(bytes(damaged)) == []


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"\x02RN00\x03", "checksum"),
        (b"\x02\x03", "not-a-frame"),
        (b"\x02A0\x03", "not-a-frame"),
        (b"\x02RNZZ\x03", "not-a-frame"),
        (b"\x02R\xc3A0\x03", "not-a-frame"),
        (b"\x02RN" + REPLY, "half-frame"),
        (b"\x02" + b"A" * 200, "too-long"),
        (b"hello", "junk"),
    ],
)
def test_each_kind_of_junk_has_its_cause(data: bytes, cause: str) -> None:
    assert junk_of(data)[0] == cause


def test_positions_count_from_the_opening_of_the_line() -> None:
    buffer = FrameBuffer()
    first = buffer.feed(b"xyz" + REPLY[:5])
    second = buffer.feed(REPLY[5:] + OTHER)
    assert [found.position for found in first + second] == [0, 3, 3 + len(REPLY)]


def test_a_half_frame_can_be_given_up() -> None:
    buffer = FrameBuffer()
    buffer.feed(REPLY[:6])
    junk = buffer.drop_unfinished()
    assert junk is not None
    assert (junk.cause, junk.raw) == ("half-frame", REPLY[:6])
    assert buffer.drop_unfinished() is None
    assert buffer.feed(REPLY) == [Frame("RNSN800009", 6)]


NEVER = ["W00", "W01", "WT00", "WT01", "WT02", "WC010203040506", "KE40", "KE61", "L", "L0", "LW", "*IDN?"]
NEVER += [
    ":PROTOCOL:RATE 20.0",
    ":KEY:LIST:CLEAR",
    "RE",
    "RE0000A900",
    "RE0000000a",
    "RE0000000A\n",
    "RN ",
    "rn",
    "",
    "R1",
]


@pytest.mark.parametrize("payload", NEVER)
def test_what_is_not_on_the_allow_list_cannot_be_built(payload: str) -> None:
    with pytest.raises(ValueError, match="allow-list"):
        Query(payload)


@settings(deadline=None)
@given(st.text(max_size=12) | st.from_regex(r"[WKLRSQ:*][A-Z0-9:?]{0,10}", fullmatch=True))
def test_no_text_at_all_builds_anything_else_than_a_reading_command(text: str) -> None:
    if is_allowed(text):
        assert text in PLAIN_QUERIES or (text.startswith("RE") and len(text) == 10)
        assert not text.startswith(("W", "K", "L", ":"))
    else:
        with pytest.raises(ValueError, match="allow-list"):
            Query(text)
