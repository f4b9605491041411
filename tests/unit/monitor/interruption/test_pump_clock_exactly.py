"""The bounds of a pump's clock to the microsecond, and the edges of what may be believed of it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from monitor.interruption.policy import MINUTE_US, SECOND_US
from monitor.interruption.pump_clock import (
    SHARP_US,
    STEADY_COUNT,
    STEADY_SPAN_US,
    TRANSIT_US,
    Heard,
    Instant,
    PumpClock,
    _drift_us,
    _fineness_us,
    heard,
    is_steady,
    narrowed,
)

AHEAD_US = 7_000_000_003
"""Where the pump's clock stands; no reading of it is a whole second."""

FINE_US = 10_000

NOW_US = 100 * MINUTE_US

KNOWN = PumpClock(AHEAD_US, AHEAD_US, NOW_US, 0, 61, 2)
"""A steady clock of which the last reading left no doubt."""


@pytest.mark.parametrize(
    ("apart_us", "ppm", "expected_us"),
    [(0, 200, 0), (1, 200, 1), (5000, 200, 1), (5001, 200, 2), (10**12, 200, 200_000_000), (10**12, 7, 7_000_000)],
)
def test_drift_is_rounded_up(apart_us: int, ppm: int, expected_us: int) -> None:
    found_us = _drift_us(apart_us, ppm)
    assert found_us == expected_us
    assert isinstance(found_us, int)


