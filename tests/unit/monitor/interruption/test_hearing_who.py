"""Who speaks and what was heard before: hints about the line, serial numbers, message numbers; whole states."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clock_parts import minute
from drivers.contract import AlarmObserved, AlarmPhase, DeliveryStatus, LinkChanged, StatusObserved
from monitor.interruption.alarms import AlertPriority, OwnCode
from monitor.interruption.effects import AlertRaised, AlertResolved, Effect, EvidenceAdmitted, EvidenceDoubted
from monitor.interruption.hearing import SEQ_WINDOW, hear, stranger, window_after
from monitor.interruption.offtime import Fold
from monitor.interruption.policy import Policy
from monitor.interruption.pump_clock import PumpClock
from monitor.interruption.state import Alert, PumpState
from watched import BLINATUMOMAB

POLICY = Policy("p1", BLINATUMOMAB)
ENROLLED = Policy("p1", BLINATUMOMAB, serial="A1")
NOW_US = minute(0)
CLOCK = PumpClock(low_us=1, high_us=2, at_us=minute(-5), since_us=minute(-50), count=9, steps=3)

replace = msgspec.structs.replace


def state_of(**changes: Any) -> PumpState:
    """Return the state of a pump of which nothing is known but these."""
    return PumpState(enrolled_at_us=0, fold=Fold(), base=Fold(), **changes)


def said(state: PumpState, policy: Policy = POLICY, **fields: Any) -> tuple[PumpState, list[Effect]]:
    """Return the state and the effects after a word that moves nothing by itself: the end of an unknown condition."""
    effects: list[Effect] = []
    word = AlarmObserved(code="temp", phase=AlarmPhase.END, **fields)
    return hear(state, word, NOW_US, policy, effects), effects


HEARD = [EvidenceAdmitted(kind="alarm-end", about_us=NOW_US, detail="temp")]
"""What is on record after a word that was listened to."""

DOUBTED = [EvidenceDoubted(why="duplicate")]


def alert(code: str, **changes: Any) -> Alert:
    """Return an alert of ours that stands."""
    fields: dict[str, Any] = {"number": 7, "priority": AlertPriority.MEDIUM, "raised_at_us": minute(-9)}
    return Alert(code=code, **{**fields, **changes})


def hinted(state: PumpState, *, online: bool) -> tuple[PumpState, list[Effect]]:
    """Return the state and the effects after a hint about the line."""
    effects: list[Effect] = []
    return hear(state, LinkChanged(online=online, why="last will"), NOW_US, POLICY, effects), effects


@pytest.mark.parametrize("before", [None, True])
def test_a_line_that_goes_is_an_alert_with_the_reason_and_no_contact(before: bool | None) -> None:  # noqa: FBT001 - a case
    raised = alert(OwnCode.LINK_LOST, number=1, raised_at_us=NOW_US)
    state, effects = hinted(state_of(link_online=before, last_contact_at_us=5), online=False)
    assert state == state_of(link_online=False, last_contact_at_us=5, alerts=(raised,), next_alert=2)
    assert effects == [AlertRaised(alert=raised, detail="last will")]


def test_a_line_that_is_back_resolves_its_alert_and_nothing_else() -> None:
    lost, other = alert(OwnCode.LINK_LOST), alert(OwnCode.SILENT, number=8)
    state, effects = hinted(state_of(link_online=False, alerts=(lost, other)), online=True)
    assert state == state_of(link_online=True, alerts=(other,))
    assert effects == [AlertResolved(alert=replace(lost, resolved_at_us=NOW_US))]


@pytest.mark.parametrize("online", [True, False])
def test_a_hint_that_says_what_is_known_changes_nothing(online: bool) -> None:  # noqa: FBT001 - a case
    before = state_of(link_online=online)
    assert hinted(before, online=online) == (before, [])


def test_the_first_serial_number_that_is_heard_is_trusted() -> None:
    assert said(state_of(), serial="A1") == (state_of(serial="A1", last_contact_at_us=NOW_US), HEARD)


def test_the_enrolled_serial_number_is_trusted_before_anything_was_heard() -> None:
    assert said(state_of(), ENROLLED, serial="A1") == (state_of(serial="A1", last_contact_at_us=NOW_US), HEARD)
    doubt = [EvidenceDoubted(why="serial number B2 is not the enrolled A1")]
    expected = state_of(strange_serial="B2", last_contact_at_us=NOW_US)
    assert said(state_of(), ENROLLED, serial="B2") == (expected, doubt)


def test_the_serial_number_of_a_confirmed_swap_is_trusted_against_the_enrolled_one() -> None:
    assert said(state_of(serial="B2"), ENROLLED, serial="B2")[1] == HEARD
    doubt = [EvidenceDoubted(why="serial number A1 is not the enrolled B2")]
    assert said(state_of(serial="B2"), ENROLLED, serial="A1")[1] == doubt


def test_a_stranger_is_doubted_once_and_each_other_stranger_once_more() -> None:
    known = state_of(serial="A1", strange_serial="B2")
    assert said(known, serial="B2") == (replace(known, last_contact_at_us=NOW_US), [])
    after = replace(known, strange_serial="C3", last_contact_at_us=NOW_US)
    assert said(known, serial="C3") == (after, [EvidenceDoubted(why="serial number C3 is not the enrolled A1")])


def test_after_a_stranger_what_does_not_say_who_it_is_may_be_the_stranger() -> None:
    known = state_of(serial="A1", strange_serial="B2")
    assert said(known) == (replace(known, last_contact_at_us=NOW_US), [])


def test_the_trusted_pump_that_is_heard_again_resolves_the_alert_about_the_stranger() -> None:
    changed, other = alert(OwnCode.PUMP_CHANGED), alert(OwnCode.CLOCK_SKEW, number=8)
    state, effects = said(state_of(serial="A1", strange_serial="B2", alerts=(changed, other)), serial="A1")
    assert state == state_of(serial="A1", alerts=(other,), last_contact_at_us=NOW_US)
    assert effects == [AlertResolved(alert=replace(changed, resolved_at_us=NOW_US)), *HEARD]


def test_a_stranger_is_an_alert_with_its_serial_number() -> None:
    effects: list[Effect] = []
    raised = alert(OwnCode.PUMP_CHANGED, number=1, raised_at_us=NOW_US, priority=AlertPriority.HIGH)
    expected = state_of(strange_serial="B2", alerts=(raised,), next_alert=2)
    assert stranger(state_of(strange_serial="B2"), NOW_US, effects) == expected
    assert effects == [AlertRaised(alert=raised, detail="B2")]


def test_without_a_stranger_there_is_no_alert_about_one() -> None:
    effects: list[Effect] = []
    assert stranger(state_of(), NOW_US, effects) == state_of()
    assert effects == []


def test_a_pump_that_is_heard_is_silent_no_more() -> None:
    silent, other = alert(OwnCode.SILENT), alert(OwnCode.CLOCK_SKEW, number=8)
    state, effects = said(state_of(alerts=(silent, other)))
    assert state == state_of(alerts=(other,), last_contact_at_us=NOW_US)
    assert effects == [AlertResolved(alert=replace(silent, resolved_at_us=NOW_US)), *HEARD]


@pytest.mark.parametrize(
    ("window", "ahead", "after"),
    [
        (1, 1, 0b11),
        (0b11, 3, 0b11001),
        (1, SEQ_WINDOW - 1, (1 << SEQ_WINDOW - 1) | 1),
        (0b11, SEQ_WINDOW - 1, (1 << SEQ_WINDOW - 1) | 1),
        ((1 << SEQ_WINDOW) - 1, SEQ_WINDOW, 1),
        ((1 << SEQ_WINDOW) - 1, 1 << 62, 1),
    ],
)
def test_a_message_number_ahead_moves_the_window_and_what_falls_out_is_forgotten(
    window: int, ahead: int, after: int
) -> None:
    assert window_after(window, ahead) == after


@pytest.mark.parametrize(
    ("fields", "word", "expected"),
    [
        ({}, {}, {}),
        ({}, {"seq": 0, "boot": "a"}, {"boot": "a", "seq": 0, "seq_window": 1}),
        ({"boot": "a", "seq": 0, "seq_window": 1}, {"seq": 1, "boot": "a"}, {"seq": 1, "seq_window": 0b11}),
        ({"seq": -1}, {"seq": 9}, {"seq": 9, "seq_window": 1}),
        ({"seq": 9, "seq_window": 1}, {"seq": 12}, {"seq": 12, "seq_window": 0b1001}),
        ({"seq": 9, "seq_window": 1}, {"seq": 7}, {"seq_window": 0b101}),
        ({"boot": "a", "seq": 99, "seq_window": 1}, {"seq": 36, "boot": "a"}, {"seq_window": (1 << 63) | 1}),
        ({"seq": 99, "seq_window": 1}, {"seq": 36}, {"seq_window": (1 << 63) | 1}),
        ({"seq": 99, "seq_window": 7}, {"seq": 35}, {"seq": 35, "seq_window": 1}),
        ({"seq": 99, "seq_window": 7}, {"seq": 99, "boot": "b"}, {"boot": "b", "seq": 99, "seq_window": 1}),
        ({"boot": "a", "seq": 99, "seq_window": 7}, {"seq": 99}, {"boot": None, "seq": 99, "seq_window": 1}),
        ({"boot": "a", "seq": 9, "seq_window": 7}, {}, {}),
    ],
)
def test_a_message_number_that_was_not_seen_is_noted(
    fields: dict[str, Any], word: dict[str, Any], expected: dict[str, Any]
) -> None:
    before = state_of(**fields)
    assert said(before, **word) == (replace(before, last_contact_at_us=NOW_US, **expected), HEARD)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"boot": "a", "seq": 0, "seq_window": 1}, {"seq": 0, "boot": "a"}),
        ({"seq": 9, "seq_window": 0b101}, {"seq": 7}),
        ({"boot": "a", "seq": 99, "seq_window": (1 << 63) | 1}, {"seq": 36, "boot": "a"}),
        ({"boot": "a", "seq": 99, "seq_window": 1}, {"seq": 35, "boot": "a"}),
    ],
)
def test_a_message_number_that_was_seen_or_is_too_far_back_changes_nothing(
    fields: dict[str, Any], word: dict[str, Any]
) -> None:
    before = state_of(**fields)
    assert said(before, **word) == (before, DOUBTED)


@pytest.mark.parametrize(("boot", "clock"), [("b", PumpClock(steps=3)), ("a", CLOCK)])
def test_what_was_known_of_a_pumps_clock_is_forgotten_where_its_sender_began_anew(boot: str, clock: PumpClock) -> None:
    state, _ = said(state_of(boot="a", seq=0, seq_window=1, pump_clock=CLOCK), seq=4, boot=boot)
    assert state.pump_clock == clock


def test_a_status_of_a_stranger_moves_nothing_but_the_last_contact() -> None:
    effects: list[Effect] = []
    word = StatusObserved(delivery=DeliveryStatus.DELIVERING, serial="B2", alarms=("air",), battery_percent=3)
    before = state_of(serial="A1", strange_serial="B2")
    assert hear(before, word, NOW_US, POLICY, effects) == replace(before, last_contact_at_us=NOW_US)
    assert effects == []
