"""What an order changes of free time and of the bag: its own words hold, and what it does not speak of stays."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from monitor.interruption.alarms import AlertPriority
from monitor.interruption.course import infused_us
from monitor.interruption.effects import AlertResolved, Effect, PlanChanged
from monitor.interruption.events import FreeInterval, Order, Ordered
from monitor.interruption.offtime import Fold, Group
from monitor.interruption.orders import ordered
from monitor.interruption.policy import HOUR_US, Policy
from monitor.interruption.state import Alert, Bag, Course, PumpState
from monitor.interruption.therapy_rules import Schedule
from monitor.interruption.transitions import enrolled
from watched import BLINATUMOMAB, Watched, minutes

POLICY = Policy("p1", BLINATUMOMAB)
NOW = 30 * HOUR_US
FREE = (FreeInterval(20 * HOUR_US, 50 * HOUR_US),)
FREED = Order(rate_ml_per_h=5.0, free=FREE)
COURSE = Course(began_us=0, counted_us=0, free_until_us=50 * HOUR_US)
IN_FREE = replace(enrolled(0), completed_at_us=20 * HOUR_US, course=COURSE, order=FREED)


def after(state: PumpState, order: Order, policy: Policy = POLICY) -> PumpState:
    return ordered(state, order, "doctor", policy, NOW, [])


@pytest.mark.parametrize("free", [None, FREE])
def test_a_free_interval_that_goes_on_is_the_new_orders_to_count(free: tuple[FreeInterval, ...] | None) -> None:
    state = after(IN_FREE, Order(rate_ml_per_h=2.0, free=free))
    course = replace(COURSE, counted_us=20 * HOUR_US)
    assert state == replace(IN_FREE, order=replace(FREED, rate_ml_per_h=2.0), course=course)
    assert infused_us(state, BLINATUMOMAB, NOW) == (20 * HOUR_US, 20 * HOUR_US)


def test_an_earlier_free_interval_was_the_order_befores_to_say() -> None:
    free = (FreeInterval(5 * HOUR_US, 8 * HOUR_US), *FREE)
    state = after(replace(IN_FREE, order=replace(FREED, free=free)), Order(rate_ml_per_h=2.0))
    passed_us = 3 * HOUR_US
    assert state.course == replace(COURSE, counted_us=20 * HOUR_US, off_min_us=passed_us, off_max_us=passed_us)
    assert infused_us(state, BLINATUMOMAB, NOW) == (17 * HOUR_US, 17 * HOUR_US)


@pytest.mark.parametrize(
    ("free", "until_us"),
    [
        ((), NOW),
        ((FreeInterval(31 * HOUR_US, 40 * HOUR_US),), NOW),
        ((FreeInterval(20 * HOUR_US, NOW),), NOW),
        ((FreeInterval(20 * HOUR_US, NOW + 1),), NOW + 1),
        ((FreeInterval(NOW, 40 * HOUR_US),), 40 * HOUR_US),
        ((FreeInterval(20 * HOUR_US, 90 * HOUR_US),), 90 * HOUR_US),
    ],
)
def test_until_when_it_is_free_is_the_new_orders_to_say(free: tuple[FreeInterval, ...], until_us: int) -> None:
    state = after(IN_FREE, Order(rate_ml_per_h=5.0, free=free))
    passed_us = 10 * HOUR_US
    course = replace(COURSE, counted_us=NOW, off_min_us=passed_us, off_max_us=passed_us, free_until_us=until_us)
    assert state == replace(IN_FREE, order=Order(rate_ml_per_h=5.0, free=free), course=course)
    assert infused_us(state, BLINATUMOMAB, NOW + 1) == (20 * HOUR_US, 20 * HOUR_US)


def test_the_daily_schedule_stays_free_whatever_an_order_says() -> None:
    # From 22:00 to 06:00, and it is 06:00 on the second day less half an hour.
    policy = Policy("p1", replace(BLINATUMOMAB, schedule=Schedule(360, 1320, "UTC")))
    night = replace(IN_FREE, completed_at_us=22 * HOUR_US, course=replace(COURSE, free_until_us=30 * HOUR_US))
    effects: list[Effect] = []
    state = ordered(replace(night, order=None), Order(free=()), "doctor", policy, NOW - HOUR_US // 2, effects)
    assert state.course is not None
    assert state.course.free_until_us == 30 * HOUR_US
    assert state.course.counted_us == NOW - HOUR_US // 2


def test_free_time_that_has_passed_was_the_order_befores_to_say() -> None:
    flowing = Fold(flow_from_us=25 * HOUR_US, last_flow_us=NOW)
    running = replace(enrolled(0), fold=flowing, course=Course(0, free_until_us=None), order=replace(
        FREED, free=(FreeInterval(20 * HOUR_US, 25 * HOUR_US),)
    ))  # fmt: skip
    state = after(running, Order(rate_ml_per_h=5.0, free=()))
    assert state.course == Course(0, off_min_us=5 * HOUR_US, off_max_us=5 * HOUR_US, counted_us=NOW)


@pytest.mark.parametrize(("until", "expected"), [(400, 400), (250, 300)])
def test_flow_is_expected_again_when_the_new_order_says(until: float, expected: float) -> None:
    pump = Watched(ordered_ml_per_h=None)
    free = (FreeInterval(minutes(120), minutes(600)),)
    pump.take(Ordered(at_us=0, order=Order(rate_ml_per_h=5, free=free), by="x"))
    pump.runs(0, 120)
    order = Order(rate_ml_per_h=5, free=(FreeInterval(minutes(120), minutes(until)),))
    pump.take(Ordered(at_us=minutes(300), order=order, by="x"))
    pump.wait(expected + 15)
    assert pump.shown == []
    pump.wait(expected + 20)
    assert pump.off() == (0, 20)


BAG = Bag(HOUR_US, hours=48.0)
BEFORE = Order(rate_ml_per_h=5.0, bag_hours=48.0)
STOPPED = Group(opened_us=2, flow_us=9, stops=1, min_us=3, max_us=7, longest_min_us=3)
RUNNING = replace(
    enrolled(0),
    fold=Fold(flow_from_us=9, last_flow_us=NOW, done=(STOPPED,)),
    course=Course(began_us=1, counted_us=1, bag=BAG),
    order=BEFORE,
    alerts=(Alert(number=1, code="bag-expired", priority=AlertPriority.MEDIUM, raised_at_us=1),),
    next_alert=2,
)


@pytest.mark.parametrize(
    "order",
    [
        Order(rate_ml_per_h=5.0),
        Order(rate_ml_per_h=2.0),
        Order(rate_ml_per_h=5.0, bag_hours=48.0),
        Order(rate_ml_per_h=5.0, bag_hours=48.0, cycle=1),
    ],
)
def test_an_order_that_names_no_other_bag_leaves_the_one_that_hangs(order: Order) -> None:
    course = Course(began_us=1, counted_us=NOW, bag=BAG)
    assert after(RUNNING, order) == replace(RUNNING, order=order, course=course)


@pytest.mark.parametrize(
    "order",
    [
        Order(rate_ml_per_h=5.0, bag_hours=24.0),
        Order(rate_ml_per_h=2.0, bag_hours=48.0),
        Order(rate_ml_per_h=5.0, bag_hours=48.0, bag_expires_at_us=40 * HOUR_US),
        Order(rate_ml_per_h=5.0, bag_expires_at_us=40 * HOUR_US),
    ],
)
def test_an_order_that_names_another_bag_hangs_it_now_and_the_alert_about_the_old_one_is_over(order: Order) -> None:
    effects: list[Effect] = []
    state = ordered(RUNNING, order, "doctor", POLICY, NOW, effects)
    bag = Bag(NOW, hours=order.bag_hours, expires_us=order.bag_expires_at_us, off_min_us=3, off_max_us=7)
    assert state == replace(RUNNING, order=order, course=Course(began_us=1, counted_us=NOW, bag=bag), alerts=())
    assert effects == [
        PlanChanged(order=order, is_complete=False, by="doctor", what="order"),
        AlertResolved(alert=replace(RUNNING.alerts[0], resolved_at_us=NOW)),
    ]


def test_the_first_order_that_names_a_bag_hangs_it() -> None:
    state = after(replace(RUNNING, order=None), BEFORE)
    assert state.course is not None
    assert state.course.bag == Bag(NOW, hours=48.0, off_min_us=3, off_max_us=7)
