"""A clinician's hold: no pages, no change of the clock, and only a person's word makes the restart a supervised one."""

from __future__ import annotations

import msgspec
import pytest

from monitor.interruption.effects import AlertRaised, PersonActed
from monitor.interruption.events import Acknowledged, HoldChanged, Order, Ordered, Role
from monitor.interruption.policy import HOUR_US
from monitor.interruption.state import OffClass
from monitor.interruption.therapy_rules import HoldRule
from watched import BLINATUMOMAB, Watched, minutes

DAY = 1440
RULES = (
    HoldRule(reasons=("crs",), up_to_days=7, text="continue the same cycle"),
    HoldRule(reasons=("crs",), over_days=7, text="begin a new cycle"),
)


def held(at: float = 60, *, reason: str = "CRS grade 3", until: float | None = None) -> Watched:
    pump = Watched(msgspec.structs.replace(BLINATUMOMAB, hold_rules=RULES))
    pump.runs(0, at)
    until_us = None if until is None else minutes(until)
    pump.take(HoldChanged(at_us=minutes(at), started=True, reason=reason, by="doctor", until_us=until_us))
    pump.event(at + 1, "delivery-stop")
    return pump


def ended(pump: Watched, minute: float) -> None:
    pump.take(HoldChanged(at_us=minutes(minute), started=False, reason="restart", by="doctor"))


def told(pump: Watched) -> list[tuple[float, str]]:
    return [
        (minute, effect.alert.detail)
        for minute, effect in pump.effects
        if isinstance(effect, AlertRaised) and effect.alert.code == "hold-rule"
    ]


def test_a_hold_keeps_the_clock_and_the_class() -> None:
    pump = held()
    pump.stands(62, 320)
    assert pump.only.is_held
    assert pump.only.off_class is OffClass.REACHED
    assert pump.off() == (258, 258)


def test_a_restart_that_a_person_ended_the_hold_for_is_supervised() -> None:
    pump = held()
    pump.stands(62, 320)
    ended(pump, 320)
    pump.event(325, "delivery-start")
    assert pump.raised() == []


def test_a_restart_long_after_the_hold_was_ended_is_not() -> None:
    pump = held()
    pump.stands(62, 320)
    ended(pump, 320)
    pump.stands(321, 500)
    pump.event(500, "delivery-start")
    assert pump.raised() == ["unsupervised-restart"]


def test_a_restart_after_a_hold_ran_out_is_not_supervised() -> None:
    pump = held(until=310)
    pump.stands(62, 320)
    assert not pump.only.is_held
    pump.event(320, "delivery-start")
    assert pump.raised() == ["unsupervised-restart"]


def test_an_order_under_the_hold_makes_flow_expected_and_ends_it() -> None:
    pump = held()
    pump.stands(62, 400)
    pump.take(Ordered(at_us=minutes(400), order=Order(rate_ml_per_h=1.8), by="doctor"))
    assert pump.only.is_held
    pump.event(410, "delivery-start")
    assert pump.raised() == []
    assert pump.state.hold is None
    assert any(isinstance(effect, PersonActed) and effect.what == "hold:restarted" for _, effect in pump.effects)


def test_an_order_of_the_configuration_file_is_no_word_on_a_hold() -> None:
    pump = held()
    pump.stands(62, 100)
    pump.take(Ordered(at_us=minutes(100), order=Order(rate_ml_per_h=5), by="configuration"))
    pump.event(110, "delivery-start")
    assert pump.raised() == ["running-during-hold"]


def test_an_order_for_later_does_not_make_flow_expected_before_its_start() -> None:
    pump = held()
    pump.stands(62, 100)
    order = Order(rate_ml_per_h=1.8, starts_at_us=minutes(200))
    pump.take(Ordered(at_us=minutes(100), order=order, by="doctor"))
    pump.event(110, "delivery-start")
    assert pump.raised() == ["running-during-hold"]


def test_after_an_order_the_end_of_a_hold_leaves_a_while_for_the_restart() -> None:
    pump = held()
    pump.stands(62, 400)
    pump.take(Ordered(at_us=minutes(400), order=Order(rate_ml_per_h=1.8), by="doctor"))
    ended(pump, 401)
    assert pump.only.is_held
    pump.stands(402, 440)
    assert not pump.only.is_held


def test_without_an_order_the_end_of_a_hold_leaves_none() -> None:
    pump = held()
    pump.stands(62, 400)
    ended(pump, 400)
    assert not pump.only.is_held


