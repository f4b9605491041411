"""Says when a therapy that is given for a part of each day is planned to be off, as instants.

Pure. The schedule is meant by the wall clock at the patient's home; instants are microseconds since 1970 UTC. On
the nights of a clock change the doubtful hour belongs to the therapy: a planned time off is never longer
than the wall clock shows for certain.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from monitor.interruption.therapy_rules import Schedule

SPAN_DAYS_MAX = 62
"""The longest stretch, in days, about which is asked at once."""

_DAY_MIN = 1440
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def planned_off(schedule: Schedule, from_us: int, to_us: int) -> tuple[tuple[int, int], ...]:
    """Return every planned time off that touches ``from_us`` to ``to_us``, whole and in order.

    Each is its first instant and the first one after it.

    Raises:
        ValueError: The stretch is longer than ``SPAN_DAYS_MAX`` days.
    """
    first, last = _local_day(from_us, schedule.zone), _local_day(to_us, schedule.zone)
    days = (last - first).days
    if days > SPAN_DAYS_MAX:
        raise ValueError(f"a schedule is asked about {days} days at once, at most {SPAN_DAYS_MAX}")
    found = []
    for ahead in range(-1, days + 1):
        begins_us, ends_us = _off_after(schedule, first + timedelta(days=ahead))
        if begins_us < ends_us and begins_us <= to_us and from_us < ends_us:
            found.append((begins_us, ends_us))
    return tuple(found)


def planned_off_around(schedule: Schedule, at_us: int) -> tuple[tuple[int, int], ...]:
    """Return the planned times off within a day before and a day after ``at_us``, whole and in order."""
    day_us = _DAY_MIN * 60_000_000
    return planned_off(schedule, at_us - day_us, at_us + day_us)


def is_planned_off(schedule: Schedule, at_us: int) -> bool:
    """Return whether the therapy is planned to be off at an instant."""
    return bool(planned_off(schedule, at_us, at_us))


def schedule_change_us(schedule: Schedule, after_us: int) -> int | None:
    """Return the first instant after ``after_us`` at which a planned time off begins or ends; None if there is none."""
    edges = (edge_us for span in planned_off_around(schedule, after_us) for edge_us in span)
    return min((edge_us for edge_us in edges if edge_us > after_us), default=None)


@lru_cache(maxsize=4096)
def _off_after(schedule: Schedule, day: date) -> tuple[int, int]:
    """Return the time off that follows the therapy that begins on a day of the wall clock."""
    over_midnight = schedule.ends_min <= schedule.starts_min
    stops_us = _instants_us(schedule, day + timedelta(days=over_midnight), schedule.ends_min)
    begins_us = _instants_us(schedule, day + timedelta(days=1), schedule.starts_min)
    return max(stops_us), min(begins_us)


def _instants_us(schedule: Schedule, day: date, minute: int) -> tuple[int, int]:
    """Return both instants that a wall time may mean; the same one twice except near a clock change."""
    clock = time(minute // 60, minute % 60)
    zone = _zone(schedule.zone)
    first, second = (datetime.combine(day, clock, tzinfo=zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return _us(first), _us(second)


def _local_day(at_us: int, zone: str) -> date:
    return (_EPOCH + timedelta(microseconds=at_us)).astimezone(_zone(zone)).date()


def _us(at: datetime) -> int:
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
