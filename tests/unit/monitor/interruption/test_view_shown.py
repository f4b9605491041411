"""What is shown of an interruption: every field, at one instant, to the microsecond."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clock_parts import START_US, ended, group_of, minute
from monitor.interruption.alarms import AlertPriority
from monitor.interruption.events import MarkKind, Order
from monitor.interruption.offtime import Fold, OpenStop, Stop, joined
from monitor.interruption.policy import HOUR_US, MINUTE_US, Policy, Therapy, Threshold, restart_threshold
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import Alert, Hold, Incident, Mark, OffClass, Phase, PumpState
from monitor.interruption.therapy_rules import AgeGroup, Cycles, RestartText
from monitor.interruption.view import view_of, views
from monitor.interruption.why import Why

LIMIT = Threshold(240 * MINUTE_US)
LATER = Threshold(300 * MINUTE_US, action="tell the prescriber")
RULE = RestartText(
    indication="mrd", age_group=AgeGroup.ADULT, cycles=Cycles.ANY, text="start again at step 1", is_restart_named=True
)
THERAPY = Therapy(
    name="labelled",
    thresholds=(LIMIT, LATER, Threshold(900 * MINUTE_US)),
    restart_texts=(RULE,),
)
POLICY = Policy("p7", THERAPY)
ADULT = Order(indication="mrd", age_group="adult")
MARK = Mark(
    kind=MarkKind.BAG_CHANGE, by="nurse", at_us=minute(1), quiet_until_us=minute(21), window_until_us=minute(31)
)
STOOD = OpenStop(START_US, minute(1), minute(100), earliest_why=Why.FLOW_SEEN, latest_why=Why.STOP_SAID)

replace = msgspec.structs.replace


def incident(**changes: Any) -> Incident:
    """Return an incident that opened at the start, with changes."""
    return replace(Incident(number=3, opened_at_us=START_US, noticed_at_us=minute(2)), **changes)


def state_of(fold: Fold, *incidents: Incident, **changes: Any) -> PumpState:
    """Return the state of a pump with this clock."""
    return PumpState(enrolled_at_us=0, fold=fold, base=Fold(), incidents=incidents, order=ADULT, **changes)


def shown(fold: Fold, one: Incident, now_us: int, policy: Policy = POLICY, **changes: Any) -> InterruptionView:
    """Return what is shown of the one incident of a pump with this clock."""
    (view,) = views(state_of(fold, one, **changes), policy, now_us)
    return view


def open_fold(stop: OpenStop = STOOD, *before: Stop) -> Fold:
    """Return a clock with a stop that is open after finished ones."""
    group = None
    for each in before:
        group = joined(group, each)
    return Fold(flow_from_us=None, last_flow_us=START_US, stop=stop, group=group)


def silence(from_us: int, to_us: int) -> Stop:
    """Return a silence at whose end a person saw it running."""
    whys = (Why.FLOW_SEEN, Why.UNKNOWN, Why.UNKNOWN, Why.PERSON_SAW_FLOW)
    return Stop(from_us, None, None, to_us, 0, to_us - from_us, whys, is_silence=True)


def test_an_open_interruption_is_shown_with_all_that_is_known_of_it() -> None:
    alerts = (
        Alert(number=1, code="occl-up", priority=AlertPriority.HIGH, raised_at_us=minute(1)),
        Alert(number=2, code="unknown-alarm", raw_code="E7", priority=AlertPriority.HIGH, raised_at_us=minute(1)),
        Alert(number=3, code="silent", priority=AlertPriority.MEDIUM, raised_at_us=minute(1)),
    )
    one = incident(detected_at_us=minute(3), high_priority_at_us=minute(4), found_late=True)
    hold = Hold(reason="fever", by="d", at_us=minute(5), until_us=None)
    state = state_of(open_fold(), one, alerts=alerts, mark=MARK, hold=hold, last_contact_at_us=minute(99))
    assert view_of(state, one, POLICY, minute(310)) == InterruptionView(
        id="p7-3",
        pump="p7",
        number=3,
        at_us=minute(310),
        opened_at_us=START_US,
        noticed_at_us=minute(2),
        detected_at_us=minute(3),
        high_priority_at_us=minute(4),
        phase=Phase.OPEN,
        ended_at_us=None,
        off_min_us=99 * MINUTE_US,
        off_max_us=310 * MINUTE_US,
        off_class=OffClass.POSSIBLE,
        is_max_running=True,
        deadline_at_us=None,
        threshold_met_at_us=minute(240),
        silent_since_us=None,
        last_contact_at_us=minute(99),
        alarm_codes=("occl-up", "E7"),
        merged_stops=1,
        found_late=True,
        mark=MARK,
        is_held=True,
        thresholds_met=(LIMIT, LATER),
        restart_text="Label rule for this indication: start again at step 1.",
        stops=(
            Stop(
                START_US,
                minute(1),
                minute(100),
                minute(310),
                99 * MINUTE_US,
                310 * MINUTE_US,
                (Why.FLOW_SEEN, Why.STOP_SAID, Why.UNKNOWN, Why.UNKNOWN),
            ),
        ),
        threshold=LIMIT,
    )


def test_all_interruptions_are_shown_in_their_order() -> None:
    first, last = incident(number=1, phase=Phase.CLOSED), incident(number=2)
    state = state_of(open_fold(), first, last)
    assert views(state, POLICY, minute(5)) == [
        view_of(state, first, POLICY, minute(5)),
        view_of(state, last, POLICY, minute(5)),
    ]


def test_before_the_threshold_there_is_a_deadline_and_nothing_is_met() -> None:
    view = shown(open_fold(), incident(), minute(240) - 1)
    assert (view.deadline_at_us, view.threshold_met_at_us) == (minute(240), None)
    assert (view.thresholds_met, view.restart_text, view.off_class) == ((), "", OffClass.BELOW)
    assert (view.is_held, view.mark, view.alarm_codes) == (False, None, ())


def test_at_the_threshold_to_the_microsecond_it_is_met_and_there_is_no_deadline_any_more() -> None:
    view = shown(open_fold(), incident(), minute(240))
    assert (view.deadline_at_us, view.threshold_met_at_us) == (None, minute(240))
    assert (view.thresholds_met, view.off_class) == ((LIMIT,), OffClass.POSSIBLE)
    assert view.restart_text == "Label rule for this indication: start again at step 1."


def test_a_threshold_of_more_than_is_met_a_microsecond_later() -> None:
    policy = Policy("p7", replace(THERAPY, thresholds=(Threshold(240 * MINUTE_US, inclusive=False),)))
    before = shown(open_fold(), incident(), minute(240), policy)
    after = shown(open_fold(), incident(), minute(240) + 1, policy)
    assert (before.deadline_at_us, before.threshold_met_at_us) == (minute(240) + 1, None)
    assert (after.deadline_at_us, after.threshold_met_at_us) == (None, minute(240) + 1)


def test_the_thresholds_are_those_of_the_order_in_force() -> None:
    therapy = replace(THERAPY, volume_deficit_fraction=0.1)
    order = replace(ADULT, bag_hours=24.0)
    fold = open_fold()
    state = replace(state_of(fold, incident()), order=order)
    (view,) = views(state, Policy("p7", therapy), minute(150))
    deficit = restart_threshold(therapy, order)
    assert deficit.off_time_us == int(2.4 * HOUR_US)
    assert view.threshold == deficit
    assert view.thresholds_met == (deficit,)
    assert view.threshold_met_at_us == START_US + deficit.off_time_us + 1


@pytest.mark.parametrize(("past_us", "since_us"), [(1, minute(0)), (60 * MINUTE_US, minute(0))])
def test_silence_alone_is_shown_with_the_last_flow(past_us: int, since_us: int) -> None:
    fold = Fold(flow_from_us=0, last_flow_us=START_US)
    view = shown(fold, incident(), START_US + THERAPY.silence_max_us + past_us)
    assert view.silent_since_us == since_us
    assert view.deadline_at_us == minute(240)


def test_an_interruption_whose_flow_returned_is_not_silent_because_the_pump_is_now() -> None:
    stop = ended(START_US, minute(10))
    one = incident(phase=Phase.ENDED, ended_at_us=minute(40), flow_us=minute(10), stops=1)
    fold = Fold(flow_from_us=minute(10), last_flow_us=minute(60), done=(group_of(stop),))
    assert shown(fold, one, minute(100)).silent_since_us is None


def test_flow_that_is_confirmed_leaves_no_deadline() -> None:
    fold = Fold(flow_from_us=minute(10), last_flow_us=minute(11), group=group_of(ended(START_US, minute(10))))
    view = shown(fold, incident(flow_us=minute(10), stops=1), minute(12))
    assert (view.is_max_running, view.deadline_at_us, view.threshold_met_at_us) == (False, None, None)
    assert (view.off_min_us, view.off_max_us) == (10 * MINUTE_US, 10 * MINUTE_US)


@pytest.mark.parametrize("returned", [240, 310])
def test_a_threshold_that_was_met_before_flow_returned_keeps_its_instant(returned: float) -> None:
    stop = ended(START_US, minute(returned))
    fold = Fold(flow_from_us=minute(returned), last_flow_us=minute(returned), group=group_of(stop))
    view = shown(fold, incident(flow_us=minute(returned), stops=1), minute(returned) + 1)
    assert view.threshold_met_at_us == minute(240)


def test_a_threshold_that_merged_stops_meet_is_met_inside_the_one_that_completes_the_sum() -> None:
    before = ended(START_US - 60 * MINUTE_US, START_US - 40 * MINUTE_US)
    view = shown(open_fold(STOOD, before), incident(), minute(260))
    assert view.off_max_us == 280 * MINUTE_US
    assert view.threshold_met_at_us == minute(220)
    assert view.merged_stops == 2


def test_a_threshold_that_an_earlier_stop_met_is_not_met_anew_by_a_later_one() -> None:
    before = ended(START_US - 260 * MINUTE_US, START_US - 10 * MINUTE_US)
    for now in (0, 1, 500):
        view = shown(open_fold(STOOD, before), incident(), minute(now))
        assert view.threshold_met_at_us == START_US - 20 * MINUTE_US


def test_a_threshold_that_a_silence_met_stays_met_at_its_instant_through_the_silence_after_it() -> None:
    before = silence(START_US - 300 * MINUTE_US, START_US)
    checked = Fold(flow_from_us=START_US, last_flow_us=START_US, checked_us=START_US, group=group_of(before))
    for now in (16, 30, 200):
        view = shown(checked, incident(), minute(now))
        assert view.off_max_us == 300 * MINUTE_US
        assert view.threshold_met_at_us == START_US - 60 * MINUTE_US


def test_a_threshold_met_in_stops_that_are_not_listed_any_more_is_dated_by_the_return_of_flow() -> None:
    stop = ended(START_US, minute(1))
    group = group_of(stop, stops=40, max_us=250 * MINUTE_US)
    fold = Fold(flow_from_us=minute(1), last_flow_us=minute(2), group=group)
    assert shown(fold, incident(flow_us=minute(1)), minute(2)).threshold_met_at_us == minute(1)


def test_a_threshold_met_in_stops_that_are_not_listed_any_more_while_one_is_open_is_met_now() -> None:
    group = group_of(ended(START_US - 2, START_US - 1), stops=40, max_us=250 * MINUTE_US)
    fold = Fold(last_flow_us=START_US - 1, stop=STOOD, group=group)
    assert shown(fold, incident(), minute(5)).threshold_met_at_us == minute(5)
