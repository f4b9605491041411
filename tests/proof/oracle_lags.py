"""The rule by which a counter that lags a little at every report is believed in sum, from its words alone.

As long as flow is claimed at one rate and nothing denies it, each reading is compared with the one since which the
counter lags most. A reading at which the counter moved shows a finished stop, none of it certain, once what was
delivered since then is less than ``min_rate_fraction`` of the rate makes due by more than a step and ten seconds.

23. A run of claims ends with a stop, a doubt, another rate, a counter that goes back, and with a gap that shows a stop
    by itself; the reading after it is the first of the next run. A silence in which the counter kept up ends none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

from tests.proof.oracle import MINUTE_US, SECOND_US, Claim, Rules

MARGIN_US = 10 * SECOND_US
"""How much later than the one before it a report may have come."""

Run = list[Claim]
"""Readings of one run of claims, in order; all have a counter."""


@dataclass(frozen=True)
class Lag:
    """A run too slow between two readings: off between nothing and ``high_us``, a finished stop."""

    from_us: int
    until_us: int
    high_us: int


LagRule = Callable[[Run, Rules], list[Lag]]
"""Says what a run's counter lacks in sum."""


def runs_of(claims: Iterable[Claim], breaks_us: set[int], flowing: Iterable[bool]) -> list[Run]:
    """Part claims into runs; ``breaks_us`` are the readings before which a gap shows a stop by itself.

    ``flowing`` says of each claim whether it is flow that nothing denies.
    """
    runs: list[Run] = [[]]
    for claim, is_flow in zip(claims, flowing, strict=True):
        if not is_flow:
            runs.append([])
        if not is_flow or claim.volume_ml is None:
            continue
        last = runs[-1][-1] if runs[-1] else None
        is_other = last is not None and claim.rate_ml_per_h != last.rate_ml_per_h
        is_back = last is not None and claim.volume_ml < (last.volume_ml or 0.0)
        if is_other or is_back or claim.at_us in breaks_us:
            runs.append([])
        runs[-1].append(claim)
    return [run for run in runs if len(run) > 1]


def lags_of(run: Run, rules: Rules) -> list[Lag]:
    """Return what a run's counter lacks in sum, in order."""
    rate_ml_per_us = (run[0].rate_ml_per_h or rules.ordered_ml_per_h) / (60 * MINUTE_US)
    found: list[Lag] = []
    since = [run[0]]

    def kept_up_ml(claim: Claim) -> float:
        """How far the counter is ahead of what is due; the reading where that is greatest is the one it lags since."""
        return (claim.volume_ml or 0.0) - rules.min_rate_fraction * rate_ml_per_us * claim.at_us

    for before, claim in pairwise(run):
        # Of several such readings it kept up until the last.
        first = max(reversed(since), key=lambda each: round(kept_up_ml(each), 9))
        since.append(claim)
        if claim.volume_ml == before.volume_ml:
            continue
        missing_ml = kept_up_ml(first) - kept_up_ml(claim)
        margin_ml = rules.min_rate_fraction * rate_ml_per_us * MARGIN_US
        if missing_ml > rules.step_ml + margin_ml + 1e-9:
            # No reading in between bears out that it flowed as claimed: all of it is doubt.
            found.append(Lag(first.at_us, claim.at_us, claim.at_us - first.at_us))
            since = [claim]
    return found
