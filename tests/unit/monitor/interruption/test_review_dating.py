"""Old words: what may have been held up on the way."""

from __future__ import annotations

from drivers.contract import DeliveryStatus, LogEvent, LogEventObserved, StatusObserved
from watched import Watched, minutes


def held_up(pump: Watched, minute: float, delivery: str, age_max_minutes: float) -> None:
    pump.say(minute, StatusObserved(delivery=DeliveryStatus(delivery), age_max_s=age_max_minutes * 60))


def test_flow_that_may_have_come_late_ends_a_stop_at_its_newest_instant() -> None:
    pump = Watched()
    pump.runs(1, 60)
    pump.event(60, "delivery-stop")
    held_up(pump, 80, "delivering", 10)
    assert pump.off() == (0, 20)


def test_a_run_event_of_unsure_age_widens_both_bounds() -> None:
    pump = Watched()
    pump.runs(1, 60)
    pump.event(60, "delivery-stop")
    pump.say(80, LogEventObserved(event=LogEvent.DELIVERY_START, age_s=60, age_max_s=600))
    assert pump.off() == (9, 19)


def test_no_flow_that_may_have_been_held_up_is_certain_only_to_its_oldest_instant() -> None:
    pump = Watched()
    pump.runs(1, 60)
    pump.event(60, "delivery-stop")
    held_up(pump, 80, "not-delivering", 15)
    assert pump.off() == (5, 20)
    held_up(pump, 200, "not-delivering", 150)
    assert pump.off() == (5, 140)
    pump.status(201, "not-delivering")
    assert pump.off() == (141, 141)


def test_held_up_flow_neither_hides_a_gap_nor_the_stop_after_it() -> None:
    pump = Watched()
    pump.runs(1, 60)
    held_up(pump, 120, "delivering", 50)
    assert pump.only.off_max_us >= minutes(60)
    pump.event(125, "delivery-stop", age_s=45 * 60)
    pump.status(130, "not-delivering")
    assert pump.only.off_max_us >= minutes(70)
    assert pump.only.off_min_us <= minutes(50)


def test_doubt_that_may_be_held_up_is_not_hidden_by_earlier_flow() -> None:
    pump = Watched()
    pump.runs(1, 60)
    held_up(pump, 61, "kvo", 10)
    pump.wait(70)
    assert pump.off() == (0, 10)
