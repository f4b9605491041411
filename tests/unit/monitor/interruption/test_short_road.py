"""The short road of a steady course: taken where nothing changes, and nothing but what the long road does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from clock_parts import START_US, ended, group_of, minute
from drivers.contract import AlarmObserved, AlarmPhase, DeliveryStatus, Observation, StatusObserved
from monitor.interruption.alarms import AlertPriority
from monitor.interruption.events import MarkKind, Order, PumpObserved
from monitor.interruption.evidence import EvidenceKind
from monitor.interruption.off_patient import OffPatient
from monitor.interruption.offtime import Fold, OpenStop
from monitor.interruption.policy import MINUTE_US, SECOND_US, Policy
from monitor.interruption.pump_clock import PumpClock
from monitor.interruption.state import Alert, Hold, Incident, Mark, PumpState
from monitor.interruption.steady import steadied
from monitor.interruption.transitions import Step, step, step_in_full
from watched import BLINATUMOMAB

POLICY = Policy("p1", BLINATUMOMAB)
ORDER = Order(rate_ml_per_h=5.0)
NOW_US = minute(6)
SILENCE_US = BLINATUMOMAB.silence_max_us

replace = msgspec.structs.replace


def word(**fields: Any) -> StatusObserved:
    """Return "delivering" at the ordered rate, as it was said before."""
    return StatusObserved(**{"delivery": DeliveryStatus.DELIVERING, "rate_ml_per_h": 5.0, **fields})


def course(said: list[StatusObserved], **changes: Any) -> PumpState:
    """Return the state after these words, a minute apart from the start, all taken the long road."""
    state = PumpState(enrolled_at_us=0, fold=Fold(), base=Fold(), order=ORDER)
    for count, one in enumerate(said):
        state = step_in_full(state, PumpObserved(at_us=minute(count), observation=one), POLICY).state
    return replace(state, **changes)


def steady(**changes: Any) -> PumpState:
    """Return the state of a pump that ran until a minute ago without a word of its counter."""
    return course([word() for _ in range(6)], **changes)


def short(state: PumpState, said: Observation, at_us: int = NOW_US) -> PumpState | None:
    """Return what the short road makes of a word; what it takes must be what the long road does, without effects."""
    event = PumpObserved(at_us=at_us, observation=said)
    found = steadied(state, event, POLICY)
    long = step_in_full(state, event, POLICY)
    assert step(state, event, POLICY) == (long if found is None else Step(found, ()))
    if found is not None:
        assert (found, ()) == long
    return found


def with_fold(**changes: Any) -> PumpState:
    """Return the steady state with another clock."""
    state = steady()
    return replace(state, fold=replace(state.fold, **changes))


def with_tail(**changes: Any) -> PumpState:
    """Return the steady state with another last piece of evidence."""
    state = steady()
    return replace(state, evidence=(*state.evidence[:-1], replace(state.evidence[-1], **changes)))


AT = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=NOW_US)
CLOCK = PumpClock(at_us=NOW_US - MINUTE_US + 1, since_us=START_US, count=3)
MARK = Mark(kind=MarkKind.BAG_CHANGE, by="n", at_us=0, quiet_until_us=0, window_until_us=NOW_US + 1)
ALERT = Alert(number=1, code="batt-low", priority=AlertPriority.LOW, raised_at_us=0)
HOLD = Hold(reason="fever", by="d", at_us=0, until_us=None)
INCIDENT = Incident(number=1, opened_at_us=0, noticed_at_us=0, flow_us=1)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (steady(), word()),
        (steady(), word(alarms=())),
        (steady(), word(battery_percent=20.0)),
        (steady(seq=0, seq_window=1), word(seq=1)),
        (steady(seq=3, seq_window=7, boot="a"), word(seq=9, boot="a")),
        (steady(seq=3, seq_window=7, boot="a"), word()),
        (steady(serial="A1"), word(serial="A1")),
        (steady(pump_clock=CLOCK), word(device_at=AT)),
        (steady(), word(boot="b")),
        (steady(mark=MARK), word()),
        (steady(order=None), word()),
        (steady(order=Order()), word()),
        (steady(order=Order(rate_ml_per_h=5.5)), word()),
        (steady(order=Order(rate_ml_per_h=5.0, ends_at_us=NOW_US + 1), plan_due_us=NOW_US + 1), word()),
        (course([word(rate_ml_per_h=None)] * 6), word(rate_ml_per_h=None)),
        (with_fold(off_patient=(OffPatient(minute(-9), minute(-8)),)), word()),
    ],
)
def test_a_steady_delivering_takes_the_short_road(state: PumpState, said: StatusObserved) -> None:
    assert short(state, said) is not None


@pytest.mark.parametrize(
    "said",
    [
        AlarmObserved(code="batt-low", phase=AlarmPhase.START),
        word(delivery=DeliveryStatus.NOT_DELIVERING),
        word(delivery=DeliveryStatus.KVO),
        word(alarms=("batt-low",)),
        word(age_s=1.0),
        word(age_max_s=1.0),
        word(serial="B2"),
        word(rate_ml_per_h=5.1),
        word(rate_ml_per_h=None),
        word(device_at=AT),
        word(volume_delivered_ml=1.0),
        word(volume_remaining_ml=9.0),
        word(volume_resolution_ml=0.01),
        word(seq=4),
        word(seq=4, boot="b"),
    ],
)
def test_a_word_that_may_change_something_takes_the_long_road(said: Observation) -> None:
    assert short(steady(), said) is None


@pytest.mark.parametrize(
    "state",
    [
        with_fold(stop=OpenStop(minute(5))),
        with_fold(group=group_of(ended(minute(1), minute(2)))),
        with_fold(last_flow_us=None),
        with_fold(off_patient=(OffPatient(minute(5)),)),
        steady(alerts=(ALERT,)),
        steady(incidents=(INCIDENT,)),
        steady(serial="A1"),
        steady(rate_ml_per_h=4.9),
        steady(delivery=DeliveryStatus.TRANSITIONING),
        steady(delivery=None),
        steady(completed_at_us=minute(5)),
        steady(contradicted_at_us=minute(5)),
        steady(strange_serial="B2"),
        steady(hold=HOLD),
        steady(plan_due_us=NOW_US),
        steady(mark=replace(MARK, window_until_us=NOW_US)),
        steady(order=Order(rate_ml_per_h=5.0, ends_at_us=NOW_US)),
        steady(order=Order(rate_ml_per_h=5.0, ends_at_us=NOW_US - 1)),
        steady(order=Order(rate_ml_per_h=10.0)),
        steady(order=Order(rate_ml_per_h=1.0)),
        steady(evidence=()),
        with_tail(kind=EvidenceKind.RUN),
        with_tail(unsure_us=1),
        with_tail(rate_ul_per_h=None),
        with_tail(rate_ul_per_h=4900),
        with_tail(step_ul=10),
    ],
)
def test_a_pump_with_which_something_is_or_is_due_takes_the_long_road(state: PumpState) -> None:
    assert steadied(state, PumpObserved(at_us=NOW_US, observation=word()), POLICY) is None


@pytest.mark.parametrize("count", [0, 2])
def test_a_clock_that_is_due_is_read_on_the_long_road(count: int) -> None:
    clock = PumpClock(at_us=NOW_US - (MINUTE_US if count else 0), since_us=START_US, count=count)
    assert short(steady(pump_clock=clock), word(device_at=AT)) is None


def test_a_run_that_did_not_reach_the_last_flow_takes_the_long_road() -> None:
    event = PumpObserved(at_us=NOW_US, observation=word())
    assert steadied(steady(tail_to_us=minute(5) - 1), event, POLICY) is None


def test_what_is_said_at_the_instant_of_the_last_word_is_one_more_and_what_is_before_it_is_not() -> None:
    assert short(steady(), word(), minute(5)) is not None
    assert short(steady(), word(), minute(5) - 1) is None


def test_flow_may_go_unseen_for_the_longest_silence_and_not_a_microsecond_longer() -> None:
    assert short(steady(), word(), minute(5) + SILENCE_US) is not None
    assert short(steady(), word(), minute(5) + SILENCE_US + 1) is None


def test_one_more_delivering_moves_the_last_flow_and_what_people_are_shown() -> None:
    before = steady(seq=3, seq_window=1, volume_remaining_ml=7.0)
    after = short(before, word(seq=5, battery_percent=44.0), NOW_US)
    assert after == replace(
        before,
        fold=replace(before.fold, last_flow_us=NOW_US),
        tail_to_us=NOW_US,
        tail_samples=before.tail_samples + (60 * SECOND_US).to_bytes(5) + b"\xff\xff",
        last_contact_at_us=NOW_US,
        seq=5,
        seq_window=0b101,
        volume_remaining_ml=None,
        battery_percent=44.0,
    )


def test_a_new_order_for_a_pump_that_tells_no_rate_is_a_run_of_another_rate() -> None:
    told_none = course([word(rate_ml_per_h=None)] * 6, order=Order(rate_ml_per_h=10.0))
    assert short(told_none, word(rate_ml_per_h=None)) is None
    after = step(told_none, PumpObserved(at_us=NOW_US, observation=word(rate_ml_per_h=None)), POLICY).state
    assert [piece.rate_ul_per_h for piece in after.evidence] == [5000, 10_000]


def test_a_mark_whose_window_is_over_is_taken_away_by_the_next_word_too() -> None:
    over = steady(mark=replace(MARK, window_until_us=NOW_US))
    assert step(over, PumpObserved(at_us=NOW_US, observation=word()), POLICY).state.mark is None


def test_the_first_message_number_makes_the_pumps_clock_unknown_on_both_roads() -> None:
    event = PumpObserved(at_us=NOW_US, observation=word(seq=7))
    assert step(steady(pump_clock=CLOCK), event, POLICY).state.pump_clock == PumpClock()
