"""A log that was read without a hole: when it has something to say, and of which stretch."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clock_parts import SILENCE_US, ended, group_of, minute
from drivers.contract import LogCovered, LogEvent, LogEventObserved
from monitor.interruption.effects import AlertRaised, Effect, EvidenceAdmitted, EvidenceDoubted
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.hearing import hear
from monitor.interruption.offtime import Fold, Group, OpenStop, Stop
from monitor.interruption.policy import SECOND_US, Policy
from monitor.interruption.state import Past, PumpState
from monitor.interruption.why import Why
from watched import BLINATUMOMAB

POLICY = Policy("p1", BLINATUMOMAB)
NOW_US = minute(0)

replace = msgspec.structs.replace

STEADY = Fold(flow_from_us=minute(-3000), last_flow_us=minute(-1))


def told(fold: Fold, *, covered_us: int = 3600 * SECOND_US, age_s: float = 0) -> tuple[PumpState, list[Effect]]:
    """Return the state and the effects after a log without a hole, of a pump with this clock and no evidence."""
    effects: list[Effect] = []
    word = LogCovered(covered_s=covered_us / SECOND_US, age_s=age_s)
    return hear(before(fold), word, NOW_US, POLICY, effects), effects


def before(fold: Fold) -> PumpState:
    """Return the state of a pump with this clock and no evidence."""
    return PumpState(enrolled_at_us=0, fold=fold, base=Fold(), last_contact_at_us=NOW_US)


def is_news(fold: Fold, **changes: Any) -> bool:
    """Return whether a log without a hole says anything."""
    return bool(told(fold, **changes)[1])


def silence(from_us: int, to_us: int) -> Group:
    """Return an interruption that was silence alone."""
    whys = (Why.FLOW_SEEN, Why.UNKNOWN, Why.UNKNOWN, Why.FLOW_CONFIRMED)
    stop = Stop(from_us, None, None, to_us, 0, to_us - from_us, whys, is_silence=True)
    return group_of(stop)


def test_in_a_steady_course_it_says_nothing_new() -> None:
    assert told(STEADY) == (before(STEADY), [])


def test_of_a_pump_that_was_never_seen_running_it_says_nothing() -> None:
    assert told(Fold()) == (before(Fold()), [])


def test_in_silence_it_is_evidence_of_its_stretch_and_on_record() -> None:
    state, effects = told(Fold(flow_from_us=minute(-3000), last_flow_us=minute(-20)), age_s=60)
    assert state.evidence == (Evidence(EvidenceKind.COVERED, minute(-1), minute(-1), minute(-61)),)
    assert effects == [EvidenceAdmitted(kind="covered", about_us=minute(-1), detail="log-covered")]


def test_silence_is_longer_than_the_longest_that_is_allowed() -> None:
    assert not is_news(Fold(last_flow_us=NOW_US - SILENCE_US))
    assert is_news(Fold(last_flow_us=NOW_US - SILENCE_US - 1))


def test_a_stretch_that_ends_before_the_silence_is_too_long_says_nothing() -> None:
    silent = Fold(last_flow_us=minute(-20))
    assert not is_news(silent, age_s=300)
    assert is_news(silent, age_s=299)


def test_a_stretch_no_longer_than_the_longest_silence_excuses_none() -> None:
    silent = Fold(last_flow_us=minute(-20))
    assert not is_news(silent, covered_us=SILENCE_US)
    assert is_news(silent, covered_us=SILENCE_US + SECOND_US)


@pytest.mark.parametrize(
    "fold",
    [
        Fold(last_flow_us=minute(-1), stop=OpenStop(minute(-1), minute(-1), minute(-1))),
        Fold(flow_from_us=minute(-2), last_flow_us=minute(-1), group=group_of(ended(minute(-3), minute(-2)))),
    ],
    ids=["stop", "group"],
)
def test_while_an_interruption_goes_on_it_is_evidence(fold: Fold) -> None:
    assert is_news(fold)


@pytest.mark.parametrize(
    ("from_min", "counts"), [(-60.001, False), (-60, True), (-30, True), (-15, True), (-14.999, False)]
)
def test_a_silence_that_ended_is_excused_where_it_began_inside_the_stretch(from_min: float, *, counts: bool) -> None:
    fold = Fold(flow_from_us=minute(-1), last_flow_us=minute(-1), done=(silence(minute(from_min), minute(-2)),))
    # The stretch ends a quarter of an hour ago.
    assert is_news(fold, covered_us=2700 * SECOND_US, age_s=900) is counts


def test_a_stop_that_was_seen_is_not_excused_by_it() -> None:
    fold = Fold(flow_from_us=minute(-1), last_flow_us=minute(-1), done=(group_of(ended(minute(-30), minute(-2))),))
    assert not is_news(fold)


def test_any_silence_of_any_interruption_that_ended_may_be_excused() -> None:
    seen = ended(minute(-50), minute(-40))
    quiet = silence(minute(-30), minute(-10)).listed[0]
    both = group_of(quiet, listed=(seen, quiet))
    other = group_of(ended(minute(-500), minute(-400)))
    fold = Fold(flow_from_us=minute(-1), last_flow_us=minute(-1), done=(other, both))
    assert is_news(fold)


SILENT = Fold(flow_from_us=minute(-3000), last_flow_us=minute(-660))
STOOD = Fold(last_flow_us=minute(-1), stop=OpenStop(minute(-1), minute(-1), minute(-1)))
CLOSED_US = minute(-600)


def after_an_end(then: Fold, now: Fold, *, covered_min: float, age_min: float) -> tuple[PumpState, list[Effect]]:
    """Return the state and the effects after a log without a hole, of a pump whose clock a plan closed meanwhile."""
    effects: list[Effect] = []
    state = replace(before(now), pasts=(Past(closed_us=CLOSED_US, fold=then, base=Fold()),))
    word = LogCovered(covered_s=covered_min * 60, age_s=age_min * 60)
    return hear(state, word, NOW_US, POLICY, effects), effects


def covered(from_min: float, to_us: int) -> Evidence:
    """Return the evidence of a log without a hole."""
    return Evidence(EvidenceKind.COVERED, to_us, to_us, minute(from_min))


def test_what_it_covers_before_a_planned_end_counts_on_the_clock_of_then() -> None:
    state, effects = after_an_end(SILENT, STEADY, covered_min=100, age_min=610)
    assert state.evidence == ()
    assert state.pasts[0].evidence == (covered(-710, minute(-610)),)
    assert effects == [EvidenceAdmitted(kind="covered", about_us=minute(-610), detail="log-covered")]


def test_whether_it_says_anything_of_the_time_before_a_planned_end_does_not_hang_on_the_clock_of_now() -> None:
    steady_then = Fold(flow_from_us=minute(-3000), last_flow_us=minute(-611))
    assert after_an_end(steady_then, STOOD, covered_min=100, age_min=610)[1] == []


def test_what_it_covers_on_both_sides_of_a_planned_end_counts_on_both() -> None:
    state, effects = after_an_end(SILENT, STOOD, covered_min=700, age_min=0)
    assert state.pasts[0].evidence == (covered(-700, CLOSED_US),)
    assert state.evidence == (covered(-700, NOW_US),)
    assert [type(effect) for effect in effects] == [EvidenceAdmitted, EvidenceAdmitted]


@pytest.mark.parametrize(("covered_min", "age_min", "said"), [(100, 600, 1), (600, 0, 1), (600.5, 0, 1), (620, 0, 2)])
def test_a_stretch_that_only_touches_a_planned_end_is_on_one_side_of_it(
    covered_min: float, age_min: float, said: int
) -> None:
    assert len(after_an_end(SILENT, STOOD, covered_min=covered_min, age_min=age_min)[1]) == said


def test_what_is_too_old_even_for_the_clock_of_then_is_told_when_it_was_heard() -> None:
    settled = Fold(flow_from_us=minute(-3000), last_flow_us=minute(-601))
    state = replace(before(STEADY), pasts=(Past(closed_us=CLOSED_US, fold=SILENT, base=settled),))
    effects: list[Effect] = []
    word = LogEventObserved(event=LogEvent.DELIVERY_STOP, age_s=602 * 60)
    (late,) = hear(state, word, NOW_US, POLICY, effects).alerts
    assert (late.code, late.raised_at_us) == ("late-evidence", NOW_US)
    assert effects == [
        EvidenceDoubted(why="older than what can still be amended: event:delivery-stop"),
        AlertRaised(alert=late, detail="event:delivery-stop"),
    ]


def test_a_stretch_up_to_an_end_that_was_dated_before_what_is_settled_is_told_when_it_was_heard() -> None:
    settled = Fold(flow_from_us=minute(-3000), last_flow_us=CLOSED_US + 1)
    state = replace(before(STEADY), pasts=(Past(closed_us=CLOSED_US, fold=SILENT, base=settled),))
    effects: list[Effect] = []
    (late,) = hear(state, LogCovered(covered_s=700 * 60), NOW_US, POLICY, effects).alerts
    assert (late.code, late.raised_at_us) == ("late-evidence", NOW_US)
