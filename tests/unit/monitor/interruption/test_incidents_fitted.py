"""Interruptions fitted to the clock, whole incidents and effects compared: found, going on, ended, waiting."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from monitor.interruption.effects import (
    Effect,
    FlowReturned,
    InterruptionAmended,
    InterruptionOpened,
    PhaseChanged,
)
from monitor.interruption.events import Order
from monitor.interruption.incidents import _has_settled, off_class, reconcile
from monitor.interruption.offtime import Bounds, Fold, Group, OpenStop, Stop, group_bounds
from monitor.interruption.policy import HOUR_US, Policy, Therapy, Threshold
from monitor.interruption.state import Incident, OffClass, Phase, PumpState
from monitor.interruption.transitions import enrolled
from monitor.interruption.why import Why

T = 1_000
THRESHOLD = Threshold(T)
POLICY = Policy("p1", Therapy(name="t", thresholds=(THRESHOLD,), merge_run_us=300))
NOW = 5_000
START = replace(enrolled(0), next_number=4)
LISTED = (Stop(100, 110, 150, 160, 40, 60, (Why.FLOW_SEEN, Why.STOP_SAID, Why.RUN_SAID, Why.FLOW_CONFIRMED)),)
SHORT = Group(opened_us=100, flow_us=160, stops=1, min_us=40, max_us=60, longest_min_us=40, listed=LISTED)
LONG = replace(SHORT, flow_us=1200, min_us=40, max_us=1100)
STANDS = Bounds(
    opened_us=100,
    min_us=40,
    max_us=60,
    longest_min_us=40,
    stops=2,
    is_max_running=True,
    is_silence_only=False,
    flow_us=None,
    is_flow_claimed=False,
    listed=LISTED,
)
ENDED = Incident(
    number=3, opened_at_us=100, noticed_at_us=120, detected_at_us=120, phase=Phase.ENDED, ended_at_us=460, flow_us=160,
    stops=1, min_us=40, max_us=60, longest_min_us=40, is_kept=True,
)  # fmt: skip
OPEN = Incident(
    number=3, opened_at_us=100, noticed_at_us=120, detected_at_us=130, high_priority_at_us=140, stops=2, is_kept=True
)


def fit(state: PumpState, opened: Bounds | None) -> tuple[PumpState, list[Effect]]:
    effects: list[Effect] = []
    return reconcile(state, opened, POLICY, NOW, effects), effects


@pytest.mark.parametrize(
    ("low_us", "high_us", "longest_us", "expected"),
    [
        (T, T, T, OffClass.REACHED),
        (T - 1, T, T, OffClass.POSSIBLE),
        (T, T, T - 1, OffClass.POSSIBLE),
        (0, T - 1, 0, OffClass.BELOW),
    ],
)
def test_a_class_is_reached_by_one_stop_and_possible_by_the_sum(
    low_us: int, high_us: int, longest_us: int, expected: OffClass
) -> None:
    assert off_class(THRESHOLD, low_us, high_us, longest_us) is expected


def test_what_stands_is_a_new_interruption_with_the_next_number() -> None:
    state, effects = fit(replace(START, fold=Fold(stop=OpenStop(100))), STANDS)
    found = Incident(number=4, opened_at_us=100, noticed_at_us=NOW, detected_at_us=NOW, stops=2, is_kept=True)
    assert state == replace(START, fold=Fold(stop=OpenStop(100)), incidents=(found,), next_number=5)
    assert effects == [InterruptionOpened(number=4, opened_at_us=100)]


@pytest.mark.parametrize(("min_us", "detected_at_us"), [(0, None), (1, NOW)])
def test_silence_is_noticed_and_a_stop_in_it_is_detected(min_us: int, detected_at_us: int | None) -> None:
    state, _ = fit(START, replace(STANDS, min_us=min_us))
    (found,) = state.incidents
    assert (found.noticed_at_us, found.detected_at_us) == (NOW, detected_at_us)


def test_a_doubtful_stop_is_detected_though_nothing_is_certain() -> None:
    state, _ = fit(replace(START, fold=Fold(stop=OpenStop(100))), replace(STANDS, min_us=0))
    assert state.incidents[0].detected_at_us == NOW


def test_a_stop_that_is_open_detects_nothing_in_what_ended_before_it() -> None:
    silence = replace(SHORT, min_us=0, longest_min_us=0)
    later = replace(STANDS, opened_us=4000)
    state, _ = fit(replace(START, fold=Fold(stop=OpenStop(4000), done=(silence,))), later)
    assert [incident.detected_at_us for incident in state.incidents] == [None, NOW]


def test_what_is_found_after_it_was_over_is_found_late() -> None:
    state, effects = fit(replace(START, fold=Fold(done=(SHORT,))), None)
    found = replace(ENDED, number=4, noticed_at_us=NOW, detected_at_us=NOW, found_late=True)
    assert state == replace(START, fold=Fold(done=(SHORT,)), incidents=(found,), next_number=5)
    assert effects == [
        InterruptionOpened(number=4, opened_at_us=100, found_late=True),
        FlowReturned(number=4, off_min_us=40, off_max_us=60),
        PhaseChanged(
            number=4, phase=Phase.ENDED, ended_at_us=460, off_min_us=40, off_max_us=60, off_class=OffClass.BELOW
        ),
    ]


def test_what_goes_on_keeps_its_instants_and_takes_the_clocks() -> None:
    state, effects = fit(replace(START, incidents=(OPEN,)), replace(STANDS, opened_us=90, stops=3))
    assert state.incidents == (replace(OPEN, opened_at_us=90, stops=3),)
    assert state.next_number == 4
    assert effects == []


def test_flow_that_returned_is_told_with_its_numbers_and_does_not_end_it() -> None:
    judged = replace(OPEN, is_return_judged=True)
    returned = replace(group_bounds(SHORT), stops=2)
    state, effects = fit(replace(START, incidents=(judged,)), returned)
    numbers = {"flow_us": 160, "min_us": 40, "max_us": 60, "longest_min_us": 40}
    assert state.incidents == (replace(judged, **numbers),)
    assert effects == [FlowReturned(number=3, off_min_us=40, off_max_us=60)]
    assert fit(state, returned) == (state, [])
    again, effects = fit(state, STANDS)
    assert again.incidents == (OPEN,)
    assert effects == []


def test_a_class_that_changed_is_told_and_makes_it_critical_for_good() -> None:
    state, effects = fit(replace(START, incidents=(OPEN,)), replace(STANDS, max_us=T))
    critical = replace(OPEN, off_class=OffClass.POSSIBLE, was_critical=True)
    assert state.incidents == (critical,)
    assert effects == [InterruptionAmended(number=3, off_min_us=40, off_max_us=T, off_class=OffClass.POSSIBLE)]
    state, effects = fit(state, STANDS)
    assert state.incidents == (replace(critical, off_class=OffClass.BELOW),)
    assert effects == [InterruptionAmended(number=3, off_min_us=40, off_max_us=60, off_class=OffClass.BELOW)]


def test_a_change_of_what_was_found_late_is_said_to_be_late() -> None:
    _, effects = fit(replace(START, incidents=(replace(OPEN, found_late=True),)), replace(STANDS, max_us=T))
    assert effects == [
        InterruptionAmended(number=3, off_min_us=40, off_max_us=T, off_class=OffClass.POSSIBLE, found_late=True)
    ]


@pytest.mark.parametrize(
    ("completed_at_us", "ended_at_us"), [(None, 460), (9000, 460), (461, 460), (459, 459), (160, 160), (150, 160)]
)
def test_it_ends_when_flow_has_lasted_or_was_not_to_last_any_longer(
    completed_at_us: int | None, ended_at_us: int
) -> None:
    state = replace(START, fold=Fold(done=(SHORT,)), incidents=(OPEN,), completed_at_us=completed_at_us)
    after, effects = fit(state, None)
    (found,) = after.incidents
    assert found == replace(ENDED, detected_at_us=130, high_priority_at_us=140, ended_at_us=ended_at_us)
    assert effects[-1] == PhaseChanged(
        number=3, phase=Phase.ENDED, ended_at_us=ended_at_us, off_min_us=40, off_max_us=60, off_class=OffClass.BELOW
    )


@pytest.mark.parametrize("was_critical", [False, True], ids=["now", "before"])
def test_what_may_have_met_the_threshold_waits_for_review_with_its_stops(*, was_critical: bool) -> None:
    group = replace(LONG, max_us=999) if was_critical else LONG
    state = replace(START, fold=Fold(done=(group,)), incidents=(replace(OPEN, was_critical=was_critical),))
    after, effects = fit(state, None)
    off = OffClass.BELOW if was_critical else OffClass.POSSIBLE
    waits = replace(
        ENDED,
        detected_at_us=130,
        high_priority_at_us=140,
        phase=Phase.AWAITING_REVIEW,
        ended_at_us=None,
        flow_us=1200,
        max_us=group.max_us,
        off_class=off,
        was_critical=True,
        listed=LISTED,
    )
    assert after.incidents == (waits,)
    assert effects[-1] == PhaseChanged(
        number=3, phase=Phase.AWAITING_REVIEW, ended_at_us=None, off_min_us=40, off_max_us=group.max_us, off_class=off
    )
    assert fit(after, None) == (after, [])


@pytest.mark.parametrize("group", [replace(SHORT, min_us=39), replace(SHORT, max_us=61)])
def test_numbers_that_change_after_the_end_are_told_as_found_late(group: Group) -> None:
    after, effects = fit(replace(START, fold=Fold(done=(group,)), incidents=(ENDED,)), None)
    assert after.incidents == (replace(ENDED, min_us=group.min_us, max_us=group.max_us),)
    assert effects == [
        InterruptionAmended(
            number=3, off_min_us=group.min_us, off_max_us=group.max_us, off_class=OffClass.BELOW, found_late=True
        )
    ]


def test_an_early_onset_after_the_end_is_taken_without_a_word() -> None:
    after, effects = fit(replace(START, fold=Fold(done=(replace(SHORT, opened_us=99),)), incidents=(ENDED,)), None)
    assert after.incidents == (replace(ENDED, opened_at_us=99),)
    assert effects == []


def test_the_order_in_force_sets_the_class() -> None:
    policy = Policy("p1", replace(POLICY.therapy, volume_deficit_fraction=0.5, thresholds=(Threshold(9 * HOUR_US),)))
    state = replace(START, order=Order(bag_hours=2 * 60 / HOUR_US))
    assert reconcile(state, STANDS, policy, NOW, []).incidents[0].off_class is OffClass.BELOW
    more = replace(STANDS, max_us=61)
    assert reconcile(state, more, policy, NOW, []).incidents[0].off_class is OffClass.POSSIBLE


def test_one_that_ended_with_the_clocks_numbers_has_settled() -> None:
    found = group_bounds(SHORT)
    assert _has_settled(ENDED, found, THRESHOLD, 460)
    unseen = replace(found, min_us=0, longest_min_us=0)
    silence = replace(ENDED, min_us=0, longest_min_us=0, detected_at_us=None)
    assert _has_settled(silence, unseen, THRESHOLD, 460)
    assert fit(replace(START, fold=Fold(done=(SHORT,)), incidents=(ENDED,)), None)[1] == []


@pytest.mark.parametrize(
    ("incident", "found", "threshold"),
    [
        (replace(ENDED, phase=Phase.OPEN), group_bounds(SHORT), THRESHOLD),
        (replace(ENDED, is_kept=False), group_bounds(SHORT), THRESHOLD),
        (replace(ENDED, was_critical=True), group_bounds(SHORT), THRESHOLD),
        (replace(ENDED, listed=LISTED), group_bounds(SHORT), THRESHOLD),
        (replace(ENDED, flow_us=161), group_bounds(SHORT), THRESHOLD),
        (replace(ENDED, ended_at_us=461), group_bounds(SHORT), THRESHOLD),
        (replace(ENDED, opened_at_us=101), group_bounds(SHORT), THRESHOLD),
        (replace(ENDED, stops=2), group_bounds(SHORT), THRESHOLD),
        (replace(ENDED, min_us=39), group_bounds(SHORT), THRESHOLD),
        (replace(ENDED, max_us=61), group_bounds(SHORT), THRESHOLD),
        (replace(ENDED, longest_min_us=39), group_bounds(SHORT), THRESHOLD),
        (replace(ENDED, detected_at_us=None), group_bounds(SHORT), THRESHOLD),
        (replace(ENDED, off_class=OffClass.POSSIBLE), group_bounds(SHORT), THRESHOLD),
        (ENDED, group_bounds(SHORT), Threshold(60)),
        (ENDED, group_bounds(SHORT), Threshold(40)),
        (replace(ENDED, off_class=OffClass.POSSIBLE), group_bounds(SHORT), Threshold(60)),
    ],
)
def test_one_that_differs_from_the_clock_in_anything_has_not(
    incident: Incident, found: Bounds, threshold: Threshold
) -> None:
    assert not _has_settled(incident, found, threshold, 460)


def test_one_that_was_taken_back_and_is_found_again_is_kept_again() -> None:
    back = replace(ENDED, stops=0, min_us=0, max_us=0, longest_min_us=0, is_kept=False)
    after, effects = fit(replace(START, fold=Fold(done=(SHORT,)), incidents=(back,)), None)
    assert after.incidents == (ENDED,)
    assert [type(effect) for effect in effects] == [InterruptionAmended]
