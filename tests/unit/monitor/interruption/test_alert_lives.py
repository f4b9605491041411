"""The life of an alert condition, whole states and effects compared: raised once, acknowledged, resolved."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from monitor.interruption.alarms import AlertPriority
from monitor.interruption.alerts import (
    ALERTS_MAX,
    acknowledge_alerts,
    active_codes,
    began,
    raise_alert,
    resolve_alerts,
    resolve_by_flow,
    resolve_code,
)
from monitor.interruption.effects import AlertAcknowledged, AlertRaised, AlertResolved, Effect
from monitor.interruption.reading import MARGIN_US
from monitor.interruption.state import Alert, PumpState
from monitor.interruption.transitions import enrolled

NOW = 1_000
HIGH, MEDIUM, LOW = AlertPriority.HIGH, AlertPriority.MEDIUM, AlertPriority.LOW
AIR = Alert(number=4, code="air", priority=HIGH, raised_at_us=1)
REMINDED = Alert(number=5, code="stop-remind", priority=MEDIUM, raised_at_us=2)
KVO = Alert(number=6, code="kvo", priority=MEDIUM, raised_at_us=3)
ODD = Alert(number=7, code="unknown-alarm", priority=HIGH, raised_at_us=4, raw_code="E7")
ODDER = Alert(number=8, code="unknown-alarm", priority=HIGH, raised_at_us=5, raw_code="E8")
LATE = Alert(number=9, code="unsupervised-restart", priority=HIGH, raised_at_us=6, latched=True, interruption=2)
SILENT = Alert(number=10, code="silent", priority=MEDIUM, raised_at_us=7)
ALL = (AIR, REMINDED, KVO, ODD, ODDER, LATE, SILENT)
START = enrolled(0)
TROUBLED = replace(START, alerts=ALL, next_alert=11)


def without(*gone: Alert) -> PumpState:
    return replace(TROUBLED, alerts=tuple(alert for alert in ALL if alert not in gone))


def resolved(*alerts: Alert) -> list[Effect]:
    return [AlertResolved(alert=replace(alert, resolved_at_us=NOW)) for alert in alerts]


def test_a_condition_is_raised_with_its_number_priority_and_instant() -> None:
    effects: list[Effect] = []
    state = raise_alert(START, "batt-low", NOW, effects)
    alert = Alert(number=1, code="batt-low", priority=LOW, raised_at_us=NOW)
    assert state == replace(START, alerts=(alert,), next_alert=2)
    assert effects == [AlertRaised(alert=alert)]


def test_the_next_condition_comes_behind_with_the_next_number() -> None:
    state = raise_alert(TROUBLED, "link-lost", NOW, [])
    alert = Alert(number=11, code="link-lost", priority=MEDIUM, raised_at_us=NOW)
    assert state == replace(TROUBLED, alerts=(*ALL, alert), next_alert=12)


@pytest.mark.parametrize(
    ("detail", "words", "journal"), [("", "", ""), ("said", "", "said"), ("", "ours", "ours"), ("said", "ours", "said")]
)
def test_the_journal_has_the_detail_and_notices_have_only_our_words(detail: str, words: str, journal: str) -> None:
    effects: list[Effect] = []
    raise_alert(START, "hold-rule", NOW, effects, detail=detail, words=words)
    alert = Alert(number=1, code="hold-rule", priority=LOW, raised_at_us=NOW, detail=words)
    assert effects == [AlertRaised(alert=alert, detail=journal)]


def test_what_belongs_to_one_interruption_is_latched() -> None:
    effects: list[Effect] = []
    state = raise_alert(START, "unsupervised-restart", NOW, effects, interruption=0)
    (alert,) = state.alerts
    assert (alert.latched, alert.interruption) == (True, 0)


@pytest.mark.parametrize("alert", ALL)
def test_what_is_active_is_not_raised_again(alert: Alert) -> None:
    effects: list[Effect] = []
    again = raise_alert(
        TROUBLED, alert.code, NOW, effects, raw_code=alert.raw_code, interruption=alert.interruption, words="other"
    )
    assert again is TROUBLED
    assert effects == []


@pytest.mark.parametrize(
    ("code", "raw_code", "interruption"),
    [
        ("unknown-alarm", "E9", None),
        ("unknown-alarm", None, None),
        ("unsupervised-restart", None, 3),
        ("air", "E7", None),
    ],
)
def test_what_differs_in_code_name_or_interruption_is_another_condition(
    code: str, raw_code: str | None, interruption: int | None
) -> None:
    state = raise_alert(TROUBLED, code, NOW, [], raw_code=raw_code, interruption=interruption)
    alert = state.alerts[-1]
    assert (alert.number, alert.code, alert.raw_code, alert.interruption) == (11, code, raw_code, interruption)


@pytest.mark.parametrize(("code", "priority"), [("never-heard-of", HIGH), ("silent", MEDIUM), ("temp", MEDIUM)])
def test_a_code_has_its_priority_and_an_unknown_one_is_high(code: str, priority: AlertPriority) -> None:
    (alert,) = raise_alert(START, code, NOW, []).alerts
    assert alert.priority is priority


def test_mere_information_is_no_condition() -> None:
    effects: list[Effect] = []
    assert raise_alert(START, "mains-lost", NOW, effects) is START
    assert effects == []


def test_a_pump_holds_so_many_alarms_under_its_own_names_and_all_that_we_know() -> None:
    effects: list[Effect] = []
    state = raise_alert(START, "air", NOW, effects)
    for count in range(ALERTS_MAX + 2):
        state = raise_alert(state, "unknown-alarm", NOW, effects, raw_code=f"E{count}")
    assert [alert.raw_code for alert in state.alerts] == [None, *(f"E{count}" for count in range(ALERTS_MAX))]
    assert len(effects) == ALERTS_MAX + 1 == 65
    assert raise_alert(state, "batt-low", NOW, effects).alerts[-1].code == "batt-low"
    state = resolve_code(state, "unknown-alarm", NOW, [], "E3")
    assert raise_alert(state, "unknown-alarm", NOW, [], raw_code="E99").alerts[-1].raw_code == "E99"


def test_conditions_are_resolved_by_their_numbers() -> None:
    effects: list[Effect] = []
    assert resolve_alerts(TROUBLED, {5, 9}, NOW, effects) == without(REMINDED, LATE)
    assert effects == resolved(REMINDED, LATE)
    assert resolve_alerts(TROUBLED, set(), NOW, effects) == TROUBLED
    assert len(effects) == 2


@pytest.mark.parametrize(
    ("code", "raw_code", "gone"),
    [
        ("air", None, (AIR,)),
        ("unknown-alarm", None, (ODD, ODDER)),
        ("unknown-alarm", "E8", (ODDER,)),
        ("unknown-alarm", "E9", ()),
        ("kvo", "E8", ()),
        ("unsupervised-restart", None, ()),
        ("batt-low", None, ()),
    ],
)
def test_a_code_is_resolved_under_its_name_or_all_of_them_but_not_what_is_latched(
    code: str, raw_code: str | None, gone: tuple[Alert, ...]
) -> None:
    effects: list[Effect] = []
    assert resolve_code(TROUBLED, code, NOW, effects, raw_code) == without(*gone)
    assert effects == resolved(*gone)
    assert raw_code is not None or resolve_code(TROUBLED, code, NOW, []) == without(*gone)


def test_flow_denies_what_stops_delivery_and_neither_what_may_nor_what_is_our_own() -> None:
    effects: list[Effect] = []
    assert resolve_by_flow(TROUBLED, NOW, effects) == without(AIR, REMINDED)
    assert effects == resolved(AIR, REMINDED)


def test_every_condition_of_a_code_is_acknowledged_by_who_was_first() -> None:
    noted = replace(ODD, acknowledged_by="nurse", acknowledged_at_us=8)
    state = replace(TROUBLED, alerts=(AIR, noted, ODDER))
    effects: list[Effect] = []
    now_noted = replace(ODDER, acknowledged_by="doctor", acknowledged_at_us=NOW)
    assert acknowledge_alerts(state, "unknown-alarm", "doctor", NOW, effects) == replace(
        state, alerts=(AIR, noted, now_noted)
    )
    assert effects == [AlertAcknowledged(alert=noted), AlertAcknowledged(alert=now_noted)]


def test_the_only_condition_there_is_is_acknowledged() -> None:
    state = replace(TROUBLED, alerts=(AIR,))
    noted = replace(AIR, acknowledged_by="doctor", acknowledged_at_us=NOW)
    assert acknowledge_alerts(state, "air", "doctor", NOW, []) == replace(state, alerts=(noted,))


def test_what_is_not_active_is_not_acknowledged() -> None:
    effects: list[Effect] = []
    assert acknowledge_alerts(TROUBLED, "batt-low", "doctor", NOW, effects) == TROUBLED
    assert effects == []


def test_people_read_the_pumps_own_codes_and_its_names_only_where_we_have_none() -> None:
    named = replace(AIR, raw_code="AIL")
    nameless = replace(ODD, raw_code=None)
    state = replace(TROUBLED, alerts=(named, KVO, LATE, ODD, nameless, SILENT))
    assert active_codes(state) == ("air", "kvo", "E7", "unknown-alarm")


@pytest.mark.parametrize(
    ("alert", "begun_us"),
    [
        (Alert(number=1, code="air", priority=HIGH, raised_at_us=NOW), NOW),
        (Alert(number=1, code="air", priority=HIGH, raised_at_us=NOW, began_at_us=NOW - 50), NOW - 50),
    ],
    ids=["heard at once", "heard late"],
)
def test_an_end_from_before_an_alarm_began_is_not_its_end(alert: Alert, begun_us: int) -> None:
    state = replace(START, alerts=(alert,))
    # One report may be late against another.
    ended_us = begun_us - MARGIN_US
    assert resolve_code(state, "air", NOW, [], ended_us=ended_us - 1) is state
    assert resolve_code(state, "air", NOW, [], ended_us=ended_us).alerts == ()


def test_an_alarm_keeps_when_it_began_if_that_was_heard_late() -> None:
    air = Alert(number=1, code="air", priority=HIGH, raised_at_us=NOW)
    state = replace(START, alerts=(KVO, air))
    late = began(state, "air", None, NOW - 1, is_new=True)
    assert late.alerts == (KVO, replace(air, began_at_us=NOW - 1))
    assert began(state, "air", None, NOW, is_new=True) is state


@pytest.mark.parametrize(
    ("known_us", "began_us", "expected_us"),
    [(None, NOW + 9, NOW + 9), (None, NOW, None), (NOW - 9, NOW - 8, NOW - 8), (NOW - 9, NOW - 9, NOW - 9)],
)
def test_an_alarm_that_lasts_and_begins_again_is_dated_by_its_last_beginning(
    known_us: int | None, began_us: int, expected_us: int | None
) -> None:
    alert = Alert(number=1, code="air", priority=HIGH, raised_at_us=NOW, began_at_us=known_us)
    state = replace(START, alerts=(KVO, alert))
    again = began(state, "air", None, began_us, is_new=False)
    assert again.alerts == (KVO, replace(alert, began_at_us=expected_us))


def test_only_the_alarm_that_is_meant_is_dated() -> None:
    assert began(TROUBLED, "unknown-alarm", "E9", NOW, is_new=False) is TROUBLED
    assert began(TROUBLED, "unsupervised-restart", None, NOW, is_new=False) is TROUBLED
    assert began(TROUBLED, "unknown-alarm", "E8", NOW, is_new=False).alerts == (
        *(replace(one, began_at_us=NOW) if one is ODDER else one for one in ALL),
    )
