"""The board: what stands at the top, and how long is left at worst."""

from __future__ import annotations

import pytest

from fake_feed import NOON_US, passed_view, snapshot, view
from monitor.feed.records import Health, HealthCheck, PumpSnapshot
from monitor.feed.snapshots import snapshot_of
from monitor.interruption.offtime import Fold
from monitor.interruption.policy import HOUR_US, MINUTE_US, Policy, Therapy, Threshold
from monitor.interruption.state import Phase, PumpState

THERAPY = Therapy(name="blinatumomab", thresholds=(Threshold(4 * HOUR_US),), silence_max_us=15 * MINUTE_US)


def test_time_left_runs_to_the_deadline_of_the_interruption() -> None:
    assert snapshot("a", interruption=view("a")).time_left_us() == 195 * MINUTE_US


def test_time_left_is_negative_once_the_threshold_is_passed() -> None:
    assert snapshot("a", interruption=passed_view("a")).time_left_us() == -10 * MINUTE_US


def test_time_left_after_flow_returned_is_what_the_interruption_leaves() -> None:
    returned = view("a", is_max_running=False, deadline_at_us=None, off_max_us=HOUR_US)
    assert snapshot("a", interruption=returned).time_left_us() == 3 * HOUR_US


def test_without_an_interruption_the_worst_case_counts_from_the_last_flow_evidence() -> None:
    assert snapshot("a", last_flow_at_us=NOON_US - 10 * MINUTE_US).time_left_us() == 230 * MINUTE_US


@pytest.mark.parametrize("changes", [{"completed_at_us": NOON_US}, {"last_flow_at_us": None}])
def test_nothing_is_said_of_time_left_without_therapy(changes: dict[str, int | None]) -> None:
    assert snapshot("a", **changes).time_left_us() is None


def test_the_board_is_sorted_by_worst_case_time_left() -> None:
    pumps = [
        snapshot("done", completed_at_us=NOON_US),
        snapshot("fine"),
        snapshot("never", last_contact_at_us=None, last_flow_at_us=None, is_silent=True),
        snapshot("below", interruption=view("below")),
        snapshot("passed", interruption=passed_view("passed")),
    ]
    assert [pump.id for pump in sorted(pumps, key=PumpSnapshot.urgency)] == ["never", "passed", "below", "fine", "done"]


def test_a_pump_that_was_never_heard_stands_above_one_that_is_known_to_run() -> None:
    never = snapshot("z", last_contact_at_us=None, last_flow_at_us=None, enrolled_at_us=NOON_US - MINUTE_US)
    assert never.urgency() < snapshot("a").urgency()


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "delivering"),
        ({"interruption": view("a")}, "interrupted"),
        ({"interruption": view("a", is_max_running=False)}, "flow-returned"),
        ({"interruption": view("a", phase=Phase.AWAITING_REVIEW), "is_silent": True}, "awaiting-review"),
        ({"interruption": view("a", silent_since_us=NOON_US)}, "silent"),
        ({"is_silent": True}, "silent"),
        ({"completed_at_us": NOON_US, "is_silent": True}, "complete"),
        ({"last_flow_at_us": None}, "not-started"),
    ],
)
def test_one_word_says_what_a_pump_is_to_be_treated_as(changes: dict[str, object], word: str) -> None:
    assert snapshot("a", **changes).state() == word


def test_a_snapshot_is_made_from_the_core_s_own_state() -> None:
    fold = Fold(last_flow_us=NOON_US - MINUTE_US)
    state = PumpState(enrolled_at_us=NOON_US - HOUR_US, fold=fold, base=fold, last_contact_at_us=NOON_US - MINUTE_US)
    shown = snapshot_of(Policy(pump="a", therapy=THERAPY), state, NOON_US, view("a"))
    assert (shown.id, shown.threshold_us, shown.last_flow_at_us) == ("a", 4 * HOUR_US, NOON_US - MINUTE_US)
    assert not shown.is_silent


@pytest.mark.parametrize(("age_us", "expected"), [(None, True), (15 * MINUTE_US, False), (15 * MINUTE_US + 1, True)])
def test_silent_means_longer_than_the_therapy_allows_or_never_heard(age_us: int | None, *, expected: bool) -> None:
    heard_us = None if age_us is None else NOON_US - age_us
    state = PumpState(enrolled_at_us=0, fold=Fold(), base=Fold(), last_contact_at_us=heard_us)
    assert snapshot_of(Policy(pump="a", therapy=THERAPY), state, NOON_US).is_silent is expected


def test_one_part_that_fails_makes_the_whole_unready() -> None:
    good, bad = HealthCheck(name="storage", is_ok=True), HealthCheck(name="ladder", is_ok=False, why="late")
    assert Health(at_us=0, checks=(good,)).is_ready
    assert not Health(at_us=0, checks=(good, bad)).is_ready
