"""What the pump says: who it is, what was heard before, how old it may be."""

from __future__ import annotations

from drivers.contract import DeliveryStatus, LinkChanged, StatusObserved
from monitor.interruption.events import (
    MonitorRestarted,
    Swapped,
)
from monitor.interruption.state import OffClass
from watched import Watched, minutes


def test_a_strangers_word_never_counts() -> None:
    pump = Watched()
    pump.say(0, StatusObserved(delivery=DeliveryStatus.DELIVERING, serial="A1"))
    pump.event(1, "delivery-stop")
    for minute in range(2, 40):
        pump.say(minute, StatusObserved(delivery=DeliveryStatus.DELIVERING, serial="B2"))
    assert pump.only.is_max_running
    assert "pump-changed" in pump.raised()
    pump.take(Swapped(at_us=minutes(40), serial="B2", by="nurse"))
    pump.say(41, StatusObserved(delivery=DeliveryStatus.DELIVERING, serial="B2"))
    assert pump.off() == (0, 40)


def test_an_interruption_goes_on_over_a_confirmed_swap() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=100)
    pump.alarm(61, "fault")
    pump.take(Swapped(at_us=minutes(280), serial="B2", by="nurse"))
    pump.event(299, "delivery-start")
    pump.status(299, counter=0.1)
    assert pump.off() == (238, 238)
    assert pump.only.off_class is OffClass.BELOW


def test_an_unknown_alarm_is_urgent_and_may_stop() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.alarm(61, "unknown-alarm")
    pump.wait(70)
    assert pump.off() == (0, 10)
    assert pump.only.high_priority_at_us == minutes(61)


def test_transitioning_is_neither_flow_nor_its_absence() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.status(61, "transitioning")
    pump.runs(62, 63)
    assert pump.shown == []
    for minute in range(64, 80):
        pump.status(minute, "transitioning")
    assert pump.off() == (0, 16)


def test_a_hint_about_the_line_is_no_evidence() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.say(61, LinkChanged(online=False, why="last will"))
    pump.say(70, LinkChanged(online=True, why="online"))
    pump.wait(77)
    assert pump.off() == (0, 17)


def test_a_message_number_seen_before_changes_nothing() -> None:
    pump = Watched()
    pump.runs(0, 60)
    stop = StatusObserved(delivery=DeliveryStatus.NOT_DELIVERING, seq=5, boot="a")
    pump.say(61, stop)
    pump.say(62, StatusObserved(delivery=DeliveryStatus.DELIVERING, seq=6, boot="a"))
    before = pump.off()
    pump.say(63, stop)
    assert pump.off() == before
    pump.say(64, StatusObserved(delivery=DeliveryStatus.NOT_DELIVERING, seq=6, boot="a"))
    assert pump.off() == before


def test_a_message_number_that_was_skipped_is_taken_when_it_comes_late() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.say(61, StatusObserved(delivery=DeliveryStatus.NOT_DELIVERING, seq=5, boot="a"))
    pump.say(63, StatusObserved(delivery=DeliveryStatus.DELIVERING, seq=4, boot="a", age_s=150))
    assert pump.off() == (0, 2.5)


def test_flow_that_a_broker_held_back_is_dated_by_its_oldest_instant() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.say(120, StatusObserved(delivery=DeliveryStatus.DELIVERING, age_max_s=3600))
    assert pump.only.is_max_running
    assert pump.off() == (0, 60)


def test_a_late_stop_from_the_log_amends_what_was_believed() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.status(120, "not-delivering")
    pump.event(120.5, "delivery-stop", age_s=55.5 * 60)
    assert pump.off() == (55, 55.5)


def test_known_downtime_of_the_monitor_is_width() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.take(MonitorRestarted(at_us=minutes(130), down_from_us=minutes(60)))
    assert pump.off() == (0, 70)


def test_downtime_without_an_upper_bound_is_critical_at_once() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.take(MonitorRestarted(at_us=minutes(60), down_from_us=minutes(60), is_downtime_known=False))
    assert pump.only.off_class is OffClass.POSSIBLE


def test_a_sender_without_a_boot_that_counts_anew_is_heard() -> None:
    pump = Watched()
    pump.say(0, StatusObserved(delivery=DeliveryStatus.DELIVERING, seq=1200))
    pump.say(1, StatusObserved(delivery=DeliveryStatus.DELIVERING, seq=1201))
    pump.say(2, StatusObserved(delivery=DeliveryStatus.NOT_DELIVERING, seq=0))
    assert pump.only.is_max_running
    assert pump.only.detected_at_us == minutes(2)
