"""A course to the microsecond: when it begins, which off-time is summed, what was infused, what remains."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from monitor.interruption.course import (
    Counters,
    bag_of,
    begun,
    counters,
    followed,
    infused_us,
    off_us,
    settled,
    with_free_counted,
    with_off,
)
from monitor.interruption.events import FreeInterval, Order
from monitor.interruption.offtime import Fold, Group, OpenStop
from monitor.interruption.policy import HOUR_US, MINUTE_US, Policy
from monitor.interruption.state import Bag, Course, Incident, Phase, PumpState
from watched import BLINATUMOMAB

replace = msgspec.structs.replace

DAY_US = 24 * HOUR_US
SILENCE_US = 15 * MINUTE_US
COURSE = Course(began_us=1000, counted_us=1000)
FREE = (FreeInterval(2000, 2300), FreeInterval(3000, 3500))
EARLIER = Group(opened_us=1500, flow_us=1600, stops=1, min_us=70, max_us=100, longest_min_us=70)
"""An interruption that the clock still shows."""


def on(course: Course | None = COURSE, **fields: Any) -> PumpState:
    known: dict[str, Any] = {"fold": Fold(flow_from_us=1000, last_flow_us=9000), "base": Fold()}
    return PumpState(enrolled_at_us=0, course=course, **known | fields)


def incident(number: int, opened_us: int, flow_us: int | None, low_us: int, high_us: int) -> Incident:
    found = Incident(number=number, opened_at_us=opened_us, noticed_at_us=0, flow_us=flow_us, phase=Phase.ENDED)
    return replace(found, min_us=low_us, max_us=high_us)


def course_of(state: PumpState) -> Course:
    assert state.course is not None
    return state.course


def test_a_course_begins_with_the_order_s_bag_and_free_time_counted_from_then() -> None:
    order = Order(bag_hours=48, bag_expires_at_us=77)
    assert bag_of(order, 5) == Bag(hung_us=5, hours=48, expires_us=77)
    assert begun(on(None, order=order), 5).course == Course(began_us=5, counted_us=5, bag=bag_of(order, 5))
    without_order = Course(began_us=5, counted_us=5, bag=Bag(hung_us=5), is_dated=True)
    assert begun(on(), 5, is_dated=True) == on(without_order)


def test_the_first_flow_begins_the_course_and_earlier_flow_dates_it_anew() -> None:
    assert followed(on(None)).course == Course(began_us=1000, counted_us=1000, bag=Bag(hung_us=1000))
    later = Course(began_us=1001, counted_us=1002, off_min_us=3, bag=Bag(hung_us=1001))
    assert followed(on(later)).course == replace(later, began_us=1000, counted_us=1000)
    counted_before = replace(later, counted_us=999)
    assert followed(on(counted_before)).course == replace(counted_before, began_us=1000)


@pytest.mark.parametrize(
    "state",
    [
        on(None, fold=Fold(last_flow_us=1000)),
        on(None, completed_at_us=9000),
        on(Course(began_us=2000), completed_at_us=9000),
        on(Course(began_us=2000, is_dated=True)),
        on(Course(began_us=1000, counted_us=5000)),
        on(Course(began_us=999, counted_us=5000)),
    ],
)
def test_no_other_flow_dates_a_course(state: PumpState) -> None:
    assert followed(state) == state


def test_off_time_of_an_interruption_from_the_beginning_of_the_course_on_is_summed() -> None:
    course = Course(began_us=1000, off_min_us=1, off_max_us=2)
    assert with_off(course, 999, 30, 50) == course
    assert with_off(course, 1000, 30, 50) == Course(began_us=1000, off_min_us=31, off_max_us=52)


def test_free_time_under_the_order_before_is_summed_once() -> None:
    course = Course(began_us=1000, counted_us=2100, off_min_us=1, off_max_us=2)
    counted = Course(began_us=1000, counted_us=3100, off_min_us=301, off_max_us=302)
    assert with_free_counted(course, BLINATUMOMAB, Order(free=FREE), 3100) == counted


OLD = incident(1, 1100, 1200, 10, 20)
SHOWN = incident(2, 1500, 1600, 70, 100)
NEW = incident(3, 8000, None, 0, 5)


@pytest.mark.parametrize(
    ("kept", "added"),
    [
        ((OLD, SHOWN), (0, 0)),
        ((SHOWN,), (10, 20)),
        # What the clock still shows is in its sum.
        ((OLD,), (0, 0)),
        ((), (10, 20)),
        # One is forgotten as another one is found.
        ((SHOWN, NEW), (10, 20)),
    ],
)
def test_an_interruption_that_is_forgotten_is_summed_unless_the_clock_shows_it(
    kept: tuple[Incident, ...], added: tuple[int, int]
) -> None:
    state = on(fold=Fold(flow_from_us=1000, last_flow_us=9000, done=(EARLIER,)), incidents=kept)
    found = settled(state, (OLD, SHOWN))
    assert found == replace(state, course=replace(COURSE, off_min_us=added[0], off_max_us=added[1]))


def test_several_that_are_forgotten_are_all_summed() -> None:
    found = settled(on(), (SHOWN, OLD, incident(4, 999, 1050, 1, 1)))
    assert (course_of(found).off_min_us, course_of(found).off_max_us) == (80, 120)


def test_without_a_course_nothing_is_summed() -> None:
    assert settled(on(None), (OLD,)) == on(None)
    assert off_us(on(None, incidents=(OLD,)), BLINATUMOMAB, 9000) == (0, 0)
    assert infused_us(on(None), BLINATUMOMAB, 9000) == (0, 0)
    assert counters(on(None), Policy("p1", BLINATUMOMAB), 9000) is None


def test_off_time_is_the_sums_the_clock_s_and_what_only_its_incident_knows() -> None:
    course = replace(COURSE, off_min_us=1000, off_max_us=2000)
    before = Group(opened_us=999, flow_us=1050, stops=1, min_us=3, max_us=3, longest_min_us=3)
    stop = OpenStop(onset_earliest_us=5000, onset_latest_us=5004, certain_to_us=5005)
    fold = Fold(last_flow_us=5000, done=(before, EARLIER), stop=stop)
    forgotten = incident(4, 999, 1050, 1, 1)
    state = on(course, fold=fold, incidents=(forgotten, OLD, SHOWN, replace(NEW, opened_at_us=5000, phase=Phase.OPEN)))
    assert off_us(state, BLINATUMOMAB, 5000 + 300) == (1000 + 70 + 1 + 10, 2000 + 100 + 300 + 20)


@pytest.mark.parametrize("began_us", [1500, 1501])
def test_an_interruption_at_the_beginning_of_the_course_is_the_course_s(began_us: int) -> None:
    shown = on(Course(began_us=began_us), fold=Fold(flow_from_us=1, last_flow_us=9000, done=(EARLIER,)))
    known = on(Course(began_us=began_us), incidents=(SHOWN,))
    expected = (70, 100) if began_us == 1500 else (0, 0)
    assert off_us(shown, BLINATUMOMAB, 9000) == off_us(known, BLINATUMOMAB, 9000) == expected


@pytest.mark.parametrize(
    ("opened_us", "flow_us", "is_shown"),
    [
        (1400, 1499, False),
        (1400, 1500, True),
        (1400, None, True),
        (1600, 1700, True),
        (1601, 1700, False),
        (1601, None, False),
    ],
)
def test_an_incident_that_overlaps_what_the_clock_shows_is_not_counted_twice(
    opened_us: int, flow_us: int | None, *, is_shown: bool
) -> None:
    fold = Fold(flow_from_us=1600, last_flow_us=9000, done=(EARLIER,))
    state = on(fold=fold, incidents=(incident(1, opened_us, flow_us, 5, 6),))
    assert off_us(state, BLINATUMOMAB, 9000) == ((70, 100) if is_shown else (75, 106))


def test_an_incident_after_the_onset_of_what_is_open_is_in_it() -> None:
    fold = Fold(last_flow_us=5000, stop=OpenStop(onset_earliest_us=5000))
    state = on(fold=fold, incidents=(incident(1, 8000, None, 5, 6), incident(2, 4000, 4999, 7, 8)))
    assert off_us(state, BLINATUMOMAB, 9000) == (7, 4008)


def test_infused_is_the_wall_time_less_free_time_and_off_time() -> None:
    course = replace(COURSE, off_min_us=10, off_max_us=30)
    state = on(course, order=Order(free=FREE))
    assert infused_us(state, BLINATUMOMAB, 9000) == (8000 - 800 - 30, 8000 - 800 - 10)
    assert infused_us(state, BLINATUMOMAB, 2200) == (1200 - 200 - 30, 1200 - 200 - 10)
    # The free time until then is in the sums already.
    assert infused_us(replace(state, course=replace(course, counted_us=2300)), BLINATUMOMAB, 9000) == (7470, 7490)


@pytest.mark.parametrize(("unheard_us", "expected_us"), [(1, 8000), (SILENCE_US, 8000), (SILENCE_US + 1, 8000)])
def test_what_is_not_confirmed_is_in_the_upper_bound_alone(unheard_us: int, expected_us: int) -> None:
    assert infused_us(on(), BLINATUMOMAB, 9000 + unheard_us) == (expected_us, expected_us + unheard_us)


def test_what_a_late_word_says_of_later_than_now_is_not_taken_off() -> None:
    assert infused_us(on(), BLINATUMOMAB, 8500) == (7500, 7500)


def test_in_a_stop_that_lasts_nothing_is_taken_off_twice() -> None:
    stop = OpenStop(onset_earliest_us=9000, onset_latest_us=9000, certain_to_us=9100)
    assert infused_us(on(fold=Fold(last_flow_us=9000, stop=stop)), BLINATUMOMAB, 9200) == (8000, 8100)


def test_after_the_end_of_the_course_nothing_is_infused() -> None:
    state = on(completed_at_us=9500, fold=Fold())
    assert infused_us(state, BLINATUMOMAB, 9400) == (8400, 8400)
    assert infused_us(state, BLINATUMOMAB, 10**12) == (8500, 8500)


def test_bounds_of_infused_time_are_never_below_nothing() -> None:
    state = on(replace(COURSE, off_min_us=8001, off_max_us=8002))
    assert infused_us(state, BLINATUMOMAB, 9000) == (0, 0)
    assert infused_us(replace(state, course=COURSE), BLINATUMOMAB, 999) == (0, 0)
    assert infused_us(replace(state, course=replace(COURSE, off_max_us=8002)), BLINATUMOMAB, 9000) == (0, 8000)
    assert infused_us(on(Course(began_us=10_000, off_min_us=-5)), BLINATUMOMAB, 9000)[1] == 5


POLICY = Policy("p1", BLINATUMOMAB)


def test_without_an_order_a_course_has_its_day_and_its_times() -> None:
    expected = Counters(began_at_us=1000, day=1, infused_min_us=7970, infused_max_us=7990, off_min_us=10, off_max_us=30)
    assert counters(on(replace(COURSE, off_min_us=10, off_max_us=30)), POLICY, 9000) == expected


@pytest.mark.parametrize(("elapsed_us", "day"), [(-1, 1), (0, 1), (DAY_US - 1, 1), (DAY_US, 2), (2 * DAY_US, 3)])
def test_days_of_a_course_are_counted_from_one(elapsed_us: int, day: int) -> None:
    found = counters(on(), POLICY, 1000 + elapsed_us)
    assert found is not None
    assert found.day == day
