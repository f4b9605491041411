"""JSON lines: cutting, checking and decoding, with every refusal placed and bounded."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract import AlarmObserved, StatusObserved
from drivers.observation_json import PAYLOAD_MAX_BYTES
from drivers.serial_pump.protocols.json_lines import LINE_MAX_BYTES, BadLine, LineReader

STATUS = b'{"v":1,"kind":"status","delivery":"delivering"}'
ALARM = b'{"v":1,"kind":"alarm","code":"air","phase":"start"}'
CHECKED = STATUS + b" *" + b"%04X"


def crc(data: bytes) -> int:
    """CRC-16/CCITT-FALSE by its definition, bit by bit."""
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return value


def read(*chunks: bytes, pump: str = "p1") -> tuple[list[str], list[BadLine]]:
    reader = LineReader(pump)
    kinds: list[str] = []
    bad: list[BadLine] = []
    for chunk in chunks:
        reader.feed(chunk)
        while reader.has_lines:
            items, refused = reader.read(512)
            assert {named for named, _ in items} <= {pump}
            kinds += [type(said).__name__ for _, said in items]
            bad += refused
    return kinds, bad


def causes(*chunks: bytes) -> list[str]:
    return [line.cause for line in read(*chunks)[1]]


def test_the_definition_of_the_check_gives_its_published_value() -> None:
    assert crc(b"123456789") == 0x29B1


def test_lines_become_observations_of_the_enrolled_pump() -> None:
    assert read(STATUS + b"\n" + ALARM + b"\n") == ([StatusObserved.__name__, AlarmObserved.__name__], [])


def test_a_right_check_is_accepted_in_either_case() -> None:
    line = CHECKED % crc(STATUS)
    assert read(line + b"\n" + line[:-4] + line[-4:].lower() + b"\r\n")[1] == []


@pytest.mark.parametrize("digits", [b"0000", b"00G0", b"-001", b"    "])
def test_a_wrong_check_is_refused(digits: bytes) -> None:
    assert causes(STATUS + b" *" + digits + b"\n") == ["checksum"]


def test_a_damaged_object_is_caught_by_its_check() -> None:
    line = CHECKED % crc(STATUS)
    assert causes(line.replace(b"delivering", b"delivehing") + b"\n") == ["checksum"]


def test_a_pump_id_that_is_not_enrolled_here_is_refused() -> None:
    named = json.dumps(json.loads(STATUS) | {"pump": "p1"}).encode()
    assert read(named + b"\n", pump="p1")[1] == []
    (bad,) = read(named + b"\n", pump="p2")[1]
    assert bad.cause == "wrong-pump"


def test_carriage_returns_and_empty_lines_are_tolerated() -> None:
    assert read(b"\r\n\n  \n" + STATUS + b"\r\n") == (["StatusObserved"], [])


def test_each_refusal_has_its_place() -> None:
    bad = read(STATUS + b"\nnonsense\n" + ALARM + b"\n{}\n")[1]
    first = len(STATUS) + 1
    second = first + len(b"nonsense\n") + len(ALARM) + 1
    assert [(line.number, line.position, line.cause) for line in bad] == [
        (2, first, "not-json"),
        (4, second, "missing-field"),
    ]
    assert bad[0].raw == b"nonsense"


def test_a_line_that_is_too_long_is_refused_once_and_costs_no_other() -> None:
    endless = b"A" * (10 * LINE_MAX_BYTES)
    kinds, bad = read(STATUS + b"\n", *[endless] * 5, b"\n" + ALARM + b"\nx\n")
    assert kinds == ["StatusObserved", "AlarmObserved"]
    assert [line.cause for line in bad] == ["too-long", "not-json"]
    end_of_endless = len(STATUS) + 1 + 5 * len(endless) + 1
    assert bad[1].position == end_of_endless + len(ALARM) + 1
    assert bad[1].number == 4


def test_an_object_that_is_too_long_is_refused_though_it_ends_well() -> None:
    long = STATUS[:-1] + b',"x":"' + b"y" * PAYLOAD_MAX_BYTES + b'"}'
    assert causes(long + b"\n") == ["too-long"]


def test_the_longest_payload_with_its_check_is_read() -> None:
    head = STATUS[:-1] + b',"x":"'
    payload = head + b"y" * (PAYLOAD_MAX_BYTES - len(head) - 2) + b'"}'
    assert read(payload + b" *%04X" % crc(payload) + b"\r\n") == (["StatusObserved"], [])


@settings(deadline=None)
@given(st.lists(st.integers(1, 80), max_size=15))
def test_splitting_anywhere_gives_the_same_lines(cuts: list[int]) -> None:
    stream = STATUS + b"\nnoise\n" + (CHECKED % crc(STATUS)) + b"\n\n" + ALARM + b"\r\n{half"
    chunks, at = [], 0
    for cut in cuts:
        chunks.append(stream[at : at + cut])
        at += cut
    assert read(*chunks, stream[at:]) == read(stream)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=6000), max_size=20))
def test_no_flood_grows_the_buffer_and_the_next_line_is_read(flood: list[bytes]) -> None:
    reader = LineReader("p1")
    for junk in flood:
        reader.feed(junk)
        assert reader.waiting_bytes <= LINE_MAX_BYTES + 1
        while reader.has_lines:
            reader.read(512)
    reader.feed(b"\n" + STATUS + b"\n")
    assert [type(said).__name__ for _, said in reader.read(512)[0]] == ["StatusObserved"]


def test_no_more_lines_are_taken_at_once_than_asked_for() -> None:
    reader = LineReader("p1")
    reader.feed((STATUS + b"\n") * 10)
    assert [len(reader.read(4)[0]) for _ in range(4)] == [4, 4, 2, 0]
