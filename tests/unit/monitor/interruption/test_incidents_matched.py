"""Which interruption a group of stops belongs to, and what becomes of one that the clock no longer shows."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from monitor.interruption.alarms import AlertPriority
from monitor.interruption.effects import Effect, InterruptionAmended, InterruptionOpened, PhaseChanged
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.incidents import ENDED_MAX, _match, _overlaps, reconcile
from monitor.interruption.offtime import Bounds, Fold, Group, Stop, group_bounds
from monitor.interruption.policy import Policy, Therapy, Threshold
from monitor.interruption.state import Alert, Incident, OffClass, Phase, PumpState
from monitor.interruption.transitions import enrolled
from monitor.interruption.why import Why

POLICY = Policy("p1", Therapy(name="t", thresholds=(Threshold(1_000),), merge_run_us=300))
NOW = 5_000
START = replace(enrolled(0), next_number=9)
LISTED = (Stop(100, 110, 150, 160, 40, 60, (Why.FLOW_SEEN, Why.STOP_SAID, Why.RUN_SAID, Why.FLOW_CONFIRMED)),)
GROUP = Group(opened_us=100, flow_us=160, stops=1, min_us=40, max_us=60, longest_min_us=40, listed=LISTED)
DONE = group_bounds(GROUP)
STANDS = replace(DONE, is_max_running=True, flow_us=None, is_flow_claimed=False)
ENDED = Incident(
    number=3, opened_at_us=100, noticed_at_us=120, detected_at_us=120, phase=Phase.ENDED, ended_at_us=460, flow_us=160,
    stops=1, min_us=40, max_us=60, longest_min_us=40, is_kept=True,
)  # fmt: skip
OPEN = Incident(number=5, opened_at_us=100, noticed_at_us=120, detected_at_us=130, stops=1, is_kept=True)
CRITICAL = replace(OPEN, number=6, was_critical=True, off_class=OffClass.POSSIBLE)


def fit(state: PumpState, opened: Bounds | None = None) -> tuple[PumpState, list[Effect]]:
    effects: list[Effect] = []
    return reconcile(state, opened, POLICY, NOW, effects), effects


def taken_back(incident: Incident, phase: Phase, *, ended_at_us: int | None, was_critical: bool = False) -> Incident:
    return replace(
        incident,
        phase=phase,
        ended_at_us=ended_at_us,
        flow_us=incident.opened_at_us,
        was_critical=was_critical,
        is_kept=False,
        off_class=OffClass.BELOW,
        stops=0,
        min_us=0,
        max_us=0,
        longest_min_us=0,
        listed=(),
    )


def amended(number: int, *, found_late: bool) -> InterruptionAmended:
    return InterruptionAmended(
        number=number, off_min_us=0, off_max_us=0, off_class=OffClass.BELOW, found_late=found_late
    )


def changed(number: int, phase: Phase, ended_at_us: int | None) -> PhaseChanged:
    return PhaseChanged(
        number=number, phase=phase, ended_at_us=ended_at_us, off_min_us=0, off_max_us=0, off_class=OffClass.BELOW
    )


def test_an_interruption_and_a_group_overlap_where_they_touch() -> None:
    assert _overlaps(replace(ENDED, opened_at_us=160), DONE)
    assert not _overlaps(replace(ENDED, opened_at_us=161, flow_us=170), DONE)
    assert _overlaps(replace(ENDED, flow_us=100), DONE)
    assert not _overlaps(replace(ENDED, opened_at_us=50, flow_us=99), DONE)
    assert _overlaps(replace(OPEN, opened_at_us=50), DONE)
    assert not _overlaps(replace(OPEN, opened_at_us=161), DONE)
    assert _overlaps(ENDED, STANDS)
    assert not _overlaps(replace(ENDED, flow_us=99), STANDS)
    assert _overlaps(replace(OPEN, opened_at_us=900), STANDS)


def test_what_has_the_same_return_and_the_same_life_is_the_same_wherever_it_stands() -> None:
    far = replace(ENDED, number=1, opened_at_us=10, flow_us=90)
    other = replace(ENDED, number=2, flow_us=150)
    assert _match([far, other, OPEN, ENDED], DONE, is_done=True) == ENDED
    assert _match([far, other, ENDED, OPEN], STANDS, is_done=False) == OPEN
    again = replace(ENDED, number=4)
    assert _match([ENDED, again], DONE, is_done=True) == ENDED


def test_of_two_with_the_same_return_the_one_of_the_same_life_is_the_same() -> None:
    returned = replace(OPEN, flow_us=160)
    assert _match([returned, ENDED], DONE, is_done=True) == ENDED
    assert _match([ENDED, returned], DONE, is_done=False) == returned
    after, _ = fit(replace(START, fold=Fold(done=(GROUP,)), incidents=(returned, ENDED)))
    assert after.incidents == (ENDED, taken_back(returned, Phase.ENDED, ended_at_us=NOW))
    after, _ = fit(replace(START, incidents=(replace(ENDED, is_kept=False), returned)), DONE)
    assert after.incidents[0] == replace(returned, min_us=40, max_us=60, longest_min_us=40)


def test_the_return_of_flow_says_more_than_the_life() -> None:
    same_return = replace(OPEN, flow_us=160)
    same_life = replace(ENDED, number=2, flow_us=150)
    assert _match([same_life, same_return], DONE, is_done=True) == same_return
    assert _match([same_return, same_life], DONE, is_done=True) == same_return
    assert _match([OPEN, same_life], DONE, is_done=True) == same_life
    assert _match([same_life, OPEN], DONE, is_done=True) == same_life


def test_what_does_not_overlap_is_never_the_same() -> None:
    assert _match([replace(ENDED, opened_at_us=170, flow_us=170)], DONE, is_done=True) is None
    late = replace(ENDED, opened_at_us=161)
    assert _match([late], DONE, is_done=True) is None
    assert _match([], DONE, is_done=True) is None


def test_two_groups_take_one_interruption_each_in_the_order_of_their_onsets() -> None:
    state = replace(START, fold=Fold(done=(GROUP,)), incidents=(ENDED, replace(OPEN, opened_at_us=2000)))
    second = replace(STANDS, opened_us=1000)
    after, effects = fit(state, second)
    assert after.incidents == (ENDED, replace(OPEN, opened_at_us=1000))
    assert effects == []


def test_new_interruptions_are_numbered_one_after_the_other() -> None:
    later = replace(GROUP, opened_us=1000, flow_us=1060)
    after, effects = fit(replace(START, fold=Fold(done=(later, GROUP))))
    assert [(incident.number, incident.opened_at_us) for incident in after.incidents] == [(10, 100), (9, 1000)]
    assert after.next_number == 11
    opened = [effect for effect in effects if isinstance(effect, InterruptionOpened)]
    assert [(effect.number, effect.opened_at_us) for effect in opened] == [(9, 1000), (10, 100)]


def test_without_a_group_what_settled_long_ago_is_left_as_it_is() -> None:
    state = replace(START, incidents=(replace(ENDED, is_kept=False),))
    after, effects = fit(state)
    assert after is state
    assert effects == []
    beside, effects = fit(state, replace(STANDS, opened_us=2000))
    assert beside.incidents[0] == state.incidents[0]
    assert [type(effect) for effect in effects] == [InterruptionOpened]


@pytest.mark.parametrize("opened", [None, replace(STANDS, opened_us=2000)])
def test_what_was_open_and_is_shown_no_more_is_taken_back(opened: Bounds | None) -> None:
    after, effects = fit(replace(START, incidents=(replace(OPEN, flow_us=150, is_kept=False),)), opened)
    assert after.incidents[0] == taken_back(replace(OPEN, flow_us=150), Phase.ENDED, ended_at_us=NOW)
    assert effects[-2:] == [amended(5, found_late=False), changed(5, Phase.ENDED, NOW)]


def test_what_ended_and_is_taken_back_keeps_its_end() -> None:
    after, effects = fit(replace(START, incidents=(ENDED,)))
    assert after == replace(START, incidents=(taken_back(ENDED, Phase.ENDED, ended_at_us=460),))
    assert effects == [amended(3, found_late=True)]


def test_what_came_to_the_threshold_and_is_taken_back_waits_for_a_person() -> None:
    after, effects = fit(replace(START, incidents=(CRITICAL,)))
    assert after.incidents == (taken_back(CRITICAL, Phase.AWAITING_REVIEW, ended_at_us=None, was_critical=True),)
    assert effects == [amended(6, found_late=False), changed(6, Phase.AWAITING_REVIEW, None)]
    waits = replace(ENDED, phase=Phase.AWAITING_REVIEW, ended_at_us=None, was_critical=True, listed=LISTED)
    after, effects = fit(replace(START, incidents=(waits,)))
    assert after.incidents == (taken_back(waits, Phase.AWAITING_REVIEW, ended_at_us=None, was_critical=True),)
    assert effects == [amended(3, found_late=True)]


LATE = Alert(
    number=1, code="unsupervised-restart", priority=AlertPriority.HIGH, raised_at_us=1, latched=True, interruption=6
)
OTHER = replace(LATE, number=2, interruption=1)


def test_one_that_is_found_to_belong_to_another_is_that_other_now() -> None:
    state = replace(START, incidents=(replace(OPEN, opened_at_us=90), CRITICAL), alerts=(LATE, OTHER))
    after, effects = fit(state, replace(STANDS, opened_us=90))
    shown = replace(OPEN, opened_at_us=90, was_critical=True)
    gone = taken_back(CRITICAL, Phase.ENDED, ended_at_us=NOW)
    alerts = (replace(LATE, interruption=5), OTHER)
    assert after == replace(state, incidents=(shown, gone), alerts=alerts)
    assert effects == [amended(6, found_late=False), changed(6, Phase.ENDED, NOW)]


def test_what_had_ended_and_has_such_a_one_in_it_waits_for_review_and_says_so() -> None:
    state = replace(START, fold=Fold(done=(GROUP,)), incidents=(ENDED, CRITICAL))
    after, effects = fit(state)
    waits = replace(ENDED, phase=Phase.AWAITING_REVIEW, ended_at_us=None, was_critical=True, listed=LISTED)
    assert after.incidents == (waits, taken_back(CRITICAL, Phase.ENDED, ended_at_us=NOW))
    assert effects[0] == replace(changed(3, Phase.AWAITING_REVIEW, None), off_min_us=40, off_max_us=60)
    assert effects[1:] == [amended(6, found_late=False), changed(6, Phase.ENDED, NOW)]
    settled, effects = fit(after)
    assert settled == after
    assert effects == []


def test_one_below_the_threshold_leaves_the_other_as_it_is() -> None:
    state = replace(START, fold=Fold(done=(GROUP,)), incidents=(ENDED, OPEN))
    after, _ = fit(state)
    assert after.incidents == (ENDED, taken_back(OPEN, Phase.ENDED, ended_at_us=NOW))


def test_what_settled_and_belongs_to_another_is_counted_there_and_no_longer_here() -> None:
    settled = replace(ENDED, number=4, flow_us=150, ended_at_us=450, is_kept=False)
    after, effects = fit(replace(START, fold=Fold(done=(GROUP,)), incidents=(ENDED, settled)))
    assert after.incidents == (ENDED, taken_back(settled, Phase.ENDED, ended_at_us=450))
    assert effects == [amended(4, found_late=True)]
    assert fit(after) == (after, [])


def test_one_belongs_to_the_first_group_that_it_overlaps() -> None:
    second = replace(GROUP, opened_us=170, flow_us=230)
    groups = (GROUP, second)
    two = replace(ENDED, number=4, opened_at_us=170, flow_us=230, ended_at_us=530)
    both = replace(CRITICAL, opened_at_us=150)
    state = replace(START, fold=Fold(done=groups), incidents=(ENDED, two, both), alerts=(LATE,))
    after, _ = fit(state)
    assert [incident.phase for incident in after.incidents] == [Phase.AWAITING_REVIEW, Phase.ENDED, Phase.ENDED]
    assert after.alerts == (replace(LATE, interruption=3),)
    between = replace(CRITICAL, opened_at_us=165)
    after, _ = fit(replace(state, incidents=(ENDED, two, between)))
    assert [incident.phase for incident in after.incidents] == [Phase.ENDED, Phase.ENDED, Phase.AWAITING_REVIEW]
    assert after.alerts == (replace(LATE, interruption=4),)


def test_beyond_what_is_kept_the_oldest_that_ended_goes_and_nothing_that_waits() -> None:
    waits = replace(ENDED, number=1, opened_at_us=10, flow_us=20, phase=Phase.AWAITING_REVIEW, is_kept=False)
    old = tuple(
        replace(ENDED, number=100 + at, opened_at_us=100 + 10 * at, flow_us=105 + 10 * at, is_kept=False)
        for at in range(ENDED_MAX)
    )
    state = replace(START, incidents=(waits, *old))
    stands = replace(STANDS, opened_us=NOW - 9)
    after, _ = fit(state, stands)
    assert after.incidents[:-1] == (waits, *old)
    more = replace(ENDED, number=99, opened_at_us=95, flow_us=99, is_kept=False)
    after, _ = fit(replace(state, incidents=(waits, more, *old)), stands)
    assert after.incidents[:-1] == (waits, *old)
    most = replace(more, number=98, opened_at_us=90, flow_us=92)
    after, _ = fit(replace(state, incidents=(waits, most, more, *old)), stands)
    assert after.incidents[:-1] == (waits, *old)


SEEN = Evidence(EvidenceKind.FLOW, NOW, NOW, NOW)


@pytest.mark.parametrize("phase", [Phase.ENDED, Phase.AWAITING_REVIEW])
def test_what_begins_where_one_ended_that_is_settled_for_good_is_another_one(phase: Phase) -> None:
    settled = replace(ENDED, is_kept=False, phase=phase)
    begun = replace(STANDS, opened_us=160)
    state, effects = fit(replace(START, incidents=(settled,)), begun)
    assert state.incidents[0] == settled
    assert [incident.number for incident in state.incidents] == [3, 9]
    assert isinstance(effects[0], InterruptionOpened)
    assert not _overlaps(settled, begun)
    assert _overlaps(settled, replace(begun, opened_us=159))
    assert _overlaps(replace(settled, stops=0), begun)
    assert _overlaps(replace(settled, is_kept=True), begun)
