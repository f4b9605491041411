"""Infusion data in the log: raw entries are never events, and a torn block hides no event."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.serial_pump.protocols.zyno_blocks import BlockReader, InfusionData
from drivers.serial_pump.protocols.zyno_log import LogEntry
from drivers.serial_pump.protocols.zyno_time import from_counter
from zyno_pump import data_block, entry

CLOCK = from_counter(5000)
RAW_RUN = "01" + "00" * 15
"""A raw entry whose first byte would read as "run"."""


def read(*entries: str, is_start_known: bool = True) -> list[LogEntry | InfusionData]:
    reader = BlockReader(is_start_known=is_start_known)
    return [
        item for index, each in enumerate(entries) for item in reader.feed(LogEntry(index, bytes.fromhex(each)), CLOCK)
    ]


def kinds(*entries: str, is_start_known: bool = True) -> list[int | str]:
    items = read(*entries, is_start_known=is_start_known)
    return ["data" if isinstance(item, InfusionData) else item.type_number for item in items]


def test_a_short_block_tells_programme_and_rate() -> None:
    assert read(*data_block(100, 5.0, programme=3)) == [InfusionData(1, 5.0)]


def test_a_long_block_tells_no_rate() -> None:
    block = [entry(0, 100, 0x0100), *[RAW_RUN] * 16, entry(0, 100, 0x0200)]
    assert read(*block) == [InfusionData(None, None)]


def test_raw_entries_are_never_events() -> None:
    block = [entry(0, 100, 0x0100), RAW_RUN, RAW_RUN, entry(0, 100, 0x0200)]
    assert kinds(*block, entry(2, 120)) == ["data", 2]


def test_a_torn_block_hides_no_event() -> None:
    assert kinds(entry(0, 100, 0x0100), RAW_RUN, entry(9, 130, 2), entry(2, 131)) == [9, 2]
    assert kinds(entry(0, 100, 0x0100), entry(9, 130, 2)) == [9]


def test_a_block_that_never_ends_is_given_up() -> None:
    surplus = [RAW_RUN] * 20
    assert kinds(entry(0, 100, 0x0100), *surplus)[:1] == [1]
    assert len(kinds(entry(0, 100, 0x0100), *surplus)) == 4


def test_an_end_without_a_begin_is_no_event() -> None:
    assert kinds(entry(0, 100, 0x0200), entry(1, 120)) == [1]


@pytest.mark.parametrize("raw_count", [1, 2, 16])
def test_reading_that_starts_inside_a_block_reads_no_raw_entry(raw_count: int) -> None:
    inside = [RAW_RUN] * raw_count
    assert kinds(*inside, entry(0, 100, 0x0200), entry(1, 120), is_start_known=False) == [1]


def test_reading_that_starts_between_blocks_loses_nothing() -> None:
    assert kinds(entry(1, 120), entry(2, 130), is_start_known=False) == [1, 2]


def test_two_blocks_in_a_row_are_two() -> None:
    assert read(*data_block(100, 5.0), *data_block(110, 10.0)) == [InfusionData(0, 5.0), InfusionData(0, 10.0)]


@settings(deadline=None)
@given(st.floats(0, 1000, width=32), st.integers(2, 4), st.integers(0, 2**28 - 10))
def test_no_rate_and_no_time_makes_a_block_unreadable(rate_ml_per_h: float, programme: int, seconds: int) -> None:
    reader, clock = BlockReader(is_start_known=True), from_counter(seconds + 5)
    items = [
        item
        for index, each in enumerate(data_block(seconds, rate_ml_per_h, programme))
        for item in reader.feed(LogEntry(index, bytes.fromhex(each)), clock)
    ]
    assert items == [InfusionData(programme - 2, rate_ml_per_h)]
