"""When time alone will next change something, to the microsecond: silence, threshold, marks and the plan."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from monitor.interruption.alarms import AlertPriority
from monitor.interruption.deadlines import awaited_from_us, has_plan, next_deadline_us, planned
from monitor.interruption.events import FreeInterval, MarkKind, Order
from monitor.interruption.offtime import Fold, Group, OpenStop, Stop
from monitor.interruption.policy import HOUR_US, Policy, Therapy, Threshold
from monitor.interruption.state import Alert, Bag, Course, Hold, Incident, Mark, Phase, PumpState
from monitor.interruption.therapy_rules import Cumulative, HoldRule, Schedule
from monitor.interruption.transitions import enrolled
from monitor.interruption.why import Why

THERAPY = Therapy(name="t", thresholds=(Threshold(1000),), silence_max_us=50)
POLICY = Policy("p1", THERAPY)
TOLD = (Alert(number=1, code="silent", priority=AlertPriority.MEDIUM, raised_at_us=1),)
NEVER = enrolled(5)
OPEN = Incident(number=1, opened_at_us=100, noticed_at_us=151)
FLOWING = replace(NEVER, fold=Fold(flow_from_us=10, last_flow_us=100), last_contact_at_us=130)


def due(state: PumpState, policy: Policy = POLICY) -> int | None:
    return next_deadline_us(state, policy)


@pytest.mark.parametrize(
    ("state", "from_us"),
    [
        (NEVER, 5),
        (replace(NEVER, order=Order()), 5),
        (replace(NEVER, order=Order(starts_at_us=4)), 5),
        (replace(NEVER, order=Order(starts_at_us=9)), 9),
        (replace(NEVER, course=Course(1)), 5),
        (replace(NEVER, course=Course(1, expected_us=7)), 7),
        (replace(NEVER, course=Course(1, expected_us=7), order=Order(starts_at_us=9)), 9),
        (replace(NEVER, last_contact_at_us=2), 2),
        (replace(NEVER, last_contact_at_us=2, order=Order(starts_at_us=9)), 2),
        (replace(NEVER, last_contact_at_us=2, course=Course(1, expected_us=7)), 7),
        (replace(NEVER, last_contact_at_us=8, course=Course(1, expected_us=7)), 8),
        (replace(NEVER, enrolled_at_us=0), 0),
    ],
)
def test_a_word_is_awaited_from_the_last_one_or_from_when_flow_is_planned(state: PumpState, from_us: int) -> None:
    assert awaited_from_us(state) == from_us


def test_a_pump_never_heard_is_silent_one_microsecond_after_the_limit() -> None:
    assert due(NEVER) == 56
    assert due(replace(NEVER, alerts=TOLD)) is None
    assert due(replace(NEVER, alerts=(replace(TOLD[0], code="air"),))) == 56


def test_silence_counts_from_the_last_flow_and_from_the_last_word() -> None:
    assert due(FLOWING) == 151
    assert due(replace(FLOWING, fold=replace(FLOWING.fold, last_flow_us=190))) == 181
    assert due(replace(FLOWING, alerts=TOLD)) == 151


def test_after_its_end_a_therapy_waits_for_nothing() -> None:
    assert due(replace(FLOWING, completed_at_us=120)) is None
    stopped = replace(FLOWING, completed_at_us=120, fold=Fold(stop=OpenStop(100)), incidents=(OPEN,))
    assert due(stopped) is None


def test_a_mark_and_a_noted_step_of_the_plan_are_due_too() -> None:
    mark = Mark(kind=MarkKind.BAG_CHANGE, by="x", at_us=1, quiet_until_us=20, window_until_us=30)
    quiet = replace(FLOWING, completed_at_us=120)
    assert due(replace(quiet, mark=mark)) == 30
    assert due(replace(quiet, mark=mark, plan_due_us=29)) == 29
    assert due(replace(quiet, mark=mark, plan_due_us=31)) == 30
    assert due(replace(quiet, plan_due_us=0)) == 0


def test_without_a_note_the_plan_is_asked_and_with_one_it_is_not() -> None:
    ending = replace(FLOWING, order=Order(ends_at_us=140))
    assert due(ending) == 140
    assert due(replace(ending, plan_due_us=145)) == 145
    assert due(replace(FLOWING, order=Order(rate_ml_per_h=5.0))) == 151


STOP = OpenStop(100, earliest_why=Why.FLOW_SEEN)
STOPPED = replace(FLOWING, alerts=TOLD, fold=Fold(last_flow_us=100, stop=STOP), incidents=(OPEN,))


def test_a_stop_meets_the_threshold_when_its_oldest_onset_is_that_long_ago() -> None:
    assert due(STOPPED) == 1100
    more = replace(THERAPY, thresholds=(Threshold(1000, inclusive=False),))
    assert due(STOPPED, Policy("p1", more)) == 1101
    assert due(replace(STOPPED, incidents=())) == 1100


def test_while_it_stands_only_silence_of_the_line_is_awaited_beside_the_threshold() -> None:
    assert due(replace(STOPPED, alerts=())) == 181


def test_what_ran_inside_the_stop_moves_the_threshold_on() -> None:
    ran = replace(STOP, ran_least_us=70, ran_most_us=90)
    assert due(replace(STOPPED, fold=Fold(last_flow_us=100, stop=ran))) == 1170


def test_the_order_in_force_sets_the_threshold() -> None:
    therapy = replace(THERAPY, volume_deficit_fraction=0.5)
    state = replace(STOPPED, order=Order(bag_hours=2.0))
    assert due(state, Policy("p1", replace(therapy, thresholds=(Threshold(9 * HOUR_US),)))) == 101 + HOUR_US


def test_silence_that_is_an_interruption_meets_the_threshold_like_a_stop() -> None:
    silent = replace(FLOWING, alerts=TOLD, incidents=(OPEN,))
    assert due(silent) == 1100
    assert due(replace(silent, incidents=(replace(OPEN, phase=Phase.ENDED),))) == 151
    assert due(replace(silent, incidents=(replace(OPEN, flow_us=100),))) == 151
    ended = replace(OPEN, number=0, phase=Phase.ENDED)
    assert due(replace(silent, incidents=(ended, OPEN))) == 1100


def test_an_interruption_whose_flow_was_taken_back_waits_for_no_threshold() -> None:
    assert due(replace(STOPPED, fold=Fold())) is None
    assert due(replace(STOPPED, fold=Fold(), alerts=())) == 181


def test_a_threshold_is_met_once() -> None:
    critical = replace(OPEN, was_critical=True)
    assert due(replace(STOPPED, incidents=(critical,))) is None
    assert due(replace(STOPPED, incidents=(OPEN, critical))) is None
    reviewed = replace(critical, phase=Phase.AWAITING_REVIEW)
    assert due(replace(STOPPED, incidents=(reviewed, OPEN))) == 1100


SILENCE = Stop(
    20, None, None, 60, 0, 40, (Why.FLOW_SEEN, Why.UNKNOWN, Why.UNKNOWN, Why.PERSON_SAW_FLOW), is_silence=True
)
GROUP = Group(
    opened_us=20, flow_us=60, stops=1, min_us=0, max_us=40, longest_min_us=0, listed=(SILENCE,), silence_us=40
)


@pytest.mark.parametrize(
    ("fold", "due_us"),
    [
        (Fold(last_flow_us=100, group=GROUP, stop=STOP), 1060),
        (Fold(last_flow_us=100, group=GROUP, stop=replace(STOP, earliest_why=Why.FLOW_CHECKED)), 1060),
        (Fold(last_flow_us=100, group=GROUP, stop=replace(STOP, is_silence=True)), 1060),
        (
            Fold(last_flow_us=100, group=GROUP, stop=replace(STOP, is_silence=True, earliest_why=Why.FLOW_CHECKED)),
            1100,
        ),
        (Fold(last_flow_us=100, group=GROUP), 1060),
        (Fold(last_flow_us=100, checked_us=100, group=GROUP), 1100),
    ],
)
def test_earlier_stops_count_unless_they_are_silences_between_persons_words(fold: Fold, due_us: int) -> None:
    assert due(replace(STOPPED, fold=fold)) == due_us


@pytest.mark.parametrize(
    "order",
    [Order(starts_at_us=1), Order(ends_at_us=1), Order(free=(FreeInterval(1, 2),))],
)
def test_an_order_with_instants_has_a_plan(order: Order) -> None:
    assert has_plan(replace(NEVER, order=order), POLICY)


def test_without_instants_only_what_waits_is_over_or_is_daily_makes_a_plan() -> None:
    plain = replace(NEVER, order=Order(rate_ml_per_h=5.0, free=()))
    assert not has_plan(NEVER, POLICY)
    assert not has_plan(plain, POLICY)
    assert has_plan(replace(plain, next_order=Order()), POLICY)
    assert has_plan(replace(plain, completed_at_us=0), POLICY)
    assert has_plan(plain, Policy("p1", replace(THERAPY, schedule=Schedule(0, 1, "UTC"))))


DAY_US = 24 * HOUR_US
HELD = replace(FLOWING, hold=Hold(reason="crs", by="x", at_us=0, until_us=HOUR_US, told_us=7 * DAY_US + 1))


@pytest.mark.parametrize(
    ("now_us", "noted_us"),
    [
        (HOUR_US - 1, HOUR_US),
        (HOUR_US, 14 * DAY_US + 1),
        (14 * DAY_US, 14 * DAY_US + 1),
        (14 * DAY_US + 1, None),
    ],
)
def test_the_next_instant_of_a_hold_is_noted(now_us: int, noted_us: int | None) -> None:
    assert planned(HELD, POLICY, now_us) == replace(HELD, plan_due_us=noted_us)
    noted = replace(HELD, plan_due_us=noted_us)
    assert planned(noted, POLICY, now_us) is noted


HANGS = replace(FLOWING, course=Course(10, bag=Bag(hung_us=0, expires_us=3 * HOUR_US)))


def test_the_first_of_plan_bag_hold_and_pauses_is_noted() -> None:
    ending = replace(HANGS, order=Order(ends_at_us=2 * HOUR_US))
    assert planned(ending, POLICY, 0).plan_due_us == HOUR_US
    assert planned(ending, POLICY, HOUR_US).plan_due_us == 2 * HOUR_US
    hold = Hold(reason="crs", by="x", at_us=0, until_us=HOUR_US - 1)
    assert planned(replace(ending, hold=hold), POLICY, 0).plan_due_us == HOUR_US - 1
    assert planned(replace(ending, hold=replace(hold, until_us=HOUR_US + 1)), POLICY, 0).plan_due_us == HOUR_US
    therapy = replace(THERAPY, hold_rules=(HoldRule(reasons=("crs",), text="x", over_days=1),))
    last = replace(hold, ended_at_us=5, ordered_at_us=4, review_at_us=HOUR_US - 2)
    assert planned(replace(ending, last_hold=last), Policy("p1", therapy), 0).plan_due_us == HOUR_US - 2


def test_what_has_come_of_the_plan_itself_is_noted_still() -> None:
    ending = replace(FLOWING, order=Order(ends_at_us=110))
    assert planned(ending, POLICY, 200).plan_due_us == 110


def test_pauses_are_asked_about_where_a_therapy_counts_them() -> None:
    therapy = replace(THERAPY, cumulative=Cumulative(window_us=HOUR_US, advisory_us=HOUR_US))
    pauses = tuple(
        Incident(number=at, opened_at_us=at, noticed_at_us=at, phase=Phase.ENDED, max_us=1) for at in (10, 20, 30)
    )
    alerts = (Alert(number=1, code="third-pause", priority=AlertPriority.LOW, raised_at_us=30),)
    state = replace(FLOWING, incidents=pauses, alerts=alerts)
    assert planned(state, Policy("p1", therapy), 40) == replace(state, plan_due_us=HOUR_US + 10)
    hanging = replace(state, course=Course(10, bag=Bag(hung_us=0, expires_us=3 * HOUR_US)))
    assert planned(hanging, Policy("p1", therapy), 40).plan_due_us == HOUR_US
    assert planned(state, POLICY, 40) == state
