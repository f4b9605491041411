"""A counter that moved while a pump was said to stand makes less of the stop certain, whatever lay before it."""

from __future__ import annotations

import msgspec
import pytest

from monitor.interruption.events import Reported
from monitor.interruption.offtime import OpenStop
from monitor.interruption.reading import Ran
from monitor.interruption.resuming import ran_after
from watched import Watched, minutes

replace = msgspec.structs.replace
STOOD = OpenStop(70, 80, 100)
"""May have begun at 70, and is certain from 80 to 100."""


def found(at_least_us: int) -> Ran:
    return Ran(at_least_us, at_least_us + 2, span_us=90, by_counter=True)


@pytest.mark.parametrize(
    ("read_us", "at_least_us", "most_us"), [(70, 70, 0), (70, 71, 73), (60, 71, 73), (71, 71, 0), (71, 80, 0)]
)
def test_a_stop_is_less_certain_where_the_motor_ran_for_longer_than_it_leaves(
    read_us: int, at_least_us: int, most_us: int
) -> None:
    assert ran_after(STOOD, read_us, found(at_least_us)) == replace(STOOD, ran_most_us=most_us)


def stood_and_saw_running(pump: Watched) -> None:
    """Stand from minute 0 to 1; at minute 10 a person sees it run."""
    pump.status(0, counter=10)
    pump.status(1, "not-delivering", rate_ml_per_h=0, counter=10)
    pump.take(Reported(at_us=minutes(10), running=True, by="nurse"))


def test_a_run_that_nobody_heard_of_is_not_certain_although_the_counter_was_read_before_the_stop() -> None:
    pump = Watched()
    pump.status(0, counter=10)
    pump.event(11, "delivery-stop")
    pump.status(50, "not-delivering", rate_ml_per_h=0)
    pump.status(60, counter=10 + 50 * 5 / 60)
    assert pump.off() == (0, 49)


def test_nor_where_the_stop_before_it_was_ended_since_the_counter_was_read() -> None:
    pump = Watched()
    stood_and_saw_running(pump)
    pump.event(11, "delivery-stop")
    pump.status(50, "not-delivering", rate_ml_per_h=0)
    assert pump.off() == (39, 49)
    pump.status(60, counter=10 + 50 * 5 / 60)
    assert pump.off() == (0, 59)


def test_nor_where_the_flow_was_doubtful_before_it() -> None:
    pump = Watched()
    pump.status(0, counter=10)
    pump.status(5, "kvo", rate_ml_per_h=0.1)
    pump.event(10, "delivery-stop")
    pump.status(60, "not-delivering", rate_ml_per_h=0, counter=10 + 50 * 5 / 60)
    assert pump.off() == (0, 60)


def test_what_ran_before_a_stop_began_is_not_taken_off_it() -> None:
    pump = Watched()
    stood_and_saw_running(pump)
    pump.status(21)
    pump.status(101, "not-delivering", rate_ml_per_h=0, counter=17)
    assert pump.off() == (0, 90)


@pytest.mark.parametrize("last", ["delivering", "not-delivering"])
def test_what_flowed_too_slowly_moved_the_counter_too_and_is_not_taken_off_the_stop(last: str) -> None:
    pump = Watched()
    pump.status(0, counter=10)
    pump.status(5, "not-delivering", rate_ml_per_h=0, counter=10.4)
    pump.status(30, rate_ml_per_h=4)
    pump.status(60, last, counter=10.4 + 40 * 5 / 60)
    assert pump.off() == pytest.approx((0, 60 - (4.8 - 1.2)))


def test_nor_where_the_counter_had_stood_before() -> None:
    pump = Watched()
    pump.status(0, counter=10)
    pump.status(10, counter=10)
    assert pump.off() == (0, 10)
    pump.status(11, rate_ml_per_h=4)
    pump.status(30, counter=11)
    assert pump.off() == (0, 30)
