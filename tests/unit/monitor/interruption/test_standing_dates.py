"""When a stop began: how far back it reaches, what caps that, and how a counter or a person dates it."""

from __future__ import annotations

import msgspec
import pytest

from clock_parts import SILENCE_US, THERAPY, minute, read, told
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.lookahead import NOTHING_AHEAD, Ahead
from monitor.interruption.offtime import Fold, OpenStop
from monitor.interruption.reading import Ran
from monitor.interruption.standing import (
    _begun,
    _dated,
    _narrowed_onset,
    _reach,
    _said_since,
    is_unparted,
    reach_back,
    silence,
)
from monitor.interruption.why import Why

replace = msgspec.structs.replace
NO_FLOW, STOP, PERSON_STOP = EvidenceKind.NO_FLOW, EvidenceKind.STOP, EvidenceKind.PERSON_STOP


def stopped(at_us: int, earliest_us: int | None = None, kind: EvidenceKind = STOP) -> Evidence:
    return told(kind, at_us, earliest_us=at_us if earliest_us is None else earliest_us)


@pytest.mark.parametrize(("checked_us", "expected"), [(None, 80), (79, 80), (80, 80), (90, 90), (100, 100), (101, 80)])
def test_a_flow_check_before_the_stop_caps_how_far_it_reaches_back(checked_us: int | None, expected: int) -> None:
    assert reach_back(Fold(checked_us=checked_us), stopped(100, 80)) == expected


def test_a_gap_is_unparted_where_no_stop_was_ended_since_the_reading() -> None:
    assert is_unparted(Fold(), read(100))
    assert is_unparted(Fold(flow_from_us=100), read(100))
    assert not is_unparted(Fold(flow_from_us=101), read(100))


@pytest.mark.parametrize(
    ("fold", "evidence", "expected"),
    [
        (Fold(), stopped(100), (100, Why.STOP_SAID)),
        (Fold(), stopped(100, 80), (80, Why.LATENCY)),
        (Fold(), stopped(100, 80, PERSON_STOP), (80, Why.PERSON_SAID)),
        (Fold(), stopped(100, 100, PERSON_STOP), (100, Why.PERSON_SAID)),
        (Fold(flow_from_us=79), stopped(100, 80), (80, Why.LATENCY)),
        (Fold(flow_from_us=80), stopped(100, 80), (80, Why.LATENCY)),
        (Fold(flow_from_us=81), stopped(100, 80), (81, Why.FLOW_CONFIRMED)),
        (Fold(flow_from_us=81), stopped(100, 80, PERSON_STOP), (81, Why.FLOW_CONFIRMED)),
        (Fold(flow_from_us=120), stopped(100, 80), (100, Why.FLOW_CONFIRMED)),
        (Fold(checked_us=90), stopped(100, 80), (90, Why.FLOW_CHECKED)),
        (Fold(checked_us=90, flow_from_us=85), stopped(100, 80), (90, Why.FLOW_CHECKED)),
        (Fold(checked_us=90, flow_from_us=95), stopped(100, 80), (95, Why.FLOW_CONFIRMED)),
        (Fold(checked_us=80), stopped(100, 80), (80, Why.LATENCY)),
        (Fold(), stopped(0, 0), (0, Why.STOP_SAID)),
    ],
)
def test_a_stop_reaches_back_to_its_oldest_instant_or_to_the_flow_that_was_confirmed_after_it(
    fold: Fold, evidence: Evidence, expected: tuple[int, Why]
) -> None:
    assert _reach(fold, evidence) == expected


@pytest.mark.parametrize(
    ("fold", "expected"),
    [
        (Fold(), OpenStop(minute(10), earliest_why=Why.FLOW_SEEN)),
        (Fold(last_flow_us=minute(3)), OpenStop(minute(3), earliest_why=Why.FLOW_SEEN)),
        (Fold(last_flow_us=minute(12)), OpenStop(minute(10), earliest_why=Why.FLOW_SEEN)),
        (Fold(last_flow_us=minute(3), checked_us=minute(3)), OpenStop(minute(3), earliest_why=Why.FLOW_CHECKED)),
        (Fold(last_flow_us=minute(3), reckoned_at_us=minute(3)), OpenStop(minute(3), earliest_why=Why.PLAN)),
    ],
)
def test_a_pump_that_is_seen_standing_may_have_stood_since_the_last_flow(fold: Fold, expected: OpenStop) -> None:
    assert _begun(fold, stopped(minute(10), minute(8), NO_FLOW), THERAPY, NOTHING_AHEAD) == expected


def begun(fold: Fold, evidence: Evidence, ahead: Ahead = NOTHING_AHEAD) -> OpenStop:
    return _begun(fold, evidence, THERAPY, ahead)


