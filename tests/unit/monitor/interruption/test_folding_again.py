"""When what was believed is taken back, and the clock folded again with what later evidence says."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clock_parts import MERGE_US, SILENCE_US, THERAPY, ended, flow, group_of, minute, read, told
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.folding import apply, needs_refold, refold
from monitor.interruption.lookahead import Ahead
from monitor.interruption.offtime import Fold, OpenStop
from monitor.interruption.reading import Reading

replace = msgspec.structs.replace
GROUP = group_of(ended(minute(-1), minute(0)))
FLOWING = Fold(flow_from_us=minute(0), last_flow_us=minute(60))
STOPPED = replace(FLOWING, stop=OpenStop(minute(60)))
COVERED = told(EvidenceKind.COVERED, minute(60), earliest_us=minute(0))
COUNTED = flow(minute(60), counter_ul=6000)
"""An hour's dose since a reading at minute 0."""


@pytest.mark.parametrize(
    ("fold", "expected"),
    [
        (FLOWING, False),
        (STOPPED, True),
        (replace(FLOWING, group=GROUP), True),
        (replace(FLOWING, done=(GROUP,)), True),
    ],
)
def test_a_log_without_a_hole_takes_back_stops(fold: Fold, *, expected: bool) -> None:
    assert needs_refold(fold, COVERED, THERAPY) is expected


def parted(reading: Reading | None, flow_from_us: int | None = minute(30), **changes: Any) -> Fold:
    return Fold(flow_from_us=flow_from_us, last_flow_us=minute(40), reading=reading, **{"group": GROUP, **changes})


@pytest.mark.parametrize(
    ("fold", "evidence", "expected"),
    [
        (parted(read(minute(0))), COUNTED, True),
        (parted(read(minute(0)), group=None, done=(GROUP,)), COUNTED, True),
        (parted(read(minute(0)), group=None), COUNTED, False),
        (parted(None), COUNTED, False),
        (parted(read(minute(0)), None), COUNTED, False),
        (parted(read(minute(0)), minute(0)), COUNTED, False),
        (parted(read(minute(0)), minute(0) + 1), COUNTED, True),
        (parted(read(minute(0))), flow(minute(60), counter_ul=3500), False),
        (parted(read(minute(0))), flow(minute(60)), False),
        (parted(read(minute(0))), told(EvidenceKind.NO_FLOW, minute(60), counter_ul=6000), False),
        (parted(read(minute(0))), told(EvidenceKind.RUN, minute(60), counter_ul=6000), False),
        (parted(read(minute(0), None, remaining_ul=50_000)), flow(minute(60), remaining_ul=45_000), True),
    ],
)
def test_a_counter_that_accounts_for_time_in_which_flow_had_been_missed_takes_it_back(
    fold: Fold, evidence: Evidence, *, expected: bool
) -> None:
    assert needs_refold(fold, evidence, THERAPY) is expected


def stop_at(at_us: int, earliest_us: int | None = None, kind: EvidenceKind = EvidenceKind.STOP) -> Evidence:
    return told(kind, at_us, earliest_us=at_us if earliest_us is None else earliest_us)


RETURNED = Fold(flow_from_us=minute(0), last_flow_us=minute(60), group=GROUP)
MERGED_US = minute(0) + MERGE_US


@pytest.mark.parametrize("kind", [EvidenceKind.STOP, EvidenceKind.PERSON_STOP])
@pytest.mark.parametrize(
    ("fold", "earliest_us", "expected"),
    [
        (RETURNED, MERGED_US, False),
        (RETURNED, MERGED_US - 1, True),
        (replace(RETURNED, group=None, done=(GROUP,)), MERGED_US - 1, True),
        (replace(RETURNED, group=None), MERGED_US - 1, False),
        (replace(RETURNED, flow_from_us=None), MERGED_US - 1, False),
        (replace(RETURNED, checked_us=MERGED_US), MERGED_US - 1, False),
        (replace(FLOWING, bridged_us=minute(50)), minute(50), False),
        (replace(FLOWING, bridged_us=minute(50)), minute(50) - 1, True),
        (replace(FLOWING, bridged_us=minute(50), checked_us=minute(50)), minute(50) - 1, False),
    ],
)
def test_a_stop_that_reaches_back_takes_back_what_was_believed_until_then(
    fold: Fold, earliest_us: int, kind: EvidenceKind, *, expected: bool
) -> None:
    assert needs_refold(fold, stop_at(minute(61), earliest_us, kind), THERAPY) is expected


