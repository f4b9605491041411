"""The core's values as the outside reads them: instants, seconds, and text that obeys nobody."""

from __future__ import annotations

import typing
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feed.wire import DURATIONS, TEXT_MAX, instant, microseconds, plain_text, rfc3339, seconds, to_wire
from monitor.interruption.effects import Effect
from monitor.interruption.events import Event, FreeInterval, Order
from monitor.interruption.state import Alert

INSTANTS = {
    "about_us", "acknowledged_at_us", "at_us", "bag_expires_at_us", "began_at_us", "down_from_us", "down_to_us",
    "ended_at_us", "ends_at_us", "from_us", "opened_at_us", "raised_at_us", "resolved_at_us", "since_us",
    "starts_at_us", "until_us",
}  # fmt: skip


def test_every_time_in_effects_and_events_is_known_as_an_instant_or_a_duration() -> None:
    structs = {*typing.get_args(Effect), *typing.get_args(Event), Alert, Order, FreeInterval}
    names = {field.name for one in structs for field in msgspec.structs.fields(one) if field.name.endswith("_us")}
    assert names - INSTANTS <= DURATIONS
    assert not INSTANTS & DURATIONS


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis takes the limits without a zone
def test_instants_come_back_to_the_microsecond(at: datetime) -> None:
    assert instant(microseconds(at)) == at
    assert datetime.fromisoformat(rfc3339(microseconds(at))) == at
    assert rfc3339(microseconds(at)).endswith("Z")


def test_seconds_are_numbers() -> None:
    assert seconds(1_500_000) == 1.5
    assert seconds(None) is None
    assert instant(None) is None


def test_a_record_s_fields_get_their_outside_names() -> None:
    wire = to_wire(
        {
            "off_min_us": 0,
            "off_max_us": 90_000_000,
            "off_class": "below",
            "ended_at_us": None,
            "about_us": 0,
            "alert": {"raised_at_us": 1_000_000, "codes": ["a", "b"]},
        }
    )
    assert wire == {
        "off_min_s": 0.0,
        "off_max_s": 90.0,
        "class": "below",
        "ended_at": None,
        "about_at": "1970-01-01T00:00:00Z",
        "alert": {"raised_at": "1970-01-01T00:00:01Z", "codes": ["a", "b"]},
    }


@pytest.mark.parametrize("hostile", ["\x1b[2J", "a\r\nb", "\u202egnp.exe", "\x00", "\u2028", "\ud800", "\u200b"])
def test_what_a_screen_would_obey_is_made_visible(hostile: str) -> None:
    shown = plain_text(hostile)
    assert "\ufffd" in shown
    assert shown.isprintable()


def test_ordinary_words_stay_as_they_are() -> None:
    assert plain_text("Infusionsende; Schlauch prüfen - 終了 <b>") == "Infusionsende; Schlauch prüfen - 終了 <b>"


def test_text_is_bounded() -> None:
    assert len(plain_text("x" * 1_000_000)) == TEXT_MAX + len("...")


JSON_VALUES = st.recursive(
    st.text() | st.integers() | st.floats() | st.booleans() | st.none(),
    lambda inner: st.dictionaries(st.text(), inner) | st.lists(inner),
)


@given(JSON_VALUES)
def test_any_record_at_all_can_be_told(value: object) -> None:
    assert msgspec.json.encode(to_wire({"value": value}))


def test_a_bottomless_record_is_cut_and_not_followed() -> None:
    deep: dict[str, object] = {}
    for _ in range(5_000):
        deep = {"deeper": deep}
    assert len(msgspec.json.encode(to_wire(deep))) < 200
