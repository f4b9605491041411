"""The ends of a course: the ordered one, which nothing moves, and the day on which the ordered days are full."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from monitor.interruption.course import Counters, _full_at_us, counters
from monitor.interruption.events import FreeInterval, Order
from monitor.interruption.offtime import Fold
from monitor.interruption.policy import HOUR_US, Policy, Therapy
from monitor.interruption.state import Course, PumpState
from monitor.interruption.therapy_rules import Schedule
from watched import BLINATUMOMAB

DAY_US = 24 * HOUR_US
NOW_US = 10 * DAY_US
BEGAN_US = 1000


def counted(order: Order, now_us: int = NOW_US, off: tuple[int, int] = (0, 0), **changes: Any) -> Counters:
    course = Course(began_us=BEGAN_US, counted_us=BEGAN_US, off_min_us=off[0], off_max_us=off[1])
    fold = Fold(flow_from_us=BEGAN_US, last_flow_us=now_us)
    state = PumpState(enrolled_at_us=0, fold=fold, base=Fold(), course=course, order=order)
    found = counters(state, Policy("p1", msgspec.structs.replace(BLINATUMOMAB, **changes)), now_us)
    assert found is not None
    return found


def test_what_remains_is_what_is_ordered_less_what_was_infused_as_a_pair() -> None:
    off = (5 * HOUR_US, 30 * HOUR_US)
    infused_us = (NOW_US - BEGAN_US - off[1], NOW_US - BEGAN_US - off[0])
    assert counted(Order(infusion_days=12.5), off=off) == Counters(
        began_at_us=BEGAN_US,
        day=10,
        infused_min_us=infused_us[0],
        infused_max_us=infused_us[1],
        off_min_us=off[0],
        off_max_us=off[1],
        infusion_days=12.5,
        remaining_min_us=25 * DAY_US // 2 - infused_us[1],
        remaining_max_us=25 * DAY_US // 2 - infused_us[0],
        full_from_day=13,
        full_to_day=14,
    )


def test_nothing_remains_of_a_course_that_is_full() -> None:
    found = counted(Order(infusion_days=1))
    assert (found.remaining_min_us, found.remaining_max_us) == (0, 0)
    assert (found.full_from_day, found.full_to_day) == (10, 10)


@pytest.mark.parametrize(
    ("ends_us", "day"), [(BEGAN_US - 5, 1), (BEGAN_US, 1), (BEGAN_US + DAY_US, 1), (BEGAN_US + DAY_US + 1, 2)]
)
def test_the_ordered_end_is_on_the_day_that_ends_then_or_later(ends_us: int, day: int) -> None:
    found = counted(Order(ends_at_us=ends_us))
    assert (found.ends_at_us, found.end_day, found.full_to_day) == (ends_us, day, None)


@pytest.mark.parametrize(("off_us", "day"), [(0, 28), (1, 29), (DAY_US, 29), (DAY_US + 1, 30)])
def test_ordered_days_are_full_on_the_day_that_ends_then_or_later(off_us: int, day: int) -> None:
    found = counted(Order(infusion_days=28, ends_at_us=BEGAN_US + 28 * DAY_US), off=(off_us, off_us))
    assert (found.full_from_day, found.full_to_day, found.end_day) == (day, day, 28)


def test_planned_free_time_ahead_makes_it_full_later() -> None:
    free = (FreeInterval(BEGAN_US + 20 * DAY_US, BEGAN_US + 22 * DAY_US),)
    # What lies in the days that the free time adds is added too, and what lies behind them is not.
    more = (FreeInterval(BEGAN_US + 29 * DAY_US, BEGAN_US + 29 * DAY_US + 6 * HOUR_US),)
    last = (FreeInterval(BEGAN_US + 30 * DAY_US + 6 * HOUR_US, BEGAN_US + 40 * DAY_US),)
    for intervals, days in ((free, 30), (free + more, 31), (free + more + last, 31)):
        found = counted(Order(infusion_days=28, free=intervals))
        assert (found.full_from_day, found.full_to_day) == (days, days)


def full_us(therapy: Therapy, order: Order, remaining_us: int) -> int:
    return _full_at_us(therapy, order, NOW_US, remaining_us)


def test_remaining_infusion_is_done_after_so_much_time_that_is_not_free() -> None:
    assert full_us(BLINATUMOMAB, Order(), 7) == NOW_US + 7
    order = Order(free=(FreeInterval(NOW_US + 5, NOW_US + 15), FreeInterval(NOW_US + 16, NOW_US + 26)))
    assert [full_us(BLINATUMOMAB, order, us) - NOW_US for us in (0, 5, 6, 7)] == [0, 5, 16, 27]


def test_a_schedule_of_half_days_doubles_what_remains() -> None:
    halves = msgspec.structs.replace(BLINATUMOMAB, schedule=Schedule(starts_min=0, ends_min=720, zone="UTC"))
    assert full_us(halves, Order(), 5 * DAY_US) == NOW_US + 9 * DAY_US + 12 * HOUR_US
    # A day of a twelfth is not reckoned to its end, but it is not taken for ever either.
    twelfths = msgspec.structs.replace(BLINATUMOMAB, schedule=Schedule(starts_min=0, ends_min=120, zone="UTC"))
    assert NOW_US + DAY_US < full_us(twelfths, Order(), DAY_US) <= NOW_US + 12 * DAY_US
