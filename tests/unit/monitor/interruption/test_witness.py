"""The counter, the bag and the log as witnesses; a counter that stands; late evidence inside a run."""

from __future__ import annotations

import pytest

from drivers.contract import DeliveryStatus, LogCovered, StatusObserved
from monitor.interruption.events import Reported
from monitor.interruption.policy import MINUTE_US
from monitor.interruption.state import OffClass
from watched import Watched, minutes


def _bag(pump: Watched, minute: float, delivery: str, remaining_ml: float) -> None:
    rate = 5.0 if delivery == "delivering" else 0.0
    shown = StatusObserved(delivery=DeliveryStatus(delivery), rate_ml_per_h=rate, volume_remaining_ml=remaining_ml)
    pump.say(minute, shown)


def test_the_counter_says_that_it_ran_throughout_a_silence() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    pump.status(360, counter=10 + 360 * 5 / 60)
    assert [view.off_max_us for view in pump.shown] == [0]
    pump.runs(361, 400, counter=10 + 361 * 5 / 60)
    assert pump.only.off_max_us == 0


def test_the_counter_narrows_a_silence_in_which_it_stopped_and_ran_again() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    pump.status(240, counter=15 + 10)
    assert pump.off() == pytest.approx((58.8, 61.2))
    assert not pump.only.is_max_running


def test_the_counter_dates_the_onset_of_a_stop_that_was_found() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=100)
    pump.status(240, "not-delivering", rate_ml_per_h=0, counter=110)
    assert pump.off() == pytest.approx((118.8, 121.2))


def test_what_the_counter_lacks_may_lie_before_a_person_saw_it_running() -> None:
    pump = Watched()
    pump.status(138, counter=10)
    pump.take(Reported(at_us=minutes(150), running=True, by="nurse"))
    pump.status(203, "not-delivering", rate_ml_per_h=0, counter=13.6)
    assert pump.off() == pytest.approx((53 - 44.4, 53 - (42 - 12)))
    again = Watched()
    again.status(138, counter=10)
    again.take(Reported(at_us=minutes(150), running=True, by="nurse"))
    again.status(203, counter=13.6)
    assert again.off() == pytest.approx((53 - 44.4, 65 - 42))


def test_the_bag_narrows_with_its_wider_error() -> None:
    pump = Watched()
    for minute in range(0, 61, 5):
        _bag(pump, minute, "delivering", 100 - minute * 5 / 60)
    _bag(pump, 240, "not-delivering", 90)
    assert pump.off() == pytest.approx((120 - 0.06 * 180, 120 + 0.06 * 180))


def test_the_counter_dates_the_return_of_flow_in_silence() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    pump.status(61, "not-delivering", rate_ml_per_h=0, counter=15)
    pump.status(181, counter=20)
    low, high = pump.off()
    assert low == pytest.approx(181 - 61.2 - 61)
    assert high == pytest.approx(181 - 58.8 - 60)


def test_a_counter_that_moved_between_two_looks_at_a_stopped_pump_shortens_the_stop() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    pump.status(61, "not-delivering", rate_ml_per_h=0, counter=15)
    pump.status(241, "not-delivering", rate_ml_per_h=0, counter=20)
    assert pump.off() == pytest.approx((180 - 61.2, 181 - 58.8))


def test_delivering_with_a_counter_that_stands_is_doubt_back_to_its_last_movement() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    for minute in range(61, 70):
        pump.status(minute, counter=15)
    assert pump.off() == (0, 9)
    assert "volume-stall" in pump.raised()
    assert pump.only.is_max_running


def test_a_stalled_counter_that_moves_again_ends_the_doubt() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    for minute in range(61, 70):
        pump.status(minute, counter=15)
    pump.runs(70, 101, counter=15.1)
    assert pump.off() == pytest.approx((7.6, 10))
    assert not any(alert.code == "volume-stall" for alert in pump.state.alerts)


def test_a_counter_at_a_slow_rate_is_given_the_time_that_its_step_takes() -> None:
    pump = Watched(ordered_ml_per_h=0.6)
    for minute in range(0, 121, 2):
        reading = 10 + int(minute * 0.6 / 60 / 0.1 + 1e-9) * 0.1
        pump.status(minute, rate_ml_per_h=0.6, counter=round(reading, 1))
    assert pump.shown == []


def test_no_witness_is_asked_about_the_latency_window_of_an_occlusion() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    pump.status(240, counter=10 + 240 * 5 / 60)
    pump.alarm(241, "occl-down")
    low, high = pump.off()
    assert low == 0
    assert high >= 181


def test_a_log_without_a_hole_excuses_silence() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.wait(240)
    pump.say(240, LogCovered(covered_s=180 * 60))
    pump.status(240)
    assert pump.only.off_max_us == 0


def test_a_log_without_a_hole_dates_a_stop_that_it_tells() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(240, "delivery-stop", age_s=60 * 60)
    assert pump.off() == (0, 180)
    pump.say(240, LogCovered(covered_s=200 * 60))
    assert pump.off()[1] == 60


def test_a_late_start_inside_a_run_opens_nothing() -> None:
    pump = Watched()
    pump.runs(0, 200)
    pump.event(200, "delivery-start", age_s=100 * 60)
    assert pump.shown == []


@pytest.mark.parametrize("counter", [None, 10.0])
@pytest.mark.parametrize("order", [("stop", "start"), ("start", "stop")])
def test_a_late_stop_and_start_inside_a_run_are_what_they_would_have_been(
    counter: float | None, order: tuple[str, str]
) -> None:
    ages = {"stop": 9.5, "start": 7.5}

    def told(*, is_late: bool) -> tuple[float, float]:
        pump = Watched()
        pump.runs(0, 190, counter=counter)
        if not is_late:
            pump.event(190.5, "delivery-stop")
            pump.event(192.5, "delivery-start")
        reading = None if counter is None else counter + 190 * 5 / 60
        pump.runs(193, 200, counter=reading)
        if is_late:
            for what in order:
                pump.event(200, f"delivery-{what}", age_s=ages[what] * 60)
        return pump.off()

    assert told(is_late=True) == told(is_late=False)


def test_a_counter_in_a_gap_that_a_person_parted_still_shows_that_it_ran() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    pump.take(Reported(at_us=minutes(120), running=True, by="nurse"))
    pump.wait(180)
    assert pump.only.off_max_us == 60 * MINUTE_US
    pump.status(240, counter=10 + 240 * 5 / 60)
    assert pump.only.off_max_us == 0
    assert pump.only.off_class is OffClass.BELOW
