"""Observation format version 1: what is read, what is refused, and under which cause it is counted."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract import AlarmCode, AlarmObserved, AlarmPhase, LogEvent, LogEventObserved, StatusObserved
from drivers.observation_json import ALARMS_MAX, CODE_MAX_CHARS, PAYLOAD_MAX_BYTES, PayloadError, decode_observation

STATUS = {"v": 1, "kind": "status", "delivery": "delivering"}
ALARM = {"v": 1, "kind": "alarm", "code": "occl-down", "phase": "start"}
EVENT = {"v": 1, "kind": "event", "event": "power-on"}


def payload(base: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps(base | changes).encode()


def cause_of(data: bytes) -> str:
    with pytest.raises(PayloadError) as caught:
        decode_observation(data)
    assert caught.value.why.endswith(".")
    return caught.value.cause


def test_a_status_is_read_with_all_its_figures() -> None:
    data = payload(
        STATUS,
        pump="p-1",
        seq=7,
        boot="b1",
        serial="SN1",
        reason="alarming",
        device_at="2026-11-22T10:00:00+01:00",
        rate_ml_per_h=5,
        volume_delivered_ml=1.25,
        volume_remaining_ml=100,
        battery_percent=88.5,
        alarms=["batt-low"],
        extra={"unknown": [1]},
    )
    pump, said = decode_observation(data)
    assert pump == "p-1"
    assert type(said) is StatusObserved
    assert (said.seq, said.boot, said.serial, said.reason) == (7, "b1", "SN1", "alarming")
    assert (said.rate_ml_per_h, said.volume_delivered_ml) == (5.0, 1.25)
    assert (said.volume_remaining_ml, said.battery_percent, said.alarms) == (100.0, 88.5, ("batt-low",))
    assert said.device_at is not None
    assert said.device_at.isoformat() == "2026-11-22T10:00:00+01:00"


def test_an_alarm_and_an_event_are_read_and_the_pump_may_be_left_out() -> None:
    assert decode_observation(payload(ALARM)) == (None, AlarmObserved(code="occl-down", phase=AlarmPhase.START))
    aged = decode_observation(payload(EVENT, age_s=90))
    assert aged == (None, LogEventObserved(event=LogEvent.POWER_ON, age_s=90.0))


def test_every_alarm_code_of_the_contract_is_known() -> None:
    for code in AlarmCode:
        _, said = decode_observation(payload(ALARM, code=code.value))
        assert isinstance(said, AlarmObserved)
        assert (said.code, said.raw_code) == (code, None)


@pytest.mark.parametrize("code", ["OCCL-DOWN", "occl_down", "something new", ""])
def test_an_unknown_code_is_an_unknown_alarm_with_its_text(code: str) -> None:
    _, said = decode_observation(payload(ALARM, code=code))
    assert isinstance(said, AlarmObserved)
    assert (said.code, said.raw_code) == ("unknown-alarm", code or None)


def test_the_raw_text_of_an_unknown_code_is_bounded_and_printable() -> None:
    _, said = decode_observation(payload(ALARM, code="a\u0000b\u001b[31m" + "x" * 500))
    assert isinstance(said, AlarmObserved)
    assert said.raw_code is not None
    assert said.raw_code.startswith("a b [31mxxx")
    assert len(said.raw_code) == CODE_MAX_CHARS


def test_the_active_alarms_are_lower_case_and_each_is_named_once() -> None:
    _, said = decode_observation(payload(STATUS, alarms=["AIR", "air", "New One", "", "x" * 99]))
    assert isinstance(said, StatusObserved)
    assert said.alarms == ("air", "new one", "unknown-alarm", "x" * CODE_MAX_CHARS)


def test_an_empty_list_of_alarms_says_that_none_is_active() -> None:
    _, said = decode_observation(payload(STATUS, alarms=[]))
    assert isinstance(said, StatusObserved)
    assert said.alarms == ()


def test_too_many_alarms_are_cut_and_no_known_one_is_lost() -> None:
    _, said = decode_observation(payload(STATUS, alarms=[f"n{number}" for number in range(300)] + ["fault"]))
    assert isinstance(said, StatusObserved)
    assert said.alarms is not None
    assert len(said.alarms) == ALARMS_MAX
    assert {"fault", "unknown-alarm", "n0"} <= set(said.alarms)


REFUSED = {
    "not-utf8": [
        payload(STATUS)[:-1] + b',"serial":"\xff"}',
        payload(STATUS)[:-1] + b',"ignored":"\xff"}',
        b"\xff\xfe",
    ],
    "not-json": [
        b"",
        b"{",
        b"nonsense",
        payload(STATUS) + b" x",
        b"\xef\xbb\xbf" + payload(STATUS),
        payload(STATUS)[:-1] + b',"rate_ml_per_h":NaN}',
        payload(STATUS)[:-1] + b',"rate_ml_per_h":-Infinity}',
        payload(STATUS)[:-1] + b',"serial":"\\ud800"}',
    ],
    "not-object": [b"[]", b"1", b'"text"', b"null", b"true"],
    "too-long": [payload(STATUS, serial="x" * PAYLOAD_MAX_BYTES), b"x" * 100_000],
    "wrong-version": [payload(STATUS, v=2), payload(STATUS, v="1"), payload(STATUS, v=True), payload(STATUS, v=None)],
    "wrong-kind": [payload(STATUS, kind="link"), payload(STATUS, kind="log-covered"), payload(STATUS, kind=5)],
    "missing-field": [b'{"v":1}', b'{"kind":"status","delivery":"delivering"}', b'{"v":1,"kind":"status"}', b"{}"],
    "wrong-word": [
        payload(STATUS, delivery="running"),
        payload(STATUS, reason="tired"),
        payload(ALARM, phase="update"),
        payload(EVENT, event="delivery-paused"),
    ],
    "wrong-type": [
        payload(STATUS, rate_ml_per_h="5"),
        payload(STATUS, rate_ml_per_h=True),
        payload(STATUS, alarms="air"),
        payload(STATUS, alarms=[1]),
        payload(STATUS, seq=1.5),
        payload(ALARM, code=7),
        payload(STATUS, pump=7),
        payload(STATUS, device_at=5),
    ],
    "negative": [payload(STATUS, rate_ml_per_h=-0.1), payload(EVENT, age_s=-1), payload(STATUS, seq=-1)],
    "not-finite": [payload(STATUS)[:-1] + b',"rate_ml_per_h":1e999}', payload(EVENT)[:-1] + b',"age_s":1e999}'],
    "out-of-range": [
        payload(STATUS, volume_delivered_ml=1e300),
        payload(STATUS)[:-1] + b',"volume_delivered_ml":' + b"9" * 400 + b"}",
        payload(EVENT, age_s=1e12),
        payload(STATUS, seq=2**63),
    ],
    "bad-pump-id": [
        payload(STATUS, pump=""),
        payload(STATUS, pump="a b"),
        payload(STATUS, pump="p1\n"),
        payload(STATUS, pump="p" * 65),
        payload(STATUS, pump="p/1"),
        payload(STATUS, pump="pömp"),
    ],
    "bad-text": [payload(STATUS, serial=""), payload(STATUS, boot="a\u0000b"), payload(STATUS, serial="x" * 200)],
    "bad-instant": [
        payload(STATUS, device_at="2026-11-22T10:00:00"),
        payload(STATUS, device_at="yesterday"),
        payload(STATUS, device_at="0001-01-01T00:00:00+14:00"),
        payload(STATUS, device_at="9999-12-31T23:59:59-14:00"),
    ],
}


@pytest.mark.parametrize(("cause", "data"), [(cause, data) for cause, all_data in REFUSED.items() for data in all_data])
def test_what_is_outside_the_format_is_refused_under_a_stable_cause(cause: str, data: bytes) -> None:
    assert cause_of(data) == cause


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_at_all_raise_anything_else(data: bytes) -> None:
    with contextlib.suppress(PayloadError):
        decode_observation(data)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            [*StatusObserved.__struct_fields__, *AlarmObserved.__struct_fields__, "event", "kind", "v", "pump", "x"]
        ),
        _JSON | st.sampled_from([1, "status", "alarm", "event", "delivering", "start", "p1"]),
    )
)
def test_no_object_at_all_raises_anything_else_and_what_is_read_is_sound(said: dict[str, Any]) -> None:
    try:
        pump, observation = decode_observation(json.dumps(said).encode())
    except PayloadError:
        return
    assert pump is None or 1 <= len(pump) <= 64
    # What was read can be written for the journal and read back.
    written = msgspec.json.encode(observation)
    assert msgspec.json.decode(written, type=type(observation)) == observation


def test_deep_nesting_is_refused_or_passed_over_and_never_more() -> None:
    deep = payload(STATUS)[:-1] + b',"x":' + b"[" * 1900 + b"]" * 1900 + b"}"
    # How deep a decoder goes differs between versions of Python; an unknown field is ignored anyway.
    cause = cause_if_any(deep)
    assert cause in {None, "too-deep"}


def cause_if_any(text: bytes) -> str | None:
    """Return why a payload is refused; None if it is taken."""
    try:
        decode_observation(text)
    except PayloadError as refused:
        return refused.cause
    return None
