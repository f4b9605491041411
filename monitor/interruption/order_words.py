"""Reads whom and what an order is for: drug, indication, age group, cycle; the same words everywhere.

Pure. Used wherever an order comes in as JSON: stories, the feed. The configuration file has the same limits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

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
    drug, indication, age_group, cycle = (said.get(key) for key in ("drug", "indication", "age_group", "cycle"))
    return msgspec.structs.replace(
        order,
        drug=order.drug if drug is None else drug_name(drug),
        indication=order.indication if indication is None else indication_word(indication),
        age_group=order.age_group if age_group is None else age_group_word(age_group),
        cycle=order.cycle if cycle is None else cycle_number(cycle),
    )


def drug_name(value: object) -> str:
    """Return a drug's name; raises ValueError with a clause for people."""
    if isinstance(value, str) and 0 < len(value.strip()) <= DRUG_CHARACTERS_MAX and value.isprintable():
        return value.strip()
    raise ValueError(f"order.drug must be a name of 1 to {DRUG_CHARACTERS_MAX} characters")


def indication_word(value: object) -> str:
    """Return an indication; raises ValueError with a clause for people."""
    if isinstance(value, str) and re.fullmatch(INDICATION_PATTERN, value):
        return value
    raise ValueError("order.indication must be a word of lower-case letters, digits and hyphens, such as mrd-positive")


def age_group_word(value: object) -> str:
    """Return an age group; raises ValueError with a clause for people."""
    if isinstance(value, str) and value in tuple(AgeGroup):
        return value
    raise ValueError(f"order.age_group must be {' or '.join(AgeGroup)}")


def cycle_number(value: object) -> int:
    """Return which cycle it is; raises ValueError with a clause for people."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= CYCLE_MAX:
        return value
    raise ValueError(f"order.cycle must be a whole number from 1 to {CYCLE_MAX}")
