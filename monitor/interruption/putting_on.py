"""Puts instants on by what monitor time lagged behind, in any structure of the core; lengths stay as they are.

Pure. Only fields that are named ``..._us``, and are not listed here as lengths or as instants that a person
gave, are touched, and of those only what is not older than the instant from which monitor time lagged.
"""

from __future__ import annotations

from typing import TypeVar, cast

import msgspec

LENGTHS = frozenset(
    (
        "certain_sum_us",
        "longest_min_us",
        "max_us",
        "min_us",
        "off_max_us",
        "off_min_us",
        "off_time_us",
        "ran_least_us",
        "ran_most_us",
        "silence_us",
        "told_us",
        "unsure_us",
    )
)
"""Fields that hold a length of time."""

GIVEN = frozenset(("device_us", "expires_us", "free_until_us", "until_us"))
"""Instants by the calendar or by the pump's own clock: they are what they are."""

Held = TypeVar("Held")


def put_on(value: Held, from_us: int, by_us: int) -> Held:
    """Return ``value`` with every instant at or after ``from_us`` put on by ``by_us``, in microseconds."""
    if by_us == 0:
        return value
    return cast(Held, _put_on(value, from_us, by_us))


def _put_on(value: object, from_us: int, by_us: int) -> object:
    if isinstance(value, tuple):
        return tuple(_put_on(one, from_us, by_us) for one in value)
    if not isinstance(value, msgspec.Struct):
        return value
    changes: dict[str, object] = {}
    for name in value.__struct_fields__:
        held = getattr(value, name)
        if isinstance(held, msgspec.Struct | tuple):
            changes[name] = _put_on(held, from_us, by_us)
        elif is_instant(name) and isinstance(held, int) and held >= from_us:
            changes[name] = held + by_us
    return msgspec.structs.replace(value, **changes)


def is_instant(name: str) -> bool:
    """Return whether a field of this name holds an instant that the monitor itself dated."""
    return name.endswith("_us") and name not in LENGTHS and name not in GIVEN
