"""Reads the stretches of time that stand in stories and on the command line.

Pure. A bare number is refused: ten what?
"""

from __future__ import annotations

import re

from simulator.units import US_PER_H, US_PER_MIN, US_PER_S, us_of

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")
_OFFSET = re.compile(r"\+(\d{1,4}):([0-5]\d)(?::([0-5]\d))?")


def read_duration(text: str) -> int:
    """Return a stretch such as ``4h``, ``1d12h``, ``90s`` or ``8h30m`` in microseconds.

    Raises:
        ValueError: One clause that says what is wrong.
    """
    match = _DURATION.fullmatch(text)
    if not text or match is None:
        raise ValueError(f"{text!r} is not a duration such as 4h, 8h30m or 90s")
    days, hours, minutes = (int(part or 0) for part in match.groups()[:3])
    return ((days * 24 + hours) * 60 + minutes) * US_PER_MIN + us_of(float(match[4] or 0))


def read_offset(text: str) -> int:
    """Return an instant after the start of a story, ``+hh:mm`` or ``+hh:mm:ss``, in microseconds.

    Raises:
        ValueError: One clause that says what is wrong.
    """
    match = _OFFSET.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not an instant such as +02:10 or +02:10:30")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * US_PER_H + minutes * US_PER_MIN + seconds * US_PER_S
