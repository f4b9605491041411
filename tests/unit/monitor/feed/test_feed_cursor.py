"""What clients hand back: cursors and ids survive the way out and in, and nothing else gets in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feed.cursor import MAX, CursorError, format_cursor, parse_cursor
from monitor.feed.ids import alert_id, interruption_id, parse_alert_id, parse_interruption_id

PUMPS = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)
NUMBERS = st.integers(min_value=1, max_value=10**18 - 1)


@given(st.integers(min_value=0, max_value=MAX))
def test_a_cursor_comes_back_as_it_went(place: int) -> None:
    assert parse_cursor(format_cursor(place)) == place


@pytest.mark.parametrize(
    "text",
    ["", "-1", "1.0", " 1", "1\n", "0x1", "1e3", "\u0661", "\u00b2", "1_0", str(MAX + 1), "9" * 5_000, "a\x00b"],
)
def test_what_was_never_handed_out_is_no_cursor(text: str) -> None:
    with pytest.raises(CursorError) as caught:
        parse_cursor(text)
    assert len(str(caught.value)) < 300
    assert str(caught.value).isprintable()


def test_a_place_outside_the_records_has_no_cursor() -> None:
    with pytest.raises(CursorError):
        format_cursor(-1)


@given(PUMPS, NUMBERS)
def test_ids_lead_back_to_pump_and_number(pump: str, number: int) -> None:
    assert parse_interruption_id(interruption_id(pump, number)) == (pump, number)
    assert parse_alert_id(alert_id(pump, number)) == (pump, number)


@given(PUMPS, NUMBERS)
def test_no_id_can_be_read_as_both_kinds(pump: str, number: int) -> None:
    assert parse_alert_id(interruption_id(pump, number)) is None
    assert parse_interruption_id(alert_id(pump, number)) is None


def test_an_alert_of_the_monitor_itself_has_no_pump() -> None:
    assert parse_alert_id(alert_id("", 3)) == ("", 3)
    assert parse_interruption_id(interruption_id("", 3)) is None


@pytest.mark.parametrize(
    "text", ["ward-1-0", "ward-1-01", "ward-1", "ward-1-a", "a b-1", "ward-1-1\n", "-", "w" * 65 + "-1"]
)
def test_what_is_no_id_leads_nowhere(text: str) -> None:
    found = parse_interruption_id(text), parse_alert_id(text)
    assert found in {(None, None), (("ward", 1), None)}
