"""Taken off the patient and put on again: nothing arrives between the marks, and a reconnect alone ends nothing."""

from __future__ import annotations

import pytest

from drivers.contract import AlarmObserved, AlarmPhase, DeliveryStatus, LogEvent, LogEventObserved, StatusObserved
from monitor.interruption.events import (
    Marked,
    MarkKind,
    Reported,
)
from watched import Watched, minutes


def marked(pump: Watched, minute: float, mark: str) -> None:
    """Let the patient make a mark."""
    pump.take(Marked(at_us=minutes(minute), mark=MarkKind(mark), by="patient"))


def late(pump: Watched, minute: float, about: float, delivery: str) -> None:
    """Let a status come late."""
    said = StatusObserved(delivery=DeliveryStatus(delivery), rate_ml_per_h=5.0, age_s=(minute - about) * 60)
    pump.say(minute, said)


def test_a_reconnect_is_no_flow_while_the_pump_is_silent() -> None:
    pump = Watched()
    pump.runs(0, 60)
    marked(pump, 61, "disconnect")
    pump.runs(62, 70)
    marked(pump, 100, "reconnect")
    assert pump.off() == (39, 39)
    pump.wait(110)
    assert pump.off() == (39, 49)
    pump.status(116)
    assert pump.off() == (39, 55)


def test_a_pump_that_is_heard_in_time_after_the_reconnect_dates_the_return_of_flow_by_the_mark() -> None:
    pump = Watched()
    pump.runs(0, 60)
    marked(pump, 61, "disconnect")
    marked(pump, 100, "reconnect")
    pump.wait(115)
    assert pump.off() == (39, 54)
    pump.status(115)
    assert pump.off() == (39, 39)


def test_until_the_pump_is_heard_the_stop_goes_on_after_the_reconnect_under_the_quiet_of_the_mark() -> None:
    pump = Watched()
    pump.runs(0, 60)
    marked(pump, 60.5, "disconnect")
    quiet = pump.state.mark
    pump.runs(61, 74)
    marked(pump, 75, "reconnect")
    pump.wait(79)
    assert pump.off() == (14.5, 18.5)
    assert pump.state.mark == quiet
    pump.status(80)
    assert pump.off() == (14.5, 14.5)


def test_after_the_reconnect_it_may_have_flowed_until_it_was_found_standing() -> None:
    """The marks speak of the line, the pump of itself: between the two it is not certain that nothing flowed."""
    pump = Watched()
    pump.runs(0, 60)
    marked(pump, 61, "disconnect")
    marked(pump, 80, "reconnect")
    pump.event(90, "delivery-stop")
    pump.status(95, "not-delivering", rate_ml_per_h=0)
    assert pump.off() == (19 + 5, 34)


def test_a_pump_that_stood_before_the_reconnect_stood_until_it_was_found_standing_again() -> None:
    pump = Watched()
    pump.runs(0, 60)
    marked(pump, 61, "disconnect")
    pump.status(70, "not-delivering", rate_ml_per_h=0)
    marked(pump, 80, "reconnect")
    pump.status(90, "not-delivering", rate_ml_per_h=0)
    assert pump.off() == (29, 29)


@pytest.mark.parametrize(("since", "certain"), [(90, 19 + 60), (75, 19 + 70)])
def test_a_persons_since_after_the_reconnect_is_certain_as_far_as_the_line_was_on(since: float, certain: float) -> None:
    pump = Watched()
    pump.runs(0, 60)
    marked(pump, 61, "disconnect")
    marked(pump, 80, "reconnect")
    pump.take(Reported(at_us=minutes(150), running=False, by="nurse", since_us=minutes(since)))
    assert pump.off() == (certain, 89)


def test_only_what_was_said_first_after_the_reconnect_dates_flow_by_it() -> None:
    pump = Watched()
    pump.runs(0, 60)
    marked(pump, 61, "disconnect")
    marked(pump, 80, "reconnect")
    pump.status(82, "kvo", rate_ml_per_h=0)
    pump.status(84)
    assert pump.off() == (19, 23)


@pytest.mark.parametrize("word", ["not-delivering", "kvo"])
def test_a_pump_that_was_last_heard_not_to_deliver_must_be_heard_again(word: str) -> None:
    pump = Watched()
    pump.runs(0, 60)
    marked(pump, 61, "disconnect")
    pump.status(70, word, rate_ml_per_h=0)
    marked(pump, 80, "reconnect")
    pump.status(85)
    assert pump.off() == (19, 24)


def test_a_pump_that_ran_too_slowly_before_the_reconnect_must_be_heard_again() -> None:
    pump = Watched()
    pump.runs(0, 60)
    marked(pump, 61, "disconnect")
    pump.status(79, rate_ml_per_h=1.0)
    marked(pump, 80, "reconnect")
    pump.status(85)
    assert pump.off() == (19, 24)


def test_a_start_after_a_drip_before_the_disconnect_is_the_pumps_last_word() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.status(61, "kvo", rate_ml_per_h=0)
    pump.event(62, "delivery-start")
    marked(pump, 63, "disconnect")
    marked(pump, 70, "reconnect")
    pump.status(75)
    assert pump.off() == (7, 9)


def test_a_start_heard_late_while_it_is_off_is_the_pumps_last_word_too() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.status(61, "kvo", rate_ml_per_h=0)
    marked(pump, 63, "disconnect")
    pump.event(68, "delivery-start", age_s=360)
    marked(pump, 70, "reconnect")
    pump.status(75)
    assert pump.off() == (7, 9)


def test_an_alarm_that_may_stop_the_pump_leaves_the_reconnect_open() -> None:
    pump = Watched()
    pump.runs(0, 60)
    marked(pump, 61, "disconnect")
    pump.say(70, AlarmObserved(code="flow-low", phase=AlarmPhase.START))
    pump.status(79)
    marked(pump, 80, "reconnect")
    pump.status(85)
    assert pump.off() == (19, 24)


def test_a_pump_that_stood_before_the_disconnect_and_was_started_while_it_was_off_flows_with_the_reconnect() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.status(61, "not-delivering", rate_ml_per_h=0)
    marked(pump, 62, "disconnect")
    pump.runs(70, 79)
    marked(pump, 80, "reconnect")
    assert pump.off() == (19, 20)


def test_a_run_event_after_the_reconnect_dates_the_flow_and_not_the_mark() -> None:
    pump = Watched()
    pump.runs(0, 60)
    marked(pump, 61, "disconnect")
    marked(pump, 80, "reconnect")
    pump.event(84, "delivery-start")
    pump.status(85)
    assert pump.off() == (19, 23)


def test_a_late_repeat_from_the_time_off_the_patient_changes_nothing() -> None:
    pump = Watched()
    pump.runs(0, 8)
    marked(pump, 8.5, "disconnect")
    pump.runs(9, 19)
    marked(pump, 20.5, "reconnect")
    pump.runs(21, 29)
    late(pump, 30, 15, "delivering")
    assert pump.off() == (12, 12)
    assert pump.only.merged_stops == 1


def test_a_late_run_event_from_the_time_off_the_patient_is_no_flow() -> None:
    pump = Watched()
    pump.runs(0, 8)
    marked(pump, 8.5, "disconnect")
    pump.runs(9, 19)
    marked(pump, 20.5, "reconnect")
    pump.runs(21, 29)
    pump.say(30, LogEventObserved(event=LogEvent.DELIVERY_START, age_s=900))
    assert pump.off() == (12, 12)
