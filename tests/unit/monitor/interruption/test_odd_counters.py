"""Counters that no motor moves so: they dither, fall or race; what they claim is no flow evidence for long."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from clock_parts import THERAPY, flow, minute, read
from monitor.interruption.lagging import lags
from monitor.interruption.offtime import Fold
from monitor.interruption.reading import MARGIN_US, Motion, after, has_moved, is_due, is_incredible
from watched import Watched

replace = msgspec.structs.replace
BEFORE = read(minute(0), 9000, still_us=minute(-1), kept_us=minute(-2), kept_ul=8900)


def told_by(shown_ml: Callable[[int], float]) -> Watched:
    """Return a pump at 5 mL/h that ran well for an hour, to 305 mL, and then showed this, minute by minute."""
    pump = Watched()
    pump.runs(0, 60, counter=300.0)
    for count in range(1, 201):
        pump.status(60 + count, counter=shown_ml(count))
    return pump


@pytest.mark.parametrize(
    "shown_ml",
    [
        lambda count: 305 + 0.1 * (count % 2),
        lambda count: 305 + 0.1 * (count % 10),
        lambda count: 0.0 if count % 2 else 305.0,
        lambda count: 305 - 0.1 * count,
        lambda count: 305 + 100.0 * count,
    ],
    ids=["dithers", "is a saw-tooth", "is nothing now and then", "falls", "races"],
)
def test_a_counter_that_no_motor_moves_so_is_doubt_and_raises_a_stall(shown_ml: Callable[[int], float]) -> None:
    pump = told_by(shown_ml)
    assert pump.off()[0] == 0
    assert pump.off()[1] > 180
    assert "volume-stall" in pump.raised()


@pytest.mark.parametrize(
    "shown_ml",
    [
        lambda count: 305 + count * 5 / 60,
        lambda count: (count - 30) * 5 / 60 if count >= 30 else 305 + count * 5 / 60,
        lambda count: 305 + count * 5 / 60 + (2 if count > 30 else 0),
        lambda count: 305 + count * 15 / 60,
    ],
    ids=["runs well", "is reset once", "leaps once", "goes faster than is said"],
)
def test_what_a_motor_and_people_do_with_a_counter_is_no_doubt(shown_ml: Callable[[int], float]) -> None:
    pump = told_by(shown_ml)
    assert pump.shown == []
    assert pump.raised() == []


@pytest.mark.parametrize("more_us", [0, 1])
def test_four_times_the_rate_and_a_step_and_the_margin_are_credible(more_us: int) -> None:
    # 20 mL/h for nine minutes are 3 mL.
    at_us = minute(9) - MARGIN_US - more_us
    assert is_incredible(BEFORE, 9000 + 3100, at_us, None) is bool(more_us)
    assert is_incredible(BEFORE, 3100, at_us, 4000) is bool(more_us)
    assert not is_incredible(BEFORE, 9000 + 3100, at_us, 5001)


def test_what_is_not_known_is_not_incredible() -> None:
    now_us = minute(1)
    assert is_incredible(BEFORE, 20_000, now_us, 5000)
    assert not is_incredible(replace(BEFORE, counter_ul=None), 20_000, now_us, 5000)
    assert not is_incredible(BEFORE, None, now_us, 5000)
    assert not is_incredible(replace(BEFORE, rate_ul_per_h=None), 20_000, now_us, None)
    assert not is_incredible(replace(BEFORE, motion=Motion.UNREAD), 20_000, now_us, 5000)


def test_a_leap_is_no_movement_and_what_comes_after_it_is() -> None:
    leap = flow(minute(1), counter_ul=20_000)
    assert not has_moved(BEFORE, leap)
    left = after(BEFORE, leap, THERAPY, is_unbroken=True)
    assert left == replace(read(minute(1), 20_000), still_us=minute(-1), is_odd=True)
    assert left is not None
    assert has_moved(left, flow(minute(2), counter_ul=20_083))
    back = flow(minute(2), counter_ul=10)
    assert not has_moved(left, back)
    again = after(left, back, THERAPY, is_unbroken=True)
    assert again == replace(left, at_us=minute(2))


def test_a_fall_that_is_no_reset_leaves_what_was_shown() -> None:
    fall = flow(minute(1), counter_ul=8900)
    left = after(BEFORE, fall, THERAPY, is_unbroken=True)
    assert left == replace(BEFORE, at_us=minute(1), is_odd=True)
    assert is_due(left, 9000, minute(2), 0.9)
    assert not is_due(left, 9000, minute(0), 0.9)


def test_a_counter_that_cannot_be_lags_as_one_that_stands() -> None:
    assert is_due(BEFORE, 8900, minute(1), 0.9)
    assert is_due(BEFORE, 20_000, minute(1), 0.9)
    assert not is_due(BEFORE, 20_000, minute(0), 0.9)
    assert not is_due(BEFORE, 20_000, minute(1), 0.9, 200_000)
    assert not is_due(BEFORE, 100, minute(1), 0.9)


def test_at_the_rate_of_now_a_counter_may_have_come_further() -> None:
    faster = flow(minute(1), counter_ul=20_000, rate_ul_per_h=200_000)
    assert has_moved(BEFORE, faster)
    left = after(BEFORE, faster, THERAPY)
    assert left is not None
    assert not left.is_odd
    assert not lags(Fold(flow_from_us=minute(-9), last_flow_us=minute(0), reading=BEFORE), faster, THERAPY)


def test_a_counter_that_fell_to_nothing_is_no_reset_after_a_leap_to_a_microlitre_either() -> None:
    leapt = replace(BEFORE, counter_ul=1, is_odd=True)
    left = after(leapt, flow(minute(1), counter_ul=0), THERAPY)
    assert left is not None
    assert left.counter_ul == 1


def test_a_run_that_comes_back_to_what_was_shown_is_summed_from_there() -> None:
    run = flow(minute(1), to_us=minute(2), counter_ul=8900, counter_to_ul=9000, read_to_us=minute(2))
    left = after(BEFORE, run, THERAPY, is_unbroken=True)
    assert left is not None
    assert (left.counter_ul, left.kept_us, left.kept_ul) == (9000, minute(2), 9000)
