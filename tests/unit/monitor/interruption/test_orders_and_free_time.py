"""Orders take effect at their own start, and no interruption is counted in a planned free interval."""

from __future__ import annotations

import pytest

from drivers.contract import AlarmCode, DeliveryStatus, StatusObserved
from monitor.interruption.events import FreeInterval, HoldChanged, Order, Ordered, PumpObserved
from monitor.interruption.free_time import free_until_us, free_us, next_free
from monitor.interruption.policy import HOUR_US
from monitor.interruption.state import Phase
from monitor.interruption.therapy_rules import Schedule
from monitor.interruption.transitions import step, step_in_full
from watched import BLINATUMOMAB, Watched, minutes

DAY = 1440
FREE = (FreeInterval(minutes(120), minutes(600)),)


def ordered(pump: Watched, minute: float, order: Order) -> None:
    pump.take(Ordered(at_us=minutes(minute), order=order, by="x"))


def test_an_order_for_later_is_not_in_force_before_its_start() -> None:
    pump = Watched(ordered_ml_per_h=1.8)
    pump.status(0, rate_ml_per_h=1.8)
    ordered(pump, 5, Order(rate_ml_per_h=5, starts_at_us=minutes(60)))
    for minute in range(10, 60, 10):
        pump.status(minute, rate_ml_per_h=1.8)
    assert pump.raised() == []
    pump.status(59, rate_ml_per_h=5)
    assert pump.raised() == ["rate-mismatch"]


def test_an_order_for_later_is_in_force_from_its_start_without_any_word() -> None:
    pump = Watched(ordered_ml_per_h=1.8)
    pump.status(55, rate_ml_per_h=1.8)
    ordered(pump, 56, Order(rate_ml_per_h=5, starts_at_us=minutes(60)))
    pump.wait(60)
    assert pump.state.order is not None
    assert (pump.state.order.rate_ml_per_h, pump.state.next_order) == (5, None)
    pump.status(60, rate_ml_per_h=1.8)
    assert pump.raised()[-1] == "rate-mismatch"


def test_the_short_road_does_not_pass_the_start_of_an_order() -> None:
    pump = Watched(ordered_ml_per_h=1.8)
    for minute in range(56):
        pump.status(minute, rate_ml_per_h=1.8)
    ordered(pump, 56, Order(rate_ml_per_h=5, starts_at_us=minutes(60)))
    for minute in (57, 58, 59):
        pump.status(minute, rate_ml_per_h=1.8)
    assert pump.raised() == []
    pump.status(61, rate_ml_per_h=1.8)
    assert pump.raised() == ["rate-mismatch"]


@pytest.mark.parametrize("minute", [119, 120, 121])
def test_the_short_road_ends_where_the_plan_has_a_step(minute: int) -> None:
    pump = Watched(ordered_ml_per_h=None)
    ordered(pump, 0, Order(rate_ml_per_h=5, free=FREE))
    pump.runs(0, 118)
    seen = StatusObserved(delivery=DeliveryStatus.DELIVERING, rate_ml_per_h=5.0)
    # Heard before anything rang, as it may be.
    event = PumpObserved(at_us=minutes(minute), observation=seen)
    assert step(pump.state, event, pump.policy).state == step_in_full(pump.state, event, pump.policy).state


def test_an_order_keeps_what_it_does_not_say_of_the_patient() -> None:
    pump = Watched(ordered_ml_per_h=None)
    ordered(pump, 0, Order(rate_ml_per_h=5, indication="mrd-positive", age_group="adult", cycle=1, infusion_days=28))
    pump.runs(0, 10)
    ordered(pump, 11, Order(rate_ml_per_h=1.8))
    order = pump.state.order
    assert order is not None
    assert (order.rate_ml_per_h, order.indication, order.cycle, order.infusion_days) == (1.8, "mrd-positive", 1, 28)


def test_an_order_after_the_end_waits_for_its_start_without_an_alarm() -> None:
    pump = Watched(ordered_ml_per_h=None)
    ordered(pump, 0, Order(rate_ml_per_h=5, ends_at_us=minutes(60), cycle=1))
    pump.runs(0, 60)
    ordered(pump, 90, Order(rate_ml_per_h=5, starts_at_us=minutes(DAY), cycle=2))
    pump.wait(DAY - 1)
    assert pump.raised() == ["course-complete"]
    assert pump.state.completed_at_us is not None
    pump.wait(DAY + 60)
    assert pump.off() == (0, 60)
    assert "course-complete" not in [alert.code for alert in pump.state.alerts]


def test_the_end_of_a_course_is_no_restart() -> None:
    pump = Watched(ordered_ml_per_h=None)
    ordered(pump, 0, Order(rate_ml_per_h=5, ends_at_us=minutes(600)))
    pump.runs(0, 100)
    pump.event(100, "delivery-stop")
    pump.stands(101, 700)
    assert pump.only.phase is Phase.AWAITING_REVIEW
    assert "unsupervised-restart" not in pump.raised()


