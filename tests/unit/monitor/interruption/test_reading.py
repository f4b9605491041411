"""How long the motor ran between two readings, to the microsecond, and when a reading can tell nothing."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.policy import HOUR_US, MINUTE_US, SECOND_US
from monitor.interruption.reading import MARGIN_US, Motion, Ran, Reading, after, has_moved, is_due, ran, step_ul_of
from watched import BLINATUMOMAB

STEP_US = 72 * SECOND_US
"""One step of 0.1 mL at 5 mL/h."""


def reading(**changes: Any) -> Reading:
    fields: dict[str, Any] = {
        "at_us": 0,
        "still_us": 0,
        "motion": Motion.FLOWING,
        "counter_ul": 1000,
        "remaining_ul": None,
        "rate_ul_per_h": 5000,
        "step_ul": 100,
    }
    return Reading(**{**fields, **changes})


def evidence(minute: float, counter_ul: int | None, kind: EvidenceKind = EvidenceKind.FLOW, **fields: Any) -> Evidence:
    at_us = round(minute * MINUTE_US)
    rate = 5000 if kind is EvidenceKind.FLOW else None
    return Evidence(kind, at_us, at_us, at_us, **{"counter_ul": counter_ul, "rate_ul_per_h": rate, **fields})


def told(before: Reading | None, piece: Evidence) -> Ran:
    """Return what the two readings say; they do say something."""
    found = ran(before, piece, BLINATUMOMAB)
    assert found is not None
    return found


def test_a_counter_says_how_long_it_ran_give_or_take_a_step() -> None:
    found = ran(reading(), evidence(180, 6000, EvidenceKind.NO_FLOW), BLINATUMOMAB)
    assert found is not None
    assert (found.at_least_us, found.at_most_us) == (HOUR_US - STEP_US, HOUR_US + STEP_US)
    assert found.span_us == 180 * MINUTE_US
    assert found.by_counter
    assert not found.is_throughout


def test_what_lies_within_a_step_of_all_of_it_is_throughout() -> None:
    moved = 1000 + 5000
    assert told(reading(), evidence(61.2, moved)).is_throughout
    assert not told(reading(), evidence(61.21, moved)).is_throughout


def test_bounds_lie_inside_the_gap() -> None:
    found = ran(reading(), evidence(1, 1000), BLINATUMOMAB)
    assert found is not None
    assert (found.at_least_us, found.at_most_us) == (0, MINUTE_US)


@pytest.mark.parametrize(
    ("before", "piece"),
    [
        (None, evidence(60, 6000)),
        (reading(motion=Motion.DOUBTFUL), evidence(60, 6000)),
        (reading(motion=Motion.UNREAD), evidence(60, 6000)),
        (reading(), evidence(60, 6000, unsure_us=1)),
        (reading(rate_ul_per_h=4000), evidence(60, 6000)),
        (reading(rate_ul_per_h=None), evidence(60, 6000, EvidenceKind.NO_FLOW)),
        (reading(), evidence(60, 6000, rate_ul_per_h=None)),
        (reading(), evidence(60, 999)),
        (reading(), evidence(60, None)),
        (reading(counter_ul=None), evidence(60, 6000)),
        (reading(at_us=HOUR_US + 1), evidence(60, 6000)),
        (reading(), evidence(10, 3000)),
    ],
)
def test_a_reading_that_cannot_tell_says_nothing(before: Reading | None, piece: Evidence) -> None:
    assert ran(before, piece, BLINATUMOMAB) is None


def test_more_than_fits_by_a_tenth_is_still_believed() -> None:
    least = 1000 + 100 + int(5000 * 1.1)
    assert ran(reading(), evidence(60, least), BLINATUMOMAB) is not None
    assert ran(reading(), evidence(60, least + 1), BLINATUMOMAB) is None


def test_from_a_pump_that_stood_the_new_rate_counts() -> None:
    found = ran(reading(motion=Motion.STANDING, rate_ul_per_h=9000), evidence(60, 2000), BLINATUMOMAB)
    assert found is not None
    assert found.at_least_us == 12 * MINUTE_US - STEP_US


def test_the_bag_says_the_same_with_a_wider_error() -> None:
    before = reading(counter_ul=None, remaining_ul=100_000)
    found = ran(before, evidence(180, None, EvidenceKind.NO_FLOW, remaining_ul=95_000), BLINATUMOMAB)
    assert found is not None
    error_us = round(0.06 * 180 * MINUTE_US)
    assert (found.at_least_us, found.at_most_us) == (HOUR_US - error_us, HOUR_US + error_us)
    assert not found.by_counter


def test_the_error_of_a_bag_is_at_least_a_step() -> None:
    before = reading(counter_ul=None, remaining_ul=100_000)
    found = ran(before, evidence(10, None, remaining_ul=99_600), BLINATUMOMAB)
    assert found is not None
    assert found.at_least_us == 288 * SECOND_US - STEP_US


def test_the_bag_speaks_where_the_counter_does_not() -> None:
    before = reading(remaining_ul=100_000)
    both = evidence(180, 6000, EvidenceKind.NO_FLOW, remaining_ul=90_000)
    assert told(before, both).by_counter
    assert not told(before, evidence(180, 999, EvidenceKind.NO_FLOW, remaining_ul=95_000)).by_counter
    refilled = evidence(180, 999, EvidenceKind.NO_FLOW, remaining_ul=100_001)
    assert ran(before, refilled, BLINATUMOMAB) is None
    assert ran(reading(counter_ul=None), evidence(180, None, remaining_ul=5), BLINATUMOMAB) is None


def test_a_counter_that_went_back_counts_from_nothing() -> None:
    assert has_moved(reading(), evidence(1, 1001))
    assert not has_moved(reading(), evidence(1, 1000))
    assert has_moved(reading(), evidence(1, 1))
    assert not has_moved(reading(), evidence(1, 0))
    assert not has_moved(None, evidence(1, 5))
    assert not has_moved(reading(counter_ul=None), evidence(1, 5))
    assert not has_moved(reading(), evidence(1, None))


def test_a_counter_lags_once_more_than_a_step_is_due() -> None:
    due_us = round(STEP_US / 0.9) + MARGIN_US
    assert not is_due(reading(), 1000, due_us, 0.9)
    assert is_due(reading(), 1000, due_us + 1, 0.9)
    assert is_due(reading(at_us=MINUTE_US), 1000, due_us + 1, 0.9), "it has stood since it was first seen so"
    assert not is_due(reading(at_us=MINUTE_US), 1001, due_us + 1, 0.9)


def test_a_counter_that_moved_too_little_lags_as_well() -> None:
    enough_us = round(2 * STEP_US / 0.9) + MARGIN_US
    assert not is_due(reading(), 1100, enough_us, 0.9)
    assert is_due(reading(), 1100, enough_us + 1, 0.9)


@pytest.mark.parametrize(
    "before",
    [
        None,
        reading(motion=Motion.STANDING),
        reading(counter_ul=None),
        reading(rate_ul_per_h=None),
        reading(counter_ul=1001),
    ],
)
def test_where_nothing_is_known_nothing_lags(before: Reading | None) -> None:
    assert not is_due(before, 1000, HOUR_US, 0.9)
    assert not is_due(reading(), None, HOUR_US, 0.9)


def test_a_run_leaves_its_last_reading() -> None:
    run = evidence(10, 1000, counter_to_ul=1500, read_to_us=HOUR_US, still_us=HOUR_US - 5, remaining_ul=9, step_ul=50)
    left = after(None, run, BLINATUMOMAB)
    assert left == Reading(HOUR_US, HOUR_US - 5, Motion.FLOWING, 1500, 9, 5000, 50, 10 * MINUTE_US, 1000)
    assert after(left, evidence(70, 1500, remaining_ul=8, remaining_to_ul=7), BLINATUMOMAB) == Reading(
        70 * MINUTE_US, HOUR_US - 5, Motion.FLOWING, 1500, 7, 5000, 100, 70 * MINUTE_US, 1500
    )


def test_what_a_pump_says_it_does_is_noted_with_its_reading() -> None:
    before = reading()
    stands = after(before, evidence(1, 1000, EvidenceKind.NO_FLOW), BLINATUMOMAB)
    assert stands is not None
    assert (stands.motion, stands.rate_ul_per_h) == (Motion.STANDING, 5000)
    doubts = after(before, evidence(1, 1000, EvidenceKind.DOUBT), BLINATUMOMAB)
    assert doubts is not None
    assert doubts.motion is Motion.DOUBTFUL
    held = after(before, evidence(1, 1000, unsure_us=1), BLINATUMOMAB)
    assert held is not None
    assert held.motion is Motion.DOUBTFUL
    assert after(before, evidence(1, None), BLINATUMOMAB) is before
    assert step_ul_of(BLINATUMOMAB, evidence(1, 1)) == 100
