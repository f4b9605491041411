"""Reads whom and what an order is for: drug, indication, age group, cycle; the same words everywhere.

Pure. Used wherever an order comes in as JSON: stories, the feed. The configuration file has the same limits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import msgspec

from monitor.interruption.events import Order
from monitor.interruption.therapy_rules import AgeGroup

CYCLE_MAX = 99
"""More cycles than any course has."""

DRUG_CHARACTERS_MAX = 80
"""Longest name of a drug."""

INDICATION_PATTERN = r"[a-z0-9][a-z0-9-]{0,63}"
"""An indication is a word such as mrd-positive."""


def with_patient_kind(order: Order, said: Mapping[str, object]) -> Order:
    """Return the order with drug, indication, age group and cycle as ``said``; what is not said stays.

    Raises:
        ValueError: A clause for people that begins with the key.
    """
    changes: dict[str, str | int] = {}
    for key, read in _READERS.items():
        value = said.get(key)
        if value is None:
            continue
        try:
            changes[key] = read(value)
        except ValueError as fault:
            raise ValueError(f"order.{key} {fault}") from None
    return msgspec.structs.replace(order, **changes)


def drug_name(value: object) -> str:
    """Return a drug's name; raises ValueError with a clause for people."""
    if isinstance(value, str) and 0 < len(value.strip()) <= DRUG_CHARACTERS_MAX and value.isprintable():
        return value.strip()
    raise ValueError(f"must be a name of 1 to {DRUG_CHARACTERS_MAX} characters")


def indication_word(value: object) -> str:
    """Return an indication; raises ValueError with a clause for people."""
    if isinstance(value, str) and re.fullmatch(INDICATION_PATTERN, value):
        return value
    raise ValueError("must be a word of lower-case letters, digits and hyphens, such as mrd-positive")


def age_group_word(value: object) -> str:
    """Return an age group; raises ValueError with a clause for people."""
    if isinstance(value, str) and value in tuple(AgeGroup):
        return value
    raise ValueError(f"must be {' or '.join(AgeGroup)}")


def cycle_number(value: object) -> int:
    """Return which cycle it is; raises ValueError with a clause for people."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= CYCLE_MAX:
        return value
    raise ValueError(f"must be a whole number from 1 to {CYCLE_MAX}")


_READERS: dict[str, Callable[[object], str | int]] = {
    "drug": drug_name,
    "indication": indication_word,
    "age_group": age_group_word,
    "cycle": cycle_number,
}
