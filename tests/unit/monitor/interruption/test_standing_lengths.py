"""How long a stop has certainly lasted: what was seen standing, what people said, what the motor ran."""

from __future__ import annotations

import msgspec
import pytest

from clock_parts import HALF_HOUR_US, STEP_US, THERAPY, flow, minute, read, told
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.folding import apply, refold
from monitor.interruption.lookahead import NOTHING_AHEAD, Ahead
from monitor.interruption.off_patient import OffPatient
from monitor.interruption.offtime import Fold, OpenStop, certain_us
from monitor.interruption.policy import HOUR_US, MINUTE_US
from monitor.interruption.reading import Motion, Reading
from monitor.interruption.standing import _certain, no_flow
from monitor.interruption.why import Why

replace = msgspec.structs.replace
NO_FLOW, STOP, PERSON_STOP = EvidenceKind.NO_FLOW, EvidenceKind.STOP, EvidenceKind.PERSON_STOP
FLOWED = Fold(flow_from_us=0, last_flow_us=60)


def standing(onset_us: int, to_us: int, why: Why, certain_why: Why = Why.STANDING_SEEN) -> OpenStop:
    """Return a stop that may have begun at 50 and is certain between two instants."""
    return OpenStop(50, onset_us, to_us, latest_why=why, certain_why=certain_why)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (told(NO_FLOW, 100), standing(100, 100, Why.STANDING_SEEN)),
        (told(NO_FLOW, 100, earliest_us=80), standing(100, 100, Why.STANDING_SEEN)),
        (told(NO_FLOW, 100, to_us=130), standing(100, 130, Why.STANDING_SEEN)),
        (told(NO_FLOW, 100, unsure_us=10), standing(100, 100, Why.STANDING_SEEN)),
        (told(STOP, 100, earliest_us=80), standing(100, 100, Why.STOP_SAID)),
        (told(PERSON_STOP, 100, earliest_us=80), standing(80, 100, Why.PERSON_SAID, Why.PERSON_SAID)),
        (told(PERSON_STOP, 100, earliest_us=55), standing(60, 100, Why.PERSON_SAID, Why.PERSON_SAID)),
    ],
)
def test_a_stop_is_certain_from_when_it_was_seen_or_said(evidence: Evidence, expected: OpenStop) -> None:
    assert _certain(FLOWED, OpenStop(50), evidence) == expected


def test_a_since_is_certain_no_earlier_than_the_onset_and_only_where_no_flow_was_claimed() -> None:
    said = told(PERSON_STOP, 100, earliest_us=80)
    by_person = OpenStop(90, 90, 100, latest_why=Why.PERSON_SAID, certain_why=Why.PERSON_SAID)
    assert _certain(FLOWED, OpenStop(90), said) == by_person
    assert _certain(Fold(), OpenStop(50), said) == standing(100, 100, Why.PERSON_SAID, Why.PERSON_SAID)
    claimed = _certain(FLOWED, OpenStop(50, is_flow_claimed=True), said)
    assert claimed == standing(100, 100, Why.PERSON_SAID, Why.PERSON_SAID)


@pytest.mark.parametrize(
    ("at_us", "to_us", "why"),
    [(109, 110, Why.STOP_SAID), (110, 110, Why.STOP_SAID), (111, 111, Why.PERSON_SAID)],
)
def test_only_what_is_later_moves_the_end_of_what_is_certain(at_us: int, to_us: int, why: Why) -> None:
    stood = standing(100, 110, Why.LATENCY, Why.STOP_SAID)
    found = _certain(
        FLOWED, replace(stood, run_us=105, is_counter_still=True, is_silence=True), told(PERSON_STOP, at_us)
    )
    assert found == standing(100, to_us, Why.LATENCY, why)


def test_a_stop_that_was_held_up_is_certain_from_its_onset_and_no_longer() -> None:
    held_up = told(NO_FLOW, 200, unsure_us=40)
    assert _certain(FLOWED, standing(100, 110, Why.LATENCY), held_up) == standing(100, 160, Why.LATENCY)
    begun = OpenStop(50, 180, None, latest_why=Why.LATENCY)
    assert _certain(FLOWED, begun, held_up) == standing(180, 180, Why.LATENCY)


