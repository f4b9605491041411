"""Says durations, instants and codes in words that cannot mislead.

Pure. Durations are rounded to the safe side (the least down, the most up), a deadline to the earlier
minute, and local times carry their zone with UTC beside it. What the pump said is shown only if it looks like
a code: free text could be anything, a patient's name among it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from monitor.interruption.policy import MINUTE_US, SECOND_US

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CODE = re.compile(r"^[A-Za-z0-9](?:[A-Za-z0-9._:#/-]{0,22}[A-Za-z0-9])?$")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HOUR_MIN = 60
_LONG_MIN = 120
CODES_SHOWN = 3
NUMBER_MAX = 32


MOST_UNKNOWN = "how long at most is not known until the clock is set"
"""Stands for an upper bound while a downtime of the monitor has none."""


def bounds(off_min_us: int, off_max_us: int, *, is_unbounded: bool = False) -> str:
    """Return both bounds of an off-time: "at least 30 min, at most 45 min"."""
    least, most = off_min_us // MINUTE_US, -(-off_max_us // MINUTE_US)
    return f"at least {minutes(least)}, {MOST_UNKNOWN if is_unbounded else f'at most {minutes(most)}'}"


def minutes(value: int) -> str:
    """Return whole minutes in words; from two hours on with hours."""
    if value < _LONG_MIN:
        return f"{value} min"
    return f"{value // _HOUR_MIN} h {value % _HOUR_MIN:02} min"


@lru_cache(maxsize=512)
def wall_time(at_us: int, now_us: int, zone: tzinfo) -> str:
    """Return an instant as "08:00 CST (14:00 UTC)", with its date unless that is today's."""
    local, today = _local(at_us, zone), _local(now_us, zone)
    text = f"{local:%H:%M} {_zone_name(local)}"
    if local.date() != today.date():
        text = f"{local.day} {_MONTHS[local.month - 1]} {text}"
    if local.utcoffset() == timedelta(0) and _zone_name(local) == "UTC":
        return text
    return f"{text} ({local.astimezone(UTC):%H:%M} UTC)"


def exact_time(at_us: int, now_us: int, zone: tzinfo, *, is_up: bool = False) -> str:
    """Return an instant to the second as "08:00:05 CST", with its date unless that is today's.

    Rounded down, or up if ``is_up``.
    """
    local, today = _local(_whole(at_us, is_up=is_up) * SECOND_US, zone), _local(now_us, zone)
    text = f"{local:%H:%M:%S} {_zone_name(local)}"
    return text if local.date() == today.date() else f"{local.day} {_MONTHS[local.month - 1]} {text}"


def day(at_us: int, zone: tzinfo) -> str:
    """Return the local day of an instant as "2026-11-22"."""
    return f"{_local(at_us, zone):%Y-%m-%d}"


def exact_length(span_us: int, *, is_up: bool = False) -> str:
    """Return a length of time to the second as "1 h 02 min 03 s"; rounded down, or up if ``is_up``."""
    whole, seconds = divmod(_whole(max(0, span_us), is_up=is_up), 60)
    hours, rest = divmod(whole, _HOUR_MIN)
    if not whole:
        return f"{seconds} s"
    text = f"{hours} h {rest:02} min" if hours else f"{rest} min"
    return f"{text} {seconds:02} s" if seconds else text


def _whole(span_us: int, *, is_up: bool) -> int:
    return -(-span_us // SECOND_US) if is_up else span_us // SECOND_US


def age(since_us: int | None, now_us: int) -> str:
    """Return how long ago the pump was last heard."""
    if since_us is None:
        return "The pump was never heard."
    value = max(now_us - since_us, 0) // MINUTE_US
    return "Last contact less than 1 min ago." if value == 0 else f"Last contact {minutes(value)} ago."


def codes(alarm_codes: tuple[str, ...]) -> str:
    """Return the pump's alarm codes, at most three; whatever does not look like a code is only counted."""
    shown = list(dict.fromkeys(code for code in alarm_codes if is_code(code)))
    left = len(dict.fromkeys(alarm_codes)) - min(len(shown), CODES_SHOWN)
    if not alarm_codes:
        return "No pump alarm known."
    text = ", ".join(shown[:CODES_SHOWN])
    if not text:
        return "Pump alarm without a known code."
    return f"Pump alarm: {text} and {left} more." if left else f"Pump alarm: {text}."


@lru_cache(maxsize=512)
def is_code(text: str) -> bool:
    """Return whether a text looks like a code and like nothing else."""
    return _CODE.match(text) is not None


@lru_cache(maxsize=16)
def call(number: str) -> str:
    """Return "call NUMBER" with what is left of a number after everything odd was taken out of it."""
    kept = "".join(char for char in number if char.isascii() and (char.isalnum() or char in "+-()./# ")).strip()
    return f"call {kept[:NUMBER_MAX]}" if kept else "call your care team"


@lru_cache(maxsize=512)
def rfc3339(at_us: int | None) -> str | None:
    """Return an instant for programs."""
    if at_us is None:
        return None
    second, rest_us = divmod(at_us, SECOND_US)
    return f"{_second(second)}.{rest_us:06}Z" if rest_us else f"{_second(second)}Z"


@lru_cache(maxsize=512)
def _second(at_s: int) -> str:
    return (_EPOCH + timedelta(seconds=at_s)).isoformat()[: -len("+00:00")]


def _local(at_us: int, zone: tzinfo) -> datetime:
    return (_EPOCH + timedelta(microseconds=at_us)).astimezone(zone)


def _zone_name(local: datetime) -> str:
    name = local.tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name
