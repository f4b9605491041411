"""What stops add up to, to the microsecond: certain and longest lengths, finished stops and their sums."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clock_parts import ended, group_of
from monitor.interruption.offtime import (
    STOPS_LISTED,
    Fold,
    Group,
    OpenStop,
    Stop,
    certain_us,
    finished,
    joined,
    longest_us,
    ran_inside,
    summed_us,
    why_flowed,
)
from monitor.interruption.why import Why

replace = msgspec.structs.replace
SEEN_RUNNING = (Why.FLOW_SEEN, Why.UNKNOWN, Why.UNKNOWN, Why.PERSON_SAW_FLOW)


def silence(from_us: int, to_us: int, whys: tuple[Why, Why, Why, Why] = SEEN_RUNNING) -> Stop:
    """Return a silence that ended, as persons end it if nothing else is said."""
    return Stop(from_us, None, None, to_us, 0, to_us - from_us, whys, is_silence=True)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, 0),
        ({"certain_sum_us": 7}, 7),
        ({"onset_latest_us": 100}, 0),
        ({"certain_to_us": 130}, 0),
        ({"onset_latest_us": 100, "certain_to_us": 130}, 30),
        ({"onset_latest_us": 100, "certain_to_us": 130, "run_us": 150}, 50),
        ({"onset_latest_us": 100, "certain_to_us": 130, "run_us": 120}, 30),
        ({"onset_latest_us": 100, "run_us": 150}, 0),
        ({"onset_latest_us": 100, "certain_to_us": 100}, 0),
        ({"onset_latest_us": 100, "certain_to_us": 90}, 0),
        ({"onset_latest_us": 100, "certain_to_us": 90, "certain_sum_us": 3}, 3),
        ({"onset_latest_us": 100, "certain_to_us": 130, "certain_sum_us": 7}, 37),
        ({"onset_latest_us": 100, "certain_to_us": 130, "certain_sum_us": 7, "ran_most_us": 6}, 31),
        ({"certain_sum_us": 7, "ran_most_us": 7}, 0),
        ({"certain_sum_us": 7, "ran_most_us": 8}, 0),
    ],
)
def test_certain_is_what_was_seen_standing_less_what_the_motor_ran(fields: dict[str, Any], expected: int) -> None:
    assert certain_us(OpenStop(80, **fields)) == expected


@pytest.mark.parametrize(
    ("fields", "until_us", "expected"),
    [
        ({}, 200, 120),
        ({"ran_least_us": 15}, 200, 105),
        ({"ran_least_us": 120}, 200, 0),
        ({}, 79, 0),
        ({"certain_sum_us": 300}, 200, 300),
        ({"certain_sum_us": 300, "ran_most_us": 20}, 200, 280),
    ],
)
def test_a_stop_may_have_lasted_from_its_oldest_onset_less_what_the_motor_surely_ran(
    fields: dict[str, Any], until_us: int, expected: int
) -> None:
    assert longest_us(OpenStop(80, **fields), until_us) == expected


def test_what_the_motor_ran_inside_a_stop_adds_up() -> None:
    stop = OpenStop(80, 90, 100, ran_least_us=3, ran_most_us=5)
    assert ran_inside(stop, 10, 20) == OpenStop(80, 90, 100, ran_least_us=13, ran_most_us=25)


def test_flow_is_known_by_the_plan_before_a_person_and_by_a_person_before_the_pump() -> None:
    assert why_flowed(Fold(), 5) is Why.FLOW_SEEN
    assert why_flowed(Fold(checked_us=5), 5) is Why.FLOW_CHECKED
    assert why_flowed(Fold(checked_us=4), 5) is Why.FLOW_SEEN
    assert why_flowed(Fold(checked_us=5, reckoned_at_us=5), 5) is Why.PLAN
    assert why_flowed(Fold(checked_us=5, reckoned_at_us=4), 5) is Why.FLOW_CHECKED


SEEN = OpenStop(
    80, 100, 130, earliest_why=Why.LATENCY, latest_why=Why.STOP_SAID, certain_why=Why.STANDING_SEEN, ran_least_us=4
)


@pytest.mark.parametrize(
    ("run_us", "resume_us", "why"),
    [(None, 130, Why.STANDING_SEEN), (130, 130, Why.STANDING_SEEN), (131, 131, Why.RUN_SAID)],
)
def test_a_finished_stop_has_four_instants_each_with_its_reason(run_us: int | None, resume_us: int, why: Why) -> None:
    stop = replace(SEEN, run_us=run_us)
    assert finished(stop, 200, Why.FLOW_CONFIRMED) == Stop(
        onset_earliest_us=80,
        onset_latest_us=100,
        resume_earliest_us=resume_us,
        resume_latest_us=200,
        min_us=resume_us - 100,
        max_us=116,
        whys=(Why.LATENCY, Why.STOP_SAID, why, Why.FLOW_CONFIRMED),
        ran_least_us=4,
    )


def test_a_stop_of_which_no_moment_is_certain_has_no_inner_instants() -> None:
    stop = OpenStop(80, None, 130, 131, certain_why=Why.STANDING_SEEN, is_silence=True)
    whys = (Why.FLOW_SEEN, Why.UNKNOWN, Why.UNKNOWN, Why.RUN_SAID)
    assert finished(stop, 200, Why.RUN_SAID) == Stop(80, None, None, 200, 0, 120, whys, is_silence=True)


def test_a_stop_has_lasted_no_less_than_is_certain_and_never_less_than_nothing() -> None:
    certain = finished(OpenStop(80, certain_sum_us=300), 200, Why.UNKNOWN)
    assert (certain.min_us, certain.max_us) == (300, 300)
    before_it = finished(OpenStop(80), 79, Why.UNKNOWN)
    assert (before_it.min_us, before_it.max_us) == (0, 0)


def test_a_run_event_without_a_look_before_it_is_when_flow_may_have_returned() -> None:
    stop = OpenStop(80, 100, None, 150, latest_why=Why.STOP_SAID)
    whys = (Why.FLOW_SEEN, Why.STOP_SAID, Why.RUN_SAID, Why.FLOW_CONFIRMED)
    assert finished(stop, 200, Why.FLOW_CONFIRMED) == Stop(80, 100, 150, 200, 0, 120, whys)


def test_the_first_stop_opens_an_interruption() -> None:
    stop = ended(100, 130, min_us=20)
    assert joined(None, stop) == Group(
        opened_us=100, flow_us=130, stops=1, min_us=20, max_us=30, longest_min_us=20, listed=(stop,)
    )


def test_each_further_stop_adds_to_both_bounds_and_the_longest_certain_one_is_kept() -> None:
    first, second, third = ended(100, 130, min_us=20), ended(150, 160), ended(170, 200, min_us=25)
    two = joined(joined(None, first), second)
    assert two == Group(100, 160, 2, 30, 40, 20, (first, second))
    assert joined(two, third) == Group(100, 200, 3, 55, 70, 25, (first, second, third))


def test_only_the_last_stops_are_listed_and_all_of_them_counted() -> None:
    stops = [ended(10 * number, 10 * number + 3) for number in range(STOPS_LISTED + 1)]
    group = None
    for stop in stops:
        group = joined(group, stop)
    assert group == Group(0, stops[-1].resume_latest_us, len(stops), 99, 99, 3, tuple(stops[1:]))


def test_nothing_is_added_to_the_first_stop() -> None:
    assert summed_us(None, Why.FLOW_CHECKED, is_silence=True) == 0


CHECKED = (Why.FLOW_CHECKED, Why.UNKNOWN, Why.UNKNOWN, Why.PERSON_SAW_FLOW)
BY_PUMP = (Why.FLOW_SEEN, Why.UNKNOWN, Why.UNKNOWN, Why.FLOW_CONFIRMED)


def test_silences_between_which_a_person_saw_it_running_are_alternatives() -> None:
    first, shorter, longer = silence(100, 150), silence(150, 190, CHECKED), silence(190, 270, CHECKED)
    one = joined(None, first)
    assert one == Group(100, 150, 1, 0, 50, 0, (first,), 50)
    two = joined(one, shorter)
    assert two == Group(100, 190, 2, 0, 50, 0, (first, shorter), 50)
    assert joined(two, longer) == Group(100, 270, 3, 0, 80, 0, (first, shorter, longer), 80)


def test_alternatives_add_to_the_stops_before_them() -> None:
    known, first, longer = ended(0, 90), silence(100, 150), silence(150, 210, CHECKED)
    two = joined(joined(None, known), first)
    assert (two.max_us, two.silence_us) == (140, 50)
    three = joined(two, longer)
    assert (three.max_us, three.silence_us) == (150, 60)
    after = joined(three, ended(220, 230))
    assert (after.max_us, after.silence_us) == (160, 0)


@pytest.mark.parametrize(
    ("group", "onset_why", "is_silence", "expected"),
    [
        (group_of(silence(100, 150)), Why.FLOW_CHECKED, True, 0),
        (group_of(silence(100, 150)), Why.FLOW_SEEN, True, 50),
        (group_of(silence(100, 150)), Why.FLOW_CHECKED, False, 50),
        (group_of(silence(100, 150, BY_PUMP)), Why.FLOW_CHECKED, True, 50),
        (group_of(silence(100, 150), listed=()), Why.FLOW_CHECKED, True, 50),
        (group_of(ended(100, 150, whys=SEEN_RUNNING)), Why.FLOW_CHECKED, True, 50),
        (group_of(silence(100, 150), max_us=80, silence_us=30), Why.FLOW_CHECKED, True, 50),
    ],
)
def test_anything_else_between_two_silences_makes_them_a_sum(
    group: Group, onset_why: Why, *, is_silence: bool, expected: int
) -> None:
    assert summed_us(group, onset_why, is_silence=is_silence) == expected


def test_the_stop_just_before_tells_and_not_an_older_one() -> None:
    first, second = silence(100, 150), silence(160, 200, BY_PUMP)
    group = joined(joined(None, first), second)
    assert (group.max_us, group.silence_us) == (90, 40)
    assert summed_us(group, Why.FLOW_CHECKED, is_silence=True) == 90
    assert summed_us(joined(joined(None, second), silence(210, 260)), Why.FLOW_CHECKED, is_silence=True) == 40
