"""Taken off the patient and put on again: late words, counters, other persons, reviews and downtimes."""

from __future__ import annotations

from drivers.contract import DeliveryStatus, LogEvent, LogEventObserved, StatusObserved
from monitor.interruption.events import (
    ClockSynchronised,
    Closed,
    Marked,
    MarkKind,
    MonitorRestarted,
    Outcome,
    Reported,
    Role,
)
from monitor.interruption.off_patient import KEPT_MAX, OffPatient, is_off, put_back, taken_off, was_off
from watched import Watched, minutes


def marked(pump: Watched, minute: float, mark: str) -> None:
    """Let the patient make a mark."""
    pump.take(Marked(at_us=minutes(minute), mark=MarkKind(mark), by="patient"))


def late(pump: Watched, minute: float, about: float, delivery: str) -> None:
    """Let a status come late."""
    said = StatusObserved(delivery=DeliveryStatus(delivery), rate_ml_per_h=5.0, age_s=(minute - about) * 60)
    pump.say(minute, said)


def test_a_late_word_about_the_time_before_the_disconnect_counts_while_it_is_off() -> None:
    """Not taken in, the lower bound would say that it stood from the stop on."""
    pump = Watched()
    pump.runs(0, 10)
    pump.event(10, "delivery-stop")
    marked(pump, 30, "disconnect")
    pump.say(35, LogEventObserved(event=LogEvent.DELIVERY_START, age_s=23 * 60))
    marked(pump, 40, "reconnect")
    pump.status(41)
    low, high = pump.off()
    assert low == 2 + 10
    assert high == 2 + 28


def test_a_stop_heard_late_from_the_time_off_the_patient_takes_the_reconnect_back() -> None:
    pump = Watched()
    pump.runs(0, 8)
    marked(pump, 8.5, "disconnect")
    marked(pump, 20.5, "reconnect")
    pump.status(25)
    assert pump.off() == (12, 12)
    late(pump, 26, 18, "not-delivering")
    assert pump.off() == (12, 16.5)


def test_a_reconnect_is_no_flow_check_for_a_later_occlusion() -> None:
    pump = Watched()
    pump.runs(0, 60)
    marked(pump, 60.5, "disconnect")
    marked(pump, 63, "reconnect")
    pump.runs(63.5, 69.5)
    pump.alarm(70, "occl-down")
    assert pump.only.opened_at_us == minutes(55)
    assert pump.off() == (2.5, 15)


def test_what_the_motor_moved_while_off_the_patient_shortens_nothing() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    marked(pump, 61, "disconnect")
    pump.status(91, "not-delivering", rate_ml_per_h=0, counter=10 + 91 * 5 / 60)
    assert pump.off() == (30, 30)
    pump.wait(100)
    assert pump.off() == (30, 39)


def test_a_counter_that_stood_since_the_reconnect_leaves_the_mark_aside() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    marked(pump, 61, "disconnect")
    marked(pump, 100, "reconnect")
    pump.status(114, counter=10 + 5 + 2 * 5 / 60)
    assert pump.off() == (39, 53)


def test_a_counter_that_moved_since_the_reconnect_bears_the_mark_out() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    marked(pump, 61, "disconnect")
    marked(pump, 100, "reconnect")
    pump.status(114, counter=10 + 114 * 5 / 60)
    assert pump.off() == (39, 39)


def test_a_reconnect_that_nobody_announced_was_off_until_then() -> None:
    pump = Watched()
    for minute in range(0, 61, 10):
        pump.status(minute)
    marked(pump, 65, "reconnect")
    assert pump.off() == (0, 5)
    pump.status(70)
    assert pump.off() == (0, 5)


def test_a_second_disconnect_finds_the_line_off_already() -> None:
    pump = Watched()
    pump.runs(0, 60)
    marked(pump, 61, "disconnect")
    marked(pump, 65, "disconnect")
    pump.runs(66, 79)
    marked(pump, 80, "reconnect")
    pump.runs(81, 85)
    assert pump.off() == (19, 19)


