"""How the clock begins, what it notes before therapy and beside flow, and what doubt leaves of a reading."""

from __future__ import annotations

import msgspec
import pytest

from clock_parts import SILENCE_US, STEP_UL, THERAPY, ended, flow, group_of, minute, read, told
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.folding import apply
from monitor.interruption.lookahead import NOTHING_AHEAD, Ahead
from monitor.interruption.offtime import Fold, OpenStop, Stop
from monitor.interruption.reading import Motion, Reading
from monitor.interruption.standing import doubt
from monitor.interruption.why import Why

replace = msgspec.structs.replace
BEFORE = Fold(covered_from_us=3, covered_to_us=4)
FLOWING = Fold(flow_from_us=minute(-60), last_flow_us=minute(0), checked_us=minute(-50), reading=read(minute(0)))


def test_therapy_begins_with_the_first_claim_of_flow_borne_out_or_not() -> None:
    claim = flow(minute(0), to_us=minute(2), counter_ul=1000)
    begun = replace(BEFORE, flow_from_us=minute(0), last_flow_us=minute(2))
    assert apply(BEFORE, claim, THERAPY) == replace(begun, reading=read(minute(0)))
    assert apply(BEFORE, flow(minute(0), to_us=minute(2)), THERAPY) == begun
    assert apply(BEFORE, told(EvidenceKind.RUN, minute(0), to_us=minute(2)), THERAPY) == begun


def test_therapy_begins_with_a_person_who_sees_it_running() -> None:
    seen = told(EvidenceKind.PERSON_FLOW, minute(0))
    begun = replace(BEFORE, flow_from_us=minute(0), last_flow_us=minute(0), checked_us=minute(0))
    assert apply(BEFORE, seen, THERAPY) == begun


@pytest.mark.parametrize("kind", [EvidenceKind.NO_FLOW, EvidenceKind.DOUBT, EvidenceKind.STOP])
def test_before_therapy_what_is_not_flow_is_only_read(kind: EvidenceKind) -> None:
    assert apply(BEFORE, told(kind, minute(0)), THERAPY) is BEFORE
    motion = Motion.STANDING if kind is EvidenceKind.NO_FLOW else Motion.DOUBTFUL
    reading = read(minute(0), 1000, motion, rate_ul_per_h=None, step_ul=STEP_UL)
    assert apply(BEFORE, told(kind, minute(0), counter_ul=1000), THERAPY) == replace(BEFORE, reading=reading)


@pytest.mark.parametrize(("told_ul", "step_ul"), [(None, STEP_UL), (50, 50)])
def test_another_pump_has_a_counter_of_its_own_that_was_not_read_yet(told_ul: int | None, step_ul: int) -> None:
    swapped = told(EvidenceKind.SWAPPED, minute(5), step_ul=told_ul)
    unread = Reading(minute(5), minute(5), Motion.UNREAD, 0, None, None, step_ul)
    assert apply(FLOWING, swapped, THERAPY) == replace(FLOWING, reading=unread)


def test_a_log_read_without_a_hole_is_noted_with_both_its_ends() -> None:
    covered = told(EvidenceKind.COVERED, minute(5), earliest_us=minute(-5))
    noted = replace(FLOWING, covered_from_us=minute(-5), covered_to_us=minute(5))
    assert apply(FLOWING, covered, THERAPY) == noted


def doubted(piece: Evidence, reading: Reading) -> Fold:
    return replace(doubt(FLOWING, piece, THERAPY, NOTHING_AHEAD), reading=reading)


def test_doubted_flow_with_a_counter_that_stands_leaves_the_last_reading() -> None:
    assert FLOWING.reading is not None
    stands = told(EvidenceKind.FLOW_DOUBTED, minute(1), counter_ul=1000)
    assert apply(FLOWING, stands, THERAPY) == doubted(stands, FLOWING.reading)


def test_doubted_flow_that_moved_the_counter_is_read_as_doubtful() -> None:
    moved = told(EvidenceKind.FLOW_DOUBTED, minute(1), to_us=minute(2), counter_ul=1000, counter_to_ul=1100)
    assert apply(FLOWING, moved, THERAPY) == doubted(moved, read(minute(1), 1100, Motion.DOUBTFUL))
    reset = told(EvidenceKind.FLOW_DOUBTED, minute(1), counter_ul=80)
    assert apply(FLOWING, reset, THERAPY) == doubted(reset, read(minute(1), 80, Motion.DOUBTFUL))


def test_doubt_with_a_counter_that_stands_is_read_as_doubtful() -> None:
    trickle = told(EvidenceKind.DOUBT, minute(1), counter_ul=1000)
    still = read(minute(1), 1000, Motion.DOUBTFUL, still_us=minute(0))
    assert apply(FLOWING, trickle, THERAPY) == doubted(trickle, still)


GROUP = group_of(ended(minute(-61), minute(-60)))


def test_a_person_who_sees_it_running_carries_flow_on() -> None:
    fold = replace(FLOWING, group=GROUP)
    seen = told(EvidenceKind.PERSON_FLOW, minute(0) + SILENCE_US)
    flows = replace(fold, last_flow_us=seen.at_us, checked_us=seen.at_us, group=None, done=(GROUP,))
    assert apply(fold, seen, THERAPY) == flows, "and what has flowed for the merge time is settled"
    ahead_of_it = replace(FLOWING, last_flow_us=seen.at_us + 1)
    assert apply(ahead_of_it, seen, THERAPY) == replace(ahead_of_it, checked_us=seen.at_us)


def test_a_person_ends_a_silence_and_a_stop() -> None:
    at_us = minute(0) + SILENCE_US + 1
    seen = told(EvidenceKind.PERSON_FLOW, at_us)
    whys = (Why.FLOW_SEEN, Why.UNKNOWN, Why.UNKNOWN, Why.PERSON_SAW_FLOW)
    silence = Stop(minute(0), None, None, at_us, 0, SILENCE_US + 1, whys, is_silence=True)
    after = replace(FLOWING, flow_from_us=at_us, last_flow_us=at_us, checked_us=at_us)
    assert apply(FLOWING, seen, THERAPY) == replace(after, group=group_of(silence))
    stopped = replace(FLOWING, stop=OpenStop(minute(0), is_flow_claimed=True))
    doubt = replace(silence, is_silence=False)
    assert apply(stopped, seen, THERAPY) == replace(after, group=group_of(doubt))


def test_silence_that_a_bridge_excuses_is_none_to_a_person_either() -> None:
    at_us = minute(0) + SILENCE_US + 1
    bridged = apply(FLOWING, told(EvidenceKind.PERSON_FLOW, at_us), THERAPY, Ahead(bridges=((minute(0), at_us),)))
    assert bridged == replace(FLOWING, last_flow_us=at_us, checked_us=at_us)