def test_a_stop_that_is_dated_begins_at_its_own_time_less_its_latency() -> None:
    flowed = Fold(flow_from_us=minute(-60), last_flow_us=minute(9))
    assert begun(flowed, stopped(minute(10))) == OpenStop(minute(10), earliest_why=Why.STOP_SAID)
    assert begun(flowed, stopped(minute(10), minute(4))) == OpenStop(minute(4), earliest_why=Why.LATENCY)
    assert begun(Fold(), stopped(minute(10), minute(4))) == OpenStop(minute(4), earliest_why=Why.LATENCY)


def test_silence_before_a_dated_stop_is_not_flow() -> None:
    at_us = minute(0) + SILENCE_US
    flowed = Fold(flow_from_us=minute(-60), last_flow_us=minute(0), checked_us=minute(0))
    assert begun(flowed, stopped(at_us)) == OpenStop(at_us, earliest_why=Why.STOP_SAID)
    assert begun(flowed, stopped(at_us + 1)) == OpenStop(minute(0), earliest_why=Why.FLOW_CHECKED)
    covered = Ahead(bridges=((minute(0), at_us + 1),))
    assert begun(flowed, stopped(at_us + 1), covered) == OpenStop(at_us + 1, earliest_why=Why.STOP_SAID)
    too_short = Ahead(bridges=((minute(0), at_us),))
    assert begun(flowed, stopped(at_us + 1), too_short) == OpenStop(minute(0), earliest_why=Why.FLOW_CHECKED)
    too_late = Ahead(bridges=((minute(0) + 1, at_us + 1),))
    assert begun(flowed, stopped(at_us + 1), too_late) == OpenStop(minute(0), earliest_why=Why.FLOW_CHECKED)


def test_a_latency_that_reaches_behind_the_last_flow_sets_the_onset_even_after_silence() -> None:
    flowed = Fold(flow_from_us=minute(-60), last_flow_us=minute(0))
    late = minute(20)
    assert begun(flowed, stopped(late, minute(-2))) == OpenStop(minute(-2), earliest_why=Why.LATENCY)
    assert begun(flowed, stopped(late, minute(0))) == OpenStop(minute(0), earliest_why=Why.LATENCY)
    assert begun(flowed, stopped(late, minute(0) + 1)) == OpenStop(minute(0), earliest_why=Why.FLOW_SEEN)


def test_a_dated_stop_moves_an_onset_back_and_never_forward() -> None:
    stop = OpenStop(90, 95, 100, earliest_why=Why.FLOW_SEEN)
    assert _dated(Fold(), stop, stopped(110, 91)) is stop
    assert _dated(Fold(), stop, stopped(110, 90)) == replace(stop, earliest_why=Why.LATENCY)
    assert _dated(Fold(), stop, stopped(110, 80)) == replace(stop, onset_earliest_us=80, earliest_why=Why.LATENCY)
    assert _dated(Fold(checked_us=85), stop, stopped(110, 80)) == replace(
        stop, onset_earliest_us=85, earliest_why=Why.FLOW_CHECKED
    )


SEEN = OpenStop(minute(0), minute(9), minute(10), latest_why=Why.STANDING_SEEN)
FLOWED = Fold(flow_from_us=minute(-60), last_flow_us=minute(0), stop=SEEN)


def since(fold: Fold, stop: OpenStop, since_us: int) -> OpenStop:
    return _said_since(fold, stop, stopped(minute(30), since_us, PERSON_STOP), THERAPY)


def test_a_person_dates_a_stop_that_was_seen_standing() -> None:
    said = {"latest_why": Why.PERSON_SAID, "earliest_why": Why.PERSON_SAID}
    for count in (0, 4, 8.9):
        at_us = minute(count)
        assert since(FLOWED, SEEN, at_us) == replace(SEEN, onset_latest_us=at_us, onset_earliest_us=at_us, **said)
    assert since(Fold(), SEEN, minute(4)) == replace(
        SEEN, onset_latest_us=minute(4), onset_earliest_us=minute(4), **said
    )


def test_a_since_before_the_last_flow_dates_the_stop_from_that_flow() -> None:
    said = {"latest_why": Why.PERSON_SAID, "earliest_why": Why.PERSON_SAID}
    assert since(FLOWED, SEEN, minute(-3)) == replace(SEEN, onset_latest_us=minute(0), **said)


def test_a_since_that_is_no_earlier_than_what_was_seen_dates_nothing() -> None:
    assert since(FLOWED, SEEN, minute(9)) is SEEN
    assert since(FLOWED, SEEN, minute(9) - 1) != SEEN
    unseen = replace(SEEN, onset_latest_us=None)
    assert since(FLOWED, unseen, minute(4)) is unseen
    parted = replace(SEEN, certain_sum_us=1)
    assert since(FLOWED, parted, minute(4)) is parted


