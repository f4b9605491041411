"""The packed reports of a run: what comes back is what went in, as far back as is kept."""

from __future__ import annotations

import pytest

from monitor.interruption.samples import KEPT, Sample, added, packed, unpacked


def test_reports_come_back_with_their_instants_and_counters() -> None:
    reports: list[Sample] = [(1_000_000, 100), (61_000_000, 183), (61_000_000, 183), (400_000_001, 600)]
    assert unpacked(packed(reports), reports[-1]) == reports


def test_a_run_of_one_report_needs_no_way() -> None:
    assert packed([(5, 7)]) == b""
    assert unpacked(b"", (5, 7)) == [(5, 7)]


def test_only_the_last_ways_are_kept() -> None:
    reports: list[Sample] = [(minute * 60_000_000, minute) for minute in range(KEPT + 10)]
    found = unpacked(packed(reports), reports[-1])
    assert found == reports[-KEPT - 1 :]
    assert len(packed(reports)) == 7 * KEPT


@pytest.mark.parametrize("moved_ul", [-1, 0xFFFE, 0xFFFF, 70_000])
def test_a_movement_that_does_not_fit_leaves_the_counters_before_it_unknown(moved_ul: int | None) -> None:
    ways = added(added(b"", 10, 3), 20, moved_ul)
    assert unpacked(ways, (100, 50)) == [(70, None), (80, None), (100, 50)]


@pytest.mark.parametrize("moved_ul", [0, 0xFFFD])
def test_the_largest_movement_that_fits_is_kept(moved_ul: int) -> None:
    assert unpacked(added(b"", 10, moved_ul), (100, 0xFFFF)) == [(90, 0xFFFF - moved_ul), (100, 0xFFFF)]


def test_an_unknown_counter_is_unknown_before_as_well() -> None:
    reports: list[Sample] = [(0, 5), (10, None), (20, 9)]
    assert unpacked(packed(reports), (20, 9)) == [(0, None), (10, None), (20, 9)]
    assert unpacked(packed([(0, 5), (10, 6)]), (10, None)) == [(0, None), (10, None)]


def test_before_the_first_counter_that_was_told_none_is_known() -> None:
    reports: list[Sample] = [(0, None), (10, 5), (20, 6)]
    assert unpacked(packed(reports), (20, 6)) == reports


@pytest.mark.parametrize("apart_us", [-1, 1 << 40])
def test_a_way_that_does_not_fit_forgets_what_lies_before_it(apart_us: int) -> None:
    assert added(b"x" * 7, apart_us, 1) == b""


@pytest.mark.parametrize("apart_us", [0, (1 << 40) - 1])
def test_the_longest_and_the_shortest_way_fit(apart_us: int) -> None:
    assert unpacked(added(b"", apart_us, 2), (1 << 41, 2)) == [((1 << 41) - apart_us, 0), (1 << 41, 2)]
