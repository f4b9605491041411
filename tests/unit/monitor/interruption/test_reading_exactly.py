"""Two readings to the microsecond: rounding, edges and what a new reading keeps of the one before it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.policy import HOUR_US, MINUTE_US
from monitor.interruption.reading import Motion, Ran, Reading, after, is_due, ran, step_ul_of
from watched import BLINATUMOMAB

BEFORE = Reading(0, 0, Motion.FLOWING, 1000, 50_000, 7000, 100)
"""Read at the start; at 7 mL/h nothing comes out even."""


def seen(at_us: int, kind: EvidenceKind = EvidenceKind.FLOW, **fields: Any) -> Evidence:
    return Evidence(kind, at_us, at_us, at_us, **{"rate_ul_per_h": 7000, **fields})


def test_what_a_counter_says_is_rounded_outwards() -> None:
    found = ran(BEFORE, seen(HOUR_US, counter_ul=3000), BLINATUMOMAB)
    assert found == Ran(977_142_857, 1_080_000_000, HOUR_US, by_counter=True)
    found = ran(BEFORE, seen(HOUR_US, counter_ul=3001), BLINATUMOMAB)
    assert found == Ran(977_657_142, 1_080_514_286, HOUR_US, by_counter=True)


def test_what_a_bag_says_is_in_whole_microseconds() -> None:
    found = ran(BEFORE, seen(HOUR_US, remaining_ul=48_000), BLINATUMOMAB)
    ran_us, error_us = 1_028_571_428, 216_000_000
    assert found == Ran(ran_us - error_us, ran_us + error_us, HOUR_US, by_counter=False)
    step_us = 51_428_571
    found = ran(BEFORE, seen(10 * MINUTE_US, remaining_ul=49_500), BLINATUMOMAB)
    assert found == Ran(257_142_857 - step_us, 257_142_857 + step_us, 10 * MINUTE_US, by_counter=False)


def test_a_bag_from_which_nothing_is_gone_says_that_it_ran_for_no_longer_than_its_error() -> None:
    found = ran(BEFORE, seen(HOUR_US, EvidenceKind.NO_FLOW, remaining_ul=50_000), BLINATUMOMAB)
    assert found == Ran(0, 216_000_000, HOUR_US, by_counter=False)


def test_two_readings_of_one_instant_leave_no_time_in_which_it_stood() -> None:
    found = ran(BEFORE, seen(0, counter_ul=1000), BLINATUMOMAB)
    assert found == Ran(0, 0, 0, by_counter=True)
    assert found.is_throughout


def test_a_counter_without_a_step_is_taken_at_its_word() -> None:
    exact = replace(BEFORE, step_ul=0)
    assert ran(exact, seen(HOUR_US, EvidenceKind.NO_FLOW, counter_ul=1000), BLINATUMOMAB) == Ran(
        0, 0, HOUR_US, by_counter=True
    )


def test_a_tenth_more_than_the_gap_holds_is_the_last_that_is_believed() -> None:
    fast = replace(BEFORE, rate_ul_per_h=HOUR_US)
    found = ran(fast, seen(10, counter_ul=1111, rate_ul_per_h=HOUR_US), BLINATUMOMAB)
    assert found == Ran(10, 10, 10, by_counter=True)
    assert ran(fast, seen(10, counter_ul=1112, rate_ul_per_h=HOUR_US), BLINATUMOMAB) is None


def test_a_new_rate_of_flow_takes_the_place_of_the_last_one() -> None:
    assert after(replace(BEFORE, rate_ul_per_h=5000), seen(9, counter_ul=1000), BLINATUMOMAB) == Reading(
        9, 0, Motion.FLOWING, 1000, None, 7000, 100, 9, 1000
    )


@pytest.mark.parametrize(
    ("kind", "motion"), [(EvidenceKind.DOUBT, Motion.DOUBTFUL), (EvidenceKind.NO_FLOW, Motion.STANDING)]
)
def test_the_rate_of_what_is_no_therapy_is_not_kept(kind: EvidenceKind, motion: Motion) -> None:
    told = seen(9, kind, counter_ul=1100, rate_ul_per_h=1000)
    assert after(BEFORE, told, BLINATUMOMAB) == Reading(9, 9, motion, 1100, None, 7000, 100)
    assert after(None, told, BLINATUMOMAB) == Reading(9, 9, motion, 1100, None, None, 100)


def test_flow_that_tells_no_rate_leaves_the_last_one() -> None:
    told = seen(9, counter_ul=1100, rate_ul_per_h=None)
    assert after(BEFORE, told, BLINATUMOMAB) == Reading(9, 9, Motion.FLOWING, 1100, None, 7000, 100, 9, 1100)
    assert after(None, told, BLINATUMOMAB) == Reading(9, 9, Motion.FLOWING, 1100, None, None, 100, 9, 1100)


def test_a_counter_that_moves_on_is_due_from_its_last_reading_only() -> None:
    before = replace(BEFORE, at_us=HOUR_US)
    assert not is_due(before, 1100, HOUR_US + MINUTE_US, 0.9)
    assert is_due(before, 1000, HOUR_US + MINUTE_US, 0.9)


def test_the_therapys_step_stands_in_for_one_that_the_pump_does_not_tell() -> None:
    coarse = replace(BLINATUMOMAB, counter_step_ml=0.7)
    assert step_ul_of(coarse, seen(0)) == 700
    assert step_ul_of(coarse, seen(0, step_ul=0)) == 0
