"""Puts off-times, times left and instants into words for people: lower bounds rounded down, upper bounds up."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from monitor.escalation.phrases import MOST_UNKNOWN
from monitor.feed.wire import SECOND_US, instant

_MINUTE_S = 60
_HOUR_MIN = 60


def at_least(span_us: int) -> str:
    """Return a length of time, rounded down: what is certain, or what is left."""
    return _span(max(0, span_us) // SECOND_US)


def at_most(span_us: int) -> str:
    """Return a length of time, rounded up: what is possible."""
    whole_s = -(-max(0, span_us) // SECOND_US)
    return _span(whole_s if whole_s < _MINUTE_S else -(-whole_s // _MINUTE_S) * _MINUTE_S)


def pair(off_min_us: int, off_max_us: int, *, is_unbounded: bool = False) -> str:
    """Return an off-time as the pair that it always is."""
    return f"at least {at_least(off_min_us)}, {MOST_UNKNOWN if is_unbounded else f'at most {at_most(off_max_us)}'}"


def time_left(left_us: int | None) -> str:
    """Return what is left until the restart threshold, or since when it has been passed."""
    if left_us is None:
        return "unknown"
    return at_least(left_us) if left_us >= 0 else f"passed {at_least(-left_us)} ago"


def wall_time(at_us: int, zone: ZoneInfo) -> str:
    """Return the local wall time of an instant, with its zone."""
    return instant(at_us).astimezone(zone).strftime("%H:%M:%S %Z")


def _span(whole_s: int) -> str:
    if whole_s < _MINUTE_S:
        return f"{whole_s} s"
    minutes = whole_s // _MINUTE_S
    if minutes < _HOUR_MIN:
        return f"{minutes} min"
    return f"{minutes // _HOUR_MIN} h {minutes % _HOUR_MIN:02} min"
