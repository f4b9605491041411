"""Monitor time against all ways in which a computer's clock goes wrong: no duration changes, nothing stands."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from monitor.interruption.state import OffClass, Phase
from odd_computer import DAY_US, HOUR_US, MINUTE_US, NOW_US, SECOND_US, OddComputer, OddHouse

YEARS_10_US = 3652 * DAY_US


@pytest.fixture
def computer(monkeypatch: pytest.MonkeyPatch) -> OddComputer:
    return OddComputer(monkeypatch)


@pytest.fixture
def house(computer: OddComputer, tmp_path: Path) -> OddHouse:
    return OddHouse(computer, tmp_path / "pumpwatch.db")


@pytest.mark.parametrize("step_us", [-HOUR_US, HOUR_US, -DAY_US, YEARS_10_US, -NOW_US])
def test_a_step_of_the_wall_clock_in_a_stop_changes_no_duration_and_is_told_once(house: OddHouse, step_us: int) -> None:
    house.live(30 * MINUTE_US)
    house.live(30 * MINUTE_US, "not-delivering")
    house.computer.wall_us += step_us
    house.live(30 * MINUTE_US, "not-delivering")
    house.live(5 * MINUTE_US)
    assert house.off_us == (59 * MINUTE_US, 61 * MINUTE_US)
    assert house.skews() == [""]
    house.live(HOUR_US)
    assert house.skews() == []
    assert house.told_of_clock() == 1


def test_a_wall_clock_that_flaps_is_told_once_while_it_does(house: OddHouse) -> None:
    for _ in range(120):
        house.computer.wall_us += HOUR_US
        house.live(MINUTE_US)
        house.computer.wall_us -= HOUR_US
        house.live(MINUTE_US)
    assert house.skews() == [""]
    assert house.told_of_clock() == 1


def test_daylight_saving_and_flights_leave_the_wall_clock_of_a_computer_alone(
    house: OddHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.live(30 * MINUTE_US)
    for zone in ("America/Chicago", "Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati"):
        monkeypatch.setenv("TZ", zone)
        house.live(30 * MINUTE_US, "not-delivering")
    assert house.off_us == (119 * MINUTE_US, 120 * MINUTE_US)
    assert house.skews() == []


def test_a_slew_at_the_limit_for_a_day_is_told_nobody(house: OddHouse) -> None:
    for _ in range(24 * 12):
        house.live(5 * MINUTE_US, every_us=5 * MINUTE_US)
        house.computer.wall_us += 150_000
    assert house.skews() == []
    assert not house.shown


def test_a_machine_that_slept_two_hours_has_two_hours_of_silence(house: OddHouse) -> None:
    house.live(30 * MINUTE_US)
    house.computer.wait(2 * HOUR_US)
    house.look()
    assert house.off_us == (0, 2 * HOUR_US)
    assert house.skews() == []


def test_a_process_that_was_stopped_for_ten_minutes_has_them_as_width(house: OddHouse) -> None:
    house.live(30 * MINUTE_US)
    house.say("not-delivering")
    house.computer.wait(10 * MINUTE_US)
    house.say("not-delivering")
    assert house.off_us == (10 * MINUTE_US, 10 * MINUTE_US)


@pytest.mark.parametrize("step_us", [0, -HOUR_US, HOUR_US, -DAY_US, YEARS_10_US, -NOW_US])
def test_a_process_that_starts_again_knows_its_downtime_whatever_the_wall_clock_says(
    house: OddHouse, step_us: int
) -> None:
    house.live(30 * MINUTE_US)
    house.stop()
    house.computer.wait(50 * MINUTE_US)
    house.computer.wall_us += step_us
    house.start()
    house.look()
    assert house.off_us == (0, 50 * MINUTE_US)
    assert house.shown[0].off_class is OffClass.BELOW
    assert house.skews() == []


def test_a_reboot_under_a_clock_that_somebody_vouches_for_is_a_known_downtime(house: OddHouse) -> None:
    house.live(30 * MINUTE_US)
    house.stop()
    house.computer.reboot(50 * MINUTE_US, is_synchronised=True)
    house.start()
    house.look()
    assert house.off_us == (0, 50 * MINUTE_US)


@pytest.mark.parametrize("wall_us", [0, NOW_US, NOW_US + YEARS_10_US])
def test_a_reboot_under_a_clock_that_cannot_be_right_is_critical_until_it_is(house: OddHouse, wall_us: int) -> None:
    house.live(30 * MINUTE_US)
    right_us = house.computer.wall_us + 50 * MINUTE_US
    house.stop()
    house.computer.reboot(0, wall_us=wall_us)
    house.start()
    house.look()
    assert house.off_us[1] >= 4 * HOUR_US
    assert house.skews() == ["", "p1"]
    house.live(10 * MINUTE_US)
    assert house.skews() == ["", "p1"]
    house.computer.wall_us = right_us + 10 * MINUTE_US
    house.look()
    assert house.skews() == []
    low, high = house.off_us
    assert low == 0
    assert 51 * MINUTE_US - 10 * SECOND_US <= high <= 51 * MINUTE_US
    assert house.shown[0].off_class is OffClass.BELOW
    assert house.clock.now_us() == house.computer.wall_us
    house.live(40 * MINUTE_US)
    assert house.shown[0].phase is Phase.AWAITING_REVIEW
    house.restart()
    house.look()
    assert house.off_us == (low, high)
    assert house.skews() == []


def test_a_reboot_out_of_1970_keeps_a_long_stop_as_long_as_it_was(house: OddHouse) -> None:
    house.live(30 * MINUTE_US)
    house.live(10 * MINUTE_US, "not-delivering")
    house.stop()
    right_us = house.computer.wall_us + 5 * HOUR_US
    house.computer.reboot(0, wall_us=0)
    house.start()
    house.live(MINUTE_US, "not-delivering")
    house.computer.wall_us = right_us + MINUTE_US
    house.look()
    low, high = house.off_us
    assert low == 5 * HOUR_US + 10 * MINUTE_US
    assert high == 5 * HOUR_US + 11 * MINUTE_US
    assert house.shown[0].off_class is OffClass.REACHED


def test_a_board_that_wakes_with_the_time_of_its_sleep_is_found_out(house: OddHouse) -> None:
    house.live(30 * MINUTE_US)
    house.stop()
    right_us = house.computer.wall_us + 5 * HOUR_US
    house.computer.reboot(0, wall_us=house.computer.wall_us + 20 * SECOND_US)
    house.start()
    house.live(10 * MINUTE_US)
    assert not house.shown
    house.computer.wall_us = right_us + 10 * MINUTE_US
    house.look()
    house.computer.is_synchronised = True
    house.look()
    low, high = house.off_us
    assert low == 0
    assert high >= 5 * HOUR_US
    assert house.shown[0].off_class is OffClass.POSSIBLE
    assert house.clock.now_us() == house.computer.wall_us


def test_a_battery_clock_that_somebody_vouches_for_later_changes_nothing(house: OddHouse) -> None:
    house.live(30 * MINUTE_US)
    house.stop()
    house.computer.reboot(5 * MINUTE_US)
    house.start()
    house.live(10 * MINUTE_US)
    house.computer.is_synchronised = True
    house.live(60 * MINUTE_US)
    assert not house.shown
    assert house.skews() == []


def test_a_first_start_in_1970_is_put_right_and_nothing_is_an_interruption(
    computer: OddComputer, tmp_path: Path
) -> None:
    computer.wall_us = 30 * SECOND_US
    computer.is_synchronised = False
    house = OddHouse(computer, tmp_path / "new.db")
    house.live(10 * MINUTE_US)
    assert house.skews() == [""]
    computer.wall_us = NOW_US
    house.look()
    assert house.clock.now_us() == NOW_US
    assert house.skews() == []
    house.live(10 * MINUTE_US)
    assert not house.shown


def test_killed_before_the_clock_is_right_the_next_process_still_knows(house: OddHouse) -> None:
    house.live(30 * MINUTE_US)
    right_us = house.computer.wall_us + 50 * MINUTE_US
    house.stop()
    house.computer.reboot(0, wall_us=0)
    house.start()
    house.live(5 * MINUTE_US)
    house.restart()
    house.live(5 * MINUTE_US)
    assert house.shown[0].off_class is OffClass.POSSIBLE
    house.computer.wall_us = right_us + 10 * MINUTE_US
    house.look()
    low, high = house.off_us
    assert low == 0
    assert 51 * MINUTE_US - 10 * SECOND_US <= high <= 51 * MINUTE_US
    assert house.skews() == []


def test_rebooted_twice_before_the_clock_is_right_it_is_bounded_over_both(house: OddHouse) -> None:
    house.live(30 * MINUTE_US)
    died_us = house.computer.wall_us
    house.stop()
    house.computer.reboot(0, wall_us=0)
    house.start()
    house.live(5 * MINUTE_US)
    house.stop()
    house.computer.reboot(0, wall_us=died_us + 2 * HOUR_US, is_synchronised=True)
    house.start()
    house.look()
    house.say()
    assert house.skews() == []
    assert house.off_us == (0, 2 * HOUR_US)


def test_an_older_image_of_the_database_is_silence_since_it_was_made(computer: OddComputer, tmp_path: Path) -> None:
    house = OddHouse(computer, tmp_path / "live.db")
    house.live(30 * MINUTE_US)
    house.restart()
    shutil.copy(tmp_path / "live.db", tmp_path / "image.db")
    house.live(6 * HOUR_US)
    house.stop()
    house.computer.wall_us -= DAY_US
    restored = OddHouse(house.computer, tmp_path / "image.db")
    restored.look()
    assert restored.off_us == (0, 6 * HOUR_US)
    assert restored.shown[0].off_class is OffClass.POSSIBLE
    restored.stop()


@pytest.mark.parametrize("second", [2_147_483_647, 4_294_967_295])
def test_the_seconds_after_which_32_bits_are_full_pass_like_any_other(
    computer: OddComputer, tmp_path: Path, second: int
) -> None:
    computer.wall_us = (second - 3600) * SECOND_US
    house = OddHouse(computer, tmp_path / "late.db")
    house.live(30 * MINUTE_US)
    house.live(60 * MINUTE_US, "not-delivering")
    house.restart()
    house.live(60 * MINUTE_US, "not-delivering")
    assert house.off_us == (119 * MINUTE_US, 120 * MINUTE_US)
    assert house.skews() == []
    house.stop()


def test_monitor_time_never_runs_backwards(house: OddHouse) -> None:
    with pytest.raises(ValueError, match="backwards"):
        house.clock.put_on(-1)
