"""The pump's clock as a witness: how far it stands ahead of monitor time, and what that narrows.

Pure; integers in microseconds. Theory of operation. A reading of the pump's clock that was made in a known
interval of monitor time bounds the offset (pump's clock less monitor time). Readings are intersected; with
time the bounds widen by the drift that two clocks may have. What the offset itself is never matters: a
pump set to yesterday is as good a witness as one set right. Only that it stayed the same matters.

- An empty intersection is a step: somebody set the clock, or it is no clock. All is forgotten and counted.
- Absolute pump time shortens nothing. A reading is used only between two sharp readings that agree, for
  a clock that was set while nobody heard it says nothing true about the time between.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from monitor.interruption.policy import MINUTE_US, SECOND_US

DRIFT_PPM = 200
"""How fast two clocks may part, in microseconds a second: a poor crystal against a poor crystal."""

TRANSIT_US = 5 * SECOND_US
"""How long before its message a pump's clock may have been read, on a live line."""

SHARP_US = 5 * SECOND_US
"""A reading whose instant is known no better than this teaches nothing about the clock."""

STEADY_COUNT = 5
STEADY_SPAN_US = 10 * MINUTE_US
"""A clock is steady once this many readings over this time agree."""

STEP_TOLD_US = MINUTE_US
"""A smaller step is forgotten and counted, but nobody needs to know of it."""


class PumpClock(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What is known of one pump's clock.

    Attributes:
        low_us, high_us: Bounds of the offset (pump's clock less monitor time) at ``at_us``.
        at_us: The last sharp reading that agreed, in monitor time.
        since_us: The first one.
        count: How many agree; 0 if nothing is known.
        steps: How often the clock was found set.
    """

    low_us: int = 0
    high_us: int = 0
    at_us: int = 0
    since_us: int = 0
    count: int = 0
    steps: int = 0


class Heard(NamedTuple):
    """The clock after a reading; ``step_us`` is by how much it was found set, about, or None."""

    clock: PumpClock
    step_us: int | None


class Instant(NamedTuple):
    """An instant of monitor time that is known to lie between two others."""

    oldest_us: int
    newest_us: int


def forgotten(clock: PumpClock | None) -> PumpClock | None:
    """Return the clock of which nothing is known any more: it was set, or it is another one."""
    return None if clock is None else PumpClock(steps=clock.steps)


def is_steady(clock: PumpClock | None) -> bool:
    """Return whether enough readings over a long enough time agree."""
    return clock is not None and clock.count >= STEADY_COUNT and clock.at_us - clock.since_us >= STEADY_SPAN_US


def heard(
    clock: PumpClock | None, device_at_us: int, oldest_us: int, newest_us: int, *, drift_ppm: int = DRIFT_PPM
) -> Heard:
    """Return what is known after a reading ``device_at_us`` in a message of ``oldest_us`` to ``newest_us``.

    A reading that is not sharp, or older than the last one, changes nothing.
    """
    known = clock or PumpClock()
    if newest_us - oldest_us > SHARP_US or (known.count and newest_us < known.at_us):
        return Heard(known, None)
    fine_us = _fineness_us(device_at_us)
    read_us = oldest_us - TRANSIT_US
    low_us = device_at_us - fine_us - newest_us
    high_us = device_at_us + fine_us - read_us + _drift_us(newest_us - read_us, drift_ppm)
    if not known.count:
        return Heard(PumpClock(low_us, high_us, newest_us, newest_us, 1, known.steps), None)
    apart_us = _drift_us(newest_us - known.at_us, drift_ppm)
    both_low_us = max(low_us, known.low_us - apart_us)
    both_high_us = min(high_us, known.high_us + apart_us)
    if both_low_us > both_high_us:
        step_us = (low_us + high_us - known.low_us - known.high_us) // 2
        return Heard(PumpClock(low_us, high_us, newest_us, newest_us, 1, known.steps + 1), step_us)
    return Heard(PumpClock(both_low_us, both_high_us, newest_us, known.since_us, known.count + 1, known.steps), None)


def narrowed(
    clock: PumpClock | None, device_at_us: int, oldest_us: int, newest_us: int, *, drift_ppm: int = DRIFT_PPM
) -> Instant:
    """Return the instant of a message that carried ``device_at_us``, narrowed by the pump's clock if it may be.

    It may be if the clock is steady and the whole of ``oldest_us`` to ``newest_us`` lies between its first
    and its last sharp reading; a message that was held up must wait for the next live one. The answer
    lies inside what arrival allows; a clock that contradicts arrival is not believed.
    """
    arrived = Instant(oldest_us, newest_us)
    if clock is None or not is_steady(clock) or oldest_us < clock.since_us or newest_us > clock.at_us:
        return arrived
    spare_us = _fineness_us(device_at_us) + _drift_us(clock.at_us - oldest_us, drift_ppm)
    earliest_us = device_at_us - clock.high_us - spare_us
    latest_us = device_at_us - clock.low_us + spare_us + TRANSIT_US
    found = Instant(max(oldest_us, earliest_us), min(newest_us, latest_us))
    return found if found.oldest_us <= found.newest_us else arrived


def _drift_us(apart_us: int, drift_ppm: int) -> int:
    """Return how far two clocks may part in ``apart_us``, rounded up."""
    return -(-apart_us * drift_ppm // 1_000_000)


def _fineness_us(device_at_us: int) -> int:
    """Return how far a reading may lie from the clock's true stand, by how it is rounded.

    Whole minutes may be the word of a clock that shows no seconds.
    """
    if device_at_us % MINUTE_US == 0:
        return MINUTE_US
    return SECOND_US if device_at_us % SECOND_US == 0 else SECOND_US // 100
