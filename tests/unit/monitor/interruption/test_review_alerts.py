"""Alarms and plans: nothing is taken for flow that nobody saw, and nothing that lasts is taken for history."""

from __future__ import annotations

from drivers.contract import AlarmObserved, AlarmPhase, DeliveryStatus, StatusObserved
from monitor.interruption.events import Closed, Order, Ordered, Outcome
from watched import Watched, minutes


def standing(pump: Watched) -> set[str]:
    return {str(alert.code) for alert in pump.state.alerts}


def test_a_planned_start_resolves_no_alarm() -> None:
    pump = Watched(ordered_ml_per_h=None)
    pump.take(Ordered(at_us=minutes(1), order=Order(rate_ml_per_h=5.0, starts_at_us=minutes(600)), by="x"))
    pump.alarm(590, "occl-up")
    pump.wait(610)
    assert "occl-up" in standing(pump)
    pump.status(611)
    assert "occl-up" not in standing(pump)


def test_a_review_of_a_pump_that_still_stands_in_alarm_resolves_no_alarm_of_the_pump() -> None:
    pump = Watched()
    pump.runs(1, 60)
    pump.alarm(60, "occl-up")
    pump.stands(61, 320)
    pump.take(Closed(at_us=minutes(320), outcome=Outcome.OTHER, note="seen", by="d"))
    pump.wait(330)
    assert "occl-up" in standing(pump)
    pump.runs(331, 333)
    assert "occl-up" not in standing(pump)


def test_an_alarm_that_may_stop_and_is_seconds_old_is_told_though_the_pump_says_that_it_delivers() -> None:
    pump = Watched()
    pump.runs(1, 60)
    pump.say(60, AlarmObserved(code="unknown-alarm", raw_code="E77", phase=AlarmPhase.START, age_s=5))
    assert "unknown-alarm" in standing(pump)


def test_an_alarm_of_long_ago_that_flow_has_followed_is_history() -> None:
    pump = Watched()
    pump.runs(1, 60)
    pump.say(60, AlarmObserved(code="unknown-alarm", raw_code="E77", phase=AlarmPhase.START, age_s=1800))
    pump.say(60, AlarmObserved(code="occl-up", phase=AlarmPhase.START, age_s=5))
    assert standing(pump) == set()


def test_an_occlusion_in_a_status_is_dated_back_by_the_rate_at_which_it_ran() -> None:
    pump = Watched()
    pump.runs(1, 200)
    listed = StatusObserved(delivery=DeliveryStatus.NOT_DELIVERING, rate_ml_per_h=0.0, alarms=("occl-down",))
    pump.say(201, listed)
    assert pump.off() == (0, 16)


def test_an_order_that_ended_before_it_was_given_undoes_no_stop() -> None:
    pump = Watched()
    pump.runs(1, 300)
    pump.stands(301, 600)
    order = Order(rate_ml_per_h=5.0, ends_at_us=minutes(299))
    pump.take(Ordered(at_us=minutes(600), order=order, by="x"))
    pump.wait(601)
    assert pump.off() == (298, 299)
