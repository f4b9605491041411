"""Makes many different pumps out of a few stories.

Pure: a seed and a number give the same pump every time. The first pump of a fleet is exactly the
story's own; the others get a serial number, a drift and a reporting phase of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from simulator.scenario import Scenario
from simulator.station import Member

PUMPS_MAX = 100_000
_SERIALS_AFTER = 810_000
_DRIFT_PPM_MAX = 20.0


def pump_ids(prefix: str, pumps: int) -> list[str]:
    """Return the ids of a fleet: the prefix itself for a single pump, numbered from 1 for more."""
    return [prefix] if pumps == 1 else [f"{prefix}-{number}" for number in range(1, pumps + 1)]


def chance_of(seed: int, number: int) -> Random:
    """Return the source of all randomness of one pump of a fleet."""
    # Seeding from text is stable between versions and interpreters.
    return Random(f"pumpwatch/{seed}/{number}")  # noqa: S311 - simulated chance, nothing secret


def members(stories: Sequence[Scenario], prefix: str, pumps: int, seed: int, period_us: int) -> Iterator[Member]:
    """Yield the pumps of a fleet; stories repeat in turn.

    Args:
        stories: At least one.
        prefix: What the ids begin with.
        pumps: How many, up to ``PUMPS_MAX``.
        seed: Changes all chance at once.
        period_us: The reporting period within which the phases lie.
    """
    for number, pump_id in enumerate(pump_ids(prefix, pumps)):
        scenario = stories[number % len(stories)]
        chance = chance_of(seed, number)
        setup, phase_us = scenario.setup, 0
        if number:
            setup = replace(
                setup,
                serial=f"SN{_SERIALS_AFTER + number:06d}",
                drift_ppm=round(setup.drift_ppm + chance.uniform(-_DRIFT_PPM_MAX, _DRIFT_PPM_MAX), 3),
            )
            phase_us = chance.randrange(period_us)
        yield Member(pump_id, scenario, setup, chance, phase_us)