def test_a_free_interval_is_no_restart() -> None:
    pump = Watched(ordered_ml_per_h=None)
    free = (FreeInterval(minutes(600), minutes(900)),)
    ordered(pump, 0, Order(rate_ml_per_h=5, free=free))
    pump.runs(0, 100)
    pump.event(100, "delivery-stop")
    pump.stands(101, 700)
    assert pump.only.phase is Phase.AWAITING_REVIEW
    assert "unsupervised-restart" not in pump.raised()


def test_nothing_is_counted_and_nobody_is_missed_in_a_free_interval() -> None:
    pump = Watched(ordered_ml_per_h=None)
    ordered(pump, 0, Order(rate_ml_per_h=5, free=FREE))
    pump.runs(0, 118)
    pump.event(125, "delivery-stop")
    pump.wait(599)
    assert pump.shown == []
    assert pump.raised() == []


def test_a_stop_before_a_free_interval_is_counted_until_its_start() -> None:
    pump = Watched(ordered_ml_per_h=None)
    ordered(pump, 0, Order(rate_ml_per_h=5, free=FREE))
    pump.runs(0, 100)
    pump.event(100, "delivery-stop")
    pump.stands(101, 300)
    assert pump.off() == (20, 20)
    assert pump.only.phase is Phase.ENDED


def test_flow_is_expected_again_at_the_end_of_a_free_interval() -> None:
    pump = Watched(ordered_ml_per_h=None)
    ordered(pump, 0, Order(rate_ml_per_h=5, free=FREE))
    pump.runs(0, 120)
    pump.wait(615)
    assert pump.shown == []
    pump.wait(616)
    assert pump.off() == (0, 16)
    assert pump.raised() == ["silent"]
    pump.wait(841)
    assert pump.only.off_max_us >= 4 * HOUR_US


def test_flow_in_time_after_a_free_interval_is_no_interruption() -> None:
    pump = Watched(ordered_ml_per_h=None)
    ordered(pump, 0, Order(rate_ml_per_h=5, free=FREE))
    pump.runs(0, 120)
    pump.stands(550, 598)
    pump.runs(600, 700)
    assert pump.shown == []
    assert pump.raised() == []


def test_an_order_that_is_given_later_does_not_free_what_has_passed() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(60, "delivery-stop")
    pump.wait(400)
    ordered(pump, 400, Order(rate_ml_per_h=5, free=(FreeInterval(minutes(60), minutes(390)),)))
    assert pump.only.phase is Phase.OPEN
    assert pump.off() == (0, 340)


def test_an_empty_bag_shortly_before_a_free_interval_is_its_beginning() -> None:
    pump = Watched(ordered_ml_per_h=None)
    ordered(pump, 0, Order(rate_ml_per_h=5, free=FREE))
    pump.runs(0, 105)
    pump.alarm(105, AlarmCode.RES_EMPTY)
    pump.wait(590)
    assert pump.shown == []
    pump.wait(630)
    assert pump.off() == (0, 30)


def test_after_both_ends_have_passed_unseen_the_clock_stands_where_it_should() -> None:
    pump = Watched(ordered_ml_per_h=None)
    ordered(pump, 0, Order(rate_ml_per_h=5, free=FREE))
    pump.runs(0, 119)
    state = pump.state
    pump.wait(700)
    late = Watched(ordered_ml_per_h=None)
    late.state = state
    late.status(700, "not-delivering")
    pump.status(700, "not-delivering")
    assert late.off() == pump.off() == (0, 100)


def test_a_daily_schedule_is_free_time_like_any_other() -> None:
    # 06:00 to 22:00 UTC; the first minute of the story is 1 January 1970, 00:00.
    therapy = type(BLINATUMOMAB)(
        name="gel", thresholds=BLINATUMOMAB.thresholds, schedule=Schedule(starts_min=360, ends_min=1320, zone="UTC")
    )
    pump = Watched(therapy)
    pump.stands(0, 362)
    pump.runs(362, 1318)
    pump.event(1322, "delivery-stop")
    pump.stands(1323, 1500)
    pump.wait(DAY + 359)
    assert pump.shown == []
    assert pump.raised() == []
    pump.wait(DAY + 380)
    assert pump.off() == (0, 20)
    assert free_us(therapy, None, 0, minutes(10 * DAY)) == 10 * 8 * HOUR_US


def test_overlapping_free_time_is_one_stretch() -> None:
    order = Order(free=(FreeInterval(100, 200), FreeInterval(150, 300), FreeInterval(400, 500)))
    assert next_free(BLINATUMOMAB, order, 0) == (100, 300)
    assert free_until_us(BLINATUMOMAB, order, 299) == 300
    assert free_until_us(BLINATUMOMAB, order, 300) is None
    assert free_us(BLINATUMOMAB, order, 250, 450) == 100


def test_an_order_under_a_hold_drops_what_was_planned_before_it() -> None:
    pump = Watched(ordered_ml_per_h=1.8)
    pump.status(0, rate_ml_per_h=1.8)
    ordered(pump, 1, Order(rate_ml_per_h=5, starts_at_us=minutes(600)))
    pump.take(HoldChanged(at_us=minutes(2), started=True, reason="CRS", by="x"))
    ordered(pump, 3, Order(rate_ml_per_h=1.8))
    assert pump.state.next_order is None
