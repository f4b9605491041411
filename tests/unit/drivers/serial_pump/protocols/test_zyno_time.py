"""The pump's clock: both forms, and ages that hold the truth."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.serial_pump.protocols.zyno_time import (
    AGE_UNKNOWN_S,
    ClockForm,
    ClockReading,
    PumpTime,
    age_of,
    entry_time,
    from_calendar,
    from_counter,
)


def counted(seconds: int) -> PumpTime:
    return PumpTime(ClockForm.COUNTER, seconds)


def test_an_entry_in_the_counter_form_has_its_flag_dropped() -> None:
    raw = bytes.fromhex("01570400F00000000000000000000000")
    assert entry_time(raw, ClockForm.COUNTER) == counted(0x457)


def test_an_entry_without_the_flag_has_no_time() -> None:
    assert entry_time(bytes.fromhex("01570400400000000000000000000000"), ClockForm.COUNTER) is None


def test_an_entry_in_the_calendar_form_is_unpacked() -> None:
    packed = 26 << 26 | 11 << 22 | 22 << 17 | 10 << 12 | 30 << 6 | 59
    raw = b"\x01" + packed.to_bytes(4, "big") + bytes(11)
    assert entry_time(raw, ClockForm.CALENDAR) == from_calendar(26, 11, 22, 10, 30, 59)


def test_a_date_that_does_not_exist_is_no_time() -> None:
    assert from_calendar(26, 2, 30, 0, 0, 0) is None
    assert entry_time(bytes(16), ClockForm.CALENDAR) is None


def test_the_counter_keeps_its_bits() -> None:
    assert from_counter(0xF0000457) == counted(0x457)


def test_an_entry_from_the_future_is_as_old_as_the_last_contact_at_most() -> None:
    clock = ClockReading(counted(1000), 50.0, 50.1)
    age = age_of(counted(2000), clock, 50.2, 7.0, 0.0)
    assert age.age_s == 0
    assert age.age_max_s == pytest.approx(7.2, abs=0.002)


def test_an_entry_that_claims_to_be_older_than_the_last_reading_is_not_believed() -> None:
    clock = ClockReading(counted(1000), 50.0, 50.1)
    age = age_of(counted(10), clock, 50.2, 7.0, 0.0)
    assert age.age_s == 0
    assert age.age_max_s == pytest.approx(7.2, abs=0.002)


def test_an_unreadable_time_at_a_first_contact_may_be_any() -> None:
    clock = ClockReading(counted(1000), 50.0, 50.1)
    age = age_of(None, clock, 50.1, AGE_UNKNOWN_S, 0.0)
    assert age.age_s == 0
    assert age.age_max_s >= AGE_UNKNOWN_S


@settings(deadline=None)
@given(
    happened=st.floats(0, 1e6),
    passed=st.floats(0, 1e6),
    latency=st.floats(0, 2),
    sampled=st.floats(0, 1),
    held=st.floats(0, 100),
    drift=st.floats(-200e-6, 200e-6),
)
def test_the_true_age_lies_in_the_interval(
    happened: float, passed: float, latency: float, sampled: float, held: float, drift: float
) -> None:
    """Whatever second the pump was in, however late it looked, and however wrong its crystal goes."""

    def shows(at_s: float) -> int:
        return int((at_s - happened) * (1 + drift) + happened)

    looked_at = happened + passed
    asked, heard = looked_at - latency * sampled, looked_at + latency * (1 - sampled)
    clock = ClockReading(counted(shows(looked_at)), asked, heard)
    now = heard + held
    age = age_of(counted(shows(happened)), clock, now, AGE_UNKNOWN_S, 200e-6)
    true_age = now - happened
    assert age.age_s - 1e-6 <= true_age <= age.age_s + age.age_max_s + 1e-6
