"""Decodes observation format version 1 (one JSON object per message or line) into the contract's words.

Pure: bytes in, an observation out, or a ``PayloadError`` with a stable cause. The version and the pump
id are read in a scan of their own, which costs less than a copy and gives the contract's very types.

What is not understood is never read as good news: unknown alarm codes become ``unknown-alarm`` and
everything outside the format is refused whole.
"""

from __future__ import annotations

import re
import string
from datetime import MAXYEAR, MINYEAR
from typing import Annotated, Any, Literal

import msgspec

from drivers.contract import (
    AlarmCode,
    AlarmObserved,
    AlarmPhase,
    DeliveryStatus,
    LogEvent,
    LogEventObserved,
    NotDeliveringReason,
    Observation,
    StatusObserved,
)

PAYLOAD_MAX_BYTES = 4096
"""The longest payload of the format, in bytes."""

CODE_MAX_CHARS = 64
"""How much of an unknown alarm code is kept."""

ALARMS_MAX = 64
"""How many active alarms one status may name after normalising."""

NUMBER_MAX = 1e9
"""No figure of a pump is larger (an age of 31 years, a million litres); beyond it sums would overflow."""

PUMP_ID_MAX_CHARS = 64
"""The longest pump id, as the contract's pattern has it."""

TEXT_MAX_CHARS = 128
"""The longest serial number or boot id."""

COUNTER_MAX = 2**63 - 1

# Characters are checked after decoding: a pattern inside the decoder costs more than all the rest.
_PUMP_CHARS = frozenset(string.ascii_letters + string.digits + "._-")
_Payload = StatusObserved | AlarmObserved | LogEventObserved


class PayloadError(Exception):
    """One payload is not an observation of version 1; it is refused whole.

    Attributes:
        cause: A short stable word for counting: ``not-utf8``, ``not-json``, ``not-object``, ``too-long``,
            ``too-deep``, ``wrong-version``, ``wrong-kind``, ``wrong-type``, ``wrong-word``, ``missing-field``,
            ``negative``, ``not-finite``, ``out-of-range``, ``bad-pump-id``, ``bad-text`` or ``bad-instant``.
        why: One sentence for a person, naming the field where there is one.
    """

    def __init__(self, cause: str, why: str) -> None:
        super().__init__(why)
        self.cause = cause
        self.why = why


class _Header(msgspec.Struct, frozen=True, gc=False):
    """What a payload holds beside the observation."""

    v: Literal[1]
    pump: Annotated[str, msgspec.Meta(min_length=1, max_length=PUMP_ID_MAX_CHARS)] | None = None


_decode_header = msgspec.json.Decoder(_Header).decode
_decode = msgspec.json.Decoder(StatusObserved | AlarmObserved | LogEventObserved).decode
_decode_anything = msgspec.json.Decoder().decode

_CODES = frozenset(code.value for code in AlarmCode)
_UNKNOWN = AlarmCode.UNKNOWN_ALARM.value
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_WORDS: dict[str, frozenset[str]] = {
    "delivery": frozenset(DeliveryStatus),
    "reason": frozenset(NotDeliveringReason),
    "phase": frozenset(AlarmPhase),
    "event": frozenset(LogEvent),
}


def decode_observation(payload: bytes) -> tuple[str | None, Observation]:
    """Return the pump id that the payload names, or None, and the observation.

    Beside the published fields ``age_s`` is read on every kind, as are ``age_max_s``,
    ``volume_resolution_ml`` and ``raw_code``: each of them can only widen what is believed of a stop.
    Other unknown fields are ignored.

    Raises:
        PayloadError: The payload is not an observation of version 1.
    """
    if len(payload) > PAYLOAD_MAX_BYTES:
        raise PayloadError("too-long", f"The payload has {len(payload)} bytes; the limit is {PAYLOAD_MAX_BYTES}.")
    # The decoder skips unknown fields without looking into their text, so UTF-8 is checked apart.
    if not payload.isascii():
        _require_utf8(payload)
    try:
        header = _decode_header(payload)
        said = _decode(payload)
    except (msgspec.DecodeError, RecursionError):
        raise _explain(payload) from None
    if header.pump is not None and not _PUMP_CHARS.issuperset(header.pump):
        raise PayloadError("bad-pump-id", "The field pump may hold only letters, digits, '.', '_' and '-'.")
    if said.boot is not None or said.serial is not None or said.device_at is not None:
        _check_origin(said)
    if said.seq is not None and not 0 <= said.seq <= COUNTER_MAX:
        raise PayloadError("negative" if said.seq < 0 else "out-of-range", "The field seq is no counter.")
    if said.age_s > NUMBER_MAX or said.age_max_s > NUMBER_MAX:
        raise PayloadError("out-of-range", "The age is longer than any pump's life.")
    if type(said) is StatusObserved:
        return header.pump, _checked_status(said)
    if type(said) is AlarmObserved and (said.raw_code is not None or said.code not in _CODES):
        return header.pump, _with_raw_code(said)
    return header.pump, said


