"""Alarms and log entries of the pump: what is raised, resolved and on record; what completes a course; whole states."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from clock_parts import SILENCE_US, minute
from drivers.contract import AlarmObserved, AlarmPhase, LogEvent, LogEventObserved, Observation
from monitor.interruption.alarms import AlertPriority
from monitor.interruption.effects import AlertRaised, AlertResolved, Effect, EvidenceAdmitted
from monitor.interruption.events import Order
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.hearing import hear
from monitor.interruption.offtime import Fold
from monitor.interruption.plan import complete
from monitor.interruption.policy import MINUTE_US, SECOND_US, Policy
from monitor.interruption.pump_clock import PumpClock
from monitor.interruption.state import Alert, Past, PumpState
from watched import BLINATUMOMAB

POLICY = Policy("p1", BLINATUMOMAB)
NOW_US = minute(0)
CLOCK = PumpClock(low_us=1, high_us=2, at_us=minute(-5), since_us=minute(-50), count=9, steps=3)

replace = msgspec.structs.replace


def running(**changes: Any) -> PumpState:
    """Return the state of a pump at 5 mL/h that ran until a second ago."""
    fold = Fold(flow_from_us=minute(-600), last_flow_us=NOW_US - SECOND_US)
    flow = Evidence(EvidenceKind.FLOW, minute(-600), minute(-600), minute(-600))
    fields: dict[str, Any] = {
        "order": Order(rate_ml_per_h=5.0),
        "evidence": (flow,),
        "tail_to_us": NOW_US - SECOND_US,
        "last_contact_at_us": NOW_US,
    }
    return PumpState(enrolled_at_us=0, **{"fold": fold, "base": Fold(), **fields, **changes})


def unheard(**changes: Any) -> PumpState:
    """Return the state of a pump that was never heard."""
    return running(**{"fold": Fold(), "evidence": (), "tail_to_us": 0, **changes})


def said(state: PumpState, word: Observation) -> tuple[PumpState, list[Effect]]:
    """Return the state and the effects after a word."""
    effects: list[Effect] = []
    return hear(state, word, NOW_US, POLICY, effects), effects


def started(code: str, *, age_s: float = 0, raw_code: str | None = None) -> AlarmObserved:
    """Return the start of an alarm."""
    return AlarmObserved(code=code, phase=AlarmPhase.START, age_s=age_s, raw_code=raw_code)


def ended(code: str, raw_code: str | None = None) -> AlarmObserved:
    """Return the end of an alarm, minutes old."""
    return AlarmObserved(code=code, phase=AlarmPhase.END, raw_code=raw_code, age_s=120)


def entry(event: LogEvent, *, age_s: float = 0) -> LogEventObserved:
    """Return an entry of the log."""
    return LogEventObserved(event=event, age_s=age_s)


def alert(code: str, number: int = 1, **changes: Any) -> Alert:
    """Return an alert of a high priority that was raised now."""
    fields: dict[str, Any] = {"priority": AlertPriority.HIGH, "raised_at_us": NOW_US}
    return Alert(code=code, number=number, **{**fields, **changes})


def codes(state: PumpState) -> list[str]:
    """Return the codes of the alerts that stand."""
    return [str(one.code) for one in state.alerts]


def test_the_end_of_an_alarm_resolves_it_and_touches_nothing_else() -> None:
    over, other = alert("kvo", 1, raised_at_us=minute(-2)), alert("air", 2)
    before = running(alerts=(over, other))
    state, effects = said(before, ended("kvo"))
    assert state == replace(before, alerts=(other,))
    assert effects == [AlertResolved(alert=replace(over, resolved_at_us=NOW_US))]


def test_an_end_told_again_after_the_alarm_began_anew_is_on_record_and_ends_nothing() -> None:
    state, _ = said(running(), started("batt-low"))
    old = AlarmObserved(code="batt-low", phase=AlarmPhase.END, age_s=60)
    found, effects = said(state, old)
    assert found.alerts == state.alerts != ()
    assert effects == [EvidenceAdmitted(kind="alarm-end", about_us=NOW_US, detail="batt-low")]


def test_the_end_of_an_alarm_under_the_pumps_own_name_resolves_that_one() -> None:
    over = alert("unknown-alarm", 1, raw_code="E7", raised_at_us=minute(-2))
    other = replace(over, number=2, raw_code="E8")
    state, effects = said(running(alerts=(over, other)), ended("unknown-alarm", "E7"))
    assert state.alerts == (other,)
    assert effects == [AlertResolved(alert=replace(over, resolved_at_us=NOW_US))]


def test_the_end_of_an_alarm_that_nobody_knew_of_is_on_record() -> None:
    before = running(alerts=(alert("air"),))
    assert said(before, ended("kvo")) == (
        before,
        [EvidenceAdmitted(kind="alarm-end", about_us=NOW_US, detail="kvo")],
    )


def test_an_alarm_that_stops_delivery_is_a_stop_and_an_alert() -> None:
    state, effects = said(running(), started("air"))
    assert state.evidence[-1] == Evidence(EvidenceKind.STOP, NOW_US, NOW_US, NOW_US)
    assert state.alerts == (alert("air"),)
    assert effects == [
        EvidenceAdmitted(kind="stop", about_us=NOW_US, detail="alarm:air"),
        AlertRaised(alert=alert("air")),
    ]


def test_an_unknown_alarm_is_raised_under_the_pumps_own_name_each_for_itself() -> None:
    state, _ = said(running(), started("unknown-alarm", raw_code="E7"))
    state, effects = said(state, started("unknown-alarm", raw_code="E8"))
    first, second = alert("unknown-alarm", 1, raw_code="E7"), alert("unknown-alarm", 2, raw_code="E8")
    assert state.alerts == (first, second)
    late, _ = said(running(), started("unknown-alarm", raw_code="E7", age_s=60))
    assert late.alerts[0].began_at_us == NOW_US - 60 * SECOND_US
    assert effects == [AlertRaised(alert=second)]


def test_an_occlusion_is_dated_back_by_its_latency_at_the_rate_when_it_was_noticed() -> None:
    slow = Evidence(EvidenceKind.FLOW, minute(-600), minute(-600), minute(-600), rate_ul_per_h=2500)
    fast = Evidence(EvidenceKind.FLOW, minute(-60), minute(-60), minute(-60), rate_ul_per_h=10_000)
    before = running(order=None, evidence=(slow, fast))
    now, _ = said(before, started("occl-down"))
    then, _ = said(before, started("occl-down", age_s=3600 + 600))
    assert now.evidence[-1].earliest_us == minute(-8)
    assert next(piece for piece in then.evidence if piece.kind is EvidenceKind.STOP).earliest_us == minute(-70 - 30)


def test_an_occlusion_of_before_a_planned_end_is_dated_back_by_the_rate_of_then() -> None:
    ran = Fold(flow_from_us=minute(-900), last_flow_us=minute(-600))
    slow = Evidence(EvidenceKind.FLOW, minute(-900), minute(-600), minute(-900), rate_ul_per_h=2500)
    past = Past(closed_us=minute(-600), fold=ran, base=Fold(), evidence=(slow,))
    fast = Evidence(EvidenceKind.FLOW, minute(-500), minute(-500), minute(-500), rate_ul_per_h=10_000)
    state, _ = said(running(order=None, evidence=(fast,), pasts=(past,)), started("occl-down", age_s=601 * 60))
    (stop,) = (piece for piece in state.pasts[0].evidence if piece.kind is EvidenceKind.STOP)
    assert stop.earliest_us == minute(-601 - 30)


def test_an_alarm_that_was_held_up_keeps_what_the_pumps_clock_said_of_it() -> None:
    at = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)
    word = AlarmObserved(code="air", phase=AlarmPhase.START, age_max_s=30, device_at=at)
    state, _ = said(running(), word)
    (stop,) = (piece for piece in state.evidence if piece.kind is EvidenceKind.STOP)
    assert stop.device_us == (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def test_an_alarm_too_old_to_amend_anything_is_told_when_it_was_heard() -> None:
    settled = Fold(flow_from_us=minute(-3000), last_flow_us=minute(-60))
    late = Alert(number=1, code="late-evidence", priority=AlertPriority.MEDIUM, raised_at_us=NOW_US)
    state, _ = said(running(base=settled, evidence=()), started("air", age_s=3601))
    assert state.alerts == (late,)


@pytest.mark.parametrize("code", ["mains-lost", "counters-reset"])
def test_what_nobody_needs_to_know_is_on_record_and_no_alert(code: str) -> None:
    before = running()
    expected = [EvidenceAdmitted(kind="alarm", about_us=minute(-2), detail=code)]
    assert said(before, started(code, age_s=120)) == (before, expected)


@pytest.mark.parametrize("code", ["batt-low", "res-low", "prog-changed"])
def test_what_stops_nothing_is_an_alert_and_not_on_record_as_evidence(code: str) -> None:
    before = running()
    state, effects = said(before, started(code, age_s=7200))
    assert replace(state, alerts=(), next_alert=1) == before
    assert [type(effect) for effect in effects] == [AlertRaised]
    assert codes(state) == [code]
    assert state.alerts[0].began_at_us == NOW_US - 7200 * SECOND_US
    again = replace(state, alerts=(replace(state.alerts[0], began_at_us=NOW_US),))
    assert said(state, started(code)) == (again, [])
    assert said(again, started(code)) == (again, [])


def test_a_pump_whose_clock_was_set_is_asked_for_it_anew() -> None:
    before = running(pump_clock=CLOCK)
    record = [EvidenceAdmitted(kind="alarm", about_us=NOW_US, detail="clock-changed")]
    assert said(before, started("clock-changed")) == (replace(before, pump_clock=PumpClock(steps=3)), record)
    assert said(before, started("mains-lost"))[0].pump_clock == CLOCK


def test_an_empty_reservoir_near_the_planned_end_is_completion_and_no_stop() -> None:
    before = running(order=Order(rate_ml_per_h=5.0, ends_at_us=minute(20)))
    expected: list[Effect] = []
    done = complete(before, POLICY, minute(-2), expected)
    assert done.completed_at_us == minute(-2)
    assert said(before, started("res-empty", age_s=120)) == (done, expected)


@pytest.mark.parametrize("code", ["res-empty", "res-low"])
def test_an_alarm_far_from_the_planned_end_or_of_another_kind_completes_nothing(code: str) -> None:
    order = Order(rate_ml_per_h=5.0, ends_at_us=minute(20) if code == "res-low" else minute(29))
    fold = Fold(flow_from_us=minute(-600), last_flow_us=minute(-3))
    state, _ = said(running(order=order, fold=fold, tail_to_us=minute(-3)), started(code, age_s=120))
    assert state.completed_at_us is None
    assert codes(state) == [code]


def old_alarm(code: str, age_us: int) -> list[str]:
    """Return which alerts stand after an alarm of so long ago, heard from a pump that runs since and said so."""
    fold = Fold(flow_from_us=minute(-600), last_flow_us=NOW_US)
    flow = Evidence(EvidenceKind.FLOW, minute(-600), minute(-600), minute(-600))
    again = Evidence(EvidenceKind.FLOW, NOW_US, NOW_US, NOW_US)
    before = running(fold=fold, evidence=(flow, again), tail_to_us=NOW_US)
    state, _ = said(before, started(code, age_s=age_us / SECOND_US))
    return codes(state)


def test_an_alarm_that_stops_delivery_and_that_flow_has_followed_is_history() -> None:
    assert old_alarm("air", SECOND_US) == []
    assert old_alarm("stop-remind", SECOND_US) == []


def test_an_alarm_that_may_stop_is_history_only_once_it_is_older_than_the_longest_silence() -> None:
    assert old_alarm("flow-low", SILENCE_US) == ["flow-low"]
    assert old_alarm("flow-low", SILENCE_US + SECOND_US) == []


def test_an_old_alarm_that_stops_nothing_is_told_whatever_flows() -> None:
    assert old_alarm("batt-low", 60 * MINUTE_US) == ["batt-low"]


def test_an_old_alarm_of_a_pump_that_was_never_seen_running_is_told() -> None:
    state, _ = said(unheard(), started("air", age_s=3600))
    assert codes(state) == ["air"]


def test_an_old_alarm_of_a_pump_that_still_stands_is_told() -> None:
    state, _ = said(running(), started("air", age_s=0.5))
    state, _ = said(state, started("fault", age_s=0.25))
    assert codes(state) == ["air", "fault"]


def test_an_entry_of_the_log_is_evidence_of_its_instant_and_named_on_record() -> None:
    state, effects = said(running(), entry(LogEvent.DELIVERY_STOP))
    assert state.evidence[-1] == Evidence(EvidenceKind.STOP, NOW_US, NOW_US, NOW_US)
    assert effects == [EvidenceAdmitted(kind="stop", about_us=NOW_US, detail="event:delivery-stop")]


def test_the_pumps_own_completion_near_the_planned_end_is_completion() -> None:
    before = running(order=Order(rate_ml_per_h=5.0, ends_at_us=minute(20)))
    expected: list[Effect] = []
    done = complete(before, POLICY, minute(-2), expected)
    assert said(before, entry(LogEvent.DELIVERY_COMPLETE, age_s=120)) == (done, expected)


@pytest.mark.parametrize(("event", "ends"), [(LogEvent.DELIVERY_COMPLETE, 29), (LogEvent.DELIVERY_STOP, 20)])
def test_an_early_completion_or_a_mere_stop_is_a_stop(event: LogEvent, ends: int) -> None:
    before = running(order=Order(rate_ml_per_h=5.0, ends_at_us=minute(ends)))
    state, effects = said(before, entry(event, age_s=120))
    assert state.completed_at_us is None
    assert effects == [EvidenceAdmitted(kind="stop", about_us=minute(-2), detail=f"event:{event}")]


def test_power_that_comes_on_before_anything_flowed_is_on_record_and_no_evidence() -> None:
    before = unheard()
    expected = [EvidenceAdmitted(kind="event", about_us=minute(-2), detail="power-on")]
    assert said(before, entry(LogEvent.POWER_ON, age_s=120)) == (before, expected)


def test_power_that_comes_on_once_something_flowed_is_evidence_that_it_stands() -> None:
    state, effects = said(running(), entry(LogEvent.POWER_ON))
    assert state.evidence[-1] == Evidence(EvidenceKind.NO_FLOW, NOW_US, NOW_US, NOW_US)
    assert effects == [EvidenceAdmitted(kind="no-flow", about_us=NOW_US, detail="event:power-on")]


@pytest.mark.parametrize("event", [LogEvent.DELIVERY_STOP, LogEvent.POWER_OFF])
def test_a_stop_before_anything_flowed_is_evidence_all_the_same(event: LogEvent) -> None:
    state, effects = said(unheard(), entry(event))
    assert state.evidence == (Evidence(EvidenceKind.STOP, NOW_US, NOW_US, NOW_US),)
    assert effects == [EvidenceAdmitted(kind="stop", about_us=NOW_US, detail=f"event:{event}")]
