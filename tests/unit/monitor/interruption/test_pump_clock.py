"""The pump's clock as a witness: it always holds the truth, and a clock that was set is found out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.interruption.policy import HOUR_US, MINUTE_US, SECOND_US
from monitor.interruption.pump_clock import (
    STEADY_COUNT,
    TRANSIT_US,
    PumpClock,
    forgotten,
    heard,
    is_steady,
    narrowed,
)

AHEAD_US = -37 * HOUR_US + 1234
"""How wrong the pump of the examples is: where its clock stands must not matter."""

START_US = 1_790_000_000 * SECOND_US + 17_500_000


def steady(minutes: int = 60, ahead_us: int = AHEAD_US, clock: PumpClock | None = None) -> PumpClock:
    """Read a clock once a minute on a live line."""
    for minute in range(minutes + 1):
        at_us = START_US + minute * MINUTE_US
        clock, step_us = heard(clock, at_us + ahead_us, at_us, at_us)
        assert step_us is None
    assert clock is not None
    return clock


def test_a_clock_is_steady_after_enough_readings_over_ten_minutes() -> None:
    assert not is_steady(None)
    assert not is_steady(steady(9))
    assert is_steady(steady(10))
    few = steady(0)
    for _ in range(STEADY_COUNT):
        few = heard(few, START_US + AHEAD_US, START_US, START_US).clock
    assert not is_steady(few)


def test_a_message_that_was_held_up_is_dated_once_a_live_one_has_borne_the_clock_out() -> None:
    clock = steady()
    said_us = START_US + 70 * MINUTE_US
    held = said_us + AHEAD_US, START_US + 60 * MINUTE_US, START_US + 240 * MINUTE_US
    assert narrowed(clock, *held) == held[1:]
    back_us = START_US + 241 * MINUTE_US
    clock, _ = heard(clock, back_us + AHEAD_US, back_us, back_us)
    found = narrowed(clock, *held)
    assert found.oldest_us <= said_us <= found.newest_us
    assert found.newest_us - found.oldest_us < 30 * SECOND_US


def test_a_clock_that_was_set_while_nobody_heard_it_dates_nothing() -> None:
    clock = steady()
    said_us = START_US + 70 * MINUTE_US
    held = said_us + AHEAD_US + HOUR_US, START_US + 60 * MINUTE_US, START_US + 240 * MINUTE_US
    assert narrowed(clock, *held) == held[1:]
    back_us = START_US + 241 * MINUTE_US
    clock, step_us = heard(clock, back_us + AHEAD_US + HOUR_US, back_us, back_us)
    assert step_us is not None
    assert narrowed(clock, *held) == held[1:]


def test_daylight_saving_and_a_wrong_half_of_the_day_are_steps() -> None:
    for set_us in (HOUR_US, -HOUR_US, 12 * HOUR_US, -12 * HOUR_US, 2 * MINUTE_US):
        at_us = START_US + 61 * MINUTE_US
        clock, step_us = heard(steady(), at_us + AHEAD_US + set_us, at_us, at_us)
        assert step_us is not None
        assert abs(step_us - set_us) < 10 * SECOND_US
        assert (clock.count, clock.steps) == (1, 1)


def test_what_is_forgotten_is_learnt_anew_and_the_steps_stay_counted() -> None:
    at_us = START_US + 61 * MINUTE_US
    clock, _ = heard(steady(), at_us, at_us, at_us)
    bare = forgotten(clock)
    assert bare == PumpClock(steps=1)
    assert steady(clock=bare).steps == 1
    assert forgotten(None) is None


def test_a_reading_that_is_not_sharp_or_out_of_order_teaches_nothing() -> None:
    clock = steady()
    late = START_US + 90 * MINUTE_US
    assert heard(clock, late + AHEAD_US, late - HOUR_US, late) == (clock, None)
    assert heard(clock, START_US + AHEAD_US + HOUR_US, START_US, START_US) == (clock, None)


def test_a_clock_that_shows_whole_minutes_is_steady_and_is_not_believed_to_the_second() -> None:
    clock: PumpClock | None = None
    for second in range(0, 3600, 20):
        at_us = START_US + second * SECOND_US
        clock, step_us = heard(clock, (at_us + AHEAD_US) // MINUTE_US * MINUTE_US, at_us, at_us)
        assert step_us is None
    assert is_steady(clock)
    said_us = START_US + 30 * MINUTE_US
    found = narrowed(clock, (said_us + AHEAD_US) // MINUTE_US * MINUTE_US, START_US, START_US + 50 * MINUTE_US)
    assert found.oldest_us <= said_us <= found.newest_us


def test_a_clock_that_contradicts_arrival_is_not_believed() -> None:
    window = START_US + 20 * MINUTE_US, START_US + 30 * MINUTE_US
    assert narrowed(steady(), START_US + 50 * MINUTE_US + AHEAD_US, *window) == window


@st.composite
def pump_lives(draw: st.DrawFn) -> tuple[list[tuple[int, int, int]], int, int]:
    """Draw readings as (gap, how long the pump's clock was read before its message, unit of its text), ahead, ppm."""
    readings = draw(
        st.lists(
            st.tuples(
                st.integers(0, 2 * HOUR_US),
                st.integers(0, TRANSIT_US),
                st.sampled_from((1, 1000, SECOND_US, MINUTE_US)),
            ),
            min_size=1,
            max_size=40,
        )
    )
    ahead_us = draw(st.integers(-400 * 24 * HOUR_US, 400 * 24 * HOUR_US))
    return readings, ahead_us, draw(st.integers(-200, 200))


@given(pump_lives(), st.integers(0, HOUR_US), st.integers(0, HOUR_US), st.integers(0, 10**12))
def test_the_truth_is_always_inside(
    life: tuple[list[tuple[int, int, int]], int, int], before_us: int, after_us: int, pick: int
) -> None:
    readings, ahead_us, ppm = life

    def shows(at_us: int, unit_us: int) -> int:
        return (at_us + ahead_us + (at_us - START_US) * ppm // 1_000_000) // unit_us * unit_us

    clock: PumpClock | None = None
    at_us = START_US
    for gap_us, under_way_us, unit_us in readings:
        at_us += gap_us
        clock, step_us = heard(clock, shows(at_us - under_way_us, unit_us), at_us, at_us)
        assert step_us is None
        truth_us = ahead_us + (at_us - START_US) * ppm // 1_000_000
        assert clock.low_us <= truth_us <= clock.high_us
    said_us = START_US + (pick % (at_us - START_US + 1))
    read_us = said_us - pick % (TRANSIT_US + 1)
    arrived = said_us - before_us, said_us + after_us
    for unit_us in (1, SECOND_US, MINUTE_US):
        found = narrowed(clock, shows(read_us, unit_us), *arrived)
        assert arrived[0] <= found.oldest_us <= said_us <= found.newest_us <= arrived[1]
