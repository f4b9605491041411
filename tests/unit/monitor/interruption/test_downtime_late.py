"""What is heard late while nobody knows how long the monitor was down: it widens at once, and has its date at last."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from drivers.contract import AlarmObserved, AlarmPhase, LogEvent, LogEventObserved, Observation
from monitor.interruption.alarms import OwnCode
from monitor.interruption.downtime import held, is_undated
from monitor.interruption.effects import AlertRaised, EvidenceAdmitted, EvidenceDoubted
from monitor.interruption.events import ClockSynchronised, MonitorRestarted
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.evidence_log import LATE_MAX
from monitor.interruption.why import Why
from watched import BLINATUMOMAB, Watched, minutes

DOWN = 60
"""The minute at which the monitor goes down; it comes back in the same minute of its own time."""


def restarted_at_once() -> Watched:
    pump = Watched()
    pump.runs(0, DOWN)
    pump.take(MonitorRestarted(at_us=minutes(DOWN), down_from_us=minutes(DOWN), is_downtime_known=False))
    return pump


def synchronise(pump: Watched, minute: float, down_min: float) -> None:
    """Put monitor time, which stands at ``minute``, on by the downtime; nothing may ring in between."""
    at_us, moved_us = minutes(minute + down_min), minutes(down_min)
    pump.now_us = at_us
    pump._step(
        ClockSynchronised(
            at_us=at_us, down_from_us=minutes(DOWN), down_to_us=minutes(DOWN) + moved_us, moved_us=moved_us
        )
    )


def occlusion(age_min: float) -> AlarmObserved:
    return AlarmObserved(code="occl-down", phase=AlarmPhase.START, age_s=age_min * 60)


def entry(event: str, age_min: float) -> LogEventObserved:
    return LogEventObserved(event=LogEvent(event), age_s=age_min * 60)


def piece(kind: EvidenceKind, minute: float, earliest: float | None = None) -> Evidence:
    return Evidence(kind, minutes(minute), minutes(minute), minutes(minute if earliest is None else earliest))


def test_a_late_occlusion_makes_the_interruption_as_long_as_it_may_have_been() -> None:
    pump = restarted_at_once()
    pump.runs(DOWN + 1, 100)
    assert pump.off() == (0, 241)
    pump.say(100, occlusion(299))
    # 299 minutes ago, or a latency of 15 earlier; flow was confirmed a minute after the start.
    assert pump.off() == (0, 299 + 15 - 39)
    assert pump.only.stops[0].whys[0] is Why.LATENCY
    assert OwnCode.LATE_EVIDENCE not in [alert.code for alert in pump.state.alerts]
    told = [effect for _, effect in pump.effects if isinstance(effect, EvidenceAdmitted) and effect.kind == "stop"]
    detail = "alarm:occl-down, without a date until the clock is synchronised"
    assert told == [EvidenceAdmitted(kind="stop", about_us=minutes(100 - 299), detail=detail)]
    synchronise(pump, 100, 290)
    # Silent since the monitor went down until flow a minute after the start; that it stood was seen once.
    assert pump.off() == (0, 291)


def test_a_late_word_that_reaches_no_further_back_is_kept_and_widens_nothing() -> None:
    pump = restarted_at_once()
    pump.status(DOWN + 1)
    before = pump.state
    pump.say(DOWN + 1, entry("delivery-stop", 5))
    assert pump.state.fold == before.fold
    assert pump.state.undated is not None
    assert pump.state.undated.late == (piece(EvidenceKind.STOP, DOWN - 4),)


def test_a_person_who_saw_it_run_caps_how_far_a_late_word_reaches() -> None:
    pump = restarted_at_once()
    undated = pump.state.undated
    assert undated is not None
    doubted = replace(undated.doubted, checked_us=minutes(-200))
    state = replace(pump.state, base=doubted, fold=doubted, undated=replace(undated, doubted=doubted))
    state = replace(state, evidence=())
    found = held(state, piece(EvidenceKind.STOP, -190, -300), BLINATUMOMAB)
    assert found is not None
    assert found.fold.stop is not None
    assert found.fold.stop.onset_earliest_us == minutes(-200)
    assert found.undated is not None
    assert found.base == found.undated.doubted == found.fold


@pytest.mark.parametrize(("kind", "why"), [(EvidenceKind.STOP, Why.LATENCY), (EvidenceKind.NO_FLOW, Why.STANDING_SEEN)])
def test_what_denies_flow_reaches_back_to_the_oldest_instant_it_may_be_of(kind: EvidenceKind, why: Why) -> None:
    state = restarted_at_once().state
    assert state.fold.stop is not None
    onset_us = state.fold.stop.onset_earliest_us
    for earliest_us, expected in ((onset_us, state.fold.stop.earliest_why), (onset_us - 1, why)):
        found = held(state, replace(piece(kind, 0), earliest_us=earliest_us), BLINATUMOMAB)
        assert found is not None
        assert found.fold.stop is not None
        assert (found.fold.stop.onset_earliest_us, found.fold.stop.earliest_why) == (earliest_us, expected)


@pytest.mark.parametrize("kind", [EvidenceKind.FLOW, EvidenceKind.RUN, EvidenceKind.COVERED])
def test_what_claims_flow_takes_nothing_off_meanwhile(kind: EvidenceKind) -> None:
    state = restarted_at_once().state
    late = piece(kind, -300)
    found = held(state, late, BLINATUMOMAB)
    assert found is not None
    assert (found.fold, found.base) == (state.fold, state.base)
    assert found.undated is not None
    assert found.undated.late == (late,)


def test_where_it_stood_is_not_certain_any_more_if_it_may_have_run_then() -> None:
    pump = Watched()
    pump.runs(0, 10)
    pump.stands(11, DOWN)
    pump.take(MonitorRestarted(at_us=minutes(DOWN), down_from_us=minutes(DOWN), is_downtime_known=False))
    assert pump.off()[0] == 48
    pump.say(DOWN + 1, entry("delivery-start", 20))
    assert pump.off()[0] == 0


def test_the_same_word_again_says_nothing_new() -> None:
    pump = restarted_at_once()
    pump.say(DOWN + 1, entry("delivery-stop", 5))
    before, effects = pump.state.undated, len(pump.effects)
    pump.say(DOWN + 2, entry("delivery-stop", 6))
    assert pump.state.undated == before
    assert len(pump.effects) == effects


def test_no_more_words_are_kept_than_there_is_room_for_and_that_is_told() -> None:
    pump = restarted_at_once()
    for count in range(LATE_MAX):
        pump.say(DOWN + 1, entry("delivery-stop", 5 + count / 60))
    assert pump.state.undated is not None
    assert len(pump.state.undated.late) == LATE_MAX
    assert OwnCode.LATE_EVIDENCE not in [alert.code for alert in pump.state.alerts]
    pump.say(DOWN + 1, entry("delivery-stop", 100))
    assert len(pump.state.undated.late) == LATE_MAX
    (late,) = [effect for _, effect in pump.effects if isinstance(effect, AlertRaised) and "late" in effect.alert.code]
    assert (late.alert.raised_at_us, late.detail) == (minutes(DOWN + 1), "event:delivery-stop")
    why = "too much without a date until the clock is synchronised: event:delivery-stop"
    assert EvidenceDoubted(why=why) in [effect for _, effect in pump.effects]


def test_only_what_lies_before_the_start_has_no_date() -> None:
    state = restarted_at_once().state
    assert is_undated(state, minutes(DOWN) - 1)
    assert not is_undated(state, minutes(DOWN))
    assert not is_undated(replace(state, undated=None), 0)
    assert held(replace(state, undated=None), piece(EvidenceKind.STOP, 0), BLINATUMOMAB) == replace(state, undated=None)


def test_what_a_plan_or_a_review_took_out_does_not_come_back_with_a_late_word() -> None:
    state = restarted_at_once().state
    settled = replace(state, fold=replace(state.fold, stop=None))
    found = held(settled, piece(EvidenceKind.STOP, -200, -300), BLINATUMOMAB)
    assert found is not None
    assert (found.fold, found.base) == (settled.fold, settled.base)


ENTRIES = st.lists(
    st.tuples(st.integers(1, 299), st.sampled_from(("delivery-stop", "delivery-start", "occl-down"))),
    max_size=6,
    unique_by=lambda one: one[0],
)


@given(ENTRIES, st.lists(st.integers(0, 40), min_size=6, max_size=6))
def test_synchronised_a_log_of_the_downtime_tells_what_it_would_have_told_at_once(
    entries: list[tuple[int, str]], heard_after: list[int]
) -> None:
    down_min = 300
    truth, pump = Watched(), restarted_at_once()
    truth.runs(0, DOWN)
    for at, what in sorted(entries):
        truth.say(DOWN + at, observed(what, 0))
    words = [(DOWN + 1 + float(minute), 0, "delivering", 0) for minute in range(50)]
    words += [(DOWN + 1.5 + heard, 1, what, at) for (at, what), heard in zip(entries, heard_after, strict=False)]
    for minute, is_entry, what, at in sorted(words):
        if not is_entry:
            truth.status(minute + down_min)
            pump.status(minute)
        else:
            pump.say(minute, observed(what, minute + down_min - (DOWN + at)))
    synchronise(pump, DOWN + 60, down_min)
    truth.wait(DOWN + 60 + down_min)
    assert pump.state.fold == truth.state.fold


def observed(what: str, age_min: float) -> Observation:
    return occlusion(age_min) if what == "occl-down" else entry(what, age_min)
