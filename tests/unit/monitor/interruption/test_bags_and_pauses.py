"""The bag that hangs, a line that was flushed, and the third pause of a day."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from monitor.interruption.bags import empty_at_us, expires_at_us
from monitor.interruption.events import Acknowledged, Marked, MarkKind, Order, Ordered, Role
from monitor.interruption.policy import HOUR_US
from monitor.interruption.state import Bag
from monitor.interruption.therapy_rules import Cumulative
from watched import BLINATUMOMAB, Watched, minutes

DAY = 1440


def with_bag(hours: float = 48, **fields: Any) -> Watched:
    pump = Watched(ordered_ml_per_h=None)
    pump.take(Ordered(at_us=0, order=Order(rate_ml_per_h=5, bag_hours=hours, **fields), by="x"))
    return pump


def runs(pump: Watched, first: int, last: int) -> None:
    for minute in range(first, last, 10):
        pump.status(minute)
    pump.status(last)


def bag(pump: Watched) -> Bag | None:
    return None if pump.state.course is None else pump.state.course.bag


def test_a_pause_moves_the_end_of_a_bag_and_not_its_expiry() -> None:
    pump = with_bag()
    runs(pump, 0, 600)
    pump.event(600, "delivery-stop")
    pump.stands(601, 660)
    pump.event(660, "delivery-start")
    pump.status(660)
    hanging = bag(pump)
    assert hanging is not None
    assert expires_at_us(hanging) == minutes(2 * DAY)
    assert empty_at_us(pump.state, pump.policy.therapy, pump.now_us) == (minutes(2 * DAY + 60), minutes(2 * DAY + 60))


def test_a_bag_that_will_outlive_its_time_is_told_two_hours_before() -> None:
    pump = with_bag()
    runs(pump, 0, 36 * 60)
    pump.event(36 * 60, "delivery-stop")
    pump.stands(36 * 60 + 1, 46 * 60)
    assert pump.raised() == []
    pump.wait(46 * 60)
    assert pump.raised() == ["bag-expired"]


def test_a_bag_that_will_be_empty_in_time_is_not() -> None:
    pump = with_bag()
    runs(pump, 0, 36 * 60)
    pump.event(36 * 60, "delivery-stop")
    pump.stands(36 * 60 + 1, 36 * 60 + 20)
    pump.event(36 * 60 + 20, "delivery-start")
    runs(pump, 36 * 60 + 30, 48 * 60)
    assert pump.raised() == []


def test_a_bag_s_own_expiry_counts() -> None:
    pump = with_bag(bag_expires_at_us=minutes(10 * 60))
    runs(pump, 0, 9 * 60)
    assert pump.raised() == ["bag-expired"]


def test_a_new_bag_resolves_the_old_one_s_alert_and_has_its_own_time() -> None:
    pump = with_bag(bag_expires_at_us=minutes(10 * 60))
    runs(pump, 0, 9 * 60)
    pump.take(Marked(at_us=minutes(541), mark=MarkKind.BAG_CHANGE, by="nurse"))
    assert pump.state.alerts == ()
    hanging = bag(pump)
    assert hanging is not None
    assert expires_at_us(hanging) == minutes(541 + 2 * DAY)


@pytest.mark.parametrize(("hours", "codes"), [(42, ["early-empty", "res-empty"]), (47, ["res-empty"])])
def test_an_empty_bag_well_before_its_time_is_an_alert_of_its_own(hours: int, codes: list[str]) -> None:
    pump = with_bag()
    runs(pump, 0, hours * 60)
    pump.alarm(hours * 60, "res-empty")
    assert sorted(pump.raised()) == codes


def test_a_pause_is_allowed_for_before_a_bag_is_empty_early() -> None:
    pump = with_bag()
    runs(pump, 0, 20 * 60)
    pump.event(20 * 60, "delivery-stop")
    pump.stands(20 * 60 + 1, 28 * 60)
    pump.event(28 * 60, "delivery-start")
    runs(pump, 28 * 60 + 10, 46 * 60)
    pump.alarm(46 * 60, "res-empty")
    # 38 hours of flow out of a bag for 48.
    assert "early-empty" in pump.raised()


def test_flow_after_an_empty_bag_hangs_another_one() -> None:
    pump = with_bag()
    runs(pump, 0, 42 * 60)
    pump.alarm(42 * 60, "res-empty")
    assert bag(pump) is None
    pump.event(42 * 60 + 20, "delivery-start")
    pump.status(42 * 60 + 20)
    hanging = bag(pump)
    assert hanging is not None
    assert (hanging.hung_us, hanging.hours) == (minutes(42 * 60 + 20), 48)
    assert pump.state.alerts == ()


@pytest.mark.parametrize(
    ("note", "codes"),
    [("line flushed", ["bolus-risk"]), ("primed, then a bolus", ["bolus-risk"]), ("new dressing", []), ("", [])],
)
def test_a_note_of_a_flush_is_an_item_for_a_clinician(note: str, codes: list[str]) -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.take(Marked(at_us=minutes(60), mark=MarkKind.DISCONNECT, by="patient"))
    pump.take(Marked(at_us=minutes(70), mark=MarkKind.RECONNECT, by="patient", note=note))
    assert pump.raised() == codes
    pump.runs(71, 120)
    assert [alert.code for alert in pump.state.alerts] == codes
    pump.take(Acknowledged(at_us=minutes(121), what="bolus-risk", by="doctor", role=Role.CLINICIAN))
    assert pump.state.alerts == ()


def paused(*starts: int, length: int = 90) -> Watched:
    therapy = msgspec.structs.replace(BLINATUMOMAB, cumulative=Cumulative(window_us=24 * HOUR_US))
    pump = Watched(therapy)
    minute = 0
    for start in starts:
        runs(pump, minute, start)
        pump.event(start, "delivery-stop")
        pump.stands(start + 1, start + length)
        pump.event(start + length, "delivery-start")
        minute = start + length + 10
    runs(pump, minute, minute + 60)
    return pump


def test_the_third_pause_of_a_day_is_noted_once_and_for_a_day() -> None:
    pump = paused(360, 840, 1320)
    assert pump.raised() == ["third-pause"]
    runs(pump, 1490, 360 + DAY + 10)
    assert pump.state.alerts == ()


@pytest.mark.parametrize(("starts", "length"), [((360, 840), 150), ((360, 840, 1320), 10), ((360, 2000, 3600), 90)])
def test_few_or_short_or_far_pauses_are_not_noted(starts: tuple[int, ...], length: int) -> None:
    assert "third-pause" not in paused(*starts, length=length).raised()