CLAIMED = OpenStop(
    50,
    60,
    80,
    85,
    is_flow_claimed=True,
    certain_sum_us=3,
    latest_why=Why.STOP_SAID,
    certain_why=Why.STOP_SAID,
    ran_most_us=4,
)


def test_standing_after_a_claim_of_flow_begins_a_new_certain_stretch() -> None:
    found = _certain(FLOWED, CLAIMED, told(NO_FLOW, 100))
    assert found == replace(standing(100, 100, Why.STANDING_SEEN), certain_sum_us=3 + 25, ran_most_us=4)
    unseen = replace(CLAIMED, onset_latest_us=None)
    kept = replace(unseen, onset_latest_us=100, latest_why=Why.STANDING_SEEN, certain_to_us=100)
    expected = replace(kept, certain_why=Why.STANDING_SEEN, run_us=None, is_flow_claimed=False)
    assert _certain(FLOWED, unseen, told(NO_FLOW, 100)) == expected


def test_a_new_certain_stretch_is_set_by_what_was_seen_even_at_the_same_instant() -> None:
    found = _certain(FLOWED, replace(CLAIMED, certain_to_us=100), told(NO_FLOW, 100))
    assert (found.certain_to_us, found.certain_why) == (100, Why.STANDING_SEEN)


def test_a_stop_may_be_certain_from_the_first_instant_on() -> None:
    said = OpenStop(0, 0, 0, latest_why=Why.PERSON_SAID, certain_why=Why.PERSON_SAID)
    assert _certain(Fold(), OpenStop(0), told(PERSON_STOP, 0)) == said


def test_a_claim_while_the_line_was_off_ends_no_certain_stretch() -> None:
    off = replace(FLOWED, off_patient=(OffPatient(70, 100),))
    goes_on = replace(CLAIMED, certain_to_us=100, certain_why=Why.STANDING_SEEN, run_us=None, is_flow_claimed=False)
    assert _certain(off, CLAIMED, told(NO_FLOW, 100)) == goes_on
    assert _certain(off, CLAIMED, told(NO_FLOW, 101)).certain_sum_us == 28


READ = read(minute(0))
FLOWING = Fold(flow_from_us=minute(-20), last_flow_us=minute(0), reading=READ)
HALF = told(NO_FLOW, minute(60), counter_ul=3500)
"""Found standing after an hour in which the counter moved for half of it."""


def found_standing(fold: Fold, evidence: Evidence = HALF, ahead: Ahead = NOTHING_AHEAD) -> OpenStop:
    stop = no_flow(fold, evidence, THERAPY, ahead).stop
    assert stop is not None
    return stop


SEEN = OpenStop(
    minute(0), minute(60), minute(60), latest_why=Why.STANDING_SEEN, certain_why=Why.STANDING_SEEN, is_denied=True
)
NARROWED = replace(
    SEEN,
    onset_latest_us=minute(0) + HALF_HOUR_US + STEP_US,
    latest_why=Why.COUNTER,
    ran_least_us=HALF_HOUR_US - STEP_US,
)
CLOSED = Ahead(windows=((minute(30), minute(31)),))


def test_a_pump_found_standing_opens_a_stop_that_its_counter_narrows() -> None:
    assert no_flow(FLOWING, HALF, THERAPY, NOTHING_AHEAD) == replace(FLOWING, stop=NARROWED)


@pytest.mark.parametrize(
    ("fold", "ahead"),
    [
        (replace(FLOWING, reading=None), NOTHING_AHEAD),
        (replace(FLOWING, flow_from_us=minute(0) + 1), NOTHING_AHEAD),
        (replace(FLOWING, blind_to_us=minute(0) + 1), NOTHING_AHEAD),
        (replace(FLOWING, off_patient=(OffPatient(minute(5), minute(6)),)), NOTHING_AHEAD),
        (FLOWING, CLOSED),
    ],
)
def test_nothing_is_narrowed_where_the_counter_is_no_witness(fold: Fold, ahead: Ahead) -> None:
    assert found_standing(fold, HALF, ahead) == SEEN


def test_only_a_pump_seen_standing_is_asked_for_its_counter() -> None:
    said = found_standing(FLOWING, told(STOP, minute(60), earliest_us=minute(0), counter_ul=3500))
    assert (said.onset_latest_us, said.ran_least_us) == (minute(60), 0)


