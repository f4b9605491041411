"""What confirmed flow does: when it is borne out, when it returned at the earliest, what it ends."""

from __future__ import annotations

import msgspec
import pytest

from clock_parts import MERGE_US, THERAPY, ended, flow, group_of, minute, read
from monitor.interruption.evidence import Evidence
from monitor.interruption.offtime import Fold, Group, OpenStop, finished, joined
from monitor.interruption.policy import SECOND_US
from monitor.interruption.reading import Motion, Ran, Reading
from monitor.interruption.resuming import (
    Confirmed,
    confirm,
    confirmed_at,
    moved_inside,
    narrowed_resume,
    resumed,
    settle,
)
from monitor.interruption.why import Why

replace = msgspec.structs.replace

STOOD = OpenStop(70, 80, 100, certain_why=Why.STANDING_SEEN)
"""Last seen standing at 100."""


def ran(at_least_us: int, at_most_us: int, *, by_counter: bool = True) -> Ran:
    return Ran(at_least_us, at_most_us, span_us=1000, by_counter=by_counter)


@pytest.mark.parametrize(
    ("stop", "least_us", "expected"),
    [
        (STOOD, 100, STOOD),
        (STOOD, 101, replace(STOOD, ran_least_us=1, ran_most_us=20)),
        (replace(STOOD, ran_least_us=3, ran_most_us=4), 101, replace(STOOD, ran_least_us=4, ran_most_us=24)),
        (replace(STOOD, run_us=150), 51, replace(STOOD, run_us=150, ran_least_us=1, ran_most_us=70)),
        (replace(STOOD, run_us=90), 101, replace(STOOD, run_us=90, ran_least_us=1, ran_most_us=20)),
        (OpenStop(70, run_us=150), 51, OpenStop(70, run_us=150, ran_least_us=1, ran_most_us=70)),
        (OpenStop(70), 120, OpenStop(70)),
    ],
)
def test_what_the_motor_ran_beyond_the_time_since_it_stood_it_ran_inside(
    stop: OpenStop, least_us: int, expected: OpenStop
) -> None:
    assert moved_inside(stop, flow(200), ran(least_us, 120), is_blind=False) == expected


def test_over_a_closed_line_it_is_only_less_certain_that_it_stood() -> None:
    inside = moved_inside(STOOD, flow(200), ran(101, 120), is_blind=True)
    assert inside == replace(STOOD, ran_least_us=0, ran_most_us=20)
    assert moved_inside(STOOD, flow(200), ran(100, 120), is_blind=True) == STOOD


def narrowed(stop: OpenStop, found: Ran, confirmed_us: int = 200) -> tuple[OpenStop, Confirmed]:
    return narrowed_resume(stop, flow(200), found, Confirmed(confirmed_us, Why.RUN_SAID))


def test_the_counter_says_when_flow_returned_and_until_when_it_stood() -> None:
    assert narrowed(STOOD, ran(40, 60)) == (
        replace(STOOD, certain_to_us=140, certain_why=Why.COUNTER),
        Confirmed(160, Why.COUNTER),
    )
    assert narrowed(STOOD, ran(40, 60, by_counter=False)) == (
        replace(STOOD, certain_to_us=140, certain_why=Why.BAG),
        Confirmed(160, Why.BAG),
    )


def test_it_never_stood_for_less_than_it_was_seen_standing() -> None:
    assert narrowed(STOOD, ran(40, 100)) == (STOOD, Confirmed(160, Why.COUNTER))
    assert narrowed(STOOD, ran(40, 99))[0] == replace(STOOD, certain_to_us=101, certain_why=Why.COUNTER)


def test_where_no_moment_is_certain_or_the_run_event_is_known_the_counter_adds_no_certainty() -> None:
    for stop in (
        replace(STOOD, onset_latest_us=None),
        replace(STOOD, certain_to_us=None),
        replace(STOOD, run_us=120),
    ):
        assert narrowed(stop, ran(40, 60))[0] == stop


def test_what_it_ran_beyond_the_time_since_it_stood_is_taken_off_by_both_bounds() -> None:
    assert narrowed(STOOD, ran(120, 130))[0] == replace(STOOD, ran_least_us=20, ran_most_us=30)


def test_flow_did_not_return_before_it_was_last_seen_standing_or_said_to_start() -> None:
    assert narrowed(STOOD, ran(120, 130))[1] == Confirmed(100, Why.COUNTER)
    assert narrowed(replace(STOOD, run_us=150), ran(60, 60))[1] == Confirmed(150, Why.COUNTER)
    assert narrowed(replace(STOOD, run_us=90), ran(110, 110))[1] == Confirmed(100, Why.COUNTER)
    assert narrowed(OpenStop(70, run_us=150), ran(60, 60))[1] == Confirmed(150, Why.COUNTER)


