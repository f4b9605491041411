"""The monitor's own alert conditions, each by itself: no trouble, silence, a counter that stands, an urgent alarm."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from clock_parts import ended, group_of
from monitor.interruption.alarms import AlertPriority
from monitor.interruption.conditions import (
    _high_priority,
    _is_untroubled,
    _silence,
    _stall,
    fitted,
)
from monitor.interruption.effects import AlertRaised, AlertResolved, Effect
from monitor.interruption.offtime import Fold, Group, OpenStop
from monitor.interruption.policy import Policy, Therapy, Threshold
from monitor.interruption.state import Alert, Incident, Phase, PumpState
from monitor.interruption.transitions import enrolled
from monitor.interruption.why import Why

THERAPY = Therapy(name="t", thresholds=(Threshold(1000),), silence_max_us=50)
POLICY = Policy("p1", THERAPY)
NOW = 2_000
HIGH, MEDIUM = AlertPriority.HIGH, AlertPriority.MEDIUM
AIR = Alert(number=1, code="air", priority=HIGH, raised_at_us=3)
LOST = Alert(number=2, code="link-lost", priority=MEDIUM, raised_at_us=3)
SILENT = Alert(number=3, code="silent", priority=MEDIUM, raised_at_us=3)
STALL = Alert(number=4, code="volume-stall", priority=HIGH, raised_at_us=3)
QUIET = replace(enrolled(0), fold=Fold(flow_from_us=10, last_flow_us=NOW), last_contact_at_us=NOW, next_alert=9)


def raised(code: str, priority: AlertPriority) -> Alert:
    return Alert(number=9, code=code, priority=priority, raised_at_us=NOW)


@pytest.mark.parametrize("late_us", [50, 51])
def test_a_pump_is_untroubled_while_it_flows_and_nothing_was_interrupted(late_us: int) -> None:
    assert _is_untroubled(QUIET, POLICY, NOW + late_us) is (late_us == 50)
    assert _is_untroubled(replace(QUIET, fold=Fold()), POLICY, NOW + late_us)
    assert _is_untroubled(replace(QUIET, alerts=(LOST, SILENT)), POLICY, NOW)


@pytest.mark.parametrize(
    "state",
    [
        replace(QUIET, fold=replace(QUIET.fold, stop=OpenStop(5))),
        replace(QUIET, fold=replace(QUIET.fold, group=Group(1, 2, 1, 1, 1, 1))),
        replace(QUIET, fold=replace(QUIET.fold, done=(Group(1, 2, 1, 1, 1, 1),))),
        replace(QUIET, incidents=(Incident(number=1, opened_at_us=1, noticed_at_us=1),)),
        replace(QUIET, alerts=(LOST, AIR)),
    ],
)
def test_what_stands_was_interrupted_or_alarms_is_trouble(state: PumpState) -> None:
    assert not _is_untroubled(state, POLICY, NOW)


def test_silence_is_raised_one_microsecond_after_the_limit() -> None:
    effects: list[Effect] = []
    assert _silence(QUIET, POLICY, NOW + 50, effects) == QUIET
    heard = replace(QUIET, last_contact_at_us=NOW - 51)
    alert = raised("silent", MEDIUM)
    assert _silence(heard, POLICY, NOW, effects) == replace(heard, alerts=(alert,), next_alert=10)
    assert effects == [AlertRaised(alert=alert)]


def test_a_pump_never_heard_is_said_to_be_so() -> None:
    effects: list[Effect] = []
    never = replace(QUIET, last_contact_at_us=None, fold=Fold())
    alert = raised("silent", MEDIUM)
    assert _silence(never, POLICY, NOW, effects) == replace(never, alerts=(alert,), next_alert=10)
    assert effects == [AlertRaised(alert=alert, detail="never heard")]


def test_after_the_end_of_the_therapy_silence_is_over() -> None:
    effects: list[Effect] = []
    ended = replace(QUIET, last_contact_at_us=1, completed_at_us=5)
    assert _silence(ended, POLICY, NOW, effects) == ended
    assert _silence(replace(ended, alerts=(LOST, SILENT)), POLICY, NOW, effects) == replace(ended, alerts=(LOST,))
    assert effects == [AlertResolved(alert=replace(SILENT, resolved_at_us=NOW))]


def test_a_counter_that_stands_is_raised_until_flow_or_a_plain_stop() -> None:
    effects: list[Effect] = []
    still = replace(QUIET, fold=Fold(stop=OpenStop(5, is_counter_still=True)))
    alert = raised("volume-stall", HIGH)
    assert _stall(still, NOW, effects) == replace(still, alerts=(alert,), next_alert=10)
    assert effects == [AlertRaised(alert=alert)]
    effects.clear()
    for fold in (Fold(last_flow_us=NOW), Fold(stop=OpenStop(5))):
        state = replace(QUIET, fold=fold)
        assert _stall(state, NOW, effects) == state
        assert _stall(replace(state, alerts=(LOST, STALL)), NOW, effects) == replace(state, alerts=(LOST,))
    assert effects == [AlertResolved(alert=replace(STALL, resolved_at_us=NOW))] * 2


@pytest.mark.parametrize("why", [Why.COUNTER_STOOD, Why.COUNTER_SLOW])
def test_a_counter_that_moves_now_and_then_is_raised_until_the_interruption_is_over(why: Why) -> None:
    effects: list[Effect] = []
    plain = ended(1, 2)
    stalled = replace(plain, whys=(why, *plain.whys[1:]))
    group = replace(group_of(plain), listed=(stalled, plain))
    slow = replace(QUIET, fold=Fold(group=group))
    assert _stall(slow, NOW, effects).alerts == (*QUIET.alerts, raised("volume-stall", HIGH))
    over = replace(slow, alerts=(LOST, STALL), fold=Fold(done=(group,)))
    assert _stall(over, NOW, effects).alerts == (LOST,)
    other = replace(over, fold=Fold(group=group_of(plain)))
    assert _stall(other, NOW, effects).alerts == (LOST,)
    stopped = replace(over, fold=Fold(group=group, stop=OpenStop(5)))
    assert _stall(stopped, NOW, effects).alerts == (LOST,)


def test_what_is_found_in_one_look_is_dated_by_that_look() -> None:
    effects: list[Effect] = []
    claimed = OpenStop(100, is_flow_claimed=True, is_counter_still=True)
    state = replace(QUIET, strange_serial="B2", last_contact_at_us=None, fold=Fold(last_flow_us=100, stop=claimed))
    alerts = fitted(state, POLICY, NOW, effects).alerts
    assert [(alert.code, alert.raised_at_us, alert.interruption) for alert in alerts] == [
        ("pump-changed", NOW, None),
        ("silent", NOW, None),
        ("volume-stall", NOW, None),
        ("unsupervised-restart", NOW, 1),
    ]
    told = [effect for effect in effects if isinstance(effect, AlertRaised)]
    assert [effect.alert for effect in told] == list(alerts)
    assert [effect.detail for effect in told] == ["B2", "never heard", "", ""]


OLD = Incident(number=1, opened_at_us=1, noticed_at_us=1, phase=Phase.ENDED)
OPEN = Incident(number=2, opened_at_us=9, noticed_at_us=9)


def test_an_urgent_alarm_is_noted_on_the_interruption_that_is_open() -> None:
    state = replace(QUIET, alerts=(LOST, AIR), incidents=(OLD, OPEN))
    noted = replace(OPEN, high_priority_at_us=NOW)
    assert _high_priority(state, NOW) == replace(state, incidents=(OLD, noted))
    again = replace(state, incidents=(OLD, noted))
    assert _high_priority(again, NOW + 1) is again


@pytest.mark.parametrize(
    ("alerts", "incidents"),
    [
        ((), (OPEN,)),
        ((AIR,), ()),
        ((AIR,), (OPEN, OLD)),
        ((STALL, replace(AIR, code="kvo", priority=MEDIUM)), (OPEN,)),
    ],
)
def test_nothing_is_noted_without_an_urgent_alarm_of_the_pump_and_an_open_interruption(
    alerts: tuple[Alert, ...], incidents: tuple[Incident, ...]
) -> None:
    state = replace(QUIET, alerts=alerts, incidents=incidents)
    assert _high_priority(state, NOW) is state
