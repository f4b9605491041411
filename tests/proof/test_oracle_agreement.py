"""The production core agrees with the independent oracle over random histories; what differs has a name."""

from __future__ import annotations

import pytest

from tests.proof.oracle import MINUTE_US, Claim, Kind, Rules
from tests.proof.oracle_brute import brute_sums
from tests.proof.oracle_compare import Tally, compare, rules_of
from tests.proof.oracle_counters import (
    COUNTING,
    SLOW_ALONE_ON_GRID,
    SLOW_ON_GRID,
    WITHOUT,
    Sums,
    brute_and_intervals,
    compare_sums,
)
from tests.proof.oracle_hearing import made_up
from tests.proof.oracle_intervals import judged
from tests.proof.oracle_lags import Lag, lags_of
from tests.proof.oracle_simulator import compare_simulated
from tests.proof.oracle_slow import SLOW_ALONE, SLOW_AMONG_ALL, SLOW_OFF_PATIENT, owed_us
from tests.proof.oracle_stories import FLOWS, Story, Taste
from tests.proof.oracle_trust import dossier

ALLOWED = {"since-in-silence", "vouched"}
"""The named exceptions that were reported and not mended yet; "vouched" is no safe one."""


def _failures(tally: Tally) -> list[str]:
    return [
        f"seed {story.seed}: {each.rule}: expected {each.expected}, got {each.got}" for story, each in tally.differences
    ]


@pytest.mark.parametrize(
    ("taste", "histories"),
    [
        (Taste(has_people=False, has_restarts=False, has_repeats=False, has_silence=False), 40),
        (Taste(), 80),
        (Taste(has_other_limits=True), 40),
        (Taste(has_warnings=True), 40),
        (Taste(has_showers=True, has_restarts=False), 60),
    ],
    ids=["heard throughout", "everything", "other limits", "warnings", "off the patient"],
)
def test_the_core_shows_the_hull_of_all_fitting_histories(taste: Taste, histories: int) -> None:
    tally = Tally()
    for seed in range(histories):
        compare(made_up(seed, taste), tally)
    assert _failures(tally) == []
    assert {name for names in tally.exceptions for name in names.split("+")} <= ALLOWED
    assert tally.interruptions > histories


@pytest.mark.parametrize("has_showers", [False, True], ids=["on", "off the patient"])
def test_with_a_counter_the_bounds_hold_the_truth(*, has_showers: bool) -> None:
    tally = Tally()
    taste = Taste(has_counter=True, has_doubt=False, has_showers=has_showers, has_restarts=not has_showers)
    for seed in range(40):
        compare(made_up(seed, taste), tally)
    assert _failures(tally) == []


@pytest.mark.parametrize(
    "taste", [SLOW_ALONE, SLOW_AMONG_ALL, SLOW_OFF_PATIENT], ids=["alone", "among all", "off the patient"]
)
def test_the_bounds_hold_what_a_pump_lacked_that_went_slower_than_it_claimed(taste: Taste) -> None:
    tally, owing = Tally(), 0
    for seed in range(40):
        story = made_up(seed, taste)
        compare(story, tally, looks=2)
        rules = rules_of(story)
        owing += owed_us(story, dossier(story.events, rules), story.end_us, rules) > 0
    assert _failures(tally) == []
    assert owing >= 10


def test_what_a_slow_pump_lacks_in_sum_is_shown_to_the_second() -> None:
    sums = Sums()
    for seed in range(80):
        compare_sums(seed, SLOW_ALONE_ON_GRID, sums)
    assert (sums.equal, sums.unsound) == (80, [])


@pytest.mark.parametrize("is_line_faulty", [False, True], ids=["good line", "faulty line"])
def test_the_bounds_hold_what_reached_the_simulated_patient(*, is_line_faulty: bool) -> None:
    tally = Tally()
    for seed in range(25):
        compare_simulated(seed, tally, is_line_faulty=is_line_faulty)
    assert _failures(tally) == []


def test_interval_arithmetic_equals_brute_force() -> None:
    for seed in range(30):
        by_brute_force, by_intervals = brute_and_intervals(seed)
        assert by_brute_force == by_intervals, seed


@pytest.mark.parametrize(
    "taste", [WITHOUT, COUNTING, SLOW_ON_GRID], ids=["without counter", "with counter", "slow pumps"]
)
def test_no_fitting_history_lies_outside_the_bounds(taste: Taste) -> None:
    sums = Sums()
    for seed in range(40):
        compare_sums(seed, taste, sums)
    assert sums.unsound == []
    assert sums.narrower == 0
    assert sums.equal >= 30


def test_the_oracle_judges_the_simplest_stories_as_the_text_does() -> None:
    """Anchors by hand, so that oracle and core cannot err together unseen: stories of the scenarios in short."""
    story = made_up(0, Taste(has_silence=False, has_people=False, has_repeats=False, has_restarts=False))
    assert isinstance(story, Story)
    first = story.phases[0]
    assert first.truth == FLOWS
    until_us = int(first.until_s - 1) * 1_000_000
    heard = [event for event in story.events if event.at_us <= until_us]
    rules = Rules(ordered_ml_per_h=story.rate_ml_per_h)
    assert judged(heard, until_us, rules) == []
    silent_us = heard[-1].at_us + 16 * MINUTE_US
    (silent,) = judged(heard, silent_us, rules)
    assert (silent.low_us, silent.high_us, silent.off_class(rules)) == (0, 16 * MINUTE_US, "below")
    (long,) = judged(heard, heard[-1].at_us + 240 * MINUTE_US, rules)
    assert long.off_class(rules) == "possible"
    assert brute_sums(heard, silent_us, rules) == (0, 16 * MINUTE_US)


def test_the_oracle_sums_lags_as_the_text_does() -> None:
    """By hand: 8 steps of 0.1 mL in each 10 minutes in which 9 are due; after two of them it is doubt."""
    rules = Rules(ordered_ml_per_h=6.0)
    run = [
        Claim(minute * MINUTE_US, Kind.FLOW, volume_ml=volume_ml, rate_ml_per_h=6.0)
        for minute, volume_ml in ((0, 1.0), (10, 2.0), (20, 2.8), (30, 3.6), (40, 4.4))
    ]
    assert lags_of(run[:3], rules) == []
    assert lags_of(run, rules) == [Lag(10 * MINUTE_US, 30 * MINUTE_US, 20 * MINUTE_US)]
