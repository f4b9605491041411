"""A course in numbers: infused time as a pair, calendar day, what remains, both ends."""

from __future__ import annotations

from typing import Any

import msgspec

from monitor.feed.plan_render import course_text
from monitor.interruption.course import Counters, counters, settled
from monitor.interruption.events import (
    Closed,
    FreeInterval,
    HoldChanged,
    Order,
    Ordered,
    Outcome,
    Swapped,
)
from monitor.interruption.policy import HOUR_US
from monitor.interruption.state import Phase
from watched import Watched, minutes

DAY = 1440

replace = msgspec.structs.replace


def watched(**fields: Any) -> Watched:
    pump = Watched(ordered_ml_per_h=None)
    pump.take(Ordered(at_us=0, order=Order(rate_ml_per_h=5, **fields), by="x"))
    return pump


def runs(pump: Watched, first: float, last: float, *, rate_ml_per_h: float = 5.0) -> None:
    """Say "delivering" every ten minutes, and at ``last``."""
    minute = first
    while minute < last:
        pump.status(minute, rate_ml_per_h=rate_ml_per_h)
        minute += 10
    pump.status(last, rate_ml_per_h=rate_ml_per_h)


def counted(pump: Watched) -> Counters:
    found = counters(pump.state, pump.policy, pump.now_us)
    assert found is not None
    return found


def infused(pump: Watched) -> tuple[float, float]:
    found = counted(pump)
    return found.infused_min_us / HOUR_US, found.infused_max_us / HOUR_US


def test_before_the_first_flow_there_is_no_course() -> None:
    pump = watched()
    pump.wait(60)
    assert counters(pump.state, pump.policy, pump.now_us) is None


def test_a_certain_stop_is_not_infused_time() -> None:
    pump = Watched()
    runs(pump, 0, 600)
    pump.event(600, "delivery-stop")
    pump.stands(601, 660)
    pump.event(660, "delivery-start")
    runs(pump, 660, 720)
    assert infused(pump) == (11, 11)
    assert counted(pump).day == 1


def test_what_is_in_doubt_is_in_the_upper_bound_alone() -> None:
    pump = Watched()
    runs(pump, 0, 60)
    pump.wait(180)
    assert infused(pump) == (1, 3)


def test_flow_since_the_last_word_is_not_confirmed_yet() -> None:
    pump = Watched()
    runs(pump, 0, 60)
    pump.wait(72)
    assert infused(pump) == (1, 1.2)


def test_a_hold_of_five_days_leaves_eighteen_days_of_infusion_and_ends_on_day_33() -> None:
    pump = watched(infusion_days=28, ends_at_us=minutes(28 * DAY))
    runs(pump, 0, 10 * DAY)
    pump.take(HoldChanged(at_us=minutes(10 * DAY), started=True, reason="CRS grade 3", by="x"))
    pump.event(10 * DAY, "delivery-stop")
    pump.take(Ordered(at_us=minutes(15 * DAY - 5), order=Order(rate_ml_per_h=5, ends_at_us=minutes(33 * DAY)), by="x"))
    pump.event(15 * DAY, "power-on")
    pump.event(15 * DAY, "delivery-start")
    pump.status(15 * DAY)
    found = counted(pump)
    assert found.day == 16
    assert found.infused_max_us - found.infused_min_us < HOUR_US
    assert (found.remaining_min_us or 0) // (24 * HOUR_US) == 18
    assert (found.full_from_day, found.full_to_day) == (33, 33)
    assert "18 infusion days remain; calendar end is day 33" in course_text(found)


def test_an_end_is_not_moved_by_a_pause() -> None:
    pump = watched(infusion_days=28, ends_at_us=minutes(28 * DAY))
    runs(pump, 0, DAY)
    pump.event(DAY, "delivery-stop")
    pump.stands(DAY + 1, DAY + 120)
    found = counted(pump)
    assert (found.end_day, found.full_to_day) == (28, 29)
    assert pump.state.order is not None
    assert pump.state.order.ends_at_us == minutes(28 * DAY)


