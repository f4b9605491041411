"""Off-time, stop by stop: what opens it, what bounds it, what confirms that flow is back."""

from __future__ import annotations

import pytest

from monitor.interruption.events import (
    Marked,
    MarkKind,
    Role,
)
from watched import Watched, minutes


def test_a_known_stop_is_dated_by_the_pumps_own_events() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(60.5, "delivery-stop")
    pump.stands(61, 90)
    pump.event(90, "delivery-start")
    assert pump.off() == (29.5, 29.5)


def test_a_stop_that_is_only_seen_lies_between_two_looks() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.stands(61, 90)
    pump.runs(90, 95)
    assert pump.off() == (28, 30)


def test_while_it_stands_the_lower_bound_ends_at_the_last_look() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(60, "delivery-stop")
    pump.stands(61, 71)
    pump.wait(80)
    assert pump.off() == (10, 20)


def test_silence_is_dated_from_the_last_flow_and_claims_nothing() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.wait(75)
    assert pump.shown == []
    pump.wait(76)
    assert pump.off() == (0, 16)
    assert pump.only.silent_since_us == minutes(60)
    assert "silent" in pump.raised()


def test_silence_that_ends_in_a_stop_leaves_the_onset_open() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.status(240, "not-delivering")
    pump.event(275, "delivery-start")
    assert pump.off() == (35, 215)


def test_a_stop_event_after_silence_does_not_prove_that_it_ran_until_then() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(240, "delivery-stop")
    pump.event(275, "delivery-start")
    assert pump.off() == (35, 215)


def test_keep_vein_open_counts_into_the_upper_bound_only() -> None:
    pump = Watched()
    pump.runs(0, 60)
    for minute in range(61, 90):
        pump.status(minute, "kvo", rate_ml_per_h=0.5)
    pump.runs(90, 91)
    assert pump.off() == (0, 30)


def test_under_rate_counts_into_the_upper_bound_only_and_does_not_fit_the_order() -> None:
    pump = Watched()
    pump.runs(0, 60)
    for minute in range(61, 90):
        pump.status(minute, rate_ml_per_h=4.4)
    pump.runs(90, 91)
    assert pump.off() == (0, 30)
    assert "rate-mismatch" in pump.raised()


def test_a_rate_far_above_the_order_is_a_mismatch_and_no_interruption() -> None:
    pump = Watched(ordered_ml_per_h=0.6)
    pump.status(0, rate_ml_per_h=5.0)
    assert pump.raised() == ["rate-mismatch"]
    assert pump.shown == []


def test_where_there_is_a_counter_only_its_movement_confirms_flow() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    pump.event(61, "delivery-stop")
    pump.event(73, "delivery-start")
    pump.status(73, counter=15)
    assert pump.only.is_max_running
    pump.status(74, counter=15.1)
    assert pump.off() == (12, 13)


def test_a_counter_that_was_reset_counts_from_nothing() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    pump.event(61, "delivery-stop")
    pump.event(73, "delivery-start")
    pump.status(73, counter=0)
    assert pump.only.is_max_running
    pump.status(74, counter=0.1)
    assert pump.off() == (12, 13)


def test_a_run_that_the_counter_never_bears_out_goes_on_as_doubt() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    pump.event(61, "delivery-stop")
    pump.event(70, "delivery-start")
    for minute in range(70, 80):
        pump.status(minute, counter=15)
    pump.event(80, "delivery-stop")
    pump.stands(81, 90)
    pump.event(90, "delivery-start")
    pump.status(90, counter=15.1)
    assert pump.off() == (9 + 10, 29)


@pytest.mark.parametrize("event", ["power-on", "power-off"])
def test_power_ends_nothing(event: str) -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.alarm(61, "batt-empty")
    pump.event(436, event)
    pump.wait(440)
    assert pump.only.is_max_running
    assert pump.off()[0] == 375


def test_an_alarm_that_ends_ends_no_interruption() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.alarm(61, "occl-up")
    pump.alarm(65, "occl-up", "end")
    pump.wait(70)
    assert pump.only.is_max_running


def test_an_occlusion_is_back_dated_by_its_latency_at_the_rate() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.alarm(60, "occl-down")
    pump.event(90, "delivery-start")
    assert pump.off() == (30, 45)


def test_a_flow_check_caps_the_back_dating() -> None:
    pump = Watched(ordered_ml_per_h=0.6)
    for minute in range(200):
        pump.status(minute, rate_ml_per_h=0.6)
    pump.take(Marked(at_us=minutes(200), mark=MarkKind.FLOW_CHECKED, by="nurse", role=Role.NURSE))
    for minute in range(201, 285):
        pump.status(minute, rate_ml_per_h=0.6)
    pump.alarm(285, "occl-down")
    pump.event(430, "delivery-start")
    assert pump.off() == (145, 230)


def test_flow_inside_the_latency_window_does_not_part_two_stops() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(60, "delivery-stop")
    pump.event(80, "delivery-start")
    pump.runs(80, 90)
    pump.alarm(90, "occl-down")
    pump.event(100, "delivery-start")
    view = pump.only
    assert view.merged_stops == 1
    assert pump.off() == (20 + 10, 40)
