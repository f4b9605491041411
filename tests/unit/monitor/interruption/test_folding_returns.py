"""Flow after a stop: when it is borne out, what a counter that stood or moved says of the stop that ends."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clock_parts import SILENCE_US, STEP_US, THERAPY, flow, group_of, minute, read
from monitor.interruption.folding import apply
from monitor.interruption.lookahead import NOTHING_AHEAD, Ahead
from monitor.interruption.offtime import Fold, OpenStop, Stop, finished
from monitor.interruption.policy import HOUR_US, MINUTE_US
from monitor.interruption.reading import Motion, Reading
from monitor.interruption.why import Why

replace = msgspec.structs.replace
STOOD = OpenStop(minute(0), minute(1), minute(2), latest_why=Why.STOP_SAID, certain_why=Why.STANDING_SEEN)
READ = read(minute(2), 1000, Motion.STANDING)
STOPPED = Fold(flow_from_us=minute(-20), last_flow_us=minute(0), stop=STOOD, reading=READ)
CLOSED = Ahead(windows=((minute(30), minute(31)),))
"""A line that was closed somewhere in the gaps of these tests."""


def with_stop(fold: Fold, **changes: Any) -> Fold:
    assert fold.stop is not None
    return replace(fold, stop=replace(fold.stop, **changes))


def after(stop: Stop, last_us: int, reading: Reading | None, **changes: Any) -> Fold:
    fields: dict[str, Any] = {"flow_from_us": stop.resume_latest_us, "last_flow_us": last_us, "reading": reading}
    return Fold(**{**fields, "group": group_of(stop), **changes})


def test_flow_that_was_held_up_for_longer_than_silence_may_last_is_a_claim() -> None:
    bare = replace(STOPPED, reading=None)
    claim = flow(minute(3), unsure_us=SILENCE_US + 1, counter_ul=1100)
    assert apply(bare, claim, THERAPY) == with_stop(bare, is_flow_claimed=True)
    by_us = minute(3) + SILENCE_US
    confirmed = apply(bare, flow(minute(3), unsure_us=SILENCE_US), THERAPY)
    assert confirmed == after(finished(STOOD, by_us, Why.FLOW_CONFIRMED), minute(3), None)


@pytest.mark.parametrize("reading", [READ, read(minute(0))])
def test_flow_with_a_counter_that_stands_is_a_claim_and_leaves_the_last_reading(reading: Reading) -> None:
    fold = replace(STOPPED, reading=reading)
    assert apply(fold, flow(minute(3), counter_ul=1000), THERAPY) == with_stop(fold, is_flow_claimed=True)


@pytest.mark.parametrize(
    ("before", "counter_ul", "reading"),
    [
        (None, 1000, read(minute(3))),
        (read(minute(2), None, Motion.STANDING, remaining_ul=5), 1000, read(minute(3))),
        (READ, 0, read(minute(3), 0)),
        (
            read(minute(2), 0, Motion.UNREAD, rate_ul_per_h=None),
            0,
            read(minute(2), 0, Motion.UNREAD, rate_ul_per_h=None),
        ),
    ],
)
def test_a_counter_that_cannot_bear_flow_out_is_read_where_it_is_new(
    before: Reading | None, counter_ul: int, reading: Reading
) -> None:
    fold = replace(STOPPED, reading=before)
    claimed = replace(with_stop(fold, is_flow_claimed=True), reading=reading)
    assert apply(fold, flow(minute(3), counter_ul=counter_ul), THERAPY) == claimed


def test_flow_without_a_counter_ends_the_stop_where_there_is_none() -> None:
    fold = replace(STOPPED, reading=None)
    ended = finished(STOOD, minute(3), Why.FLOW_CONFIRMED)
    assert apply(fold, flow(minute(3), to_us=minute(5)), THERAPY) == after(ended, minute(5), None)


def test_flow_that_the_counter_bears_out_later_ends_the_stop_then() -> None:
    later = flow(
        minute(3), to_us=minute(9), counter_ul=1000, counter_to_ul=1500, moved_us=minute(4), read_to_us=minute(9)
    )
    ended = finished(STOOD, minute(4), Why.FLOW_CONFIRMED)
    assert apply(STOPPED, later, THERAPY) == after(ended, minute(9), read(minute(9), 1500))


HALF_US = 30 * MINUTE_US
"""How long the counter says that it ran, give or take a step."""


def test_the_counter_dates_the_return_of_flow_and_the_last_of_the_stop() -> None:
    stop = replace(STOOD, certain_to_us=minute(62) - HALF_US - STEP_US, certain_why=Why.COUNTER)
    ended = finished(stop, minute(62) - HALF_US + STEP_US, Why.COUNTER)
    expected = after(ended, minute(63), read(minute(62), 3500), bridged_us=minute(62))
    assert apply(STOPPED, flow(minute(62), to_us=minute(63), counter_ul=3500), THERAPY) == expected


def test_the_bag_dates_it_with_its_wider_error() -> None:
    fold = replace(STOPPED, reading=read(minute(2), None, Motion.STANDING, remaining_ul=50_000))
    error_us = int(HOUR_US * THERAPY.bag_error_fraction)
    stop = replace(STOOD, certain_to_us=minute(62) - HALF_US - error_us, certain_why=Why.BAG)
    ended = finished(stop, minute(62) - HALF_US + error_us, Why.BAG)
    reading = read(minute(62), None, still_us=minute(2), remaining_ul=47_500)
    expected = after(ended, minute(62), reading, bridged_us=minute(62))
    assert apply(fold, flow(minute(62), remaining_ul=47_500), THERAPY) == expected


@pytest.mark.parametrize(
    ("blind_us", "ahead"), [(minute(2) + 1, NOTHING_AHEAD), (0, Ahead(windows=((minute(61), minute(62)),)))]
)
def test_over_a_closed_line_the_counter_only_makes_the_stop_less_certain(blind_us: int, ahead: Ahead) -> None:
    claimed = replace(STOOD, certain_to_us=minute(50))
    fold = replace(STOPPED, stop=claimed, blind_to_us=blind_us)
    ended = finished(replace(claimed, ran_most_us=HALF_US + STEP_US - 12 * MINUTE_US), minute(62), Why.FLOW_CONFIRMED)
    expected = after(ended, minute(62), read(minute(62), 3500), blind_to_us=blind_us)
    assert apply(fold, flow(minute(62), counter_ul=3500), THERAPY, ahead) == expected


SILENCE = OpenStop(minute(0), run_us=minute(20), is_flow_claimed=True, is_silence=True)
"""A silence in which the pump then said that it runs."""
SILENT = Fold(flow_from_us=minute(-20), last_flow_us=minute(0), stop=SILENCE, reading=read(minute(0)))


def test_a_counter_that_ran_throughout_leaves_nothing_of_a_silence() -> None:
    flows = Fold(minute(-20), minute(63), reading=read(minute(60), 6000), bridged_us=minute(60))
    assert apply(SILENT, flow(minute(60), to_us=minute(63), counter_ul=6000), THERAPY) == flows


def test_the_bag_leaves_nothing_of_a_silence_in_which_it_went_down_as_it_should() -> None:
    fold = replace(SILENT, reading=read(minute(0), None, remaining_ul=50_000))
    reading = read(minute(60), None, still_us=minute(0), remaining_ul=45_000)
    flows = Fold(minute(-20), minute(60), reading=reading, bridged_us=minute(60))
    assert apply(fold, flow(minute(60), remaining_ul=45_000), THERAPY) == flows


@pytest.mark.parametrize(
    ("changes", "reading", "ahead"),
    [
        ({"is_silence": False}, read(minute(0)), NOTHING_AHEAD),
        ({"is_doubted": True}, read(minute(0)), NOTHING_AHEAD),
        ({}, read(minute(0) + 1), NOTHING_AHEAD),
        ({}, read(minute(0)), CLOSED),
        ({"is_doubted": True}, read(minute(0)), CLOSED),
    ],
)
def test_anything_that_speaks_against_flow_beside_the_silence_keeps_the_stop(
    changes: dict[str, Any], reading: Reading, ahead: Ahead
) -> None:
    fold = replace(with_stop(SILENT, **changes), reading=reading)
    ended = finished(replace(SILENCE, **changes), minute(60), Why.FLOW_CONFIRMED)
    found = apply(fold, flow(minute(60), counter_ul=6000), THERAPY, ahead)
    assert found == after(ended, minute(60), read(minute(60), 6000))


def test_a_silence_that_the_counter_does_not_fill_stays() -> None:
    ended = finished(SILENCE, minute(60), Why.FLOW_CONFIRMED)
    found = apply(SILENT, flow(minute(60), counter_ul=3500), THERAPY)
    assert found == after(ended, minute(60), read(minute(60), 3500))


STALLED = Fold(
    flow_from_us=minute(-20),
    last_flow_us=minute(5),
    stop=OpenStop(minute(0), is_flow_claimed=True, earliest_why=Why.COUNTER_STOOD, is_counter_still=True),
    reading=read(minute(10), still_us=minute(0)),
)
"""Delivering, it says, with a counter that was last seen to move at minute 0."""


def test_a_stalled_counter_that_moves_again_says_how_long_it_stood() -> None:
    whys = (Why.COUNTER_STOOD, Why.COUNTER, Why.COUNTER, Why.FLOW_CONFIRMED)
    stop = Stop(minute(0), None, None, minute(60), HALF_US - STEP_US, HALF_US + STEP_US, whys)
    expected = after(stop, minute(61), read(minute(60), 3500), bridged_us=minute(60))
    assert apply(STALLED, flow(minute(60), to_us=minute(61), counter_ul=3500), THERAPY) == expected


def test_a_counter_that_was_reset_since_leaves_it_to_the_bag() -> None:
    fold = replace(STALLED, reading=read(minute(10), still_us=minute(0), remaining_ul=50_000))
    error_us = int(HOUR_US * THERAPY.bag_error_fraction)
    whys = (Why.COUNTER_STOOD, Why.BAG, Why.BAG, Why.FLOW_CONFIRMED)
    stop = Stop(minute(0), None, None, minute(60), HALF_US - error_us, HALF_US + error_us, whys)
    expected = after(stop, minute(60), read(minute(60), 5, remaining_ul=47_500), bridged_us=minute(60))
    assert apply(fold, flow(minute(60), counter_ul=5, remaining_ul=47_500), THERAPY) == expected


def test_a_stalled_counter_without_a_witness_lasts_until_flow_is_confirmed() -> None:
    assert STALLED.stop is not None
    claimed = finished(STALLED.stop, minute(60), Why.FLOW_CONFIRMED)
    assert apply(STALLED, flow(minute(60), counter_ul=5), THERAPY) == after(claimed, minute(60), read(minute(60), 5))
    closed = apply(STALLED, flow(minute(60), counter_ul=3500), THERAPY, CLOSED)
    assert closed == after(claimed, minute(60), read(minute(60), 3500))


@pytest.mark.parametrize(
    "ahead", [Ahead(windows=((minute(-1), minute(0)),)), Ahead(windows=((minute(60), minute(61)),))]
)
def test_a_line_that_was_closed_before_or_after_leaves_the_witness(ahead: Ahead) -> None:
    found = apply(STALLED, flow(minute(60), counter_ul=3500), THERAPY, ahead)
    assert found == apply(STALLED, flow(minute(60), counter_ul=3500), THERAPY)
