"""Says when a course is planned to be without therapy: the order's free intervals and the therapy's daily schedule.

Pure. Overlapping stretches are one; a stretch holds its first instant and not the one after it.
"""

from __future__ import annotations

from monitor.interruption.daily_schedule import planned_off
from monitor.interruption.events import Order
from monitor.interruption.policy import HOUR_US, Therapy

DAY_US = 24 * HOUR_US

_AHEAD_US = 3 * DAY_US
"""How far ahead a daily schedule is asked: its next time off begins within two days."""

_CHUNK_US = 30 * DAY_US

Stretch = tuple[int, int]
"""Its first instant and the first one after it."""


def free_until_us(therapy: Therapy, order: Order | None, at_us: int) -> int | None:
    """Return the end of the planned free stretch that ``at_us`` lies in, or None."""
    found = next_free(therapy, order, at_us)
    return found[1] if found is not None and found[0] <= at_us else None


def next_free(therapy: Therapy, order: Order | None, after_us: int) -> Stretch | None:
    """Return the first planned free stretch that is not over at ``after_us``, whole, or None."""
    if therapy.schedule is None and (order is None or not order.free):
        return None
    later = [stretch for stretch in _stretches(therapy, order, after_us, after_us + _AHEAD_US) if stretch[1] > after_us]
    return later[0] if later else None


def free_us(therapy: Therapy, order: Order | None, from_us: int, to_us: int) -> int:
    """Return how much of ``from_us`` to ``to_us`` is planned to be free, in microseconds."""
    if therapy.schedule is None and (order is None or not order.free):
        return 0
    total_us = 0
    for start_us in range(from_us, to_us, _CHUNK_US):
        end_us = min(start_us + _CHUNK_US, to_us)
        for begins_us, ends_us in _stretches(therapy, order, start_us, end_us):
            total_us += max(0, min(ends_us, end_us) - max(begins_us, start_us))
    return total_us


def _stretches(therapy: Therapy, order: Order | None, from_us: int, to_us: int) -> list[Stretch]:
    """Return all free stretches that touch ``from_us`` to ``to_us``, and all later ones of the order, merged."""
    free = () if order is None or order.free is None else order.free
    found = [(one.from_us, one.until_us) for one in free if one.from_us < one.until_us]
    if therapy.schedule is not None:
        found += planned_off(therapy.schedule, from_us, to_us)
    merged: list[Stretch] = []
    for begins_us, ends_us in sorted(found):
        if merged and begins_us <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(ends_us, merged[-1][1]))
        else:
            merged.append((begins_us, ends_us))
    return merged
