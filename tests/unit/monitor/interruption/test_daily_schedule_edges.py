"""A daily schedule to the microsecond: wall times as instants, and which times off touch a stretch."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from monitor.interruption.daily_schedule import (
    SPAN_DAYS_MAX,
    _instants_us,
    _local_day,
    _us,
    is_planned_off,
    planned_off,
    planned_off_around,
)
from monitor.interruption.policy import HOUR_US, MINUTE_US
from monitor.interruption.therapy_rules import Schedule

DAY_US = 24 * HOUR_US
DAYTIME = Schedule(6 * 60, 22 * 60, "UTC")
BERLIN = Schedule(6 * 60, 22 * 60, "Europe/Berlin")


def utc(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def night(number: int) -> tuple[int, int]:
    """The night that begins on a day, counted from 1 January 1970."""
    return number * DAY_US + 22 * HOUR_US, number * DAY_US + 30 * HOUR_US


@pytest.mark.parametrize(
    ("day", "minute", "instants"),
    [
        (date(2026, 3, 2), 6 * 60 + 7, ("2026-03-02T05:07", "2026-03-02T05:07")),
        (date(2026, 7, 2), 23 * 60 + 59, ("2026-07-02T21:59", "2026-07-02T21:59")),
        (date(2026, 7, 2), 22 * 60, ("2026-07-02T20:00", "2026-07-02T20:00")),
        (date(2026, 7, 2), 0, ("2026-07-01T22:00", "2026-07-01T22:00")),
        # Twice on that night, and not at all on the other one.
        (date(2026, 10, 25), 2 * 60 + 30, ("2026-10-25T00:30", "2026-10-25T01:30")),
        (date(2026, 3, 29), 2 * 60 + 30, ("2026-03-29T01:30", "2026-03-29T00:30")),
    ],
)
def test_a_wall_time_may_mean_two_instants(day: date, minute: int, instants: tuple[str, str]) -> None:
    assert _instants_us(BERLIN, day, minute) == (utc(instants[0]), utc(instants[1]))


def test_the_day_of_the_wall_clock_is_that_of_its_zone() -> None:
    at_us = utc("2026-03-02T10:30")
    assert _local_day(at_us, "Pacific/Kiritimati") == date(2026, 3, 3)
    assert _local_day(at_us, "Pacific/Pago_Pago") == date(2026, 3, 1)
    assert _local_day(at_us + 30 * MINUTE_US, "Pacific/Pago_Pago") == date(2026, 3, 2)
    assert _local_day(-1, "UTC") == date(1969, 12, 31)


def test_an_instant_is_counted_in_microseconds_since_1970() -> None:
    assert _us(datetime(1970, 1, 3, 0, 0, 5, 7, tzinfo=UTC)) == 2 * DAY_US + 5_000_007
    assert _us(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1
    assert _us(datetime(1970, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))) == 0


def test_a_time_off_touches_a_stretch_from_its_first_instant_to_the_last_one_in_it() -> None:
    begins_us, ends_us = night(5)
    assert planned_off(DAYTIME, begins_us - 9, begins_us - 1) == ()
    assert planned_off(DAYTIME, begins_us - 9, begins_us) == (night(5),)
    assert planned_off(DAYTIME, ends_us - 1, ends_us + 9) == (night(5),)
    assert planned_off(DAYTIME, ends_us, ends_us + 9) == ()
    around = (begins_us - 1, begins_us, ends_us - 1, ends_us)
    assert [is_planned_off(DAYTIME, at_us) for at_us in around] == [False, True, True, False]


def test_every_time_off_of_a_stretch_is_told_and_no_other() -> None:
    from_us, to_us = night(5)[0] + 1, night(8)[0]
    assert planned_off(DAYTIME, from_us, to_us) == (night(5), night(6), night(7), night(8))
    by_day = Schedule(20 * 60, 8 * 60, "UTC")
    shifts = tuple((number * DAY_US + 8 * HOUR_US, number * DAY_US + 20 * HOUR_US) for number in (5, 6, 7))
    assert planned_off(by_day, shifts[0][1] - 1, shifts[2][0]) == shifts


def test_within_a_day_is_a_day_exactly() -> None:
    begins_us, ends_us = night(5)
    assert planned_off_around(DAYTIME, begins_us - DAY_US) == (night(3), night(4), night(5))
    assert planned_off_around(DAYTIME, begins_us - DAY_US - 1) == (night(3), night(4))
    assert planned_off_around(DAYTIME, ends_us + DAY_US - 1) == (night(5), night(6), night(7))
    assert planned_off_around(DAYTIME, ends_us + DAY_US) == (night(6), night(7))


def test_so_many_days_may_be_asked_about_at_once() -> None:
    found = planned_off(DAYTIME, 0, SPAN_DAYS_MAX * DAY_US + 1)
    assert found == tuple(night(number) for number in range(-1, SPAN_DAYS_MAX))
    with pytest.raises(ValueError, match=f"^a schedule is asked about 63 days at once, at most {SPAN_DAYS_MAX}$"):
        planned_off(DAYTIME, 0, (SPAN_DAYS_MAX + 1) * DAY_US)
