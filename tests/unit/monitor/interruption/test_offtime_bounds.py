"""What the clock shows at one instant: the whole of the bounds, and from when silence counts."""

from __future__ import annotations

import pytest

from clock_parts import SILENCE_US, THERAPY, ended, group_of, minute
from monitor.interruption.offtime import (
    Bounds,
    Fold,
    OpenStop,
    Stop,
    bounds,
    group_bounds,
    is_silent,
    joined,
    known_until_us,
)
from monitor.interruption.why import Why


@pytest.mark.parametrize(
    ("fold", "expected"),
    [
        (Fold(), 0),
        (Fold(stop=OpenStop(5, certain_to_us=9)), 0),
        (Fold(last_flow_us=7), 7),
        (Fold(last_flow_us=0, stop=OpenStop(0)), 0),
        (Fold(last_flow_us=7, stop=OpenStop(7)), 7),
        (Fold(last_flow_us=7, stop=OpenStop(7, 8, 9)), 9),
        (Fold(last_flow_us=7, stop=OpenStop(7, run_us=12)), 12),
        (Fold(last_flow_us=7, stop=OpenStop(7, 8, 9, 12)), 12),
        (Fold(last_flow_us=7, stop=OpenStop(7, 8, 9, 8)), 9),
        (Fold(last_flow_us=7, stop=OpenStop(3, 4, 5, 6)), 7),
    ],
)
def test_the_clock_knows_until_the_last_instant_at_which_something_was_seen(fold: Fold, expected: int) -> None:
    assert known_until_us(fold) == expected


def test_evidence_exactly_at_the_limit_is_in_time() -> None:
    flowing = Fold(flow_from_us=0, last_flow_us=minute(0))
    assert not is_silent(flowing, minute(0) + SILENCE_US, THERAPY)
    assert is_silent(flowing, minute(0) + SILENCE_US + 1, THERAPY)


def test_neither_an_open_stop_nor_a_therapy_that_has_not_begun_is_silence() -> None:
    late_us = minute(600)
    assert not is_silent(Fold(), late_us, THERAPY)
    assert not is_silent(Fold(last_flow_us=minute(0), stop=OpenStop(minute(0))), late_us, THERAPY)


def test_where_it_flows_and_no_stop_was_there_is_no_interruption() -> None:
    assert bounds(Fold(), minute(600), THERAPY) is None
    assert bounds(Fold(flow_from_us=0, last_flow_us=minute(0)), minute(1), THERAPY) is None


def test_silence_is_an_interruption_from_the_last_flow_of_which_nothing_is_certain() -> None:
    silent = Fold(flow_from_us=0, last_flow_us=minute(0), checked_us=minute(0))
    whys = (Why.FLOW_CHECKED, Why.UNKNOWN, Why.UNKNOWN, Why.UNKNOWN)
    stop = Stop(minute(0), None, None, minute(20), 0, minute(20) - minute(0), whys, is_silence=True)
    assert bounds(silent, minute(20), THERAPY) == Bounds(
        opened_us=minute(0),
        min_us=0,
        max_us=minute(20) - minute(0),
        longest_min_us=0,
        stops=1,
        is_max_running=True,
        is_silence_only=True,
        flow_us=None,
        is_flow_claimed=False,
        listed=(stop,),
        counts_from_us=minute(0),
    )


def test_an_open_stop_counts_on_after_the_stops_before_it() -> None:
    first = ended(100, 130)
    stop = OpenStop(150, 160, 175, earliest_why=Why.LATENCY, latest_why=Why.STOP_SAID, ran_least_us=4)
    fold = Fold(last_flow_us=150, group=group_of(first), stop=stop)
    shown = Stop(150, 160, 175, 200, 15, 46, (Why.LATENCY, Why.STOP_SAID, Why.UNKNOWN, Why.UNKNOWN), 4)
    assert bounds(fold, 200, THERAPY) == Bounds(
        opened_us=100,
        min_us=45,
        max_us=76,
        longest_min_us=30,
        stops=2,
        is_max_running=True,
        is_silence_only=False,
        flow_us=None,
        is_flow_claimed=False,
        listed=(first, shown),
        counts_from_us=150 + 4 - 30,
    )
    alone = bounds(Fold(last_flow_us=150, stop=stop), 200, THERAPY)
    assert alone is not None
    assert (alone.opened_us, alone.max_us, alone.stops, alone.counts_from_us) == (150, 46, 1, 154)


@pytest.mark.parametrize(
    ("stop", "is_claimed"),
    [
        (OpenStop(150), False),
        (OpenStop(150, run_us=160), True),
        (OpenStop(150, is_flow_claimed=True), True),
    ],
)
def test_a_run_event_or_any_claim_of_flow_is_told_as_one(stop: OpenStop, *, is_claimed: bool) -> None:
    shown = bounds(Fold(last_flow_us=150, stop=stop), 200, THERAPY)
    assert shown is not None
    assert shown.is_flow_claimed is is_claimed


def test_silence_after_a_person_saw_it_running_counts_on_where_the_longer_silence_stood() -> None:
    seen = (Why.FLOW_SEEN, Why.UNKNOWN, Why.UNKNOWN, Why.PERSON_SAW_FLOW)
    before = Stop(minute(0), None, None, minute(40), 0, minute(40) - minute(0), seen, is_silence=True)
    fold = Fold(flow_from_us=minute(40), last_flow_us=minute(40), checked_us=minute(40), group=group_of(before))
    shown = bounds(fold, minute(60), THERAPY)
    assert shown is not None
    assert shown.max_us == minute(40) - minute(0)
    assert shown.counts_from_us == minute(40), "the two are alternatives: the second counts by itself"
    assert bounds(fold, minute(90), THERAPY) == Bounds(
        opened_us=minute(0),
        min_us=0,
        max_us=minute(90) - minute(40),
        longest_min_us=0,
        stops=2,
        is_max_running=True,
        is_silence_only=True,
        flow_us=None,
        is_flow_claimed=False,
        listed=(
            before,
            Stop(
                minute(40),
                None,
                None,
                minute(90),
                0,
                minute(90) - minute(40),
                (Why.FLOW_CHECKED, Why.UNKNOWN, Why.UNKNOWN, Why.UNKNOWN),
                is_silence=True,
            ),
        ),
        counts_from_us=minute(40),
    )


def test_an_interruption_whose_stops_have_ended_stands_still() -> None:
    first, second = ended(100, 130, min_us=20), ended(150, 160)
    group = joined(group_of(first), second)
    expected = Bounds(
        opened_us=100,
        min_us=30,
        max_us=40,
        longest_min_us=20,
        stops=2,
        is_max_running=False,
        is_silence_only=False,
        flow_us=160,
        is_flow_claimed=True,
        listed=(first, second),
    )
    assert group_bounds(group) == expected
    assert bounds(Fold(flow_from_us=160, last_flow_us=170, group=group), 180, THERAPY) == expected
