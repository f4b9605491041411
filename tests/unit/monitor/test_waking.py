"""Where monitor time begins: every way in which a computer's clock can be wrong at start."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.waking import (
    AWAY_US_MAX,
    CLOCK_FLOOR_US,
    UNSAVED_US,
    Axis,
    Computer,
    Downtime,
    axis_of,
    lag_us,
    stored_axis,
    waking,
)

S = 1_000_000
HOUR = 3600 * S
DAY = 24 * HOUR
NOW = 1_795_000_000 * S
"""An instant in November 2026."""

Y2038 = 2_147_483_647 * S
"""The last second that 32 bits can count."""


def computer(wall_us: int, *, boot_us: int = 60 * S, boot: str = "second", synchronised: bool = False) -> Computer:
    return Computer(wall_us, boot_us, boot, synchronised)


@pytest.mark.parametrize("step_us", [-HOUR, HOUR, -DAY, 3650 * DAY, -NOW, -HOUR // 3600])
def test_on_the_same_boot_the_boot_clock_tells_the_downtime_whatever_the_wall_clock_says(step_us: int) -> None:
    axis = Axis("first", NOW - 100 * S)
    woke = waking(computer(NOW + 300 * S + step_us, boot_us=400 * S, boot="first"), NOW + 10 * S, axis)
    assert woke == (NOW + 300 * S, True, None)


def test_a_suspend_of_two_hours_while_the_monitor_is_down_counts() -> None:
    woke = waking(computer(NOW, boot_us=100 * S + 2 * HOUR, boot="first"), NOW, Axis("first", NOW - 100 * S))
    assert woke.start_us == NOW + 2 * HOUR


def test_after_a_reboot_a_clock_that_somebody_vouches_for_is_believed() -> None:
    woke = waking(computer(NOW + HOUR, synchronised=True), NOW, Axis("first", NOW))
    assert woke == (NOW + HOUR, True, None)


def test_a_board_that_wakes_with_the_time_at_which_it_went_to_sleep_leaves_its_downtime_pending() -> None:
    woke = waking(computer(NOW + 5 * S), NOW, Axis("first", NOW))
    assert woke == (NOW + 5 * S, True, Downtime(NOW, NOW + 5 * S, is_known=True))


@pytest.mark.parametrize("wall_us", [0, 1, NOW - 1, NOW - HOUR, NOW - DAY, NOW + AWAY_US_MAX + 1, NOW + 3650 * DAY])
def test_after_a_reboot_a_clock_that_cannot_be_right_leaves_the_downtime_unknown(wall_us: int) -> None:
    woke = waking(computer(wall_us), NOW, Axis("first", 0))
    start_us = NOW + UNSAVED_US
    assert woke == (start_us, False, Downtime(NOW, start_us, is_known=False))


def test_a_database_of_an_earlier_version_or_a_machine_without_a_boot_name_goes_by_the_wall_clock() -> None:
    assert waking(computer(NOW + HOUR, synchronised=True), NOW, None).start_us == NOW + HOUR
    assert waking(computer(NOW + HOUR, boot="", synchronised=True), NOW, Axis("", 0)).start_us == NOW + HOUR
    assert axis_of("not json") is None
    assert axis_of(None) is None


def test_an_older_image_of_the_database_restored_on_the_same_boot_is_dated_by_the_boot_clock() -> None:
    axis = axis_of(stored_axis(Axis("first", NOW - 100 * S)))
    woke = waking(computer(NOW - DAY, boot_us=100 * S + 5 * HOUR, boot="first"), NOW, axis)
    assert woke == (NOW + 5 * HOUR, True, None)


def test_an_older_image_of_the_database_on_another_boot_is_silence_since_it_was_made() -> None:
    woke = waking(computer(NOW + 40 * DAY, synchronised=True), NOW, Axis("first", 0))
    assert woke == (NOW + 40 * DAY, True, None)


def test_first_start_under_a_clock_that_was_never_set_begins_at_the_floor_and_is_put_right() -> None:
    woke = waking(computer(30 * S), None, None)
    assert (woke.start_us, woke.is_downtime_known) == (CLOCK_FLOOR_US, False)
    assert woke.pending is not None
    now_us = CLOCK_FLOOR_US + HOUR
    assert lag_us(woke.pending, now_us, 30 * S - CLOCK_FLOOR_US, is_synchronised=False) is None
    assert lag_us(woke.pending, now_us, NOW - now_us, is_synchronised=False) == NOW - now_us


def test_first_start_under_a_clock_that_is_set_has_nothing_pending() -> None:
    assert waking(computer(NOW), None, None) == (NOW, True, None)


@pytest.mark.parametrize("wall_us", [Y2038 - S, Y2038, Y2038 + S, 4_294_967_296 * S, 7_000_000_000 * S])
def test_2038_and_2106_are_years_like_any_other(wall_us: int) -> None:
    assert waking(computer(wall_us, synchronised=True), wall_us - HOUR, None) == (wall_us, True, None)


def test_a_downtime_of_unknown_length_has_its_bound_once_the_wall_clock_has_come_past_monitor_time() -> None:
    pending = Downtime(NOW, NOW + UNSAVED_US, is_known=False)
    now_us = NOW + HOUR
    assert lag_us(pending, now_us, -UNSAVED_US, is_synchronised=True) is None
    assert lag_us(pending, now_us, -HOUR, is_synchronised=False) is None
    assert lag_us(pending, now_us, 3 * HOUR, is_synchronised=False) == 3 * HOUR
    assert lag_us(pending, now_us, 3650 * DAY, is_synchronised=True) is None


def test_a_downtime_that_looked_right_has_its_bound_once_somebody_vouches_for_the_clock() -> None:
    pending = Downtime(NOW, NOW + 5 * S, is_known=True)
    now_us = NOW + HOUR
    assert lag_us(pending, now_us, 3 * HOUR, is_synchronised=False) is None
    assert lag_us(pending, now_us, 3 * HOUR, is_synchronised=True) == 3 * HOUR
    assert lag_us(pending, now_us, 1, is_synchronised=True) == 0
    assert lag_us(pending, now_us, -3 * HOUR, is_synchronised=True) == 0


def test_down_again_before_the_clock_is_right_the_whole_of_it_is_pending_from_the_first() -> None:
    first = Downtime(NOW, NOW + UNSAVED_US, is_known=False)
    again = waking(computer(0, boot="third"), NOW + HOUR, Axis("second", 0, first))
    assert again.pending == Downtime(NOW, NOW + HOUR + UNSAVED_US, is_known=False)
    right = waking(computer(NOW + DAY, boot="third"), NOW + HOUR, Axis("second", 0, first))
    assert right.is_downtime_known
    assert right.pending == Downtime(NOW, NOW + DAY, is_known=False)
    assert lag_us(right.pending, NOW + DAY + S, -3, is_synchronised=False) == 0


def test_a_process_that_restarts_on_the_same_boot_keeps_what_is_pending() -> None:
    pending = Downtime(NOW, NOW + UNSAVED_US, is_known=False)
    woke = waking(computer(0, boot_us=900 * S, boot="first"), NOW + 20 * S, Axis("first", NOW - 800 * S, pending))
    assert woke == (NOW + 100 * S, True, pending)


@given(
    wall_us=st.integers(0, 10**17),
    boot_us=st.integers(0, 10**15),
    boot=st.sampled_from(("first", "second", "")),
    is_synchronised=st.booleans(),
    last_alive_us=st.none() | st.integers(CLOCK_FLOOR_US, 10**16),
    axis=st.none() | st.builds(Axis, st.sampled_from(("first", "")), st.integers(0, 10**16)),
)
def test_monitor_time_never_begins_before_what_was_stored(
    wall_us: int,
    boot_us: int,
    boot: str,
    is_synchronised: bool,  # noqa: FBT001 - drawn, never spelt at a call
    last_alive_us: int | None,
    axis: Axis | None,
) -> None:
    woke = waking(Computer(wall_us, boot_us, boot, is_synchronised), last_alive_us, axis)
    assert woke.start_us >= (last_alive_us or 0)
    assert woke.is_downtime_known or (woke.pending is not None and not woke.pending.is_known)
