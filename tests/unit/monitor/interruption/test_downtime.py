"""Downtime of unknown length: critical while nobody knows it, exact once the clock is synchronised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contract import DeliveryStatus, StatusObserved
from monitor.interruption.alarms import OwnCode
from monitor.interruption.effects import AlertResolved, EvidenceDoubted
from monitor.interruption.events import (
    ClockSynchronised,
    Closed,
    MonitorRestarted,
    Outcome,
    PumpObserved,
    Role,
)
from monitor.interruption.state import OffClass, Phase
from watched import Watched, minutes

DOWN = 60
"""The minute at which the monitor of every example goes down; it comes back in the same minute of its own time."""


def restart(pump: Watched, minute: float = DOWN) -> None:
    pump.take(MonitorRestarted(at_us=minutes(minute), down_from_us=minutes(DOWN), is_downtime_known=False))


def synchronise(pump: Watched, minute: float, down_min: float, *, back: float = DOWN) -> None:
    """Put monitor time, which stands at ``minute``, on by the downtime."""
    at_us = minutes(minute + down_min)
    moved_us = minutes(down_min)
    # Time does not pass in between: nothing may ring before the event.
    pump.now_us = at_us
    event = ClockSynchronised(
        at_us=at_us, down_from_us=minutes(DOWN), down_to_us=minutes(back) + moved_us, moved_us=moved_us
    )
    pump._step(event)


def open_codes(pump: Watched) -> list[str]:
    return [alert.code for alert in pump.state.alerts]


def test_synchronised_the_downtime_has_its_bound_and_the_alert_is_over() -> None:
    pump = Watched()
    pump.runs(0, DOWN)
    restart(pump)
    assert OwnCode.CLOCK_SKEW in open_codes(pump)
    pump.runs(DOWN + 1, DOWN + 10)
    assert pump.off()[1] >= 240
    synchronise(pump, DOWN + 10, 50)
    assert pump.off() == (0, 51)
    assert pump.only.off_class is OffClass.BELOW
    assert OwnCode.CLOCK_SKEW not in open_codes(pump)
    assert any(isinstance(effect, AlertResolved) for _, effect in pump.effects)
    pump.runs(DOWN + 61, DOWN + 120)
    assert pump.only.phase is Phase.AWAITING_REVIEW


def test_a_downtime_that_hid_nothing_leaves_nothing_of_the_stop_but_the_review() -> None:
    pump = Watched()
    pump.runs(0, DOWN)
    restart(pump)
    pump.runs(DOWN + 1, DOWN + 10)
    synchronise(pump, DOWN + 10, 3)
    assert pump.off() == (0, 0)
    assert pump.only.phase is Phase.AWAITING_REVIEW


@pytest.mark.parametrize(("down_min", "expected"), [(238, OffClass.BELOW), (239, OffClass.POSSIBLE)])
def test_synchronised_the_class_is_met_to_the_minute(down_min: int, expected: OffClass) -> None:
    pump = Watched()
    pump.runs(0, DOWN)
    restart(pump)
    pump.runs(DOWN + 1, DOWN + 10)
    synchronise(pump, DOWN + 10, down_min)
    assert pump.only.off_class is expected


def test_a_pump_that_is_not_heard_again_is_off_for_the_whole_downtime() -> None:
    pump = Watched()
    pump.runs(0, DOWN)
    restart(pump)
    synchronise(pump, DOWN + 10, 100)
    assert pump.off() == (0, 110)


def test_a_stop_that_was_seen_before_and_after_is_certain_in_between() -> None:
    pump = Watched()
    pump.runs(0, DOWN - 10)
    pump.stands(DOWN - 9, DOWN + 1)
    restart(pump)
    pump.stands(DOWN + 1, DOWN + 11)
    synchronise(pump, DOWN + 10, 300)
    low, high = pump.off()
    assert (low, high) == (319, 320)
    assert pump.only.off_class is OffClass.REACHED


def test_down_twice_before_the_clock_is_synchronised_what_lies_between_has_no_date() -> None:
    pump = Watched()
    pump.runs(0, DOWN)
    restart(pump)
    pump.runs(DOWN + 1, DOWN + 10)
    restart(pump, DOWN + 10)
    pump.runs(DOWN + 11, DOWN + 15)
    synchronise(pump, DOWN + 15, 100, back=DOWN + 10)
    assert pump.off() == (0, 111)


def test_what_a_clinician_closed_meanwhile_does_not_come_back() -> None:
    pump = Watched()
    pump.runs(0, DOWN)
    restart(pump)
    pump.runs(DOWN + 1, DOWN + 40)
    close = Closed(
        at_us=minutes(DOWN + 41), outcome=Outcome.NO_RESTART_PROCEDURE, note="seen", by="c", role=Role.CLINICIAN
    )
    pump.take(close)
    assert not pump.state.incidents
    assert pump.state.undated is None
    assert OwnCode.CLOCK_SKEW not in open_codes(pump)
    synchronise(pump, DOWN + 41, 100)
    assert not any(view.off_max_us > minutes(1) for view in pump.shown if view.phase is not Phase.ENDED)


def test_what_was_folded_for_good_is_not_taken_apart_and_stays_wide() -> None:
    pump = Watched()
    pump.runs(0, DOWN)
    restart(pump)
    for minute in range(DOWN + 1, DOWN + 200):
        pump.status(minute, "kvo" if minute % 2 else "delivering")
    synchronise(pump, DOWN + 200, 100)
    assert any(isinstance(effect, EvidenceDoubted) for _, effect in pump.effects)
    assert pump.state.undated is None
    assert pump.off()[1] >= 240
    assert OwnCode.CLOCK_SKEW not in open_codes(pump)


def test_a_pump_first_heard_under_a_clock_that_was_not_set_has_lost_nothing() -> None:
    pump = Watched()
    pump.runs(DOWN + 1, DOWN + 10)
    synchronise(pump, DOWN + 10, 10_000_000)
    assert not pump.state.incidents
    assert pump.state.last_contact_at_us == minutes(DOWN + 10 + 10_000_000)
    assert OwnCode.SILENT not in open_codes(pump)


def test_a_downtime_that_was_thought_short_is_found_long() -> None:
    pump = Watched()
    pump.runs(0, DOWN)
    pump.take(MonitorRestarted(at_us=minutes(DOWN + 1), down_from_us=minutes(DOWN)))
    pump.runs(DOWN + 1, DOWN + 30)
    assert not pump.state.incidents
    synchronise(pump, DOWN + 30, 120, back=DOWN + 1)
    low, high = pump.off()
    assert low == 0
    assert 121 <= high <= 121 + 2 * 15
    assert pump.only.is_max_running is False


def test_an_alert_of_the_meantime_is_dated_as_it_was() -> None:
    pump = Watched()
    pump.runs(0, DOWN)
    restart(pump)
    pump.alarm(DOWN + 3, "batt-low")
    synchronise(pump, DOWN + 4, 100)
    (low_battery,) = [alert for alert in pump.state.alerts if alert.code == "batt-low"]
    assert low_battery.raised_at_us == minutes(DOWN + 103)


SAYS = st.sampled_from(("delivering", "not-delivering", "kvo"))
LIVES = st.lists(st.tuples(st.integers(1, 30), SAYS), max_size=12)


@given(LIVES, LIVES, st.integers(0, 600), st.booleans())
def test_synchronised_the_clock_is_what_it_would_have_been(
    before: list[tuple[int, str]],
    after: list[tuple[int, str]],
    down_min: int,
    is_known: bool,  # noqa: FBT001 - drawn, never spelt at a call
) -> None:
    """Unknown, the clock comes out exactly; thought short, it comes out wider and never narrower."""
    truth, pump = Watched(), Watched()
    minute = 1
    for each in (truth, pump):
        say(each, minute, "delivering")
    for apart, word in before:
        minute += apart
        say(truth, minute, word)
        say(pump, minute, word)
    down, back = minute, minute + 1
    pump.take(MonitorRestarted(at_us=minutes(back), down_from_us=minutes(down), is_downtime_known=is_known))
    minute = back
    for apart, word in after:
        minute += apart
        say(truth, minute + down_min, word)
        say(pump, minute, word)
    at_us = minutes(minute + down_min)
    moved_us = minutes(down_min)
    pump.now_us = at_us
    pump._step(
        ClockSynchronised(
            at_us=at_us, down_from_us=minutes(down), down_to_us=minutes(back) + moved_us, moved_us=moved_us
        )
    )
    truth.wait_until_us(at_us)
    if not is_known:
        assert pump.state.fold == truth.state.fold
        assert pump.state.undated is None
        return
    shown = sum(view.off_max_us for view in pump.shown)
    assert shown >= sum(view.off_max_us for view in truth.shown)
    assert sum(view.off_min_us for view in pump.shown) <= sum(view.off_min_us for view in truth.shown)


def say(pump: Watched, minute: int, word: str) -> None:
    seen = StatusObserved(delivery=DeliveryStatus(word), rate_ml_per_h=5.0)
    pump.take(PumpObserved(at_us=minutes(minute), observation=seen))
