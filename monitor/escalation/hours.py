"""Reads and answers when a contact is on duty, by the local wall clock.

Pure. Written as ``"08:00-20:00"``, ``"20:00-08:00"`` (over midnight), ``"mon-fri 08:00-16:00"``, several
with commas between. A span over midnight belongs to the day on which it begins. What counts is what the
wall clock shows: on the night of a clock change a span is an hour shorter or longer, like the shift.
"""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"^(?:([a-z]{3})(?:-([a-z]{3}))?\s+)?(\d{2}):(\d{2})-(\d{2}):(\d{2})$")
HOUR_MIN = 60
DAY_MIN = 24 * HOUR_MIN
SPANS_MAX = 32


class Span(msgspec.Struct, frozen=True, gc=False):
    """One stretch of the day, in minutes of the local wall clock.

    Attributes:
        days: Weekdays on which it begins, 0 is Monday.
        from_min: First minute.
        to_min: First minute after it; at most 48 h, beyond 24 h on the next day.
    """

    days: tuple[int, ...]
    from_min: int
    to_min: int

    def holds(self, local: datetime) -> bool:
        """Return whether a local wall time lies in it."""
        minute = local.hour * HOUR_MIN + local.minute
        today, yesterday = local.weekday(), (local.weekday() - 1) % 7
        is_today = today in self.days and self.from_min <= minute < self.to_min
        return is_today or (yesterday in self.days and self.from_min <= minute + DAY_MIN < self.to_min)


def parse_hours(text: str) -> tuple[Span, ...]:
    """Return the spans of a text; an empty one means always, and gives no spans.

    Raises:
        ValueError: One sentence that quotes the part that cannot be read.
    """
    parts = [part.strip().lower() for part in text.split(",")] if text.strip() else []
    if len(parts) > SPANS_MAX:
        raise ValueError(f"more than {SPANS_MAX} spans of hours")
    return tuple(_span(part) for part in parts)


def is_on_duty(spans: tuple[Span, ...], local: datetime) -> bool:
    """Return whether a local wall time lies in any span; no spans mean always."""
    return not spans or any(span.holds(local) for span in spans)


def _span(part: str) -> Span:
    match = _SPAN.match(part)
    if match is None:
        raise ValueError(f'hours "{part}" are not of the form "08:00-20:00" or "mon-fri 08:00-20:00"')
    first, last = match[1], match[2] or match[1]
    if first is not None and (first not in _DAYS or last not in _DAYS):
        raise ValueError(f'hours "{part}" name a day that is none of {", ".join(_DAYS)}')
    start, end = _minute(match[3], match[4], part), _minute(match[5], match[6], part)
    if start in {DAY_MIN, end}:
        raise ValueError(f'hours "{part}" cover nothing; write "00:00-24:00" for the whole day')
    return Span(_days(first, last), start, end if end > start else end + DAY_MIN)


def _days(first: str | None, last: str | None) -> tuple[int, ...]:
    if first is None or last is None:
        return tuple(range(7))
    begin, end = _DAYS.index(first), _DAYS.index(last)
    return tuple((begin + step) % 7 for step in range((end - begin) % 7 + 1))


def _minute(hour: str, minute: str, part: str) -> int:
    value = int(hour) * HOUR_MIN + int(minute)
    if int(minute) >= HOUR_MIN or value > DAY_MIN:
        raise ValueError(f'hours "{part}" hold a time that is not on the clock')
    return value
