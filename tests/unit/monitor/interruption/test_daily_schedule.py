"""A therapy for a part of the day: when it is planned to be off, over midnight and over clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.interruption.daily_schedule import (
    SPAN_DAYS_MAX,
    is_planned_off,
    planned_off,
    planned_off_around,
    schedule_change_us,
)
from monitor.interruption.policy import HOUR_US, MINUTE_US
from monitor.interruption.therapy_rules import Schedule

BERLIN = Schedule(6 * 60, 22 * 60, "Europe/Berlin")


def at(text: str, zone: str = "Europe/Berlin", fold: int = 0) -> int:
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return round(local.astimezone(UTC).timestamp()) * 1_000_000


def test_the_night_is_planned_off() -> None:
    (night,) = planned_off(BERLIN, at("2026-03-02T23:00"), at("2026-03-03T01:00"))
    assert night == (at("2026-03-02T22:00"), at("2026-03-03T06:00"))
    assert is_planned_off(BERLIN, night[0])
    assert not is_planned_off(BERLIN, night[0] - 1)
    assert is_planned_off(BERLIN, night[1] - 1)
    assert not is_planned_off(BERLIN, night[1])


def test_around_an_instant_the_night_before_and_the_night_after_are_told() -> None:
    assert planned_off_around(BERLIN, at("2026-03-02T12:00")) == (
        (at("2026-03-01T22:00"), at("2026-03-02T06:00")),
        (at("2026-03-02T22:00"), at("2026-03-03T06:00")),
    )


def test_a_therapy_over_midnight_is_off_by_day() -> None:
    nights = Schedule(20 * 60, 8 * 60, "Europe/Berlin")
    assert is_planned_off(nights, at("2026-03-02T12:00"))
    assert not is_planned_off(nights, at("2026-03-02T02:00"))
    assert nights.on_min == 12 * 60


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 7), ("2026-10-24", 9)])
def test_on_the_night_of_a_clock_change_the_wall_clock_counts(day: str, hours: int) -> None:
    (night,) = planned_off(BERLIN, at(f"{day}T23:00"), at(f"{day}T23:00"))
    assert night[1] - night[0] == hours * HOUR_US


def test_in_the_doubtful_hour_the_therapy_is_on() -> None:
    late = Schedule(10 * 60, 2 * 60 + 30, "Europe/Berlin")
    assert not is_planned_off(late, at("2026-10-25T02:30"))
    assert is_planned_off(late, at("2026-10-25T02:30", fold=1))
    early = Schedule(2 * 60 + 30, 18 * 60, "Europe/Berlin")
    assert not is_planned_off(early, at("2026-10-25T02:30"))
    assert is_planned_off(early, at("2026-10-25T02:30") - 1)


def test_the_next_change_is_the_next_edge() -> None:
    assert schedule_change_us(BERLIN, at("2026-03-02T12:00")) == at("2026-03-02T22:00")
    assert schedule_change_us(BERLIN, at("2026-03-02T22:00")) == at("2026-03-03T06:00")


def test_a_therapy_of_the_whole_day_is_never_off() -> None:
    whole = Schedule(360, 360, "Europe/Berlin")
    assert whole.on_min == 1440
    assert planned_off_around(whole, at("2026-03-02T12:00")) == ()
    assert schedule_change_us(whole, at("2026-03-02T12:00")) is None


def test_a_stretch_without_bound_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        planned_off(BERLIN, 0, (SPAN_DAYS_MAX + 3) * 24 * HOUR_US)


@given(
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kathmandu"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - Hypothesis wants its bounds naive
)
def test_what_is_off_is_off_by_the_wall_clock(starts: int, ends: int, zone: str, when: datetime) -> None:
    schedule = Schedule(starts, ends, zone)
    at_us = round(when.replace(tzinfo=UTC).timestamp()) * 1_000_000
    spans = planned_off_around(schedule, at_us)
    assert list(spans) == sorted(spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    if is_planned_off(schedule, at_us):
        local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)).astimezone(ZoneInfo(zone))
        minute = local.hour * 60 + local.minute
        assert (minute - ends) % 1440 < (starts - ends) % 1440
    assert all(begins < ends_at and (ends_at - begins) % MINUTE_US == 0 for begins, ends_at in spans)
