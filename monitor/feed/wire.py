"""Turns the core's values into the feed's: RFC 3339 instants, seconds, text without control characters.

Pure. The core counts in integer microseconds and says so in its names (``..._us``); the outside reads
``..._at`` and ``..._s``. Which of the two a core name is stands in ``DURATIONS``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import overload

from monitor.refusals import NO_INSTANT

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND_US = 1_000_000

YEARS = range(2000, 2100)
"""An instant outside of them is a slip."""

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)

DURATIONS = frozenset(
    {
        "longest_min_us",
        "max_us",
        "min_us",
        "moved_us",
        "off_max_us",
        "off_min_us",
        "off_time_us",
        "quiet_us",
        "threshold_us",
    }
)
"""Core names in ``_us`` that are lengths of time; every other name in ``_us`` is an instant."""

_OUTSIDE_NAMES = {"off_class": "class"}

TEXT_MAX = 2_000
"""Longest text that is handed out, in characters."""

_MAX_DEPTH = 6
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@overload
def instant(at_us: int) -> datetime: ...
@overload
def instant(at_us: None) -> None: ...
def instant(at_us: int | None) -> datetime | None:
    """Return an aware UTC instant, exact to the microsecond."""
    return None if at_us is None else EPOCH + timedelta(microseconds=at_us)


def microseconds(at: datetime) -> int:
    """Return the core's count of an aware instant, exact to the microsecond."""
    return (at - EPOCH) // MICROSECOND


@overload
def seconds(span_us: int) -> float: ...
@overload
def seconds(span_us: None) -> None: ...
def seconds(span_us: int | None) -> float | None:
    """Return a length of time in seconds."""
    return None if span_us is None else span_us / SECOND_US


def instant_from(value: object) -> datetime:
    """Return the instant that RFC 3339 text says; naive where it has no offset, for the caller to refuse.

    Raises:
        ValueError: A clause for people. What was found is not in it: it might be anything.
    """
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError(NO_INSTANT)
    try:
        at = datetime.fromisoformat(value.upper())
    except ValueError:
        # It has the form, and no calendar or clock has it.
        raise ValueError(NO_INSTANT) from None
    if at.year not in YEARS:
        raise ValueError(f"lies outside the years {YEARS[0]} to {YEARS[-1]}")
    return at


def rfc3339(at_us: int) -> str:
    """Return an instant as RFC 3339 in UTC with Z, with a fraction only where there is one."""
    return instant(at_us).isoformat().replace("+00:00", "Z")


def plain_text(text: str) -> str:
    """Return ``text`` without what a screen or a log would obey instead of show, and not too long.

    Control characters, direction overrides and line separators become U+FFFD, so that nobody takes the
    cleaned text for what a pump really sent.
    """
    shown = "".join("\ufffd" if unicodedata.category(char) in _HIDDEN else char for char in text[:TEXT_MAX])
    return shown if len(text) <= TEXT_MAX else shown + "..."


def to_wire(fields: Mapping[str, object]) -> dict[str, object]:
    """Return a record's fields under their outside names, with values to match, nested ones too."""
    return _mapping(fields, _MAX_DEPTH)


def _mapping(fields: Mapping[str, object], depth: int) -> dict[str, object]:
    out: dict[str, object] = {}
    for name, value in fields.items():
        if not name.endswith("_us") or not isinstance(value, int | None):
            out[plain_text(_OUTSIDE_NAMES.get(name, name))] = _value(value, depth - 1)
        elif name in DURATIONS:
            out[name.removesuffix("_us") + "_s"] = seconds(value)
        else:
            out[name.removesuffix("_us").removesuffix("_at") + "_at"] = None if value is None else rfc3339(value)
    return out


def _value(value: object, depth: int) -> object:
    if isinstance(value, str):
        return plain_text(value)
    if depth <= 0:
        return None
    if isinstance(value, Mapping):
        return _mapping(value, depth)
    if isinstance(value, Sequence):
        return [_value(item, depth - 1) for item in value]
    return value