def test_what_a_person_sees_while_it_is_off_counts_for_that_instant_only() -> None:
    pump = Watched()
    pump.runs(0, 60)
    marked(pump, 61, "disconnect")
    pump.take(Reported(at_us=minutes(70), running=True, by="caregiver"))
    pump.runs(71, 80)
    assert pump.off() == (0, 19)
    marked(pump, 81, "reconnect")
    pump.status(82)
    assert pump.off() == (0, 20)


def test_a_review_while_the_line_is_off_does_not_make_the_pump_believed() -> None:
    pump = Watched()
    pump.runs(0, 60)
    marked(pump, 61, "disconnect")
    pump.runs(62, 70)
    pump.take(Closed(at_us=minutes(71), outcome=Outcome.OTHER, role=Role.CLINICIAN, by="doctor", note="scan"))
    pump.runs(72, 90)
    assert pump.off() == (0, 19)


def test_a_word_against_the_pump_outlives_a_disconnect() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.take(Reported(at_us=minutes(60.5), running=False, by="nurse", since_us=minutes(50)))
    marked(pump, 61, "disconnect")
    pump.runs(62, 79)
    marked(pump, 80, "reconnect")
    pump.runs(81, 100)
    assert pump.off()[1] == 50


def test_a_downtime_whose_length_comes_late_moves_the_marks_with_it() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.take(MonitorRestarted(at_us=minutes(61), down_from_us=minutes(60), is_downtime_known=False))
    marked(pump, 62, "disconnect")
    marked(pump, 70, "reconnect")
    pump.status(71)
    pump.take(
        ClockSynchronised(at_us=minutes(82), down_from_us=minutes(60), down_to_us=minutes(71), moved_us=minutes(10))
    )
    assert pump.state.fold.off_patient == (OffPatient(minutes(72), minutes(80)),)
    assert pump.off() == (8, 8)


def test_stretches_are_closed_below_and_open_above() -> None:
    stretches = put_back(taken_off((), 10), 20)
    assert [at for at in (9, 10, 19, 20) if is_off(stretches, at)] == [10, 19]
    assert [at for at in (10, 11, 20, 21) if was_off(stretches, at)] == [11, 20]
    for at_us in range(100, 200):
        stretches = put_back(stretches, at_us)
    assert len(stretches) == KEPT_MAX


def test_a_pump_that_runs_before_the_line_was_ever_put_on_begins_no_therapy() -> None:
    pump = Watched()
    marked(pump, 1, "disconnect")
    pump.runs(2, 30)
    assert pump.state.fold.last_flow_us is None
    marked(pump, 31, "reconnect")
    pump.runs(32, 40)
    assert pump.shown == []
    assert pump.state.fold.flow_from_us == minutes(32)


def test_a_start_that_no_counter_bore_out_before_the_disconnect_leaves_what_follows_the_reconnect_uncertain() -> None:
    pump = Watched()
    pump.runs(0, 10, counter=10)
    pump.status(11, "not-delivering", rate_ml_per_h=0, counter=10 + 10 * 5 / 60)
    pump.event(20, "delivery-start")
    marked(pump, 30, "disconnect")
    marked(pump, 60, "reconnect")
    pump.event(80, "delivery-stop")
    assert pump.off() == (9 + 30, 70)


def test_an_occlusion_after_the_reconnect_leaves_what_lies_between_uncertain() -> None:
    pump = Watched()
    pump.runs(0, 60)
    marked(pump, 61, "disconnect")
    pump.runs(62, 64)
    marked(pump, 65, "reconnect")
    pump.alarm(70, "occl-down")
    pump.stands(70, 80)
    assert pump.off() == (4 + 9, 79 - 55)


def test_flow_from_the_reconnect_until_a_later_window_is_believed() -> None:
    pump = Watched()
    pump.runs(0, 60)
    marked(pump, 61, "disconnect")
    pump.runs(62, 64)
    marked(pump, 65, "reconnect")
    pump.status(79)
    pump.alarm(85, "occl-down")
    assert pump.off() == (4, 4 + 15)
    assert pump.only.merged_stops == 2
