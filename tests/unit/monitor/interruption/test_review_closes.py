"""A clinician's review, whole states: who may close what, what is told of it, and what is taken out of the clock."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clock_parts import THERAPY, ended, flow, group_of, minute, read, told
from monitor.interruption.alarms import OwnCode
from monitor.interruption.alerts import raise_alert
from monitor.interruption.course import begun
from monitor.interruption.effects import AlertResolved, Effect, EvidenceDoubted, PhaseChanged
from monitor.interruption.events import Closed, Order, Outcome, Role
from monitor.interruption.evidence import EvidenceKind
from monitor.interruption.off_patient import OffPatient
from monitor.interruption.offtime import Fold, OpenStop, bounds
from monitor.interruption.plan import complete_for_good
from monitor.interruption.policy import Policy
from monitor.interruption.review import closed
from monitor.interruption.state import Course, Incident, OffClass, Past, Phase, PumpState
from monitor.interruption.why import Why

replace = msgspec.structs.replace

POLICY = Policy("p1", THERAPY)
AT_US = minute(300)
FIRST, SECOND, THIRD = (group_of(ended(minute(at), minute(at + 10))) for at in (10, 60, 110))
FLOW_US = SECOND.flow_us
BEFORE, ON, AFTER = flow(FLOW_US - 1), flow(FLOW_US, to_us=minute(80)), flow(minute(130), to_us=minute(299))
FLOWING = Fold(
    flow_from_us=minute(120),
    last_flow_us=minute(299),
    checked_us=minute(5),
    done=(FIRST, SECOND, THIRD),
    off_patient=(OffPatient(minute(1), minute(2)),),
)
WAITING = Incident(
    number=2,
    opened_at_us=SECOND.opened_us,
    noticed_at_us=0,
    flow_us=FLOW_US,
    phase=Phase.AWAITING_REVIEW,
    off_class=OffClass.POSSIBLE,
    min_us=3,
    max_us=7,
    is_kept=True,
)
OVER = replace(WAITING, number=1, opened_at_us=FIRST.opened_us, flow_us=FIRST.flow_us, phase=Phase.ENDED)
OPEN = replace(WAITING, number=3, opened_at_us=minute(200), flow_us=None, phase=Phase.OPEN)
STOPPED = replace(FLOWING, flow_from_us=None, last_flow_us=minute(200), stop=OpenStop(minute(200), minute(200)))


def state_of(fold: Fold = FLOWING, **changes: Any) -> PumpState:
    state = PumpState(
        enrolled_at_us=0,
        fold=fold,
        base=Fold(flow_from_us=minute(0), last_flow_us=minute(0)),
        evidence=(BEFORE, ON, AFTER),
        tail_to_us=minute(299),
        incidents=(OVER, WAITING),
    )
    return replace(state, **changes)


def review(number: int | None = None, **changes: Any) -> Closed:
    event = Closed(at_us=AT_US, outcome=Outcome.OTHER, note="seen", by="dr", role=Role.CLINICIAN, number=number)
    return replace(event, **changes)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (review(7), "there is no such interruption to close"),
        (review(7, note=" "), "there is no such interruption to close"),
        (review(2, note=" \n"), "a close needs a note"),
        (review(2, role=Role.NURSE), "a close needs a clinician, not nurse"),
        (review(2, role=Role.NURSE, note=""), "a close needs a note"),
    ],
)
def test_what_may_not_be_closed_is_told_and_left_as_it_is(event: Closed, why: str) -> None:
    effects: list[Effect] = []
    state = state_of()
    assert closed(state, event, POLICY, effects) is state
    assert effects == [EvidenceDoubted(why=why)]


def test_without_a_number_only_what_is_open_or_waits_is_closed() -> None:
    effects: list[Effect] = []
    state = state_of(incidents=(OVER,))
    assert closed(state, review(), POLICY, effects) is state
    assert effects == [EvidenceDoubted(why="there is no such interruption to close")]
    assert closed(state_of(), review(), POLICY, []).incidents[0].number == OVER.number
    both = state_of(incidents=(OVER, WAITING, replace(WAITING, number=4)))
    assert [one.number for one in closed(both, review(), POLICY, []).incidents] == [1, 4]


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.ADMIN])
@pytest.mark.parametrize(("number", "left"), [(1, 2), (2, 1)])
def test_with_a_number_that_one_is_closed(number: int, left: int, role: Role) -> None:
    found = closed(state_of(), review(number, role=role), POLICY, [])
    assert [one.number for one in found.incidents] == [left]


def test_the_close_is_told_with_its_numbers_and_what_was_latched_by_it_is_resolved() -> None:
    effects: list[Effect] = []
    state = state_of(course=Course(began_us=0, off_min_us=10, off_max_us=20))
    state = raise_alert(state, OwnCode.UNSUPERVISED_RESTART, minute(71), [], interruption=2)
    state = raise_alert(state, OwnCode.UNSUPERVISED_RESTART, minute(72), [], interruption=1)
    latched, other = state.alerts
    found = closed(state, review(outcome=Outcome.SUPERVISED_RESTART), POLICY, effects)
    assert effects == [
        PhaseChanged(
            number=2,
            phase=Phase.CLOSED,
            ended_at_us=AT_US,
            off_min_us=3,
            off_max_us=7,
            off_class=OffClass.POSSIBLE,
            outcome=Outcome.SUPERVISED_RESTART,
            note="seen",
            by="dr",
        ),
        AlertResolved(alert=replace(latched, resolved_at_us=AT_US)),
    ]
    assert found.alerts == (other,)
    assert found.course == Course(began_us=0, off_min_us=13, off_max_us=27)


def test_an_open_one_is_closed_with_what_the_clock_says_now() -> None:
    effects: list[Effect] = []
    now = bounds(STOPPED, AT_US, THERAPY)
    assert now is not None
    closed(state_of(STOPPED, incidents=(OPEN,)), review(), POLICY, effects)
    assert isinstance(effects[0], PhaseChanged)
    assert (effects[0].off_min_us, effects[0].off_max_us) == (now.min_us, now.max_us)
    assert now.max_us == minute(300) - minute(200)
    gone: list[Effect] = []
    closed(state_of(incidents=(OPEN,)), review(), POLICY, gone)
    assert isinstance(gone[0], PhaseChanged)
    assert (gone[0].off_min_us, gone[0].off_max_us) == (3, 7)


def test_one_that_waits_is_closed_with_its_own_numbers_though_another_is_open() -> None:
    effects: list[Effect] = []
    closed(state_of(STOPPED, incidents=(WAITING, OPEN)), review(2), POLICY, effects)
    assert isinstance(effects[0], PhaseChanged)
    assert (effects[0].off_min_us, effects[0].off_max_us) == (3, 7)


def test_what_was_reviewed_is_taken_out_and_the_clock_begins_with_the_flow_after_it() -> None:
    state = state_of()
    base = Fold(
        flow_from_us=FLOW_US, last_flow_us=FLOW_US, checked_us=FLOWING.checked_us, off_patient=FLOWING.off_patient
    )
    assert closed(state, review(), POLICY, []) == replace(
        state,
        incidents=(replace(OVER, is_kept=False),),
        fold=replace(FLOWING, done=(THIRD,)),
        base=base,
        evidence=(ON, AFTER),
    )


@pytest.mark.parametrize("evidence", [(ON, AFTER), ()])
def test_where_no_evidence_of_it_is_kept_the_rest_stays(evidence: tuple[Any, ...]) -> None:
    base = Fold(flow_from_us=minute(0), last_flow_us=minute(0), done=(FIRST, SECOND, THIRD))
    state = state_of(evidence=evidence, base=base)
    found = closed(state, review(), POLICY, [])
    assert (found.evidence, found.base) == (evidence, replace(base, done=(THIRD,)))
    assert found.fold == replace(FLOWING, done=(THIRD,))


def test_where_the_clock_has_let_go_of_it_the_evidence_stays() -> None:
    state = state_of(replace(FLOWING, done=()))
    assert closed(state, review(), POLICY, []) == replace(state, incidents=(OVER,))


@pytest.mark.parametrize(("flow_us", "is_kept"), [(SECOND.opened_us - 1, True), (SECOND.opened_us, False)])
def test_others_that_share_its_stops_are_settled_with_it(flow_us: int, *, is_kept: bool) -> None:
    near = replace(OVER, number=9, opened_at_us=minute(50), flow_us=flow_us)
    found = closed(state_of(replace(FLOWING, done=(SECOND, THIRD)), incidents=(WAITING, near)), review(2), POLICY, [])
    assert found.incidents == (replace(near, is_kept=is_kept),)
    later = replace(near, opened_at_us=THIRD.opened_us, flow_us=THIRD.flow_us)
    found = closed(state_of(incidents=(WAITING, later)), review(2), POLICY, [])
    assert found.incidents == (later,), "what came after it is kept"


def test_one_that_is_open_settles_all_that_came_before_the_review() -> None:
    near = replace(OVER, opened_at_us=THIRD.opened_us, flow_us=THIRD.flow_us)
    found = closed(state_of(STOPPED, incidents=(near, OPEN)), review(3), POLICY, [])
    assert found.incidents == (replace(near, is_kept=False),)


@pytest.mark.parametrize(("closed_us", "stays"), [(WAITING.opened_at_us - 1, True), (WAITING.opened_at_us, False)])
def test_of_the_clocks_that_a_plan_closed_those_before_it_stay(closed_us: int, *, stays: bool) -> None:
    past = Past(closed_us, FLOWING, Fold())
    assert closed(state_of(pasts=(past,)), review(), POLICY, []).pasts == ((past,) if stays else ())


def test_one_over_whose_flow_is_not_known_leaves_the_clock() -> None:
    odd = replace(WAITING, flow_us=None)
    state = state_of(replace(FLOWING, done=()), incidents=(odd,))
    assert closed(state, review(), POLICY, []) == replace(state, incidents=())


def test_flow_that_returned_begins_the_clock_and_its_last_evidence_stays() -> None:
    group = group_of(ended(minute(200), minute(250)))
    fold = replace(FLOWING, flow_from_us=minute(250), group=group, reading=read(minute(299)))
    state = state_of(fold, incidents=(OPEN,))
    bare = replace(fold, group=None, done=())
    expected = replace(
        state, incidents=(), fold=bare, base=replace(bare, last_flow_us=minute(250), reading=None), evidence=(AFTER,)
    )
    assert closed(state, review(), POLICY, []) == expected
    assert closed(replace(state, evidence=()), review(), POLICY, []) == replace(expected, evidence=())


@pytest.mark.parametrize(
    ("off", "contradicted_us", "expected_us"),
    [
        ((), None, None),
        ((OffPatient(minute(1)),), None, AT_US),
        ((OffPatient(minute(1)),), 5, 5),
        ((OffPatient(minute(1), minute(2)),), 5, 5),
    ],
)
def test_what_stands_still_is_counted_anew_from_the_review(
    off: tuple[OffPatient, ...], contradicted_us: int | None, expected_us: int | None
) -> None:
    fold = replace(STOPPED, reading=read(minute(200)), off_patient=off)
    state = state_of(fold, incidents=(OPEN,), contradicted_at_us=contradicted_us)
    said = Why.PERSON_SAID
    is_off = bool(off) and off[-1].to_us is None
    stop = OpenStop(AT_US, AT_US, AT_US, earliest_why=said, latest_why=said, certain_why=said) if is_off else None
    anew = Fold(AT_US, AT_US, stop=stop, reading=fold.reading, reckoned_at_us=AT_US, off_patient=off)
    assert closed(state, review(), POLICY, []) == replace(
        state, incidents=(), fold=anew, base=anew, evidence=(), contradicted_at_us=expected_us
    )


def test_therapy_that_had_not_begun_counts_from_the_review() -> None:
    state = state_of(Fold(), incidents=(OPEN,))
    assert closed(state, review(), POLICY, []).fold == Fold(AT_US, AT_US, reckoned_at_us=AT_US)


def test_a_new_cycle_begins_a_course_under_flow_and_ends_one_where_nothing_flows() -> None:
    order = Order(rate_ml_per_h=5.0, bag_hours=24.0)
    state = state_of(order=order, course=Course(began_us=0))
    plain = closed(state, review(), POLICY, [])
    assert closed(state, review(outcome=Outcome.NEW_CYCLE), POLICY, []) == begun(plain, AT_US, is_dated=True)
    silent = state_of(replace(FLOWING, last_flow_us=minute(200)), evidence=(ON, told(EvidenceKind.RUN, minute(200))))
    for other in (silent, replace(state, evidence=())):
        left = closed(other, review(), POLICY, [])
        found = closed(other, review(outcome=Outcome.NEW_CYCLE), POLICY, [])
        assert found == complete_for_good(left, POLICY, AT_US, [])
    over = replace(state, completed_at_us=minute(299))
    assert closed(over, review(outcome=Outcome.NEW_CYCLE), POLICY, []) == closed(over, review(), POLICY, [])
