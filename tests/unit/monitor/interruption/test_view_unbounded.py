"""An interruption that reaches over a downtime of unknown length has no upper bound until the clock is set."""

from __future__ import annotations

import pytest

from monitor.interruption.events import ClockSynchronised, MonitorRestarted
from watched import Watched, minutes

BACK_US = minutes(80)


def restarted(*, is_downtime_known: bool = False) -> Watched:
    """Return a pump that ran for an hour before the monitor was down, and a stop of which is long over."""
    pump = Watched()
    pump.runs(0, 10)
    pump.stands(11, 20)
    pump.runs(20, 60)
    pump.now_us = BACK_US
    pump.take(MonitorRestarted(at_us=BACK_US, down_from_us=minutes(60), is_downtime_known=is_downtime_known))
    pump.wait(81)
    return pump


def unbounded(pump: Watched) -> dict[int, bool]:
    """Return by number whether an interruption has no upper bound."""
    return {view.number: view.is_unbounded for view in pump.shown}


def test_it_is_unbounded_while_nobody_knows_how_long_the_monitor_was_down() -> None:
    assert unbounded(restarted()) == {1: False, 2: True}


def test_flow_that_returns_gives_no_bound() -> None:
    pump = restarted()
    pump.runs(82, 130)
    assert not any(view.is_max_running for view in pump.shown)
    assert unbounded(pump) == {1: False, 2: True}


def test_the_clock_that_is_set_gives_the_bound() -> None:
    pump = restarted()
    pump.take(ClockSynchronised(at_us=minutes(82), down_from_us=minutes(60), down_to_us=BACK_US, moved_us=0))
    assert set(unbounded(pump).values()) == {False}


def test_a_downtime_of_known_length_has_its_bound() -> None:
    pump = restarted(is_downtime_known=True)
    assert set(unbounded(pump).values()) == {False}


@pytest.mark.parametrize("stood_min", [5, 20])
def test_a_stop_after_the_downtime_has_its_own_bound(stood_min: int) -> None:
    pump = restarted()
    pump.runs(82, 130)
    pump.stands(131, 131 + stood_min)
    assert unbounded(pump) == {1: False, 2: True, 3: False}