def test_interruptions_that_are_long_forgotten_are_still_counted() -> None:
    pump = Watched()
    runs(pump, 0, 60)
    pump.event(60, "delivery-stop")
    pump.stands(61, 90)
    pump.event(90, "delivery-start")
    runs(pump, 90, 2 * DAY)
    assert infused(pump) == (47.5, 47.5)
    forgotten = replace(pump.state, incidents=(), fold=replace(pump.state.fold, done=()))
    pump.state = settled(forgotten, pump.state.incidents)
    assert infused(pump) == (47.5, 47.5)


def test_a_reviewed_interruption_stays_in_the_sum() -> None:
    pump = Watched()
    runs(pump, 0, 60)
    pump.event(60, "delivery-stop")
    pump.stands(61, 360)
    pump.event(360, "delivery-start")
    runs(pump, 360, 420)
    assert pump.only.phase is Phase.AWAITING_REVIEW
    before = infused(pump)
    pump.take(Closed(at_us=minutes(420), outcome=Outcome.SUPERVISED_RESTART, note="seen", by="x"))
    assert pump.shown == []
    assert infused(pump) == before == (2, 2)


def test_a_close_for_a_new_cycle_ends_the_course_until_a_new_order() -> None:
    pump = Watched()
    runs(pump, 0, 60)
    pump.event(60, "delivery-stop")
    pump.stands(61, 360)
    pump.take(Closed(at_us=minutes(361), outcome=Outcome.NEW_CYCLE, note="new course", by="x"))
    pump.wait(3 * DAY)
    assert pump.shown == []
    assert pump.state.completed_at_us is not None
    pump.take(Ordered(at_us=minutes(3 * DAY), order=Order(rate_ml_per_h=5), by="x"))
    runs(pump, 3 * DAY + 10, 3 * DAY + 70)
    assert counted(pump).began_at_us == minutes(3 * DAY + 10)


def test_a_new_cycle_under_flow_begins_a_new_course_and_stops_no_clock() -> None:
    pump = watched(cycle=1)
    runs(pump, 0, 600)
    pump.take(Ordered(at_us=minutes(600), order=Order(rate_ml_per_h=5, cycle=2), by="x"))
    runs(pump, 610, 660)
    assert counted(pump).began_at_us == minutes(600)
    pump.event(660, "delivery-stop")
    pump.wait(670)
    assert pump.off() == (0, 10)


def test_a_confirmed_swap_does_not_let_the_sum_jump() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=100)
    pump.event(60, "delivery-stop")
    pump.take(Swapped(at_us=minutes(82), serial="NEW", by="nurse"))
    pump.event(82, "delivery-start")
    pump.runs(82, 120, counter=0.1)
    low, high = infused(pump)
    assert 1.6 < low <= high < 1.7


def test_free_time_is_neither_infused_nor_off() -> None:
    free = (FreeInterval(minutes(120), minutes(600)),)
    pump = watched(free=free)
    runs(pump, 0, 120)
    pump.event(125, "delivery-stop")
    pump.wait(600)
    runs(pump, 600, 660)
    assert infused(pump) == (3, 3)
    assert counted(pump).off_max_us == 0


def test_the_state_of_a_full_course_stays_small() -> None:
    pump = watched(
        bag_hours=48, infusion_days=28, ends_at_us=minutes(28 * DAY), drug="blinatumomab", indication="mrd-positive",
        age_group="adult", cycle=2,
    )  # fmt: skip
    runs(pump, 0, 3 * DAY)
    pump.take(HoldChanged(at_us=minutes(3 * DAY), started=True, reason="CRS grade 3", by="oncologist"))
    pump.event(3 * DAY, "delivery-stop")
    pump.wait(3 * DAY + 60)
    assert len(msgspec.msgpack.encode(pump.state)) < 1024
