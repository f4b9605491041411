"""Stretches off the patient: with the disconnect the line is off, with the reconnect no longer, and few are kept."""

from __future__ import annotations

import pytest

from monitor.interruption.off_patient import (
    KEPT_MAX,
    OffPatient,
    is_off,
    is_off_between,
    is_off_now,
    is_put_on,
    is_taken_off,
    put_back,
    taken_off,
    was_off,
)

ONE = (OffPatient(10, 20),)
OPEN = (OffPatient(1, 3), OffPatient(10))


@pytest.mark.parametrize(
    ("at_us", "off", "before", "taken", "put"),
    [
        (9, False, False, False, False),
        (10, True, False, True, False),
        (11, True, True, False, False),
        (19, True, True, False, False),
        (20, False, True, False, True),
        (21, False, False, False, False),
    ],
)
def test_an_instant_is_off_from_the_disconnect_and_before_the_reconnect(
    at_us: int, *, off: bool, before: bool, taken: bool, put: bool
) -> None:
    asked = (is_off(ONE, at_us), was_off(ONE, at_us), is_taken_off(ONE, at_us), is_put_on(ONE, at_us))
    assert asked == (off, before, taken, put)


@pytest.mark.parametrize(
    ("from_us", "until_us", "expected"),
    [(1, 10, False), (1, 11, True), (12, 13, True), (19, 30, True), (20, 30, False)],
)
def test_a_span_that_only_touches_a_stretch_is_not_off(from_us: int, until_us: int, *, expected: bool) -> None:
    assert is_off_between(ONE, from_us, until_us) is expected
    assert is_off_between(OPEN, 4, 10) is False
    assert is_off_between(OPEN, 100, 101) is True


def test_a_line_that_is_off_goes_on_being_off() -> None:
    assert (is_off(OPEN, 99), was_off(OPEN, 99), is_off_now(OPEN)) == (True, True, True)
    assert (is_off_now(ONE), is_off_now(())) == (False, False)


def test_a_second_disconnect_finds_the_line_off() -> None:
    assert taken_off((), 5) == (OffPatient(5, None),)
    assert taken_off(ONE, 25) == (*ONE, OffPatient(25, None))
    assert taken_off(OPEN, 25) is OPEN


def test_a_reconnect_ends_the_stretch_or_is_one_of_no_length() -> None:
    assert put_back(OPEN, 25) == (OffPatient(1, 3), OffPatient(10, 25))
    assert put_back(ONE, 25) == (*ONE, OffPatient(25, 25))


def test_the_newest_stretches_are_kept() -> None:
    full = tuple(OffPatient(at_us, at_us + 1) for at_us in range(0, 2 * KEPT_MAX, 2))
    assert taken_off(full, 99) == (*full[1:], OffPatient(99))
    assert put_back(full, 99) == (*full[1:], OffPatient(99, 99))
    assert put_back((*full[1:], OffPatient(99)), 100) == (*full[1:], OffPatient(99, 100))