def test_where_neither_standing_nor_starting_was_seen_only_the_counter_says_when_flow_returned() -> None:
    assert narrowed(OpenStop(70), ran(200, 200)) == (OpenStop(70), Confirmed(0, Why.COUNTER))


def test_a_return_that_is_not_earlier_keeps_its_reason() -> None:
    kept = Confirmed(160, Why.RUN_SAID)
    assert narrowed(STOOD, ran(40, 60), confirmed_us=160)[1] == kept
    assert narrowed(STOOD, ran(40, 60), confirmed_us=161)[1] == Confirmed(160, Why.COUNTER)
    assert narrowed(STOOD, ran(39, 60), confirmed_us=160)[1] == kept


@pytest.mark.parametrize(
    ("reading", "evidence", "expected"),
    [
        (None, flow(200), 200),
        (None, flow(200, unsure_us=30), 230),
        (None, flow(200, counter_ul=1100), None),
        (None, flow(200, counter_ul=1100, moved_us=210), 210),
        (read(100, None), flow(200), 200),
        (read(100, None), flow(200, counter_ul=1100), None),
        (read(100, None, Motion.UNREAD), flow(200), 200),
        (read(100, 1000, Motion.UNREAD), flow(200), 200),
        (read(100, None, Motion.UNREAD), flow(200, counter_ul=5), None),
        (read(100), flow(200), None),
        (read(100), flow(200, moved_us=210), 210),
        (read(100), flow(200, counter_ul=1000), None),
        (read(100), flow(200, counter_ul=1000, moved_us=210), 210),
        (read(100), flow(200, counter_ul=1001, moved_us=210), 200),
        (read(100), flow(200, counter_ul=1001, moved_us=210, unsure_us=30), 230),
        (read(100), flow(200, counter_ul=1), 200),
        (read(100), flow(200, counter_ul=0), None),
    ],
)
def test_flow_is_borne_out_by_a_counter_that_moves_or_by_the_word_of_a_pump_without_one(
    reading: Reading | None, evidence: Evidence, expected: int | None
) -> None:
    assert confirmed_at(reading, evidence) == expected


def test_flow_that_is_confirmed_ends_the_stop_and_joins_it_to_those_before() -> None:
    first = ended(10, 40)
    fold = Fold(flow_from_us=40, last_flow_us=70, stop=STOOD, group=group_of(first), bridged_us=5, checked_us=3)
    stop = finished(STOOD, 200, Why.PERSON_SAW_FLOW)
    assert confirm(fold, 200, 230, THERAPY, Why.PERSON_SAW_FLOW) == Fold(
        flow_from_us=200, last_flow_us=230, group=joined(group_of(first), stop), bridged_us=5, checked_us=3
    )
    assert resumed(replace(fold, group=None), stop, 230, THERAPY) == Fold(
        flow_from_us=200, last_flow_us=230, group=group_of(stop), bridged_us=5, checked_us=3
    )


def test_where_no_stop_is_open_nothing_is_confirmed() -> None:
    fold = Fold(flow_from_us=40, last_flow_us=70)
    assert confirm(fold, 200, 230, THERAPY, Why.RUN_SAID) is fold


def test_flow_that_has_already_lasted_ends_the_interruption_with_its_stop() -> None:
    fold = Fold(flow_from_us=40, last_flow_us=70, stop=STOOD)
    at_us, last_us = minute(1), minute(1) + MERGE_US
    group = group_of(finished(STOOD, at_us, Why.FLOW_CONFIRMED))
    flowing = Fold(flow_from_us=at_us, last_flow_us=last_us, done=(group,))
    assert confirm(fold, at_us, last_us, THERAPY, Why.FLOW_CONFIRMED) == flowing


def _flowing(last_us: int, group: Group | None) -> Fold:
    return Fold(flow_from_us=minute(1), last_flow_us=last_us, group=group)


def test_an_interruption_ends_once_flow_has_lasted_the_merge_time() -> None:
    older, group = group_of(ended(10, 40)), group_of(ended(minute(0), minute(1)))
    last_us = minute(1) + MERGE_US
    too_short = _flowing(last_us - 1, group)
    assert settle(too_short, THERAPY) is too_short
    long_enough = replace(_flowing(last_us, group), done=(older,))
    assert settle(long_enough, THERAPY) == replace(long_enough, group=None, done=(older, group))


def test_without_stops_or_without_flow_there_is_nothing_to_end() -> None:
    group = group_of(ended(minute(0), minute(1)))
    for fold in (
        _flowing(minute(1) + MERGE_US, None),
        Fold(last_flow_us=minute(1) + MERGE_US, group=group),
        Fold(flow_from_us=-MERGE_US, group=group),
    ):
        assert settle(fold, THERAPY) is fold


def test_confirmed_is_by_flow_and_after_a_stop_unless_something_else_is_said() -> None:
    assert Confirmed(5 * SECOND_US) == (5 * SECOND_US, Why.FLOW_CONFIRMED, False)
