"""Steps of the wall clock: told from a slew, told once, and over when the clock has been quiet."""

from __future__ import annotations

import pytest

from monitor.service.skew_gate import DAY_US, QUIET_US, SkewGate, WallWatch

S = 1_000_000
LOOK_US = 5 * S
HOUR_US = 3600 * S


@pytest.mark.parametrize("step_us", [-HOUR_US, HOUR_US, -24 * HOUR_US, 87_600 * HOUR_US, -1_795_000_000 * S])
def test_a_step_is_seen_once(step_us: int) -> None:
    watch = WallWatch(0, 0)
    assert watch.step_us(LOOK_US, 0) is None
    assert watch.step_us(2 * LOOK_US, step_us) == step_us
    assert watch.step_us(3 * LOOK_US, step_us) is None


def test_a_slew_at_the_kernels_limit_is_no_step_however_long_it_lasts() -> None:
    watch = WallWatch(0, 0)
    for look in range(1, 20_000):
        now_us = look * LOOK_US
        assert watch.step_us(now_us, now_us * 500 // 1_000_000) is None


def test_a_leap_second_is_no_step() -> None:
    watch = WallWatch(0, 0)
    assert watch.step_us(LOOK_US, -1 * S) is None
    assert watch.step_us(2 * LOOK_US, -1 * S) is None


def test_a_process_that_was_stopped_or_a_machine_that_slept_is_no_step() -> None:
    watch = WallWatch(0, 0)
    assert watch.step_us(7_200 * S, 3_500_000) is None


def test_a_clock_that_is_dragged_in_small_steps_is_seen() -> None:
    watch = WallWatch(0, 0)
    seen = [watch.step_us(look * LOOK_US, look * 1_500_000) for look in range(1, 20)]
    assert sum(step is not None for step in seen) >= 9


def told(gate: SkewGate, until_us: int, is_step_at: int) -> list[tuple[int, bool]]:
    """Look every five seconds with a step each ``is_step_at`` microseconds; return what changed and when."""
    found = []
    for now_us in range(LOOK_US, until_us, LOOK_US):
        changed = gate.changed(now_us, is_step=now_us % is_step_at == 0)
        if changed is not None:
            found.append((now_us, changed))
    return found


def test_what_an_earlier_process_left_open_is_over_after_a_quiet_hour() -> None:
    assert told(SkewGate(0), 3 * HOUR_US, 10**18) == [(QUIET_US, False)]


def test_a_step_is_told_and_over_after_a_quiet_hour() -> None:
    gate = SkewGate(0)
    assert gate.changed(LOOK_US, is_step=True) is True
    assert gate.changed(2 * LOOK_US, is_step=True) is None
    assert gate.changed(2 * LOOK_US + QUIET_US - 1, is_step=False) is None
    assert gate.changed(2 * LOOK_US + QUIET_US, is_step=False) is False
    assert gate.changed(2 * LOOK_US + QUIET_US + LOOK_US, is_step=False) is None


@pytest.mark.parametrize("flap_us", [5 * S, 60 * S, HOUR_US - 5 * S, HOUR_US + 5 * S, 2 * HOUR_US, 5 * HOUR_US])
def test_a_clock_that_flaps_is_told_a_few_times_a_day_at_most_and_not_for_ever(flap_us: int) -> None:
    gate = SkewGate(0)
    changes = told(gate, 3 * DAY_US, flap_us)
    assert sum(is_raised for _, is_raised in changes) <= 3 * 5
    end = [gate.changed(3 * DAY_US + hours * HOUR_US, is_step=False) for hours in range(30)]
    is_standing = changes[-1][1]
    assert end.count(False) == int(is_standing)
