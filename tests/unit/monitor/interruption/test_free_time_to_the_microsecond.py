"""Planned free time to the microsecond: stretches that touch, hold nothing, or come from two plans at once."""

from __future__ import annotations

import msgspec
import pytest

from monitor.interruption.events import FreeInterval, Order
from monitor.interruption.free_time import DAY_US, free_until_us, free_us, next_free
from monitor.interruption.policy import HOUR_US
from monitor.interruption.therapy_rules import Schedule
from watched import BLINATUMOMAB

DAYTIME = msgspec.structs.replace(BLINATUMOMAB, schedule=Schedule(6 * 60, 22 * 60, "UTC"))
NIGHT = (22 * HOUR_US, 30 * HOUR_US)
"""The first night that is off."""


def free(*stretches: tuple[int, int]) -> Order:
    return Order(free=tuple(FreeInterval(begins_us, ends_us) for begins_us, ends_us in stretches))


@pytest.mark.parametrize("order", [None, Order(), free(), free((100, 100)), free((100, 99))])
def test_a_plan_without_free_time_has_none(order: Order | None) -> None:
    assert next_free(BLINATUMOMAB, order, 50) is None
    assert free_until_us(BLINATUMOMAB, order, 100) is None
    assert free_us(BLINATUMOMAB, order, 0, 1000) == 0


def test_stretches_that_touch_are_one_and_those_a_microsecond_apart_are_two() -> None:
    assert next_free(BLINATUMOMAB, free((200, 300), (100, 200)), 0) == (100, 300)
    assert next_free(BLINATUMOMAB, free((201, 300), (100, 200)), 0) == (100, 200)
    assert next_free(BLINATUMOMAB, free((100, 400), (150, 200)), 0) == (100, 400)


def test_a_stretch_holds_its_first_instant_and_not_the_one_after_it() -> None:
    order = free((100, 200))
    assert [free_until_us(BLINATUMOMAB, order, at_us) for at_us in (99, 100, 199, 200)] == [None, 200, 200, None]
    assert [next_free(BLINATUMOMAB, order, at_us) for at_us in (0, 199, 200)] == [(100, 200), (100, 200), None]


def test_only_the_free_time_inside_the_bounds_is_counted() -> None:
    order = free((100, 200), (300, 400), (500, 600))
    assert free_us(BLINATUMOMAB, order, 150, 350) == 100
    assert free_us(BLINATUMOMAB, order, 200, 300) == 0
    assert free_us(BLINATUMOMAB, order, 199, 301) == 2
    assert free_us(BLINATUMOMAB, order, 320, 330) == 10
    assert free_us(BLINATUMOMAB, order, 350, 350) == 0
    assert free_us(BLINATUMOMAB, order, 350, 150) == 0


def test_a_long_time_is_counted_whole_and_once() -> None:
    order = free((29 * DAY_US, 31 * DAY_US), (59 * DAY_US, 60 * DAY_US), (89 * DAY_US + 7, 90 * DAY_US + 9))
    assert free_us(BLINATUMOMAB, order, 0, 90 * DAY_US) == 4 * DAY_US - 7
    assert free_us(BLINATUMOMAB, order, 0, 91 * DAY_US) == 4 * DAY_US + 2
    assert free_us(DAYTIME, None, 0, 90 * DAY_US) == 90 * 8 * HOUR_US


def test_the_order_s_free_time_and_the_schedule_s_are_one_plan() -> None:
    order = free((20 * HOUR_US, 23 * HOUR_US), (40 * HOUR_US, 41 * HOUR_US))
    assert next_free(DAYTIME, order, 19 * HOUR_US) == (20 * HOUR_US, 30 * HOUR_US)
    assert next_free(DAYTIME, order, 30 * HOUR_US) == (40 * HOUR_US, 41 * HOUR_US)
    assert next_free(DAYTIME, None, 19 * HOUR_US) == NIGHT
    assert free_us(DAYTIME, order, 19 * HOUR_US, 42 * HOUR_US) == 11 * HOUR_US


def test_free_time_of_an_order_is_seen_however_far_ahead_it_is() -> None:
    assert next_free(BLINATUMOMAB, free((400 * DAY_US, 401 * DAY_US)), 0) == (400 * DAY_US, 401 * DAY_US)
