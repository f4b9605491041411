"""Reads and writes stretches of time as people write them: "4h", "1h30min", "250ms".

Pure. Microseconds inside, as in the core. A number without a unit is refused everywhere: a threshold of
"4" that was meant in hours and taken in minutes is the mistake that this file exists for.
"""

from __future__ import annotations

import re
from decimal import Decimal

_UNITS_US = {"d": 86_400_000_000, "h": 3_600_000_000, "min": 60_000_000, "s": 1_000_000, "ms": 1_000}

_PART = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*([A-Za-zµ]*)")

_MISTAKEN_UNITS = {"m": "min", "M": "min", "mins": "min", "minute": "min", "minutes": "min"}
_MISTAKEN_UNITS |= dict.fromkeys(("H", "hr", "hrs", "hour", "hours"), "h")
_MISTAKEN_UNITS |= dict.fromkeys(("S", "sec", "secs", "second", "seconds"), "s")
_MISTAKEN_UNITS |= dict.fromkeys(("D", "day", "days"), "d")

LENGTH_MAX = 40
"""Longest text that is read as a duration, in characters."""


def duration_us(value: object) -> int:
    """Return the stretch that ``value`` names, in microseconds.

    Parts go from the longest unit to the shortest, each unit once: "1d12h", "1h30min", "1.5h", "90 s".

    Raises:
        ValueError: A clause for people that says what is wrong and what to write instead.
    """
    match value:
        case str():
            text = value.strip()
        case int() | float() if not isinstance(value, bool):
            raise ValueError(_bare(f"{value}"))
        case _:
            raise ValueError('must be a duration in quotes with a unit, such as "4h", "20min" or "90s"')
    if not text or len(text) > LENGTH_MAX:
        raise ValueError(f'must be 1 to {LENGTH_MAX} characters long, such as "4h" or "20min"')
    if text[0] in "-\N{MINUS SIGN}":
        raise ValueError(f"{value!r} is negative; no stretch of time here can be")
    return round(sum(_parts_us(text)))


def _parts_us(text: str) -> list[Decimal]:
    parts: list[Decimal] = []
    units = list(_UNITS_US)
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None:
            raise ValueError(f'{text!r} is no duration; write for example "4h", "1h30min" or "90s"')
        number, unit = match.groups()
        if not unit:
            raise ValueError(_bare(number))
        if unit not in units:
            raise ValueError(_wrong_unit(text, unit))
        # Only shorter units may follow: "30min1h" and "1h2h" are slips of the pen.
        units = units[units.index(unit) + 1 :]
        parts.append(Decimal(number) * _UNITS_US[unit])
        position = match.end()
    return parts


def _wrong_unit(text: str, unit: str) -> str:
    if unit in _UNITS_US:
        return f'{text!r} has its units out of order or twice; write the longest unit first, as in "1h30min"'
    meant = _MISTAKEN_UNITS.get(unit)
    hint = f'did you mean "{meant}"?' if meant else f"there are {', '.join(_UNITS_US)}"
    return f"{text!r} has the unknown unit {unit!r}; {hint}"


def _bare(number: str) -> str:
    shown = number if len(number) <= LENGTH_MAX else number[:LENGTH_MAX] + "..."
    return f'{shown} has no unit: {shown} what? Write it in quotes with one, such as "{shown}min" or "{shown}h"'


def text_of(duration: int) -> str:
    """Return a stretch of ``duration`` microseconds as it would be written in the file."""
    if duration == 0:
        return "0s"
    parts = []
    for unit, unit_us in _UNITS_US.items():
        # No days: "72h" is how people speak of thresholds.
        if unit == "d":
            continue
        count, duration = divmod(duration, unit_us)
        if count:
            parts.append(f"{count}{unit}")
    if duration:
        parts.append(f"{duration}us")
    return "".join(parts)