def test_a_since_before_the_oldest_onset_dates_nothing() -> None:
    later = replace(SEEN, onset_earliest_us=minute(2))
    assert since(FLOWED, later, minute(2) - 1) is later
    assert since(FLOWED, later, minute(2)) != later


def test_a_since_after_silence_says_nothing_of_the_silence() -> None:
    late = replace(SEEN, onset_latest_us=minute(40), certain_to_us=minute(40))
    limit_us = minute(0) + SILENCE_US
    said = {"latest_why": Why.PERSON_SAID, "earliest_why": Why.PERSON_SAID}
    assert since(FLOWED, late, limit_us) == replace(late, onset_latest_us=limit_us, onset_earliest_us=limit_us, **said)
    assert since(FLOWED, late, limit_us + 1) == replace(late, onset_latest_us=limit_us + 1, latest_why=Why.PERSON_SAID)


def test_a_stop_of_silence_is_dated_from_the_last_flow() -> None:
    assert silence(Fold(last_flow_us=7)) == OpenStop(7, is_silence=True, earliest_why=Why.FLOW_SEEN)
    assert silence(Fold(last_flow_us=7, checked_us=7)).earliest_why is Why.FLOW_CHECKED
    assert silence(Fold(last_flow_us=7, reckoned_at_us=7)).earliest_why is Why.PLAN


FOUND = OpenStop(50, 100, 100, earliest_why=Why.FLOW_SEEN, latest_why=Why.STANDING_SEEN)
"""Last flow at 50, found standing at 100."""


def narrowed(stop: OpenStop, read_us: int, found: tuple[int, int], *, is_closed: bool = False) -> OpenStop:
    return _narrowed_onset(stop, read_us, Ran(*found, span_us=60, by_counter=True), is_closed=is_closed)


def test_a_counter_says_how_long_it_ran_on_before_it_was_found_standing() -> None:
    counted = replace(FOUND, onset_latest_us=80, latest_why=Why.COUNTER, ran_least_us=20)
    assert narrowed(FOUND, 50, (20, 30)) == counted
    bag = Ran(20, 30, span_us=60, by_counter=False)
    assert _narrowed_onset(FOUND, 50, bag, is_closed=False) == replace(counted, latest_why=Why.BAG)


def test_it_may_have_stood_before_flow_was_last_claimed_and_then_ran_on_for_longer() -> None:
    assert narrowed(FOUND, 40, (30, 40)) == replace(FOUND, onset_latest_us=90, latest_why=Why.COUNTER, ran_least_us=20)
    assert narrowed(FOUND, 40, (9, 9)) == replace(FOUND, onset_latest_us=59, latest_why=Why.COUNTER)
    assert narrowed(FOUND, 40, (30, 50)) == replace(FOUND, ran_least_us=20)


def test_what_it_ran_before_the_last_flow_is_not_inside_the_stop() -> None:
    assert narrowed(FOUND, 40, (10, 20)).ran_least_us == 0
    assert narrowed(FOUND, 40, (11, 20)).ran_least_us == 1


def test_an_onset_that_is_no_earlier_keeps_its_reason() -> None:
    assert narrowed(FOUND, 50, (0, 50)) == FOUND
    assert narrowed(FOUND, 50, (0, 49)) == replace(FOUND, onset_latest_us=99, latest_why=Why.COUNTER)


def test_what_ran_on_after_the_stop_was_said_makes_less_of_it_certain() -> None:
    said = replace(FOUND, onset_latest_us=80)
    assert narrowed(said, 50, (30, 40)) == replace(said, ran_least_us=30)
    assert narrowed(said, 50, (31, 40)) == replace(said, ran_least_us=31, ran_most_us=40)


def test_over_a_closed_line_the_counter_only_says_how_long_it_did_not_stand() -> None:
    said = replace(FOUND, onset_latest_us=80)
    assert narrowed(said, 50, (31, 40), is_closed=True) == replace(said, ran_most_us=40)
    assert narrowed(FOUND, 50, (20, 30), is_closed=True) == FOUND


@pytest.mark.parametrize(
    ("stop", "read_us"),
    [(replace(FOUND, onset_latest_us=None), 50), (replace(FOUND, certain_sum_us=1), 50), (FOUND, 51)],
)
def test_a_counter_read_inside_the_stop_or_in_one_that_was_parted_dates_no_onset(stop: OpenStop, read_us: int) -> None:
    assert narrowed(stop, read_us, (20, 30)) is stop
