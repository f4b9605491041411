"""What an order changes, whole states compared: at once or later, the course, its free time, the bag, the record."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from drivers.contract import DeliveryStatus
from monitor.interruption.alarms import AlertPriority
from monitor.interruption.effects import AlertRaised, AlertResolved, Effect, PlanChanged
from monitor.interruption.events import FreeInterval, Order
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.off_patient import OffPatient
from monitor.interruption.offtime import Fold, Group, OpenStop
from monitor.interruption.orders import is_new_course, ordered, take_effect
from monitor.interruption.policy import HOUR_US, Policy
from monitor.interruption.state import Alert, Bag, Course, Hold, PumpState
from monitor.interruption.therapy_rules import BagRate
from monitor.interruption.transitions import enrolled
from watched import BLINATUMOMAB

POLICY = Policy("p1", BLINATUMOMAB)
NOW = 30 * HOUR_US
FLOWING = Fold(flow_from_us=HOUR_US, last_flow_us=NOW - 5)
COURSE = Course(began_us=HOUR_US, counted_us=HOUR_US, bag=Bag(HOUR_US, hours=48.0))
BEFORE = Order(rate_ml_per_h=5.0, bag_hours=48.0, cycle=1)
HOLD = Hold(reason="crs", by="doctor", at_us=NOW - 9, until_us=None)
RUNNING = replace(enrolled(0), fold=FLOWING, course=COURSE, order=BEFORE)


def given(
    state: PumpState, order: Order, by: str = "doctor", policy: Policy = POLICY
) -> tuple[PumpState, list[Effect]]:
    effects: list[Effect] = []
    return ordered(state, order, by, policy, NOW, effects), effects


def test_an_order_for_later_waits_and_is_recorded_as_planned() -> None:
    order = Order(rate_ml_per_h=2.0, starts_at_us=NOW + 1)
    state, effects = given(RUNNING, order)
    assert state == replace(RUNNING, next_order=order)
    assert effects == [PlanChanged(order=order, is_complete=False, by="doctor", what="order-planned")]


def test_an_order_that_starts_now_is_in_force_now_and_recorded() -> None:
    order = Order(rate_ml_per_h=2.0, starts_at_us=NOW)
    state, effects = given(RUNNING, order)
    assert state == replace(RUNNING, order=replace(order, cycle=1), course=replace(COURSE, counted_us=NOW))
    assert effects == [PlanChanged(order=order, is_complete=False, by="doctor", what="order")]


def test_without_a_course_an_order_for_later_is_in_force_at_once() -> None:
    order = Order(rate_ml_per_h=2.0, starts_at_us=NOW + 1)
    assert given(enrolled(0), order)[0] == replace(enrolled(0), order=order)


@pytest.mark.parametrize(("by", "since_us"), [("doctor", NOW + 1), ("configuration", None)])
def test_under_a_hold_an_order_for_later_makes_flow_expected_from_its_start(by: str, since_us: int | None) -> None:
    held = replace(RUNNING, hold=HOLD)
    order = Order(rate_ml_per_h=2.0, starts_at_us=NOW + 1)
    state, _ = given(held, order, by)
    assert state == replace(held, next_order=order, hold=replace(HOLD, ordered_at_us=since_us))


@pytest.mark.parametrize("by", ["doctor", "configuration"])
def test_under_a_hold_an_order_makes_flow_expected_now_and_drops_the_one_that_waited(by: str) -> None:
    later = Order(starts_at_us=NOW + 9)
    held = replace(RUNNING, hold=HOLD, next_order=later)
    state, _ = given(held, BEFORE, by)
    same = replace(held, course=replace(COURSE, counted_us=NOW))
    expected = replace(same, hold=replace(HOLD, ordered_at_us=NOW), next_order=None)
    assert state == (expected if by == "doctor" else same)


def test_without_a_hold_the_order_that_waits_goes_on_waiting() -> None:
    waiting = replace(RUNNING, next_order=Order(starts_at_us=NOW + 9))
    assert given(waiting, BEFORE)[0].next_order == waiting.next_order


def test_an_order_that_waited_is_in_force_and_recorded() -> None:
    order = Order(rate_ml_per_h=2.0, starts_at_us=NOW)
    effects: list[Effect] = []
    state = take_effect(replace(RUNNING, next_order=order), POLICY, NOW, effects)
    assert state == replace(RUNNING, order=replace(order, cycle=1), course=replace(COURSE, counted_us=NOW))
    assert effects == [PlanChanged(order=order, is_complete=False, what="order-begins")]
    assert take_effect(state, POLICY, NOW, effects) is state
    assert len(effects) == 1


def test_an_order_that_waited_is_judged_when_it_is_in_force() -> None:
    policy = Policy("p1", replace(BLINATUMOMAB, labelled_rates=(BagRate(5.0),)))
    effects: list[Effect] = []
    state = take_effect(replace(RUNNING, next_order=Order(rate_ml_per_h=3.0)), policy, NOW, effects)
    (alert,) = state.alerts
    assert (alert.code, alert.raised_at_us) == ("wrong-profile", NOW)
    assert isinstance(effects[1], AlertRaised)


FULL = Order(
    rate_ml_per_h=5.0, bag_hours=48.0, starts_at_us=1, ends_at_us=9 * NOW, drug="d", indication="i", age_group="adult",
    cycle=1, infusion_days=28.0, bag_expires_at_us=2 * NOW, free=(FreeInterval(NOW + 5, NOW + 9),),
)  # fmt: skip


def test_of_the_same_course_patient_and_course_are_kept_and_nothing_else() -> None:
    state, _ = given(replace(RUNNING, order=FULL), Order())
    kept = Order(
        drug="d", indication="i", age_group="adult", cycle=1, infusion_days=28.0, free=(FreeInterval(NOW + 5, NOW + 9),)
    )
    assert state.order == kept


def test_of_another_course_only_the_patient_is_kept() -> None:
    state, _ = given(replace(RUNNING, order=FULL), Order(cycle=2))
    assert state.order == Order(drug="d", indication="i", age_group="adult", cycle=2)


def test_what_an_order_says_is_not_taken_from_the_one_before() -> None:
    said = replace(FULL, drug="e", indication="j", age_group="child", infusion_days=14.0, free=())
    assert given(replace(RUNNING, order=FULL), said)[0].order == said


def test_another_cycle_is_another_course() -> None:
    pairs = ((2, 1), (1, 2), (1, 1), (None, 1), (2, None), (None, None))
    found = [is_new_course(replace(RUNNING, order=Order(cycle=old)), Order(cycle=new)) for new, old in pairs]
    assert found == [True, True, False, False, False, False]


def test_the_end_is_the_end_of_a_course_and_a_free_interval_is_not() -> None:
    done = replace(RUNNING, completed_at_us=NOW - 1)
    free = replace(done, course=replace(COURSE, free_until_us=NOW + 1))
    assert is_new_course(done, Order())
    assert is_new_course(replace(done, course=None), Order())
    assert not is_new_course(free, Order())
    assert is_new_course(free, Order(cycle=2))
    assert not is_new_course(replace(RUNNING, order=None), Order(cycle=2))


SEEN = (Evidence(EvidenceKind.FLOW, NOW - 5, NOW - 5, NOW - 5),)


def test_another_cycle_under_flow_begins_its_course_now_and_keeps_the_clock() -> None:
    running = replace(RUNNING, evidence=SEEN, base=Fold(blind_to_us=3), fold=replace(FLOWING, stop=OpenStop(NOW - 3)))
    state, _ = given(running, Order(rate_ml_per_h=2.0, cycle=2))
    order = Order(rate_ml_per_h=2.0, cycle=2)
    course = Course(began_us=NOW, counted_us=NOW, bag=Bag(NOW, hours=48.0), is_dated=True)
    assert state == replace(running, order=order, course=course)


def test_another_cycle_before_any_flow_forgets_the_course_that_was_to_begin() -> None:
    waiting = replace(RUNNING, fold=Fold(blind_to_us=3))
    state, _ = given(waiting, Order(cycle=2))
    assert state == replace(waiting, order=Order(cycle=2), course=None)


DONE = Alert(number=1, code="course-complete", priority=AlertPriority.LOW, raised_at_us=1)
LOST = Alert(number=2, code="link-lost", priority=AlertPriority.MEDIUM, raised_at_us=1)


def test_an_order_after_the_end_begins_with_an_empty_clock_and_what_stays() -> None:
    group = Group(opened_us=1, flow_us=2, stops=1, min_us=1, max_us=1, longest_min_us=1)
    off = (OffPatient(NOW - 9, NOW - 8),)
    ended = replace(
        RUNNING,
        fold=replace(FLOWING, done=(group,), checked_us=5, off_patient=off),
        base=FLOWING,
        evidence=SEEN,
        completed_at_us=NOW - 1,
        delivery=DeliveryStatus.DELIVERING,
        alerts=(DONE, LOST),
    )
    order = Order(rate_ml_per_h=2.0)
    state, effects = given(ended, order)
    # Finished interruptions, and when the line was off the patient.
    fold = Fold(done=(group,), off_patient=off)
    assert state == replace(
        ended, order=order, fold=fold, base=fold, evidence=(), completed_at_us=None, course=None, alerts=(LOST,)
    )
    assert effects == [
        PlanChanged(order=order, is_complete=False, by="doctor", what="order"),
        AlertResolved(alert=replace(DONE, resolved_at_us=NOW)),
    ]


def test_another_order_of_the_same_course_leaves_what_was_said_of_its_end() -> None:
    state, _ = given(replace(RUNNING, alerts=(DONE,)), BEFORE)
    assert state.alerts == (DONE,)
