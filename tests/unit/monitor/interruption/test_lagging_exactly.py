"""What is summed of a lagging counter, to its last microlitre and microsecond: edges, parts of a run, what is kept."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clock_parts import THERAPY, flow, group_of, minute, read
from monitor.interruption.evidence import Evidence
from monitor.interruption.lagging import lags, lags_in_sum, parted_where_it_lags, slowed
from monitor.interruption.offtime import Fold, Stop
from monitor.interruption.policy import HOUR_US, MINUTE_US
from monitor.interruption.reading import MARGIN_US, Motion, Reading, after
from monitor.interruption.samples import packed
from monitor.interruption.why import Why

replace = msgspec.structs.replace

LAST = read(minute(9), 1600, kept_us=minute(0), kept_ul=1000)
SLOW = Fold(flow_from_us=minute(-40), last_flow_us=minute(9), reading=LAST)

WHOLE = replace(THERAPY, min_rate_fraction=1.0)
EXACT = Reading(minute(9), minute(9), Motion.FLOWING, 1000, None, 1, 0, minute(0), 1000)
"""At a microlitre an hour, all of it due, a lag is of as many microseconds as it is units."""

EXACT_FOLD = Fold(flow_from_us=minute(0), last_flow_us=minute(9), reading=EXACT)


def run(reports: list[tuple[int, int]], **changes: Any) -> Evidence:
    """Return a run of these reports."""
    (first_us, first_ul), (last_us, last_ul) = reports[0], reports[-1]
    fields = {"to_us": last_us, "counter_ul": first_ul, "counter_to_ul": last_ul, "read_to_us": last_us}
    return flow(first_us, **{**fields, "samples": packed([*reports]), **changes})


def part(reports: list[tuple[int, int]], kept: tuple[int, int], **changes: Any) -> Evidence:
    """Return a part of a run, told as it is kept: since when its counter was there, and since when it lags most."""
    kept_us, kept_ul = kept
    return run(reports, still_us=reports[-1][0], kept_us=kept_us, kept_ul=kept_ul, **changes)


def test_both_parts_of_a_run_are_told_whole() -> None:
    reports = [(minute(10), 1660), (minute(11), 1720), (minute(12), 1770), (minute(13), 1820)]
    assert parted_where_it_lags(SLOW, run(reports), THERAPY) == (
        part(reports[:2], reports[0]),
        part(reports[2:], reports[2]),
    )


def test_a_run_that_begins_where_the_counter_was_is_parted_once_it_moves() -> None:
    # By itself a counter that stands is no lag of the sum yet; with the next step it is.
    reports = [(minute(10), 1600), (minute(11), 1660), (minute(12), 1735)]
    assert parted_where_it_lags(SLOW, run(reports), THERAPY) == (
        part(reports[:1], reports[0]),
        part(reports[1:], reports[2]),
    )


@pytest.mark.parametrize(("early_us", "is_parted"), [(0, True), (1, False)])
def test_a_run_that_begins_behind_by_the_least_there_is_is_behind(early_us: int, *, is_parted: bool) -> None:
    first, second = minute(0) + HOUR_US + 1 - early_us, minute(0) + 2 * HOUR_US + MARGIN_US + 1
    _, rest = parted_where_it_lags(EXACT_FOLD, run([(first, 1001), (second, 1002)], rate_ul_per_h=1), WHOLE)
    assert (rest is not None) is is_parted


@pytest.mark.parametrize(("early_us", "is_parted"), [(0, True), (1, False)])
def test_a_report_in_a_run_that_is_behind_by_the_least_there_is_is_behind(early_us: int, *, is_parted: bool) -> None:
    first, second = minute(0) + HOUR_US + 5, minute(0) + 2 * HOUR_US + 1 - early_us
    third = minute(0) + 3 * HOUR_US + MARGIN_US + 1
    reports = [(first, 1001), (second, 1002), (third, 1003)]
    _, rest = parted_where_it_lags(EXACT_FOLD, run(reports, rate_ul_per_h=1), WHOLE)
    assert (None if rest is None else rest.at_us) == (third if is_parted else None)


@pytest.mark.parametrize(("late_us", "kept"), [(1, (minute(0), 1000)), (0, (minute(0) + HOUR_US, 1001))])
def test_the_least_lag_there_is_is_summed_from_where_it_began(late_us: int, kept: tuple[int, int]) -> None:
    now = flow(minute(0) + HOUR_US + late_us, counter_ul=1001, rate_ul_per_h=1, step_ul=0)
    left = after(EXACT, now, WHOLE, is_unbroken=True)
    assert left is not None
    assert (left.kept_us, left.kept_ul) == kept


def test_a_counter_that_stands_lags_in_its_gap_and_not_in_the_sum() -> None:
    now = flow(minute(14), counter_ul=1600)
    assert lags(SLOW, now, THERAPY)
    assert lags_in_sum(SLOW, now, THERAPY) is None


def test_the_bag_was_not_read_when_the_counter_had_kept_up() -> None:
    fold = replace(SLOW, reading=replace(LAST, remaining_ul=50_000))
    kept = replace(LAST, at_us=minute(0), still_us=minute(0), counter_ul=1000)
    assert lags_in_sum(fold, flow(minute(10), counter_ul=1637), THERAPY) == kept


def test_a_slow_stretch_is_a_stop_of_its_whole_length() -> None:
    kept = replace(LAST, at_us=minute(0), still_us=minute(0), counter_ul=1000)
    whys = (Why.COUNTER_SLOW, Why.UNKNOWN, Why.UNKNOWN, Why.COUNTER_SLOW)
    stop = Stop(minute(0), None, None, minute(10), 0, 10 * MINUTE_US, whys)
    assert slowed(SLOW, kept, flow(minute(10), to_us=minute(11)), THERAPY) == Fold(
        flow_from_us=minute(10), last_flow_us=minute(11), group=group_of(stop), reading=LAST, bridged_us=minute(10)
    )


@pytest.mark.parametrize("motion", [Motion.STANDING, Motion.DOUBTFUL, Motion.UNREAD])
def test_nothing_is_summed_on_from_a_reading_that_was_not_of_flow(motion: Motion) -> None:
    left = after(replace(LAST, motion=motion), flow(minute(10), counter_ul=1660), THERAPY, is_unbroken=True)
    assert left == read(minute(10), 1660)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (LAST, flow(minute(10), counter_ul=90)),
        (LAST, flow(minute(10), counter_ul=None, counter_to_ul=1660, remaining_ul=7, remaining_to_ul=None)),
        (replace(LAST, counter_ul=None), flow(minute(10), counter_ul=1660)),
    ],
    ids=["went back", "first report untold", "last report untold"],
)
def test_nothing_is_summed_on_over_a_counter_that_was_not_told_or_went_back(before: Reading, now: Evidence) -> None:
    left = after(before, now, THERAPY, is_unbroken=True)
    assert left is not None
    assert (left.kept_us, left.kept_ul) == (minute(10), left.counter_ul)


def test_a_stretch_at_one_value_lags_most_since_it_began() -> None:
    stretch = flow(minute(10), to_us=minute(12), counter_ul=1660, counter_to_ul=1660, read_to_us=minute(12))
    left = after(None, stretch, THERAPY)
    assert left == Reading(minute(12), minute(12), Motion.FLOWING, 1660, None, 5000, 100, minute(10), 1660)


@pytest.mark.parametrize(("ul", "kept"), [(75, (minute(11), 1075)), (74, (minute(10), 1000))])
def test_a_stretch_that_keeps_up_exactly_is_summed_from_its_end(ul: int, kept: tuple[int, int]) -> None:
    stretch = flow(minute(10), to_us=minute(11), counter_ul=1000, counter_to_ul=1000 + ul, read_to_us=minute(11))
    left = after(None, stretch, THERAPY)
    assert left is not None
    assert (left.kept_us, left.kept_ul) == kept
