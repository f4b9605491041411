"""A counter that is told now and then denies what was claimed in between; nothing else takes claims back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clock_parts import HALF_HOUR_US, MERGE_US, STEP_US, THERAPY, ended, flow, group_of, minute, read, told
from monitor.interruption.denying import stalled, without_denied
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.offtime import Fold, OpenStop
from monitor.interruption.reading import Motion
from monitor.interruption.why import Why
from watched import Watched

replace = msgspec.structs.replace
CLAIMED = Fold(flow_from_us=minute(-20), last_flow_us=minute(59), checked_us=minute(-30), reading=read(minute(0)))
"""Its counter was read at minute 0; after that it only said that it delivers."""


@pytest.mark.parametrize("kind", [EvidenceKind.FLOW, EvidenceKind.NO_FLOW, EvidenceKind.DOUBT])
def test_claims_that_the_counter_denies_are_no_flow_evidence(kind: EvidenceKind) -> None:
    half = told(kind, minute(60), counter_ul=3500)
    assert without_denied(CLAIMED, half, THERAPY) == replace(CLAIMED, last_flow_us=minute(0))
    whole = told(kind, minute(60), counter_ul=6000)
    assert without_denied(CLAIMED, whole, THERAPY) is CLAIMED


@pytest.mark.parametrize("kind", [EvidenceKind.RUN, EvidenceKind.STOP, EvidenceKind.FLOW_DOUBTED])
def test_only_what_tells_a_counter_of_its_own_instant_denies(kind: EvidenceKind) -> None:
    assert without_denied(CLAIMED, told(kind, minute(60), counter_ul=1000), THERAPY) is CLAIMED


def test_claims_are_denied_where_the_motor_cannot_have_run_until_the_last_of_them() -> None:
    moved = flow(minute(60), counter_ul=1100)
    most_us = 2 * STEP_US
    borne_out = replace(CLAIMED, last_flow_us=minute(0) + most_us)
    assert without_denied(borne_out, moved, THERAPY) is borne_out
    denied = replace(CLAIMED, last_flow_us=minute(0) + most_us + 1)
    assert without_denied(denied, moved, THERAPY) == replace(CLAIMED, last_flow_us=minute(0))


def test_claims_since_a_stop_that_was_ended_are_denied_back_to_its_end() -> None:
    half_us = HALF_HOUR_US + STEP_US
    since_us = minute(59) - half_us
    parted = replace(CLAIMED, flow_from_us=since_us - 1)
    moved = flow(minute(60), counter_ul=3500)
    assert without_denied(parted, moved, THERAPY) == replace(parted, last_flow_us=since_us - 1)
    borne_out = replace(CLAIMED, flow_from_us=since_us)
    assert without_denied(borne_out, moved, THERAPY) is borne_out


def test_claims_are_denied_back_to_the_first_instant() -> None:
    claimed = Fold(last_flow_us=2 * STEP_US + 1, reading=read(0))
    assert without_denied(claimed, flow(minute(60), counter_ul=1100), THERAPY) == replace(claimed, last_flow_us=0)


def test_a_motor_that_is_slower_by_no_more_than_is_allowed_ran_if_it_flows_still() -> None:
    slow_ul = 1000 + round(0.95 * 5000)
    assert without_denied(CLAIMED, flow(minute(60), counter_ul=slow_ul), THERAPY) is CLAIMED
    stands = told(EvidenceKind.NO_FLOW, minute(60), counter_ul=slow_ul)
    assert without_denied(CLAIMED, stands, THERAPY) == replace(CLAIMED, last_flow_us=minute(0))


def test_the_bag_denies_nothing() -> None:
    bagged = replace(CLAIMED, reading=read(minute(0), None, remaining_ul=50_000))
    stands = told(EvidenceKind.NO_FLOW, minute(60), remaining_ul=47_500)
    assert without_denied(bagged, stands, THERAPY) is bagged


def test_an_onset_that_rests_on_denied_claims_goes_back_to_the_reading() -> None:
    stop = OpenStop(minute(59), minute(59.5), minute(59.5), earliest_why=Why.STOP_SAID)
    fold = replace(CLAIMED, stop=stop)
    expected = replace(stop, onset_earliest_us=minute(0), earliest_why=Why.FLOW_SEEN)
    assert without_denied(fold, flow(minute(60), counter_ul=3500), THERAPY) == replace(fold, stop=expected)
    by_plan = replace(fold, reckoned_at_us=minute(0))
    planned = replace(expected, earliest_why=Why.PLAN)
    assert without_denied(by_plan, flow(minute(60), counter_ul=3500), THERAPY) == replace(by_plan, stop=planned)
    early = replace(fold, stop=replace(stop, onset_earliest_us=minute(0)))
    assert without_denied(early, flow(minute(60), counter_ul=3500), THERAPY) is early


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, -3),
        ({"checked_us": minute(10)}, 10),
        ({"flow_from_us": minute(-2)}, -2),
        ({"checked_us": minute(-1), "flow_from_us": minute(-2)}, -1),
        ({"checked_us": minute(-2), "flow_from_us": minute(-1)}, -1),
        ({"checked_us": None}, -3),
        ({"flow_from_us": None}, -3),
        ({"checked_us": minute(59.5)}, 59),
    ],
)
def test_a_counter_that_stood_takes_back_to_its_last_movement_or_what_was_known_to_flow_since(
    changes: dict[str, Any], expected: float
) -> None:
    fold = replace(CLAIMED, **{"reading": read(minute(0), still_us=minute(-3)), **changes})
    stands = flow(minute(60), counter_ul=1000)
    assert without_denied(fold, stands, THERAPY) == replace(fold, last_flow_us=minute(expected))
    stop = OpenStop(minute(expected), is_flow_claimed=True, earliest_why=Why.COUNTER_STOOD, is_counter_still=True)
    assert stalled(fold, THERAPY) == replace(fold, stop=stop)


def test_a_person_who_saw_it_running_does_not_stand_against_a_counter_that_moved() -> None:
    seen = replace(CLAIMED, checked_us=minute(50))
    assert without_denied(seen, flow(minute(60), counter_ul=3500), THERAPY) == replace(seen, last_flow_us=minute(0))


@pytest.mark.parametrize(
    ("fold", "evidence"),
    [
        (replace(CLAIMED, last_flow_us=minute(0)), flow(minute(60), counter_ul=1000)),
        (replace(CLAIMED, last_flow_us=None), flow(minute(60), counter_ul=1000)),
        (replace(CLAIMED, reading=None), flow(minute(60), counter_ul=1000)),
        (replace(CLAIMED, reading=read(minute(0), motion=Motion.DOUBTFUL)), flow(minute(60), counter_ul=1000)),
        (CLAIMED, flow(minute(60), counter_ul=1000, unsure_us=1)),
        (CLAIMED, flow(minute(60), counter_ul=1000, rate_ul_per_h=2500)),
        (CLAIMED, flow(minute(60))),
        (CLAIMED, flow(minute(60), counter_ul=999)),
        (replace(CLAIMED, reading=read(minute(0), motion=Motion.STANDING)), flow(minute(60), counter_ul=1000)),
    ],
)
def test_what_cannot_tell_denies_nothing(fold: Fold, evidence: Evidence) -> None:
    assert without_denied(fold, evidence, THERAPY) is fold


def test_a_stall_needs_a_reading_and_a_flow_before_it() -> None:
    for fold in (replace(CLAIMED, reading=None), replace(CLAIMED, last_flow_us=None)):
        assert stalled(fold, THERAPY) is fold


def test_a_stall_may_go_back_to_the_first_instant() -> None:
    fold = Fold(last_flow_us=minute(0), reading=read(minute(0), still_us=0))
    stop = OpenStop(0, is_flow_claimed=True, earliest_why=Why.COUNTER_STOOD, is_counter_still=True)
    assert stalled(fold, THERAPY) == replace(fold, stop=stop)


BEFORE = group_of(ended(minute(-40), minute(-20)))
"""An interruption that ended as the flow of these tests began."""


@pytest.mark.parametrize(("flowed_us", "is_on"), [(minute(-20) + MERGE_US - 1, True), (minute(-20) + MERGE_US, False)])
def test_flow_that_lasted_too_short_after_all_ended_no_interruption(flowed_us: int, *, is_on: bool) -> None:
    older = group_of(ended(minute(-90), minute(-80)))
    fold = replace(CLAIMED, reading=read(flowed_us), done=(older, BEFORE))
    goes_on = {"group": BEFORE, "done": (older,)} if is_on else {}
    denied = without_denied(fold, flow(minute(60), counter_ul=1100), THERAPY)
    assert denied == replace(fold, last_flow_us=flowed_us, **goes_on)
    stop = OpenStop(minute(59))
    moved = without_denied(replace(fold, stop=stop), flow(minute(60), counter_ul=1100), THERAPY)
    assert moved == replace(fold, stop=replace(stop, onset_earliest_us=flowed_us), **goes_on)
    assert stalled(fold, THERAPY) == replace(
        fold,
        stop=OpenStop(flowed_us, is_flow_claimed=True, earliest_why=Why.COUNTER_STOOD, is_counter_still=True),
        **goes_on,
    )


@pytest.mark.parametrize(
    "fold",
    [
        replace(CLAIMED, done=(BEFORE,), group=group_of(ended(minute(-30), minute(-20)))),
        replace(CLAIMED, done=(group_of(ended(minute(-40), minute(-21))),)),
        replace(CLAIMED, done=(BEFORE,), flow_from_us=None),
    ],
)
def test_an_interruption_that_goes_on_or_ended_before_other_flow_is_left_as_it_is(fold: Fold) -> None:
    denied = without_denied(fold, flow(minute(60), counter_ul=1100), THERAPY)
    assert denied == replace(fold, last_flow_us=minute(0))


def test_denied_flow_between_two_stops_makes_them_one_interruption() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    pump.stands(61, 70)
    pump.status(70, counter=15.1)
    for each in range(71, 130):
        pump.status(each)
    assert pump.off() == (8, 10)
    pump.status(130, counter=15.2)
    assert pump.only.merged_stops == 2
    assert pump.off() == pytest.approx((8 + 57.6, 10 + 60))


def claiming(until: int) -> Watched:
    """Return a pump that told its counter once and then only that it delivers."""
    pump = Watched()
    pump.status(0, counter=10)
    for each in range(1, until):
        pump.status(each)
    return pump


def test_flow_claimed_for_an_hour_of_which_the_counter_knows_half_is_half_an_hour_off() -> None:
    pump = claiming(60)
    pump.status(60, counter=12.5)
    assert pump.off() == pytest.approx((28.8, 31.2))


def test_a_pump_found_standing_did_not_run_while_its_counter_stood() -> None:
    pump = claiming(60)
    pump.status(60, "not-delivering", rate_ml_per_h=0, counter=10)
    assert pump.off() == pytest.approx((58.8, 60))


def test_a_stop_between_denied_claims_and_the_counter_goes_back_to_the_reading() -> None:
    pump = claiming(60)
    pump.event(60, "delivery-stop")
    pump.event(62, "delivery-start")
    pump.status(63, counter=12.5)
    low, high = pump.off()
    assert low == 2
    assert high >= 63 - 31.2


def test_trickle_after_denied_claims_counts_from_the_reading() -> None:
    pump = claiming(60)
    pump.status(60, "kvo", rate_ml_per_h=0.5, counter=10)
    assert pump.off() == (0, 60)


def test_claims_that_the_counter_bears_out_are_flow() -> None:
    pump = claiming(60)
    pump.status(60, counter=15)
    assert pump.shown == []
