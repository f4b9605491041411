"""A hold to the microsecond: how it begins, goes on and ends, and which restart it makes a supervised one."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from monitor.interruption.alarms import AlertPriority, OwnCode
from monitor.interruption.effects import AlertResolved, Effect, PersonActed
from monitor.interruption.events import HoldChanged
from monitor.interruption.holds import (
    RESTART_WITHIN_US,
    days_of,
    due_us,
    hold_changed,
    is_restart_ordered,
    is_stopped,
    is_supervised,
    lengths_us,
    ordered_under,
    review_at_us,
    run_out,
)
from monitor.interruption.offtime import Fold, OpenStop
from monitor.interruption.policy import HOUR_US, MINUTE_US, Policy
from monitor.interruption.state import Alert, Hold, PumpState
from monitor.interruption.therapy_rules import HoldRule
from watched import BLINATUMOMAB

DAY_US = 24 * HOUR_US
THERAPY = msgspec.structs.replace(
    BLINATUMOMAB,
    hold_rules=(
        HoldRule(reasons=("crs",), up_to_days=7, text="continue the same cycle"),
        HoldRule(reasons=("crs",), over_days=7, up_to_days=10.5, text="begin a new cycle"),
    ),
)
POLICY = Policy("p1", THERAPY)
STOPPED = Fold(last_flow_us=50, stop=OpenStop(onset_earliest_us=50))
RUNNING = Fold(flow_from_us=10, last_flow_us=HOUR_US)
HELD = Hold(reason="CRS", by="doctor", at_us=100, until_us=None, ordered_at_us=200, told_us=3)


def alert(number: int, code: str) -> Alert:
    return Alert(number=number, code=code, priority=AlertPriority.LOW, raised_at_us=5)


OTHER, RULE, RUNS, REVIEW = (
    alert(number, code)
    for number, code in enumerate(
        (OwnCode.SILENT, OwnCode.HOLD_RULE, OwnCode.RUNNING_DURING_HOLD, OwnCode.DOSE_REVIEW), 1
    )
)
ALERTS = (OTHER, RULE, RUNS, REVIEW)


def held(hold: Hold | None = HELD, fold: Fold = STOPPED, **fields: Any) -> PumpState:
    return PumpState(enrolled_at_us=0, fold=fold, base=Fold(), hold=hold, alerts=ALERTS, **fields)


def with_hold(**changes: Any) -> Hold:
    return msgspec.structs.replace(HELD, **changes)


def resolved(at_us: int, *alerts: Alert) -> list[Effect]:
    return [AlertResolved(alert=msgspec.structs.replace(one, resolved_at_us=at_us)) for one in alerts]


def begin(state: PumpState, at_us: int, *, reason: str = "CRS", until_us: int | None = 900) -> tuple[PumpState, Any]:
    effects: list[Effect] = []
    event = HoldChanged(at_us=at_us, started=True, reason=reason, by="nobody else", until_us=until_us)
    return hold_changed(state, event, POLICY, effects), effects


def end(state: PumpState, at_us: int) -> tuple[PumpState, list[Effect]]:
    effects: list[Effect] = []
    return hold_changed(
        state, HoldChanged(at_us=at_us, started=False, reason="go on", by="x"), POLICY, effects
    ), effects


def test_a_hold_begins_with_what_its_author_said_and_withdraws_the_look_at_the_dose() -> None:
    found, effects = begin(held(None, last_hold=HELD), 300)
    assert found.hold == Hold(reason="CRS", by="nobody else", at_us=300, until_us=900)
    assert found.last_hold is None
    assert found.alerts == (OTHER, RULE, RUNS)
    assert effects == [PersonActed(what="hold:start", by="nobody else", detail="CRS"), *resolved(300, REVIEW)]


@pytest.mark.parametrize(("reason", "told_us"), [("CRS", 3), ("other", 0)])
def test_a_hold_in_force_that_is_begun_again_counts_from_its_beginning(reason: str, told_us: int) -> None:
    found, _ = begin(held(), 300, reason=reason)
    assert found.hold == Hold(reason=reason, by="nobody else", at_us=100, until_us=900, told_us=told_us)


def test_a_hold_that_was_ended_counts_anew_when_it_is_begun_again() -> None:
    found, _ = begin(held(with_hold(ended_at_us=250)), 300)
    assert found.hold == Hold(reason="CRS", by="nobody else", at_us=300, until_us=900)


def test_the_end_of_no_hold_is_recorded_and_changes_nothing() -> None:
    state = held(None)
    assert end(state, 300) == (state, [PersonActed(what="hold:end", by="x", detail="go on")])


def test_the_end_of_a_hold_under_which_a_restart_was_ordered_leaves_as_long_as_a_planned_handling() -> None:
    found, effects = end(held(), 300)
    assert found.hold == with_hold(ended_at_us=300, until_us=300 + 30 * MINUTE_US)
    assert (found.last_hold, found.alerts) == (None, ALERTS)
    assert effects == [PersonActed(what="hold:end", by="x", detail="go on")]


@pytest.mark.parametrize(
    ("hold", "fold"),
    [(HELD, RUNNING), (with_hold(ordered_at_us=None), STOPPED), (with_hold(ordered_at_us=301), STOPPED)],
)
def test_the_end_of_a_hold_with_flow_or_without_an_order_is_the_end(hold: Hold, fold: Fold) -> None:
    found, effects = end(held(hold, fold), 300)
    assert (found.hold, found.last_hold) == (None, msgspec.structs.replace(hold, ended_at_us=300))
    assert found.alerts == (OTHER, REVIEW)
    assert effects == [PersonActed(what="hold:end", by="x", detail="go on"), *resolved(300, RULE, RUNS)]


def test_a_new_order_is_noted_on_a_hold_if_there_is_one() -> None:
    assert ordered_under(None, 5) is None
    assert ordered_under(HELD, 5) == with_hold(ordered_at_us=5)
    assert [is_restart_ordered(HELD, at_us) for at_us in (199, 200)] == [False, True]
    assert not is_restart_ordered(with_hold(ordered_at_us=None), 200)


@pytest.mark.parametrize(("now_us", "is_over"), [(899, False), (900, True)])
def test_a_hold_runs_out_at_its_end_and_makes_no_restart_a_supervised_one(now_us: int, is_over: bool) -> None:  # noqa: FBT001 - a parameter of the table
    state = held(with_hold(until_us=900), last_hold=HELD)
    effects: list[Effect] = []
    found = run_out(state, now_us, effects)
    if not is_over:
        assert (found, effects) == (state, [])
        return
    assert (found.hold, found.last_hold, found.alerts) == (None, None, (OTHER, REVIEW))
    assert effects == [PersonActed(what="hold:expired", by="doctor", detail="CRS"), *resolved(900, RULE, RUNS)]


def test_the_time_for_a_restart_that_runs_out_leaves_the_hold_that_was_ended() -> None:
    hold = with_hold(until_us=900, ended_at_us=300)
    effects: list[Effect] = []
    found = run_out(held(hold), 900, effects)
    assert (found.hold, found.last_hold) == (None, hold)
    assert effects == resolved(900, RULE, RUNS)


def test_an_open_hold_and_no_hold_do_not_run_out() -> None:
    for state in (held(), held(None)):
        assert run_out(state, 900 * DAY_US, []) is state


ENDED = with_hold(ordered_at_us=None, ended_at_us=300)
ORDERED_AND_ENDED = with_hold(ended_at_us=300)
LAST_US = 300 + RESTART_WITHIN_US


@pytest.mark.parametrize(
    ("hold", "flow_us", "expected"),
    [
        (None, 200, False),
        (HELD, 199, False),
        (HELD, 200, True),
        (HELD, 90 * DAY_US, True),
        (ORDERED_AND_ENDED, 200, True),
        (ORDERED_AND_ENDED, LAST_US, True),
        (ORDERED_AND_ENDED, LAST_US + 1, False),
        (with_hold(ordered_at_us=None), 400, False),
        (ENDED, 299, False),
        (ENDED, 300, True),
        (ENDED, LAST_US, True),
        (ENDED, LAST_US + 1, False),
    ],
)
def test_only_flow_that_was_ordered_or_soon_after_a_person_ended_the_hold_is_supervised(
    hold: Hold | None, flow_us: int, *, expected: bool
) -> None:
    assert is_supervised(held(hold), flow_us) is expected
    assert is_supervised(held(None, last_hold=hold), flow_us) is expected


def test_the_hold_in_force_is_asked_before_the_last_one() -> None:
    assert not is_supervised(held(with_hold(ordered_at_us=None), last_hold=ENDED), 300)


def test_stopped_is_an_open_stop_or_silence() -> None:
    assert is_stopped(STOPPED, 60, THERAPY)
    assert not is_stopped(RUNNING, HOUR_US + 15 * MINUTE_US, THERAPY)
    assert is_stopped(RUNNING, HOUR_US + 15 * MINUTE_US + 1, THERAPY)


def test_lengths_are_the_counted_days_and_those_of_the_rules_each_exceeded_by_a_microsecond() -> None:
    assert lengths_us(THERAPY, "other") == (3 * DAY_US + 1, 7 * DAY_US + 1, 14 * DAY_US + 1)
    ten = 21 * DAY_US // 2 + 1
    assert lengths_us(THERAPY, "CRS grade 3") == (3 * DAY_US + 1, 7 * DAY_US + 1, ten, 14 * DAY_US + 1)


def test_the_length_of_a_hold_stands_when_it_is_ended() -> None:
    assert days_of(HELD, 100 + DAY_US // 2) == 0.5
    assert days_of(with_hold(ended_at_us=100 + DAY_US), 100 + 3 * DAY_US) == 1
    assert days_of(with_hold(ended_at_us=100 + 3 * DAY_US), 100 + DAY_US) == 1
    assert days_of(HELD, 99) == 0


def test_time_alone_has_a_hold_looked_at_when_it_runs_out_and_at_each_length_not_told() -> None:
    first, second, third, last = (100 + one for one in lengths_us(THERAPY, "CRS"))
    assert due_us(held(), THERAPY) == (first, second, third, last)
    told = with_hold(told_us=7 * DAY_US + 1, until_us=900)
    assert due_us(held(told, last_hold=with_hold(review_at_us=7)), THERAPY) == (900, third, last)
    assert due_us(held(with_hold(ended_at_us=300, until_us=900)), THERAPY) == (900,)
    assert due_us(held(None), THERAPY) == due_us(held(None, last_hold=HELD), THERAPY) == ()
    assert due_us(held(None, last_hold=with_hold(review_at_us=77)), THERAPY) == (77,)


def test_the_look_at_the_dose_is_shown_when_it_is_due() -> None:
    assert review_at_us(held(HELD)) is None
    assert review_at_us(held(None, last_hold=HELD)) is None
    assert review_at_us(held(None, last_hold=with_hold(review_at_us=77))) == 77
