"""An empty reservoir near a planned end or pause: when it is one, how near, and what it dates when it is heard late."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from monitor.interruption.effects import Effect, PlanChanged
from monitor.interruption.events import FreeInterval, Order
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.offtime import Fold, OpenStop
from monitor.interruption.plan import complete, is_completion
from monitor.interruption.policy import HOUR_US, MINUTE_US, Policy
from monitor.interruption.state import Bag, Course, Past, PumpState
from watched import BLINATUMOMAB

replace = msgspec.structs.replace

POLICY = Policy("p1", BLINATUMOMAB)
NEAR_US = 30 * MINUTE_US
"""So near to the plan an empty reservoir is no early one."""

END_US = 10 * HOUR_US
BEGINS_US, UNTIL_US = END_US, END_US + 5 * HOUR_US
ENDS = Order(ends_at_us=END_US)
FREE = FreeInterval(BEGINS_US, UNTIL_US)
PAUSES = Order(free=(FREE,))
COURSE = Course(began_us=10, counted_us=10)
SEEN_US = END_US - HOUR_US
FLOWING = Fold(flow_from_us=10, last_flow_us=SEEN_US)
STOPPED = Fold(last_flow_us=SEEN_US, stop=OpenStop(SEEN_US))


def on(order: Order | None = None, **fields: Any) -> PumpState:
    known: dict[str, Any] = {"fold": FLOWING, "base": Fold(), "course": COURSE, "order": order}
    return PumpState(enrolled_at_us=0, **known | fields)


def emptied(state: PumpState, at_us: int) -> tuple[PumpState, list[Effect]]:
    effects: list[Effect] = []
    return complete(state, POLICY, at_us, effects), effects


def changed(order: Order | None, what: str) -> list[PlanChanged]:
    return [PlanChanged(order=order, is_complete=what == "complete", what=what)]


@pytest.mark.parametrize("order", [ENDS, PAUSES])
@pytest.mark.parametrize(
    ("off_us", "expected"),
    [(-NEAR_US - 1, False), (-NEAR_US, True), (0, True), (NEAR_US, True), (NEAR_US + 1, False)],
)
def test_empty_so_near_to_the_plan_is_its_completion(order: Order, off_us: int, *, expected: bool) -> None:
    assert is_completion(on(order), POLICY, END_US + off_us) is expected
    assert not is_completion(on(order, fold=STOPPED), POLICY, END_US + off_us)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (on(), False),
        (on(Order()), False),
        (on(replace(PAUSES, ends_at_us=END_US + 2 * NEAR_US)), True),
        (on(replace(ENDS, free=(FreeInterval(2 * END_US, 3 * END_US),))), True),
        # Without flow there is nothing that a pause could end; an ordered end is one all the same.
        (on(PAUSES, fold=Fold()), False),
        (on(ENDS, fold=Fold()), True),
    ],
)
def test_a_reservoir_is_complete_by_an_end_or_by_a_pause(state: PumpState, *, expected: bool) -> None:
    assert is_completion(state, POLICY, END_US) is expected


@pytest.mark.parametrize("off_us", [-NEAR_US, 0, NEAR_US])
def test_empty_near_the_ordered_end_is_the_end_of_the_course(off_us: int) -> None:
    at_us = END_US + off_us
    found, effects = emptied(on(replace(ENDS, free=PAUSES.free)), at_us)
    assert (found.completed_at_us, found.course) == (at_us, COURSE)
    assert [one for one in effects if isinstance(one, PlanChanged)] == changed(found.order, "complete")


@pytest.mark.parametrize(("off_us", "short_us"), [(-NEAR_US, NEAR_US), (-1, 1), (0, 0), (7, 0)])
def test_empty_near_a_planned_pause_begins_it_and_what_was_to_flow_is_off_time(off_us: int, short_us: int) -> None:
    at_us = BEGINS_US + off_us
    state = on(replace(PAUSES, ends_at_us=at_us + NEAR_US + 1))
    found, effects = emptied(state, at_us)
    assert found.completed_at_us == at_us
    assert found.course == replace(COURSE, off_min_us=short_us, off_max_us=short_us, free_until_us=UNTIL_US)
    assert effects == changed(state.order, "free-interval")


def test_empty_in_a_course_that_was_not_dated_dates_it() -> None:
    found, _ = emptied(on(replace(PAUSES, bag_hours=48), course=None), BEGINS_US - 5)
    begun = Course(began_us=BEGINS_US - 5, counted_us=BEGINS_US - 5, bag=Bag(hung_us=BEGINS_US - 5, hours=48))
    assert found.course == replace(begun, off_min_us=5, off_max_us=5, free_until_us=UNTIL_US)


def test_empty_without_any_plan_ends_the_course() -> None:
    found, effects = emptied(on(), END_US)
    assert (found.completed_at_us, effects[:-1]) == (END_US, changed(None, "complete"))
    assert [alert.code for alert in found.alerts] == ["course-complete"]


def test_a_course_that_is_complete_is_not_completed_again() -> None:
    state = on(ENDS, fold=Fold(), completed_at_us=END_US)
    assert emptied(state, END_US + 1) == (state, [])


def test_the_ordered_end_inside_a_pause_is_the_end_of_it() -> None:
    course = replace(COURSE, free_until_us=UNTIL_US)
    state = on(ENDS, fold=Fold(), course=course, completed_at_us=END_US - 5)
    found, effects = emptied(state, END_US)
    assert (found, effects) == (replace(state, course=COURSE), changed(ENDS, "complete"))


RAN = Evidence(EvidenceKind.FLOW, 10, END_US - 2 * MINUTE_US, 10)
BEFORE = Past(closed_us=END_US, fold=replace(FLOWING, last_flow_us=RAN.to_us), base=Fold(), evidence=(RAN,))


def closed(order: Order, **fields: Any) -> PumpState:
    return on(order, fold=Fold(), completed_at_us=END_US, pasts=(BEFORE,), **fields)


def test_empty_before_an_end_that_the_plan_took_dates_that_end() -> None:
    at_us = END_US - MINUTE_US
    assert is_completion(closed(ENDS), POLICY, at_us)
    found, effects = emptied(closed(ENDS), at_us)
    assert (found.completed_at_us, found.course, effects) == (at_us, COURSE, [])
    assert [past.closed_us for past in found.pasts] == [at_us]


def test_empty_before_a_pause_that_the_plan_began_dates_its_beginning() -> None:
    at_us = END_US - MINUTE_US
    course = replace(COURSE, free_until_us=UNTIL_US)
    found, effects = emptied(closed(PAUSES, course=course), at_us)
    off = {"off_min_us": MINUTE_US, "off_max_us": MINUTE_US}
    assert (found.completed_at_us, found.course, effects) == (at_us, replace(course, **off), [])
    assert [past.closed_us for past in found.pasts] == [at_us]


def test_a_pause_that_passed_before_is_not_the_one_that_begins() -> None:
    before = FreeInterval(END_US - 20 * MINUTE_US, END_US - 10 * MINUTE_US)
    order = Order(free=(before, FREE))
    # It flowed over the first one, and that is known although the pump was empty, by its log, before it.
    seen_us = END_US - 9 * MINUTE_US
    found, _ = emptied(on(order, fold=replace(FLOWING, last_flow_us=seen_us)), END_US - 25 * MINUTE_US)
    off_us = 25 * MINUTE_US
    assert found.course == replace(COURSE, off_min_us=off_us, off_max_us=off_us, free_until_us=UNTIL_US)
    # Nor is it the one that was begun by plan.
    course = replace(COURSE, free_until_us=UNTIL_US)
    found, _ = emptied(closed(order, course=course), END_US - MINUTE_US)
    assert found.course == replace(course, off_min_us=MINUTE_US, off_max_us=MINUTE_US)


def test_empty_before_a_pause_that_began_late_counts_until_it_was_to_begin() -> None:
    late = replace(BEFORE, closed_us=END_US + 5 * MINUTE_US)
    course = replace(COURSE, free_until_us=UNTIL_US)
    state = on(PAUSES, fold=Fold(), course=course, completed_at_us=late.closed_us, pasts=(late,))
    found, _ = emptied(state, END_US - MINUTE_US)
    assert found.course == replace(course, off_min_us=MINUTE_US, off_max_us=MINUTE_US)


def test_empty_before_a_pause_that_has_long_begun_early_counts_until_it_began() -> None:
    early = replace(BEFORE, closed_us=END_US - MINUTE_US)
    course = replace(COURSE, free_until_us=UNTIL_US)
    state = on(PAUSES, fold=Fold(), course=course, completed_at_us=early.closed_us, pasts=(early,))
    found, _ = emptied(state, END_US - 3 * MINUTE_US)
    assert found.course == replace(course, off_min_us=2 * MINUTE_US, off_max_us=2 * MINUTE_US)


def test_empty_in_a_pause_before_an_order_of_another_course_leaves_that_course_alone() -> None:
    found, effects = emptied(closed(PAUSES, course=None), END_US - MINUTE_US)
    assert (found.course, effects) == (None, [])
    assert [past.closed_us for past in found.pasts] == [END_US - MINUTE_US]


def test_empty_long_after_the_plan_went_on_is_a_pause_of_its_own() -> None:
    order = Order(free=(FREE, FreeInterval(3 * END_US, 4 * END_US)))
    fold = Fold(flow_from_us=UNTIL_US, last_flow_us=3 * END_US - 5)
    state = on(order, fold=fold, pasts=(BEFORE,))
    found, effects = emptied(state, 3 * END_US - 2)
    assert (found.completed_at_us, effects) == (3 * END_US - 2, changed(order, "free-interval"))
    assert found.course == replace(COURSE, off_min_us=2, off_max_us=2, free_until_us=4 * END_US)
