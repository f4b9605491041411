"""Durations are read as people write them, and what may be a mistake is refused with a hint."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.durations import duration_us, text_of

S = 1_000_000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("4h", 14_400),
        ("90s", 90),
        ("20min", 1_200),
        ("1h30min", 5_400),
        ("250ms", 0.25),
        ("1d12h", 129_600),
        ("1.5h", 5_400),
        ("1h 30min", 5_400),
        ("90 s", 90),
        ("0s", 0),
    ],
)
def test_a_duration_is_read_with_its_unit(text: str, seconds: float) -> None:
    assert duration_us(text) == seconds * S


@pytest.mark.parametrize("value", [4, 4.0, "240", "1h30", float("nan"), float("inf")])
def test_a_bare_number_is_refused_with_the_hint_to_give_a_unit(value: Any) -> None:
    with pytest.raises(ValueError, match="has no unit"):
        duration_us(value)


@pytest.mark.parametrize(
    ("text", "hint"),
    [("5m", '"min"'), ("4 hours", '"h"'), ("90sec", '"s"'), ("2days", '"d"'), ("3fortnights", "d, h, min, s, ms")],
)
def test_an_unknown_unit_is_refused_with_the_one_that_was_meant(text: str, hint: str) -> None:
    with pytest.raises(ValueError, match="unknown unit") as refused:
        duration_us(text)
    assert hint in str(refused.value)


@pytest.mark.parametrize("text", ["30min1h", "1h2h", "4h4h"])
def test_units_out_of_order_or_twice_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="out of order or twice"):
        duration_us(text)


@pytest.mark.parametrize("text", ["-4h", "\N{MINUS SIGN}4h"])
def test_a_negative_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="negative"):
        duration_us(text)


@pytest.mark.parametrize("value", ["", " ", "h", "nanh", "four hours", "4h!", "٤h", "1e3s", "x" * 100, True, None, []])
def test_what_is_no_duration_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        duration_us(value)


@given(st.integers(min_value=0, max_value=10**15).map(lambda milliseconds: milliseconds * 1000))
def test_what_is_written_is_read_back_the_same(us: int) -> None:
    assert duration_us(text_of(us)) == us


def test_days_are_written_as_hours() -> None:
    assert text_of(72 * 3600 * S) == "72h"
