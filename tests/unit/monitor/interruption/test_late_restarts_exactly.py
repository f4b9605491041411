"""Flow that returns, each case by itself: what it contradicts, and whether it came too late and unsupervised."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from monitor.interruption.alarms import AlertPriority
from monitor.interruption.conditions import _flow, _has_flow_evidence, _is_late_return
from monitor.interruption.effects import AlertRaised, AlertResolved, Effect
from monitor.interruption.events import Order
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.holds import RESTART_WITHIN_US
from monitor.interruption.offtime import Bounds, Fold, Stop
from monitor.interruption.policy import HOUR_US, Policy, Therapy, Threshold
from monitor.interruption.state import Alert, Hold, Incident, Phase
from monitor.interruption.transitions import enrolled
from monitor.interruption.why import Why

THRESHOLD = Threshold(1000)
POLICY = Policy("p1", Therapy(name="t", thresholds=(THRESHOLD,), silence_max_us=50))
NOW = 2_000
AIR = Alert(number=1, code="air", priority=AlertPriority.HIGH, raised_at_us=3)
LOST = Alert(number=2, code="link-lost", priority=AlertPriority.MEDIUM, raised_at_us=3)
SEEN = Evidence(EvidenceKind.FLOW, NOW, NOW, NOW)
RECKONED = Evidence(EvidenceKind.COVERED, NOW, NOW, NOW)
STANDS = Bounds(
    opened_us=100, min_us=900, max_us=1000, longest_min_us=900, stops=1,
    is_max_running=True, is_silence_only=False, flow_us=None, is_flow_claimed=True,
)  # fmt: skip
RETURNED = replace(STANDS, is_max_running=False, flow_us=1100)
OPEN = Incident(number=7, opened_at_us=100, noticed_at_us=100, was_critical=True)
WAITS = replace(OPEN, phase=Phase.AWAITING_REVIEW, flow_us=1100, stops=1, min_us=900, max_us=1000)
FLOWS = replace(
    enrolled(0), fold=Fold(flow_from_us=1100, last_flow_us=NOW), evidence=(SEEN,), alerts=(LOST, AIR), next_alert=9
)
LATE = Alert(
    number=9,
    code="unsupervised-restart",
    priority=AlertPriority.HIGH,
    raised_at_us=NOW,
    latched=True,
    interruption=7,
)


@pytest.mark.parametrize("found", [None, RETURNED])
def test_confirmed_flow_resolves_what_it_contradicts(found: Bounds | None) -> None:
    effects: list[Effect] = []
    assert _flow(FLOWS, found, POLICY, NOW, effects) == replace(FLOWS, alerts=(LOST,))
    assert effects == [AlertResolved(alert=replace(AIR, resolved_at_us=NOW))]


def test_without_flow_that_was_seen_and_has_not_stopped_nothing_is_contradicted() -> None:
    effects: list[Effect] = []
    assert _flow(FLOWS, STANDS, POLICY, NOW, effects) == FLOWS
    never = replace(FLOWS, fold=Fold())
    assert _flow(never, None, POLICY, NOW, effects) == never
    reckoned = replace(FLOWS, evidence=(RECKONED,))
    assert _flow(reckoned, None, POLICY, NOW, effects) == reckoned
    assert effects == []


@pytest.mark.parametrize("kind", EvidenceKind)
def test_flow_is_seen_by_the_pumps_word_its_run_event_or_a_person(kind: EvidenceKind) -> None:
    seen = kind in (EvidenceKind.FLOW, EvidenceKind.RUN, EvidenceKind.PERSON_FLOW)
    assert _has_flow_evidence(replace(FLOWS, evidence=(RECKONED, replace(SEEN, kind=kind), RECKONED))) is seen


@pytest.mark.parametrize(
    ("incident", "found"), [(OPEN, STANDS), (replace(OPEN, flow_us=1100), RETURNED)], ids=["claimed", "confirmed"]
)
def test_flow_claimed_after_the_threshold_is_raised_and_judged_once_it_is_confirmed(
    incident: Incident, found: Bounds
) -> None:
    effects: list[Effect] = []
    state = replace(FLOWS, alerts=(LOST,), incidents=(replace(OPEN, number=6, was_critical=False), incident))
    after = _flow(state, found, POLICY, NOW, effects)
    incidents = (state.incidents[0], replace(incident, is_return_judged=found is RETURNED))
    assert after == replace(state, alerts=(LOST, LATE), next_alert=10, incidents=incidents)
    assert effects == [AlertRaised(alert=LATE)]
    assert _flow(after, found, POLICY, NOW + 1, effects) == after


def test_what_is_learned_after_it_was_over_counts_too() -> None:
    effects: list[Effect] = []
    state = replace(FLOWS, alerts=(), incidents=(WAITS,))
    after = _flow(state, None, POLICY, NOW, effects)
    assert after == replace(state, alerts=(LATE,), next_alert=10, incidents=(replace(WAITS, is_return_judged=True),))


def test_the_order_in_force_says_which_threshold_flow_came_after() -> None:
    therapy = Therapy(name="t", thresholds=(Threshold(1000, is_fallback=True),), volume_deficit_fraction=0.5)
    bag_hours = 1001 / HOUR_US
    for hours, alerts in ((2 * bag_hours, ()), (bag_hours, (LATE,))):
        state = replace(FLOWS, alerts=(), incidents=(WAITS,), order=Order(bag_hours=hours))
        assert _flow(state, None, Policy("p1", therapy), NOW, []).alerts == alerts


def test_a_return_that_was_judged_is_not_judged_again() -> None:
    judged = replace(FLOWS, alerts=(), incidents=(replace(WAITS, is_return_judged=True),))
    effects: list[Effect] = []
    assert _flow(judged, None, POLICY, NOW, effects) == judged
    assert effects == []


def test_what_a_plan_ended_has_not_flowed_again() -> None:
    effects: list[Effect] = []
    ended = replace(FLOWS, alerts=(), incidents=(WAITS,), completed_at_us=1100)
    assert _flow(ended, None, POLICY, NOW, effects).alerts == ()
    later = replace(ended, completed_at_us=1101)
    assert _flow(later, None, POLICY, NOW, effects).alerts == (LATE,)


@pytest.mark.parametrize("late_us", [0, 1])
def test_flow_is_supervised_by_the_hold_that_was_ended_for_it(late_us: int) -> None:
    ended_us = 1100 - RESTART_WITHIN_US - late_us
    hold = Hold(reason="crs", by="x", at_us=ended_us - 9, until_us=None, ended_at_us=ended_us)
    state = replace(FLOWS, alerts=(), incidents=(WAITS,), last_hold=hold)
    after = _flow(state, None, POLICY, NOW + RESTART_WITHIN_US, [])
    assert len(after.alerts) == late_us
    assert after.incidents == (replace(WAITS, is_return_judged=True),)


@pytest.mark.parametrize("late_us", [0, 1])
def test_flow_that_is_only_claimed_is_supervised_or_not_as_of_now(late_us: int) -> None:
    ended_us = NOW - RESTART_WITHIN_US - late_us
    hold = Hold(reason="crs", by="x", at_us=ended_us - 9, until_us=None, ended_at_us=ended_us)
    state = replace(FLOWS, alerts=(), incidents=(OPEN,), last_hold=hold)
    after = _flow(state, STANDS, POLICY, NOW, [])
    assert (len(after.alerts), after.incidents) == (late_us, (OPEN,))


PLANNED = Stop(100, None, None, 1100, 0, 1000, (Why.FLOW_SEEN, Why.UNKNOWN, Why.UNKNOWN, Why.PLAN))
CONFIRMED = replace(PLANNED, whys=(Why.FLOW_SEEN, Why.PLAN, Why.PLAN, Why.FLOW_CONFIRMED))


def test_a_return_is_late_where_the_interruption_may_have_met_the_threshold() -> None:
    late = [
        (OPEN, STANDS),
        (OPEN, RETURNED),
        (WAITS, None),
        (WAITS, replace(STANDS, max_us=999)),
        (replace(WAITS, listed=(PLANNED, CONFIRMED)), None),
    ]
    early = [
        (replace(OPEN, was_critical=False), STANDS),
        (OPEN, None),
        (OPEN, replace(STANDS, is_flow_claimed=False)),
        (OPEN, replace(STANDS, max_us=999)),
        (replace(WAITS, max_us=999), STANDS),
        (replace(WAITS, stops=0), STANDS),
        (replace(WAITS, flow_us=None), STANDS),
        (replace(WAITS, phase=Phase.ENDED), STANDS),
        (replace(WAITS, listed=(CONFIRMED, PLANNED)), None),
    ]
    assert all(_is_late_return(incident, found, THRESHOLD) for incident, found in late)
    assert not any(_is_late_return(incident, found, THRESHOLD) for incident, found in early)
