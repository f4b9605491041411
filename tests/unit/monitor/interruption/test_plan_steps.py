"""The steps of a plan one by one: which comes next and when, what each does to the state, and what it tells."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from monitor.interruption.effects import AlertRaised, Effect, PlanChanged
from monitor.interruption.events import FreeInterval, Order
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.offtime import Fold, Group, OpenStop
from monitor.interruption.plan import (
    PlanStep,
    _taken,
    accept_order,
    complete_for_good,
    expected_again,
    follow_plan,
    is_free,
    is_in_course,
    next_step,
)
from monitor.interruption.policy import HOUR_US, MINUTE_US, Policy
from monitor.interruption.state import Bag, Course, PumpState
from monitor.interruption.therapy_rules import Schedule
from watched import BLINATUMOMAB

replace = msgspec.structs.replace

POLICY = Policy("p1", BLINATUMOMAB)
DAILY = Policy("p1", replace(BLINATUMOMAB, schedule=Schedule(6 * 60, 22 * 60, "UTC")))
DONE = Group(opened_us=5, flow_us=9, stops=1, min_us=2, max_us=4, longest_min_us=2)
COURSE = Course(began_us=10, counted_us=10)
FLOWING = Fold(flow_from_us=10, last_flow_us=1000, done=(DONE,))
STANDING = Fold(last_flow_us=1000, stop=OpenStop(1000, onset_latest_us=1010, certain_to_us=1100))


def on(order: Order | None = None, **fields: Any) -> PumpState:
    known: dict[str, Any] = {"fold": FLOWING, "base": Fold(), "course": COURSE, "order": order}
    return PumpState(enrolled_at_us=0, **known | fields)


def waiting(order: Order | None = None, **fields: Any) -> PumpState:
    return on(order, fold=Fold(done=(DONE,)), course=None, **fields)


def free(*stretches: tuple[int, int], **fields: Any) -> Order:
    return Order(free=tuple(FreeInterval(begins_us, ends_us) for begins_us, ends_us in stretches), **fields)


def pausing(order: Order | None = None, until_us: int | None = 5000, **fields: Any) -> PumpState:
    course = replace(COURSE, free_until_us=until_us)
    return on(order, fold=Fold(done=(DONE,)), course=course, completed_at_us=2000, **fields)


def changed(order: Order | None, what: str, *, is_complete: bool = False) -> PlanChanged:
    return PlanChanged(order=order, is_complete=is_complete, what=what)


ENDS = Order(ends_at_us=3000)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (on(), None),
        (on(Order()), None),
        (waiting(Order(starts_at_us=7)), (7, PlanStep.START)),
        (waiting(Order()), None),
        (waiting(), None),
        # Flow has begun: its planned start says nothing any more.
        (on(Order(starts_at_us=7)), None),
        (waiting(Order(starts_at_us=7), completed_at_us=1), None),
        (waiting(free((2000, 3000), starts_at_us=7)), (7, PlanStep.START)),
        (on(ENDS), (3000, PlanStep.END)),
        (waiting(ENDS), (3000, PlanStep.END)),
        (waiting(ENDS, completed_at_us=3000), None),
        (pausing(ENDS, None), None),
        # Given after its own end: not before what was seen.
        (on(Order(ends_at_us=999)), (1000, PlanStep.END)),
        (on(Order(ends_at_us=1099), fold=STANDING), (1100, PlanStep.END)),
        (on(next_order=Order(starts_at_us=4000)), (4000, PlanStep.ORDER)),
        (on(next_order=Order()), None),
        (on(ENDS, next_order=Order(starts_at_us=3001)), (3000, PlanStep.END)),
        (on(ENDS, next_order=Order(starts_at_us=3000)), (3000, PlanStep.ORDER)),
        (on(free((2000, 3000))), (2000, PlanStep.FREE)),
        (on(free((2000, 3000), ends_at_us=2000)), (2000, PlanStep.END)),
        # A free interval does not begin before what was seen, nor before its order spoke of it.
        (on(free((900, 3000))), (1000, PlanStep.FREE)),
        (on(free((900, 3000)), course=replace(COURSE, counted_us=1500)), (1500, PlanStep.FREE)),
        (on(free((900, 3000)), course=None), (1000, PlanStep.FREE)),
        (on(free((900, 1000))), None),
        (on(free((2000, 3000)), completed_at_us=1500), None),
        (pausing(), (5000, PlanStep.EXPECTED)),
        (pausing(free((2000, 5000), (6000, 7000))), (5000, PlanStep.EXPECTED)),
        (pausing(ENDS), (3000, PlanStep.END)),
        (pausing(Order(ends_at_us=5000)), (5000, PlanStep.EXPECTED)),
        (pausing(until_us=None), None),
        (on(course=replace(COURSE, free_until_us=5000)), None),
    ],
)
def test_the_next_step_is_the_earliest_and_of_several_the_lower_one(
    state: PumpState, expected: tuple[int, PlanStep] | None
) -> None:
    assert next_step(state, POLICY) == expected


def test_a_daily_schedule_is_a_plan_without_any_order() -> None:
    assert next_step(on(), DAILY) == (1000, PlanStep.FREE)
    late = on(fold=Fold(flow_from_us=10, last_flow_us=7 * HOUR_US))
    assert next_step(late, DAILY) == (22 * HOUR_US, PlanStep.FREE)


def test_only_a_pause_by_plan_is_a_free_interval() -> None:
    assert is_free(pausing())
    assert not is_free(pausing(until_us=None))
    assert not is_free(on(course=replace(COURSE, free_until_us=5000)))
    assert not is_free(waiting(completed_at_us=2000))


def followed(state: PumpState, now_us: int, policy: Policy = POLICY) -> tuple[PumpState, list[Effect]]:
    effects: list[Effect] = []
    return follow_plan(state, policy, now_us, effects), effects


def raised(effect: Effect) -> tuple[str, int]:
    assert isinstance(effect, AlertRaised)
    return effect.alert.code, effect.alert.raised_at_us


@pytest.mark.parametrize("due_us", [None, 3000])
def test_a_step_is_taken_at_its_instant_and_not_before(due_us: int | None) -> None:
    state = on(ENDS, plan_due_us=due_us)
    assert followed(state, 2999) == (state, [])
    found, effects = followed(state, 3000)
    assert (found.completed_at_us, found.fold, found.evidence) == (3000, Fold(done=(DONE,)), ())
    assert effects[:-1] == [changed(ENDS, "complete", is_complete=True)]
    assert raised(effects[-1]) == ("course-complete", 3000)


def test_an_end_without_a_course_is_told_to_nobody() -> None:
    found, effects = followed(waiting(ENDS), 3000)
    assert (found.completed_at_us, found.alerts) == (3000, ())
    assert effects == [changed(ENDS, "complete", is_complete=True)]


def test_nothing_is_looked_at_before_the_instant_that_was_noted() -> None:
    state = on(ENDS, plan_due_us=4000)
    assert followed(state, 3999) == (state, [])
    assert followed(state, 4000)[0].completed_at_us == 3000


def test_therapy_that_was_to_begin_is_awaited_from_then() -> None:
    order = Order(starts_at_us=700, bag_hours=2)
    stood = Evidence(EvidenceKind.NO_FLOW, 500, 500, 500)
    found, effects = followed(waiting(order, evidence=(stood,)), 900)
    assert found.course == Course(began_us=700, counted_us=700, bag=Bag(hung_us=700, hours=2))
    assert found.fold == Fold(flow_from_us=700, last_flow_us=700, reckoned_at_us=700, done=(DONE,))
    assert (found.base, found.evidence, effects) == (found.fold, (), [])


def test_an_order_that_was_planned_is_in_force_from_its_start() -> None:
    later = Order(rate_ml_per_h=5, starts_at_us=4000)
    found, effects = followed(on(next_order=later), 4000)
    assert (found.order, found.next_order) == (later, None)
    assert effects == [changed(later, "order-begins")]


def test_steps_that_passed_unseen_are_taken_one_after_the_other() -> None:
    order = free((2000, 3000), (5000, 6000), ends_at_us=9000)
    found, effects = followed(on(order), 9000)
    words = ("free-interval", "flow-expected", "free-interval", "flow-expected", "complete")
    assert effects[:-1] == [changed(order, what, is_complete=what == "complete") for what in words]
    assert raised(effects[-1]) == ("course-complete", 9000)
    assert found.completed_at_us == 9000
    assert found.course == replace(COURSE, expected_us=6000)


def test_an_order_is_in_force_at_once_with_the_steps_that_have_come() -> None:
    effects: list[Effect] = []
    order = free((900, 1100))
    found = accept_order(on(), order, "doctor", POLICY, 1050, effects)
    assert effects[0] == PlanChanged(order=order, is_complete=False, by="doctor", what="order")
    assert effects[1:] == [changed(order, "free-interval")]
    assert (found.order, found.completed_at_us) == (order, 1050)


def test_flow_is_expected_again_when_a_free_interval_is_over() -> None:
    state = pausing(contradicted_at_us=3)
    effects: list[Effect] = []
    found = expected_again(state, POLICY, 5000, effects)
    fold = Fold(flow_from_us=5000, last_flow_us=5000, reckoned_at_us=5000, done=(DONE,))
    course = replace(COURSE, expected_us=5000)
    assert found == replace(state, fold=fold, base=fold, course=course, completed_at_us=None)
    assert effects == [changed(None, "flow-expected")]


def test_a_free_interval_that_goes_on_by_another_plan_is_put_off() -> None:
    effects: list[Effect] = []
    found = expected_again(pausing(free((4000, 6000))), POLICY, 5000, effects)
    assert (found.course, found.completed_at_us, effects) == (replace(COURSE, free_until_us=6000), 2000, [])


def test_the_end_in_a_free_interval_leaves_its_beginning_as_the_end_of_flow() -> None:
    effects: list[Effect] = []
    found = complete_for_good(pausing(ENDS), POLICY, 3000, effects)
    assert found == replace(pausing(ENDS), course=COURSE)
    assert effects == [changed(ENDS, "complete", is_complete=True)]


@pytest.mark.parametrize(
    ("state", "about_us", "expected"),
    [
        (on(completed_at_us=2000), 1500, False),
        (on(), 1500, True),
        (on(Order()), 1500, True),
        (on(ENDS), 3000, True),
        (on(ENDS), 3001, False),
        (waiting(Order(starts_at_us=700)), 699, False),
        (waiting(Order(starts_at_us=700)), 700, True),
        (on(Order(starts_at_us=700)), 699, True),
        (waiting(Order(starts_at_us=700, ends_at_us=800)), 801, False),
    ],
)
def test_only_what_is_about_the_therapy_under_watch_is_in_its_course(
    state: PumpState, about_us: int, *, expected: bool
) -> None:
    assert is_in_course(state, about_us) is expected


def test_a_free_interval_begins_where_the_stop_before_it_ends() -> None:
    order = free((MINUTE_US, 2 * MINUTE_US))
    found, effects = followed(on(order, fold=STANDING), MINUTE_US)
    (last,) = found.fold.done
    assert (last.opened_us, last.flow_us, last.max_us) == (1000, MINUTE_US, MINUTE_US - 1000)
    assert found.course == replace(COURSE, free_until_us=2 * MINUTE_US)
    assert effects == [changed(order, "free-interval")]


@pytest.mark.parametrize(("at_us", "until_us"), [(1999, 1999), (2000, 3000), (2999, 3000), (3000, 3000)])
def test_a_free_interval_lasts_until_its_end_and_one_that_is_over_lasts_no_more(at_us: int, until_us: int) -> None:
    found = _taken(on(free((2000, 3000))), POLICY, at_us, PlanStep.FREE, [])
    assert (found.completed_at_us, found.course) == (at_us, replace(COURSE, free_until_us=until_us))