def test_doubt_is_not_narrowed_by_a_counter_that_a_trickle_does_not_move() -> None:
    doubted = OpenStop(minute(0), is_flow_claimed=True, is_doubted=True)
    assert found_standing(replace(FLOWING, stop=doubted)) == replace(SEEN, is_doubted=True)


STOOD = replace(SEEN, onset_latest_us=minute(1), certain_to_us=minute(2))
BETWEEN = Fold(
    flow_from_us=minute(-20), last_flow_us=minute(0), stop=STOOD, reading=read(minute(2), 1000, Motion.STANDING)
)


@pytest.mark.parametrize(
    ("fold", "ahead", "least_us"),
    [
        (BETWEEN, NOTHING_AHEAD, HALF_HOUR_US - STEP_US),
        (BETWEEN, CLOSED, 0),
        (replace(BETWEEN, blind_to_us=minute(2) + 1), NOTHING_AHEAD, 0),
    ],
)
def test_a_counter_that_moved_between_two_looks_at_a_standing_pump_makes_the_stop_shorter(
    fold: Fold, ahead: Ahead, least_us: int
) -> None:
    ran = replace(STOOD, certain_to_us=minute(60), ran_least_us=least_us, ran_most_us=HALF_HOUR_US + STEP_US)
    assert found_standing(fold, HALF, ahead) == ran


@pytest.mark.parametrize(("counter_ul", "most_us"), [(1100, 0), (1101, round(1.01 * STEP_US) + STEP_US)])
def test_what_lies_within_a_step_is_no_movement(counter_ul: int, most_us: int) -> None:
    found = found_standing(BETWEEN, told(NO_FLOW, minute(60), counter_ul=counter_ul))
    assert (found.ran_least_us > 0, found.ran_most_us) == (most_us > 0, most_us)


def test_the_least_movement_counts() -> None:
    fast = read(minute(2), 1000, Motion.STANDING, rate_ul_per_h=HOUR_US)
    found = found_standing(replace(BETWEEN, reading=fast), told(NO_FLOW, minute(60), counter_ul=1101))
    assert (found.ran_least_us, found.ran_most_us) == (1, 201)


def test_what_the_motor_moved_off_the_patient_is_not_inside_the_stop() -> None:
    fold = replace(BETWEEN, off_patient=(OffPatient(minute(5), minute(6)),))
    assert found_standing(fold) == replace(STOOD, certain_to_us=minute(60))
    before = replace(BETWEEN, off_patient=(OffPatient(minute(1), minute(2)),))
    assert found_standing(before).ran_least_us == HALF_HOUR_US - STEP_US


def test_an_open_stop_is_dated_by_a_stop_that_is_said_and_not_by_one_that_is_seen() -> None:
    said = told(STOP, minute(5), earliest_us=minute(-1))
    reached = replace(STOOD, onset_earliest_us=minute(-1), earliest_why=Why.LATENCY, certain_to_us=minute(5))
    assert no_flow(BETWEEN, said, THERAPY, NOTHING_AHEAD) == replace(BETWEEN, stop=reached, blind_to_us=minute(5))
    seen = told(NO_FLOW, minute(5), earliest_us=minute(-1))
    later = replace(STOOD, certain_to_us=minute(5))
    assert no_flow(BETWEEN, seen, THERAPY, NOTHING_AHEAD) == replace(BETWEEN, stop=later)


@pytest.mark.parametrize(
    ("earliest", "before_us", "blind_us"), [(4, 0, minute(5)), (4, minute(6), minute(6)), (5, 0, 0)]
)
def test_a_latency_window_blinds_every_witness_until_its_end(earliest: float, before_us: int, blind_us: int) -> None:
    fold = replace(FLOWING, blind_to_us=before_us)
    said = told(STOP, minute(5), earliest_us=minute(earliest))
    assert no_flow(fold, said, THERAPY, NOTHING_AHEAD).blind_to_us == blind_us