def test_a_hold_that_is_put_off_counts_its_days_from_its_beginning() -> None:
    pump = held(at=0, until=2 * DAY)
    pump.wait(DAY)
    again = HoldChanged(at_us=minutes(DAY), started=True, reason="CRS grade 3", by="x", until_us=minutes(5 * DAY))
    pump.take(again)
    pump.wait(6 * DAY)
    assert [round(minute / DAY, 2) for minute, _ in told(pump)] == [3]
    assert pump.state.hold is None


def test_flow_under_a_hold_is_an_alert_until_it_stops() -> None:
    pump = held()
    pump.stands(62, 100)
    pump.event(100, "delivery-start")
    assert [alert.code for alert in pump.state.alerts] == ["running-during-hold"]
    pump.event(110, "delivery-stop")
    assert pump.state.alerts == ()


def test_flow_under_a_hold_is_an_alert_until_the_hold_ends() -> None:
    pump = held()
    pump.stands(62, 100)
    pump.event(100, "delivery-start")
    ended(pump, 110)
    assert pump.state.alerts == ()


@pytest.mark.parametrize(("last", "codes"), [(61, []), (63, ["running-during-hold"])])
def test_a_pump_gets_two_minutes_to_be_stopped(last: int, codes: list[str]) -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.take(HoldChanged(at_us=minutes(60), started=True, reason="CRS", by="doctor"))
    pump.runs(61, last)
    assert pump.raised() == codes


def test_clinicians_are_told_what_each_length_of_a_hold_means() -> None:
    pump = held(at=0)
    pump.wait(15 * DAY)
    days, texts = [round(minute / DAY, 2) for minute, _ in told(pump)], [text for _, text in told(pump)]
    assert days == [3, 7, 14]
    assert "same cycle" in texts[0]
    assert "same cycle" not in texts[1]
    assert "new cycle" in texts[1]
    assert ["Order a new course" in text for text in texts] == [False, True, True]


def test_what_a_notice_says_of_a_hold_leaves_room_for_what_nobody_may_do() -> None:
    therapy = msgspec.structs.replace(
        BLINATUMOMAB, hold_rules=tuple(HoldRule(reasons=("crs",), text="a rule of many words " * 3) for _ in range(4))
    )
    pump = Watched(therapy)
    pump.runs(0, 10)
    pump.take(HoldChanged(at_us=minutes(10), started=True, reason="CRS", by="doctor"))
    pump.wait(4 * DAY)
    (text,) = [text for _, text in told(pump)]
    assert len(text) <= 200
    assert text.endswith(".")


def test_where_no_rule_speaks_the_prescriber_decides() -> None:
    pump = held(at=0, reason="pump or supply")
    pump.wait(8 * DAY)
    assert all("prescriber decides" in text and "cycle" not in text for _, text in told(pump))


def test_a_note_about_a_hold_is_done_when_a_clinician_has_seen_it() -> None:
    pump = held(at=0)
    pump.wait(4 * DAY)
    pump.take(Acknowledged(at_us=minutes(4 * DAY), what="hold-rule", by="nurse", role=Role.NURSE))
    assert [alert.code for alert in pump.state.alerts if alert.code == "hold-rule"]
    pump.take(Acknowledged(at_us=minutes(4 * DAY), what="hold-rule", by="doctor", role=Role.CLINICIAN))
    assert not [alert.code for alert in pump.state.alerts if alert.code == "hold-rule"]


def test_a_week_after_the_restart_the_dose_is_looked_at_again_once() -> None:
    pump = held()
    pump.take(Ordered(at_us=minutes(400), order=Order(rate_ml_per_h=5), by="doctor"))
    pump.event(420, "delivery-start")
    for minute in range(421, 9 * DAY, 10):
        pump.status(minute)
    raised = [(minute, one.alert.code) for minute, one in pump.effects if isinstance(one, AlertRaised)]
    assert [one for one in raised if one[1] == "dose-review"] == [(420 + 7 * DAY, "dose-review")]


def test_a_hold_that_begins_again_withdraws_the_look_at_the_dose() -> None:
    pump = held()
    pump.take(Ordered(at_us=minutes(400), order=Order(rate_ml_per_h=5), by="doctor"))
    pump.event(420, "delivery-start")
    assert pump.state.last_hold is not None
    assert pump.state.last_hold.review_at_us == minutes(420) + 7 * 24 * HOUR_US
    pump.take(HoldChanged(at_us=minutes(440), started=True, reason="CRS", by="doctor"))
    assert pump.state.last_hold is None
