"""Reads the order of a story's line: rate, bag, plan, course, and for whom and what it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from monitor.config.tables.pumps import INFUSION_DAYS_MAX
from monitor.config.tables.rules import BAG_HOURS_MAX, RATE_MAX_ML_PER_H
from monitor.feed.wire import microseconds
from monitor.interruption.events import FreeInterval, Order
from monitor.interruption.order_words import with_patient_kind

YEARS = range(1970, 2100)
"""In which every instant of a story lies."""

FREE_MAX = 64
"""Most free intervals of one order."""


def read_order(said: Mapping[str, object]) -> Order:
    """Return the order that a line says.

    Raises:
        ValueError: A clause for people that begins with the key.
    """
    order = Order(
        rate_ml_per_h=_positive(said, "rate_ml_per_h", RATE_MAX_ML_PER_H),
        bag_hours=_positive(said, "bag_hours", BAG_HOURS_MAX),
        starts_at_us=_instant(said, "starts_at"),
        ends_at_us=_instant(said, "ends_at"),
        infusion_days=_positive(said, "infusion_days", INFUSION_DAYS_MAX),
        bag_expires_at_us=_instant(said, "bag_expires_at"),
        free=_free(said.get("free")),
    )
    order = with_patient_kind(order, said)
    if order == Order():
        raise ValueError("order says nothing that is known; it needs rate_ml_per_h")
    if order.starts_at_us is not None and order.ends_at_us is not None and order.ends_at_us <= order.starts_at_us:
        raise ValueError("order.ends_at must be after starts_at")
    return order


def read_instant(text: object, name: str) -> int:
    """Return an RFC 3339 instant with offset in microseconds since 1970 UTC.

    Raises:
        ValueError: A clause for people that begins with the key.
    """
    shown = str(text)[:40]
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        raise ValueError(f"{name} is not an RFC 3339 instant: {shown!r}") from None
    if at.tzinfo is None:
        raise ValueError(f"{name} has no offset from UTC: {shown!r}")
    if at.year not in YEARS:
        raise ValueError(f"{name} lies outside the years {YEARS[0]} to {YEARS[-1]}: {shown!r}")
    return microseconds(at)


def _instant(said: Mapping[str, object], key: str) -> int | None:
    text = said.get(key)
    return None if text is None else read_instant(text, f"order.{key}")


def _positive(said: Mapping[str, object], key: str, most: float) -> float | None:
    value = said.get(key)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= most:
        raise ValueError(f"order.{key} must be a number above 0, at most {most:g}")
    return float(value)


def _free(said: object) -> tuple[FreeInterval, ...] | None:
    if said is None:
        return None
    if not isinstance(said, list) or len(said) > FREE_MAX:
        raise ValueError(f"order.free must be a list of at most {FREE_MAX} intervals with from and until")
    found = []
    for place, one in enumerate(said):
        parts = one if isinstance(one, dict) else {}
        begins_us = read_instant(parts.get("from"), f"order.free[{place}].from")
        ends_us = read_instant(parts.get("until"), f"order.free[{place}].until")
        if ends_us <= begins_us:
            raise ValueError(f"order.free[{place}].until must be after from")
        found.append(FreeInterval(begins_us, ends_us))
    return tuple(found)
