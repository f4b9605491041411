"""What is kept and what is a repeat, direct and to the microsecond: runs, halves, what is let go, what is uncertain."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clock_parts import SILENCE_US, START_US, THERAPY, ended, flow, group_of, minute, read, told
from monitor.interruption.events import Order
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.evidence_log import (
    KEPT_MAX,
    LATE_MAX,
    admit,
    closed_log,
    is_repeat,
    let_go,
    pruned,
    rate_at,
    without_certainty,
)
from monitor.interruption.folding import apply, refold
from monitor.interruption.offtime import Fold, Group, OpenStop
from monitor.interruption.reading import Motion, Reading
from monitor.interruption.samples import added
from monitor.interruption.state import Incident, Phase, PumpState

replace = msgspec.structs.replace

FLOWING = Fold(flow_from_us=minute(0), last_flow_us=minute(60))
STOPPED = replace(FLOWING, stop=OpenStop(minute(50)))
RUN = flow(minute(0), to_us=minute(60))
COUNTED = flow(minute(0), to_us=minute(60), counter_ul=1000)
UNSURE_US = 5_000_000


def state_of(fold: Fold, *evidence: Evidence, **changes: Any) -> PumpState:
    tail_us = evidence[-1].to_us if evidence else 0
    return replace(
        PumpState(enrolled_at_us=0, fold=fold, base=Fold(), evidence=evidence, tail_to_us=tail_us), **changes
    )


def lagging(counter_ul: int | None, *, reading: Reading | None) -> bool:
    state = state_of(replace(FLOWING, reading=reading), COUNTED)
    return is_repeat(state, flow(minute(70), counter_ul=counter_ul), THERAPY)


def test_flow_goes_on_unless_its_counter_lags() -> None:
    at_us = read(minute(60))
    assert not lagging(1100, reading=at_us)
    assert lagging(1800, reading=at_us)
    assert lagging(1100, reading=None)
    assert lagging(None, reading=at_us)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (flow(minute(62), counter_ul=1000), True),
        (flow(minute(62), counter_ul=1001), False),
        (flow(minute(62)), False),
        (flow(minute(62), unsure_us=SILENCE_US), False),
    ],
)
def test_in_a_stop_a_claim_of_flow_only_goes_on_while_its_counter_stands(evidence: Evidence, *, expected: bool) -> None:
    unsure_us = UNSURE_US if evidence.unsure_us else 0
    tail = replace(COUNTED, unsure_us=unsure_us)
    state = state_of(replace(STOPPED, reading=read(minute(60))), tail)
    assert is_repeat(state, evidence, THERAPY) is expected


@pytest.mark.parametrize(("counter_ul", "expected"), [(1000, True), (1001, False), (None, True)])
def test_seen_standing_goes_on_while_the_counter_stands(counter_ul: int | None, *, expected: bool) -> None:
    tail = told(EvidenceKind.NO_FLOW, minute(60), counter_ul=1000)
    state = state_of(replace(STOPPED, reading=read(minute(60), motion=Motion.STANDING)), tail)
    seen = told(EvidenceKind.NO_FLOW, minute(61), counter_ul=counter_ul)
    assert is_repeat(state, seen, THERAPY) is expected


@pytest.mark.parametrize("kind", [EvidenceKind.FLOW, EvidenceKind.NO_FLOW])
def test_a_run_of_what_may_be_held_up_goes_on_as_far_as_its_kind_is_sure(kind: EvidenceKind) -> None:
    tail = told(kind, minute(60), unsure_us=UNSURE_US, counter_ul=1000)
    fold = FLOWING if kind is EvidenceKind.FLOW else replace(STOPPED, reading=read(minute(60), motion=Motion.STANDING))
    state = state_of(fold, tail, tail_samples=b"")
    again = told(kind, minute(61), unsure_us=UNSURE_US, counter_ul=1000)
    reached_us = minute(61) if kind is EvidenceKind.FLOW else minute(61) - UNSURE_US
    known = None if fold.reading is None else 0
    assert admit(state, again, THERAPY) == replace(
        state,
        fold=apply(fold, again, THERAPY),
        tail_to_us=reached_us,
        tail_samples=added(b"", reached_us - minute(60), known),
    )


def kept_of(count: int) -> tuple[Evidence, ...]:
    """Return short stops with flow for longer than a merge time after each."""
    pieces = []
    for turn in range(0, count, 2):
        pieces += [
            flow(minute(40 * turn), to_us=minute(40 * turn + 60)),
            told(EvidenceKind.STOP, minute(40 * turn + 65)),
        ]
    return tuple(pieces[:count])


def incident(number: int, group: Group, phase: Phase) -> Incident:
    return Incident(
        number=number,
        opened_at_us=group.opened_us,
        noticed_at_us=0,
        flow_us=None if phase is Phase.OPEN else group.flow_us,
        phase=phase,
        is_kept=True,
    )


@pytest.mark.parametrize(("count", "is_late"), [(KEPT_MAX + 1, False), (LATE_MAX + 1, True)])
def test_when_too_much_is_kept_the_older_half_is_folded_for_good(count: int, *, is_late: bool) -> None:
    kept = kept_of(count)
    half = len(kept) // 2
    older, newer = kept[:half], kept[half:]
    base = Fold()
    fold = refold(base, kept, THERAPY)
    first, second, third = fold.done[:3]
    incidents = (
        incident(1, first, Phase.ENDED),
        replace(incident(2, second, Phase.ENDED), phase=Phase.OPEN),
        incident(3, third, Phase.AWAITING_REVIEW),
    )
    state = replace(state_of(fold, *kept), incidents=incidents)
    found = pruned(state, THERAPY, is_late=is_late)
    settled = (first, third)
    folded = refold(base, older, THERAPY, newer)
    assert found == replace(
        state,
        evidence=newer,
        base=replace(folded, done=tuple(group for group in folded.done if group not in settled)),
        fold=replace(fold, done=tuple(group for group in fold.done if group not in settled)),
        incidents=(replace(incidents[0], is_kept=False), incidents[1], replace(incidents[2], is_kept=False)),
    )
    assert second in found.base.done
    assert len(found.fold.done) == len(fold.done) - 2


def test_late_ones_are_kept_for_longer() -> None:
    kept = kept_of(KEPT_MAX + 1)
    state = state_of(refold(Fold(), kept, THERAPY), *kept)
    # All but what lies before the first stop, whose end nobody was told yet.
    assert pruned(state, THERAPY, is_late=True).evidence == kept[1:]
    shorter = state_of(state.fold, *kept[:-1])
    assert pruned(shorter, THERAPY).evidence == kept[1:-1]


def test_what_the_newer_half_says_of_the_older_one_counts_in_it() -> None:
    kept = kept_of(KEPT_MAX + 1)
    half = len(kept) // 2
    stop = kept[half + 1] if kept[half].kind is EvidenceKind.FLOW else kept[half]
    back = replace(stop, earliest_us=minute(40 * (half - 2) + 30))
    kept = tuple(back if piece is stop else piece for piece in kept)
    state = state_of(refold(Fold(), kept, THERAPY), *kept)
    folded = refold(Fold(), kept[:half], THERAPY, kept[half:])
    assert folded != refold(Fold(), kept[:half], THERAPY)
    assert pruned(state, THERAPY).base == folded


GROUP = group_of(ended(minute(10), minute(20)))


@pytest.mark.parametrize(
    ("opened_us", "flow_us", "expected"),
    [
        (minute(0), minute(10) - 1, True),
        (minute(0), minute(10), False),
        (minute(12), minute(15), False),
        (minute(20), minute(30), False),
        (minute(20) + 1, minute(30), True),
        (minute(12), None, True),
    ],
)
def test_an_interruption_is_let_go_with_the_stops_it_shares_an_instant_with(
    opened_us: int, flow_us: int | None, *, expected: bool
) -> None:
    one = Incident(number=1, opened_at_us=opened_us, noticed_at_us=0, flow_us=flow_us, is_kept=True)
    other = replace(one, number=2, opened_at_us=minute(15), flow_us=minute(16), is_kept=False)
    state = replace(state_of(FLOWING), incidents=(one, other))
    found = let_go(state, (group for group in (GROUP,)))
    assert found == replace(state, incidents=(replace(one, is_kept=expected), other))
    assert let_go(state, ()) is state


def test_without_anything_that_is_kept_nothing_is_let_go() -> None:
    one = Incident(number=1, opened_at_us=minute(12), noticed_at_us=0, flow_us=minute(13))
    state = replace(state_of(FLOWING), incidents=(one,))
    assert let_go(state, (GROUP,)) is state


@pytest.mark.parametrize(
    ("about_us", "ordered", "expected"),
    [
        (minute(0), None, 5.0),
        (minute(0) - 1, None, None),
        (minute(0) - 1, 6.0, 6.0),
        (minute(0), 6.0, 5.0),
        (minute(0), 4.0, 4.0),
        (minute(0), 0.0, 5.0),
    ],
)
def test_the_rate_of_then_is_the_slowest_that_was_told_by_then(
    about_us: int, ordered: float | None, expected: float | None
) -> None:
    order = None if ordered is None else Order(rate_ml_per_h=ordered)
    later = told(EvidenceKind.NO_FLOW, minute(60))
    assert rate_at(state_of(FLOWING, RUN, later, order=order), about_us) == expected


def test_the_last_rate_that_was_told_counts() -> None:
    state = state_of(FLOWING, RUN, flow(minute(61), rate_ul_per_h=2000), flow(minute(70), rate_ul_per_h=3000))
    assert rate_at(state, minute(65)) == 2.0
    assert rate_at(state, minute(75)) == 3.0


@pytest.mark.parametrize(
    ("about_us", "is_in"),
    [(minute(10) - 1, False), (minute(10), True), (minute(20), True), (minute(20) + 1, False)],
)
@pytest.mark.parametrize("kind", [EvidenceKind.FLOW, EvidenceKind.RUN, EvidenceKind.STOP])
def test_flow_too_old_to_be_placed_leaves_nothing_certain_where_it_may_have_been(
    kind: EvidenceKind, about_us: int, *, is_in: bool
) -> None:
    fold = replace(FLOWING, group=GROUP)
    state = replace(state_of(fold), base=replace(fold, checked_us=START_US))
    unsure = replace(GROUP, min_us=0, longest_min_us=0)
    expected = state
    if is_in and kind is not EvidenceKind.STOP:
        expected = replace(state, fold=replace(fold, group=unsure), base=replace(state.base, group=unsure))
    assert without_certainty(state, told(kind, about_us)) == expected


@pytest.mark.parametrize(("about_us", "ran_us"), [(minute(50), 9 + 60_000_000), (minute(50) - 1, 9)])
def test_what_is_certain_of_an_open_stop_may_all_have_been_flow(about_us: int, ran_us: int) -> None:
    stop = OpenStop(minute(50), minute(51), minute(52) + 9, ran_most_us=9)
    state = replace(state_of(replace(FLOWING, stop=stop)), base=replace(FLOWING, stop=stop))
    fold = replace(FLOWING, stop=replace(stop, ran_most_us=ran_us))
    assert without_certainty(state, flow(about_us)) == replace(state, fold=fold, base=fold)


def test_the_reach_of_the_last_entry_is_written_into_it() -> None:
    state = state_of(replace(FLOWING, reading=read(minute(61))), COUNTED, tail_to_us=minute(61))
    assert closed_log(state)[-1].to_us == minute(61)
    assert closed_log(state_of(FLOWING)) == ()
