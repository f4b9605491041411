"""A person's word beside the pump's: what both tell of is counted once."""

from __future__ import annotations

from drivers.contract import DeliveryStatus, StatusObserved
from monitor.interruption.events import Closed, Outcome, Reported
from watched import Watched, minutes


def test_a_report_of_a_stop_counts_no_stretch_twice_and_none_in_which_flow_was_claimed() -> None:
    pump = Watched()
    pump.runs(1, 60)
    pump.event(60, "delivery-stop")
    pump.stands(61, 91)
    pump.status(95, "kvo")
    pump.take(Reported(at_us=minutes(100), running=False, by="n", since_us=minutes(60)))
    assert pump.off() == (30, 40)
    pump.status(110, "not-delivering")
    assert pump.off() == (40, 50)


def test_a_report_of_a_stop_during_silence_is_certain_from_its_since() -> None:
    pump = Watched()
    pump.runs(1, 60)
    pump.take(Reported(at_us=minutes(100), running=False, by="n", since_us=minutes(70)))
    assert pump.off() == (30, 40)


def test_after_a_review_a_report_is_certain_from_no_earlier_than_the_flow_before_it() -> None:
    pump = Watched()
    pump.runs(1, 60)
    pump.say(100, StatusObserved(delivery=DeliveryStatus.DELIVERING, age_max_s=30))
    pump.take(Closed(at_us=minutes(101), outcome=Outcome.OTHER, note="seen", by="d"))
    pump.take(Reported(at_us=minutes(102), running=False, by="n", since_us=minutes(50)))
    assert pump.off() == (2, 2)