@pytest.mark.parametrize(
    ("device_at_us", "expected_us"),
    [
        (0, MINUTE_US),
        (MINUTE_US, MINUTE_US),
        (MINUTE_US + SECOND_US, SECOND_US),
        (SECOND_US, SECOND_US),
        (1, FINE_US),
        (SECOND_US + 1, FINE_US),
        (SECOND_US // 2, FINE_US),
    ],
)
def test_a_clock_is_as_fine_as_what_it_shows(device_at_us: int, expected_us: int) -> None:
    found_us = _fineness_us(device_at_us)
    assert found_us == expected_us
    assert isinstance(found_us, int)


def test_the_first_reading_bounds_the_clock_by_transit_rounding_and_drift() -> None:
    found = heard(None, NOW_US + AHEAD_US, NOW_US, NOW_US)
    drift_us = 1000
    clock = PumpClock(AHEAD_US - FINE_US, AHEAD_US + FINE_US + TRANSIT_US + drift_us, NOW_US, NOW_US, 1, 0)
    assert found == Heard(clock, None)
    assert heard(PumpClock(steps=3), NOW_US + AHEAD_US, NOW_US, NOW_US) == Heard(replace(clock, steps=3), None)
    assert heard(None, NOW_US + AHEAD_US, NOW_US, NOW_US, drift_ppm=0).clock.high_us == clock.high_us - drift_us


def test_a_reading_that_agrees_narrows_what_was_known_and_drift_widens_it() -> None:
    later_us = NOW_US + MINUTE_US
    found = heard(KNOWN, later_us + AHEAD_US, later_us, later_us)
    assert found == Heard(PumpClock(AHEAD_US - FINE_US, AHEAD_US + 12_000, later_us, 0, 62, 2), None)
    wide = replace(KNOWN, low_us=AHEAD_US - 1, high_us=AHEAD_US + 10 * SECOND_US)
    found = heard(wide, later_us + AHEAD_US, later_us, later_us)
    high_us = AHEAD_US + FINE_US + TRANSIT_US + 1000
    assert found == Heard(PumpClock(AHEAD_US - FINE_US, high_us, later_us, 0, 62, 2), None)
    found = heard(wide, NOW_US + AHEAD_US, NOW_US, NOW_US)
    assert found == Heard(PumpClock(AHEAD_US - 1, high_us, NOW_US, 0, 62, 2), None), "at the same instant as well"


@pytest.mark.parametrize("side", [1, -1])
def test_readings_agree_as_long_as_their_bounds_touch(side: int) -> None:
    later_us = NOW_US + MINUTE_US
    reach_us = 12_000 + FINE_US if side > 0 else -(12_000 + FINE_US + TRANSIT_US + 1000)
    found = heard(KNOWN, later_us + AHEAD_US + reach_us, later_us, later_us)
    edge_us = AHEAD_US + side * 12_000
    assert found == Heard(PumpClock(edge_us, edge_us, later_us, 0, 62, 2), None)
    assert heard(KNOWN, later_us + AHEAD_US + reach_us + side, later_us, later_us).step_us is not None


def test_a_clock_that_was_set_is_learnt_anew_and_told_by_how_much() -> None:
    later_us = NOW_US + MINUTE_US
    set_us = 90 * SECOND_US
    found = heard(KNOWN, later_us + AHEAD_US + set_us, later_us, later_us)
    low_us = AHEAD_US + set_us - FINE_US
    high_us = AHEAD_US + set_us + FINE_US + TRANSIT_US + 1000
    assert found == Heard(PumpClock(low_us, high_us, later_us, later_us, 1, 3), set_us + 2_500_500)
    odd = heard(replace(KNOWN, low_us=AHEAD_US - 1), later_us + AHEAD_US + set_us, later_us, later_us)
    assert odd.step_us == set_us + 2_500_500
    assert isinstance(odd.step_us, int)


def test_only_a_message_that_was_held_up_for_longer_than_a_moment_is_no_reading() -> None:
    later_us = NOW_US + MINUTE_US
    sharp = heard(KNOWN, later_us + AHEAD_US, later_us - SHARP_US, later_us)
    assert sharp.clock.count == 62
    assert heard(KNOWN, later_us + AHEAD_US, later_us - SHARP_US - 1, later_us) == Heard(KNOWN, None)


def test_a_reading_before_the_last_one_teaches_nothing_and_one_at_the_same_instant_does() -> None:
    assert heard(KNOWN, NOW_US + AHEAD_US, NOW_US, NOW_US).clock.count == 62
    assert heard(KNOWN, NOW_US + AHEAD_US, NOW_US - 1, NOW_US - 1) == Heard(KNOWN, None)


def test_a_clock_is_steady_from_the_last_reading_that_is_asked_for() -> None:
    least = PumpClock(0, 0, STEADY_SPAN_US, 0, STEADY_COUNT, 0)
    assert is_steady(least)
    assert not is_steady(replace(least, count=STEADY_COUNT - 1))
    assert not is_steady(replace(least, since_us=1))


def test_a_message_is_dated_by_the_clock_give_or_take_its_bounds() -> None:
    clock = replace(KNOWN, low_us=AHEAD_US - 5, high_us=AHEAD_US + 7)
    said_us = 50 * MINUTE_US
    spare_us = FINE_US + 960_000
    found = narrowed(clock, said_us + AHEAD_US, 20 * MINUTE_US, 90 * MINUTE_US)
    assert found == Instant(said_us - 7 - spare_us, said_us + 5 + spare_us + TRANSIT_US)
    assert narrowed(clock, said_us + AHEAD_US, said_us, said_us + SECOND_US) == Instant(said_us, said_us + SECOND_US)
    found = narrowed(clock, said_us + AHEAD_US, 20 * MINUTE_US, 90 * MINUTE_US, drift_ppm=0)
    assert found == Instant(said_us - 7 - FINE_US, said_us + 5 + FINE_US + TRANSIT_US)


def test_only_what_lies_between_the_first_and_the_last_reading_is_dated() -> None:
    said_us = 50 * MINUTE_US
    whole = Instant(0, NOW_US)
    assert narrowed(KNOWN, said_us + AHEAD_US, *whole) != whole
    assert narrowed(KNOWN, said_us + AHEAD_US, -1, NOW_US) == Instant(-1, NOW_US)
    assert narrowed(KNOWN, said_us + AHEAD_US, 0, NOW_US + 1) == Instant(0, NOW_US + 1)
    assert narrowed(replace(KNOWN, count=4), said_us + AHEAD_US, *whole) == whole
    assert narrowed(None, said_us + AHEAD_US, *whole) == whole


def test_a_clock_that_fits_arrival_by_one_instant_is_believed() -> None:
    oldest_us, newest_us = 50 * MINUTE_US, 60 * MINUTE_US
    spare_us = FINE_US + 600_000
    said_us = oldest_us - spare_us - TRANSIT_US
    assert narrowed(KNOWN, said_us + AHEAD_US, oldest_us, newest_us) == Instant(oldest_us, oldest_us)
    assert narrowed(KNOWN, said_us - 1 + AHEAD_US, oldest_us, newest_us) == Instant(oldest_us, newest_us)
