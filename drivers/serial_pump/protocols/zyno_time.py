"""The clock of the Zyno MIVA family, in its two forms, and how old an entry of the log is.

Pure. A pump tells either a counter of seconds since its firmware was loaded or a calendar date; which
form its log entries have follows from its clock's form, for an entry itself does not tell. Only
differences of one form are ever used. A reading of whole seconds may be up to a second old, and a
crystal drifts: so an age is an interval, and the truth lies in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

COUNTER_BITS = 28
"""Width of the pump's counter of seconds: 8.5 years."""

AGE_UNKNOWN_S = float(2**COUNTER_BITS)
"""The age bound of an entry of which nothing is known: the whole range of the counter."""

TICK_S = 1.0
"""The step of the pump's clock."""

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_FLAG = 0xF
_COUNTER_MASK = (1 << COUNTER_BITS) - 1


class ClockForm(StrEnum):
    """What the pump's clock counts."""

    COUNTER = "counter"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class PumpTime:
    """A reading of the pump's clock: whole seconds since an origin that only its form knows."""

    form: ClockForm
    seconds: int


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The pump's clock, read between two instants of monitor time (seconds since 1970).

    Attributes:
        time: What the pump said.
        asked_at_s: When it was asked; it cannot have looked earlier.
        heard_at_s: When the answer was there; it cannot have looked later.
    """

    time: PumpTime
    asked_at_s: float
    heard_at_s: float


@dataclass(frozen=True, slots=True)
class Age:
    """How old a fact is, in seconds: at least ``age_s``, at most ``age_s + age_max_s``."""

    age_s: float
    age_max_s: float


def from_counter(seconds: int) -> PumpTime:
    """Return the reading of a counter, its flag already dropped."""
    return PumpTime(ClockForm.COUNTER, seconds & _COUNTER_MASK)


def from_calendar(year: int, month: int, day: int, hour: int, minute: int, second: int) -> PumpTime | None:
    """Return the reading of a calendar clock (years since 2000), or None where there is no such instant."""
    try:
        at = datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return PumpTime(ClockForm.CALENDAR, int((at - _EPOCH).total_seconds()))


def entry_time(raw: bytes, form: ClockForm) -> PumpTime | None:
    """Return when the entry ``raw`` was written, read in the form of the pump's clock; None where it makes no sense."""
    if form is ClockForm.COUNTER:
        value = int.from_bytes(raw[1:5], "little")
        return from_counter(value) if value >> COUNTER_BITS == _FLAG else None
    value = int.from_bytes(raw[1:5], "big")
    return from_calendar(
        value >> 26, value >> 22 & 0xF, value >> 17 & 0x1F, value >> 12 & 0x1F, value >> 6 & 0x3F, value & 0x3F
    )


def is_possible(time: PumpTime | None, clock: PumpTime) -> bool:
    """Return whether an entry of that time can have been written by now."""
    # Two ticks of grace: the entry may be younger than the reading of the clock.
    return time is not None and time.form is clock.form and time.seconds <= clock.seconds + 2 * TICK_S


def age_of(time: PumpTime | None, clock: ClockReading, now_s: float, newer_than_s: float, drift: float) -> Age:
    """Return the age of an entry at ``now_s``.

    Args:
        time: When the pump says that it wrote the entry; None where that is unreadable.
        clock: A reading of the clock in the same conversation.
        now_s: Monitor time.
        newer_than_s: Age, at the clock's reading, that the entry cannot exceed, because the log was read then.
        drift: By how much the pump's clock may go wrong, as a part of one.
    """
    longest_s = newer_than_s + (now_s - clock.asked_at_s)
    if time is not None and is_possible(time, clock.time):
        passed_s = clock.time.seconds - time.seconds
        shortest_s = max(0.0, (passed_s - TICK_S) * (1 - drift) + (now_s - clock.heard_at_s))
        # An entry that claims to be older than the last reading of the log was written under another time.
        if shortest_s <= longest_s:
            upper_s = (passed_s + TICK_S) * (1 + drift) + (now_s - clock.asked_at_s)
            return _interval(shortest_s, min(upper_s, longest_s))
    return _interval(0.0, longest_s)


def _interval(shortest_s: float, longest_s: float) -> Age:
    # Rounded outwards to milliseconds, for people who read the record.
    shortest_ms = int(shortest_s * 1000)
    longest_ms = -int(-max(longest_s, shortest_s) * 1000 // 1)
    return Age(shortest_ms / 1000, max(0, longest_ms - shortest_ms) / 1000)
