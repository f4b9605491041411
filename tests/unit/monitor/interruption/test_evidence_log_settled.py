"""What is folded for good after a day of flow, and the last entry as it is written out: direct and exact."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clock_parts import THERAPY, ended, flow, group_of, minute, read, told
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.evidence_log import (
    KEPT_MAX,
    LATE_MAX,
    admit,
    closed_log,
    is_repeat,
    is_tail_long,
    is_too_old,
    pruned,
)
from monitor.interruption.folding import refold
from monitor.interruption.offtime import Fold, OpenStop
from monitor.interruption.reading import Motion
from monitor.interruption.samples import added
from monitor.interruption.state import Incident, Past, Phase, PumpState

replace = msgspec.structs.replace

LAST_US = minute(120) + THERAPY.amend_us
"""A day after the last of what may be folded for good."""

GROUP = group_of(ended(minute(60), minute(80)))
OLDER = (flow(minute(0), to_us=minute(60)), flow(minute(80), to_us=minute(120) - 1))
NEWER = (flow(minute(140), to_us=LAST_US), told(EvidenceKind.COVERED, LAST_US, earliest_us=minute(0)))
"""The log was read without a hole: twice twenty minutes of silence were none."""


def state_of(fold: Fold, *evidence: Evidence, **changes: Any) -> PumpState:
    tail_us = evidence[-1].to_us if evidence else 0
    return replace(
        PumpState(enrolled_at_us=0, fold=fold, base=Fold(), evidence=evidence, tail_to_us=tail_us), **changes
    )


INCIDENT = Incident(
    number=1, opened_at_us=minute(60), noticed_at_us=0, flow_us=minute(80), phase=Phase.ENDED, is_kept=True
)
PAST = Past(closed_us=minute(1), fold=Fold(), base=Fold())
FLOWED = replace(refold(Fold(), (*OLDER, *NEWER), THERAPY), flow_from_us=minute(80), done=(GROUP,))
SETTLED = state_of(FLOWED, *OLDER, *NEWER, base=Fold(done=(GROUP,)), incidents=(INCIDENT,), pasts=(PAST,))


def test_after_a_day_of_flow_what_is_older_is_folded_for_good() -> None:
    base = replace(refold(Fold(), OLDER, THERAPY, NEWER), done=())
    assert base != replace(refold(Fold(), OLDER, THERAPY), done=()), "what the newer says of the older counts"
    assert pruned(SETTLED, THERAPY) == replace(
        SETTLED,
        base=base,
        fold=replace(FLOWED, done=()),
        evidence=NEWER,
        incidents=(replace(INCIDENT, is_kept=False),),
        pasts=(),
    )


def test_two_entries_are_enough_to_fold_one_for_good() -> None:
    late = flow(minute(70), to_us=LAST_US)
    fold = Fold(flow_from_us=minute(0), last_flow_us=LAST_US)
    state = state_of(fold, OLDER[0], late)
    assert pruned(state, THERAPY) == replace(state, base=refold(Fold(), OLDER[:1], THERAPY, (late,)), evidence=(late,))


@pytest.mark.parametrize(("early_us", "phase", "count"), [(1, Phase.OPEN, 1), (1, Phase.ENDED, 2), (0, Phase.OPEN, 2)])
def test_before_a_day_of_flow_an_interruption_stays_until_people_know_its_end(
    early_us: int, phase: Phase, count: int
) -> None:
    fold = replace(FLOWED, flow_from_us=LAST_US - THERAPY.amend_us + early_us)
    state = replace(SETTLED, fold=fold, incidents=(replace(INCIDENT, phase=phase),))
    found = pruned(state, THERAPY)
    assert found.evidence == SETTLED.evidence[count:]
    assert found.fold.done == ((GROUP,) if count == 1 else ())
    assert found.incidents[0].is_kept is (count == 1)


@pytest.mark.parametrize(("to", "count"), [(110, 2), (109, 1)])
def test_an_interruption_is_folded_for_good_with_all_of_the_flow_that_ended_it(to: int, count: int) -> None:
    short = (OLDER[0], replace(OLDER[1], to_us=minute(to)))
    state = replace(SETTLED, evidence=(*short, *NEWER))
    assert pruned(state, THERAPY).evidence == state.evidence[count:]


def test_one_that_began_as_the_older_flow_ended_is_of_the_newer() -> None:
    state = replace(SETTLED, evidence=(OLDER[0], replace(OLDER[1], to_us=LAST_US)), tail_to_us=LAST_US)
    found = pruned(state, THERAPY)
    assert found.evidence == state.evidence[1:]
    assert (found.fold.done, found.base.group, found.base.stop) == ((GROUP,), None, None)
    back = replace(FLOWED, done=(replace(GROUP, opened_us=minute(60) - 1),))
    reaching = replace(state, fold=back)
    assert pruned(reaching, THERAPY) is reaching


def test_planned_ends_from_before_are_let_go_with_what_was_folded() -> None:
    later = replace(PAST, closed_us=OLDER[1].to_us + 1)
    at_the_end = replace(PAST, closed_us=OLDER[1].to_us)
    assert pruned(replace(SETTLED, pasts=(PAST, at_the_end, later)), THERAPY).pasts == (later,)


def test_what_reaches_to_where_late_word_may_amend_is_kept() -> None:
    touching = (OLDER[0], replace(OLDER[1], to_us=minute(120)))
    found = pruned(replace(SETTLED, evidence=(*touching, *NEWER)), THERAPY)
    assert found.evidence == (touching[1], *NEWER)
    assert found.base == replace(refold(Fold(), touching[:1], THERAPY, found.evidence), done=())


@pytest.mark.parametrize(
    "changes",
    [{"stop": OpenStop(LAST_US)}, {"group": GROUP}, {"flow_from_us": None}, {"last_flow_us": None}],
    ids=["stopped", "not over", "not confirmed", "never"],
)
def test_nothing_is_settled_while_an_interruption_may_go_on(changes: dict[str, Any]) -> None:
    state = replace(SETTLED, fold=replace(FLOWED, **changes))
    assert pruned(state, THERAPY) is state


def test_where_nothing_is_old_enough_nothing_is_settled_and_the_last_entry_never() -> None:
    new = replace(SETTLED, evidence=NEWER)
    assert pruned(new, THERAPY) is new
    # Flow that was only reckoned with has no entry of its own; the last one is always kept.
    old = replace(SETTLED, evidence=OLDER, tail_to_us=OLDER[-1].to_us)
    assert pruned(old, THERAPY).evidence == OLDER[1:]


@pytest.mark.parametrize("late_us", [0, 1])
def test_an_entry_goes_on_for_as_long_as_late_word_may_amend_and_then_a_new_one_begins(late_us: int) -> None:
    run = replace(RUN, step_ul=100)
    fold = Fold(flow_from_us=minute(0), last_flow_us=LAST_US, reading=read(LAST_US, 8000, step_ul=100))
    state = state_of(fold, run, tail_to_us=LAST_US, tail_samples=SAMPLES)
    now_us = minute(60) + THERAPY.amend_us + late_us
    again = replace(run, at_us=now_us, to_us=now_us, earliest_us=now_us, counter_ul=8001)
    state = replace(state, tail_to_us=now_us - 1, fold=replace(fold, last_flow_us=now_us - 1))
    assert is_repeat(state, again, THERAPY)
    assert is_tail_long(state, now_us, THERAPY) is bool(late_us)
    found = admit(state, again, THERAPY)
    assert len(found.evidence) == 1 + late_us
    assert found.evidence[0].samples == b""
    assert bool(found.tail_samples) is not bool(late_us)
    assert not is_tail_long(replace(state, evidence=()), now_us, THERAPY)


def stops(count: int) -> tuple[Evidence, ...]:
    """Return stops an hour apart: none of them ends."""
    return tuple(told(EvidenceKind.STOP, minute(60 * turn)) for turn in range(count))


def test_as_many_as_may_come_late_are_kept() -> None:
    state = state_of(Fold(last_flow_us=0, stop=OpenStop(minute(0))), *stops(LATE_MAX))
    assert pruned(state, THERAPY, is_late=True) is state
    assert pruned(state, THERAPY) is state
    more = state_of(state.fold, *stops(LATE_MAX + 1))
    assert len(pruned(more, THERAPY).evidence) == LATE_MAX // 2 + 1


def test_one_that_comes_late_halves_nothing() -> None:
    kept = stops(KEPT_MAX)
    state = state_of(refold(Fold(last_flow_us=0), kept, THERAPY), *kept)
    late = told(EvidenceKind.RUN, minute(30))
    assert admit(state, late, THERAPY).evidence == (kept[0], late, *kept[1:])
    newest = told(EvidenceKind.RUN, minute(60 * KEPT_MAX))
    assert len(admit(state, newest, THERAPY).evidence) == KEPT_MAX // 2 + 1


def test_what_is_heard_of_the_last_instant_comes_after_what_was_heard_of_it() -> None:
    stood = told(EvidenceKind.NO_FLOW, minute(60))
    state = state_of(Fold(last_flow_us=minute(0), stop=OpenStop(minute(0))), stood)
    assert admit(state, flow(minute(60)), THERAPY).evidence == (stood, flow(minute(60)))


@pytest.mark.parametrize(
    ("tail", "again"),
    [
        (told(EvidenceKind.PERSON_FLOW, minute(60)), told(EvidenceKind.PERSON_FLOW, minute(61))),
        (told(EvidenceKind.RUN, minute(60)), told(EvidenceKind.RUN, minute(61))),
        (flow(minute(60)), flow(minute(60) - 1)),
    ],
    ids=["a person", "a run event", "before the last"],
)
def test_what_is_dated_by_itself_or_comes_late_repeats_nothing(tail: Evidence, again: Evidence) -> None:
    state = state_of(Fold(flow_from_us=minute(0), last_flow_us=minute(60)), tail)
    assert not is_repeat(state, again, THERAPY)
    assert is_repeat(state_of(state.fold, flow(minute(60))), flow(minute(60)), THERAPY)


def test_what_is_of_the_instant_of_the_oldest_entry_can_still_be_placed() -> None:
    state = state_of(Fold(), flow(minute(5)), base=Fold(last_flow_us=minute(10)))
    assert not is_too_old(state, flow(minute(5)))
    assert is_too_old(state, flow(minute(5) - 1))
    assert not is_too_old(replace(state, evidence=()), flow(minute(10)))
    assert is_too_old(replace(state, evidence=()), flow(minute(10) - 1))


RUN = flow(minute(60), counter_ul=1000, remaining_ul=50_000)
SAMPLES = added(b"", 60_000_000, 80)
READ = read(minute(61), 1080, remaining_ul=49_920, still_us=minute(61) - 7, kept_us=minute(59), kept_ul=900)


def closed(tail: Evidence, **changes: Any) -> Evidence:
    """Return the last entry as it is written out, two minutes after it began."""
    fold = Fold(flow_from_us=minute(0), last_flow_us=minute(62), reading=replace(READ, **changes))
    state = state_of(fold, flow(minute(0)), tail, tail_to_us=minute(62), tail_samples=SAMPLES)
    first, last = closed_log(state)
    assert first == flow(minute(0))
    return last


REACHED: dict[str, Any] = {"to_us": minute(62), "samples": SAMPLES}
LEFT: dict[str, Any] = {"still_us": minute(61) - 7, "remaining_to_ul": 49_920}


@pytest.mark.parametrize("tail", [RUN, replace(RUN, counter_ul=None), replace(RUN, remaining_ul=None)])
def test_the_last_entry_is_written_out_with_the_last_reading(tail: Evidence) -> None:
    assert closed(tail) == replace(tail, **REACHED, **LEFT, counter_to_ul=1080, read_to_us=minute(61))


def test_an_entry_that_told_neither_counter_nor_bag_is_written_out_without_a_reading() -> None:
    tail = told(EvidenceKind.NO_FLOW, minute(60))
    assert closed(tail) == replace(tail, **REACHED)


def test_an_entry_is_written_out_without_a_reading_where_none_is_known() -> None:
    fold = Fold(flow_from_us=minute(0), last_flow_us=minute(62))
    state = state_of(fold, RUN, tail_to_us=minute(62), tail_samples=SAMPLES)
    assert closed_log(state) == (replace(RUN, **REACHED),)


@pytest.mark.parametrize(
    ("read_us", "counter_ul", "read_to_us"),
    [(minute(60) - 1, 1000, minute(62)), (minute(60), 1080, minute(60))],
    ids=["before the run", "with its first report"],
)
def test_a_counter_that_stood_through_the_run_was_read_at_its_end(
    read_us: int, counter_ul: int, read_to_us: int
) -> None:
    written = replace(RUN, **REACHED, **LEFT, counter_to_ul=counter_ul, read_to_us=read_to_us)
    assert closed(RUN, at_us=read_us) == written


@pytest.mark.parametrize(
    ("kept_us", "kept"),
    [(minute(60), {"kept_us": minute(60), "kept_ul": 1000}), (minute(60) - 1, {})],
    ids=["in the run", "before it"],
)
def test_since_when_the_counter_lags_most_is_written_out_if_that_lies_in_the_run(
    kept_us: int, kept: dict[str, Any]
) -> None:
    written = replace(RUN, **REACHED, **LEFT, counter_to_ul=1080, read_to_us=minute(61), **kept)
    assert closed(RUN, kept_us=kept_us, kept_ul=1000) == written


def test_a_pump_that_stands_has_kept_up_with_nothing() -> None:
    tail = replace(RUN, kind=EvidenceKind.NO_FLOW)
    written = replace(tail, **REACHED, **LEFT, counter_to_ul=1080, read_to_us=minute(61))
    assert closed(tail, motion=Motion.STANDING, kept_us=0, kept_ul=None) == written