@pytest.mark.parametrize(
    ("ran_us", "earliest_us", "expected"),
    [(1, minute(61) - 1, True), (1, minute(61), False), (0, minute(61) - 1, False)],
)
def test_a_stop_with_a_latency_takes_back_what_the_motor_ran_inside_the_one_that_is_open(
    ran_us: int, earliest_us: int, *, expected: bool
) -> None:
    fold = replace(FLOWING, stop=OpenStop(minute(50), ran_least_us=ran_us, ran_most_us=5))
    assert needs_refold(fold, stop_at(minute(61), earliest_us), THERAPY) is expected


def test_a_pump_that_is_only_seen_standing_takes_nothing_back() -> None:
    seen = stop_at(minute(61), minute(0), EvidenceKind.NO_FLOW)
    assert not needs_refold(replace(RETURNED, bridged_us=minute(60)), seen, THERAPY)


def in_order(base: Fold, evidence: tuple[Evidence, ...], ahead: Ahead) -> Fold:
    for piece in evidence:
        base = apply(base, piece, THERAPY, ahead)
    return base


def test_evidence_is_folded_in_order_from_the_base() -> None:
    pieces = (flow(minute(61)), stop_at(minute(62)), flow(minute(70)))
    assert refold(FLOWING, pieces, THERAPY) == in_order(FLOWING, pieces, Ahead())
    assert refold(FLOWING, (), THERAPY) is FLOWING


def test_flow_inside_the_window_of_a_later_stop_is_doubted_and_flow_before_it_is_not() -> None:
    window = Ahead(windows=((minute(70), minute(80)),))
    stop = stop_at(minute(80), minute(70))
    parts = (
        flow(minute(61), to_us=minute(70), read_to_us=minute(61)),
        told(EvidenceKind.FLOW_DOUBTED, minute(70), to_us=minute(75), rate_ul_per_h=5000),
        stop,
    )
    expected = in_order(FLOWING, parts, window)
    assert refold(FLOWING, (flow(minute(61), to_us=minute(75)), stop), THERAPY) == expected
    later = refold(FLOWING, (flow(minute(61), to_us=minute(75)),), THERAPY, (stop,))
    assert later == in_order(FLOWING, parts[:2], window), "what is known later counts, and is not folded"


def test_a_run_event_inside_the_window_is_doubted_and_standing_inside_it_is_not() -> None:
    window = Ahead(windows=((minute(62), minute(80)),))
    stop = stop_at(minute(80), minute(62))
    standing = told(EvidenceKind.NO_FLOW, minute(65))
    parts = (standing, told(EvidenceKind.RUN_DOUBTED, minute(70)), stop)
    found = refold(FLOWING, (standing, told(EvidenceKind.RUN, minute(70)), stop), THERAPY)
    assert found == in_order(FLOWING, parts, window)


def test_flow_that_is_taken_back_began_the_therapy_all_the_same() -> None:
    window = Ahead(windows=((minute(-5), minute(10)),))
    stop = stop_at(minute(10), minute(-5))
    begun = Fold(flow_from_us=minute(0), last_flow_us=minute(0))
    doubted = told(EvidenceKind.FLOW_DOUBTED, minute(0), to_us=minute(3), rate_ul_per_h=5000)
    found = refold(Fold(), (flow(minute(0), to_us=minute(3)), stop), THERAPY)
    assert found == in_order(begun, (doubted, stop), window)
    assert (found.flow_from_us, found.last_flow_us) == (minute(0), minute(0))


def test_a_bridge_excuses_silence_before_flow_that_is_believed_beside_a_window() -> None:
    late_us = minute(60) + SILENCE_US + 1
    covered = told(EvidenceKind.COVERED, late_us, earliest_us=minute(60))
    stop = stop_at(late_us + 10, late_us + 5)
    found = refold(FLOWING, (flow(late_us), covered), THERAPY, (stop,))
    ahead = Ahead(windows=((late_us + 5, late_us + 10),), bridges=((minute(60), late_us),))
    assert found == in_order(FLOWING, (flow(late_us), covered), ahead)
    assert found.group is None