def _checked_status(said: StatusObserved) -> StatusObserved:
    """Return the status with its alarms normalised; refuse figures that would overflow sums."""
    for figure in (
        said.rate_ml_per_h,
        said.volume_delivered_ml,
        said.volume_resolution_ml,
        said.volume_remaining_ml,
        said.battery_percent,
    ):
        if figure is not None and figure > NUMBER_MAX:
            raise PayloadError("out-of-range", f"No pump can say the figure {figure:g}.")
    if said.alarms and (len(said.alarms) > ALARMS_MAX or not _CODES.issuperset(said.alarms)):
        return msgspec.structs.replace(said, alarms=_known_words(said.alarms))
    return said


def _check_origin(said: _Payload) -> None:
    """Refuse texts that a terminal or a database may choke on, and instants that no zone can shift."""
    for name, text in (("boot", said.boot), ("serial", said.serial)):
        if text is not None and not (0 < len(text) <= TEXT_MAX_CHARS and text.isprintable()):
            raise PayloadError("bad-text", f"The field {name} is empty, too long or cannot be printed.")
    if said.device_at is not None and not MINYEAR < said.device_at.year < MAXYEAR:
        raise PayloadError("bad-instant", "The field device_at lies at the end of the calendar.")


def clean_text(text: str) -> str:
    """Return ``text`` without control characters, at most ``CODE_MAX_CHARS`` long."""
    return _CONTROL.sub(" ", text[: 4 * CODE_MAX_CHARS]).strip()[:CODE_MAX_CHARS].rstrip()


def _with_raw_code(said: AlarmObserved) -> AlarmObserved:
    """Return the alarm with a known code, the sender's own word kept beside it."""
    if said.code in _CODES:
        return msgspec.structs.replace(said, raw_code=clean_text(said.raw_code or "") or None)
    raw = clean_text(said.code)
    return msgspec.structs.replace(said, code=_UNKNOWN, raw_code=raw or clean_text(said.raw_code or "") or None)


def _known_words(alarms: tuple[str, ...]) -> tuple[str, ...]:
    """Return the active alarms in lower case, without repeats; every known code is kept before any other."""
    words = list(dict.fromkeys(clean_text(word).lower() or _UNKNOWN for word in alarms))
    if len(words) <= ALARMS_MAX:
        return tuple(words)
    kept = [word for word in words if word in _CODES]
    # What is cut off is still an alarm, so the list says that something unknown is active.
    if _UNKNOWN not in kept:
        kept.append(_UNKNOWN)
    others = [word for word in words if word not in _CODES]
    return tuple(kept + others[: ALARMS_MAX - len(kept)])


def _require_utf8(payload: bytes) -> None:
    try:
        payload.decode()
    except UnicodeDecodeError as error:
        raise PayloadError("not-utf8", f"The payload is not UTF-8 at byte {error.start}.") from None


def _explain(payload: bytes) -> PayloadError:
    """Return why a refused payload was refused; only called on the slow path."""
    try:
        anything = _decode_anything(payload)
    except RecursionError:
        return PayloadError("too-deep", "The payload is nested too deeply.")
    except msgspec.DecodeError as error:
        if "out of range" in str(error):
            return PayloadError("not-finite", "The payload holds a number beyond any finite one.")
        return PayloadError("not-json", f"The payload is not JSON: {error}.")
    if not isinstance(anything, dict):
        return PayloadError("not-object", "The payload is JSON, but not an object.")
    return _explain_object(anything, payload)


def _explain_object(said: dict[str, Any], payload: bytes) -> PayloadError:
    """Return what is wrong with a payload that is a JSON object."""
    for name in ("v", "kind"):
        if name not in said:
            return PayloadError("missing-field", f"The field {name} is missing.")
    version, kind = said["v"], said["kind"]
    if type(version) is not int or version != 1:
        return PayloadError("wrong-version", f"The field v is {clean_text(str(version))}; only 1 is known.")
    if kind not in ("status", "alarm", "event"):
        return PayloadError("wrong-kind", f"The field kind is {clean_text(str(kind))}, which is none of the three.")
    complaint = "it is refused"
    try:
        _decode_header(payload)
        _decode(payload)
    except msgspec.ValidationError as error:
        return _explain_field(said, str(error))
    except msgspec.DecodeError as error:
        complaint = str(error)
    return PayloadError("not-json", f"The payload is not JSON: {complaint}.")


def _explain_field(said: dict[str, Any], complaint: str) -> PayloadError:
    """Turn the decoder's complaint about one field into a stable cause."""
    if "missing required field" in complaint:
        return PayloadError("missing-field", f"{complaint}.")
    name = complaint.rpartition("$.")[2].rstrip("`").partition("[")[0]
    value = said.get(name)
    cause = "wrong-type"
    if name == "pump" and isinstance(value, str):
        cause = "bad-pump-id"
    elif name in ("serial", "boot") and isinstance(value, str):
        cause = "bad-text"
    elif name == "device_at" and isinstance(value, str):
        cause = "bad-instant"
    elif name in _WORDS and isinstance(value, str):
        cause = "wrong-word"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        cause = "negative" if value < 0 else "out-of-range" if value > NUMBER_MAX else "wrong-type"
    return PayloadError(cause, f"The field {name} is refused: {complaint}.")
