"""What people and plans do: none of it touches the clock but a report or a check."""

from __future__ import annotations

from monitor.interruption.events import (
    Acknowledged,
    Closed,
    HoldChanged,
    Marked,
    MarkKind,
    Order,
    Ordered,
    Outcome,
    Reported,
    Role,
)
from monitor.interruption.state import OffClass, Phase
from monitor.interruption.why import Why
from watched import Watched, minutes


def test_acknowledging_marking_and_holding_touch_neither_clock_nor_class() -> None:
    def stopped(*, with_people: bool) -> tuple[float, float]:
        pump = Watched()
        pump.runs(0, 60)
        pump.event(60, "delivery-stop")
        if with_people:
            pump.take(Acknowledged(at_us=minutes(70), what="", by="nurse"))
            pump.take(Marked(at_us=minutes(71), mark=MarkKind.MAINTENANCE, by="nurse", role=Role.NURSE))
            pump.take(HoldChanged(at_us=minutes(72), started=True, reason="CRS", by="x"))
        pump.wait(330)
        assert pump.only.off_class is OffClass.POSSIBLE
        return pump.off()

    assert stopped(with_people=True) == stopped(with_people=False)


def test_a_report_of_a_stop_is_certain_from_its_since() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.take(Reported(at_us=minutes(70), running=False, by="nurse", since_us=minutes(60)))
    pump.event(107, "delivery-start")
    assert pump.off() == (47, 47)


def test_a_report_against_a_running_pump_is_certain_only_from_its_last_word() -> None:
    pump = Watched()
    pump.runs(0, 540)
    pump.take(Reported(at_us=minutes(540), running=False, by="patient", since_us=minutes(0)))
    pump.event(590, "delivery-start")
    assert pump.off() == (50, 590)


def test_of_silences_between_which_a_person_saw_it_running_the_longest_counts() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.wait(125)
    pump.take(Reported(at_us=minutes(125), running=True, by="nurse"))
    assert pump.off() == (0, 65)
    pump.wait(160)
    assert pump.off() == (0, 65)
    assert pump.only.deadline_at_us == minutes(125 + 240)
    pump.wait(200)
    assert pump.off() == (0, 75)
    assert pump.only.merged_stops == 2
    pump.status(210, "not-delivering", rate_ml_per_h=0)
    assert pump.off() == (0, 65 + 85)


def test_flow_that_a_person_sees_after_the_threshold_is_a_late_restart() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.wait(300)
    pump.take(Reported(at_us=minutes(300), running=True, by="nurse"))
    assert pump.off() == (0, 240)
    assert "unsupervised-restart" in pump.raised()


def test_taken_off_and_put_on_again_is_a_stop_that_the_pump_cannot_see() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.take(Marked(at_us=minutes(60), mark=MarkKind.DISCONNECT, by="patient"))
    pump.runs(61, 84)
    pump.take(Marked(at_us=minutes(85), mark=MarkKind.RECONNECT, by="patient"))
    pump.runs(86, 90)
    assert pump.off() == (25, 25)


def test_what_stays_off_the_patient_after_a_review_is_a_stop_that_is_known_and_no_silence() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.take(Marked(at_us=minutes(60), mark=MarkKind.DISCONNECT, by="patient"))
    pump.wait(320)
    number = pump.only.number
    close = Closed(at_us=minutes(320), outcome=Outcome.OTHER, note="seen", by="Dr. Sol", number=number)
    pump.take(close)
    pump.runs(321, 330)
    assert pump.only.number == number + 1
    assert not pump.only.silent_since_us
    assert pump.only.stops[0].whys[:2] == (Why.PERSON_SAID, Why.PERSON_SAID)
    pump.runs(331, 379)
    pump.take(Marked(at_us=minutes(380), mark=MarkKind.RECONNECT, by="patient"))
    pump.runs(381, 385)
    assert pump.off() == (60, 60)


def test_no_interruption_is_counted_before_the_first_flow() -> None:
    pump = Watched()
    pump.stands(0, 60)
    pump.wait(600)
    assert pump.shown == []


def test_a_pump_that_was_never_heard_is_silent_and_not_running() -> None:
    pump = Watched()
    pump.wait(16)
    assert pump.raised() == ["silent"]


def test_with_a_planned_start_the_clock_begins_there_without_any_flow() -> None:
    pump = Watched(ordered_ml_per_h=None)
    pump.take(Ordered(at_us=0, order=Order(rate_ml_per_h=5, starts_at_us=minutes(30)), by="x"))
    pump.wait(60)
    assert pump.off() == (0, 30)


def test_nothing_is_counted_after_the_planned_end() -> None:
    pump = Watched(ordered_ml_per_h=None)
    pump.take(Ordered(at_us=0, order=Order(rate_ml_per_h=5, ends_at_us=minutes(120)), by="x"))
    pump.runs(0, 60)
    pump.event(60, "delivery-stop")
    pump.wait(600)
    assert pump.off() == (0, 60)
    assert pump.only.phase is Phase.ENDED


def test_an_empty_bag_near_the_planned_end_is_completion() -> None:
    pump = Watched(ordered_ml_per_h=None)
    pump.take(Ordered(at_us=0, order=Order(rate_ml_per_h=5, ends_at_us=minutes(120)), by="x"))
    pump.runs(0, 111)
    pump.alarm(112, "res-empty")
    pump.event(113, "delivery-stop")
    pump.wait(600)
    assert pump.shown == []


def test_an_empty_bag_long_before_the_planned_end_is_a_stop() -> None:
    pump = Watched(ordered_ml_per_h=None)
    pump.take(Ordered(at_us=0, order=Order(rate_ml_per_h=5, ends_at_us=minutes(480)), by="x"))
    pump.runs(0, 111)
    pump.alarm(112, "res-empty")
    pump.wait(120)
    assert pump.only.is_max_running