@pytest.mark.parametrize(("is_claimed", "onset"), [(False, 0.5), (True, 5)])
def test_a_since_dates_what_was_seen_standing_unless_flow_was_claimed_after_it(
    *, is_claimed: bool, onset: float
) -> None:
    fold = replace(BETWEEN, stop=replace(STOOD, is_flow_claimed=is_claimed))
    found = found_standing(fold, told(PERSON_STOP, minute(5), earliest_us=minute(0.5)))
    assert found.onset_latest_us == minute(onset)
    assert found.certain_sum_us == (MINUTE_US if is_claimed else 0)


@pytest.mark.parametrize("reading", [None, READ])
def test_what_denies_flow_is_the_pumps_last_word(reading: Reading | None) -> None:
    fold = replace(FLOWING, reading=reading)
    put_on = replace(fold, stop=OpenStop(minute(0), put_on_at_us=minute(3)))
    assert found_standing(put_on, told(NO_FLOW, minute(5))).put_on_at_us is None
    for kind in (NO_FLOW, STOP, PERSON_STOP):
        assert found_standing(fold, told(kind, minute(5))).is_denied


@pytest.mark.parametrize("is_slow", [False, True])
def test_slow_flow_in_a_stop_that_also_holds_a_window_is_not_taken_off_as_a_run(*, is_slow: bool) -> None:
    said = [flow(minute(0), counter_ul=1000)]
    said += [told(EvidenceKind.DOUBT, minute(1), counter_ul=1010)] if is_slow else []
    said += [
        told(EvidenceKind.STOP, minute(20), earliest_us=minute(5)),
        told(EvidenceKind.NO_FLOW, minute(21), counter_ul=1100),
        told(EvidenceKind.NO_FLOW, minute(40), counter_ul=1600),
    ]
    fold = refold(Fold(), tuple(said), THERAPY)
    assert fold.stop is not None
    assert fold.stop.is_slowed is is_slow
    assert fold.stop.ran_least_us == (0 if is_slow else 400 * HOUR_US // 5000)
    back = apply(fold, flow(minute(60), counter_ul=2600), THERAPY)
    assert back.group is not None
    # A motor that runs is taken off again as it comes back, but not where slow flow may have moved its counter.
    assert (back.group.listed[0].ran_least_us == 0) is is_slow


def test_a_run_that_nobody_told_leaves_less_of_two_stops_that_a_start_parted() -> None:
    """At 5 mL/h: ten minutes of flow, a stop of 18 minutes by its own word, two of flow, and a stop again."""
    said = (
        flow(minute(0), counter_ul=1000),
        flow(minute(10), counter_ul=1800),
        told(STOP, minute(20)),
        told(EvidenceKind.RUN, minute(38)),
        told(STOP, minute(40)),
        told(NO_FLOW, minute(41), counter_ul=3500),
        told(NO_FLOW, minute(51), counter_ul=3500),
    )
    fold = refold(Fold(), said, THERAPY)
    assert fold.stop is not None
    # The motor ran for 20.4 minutes, give or take a step, of the 31 until it was read standing.
    stood_us = 31 * MINUTE_US - 1800 * HOUR_US // 5000
    assert certain_us(fold.stop) == stood_us + 10 * MINUTE_US
    in_one = (*said[:-2], told(NO_FLOW, minute(41), to_us=minute(51), counter_ul=3500, counter_to_ul=3500))
    again = refold(Fold(), in_one, THERAPY).stop
    assert again is not None
    assert certain_us(again) == stood_us + 10 * MINUTE_US
    as_told = (*said[:-2], told(NO_FLOW, minute(41), counter_ul=2800))
    whole = refold(Fold(), as_told, THERAPY).stop
    assert whole is not None
    assert certain_us(whole) == 19 * MINUTE_US


def test_a_counter_that_lags_before_a_window_may_have_stood_before_it() -> None:
    before = (flow(minute(0), counter_ul=1000), flow(minute(10), counter_ul=1800))
    stop = told(STOP, minute(35), earliest_us=minute(18))
    lagging = refold(Fold(), (*before, flow(minute(20), counter_ul=2200), stop), THERAPY).stop
    assert lagging is not None
    assert (lagging.onset_earliest_us, lagging.earliest_why) == (minute(10), Why.FLOW_SEEN)
    level = refold(Fold(), (*before, flow(minute(20), counter_ul=2600), stop), THERAPY).stop
    assert level is not None
    assert (level.onset_earliest_us, level.earliest_why) == (minute(18), Why.LATENCY)
