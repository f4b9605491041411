"""The third pause of a day, to the microsecond: which pauses count, what they add up to, when time alone tells it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from monitor.interruption.alarms import AlertPriority, OwnCode
from monitor.interruption.effects import AlertRaised, AlertResolved, Effect
from monitor.interruption.events import Order
from monitor.interruption.offtime import Fold, Group, OpenStop
from monitor.interruption.pauses import due_us, third_pause
from monitor.interruption.policy import HOUR_US, Policy, Therapy
from monitor.interruption.state import Alert, Incident, Phase, PumpState
from monitor.interruption.therapy_rules import Cumulative
from watched import BLINATUMOMAB, Watched, minutes

DAY_US = 24 * HOUR_US
NOTE = Alert(number=7, code=OwnCode.THIRD_PAUSE, priority=AlertPriority.LOW, raised_at_us=5)
OTHER = Alert(number=8, code=OwnCode.SILENT, priority=AlertPriority.MEDIUM, raised_at_us=6)
BAG_OF_TEN_HOURS = Order(rate_ml_per_h=5, bag_hours=10)
"""A tenth of it is one hour."""


def therapy(advisory_us: int | None = None, **changes: Any) -> Therapy:
    rule = Cumulative(window_us=DAY_US, advisory_us=advisory_us)
    return msgspec.structs.replace(BLINATUMOMAB, cumulative=rule, **changes)


def policy(advisory_us: int | None = None, **changes: Any) -> Policy:
    return Policy("p1", therapy(advisory_us, **changes))


def pause(number: int, opened_us: int, length_us: int, phase: Phase = Phase.ENDED) -> Incident:
    return Incident(number=number, opened_at_us=opened_us, noticed_at_us=opened_us, phase=phase, max_us=length_us)


def knowing(*pauses: Incident, fold: Fold | None = None, **fields: Any) -> PumpState:
    fold = Fold(flow_from_us=0, last_flow_us=0) if fold is None else fold
    return PumpState(enrolled_at_us=0, fold=fold, base=Fold(), incidents=pauses, next_alert=9, **fields)


def stopped(since_us: int) -> Fold:
    return Fold(last_flow_us=since_us, stop=OpenStop(onset_earliest_us=since_us))


def three(*lengths_us: int) -> tuple[Incident, ...]:
    return tuple(pause(number, number * HOUR_US, length) for number, length in enumerate(lengths_us, 1))


def noted(state: PumpState, rule: Policy, now_us: int) -> list[Effect]:
    effects: list[Effect] = []
    third_pause(state, rule, now_us, effects)
    return effects


@pytest.mark.parametrize(("last_us", "codes"), [(2 * HOUR_US - 1, []), (2 * HOUR_US, [OwnCode.THIRD_PAUSE])])
def test_the_sum_must_come_to_the_restart_threshold_where_no_other_is_given(last_us: int, codes: list[str]) -> None:
    state = knowing(*three(HOUR_US, HOUR_US, last_us))
    assert [alert.code for alert in third_pause(state, policy(), 10 * HOUR_US, []).alerts] == codes


@pytest.mark.parametrize(("last_us", "count"), [(HOUR_US - 1, 0), (HOUR_US, 1)])
def test_the_sum_must_come_to_the_figure_that_is_given(last_us: int, count: int) -> None:
    state = knowing(*three(HOUR_US, HOUR_US, last_us))
    assert len(third_pause(state, policy(3 * HOUR_US), 10 * HOUR_US, []).alerts) == count


def test_the_restart_threshold_is_that_of_the_order_in_force() -> None:
    state = knowing(*three(1200_000_000, 1200_000_000, 1200_000_000), order=BAG_OF_TEN_HOURS)
    by_dose = policy(volume_deficit_fraction=0.1)
    assert len(third_pause(state, by_dose, 10 * HOUR_US, []).alerts) == 1
    without_bag = msgspec.structs.replace(state, order=Order(rate_ml_per_h=5))
    assert third_pause(without_bag, by_dose, 10 * HOUR_US, []).alerts == ()


def test_the_note_is_dated_when_it_is_raised_and_when_it_is_resolved() -> None:
    state, rule = knowing(*three(2 * HOUR_US, 2 * HOUR_US, 2 * HOUR_US)), policy()
    raised = Alert(number=9, code=OwnCode.THIRD_PAUSE, priority=AlertPriority.LOW, raised_at_us=10 * HOUR_US)
    assert noted(state, rule, 10 * HOUR_US) == [AlertRaised(alert=raised)]
    over = msgspec.structs.replace(state, alerts=(NOTE, OTHER))
    left_us = HOUR_US + DAY_US
    assert noted(over, rule, left_us - 1) == []
    resolved = msgspec.structs.replace(NOTE, resolved_at_us=left_us)
    assert noted(over, rule, left_us) == [AlertResolved(alert=resolved)]
    assert third_pause(over, rule, left_us, []).alerts == (OTHER,)


def test_the_note_goes_with_the_last_pause_that_is_kept() -> None:
    assert third_pause(knowing(alerts=(NOTE,)), policy(), HOUR_US, []).alerts == ()


def test_two_pauses_are_no_pattern_however_long() -> None:
    state = knowing(*three(9 * HOUR_US, 9 * HOUR_US), fold=stopped(2 * HOUR_US))
    assert noted(state, policy(), 20 * HOUR_US) == []
    assert due_us(state, policy(), 20 * HOUR_US) == ()


def test_a_therapy_without_the_note_has_none() -> None:
    state, rule = knowing(*three(9 * HOUR_US, 9 * HOUR_US, 9 * HOUR_US)), Policy("p1", BLINATUMOMAB)
    assert third_pause(state, rule, 20 * HOUR_US, []) is state
    assert due_us(state, rule, 20 * HOUR_US) == ()


def test_only_the_pause_that_is_open_grows() -> None:
    # Twice half an hour; the third has lasted 179 minutes and is shown with none by its incident.
    open_now = pause(3, 3 * HOUR_US, 0, Phase.OPEN)
    state = knowing(*three(HOUR_US // 2, HOUR_US // 2), open_now, fold=stopped(3 * HOUR_US))
    assert noted(state, policy(), 6 * HOUR_US - 1) == []
    assert len(noted(state, policy(), 6 * HOUR_US)) == 1
    # What waits for review or has ended stands at its own length.
    waiting = pause(3, 3 * HOUR_US, 0, Phase.AWAITING_REVIEW)
    state = knowing(*three(HOUR_US // 2, HOUR_US // 2), waiting, fold=stopped(3 * HOUR_US))
    assert noted(state, policy(), 9 * HOUR_US) == []


def test_an_open_pause_of_which_the_clock_says_nothing_counts_as_it_was() -> None:
    state = knowing(*three(HOUR_US, HOUR_US), pause(3, 3 * HOUR_US, 2 * HOUR_US, Phase.OPEN))
    assert noted(state, policy(), 5) != []


def test_time_alone_raises_the_note_while_a_pause_lasts() -> None:
    state = knowing(*three(HOUR_US, HOUR_US), pause(3, 3 * HOUR_US, 0, Phase.OPEN), fold=stopped(3 * HOUR_US))
    now_us = 4 * HOUR_US
    (at_us,) = due_us(state, policy(), now_us)
    assert at_us == 5 * HOUR_US
    assert noted(state, policy(), at_us - 1) == []
    assert len(noted(state, policy(), at_us)) == 1


def test_the_order_in_force_says_when_time_raises_it() -> None:
    short = three(600_000_000, 600_000_000)
    state = knowing(*short, pause(3, 3 * HOUR_US, 0, Phase.OPEN), fold=stopped(3 * HOUR_US), order=BAG_OF_TEN_HOURS)
    by_dose = policy(volume_deficit_fraction=0.1)
    assert due_us(state, by_dose, 3 * HOUR_US) == (3 * HOUR_US + 2400_000_000,)


def test_time_raises_nothing_while_it_flows_or_nothing_is_open() -> None:
    paused = (*three(HOUR_US, HOUR_US), pause(3, 3 * HOUR_US, 0, Phase.OPEN))
    assert due_us(knowing(*paused), policy(), 10) == ()
    flowing = Fold(flow_from_us=20, last_flow_us=20, group=Group(3 * HOUR_US, 20, 1, 5, 10, 5))
    assert due_us(knowing(*paused, fold=flowing), policy(), 20) == ()


def test_a_note_that_is_raised_is_looked_at_when_the_oldest_pause_leaves_the_window() -> None:
    open_now = pause(3, 3 * HOUR_US, 0, Phase.OPEN)
    state = knowing(*three(HOUR_US, HOUR_US), open_now, fold=stopped(3 * HOUR_US), alerts=(OTHER, NOTE))
    assert due_us(state, policy(), 6 * HOUR_US) == (HOUR_US + DAY_US,)
    # Another alert is none of its business.
    state = msgspec.structs.replace(state, alerts=(OTHER,))
    assert due_us(state, policy(), 4 * HOUR_US) == (5 * HOUR_US,)


@pytest.mark.parametrize("late_us", [-1, 0, 1])
def test_it_is_looked_at_again_no_later_than_the_oldest_pause_leaves_the_window(late_us: int) -> None:
    leaves_us = HOUR_US + DAY_US
    since_us = leaves_us - 2 * HOUR_US + late_us
    open_now = pause(3, since_us, 0, Phase.OPEN)
    state = knowing(*three(HOUR_US, HOUR_US), open_now, fold=stopped(since_us))
    assert due_us(state, policy(), since_us) == (min(leaves_us + late_us, leaves_us),)


def test_three_pauses_that_remain_are_noted_in_time_when_a_fourth_one_left_the_window() -> None:
    pump, minute = Watched(therapy()), 0
    for start in (10, 600, 900, 1350):
        while minute < start:
            pump.status(minute)
            minute += 10
        pump.event(start, "delivery-stop")
        if start < 1350:
            pump.stands(start + 1, start + 40)
            pump.event(start + 40, "delivery-start")
            minute = start + 40
    pump.wait(1580)
    # Nothing more is heard. With the first pause it would be 1470, but that one has left at 1450.
    told = [minute for minute, one in pump.effects if isinstance(one, AlertRaised) and one.alert.code == "third-pause"]
    assert [round(minute, 3) for minute in told] == [1510]
    assert pump.now_us == minutes(1580)
