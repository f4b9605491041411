"""The short road with a counter and a bag: the same reading, run and samples as the long road makes of them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clock_parts import minute, read
from drivers.contract import DeliveryStatus, StatusObserved
from monitor.interruption.events import Order, PumpObserved
from monitor.interruption.offtime import Fold
from monitor.interruption.policy import MINUTE_US, SECOND_US, Policy, Therapy, Threshold
from monitor.interruption.reading import MARGIN_US
from monitor.interruption.state import PumpState
from monitor.interruption.steady import steadied
from monitor.interruption.transitions import Step, step, step_in_full

HALF = Therapy(name="half", thresholds=(Threshold(240 * MINUTE_US),), min_rate_fraction=0.5)
"""Half of the rate is enough, so that a limit can be met to the microsecond."""

POLICY = Policy("p1", HALF)
LAST_US = minute(5)
NOW_US = minute(6)

replace = msgspec.structs.replace


def word(counter_ml: float | None, bag_ml: float | None = None, **fields: Any) -> StatusObserved:
    """Return "delivering" at 6 mL/h, a step of 0.1 mL a minute."""
    return StatusObserved(
        delivery=DeliveryStatus.DELIVERING,
        rate_ml_per_h=6.0,
        volume_delivered_ml=counter_ml,
        volume_remaining_ml=bag_ml,
        **fields,
    )


def ran(bag_ml: float | None = None) -> PumpState:
    """Return the state of a pump that ran until a minute ago and told its counter, and its bag if it has one."""
    state = PumpState(enrolled_at_us=0, fold=Fold(), base=Fold(), order=Order(rate_ml_per_h=6.0))
    for count in range(6):
        event = PumpObserved(at_us=minute(count), observation=word(1.0 + count / 10, bag_ml))
        state = step_in_full(state, event, POLICY).state
    return state


def short(state: PumpState, said: StatusObserved, at_us: int = NOW_US) -> PumpState | None:
    """Return what the short road makes of a word; what it takes must be what the long road does, without effects."""
    event = PumpObserved(at_us=at_us, observation=said)
    found = steadied(state, event, POLICY)
    if found is not None:
        assert Step(found, ()) == step_in_full(state, event, POLICY) == step(state, event, POLICY)
    return found


def with_reading(state: PumpState, **changes: Any) -> PumpState:
    """Return the state with another last reading."""
    assert state.fold.reading is not None
    return replace(state, fold=replace(state.fold, reading=replace(state.fold.reading, **changes)))


def test_a_counter_that_moves_is_read_and_kept_with_its_way() -> None:
    before = ran()
    after = short(before, word(1.6))
    reading = read(NOW_US, 1600, rate_ul_per_h=6000)
    assert after == replace(
        before,
        fold=replace(before.fold, last_flow_us=NOW_US, reading=reading),
        tail_to_us=NOW_US,
        tail_samples=before.tail_samples + (60 * SECOND_US).to_bytes(5) + (100).to_bytes(2),
        last_contact_at_us=NOW_US,
    )


def test_a_counter_that_stands_for_less_than_a_step_stands_since_it_was_first_seen_there() -> None:
    before = ran()
    after = short(before, word(1.5))
    reading = read(NOW_US, 1500, rate_ul_per_h=6000, still_us=LAST_US)
    assert after == replace(
        before,
        fold=replace(before.fold, last_flow_us=NOW_US, reading=reading),
        tail_to_us=NOW_US,
        tail_samples=before.tail_samples + (60 * SECOND_US).to_bytes(5) + (0).to_bytes(2),
        last_contact_at_us=NOW_US,
    )


def test_the_bag_is_read_beside_the_counter() -> None:
    after = short(ran(80.0), word(1.6, 79.5))
    assert after is not None
    assert after.fold.reading == read(NOW_US, 1600, rate_ul_per_h=6000, remaining_ul=79_500)
    assert after.volume_remaining_ml == 79.5


def test_a_bag_that_is_not_told_for_once_is_not_known_then() -> None:
    without = short(ran(80.0), word(1.6))
    assert without is not None
    assert without.fold.reading == read(NOW_US, 1600, rate_ul_per_h=6000)
    again = short(without, word(1.7, 79.0), minute(7))
    assert again is not None
    assert again.fold.reading == read(minute(7), 1700, rate_ul_per_h=6000, remaining_ul=79_000)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (ran(), word(1.499)),
        (ran(), word(None)),
        (ran(80.0), word(None, 79.5)),
        (ran(), word(1.6, 80.0)),
        (with_reading(ran(), counter_ul=None), word(1.6)),
        (with_reading(ran(), is_odd=True), word(1.6)),
    ],
    ids=[
        "went back",
        "not told",
        "only the bag",
        "a bag that is new",
        "a counter that was not told last",
        "after an odd one",
    ],
)
def test_a_reading_that_does_not_follow_the_one_before_takes_the_long_road(
    state: PumpState, said: StatusObserved
) -> None:
    assert short(state, said) is None


def test_a_run_without_a_counter_is_ended_by_one_that_tells_it() -> None:
    before = ran()
    run = replace(before.evidence[-1], counter_ul=None)
    assert short(replace(before, evidence=(run,)), word(1.6)) is None


@pytest.mark.parametrize("late_us", [0, 1])
def test_a_counter_that_lags_by_more_than_a_step_takes_the_long_road(late_us: int) -> None:
    # Half of 6 mL/h makes a step of 0.1 mL due in two minutes, and a report may be late by the margin.
    at_us = LAST_US + 2 * MINUTE_US + MARGIN_US + late_us
    assert (short(ran(), word(1.5), at_us) is None) is bool(late_us)


@pytest.mark.parametrize("late_us", [0, 1])
def test_a_counter_that_lags_in_the_sum_takes_the_long_road_once_it_moves(late_us: int) -> None:
    # Half of 6 mL/h are 150 microlitres in three minutes; 50 came, and a step may lack.
    kept_us = NOW_US - 3 * MINUTE_US - MARGIN_US - late_us
    before = with_reading(ran(), counter_ul=1400, kept_us=kept_us, kept_ul=1400)
    assert (short(before, word(1.45)) is None) is bool(late_us)
    assert short(before, word(1.4)) is not None


@pytest.mark.parametrize(("kept_ul", "is_level"), [(1500, True), (1501, False)])
def test_a_counter_that_keeps_up_is_summed_from_there(kept_ul: int, *, is_level: bool) -> None:
    after = short(with_reading(ran(), kept_us=minute(4), kept_ul=kept_ul), word(1.6))
    assert after is not None
    assert after.fold.reading is not None
    kept = (after.fold.reading.kept_us, after.fold.reading.kept_ul)
    assert kept == ((NOW_US, 1600) if is_level else (minute(4), kept_ul))


@pytest.mark.parametrize(("late_us", "kept"), [(1, (minute(0), 1000)), (0, (minute(60), 1001))])
def test_a_counter_that_lags_by_the_least_there_is_is_summed_from_where_it_began(
    late_us: int, kept: tuple[int, int]
) -> None:
    # Half of 2 microlitres an hour: after an hour and a microsecond a counter that moved by one lags by that.
    state = PumpState(enrolled_at_us=0, fold=Fold(), base=Fold(), order=Order(rate_ml_per_h=0.002))
    said = StatusObserved(delivery=DeliveryStatus.DELIVERING, rate_ml_per_h=0.002, volume_delivered_ml=1.0)
    for count in range(0, 60, 10):
        state = step_in_full(state, PumpObserved(at_us=minute(count), observation=said), POLICY).state
    after = short(state, replace(said, volume_delivered_ml=1.001), minute(60) + late_us)
    assert after is not None
    assert after.fold.reading is not None
    assert (after.fold.reading.kept_us, after.fold.reading.kept_ul) == kept


def test_a_counter_is_not_summed_from_before_a_stop() -> None:
    before = with_reading(ran(), kept_us=minute(4), kept_ul=1501)
    fold = replace(before.fold, flow_from_us=minute(4) + 1)
    assert short(replace(before, fold=fold, base=fold), word(1.6)) is None
    assert short(with_reading(ran(), kept_us=minute(4), kept_ul=None), word(1.6)) is None


@pytest.mark.parametrize("late_us", [0, 1])
def test_a_run_that_has_lasted_for_as_long_as_late_word_may_amend_takes_the_long_road(late_us: int) -> None:
    began_us = NOW_US - HALF.amend_us - late_us
    before = ran()
    run = replace(before.evidence[-1], at_us=began_us, earliest_us=began_us)
    assert (short(replace(before, evidence=(run,)), word(1.6)) is None) is bool(late_us)


@pytest.mark.parametrize(
    ("seq", "boot"), [(3, "a"), (2, "a"), (4, "b"), (4, None)], ids=["again", "late", "restarted", "restarted unsaid"]
)
def test_a_message_number_that_is_not_the_next_of_its_sender_takes_the_long_road(seq: int, boot: str | None) -> None:
    before = replace(ran(), boot="a", seq=3, seq_window=0b101)
    assert short(before, word(1.6, seq=seq, boot=boot)) is None
    after = short(before, word(1.6, seq=6, boot="a"))
    assert after is not None
    assert (after.seq, after.seq_window) == (6, 0b101001)
