"""What is told under a hold and after it: flow that nobody ordered, lengths, the look at the dose; dated and worded."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from monitor.interruption.alarms import AlertPriority, OwnCode
from monitor.interruption.effects import AlertRaised, AlertResolved, Effect, PersonActed
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.holds import REVIEW_US, STOP_GRACE_US, WORDS_MAX, _shortened, watched
from monitor.interruption.offtime import Fold, OpenStop
from monitor.interruption.policy import HOUR_US, MINUTE_US, Policy
from monitor.interruption.state import Alert, Hold, PumpState
from monitor.interruption.therapy_rules import HoldRule
from watched import BLINATUMOMAB

DAY_US = 24 * HOUR_US
POLICY = Policy(
    "p1",
    msgspec.structs.replace(
        BLINATUMOMAB,
        hold_rules=(
            HoldRule(reasons=("crs",), up_to_days=7, text="continue the same cycle"),
            HoldRule(reasons=("crs",), over_days=7, text="begin a new cycle"),
        ),
    ),
)
AT_US = 1000
HELD = Hold(reason="CRS", by="doctor", at_us=AT_US, until_us=None)
STOPPED = Fold(last_flow_us=50, stop=OpenStop(onset_earliest_us=50))
SEEN = (Evidence(EvidenceKind.FLOW, 10, 10, 10),)
FLOW_US = AT_US + MINUTE_US
FLOWING = Fold(flow_from_us=FLOW_US, last_flow_us=FLOW_US)


def alert(number: int, code: str, at_us: int = 5, detail: str = "") -> Alert:
    return Alert(number=number, code=code, priority=AlertPriority.LOW, raised_at_us=at_us, detail=detail)


OTHER, RULE, RUNS = (alert(1, OwnCode.SILENT), alert(2, OwnCode.HOLD_RULE), alert(3, OwnCode.RUNNING_DURING_HOLD))
ALERTS = (OTHER, RULE, RUNS)


def held(hold: Hold | None, fold: Fold = STOPPED, **fields: Any) -> PumpState:
    known: dict[str, Any] = {"evidence": SEEN, "next_alert": 9}
    return PumpState(enrolled_at_us=0, fold=fold, base=Fold(), hold=hold, **known | fields)


def with_hold(**changes: Any) -> Hold:
    return msgspec.structs.replace(HELD, **changes)


def looked(state: PumpState, now_us: int) -> tuple[PumpState, list[Effect]]:
    effects: list[Effect] = []
    return watched(state, POLICY, now_us, effects), effects


def resolved(at_us: int, *alerts: Alert) -> list[Effect]:
    return [AlertResolved(alert=msgspec.structs.replace(one, resolved_at_us=at_us)) for one in alerts]


def codes(state: PumpState) -> list[str]:
    return [str(one.code) for one in state.alerts]


def test_flow_under_a_hold_is_told_at_the_instant_it_is_seen() -> None:
    found, effects = looked(held(HELD, FLOWING), FLOW_US + 7)
    assert [(one.code, one.raised_at_us) for one in found.alerts] == [(OwnCode.RUNNING_DURING_HOLD, FLOW_US + 7)]
    assert effects == [AlertRaised(alert=found.alerts[0])]
    assert found.hold == HELD


@pytest.mark.parametrize(
    ("fold", "is_told"),
    [
        # It began under the hold, or went on for longer than it takes to stop it.
        (Fold(flow_from_us=AT_US + 1, last_flow_us=AT_US + 1), True),
        (Fold(flow_from_us=AT_US, last_flow_us=AT_US + 1), False),
        (Fold(flow_from_us=AT_US, last_flow_us=AT_US + STOP_GRACE_US), False),
        (Fold(flow_from_us=AT_US, last_flow_us=AT_US + STOP_GRACE_US + 1), True),
        (Fold(), False),
        (Fold(last_flow_us=FLOW_US), False),
        (Fold(flow_from_us=FLOW_US, last_flow_us=FLOW_US, stop=OpenStop(onset_earliest_us=FLOW_US)), False),
    ],
)
def test_flow_counts_only_where_somebody_could_have_stopped_it(fold: Fold, *, is_told: bool) -> None:
    assert bool(looked(held(HELD, fold), FLOW_US)[1]) is is_told


def test_flow_that_was_only_planned_is_none() -> None:
    assert looked(held(HELD, FLOWING, evidence=()), FLOW_US) == (held(HELD, FLOWING, evidence=()), [])


def test_flow_that_went_silent_is_none() -> None:
    silent_us = FLOW_US + 15 * MINUTE_US
    assert codes(looked(held(HELD, FLOWING), silent_us)[0]) == [OwnCode.RUNNING_DURING_HOLD]
    assert codes(looked(held(HELD, FLOWING), silent_us + 1)[0]) == []


def test_flow_under_a_hold_that_stops_is_told_as_over() -> None:
    found, effects = looked(held(HELD, alerts=ALERTS), FLOW_US)
    assert (found.alerts, effects) == ((OTHER, RULE), resolved(FLOW_US, RUNS))


def test_flow_after_a_new_order_ends_the_hold_and_says_whose_it_was() -> None:
    hold = with_hold(ordered_at_us=FLOW_US)
    found, effects = looked(held(hold, FLOWING, alerts=ALERTS), FLOW_US)
    ended = msgspec.structs.replace(hold, ended_at_us=FLOW_US, review_at_us=FLOW_US + REVIEW_US)
    assert (found.hold, found.last_hold, found.alerts) == (None, ended, (OTHER,))
    acted = PersonActed(what="hold:restarted", by="doctor", detail="CRS")
    assert effects == [acted, *resolved(FLOW_US, RULE, RUNS)]


def test_flow_before_the_new_order_takes_effect_does_not() -> None:
    found, _ = looked(held(with_hold(ordered_at_us=FLOW_US + 1), FLOWING), FLOW_US)
    assert codes(found) == [OwnCode.RUNNING_DURING_HOLD]


def test_flow_after_a_person_ended_the_hold_is_the_end_of_it_as_the_person_said() -> None:
    hold = with_hold(ended_at_us=AT_US + 5)
    found, effects = looked(held(hold, FLOWING, alerts=ALERTS), FLOW_US)
    assert (found.hold, found.last_hold, effects) == (None, hold, resolved(FLOW_US, RULE, RUNS))


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (3, "3 days are over. Label rule: continue the same cycle."),
        (7, "7 days are over. Order a new course if it is to go on. Label rule: begin a new cycle."),
    ],
)
def test_a_length_is_told_when_it_is_exceeded_in_place_of_the_one_before(days: int, words: str) -> None:
    now_us = AT_US + days * DAY_US + 1
    assert looked(held(HELD, alerts=(OTHER, RULE)), AT_US + 3 * DAY_US)[1] == []
    found, effects = looked(held(HELD, alerts=(OTHER, RULE)), now_us)
    told = alert(9, OwnCode.HOLD_RULE, now_us, words)
    assert effects == [*resolved(now_us, RULE), AlertRaised(alert=told, detail=words)]
    assert (found.alerts, found.hold) == ((OTHER, told), with_hold(told_us=days * DAY_US + 1))
    assert looked(found, now_us + 1) == (found, [])


def test_a_length_is_told_while_it_runs_and_not_after_the_hold_was_ended() -> None:
    now_us = AT_US + 3 * DAY_US + 1
    running = Fold(flow_from_us=now_us, last_flow_us=now_us)
    assert codes(looked(held(HELD, running), now_us)[0]) == [OwnCode.RUNNING_DURING_HOLD, OwnCode.HOLD_RULE]
    ended = held(with_hold(ended_at_us=AT_US + DAY_US))
    assert looked(ended, now_us) == (ended, [])


LAST = with_hold(ordered_at_us=AT_US + 1, ended_at_us=AT_US + 2)


@pytest.mark.parametrize(
    ("last", "fold", "is_dated"),
    [
        (LAST, FLOWING, True),
        (LAST, Fold(flow_from_us=AT_US, last_flow_us=FLOW_US), True),
        (LAST, Fold(flow_from_us=AT_US - 1, last_flow_us=FLOW_US), False),
        (LAST, Fold(last_flow_us=FLOW_US), False),
        (LAST, Fold(flow_from_us=FLOW_US, last_flow_us=FLOW_US, stop=OpenStop(onset_earliest_us=FLOW_US)), False),
        (msgspec.structs.replace(LAST, ordered_at_us=None), FLOWING, False),
        (msgspec.structs.replace(LAST, reason="supply"), FLOWING, False),
        (None, FLOWING, False),
    ],
)
def test_the_look_at_the_dose_is_dated_from_flow_after_a_hold_with_an_order_and_a_rule(
    last: Hold | None, fold: Fold, *, is_dated: bool
) -> None:
    state = held(None, fold, last_hold=last)
    found, effects = looked(state, FLOW_US)
    assert effects == []
    if not is_dated or last is None:
        assert found == state
        return
    flow_us = fold.flow_from_us or 0
    assert found.last_hold == msgspec.structs.replace(last, review_at_us=flow_us + REVIEW_US)


def test_the_look_at_the_dose_is_asked_for_once_when_it_is_due() -> None:
    state = held(None, FLOWING, last_hold=msgspec.structs.replace(LAST, review_at_us=DAY_US))
    assert looked(state, DAY_US - 1) == (state, [])
    found, effects = looked(state, DAY_US)
    assert [(one.code, one.raised_at_us) for one in found.alerts] == [(OwnCode.DOSE_REVIEW, DAY_US)]
    assert effects == [AlertRaised(alert=found.alerts[0])]
    assert found.last_hold is None
    assert looked(found, DAY_US + 1) == (found, [])


def test_a_notice_has_room_for_so_many_whole_sentences() -> None:
    text = "One. Two. " + "x" * (WORDS_MAX - 10)
    assert _shortened(text) == text
    assert _shortened(text + "x") == "One. Two."
    assert _shortened("A. " + "x" * WORDS_MAX) == "A."
    assert _shortened("x" * (WORDS_MAX + 1)) == "x" * WORDS_MAX
