"""Who is told of an alert condition by itself."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from drivers.contract import AlarmCode
from ladder_stories import at
from monitor.escalation.ladder import acknowledge, advance_alert
from monitor.escalation.rungs import BLINATUMOMAB, MONITOR_FAULT, Ladder, Rung
from monitor.escalation.turns import LadderState, Pause
from monitor.interruption.alarms import AlertPriority, OwnCode
from monitor.interruption.state import Alert


def alert(code: str, priority: AlertPriority = AlertPriority.MEDIUM) -> Alert:
    return Alert(number=1, code=code, priority=priority, raised_at_us=at("12:00"))


def rungs_told(raised: Alert, *, has_interruption: bool = False) -> list[str]:
    turn = advance_alert(None, raised, BLINATUMOMAB, at("12:00"), has_interruption=has_interruption)
    return [call.rung for call in turn.told]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (AlarmCode.BATT_LOW, ["patient"]),
        (AlarmCode.RES_LOW, ["patient"]),
        (AlarmCode.BATT_SERVICE, ["patient"]),
        (AlarmCode.MAINS_LOST, []),
        (OwnCode.LINK_LOST, []),
        (OwnCode.SILENT, ["home-nurse"]),
        (OwnCode.UNKNOWN_PUMP, ["home-nurse"]),
        (OwnCode.CLOCK_SKEW, ["home-nurse"]),
        (OwnCode.STORAGE_DEGRADED, ["home-nurse"]),
        (OwnCode.CLIENT_TAKEOVER, ["home-nurse"]),
        (MONITOR_FAULT, ["home-nurse", "on-call-nurse"]),
        (OwnCode.PUMP_CHANGED, ["home-nurse", "on-call-nurse"]),
        (OwnCode.RUNNING_DURING_HOLD, ["home-nurse", "on-call-nurse"]),
        (OwnCode.RATE_MISMATCH, ["on-call-physician"]),
        (OwnCode.UNSUPERVISED_RESTART, ["on-call-physician"]),
    ],
)
def test_each_alert_is_told_at_once_to_its_rungs(code: str, expected: list[str]) -> None:
    assert rungs_told(alert(code)) == expected


@pytest.mark.parametrize(("has_interruption", "expected"), [(True, []), (False, ["patient", "home-nurse"])])
def test_an_unknown_alarm_belongs_to_the_interruption_if_one_opens(
    has_interruption: bool,  # noqa: FBT001 - a column of the table
    expected: list[str],
) -> None:
    raised = alert(AlarmCode.UNKNOWN_ALARM, AlertPriority.HIGH)
    assert rungs_told(raised, has_interruption=has_interruption) == expected


def test_what_an_interruption_took_care_of_is_not_told_again_when_it_is_over() -> None:
    raised = alert(AlarmCode.UNKNOWN_ALARM, AlertPriority.HIGH)
    turn = advance_alert(None, raised, BLINATUMOMAB, at("12:00"), has_interruption=True)
    assert advance_alert(turn.state, raised, BLINATUMOMAB, at("12:30")).told == ()


def test_an_unsupervised_restart_is_paged_until_somebody_takes_note() -> None:
    raised = alert(OwnCode.UNSUPERVISED_RESTART, AlertPriority.HIGH)
    state: LadderState | None = None
    times = []
    for minute in range(60):
        now_us = at(f"12:{minute:02}")
        turn = advance_alert(state, raised, BLINATUMOMAB, now_us)
        state = turn.state
        times += [minute for _ in turn.told]
        if minute == 11:
            state = acknowledge(state, "", "Dr. D", now_us, BLINATUMOMAB)
    assert times == [0, 5, 10, 31, 36, 41, 46, 51, 56]


def test_the_acknowledgement_of_the_alert_itself_pauses_its_repeats() -> None:
    raised = alert(OwnCode.RATE_MISMATCH, AlertPriority.HIGH)
    first = advance_alert(None, raised, BLINATUMOMAB, at("12:00"))
    assert first.next_at_us == at("12:05")
    noted = replace(raised, acknowledged_by="Dr. D", acknowledged_at_us=at("12:04"))
    turn = advance_alert(first.state, noted, BLINATUMOMAB, at("12:05"))
    assert (turn.told, turn.next_at_us, turn.pause) == ((), at("12:24"), Pause.ACKNOWLEDGED)


def test_a_resolved_alert_calls_nobody_even_if_it_was_never_told() -> None:
    raised = replace(alert(OwnCode.RATE_MISMATCH, AlertPriority.HIGH), resolved_at_us=at("12:01"))
    assert advance_alert(None, raised, BLINATUMOMAB, at("12:01")).told == ()


def test_the_last_rung_stands_in_for_one_that_the_ladder_does_not_have() -> None:
    short = Ladder(name="short", rungs=(Rung(rung="doctor", contacts=("d",)),), alert_rungs=BLINATUMOMAB.alert_rungs)
    turn = advance_alert(None, alert(AlarmCode.BATT_LOW), short, at("12:00"))
    assert [call.rung for call in turn.told] == ["doctor"]
    pumps = advance_alert(None, alert(OwnCode.PUMP_CHANGED), short, at("12:00"))
    assert [call.rung for call in pumps.told] == ["doctor"]
