"""Converts between the field's units and the whole numbers in which the simulated physics counts.

Pure. Time is counted in whole microseconds. Volume is counted in quanta: one quantum is what flows in
one microsecond at one nanolitre per hour. A rate in nanolitres per hour times a stretch in microseconds
is then an exact volume, so that cutting a stretch into pieces changes nothing, not even the last bit.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

US_PER_S = 1_000_000
US_PER_MIN = 60 * US_PER_S
US_PER_H = 3600 * US_PER_S
NL_PER_ML = 1_000_000
QUANTA_PER_ML = NL_PER_ML * US_PER_H

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def us_of(seconds: float) -> int:
    """Return seconds as whole microseconds."""
    return round(seconds * US_PER_S)


def nl_per_h_of(rate_ml_per_h: float) -> int:
    """Return a rate in mL/h as whole nanolitres per hour, which is also quanta per microsecond."""
    return round(rate_ml_per_h * NL_PER_ML)


def quanta_of(volume_ml: float) -> int:
    """Return a volume in mL, rounded to the nanolitre, in quanta."""
    return round(volume_ml * NL_PER_ML) * US_PER_H


def ml_of(quanta: int) -> float:
    """Return a volume in quanta as mL."""
    return quanta / QUANTA_PER_ML


def us_until(quanta: int, nl_per_h: int) -> int:
    """Return after how many whole microseconds at least ``quanta`` have moved at a rate above zero."""
    return max(0, -(-quanta // nl_per_h))


def instant_of(at_us: int) -> datetime:
    """Return microseconds since 1970 as an aware UTC instant."""
    return _EPOCH + timedelta(microseconds=at_us)


def text_of(at_us: int) -> str:
    """Return microseconds since 1970 as RFC 3339 text in UTC with milliseconds."""
    return instant_of(at_us).isoformat(timespec="milliseconds").replace("+00:00", "Z")
