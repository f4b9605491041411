"""Counts over all discretised histories that fit what was heard: what the oracle's interval arithmetic must equal.

A history says of each cell whether therapy flowed, whether the motor turned against a blocked line, or nothing
moved. Which of these a cell may be is asked of the claims cell by cell; what a counter allows is found by
dynamic programming over the number of cells in which the motor turned. Only the sums over a whole story are
compared: which stops form one interruption is no question of histories.

Beyond the readings of the oracle:

19. Between two readings at one known rate the motor turned ``(v2 - v1) / rate``, give or take one step, both ends
    included; what lies within one step of all the time is all the time.
20. A blocked line that never alarms is not claimed: blocked cells lie in a window of an alarm that was heard.
21. A counter contradicts claims of flow only where it moved by less than ``min_rate_fraction`` of what their rate makes
    due, less one step, if its readings are at most ``silence_max`` apart.
22. Between two readings the pump ran at the rate it told last, or stood: slower flow that nobody heard of
    (keep-vein-open, under-rate) is not claimed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from monitor.interruption.events import Event
from tests.proof.oracle import MINUTE_US, Claim, Kind, Rules
from tests.proof.oracle_claims import heard_claims
from tests.proof.oracle_lags import LagRule, lags_of, runs_of
from tests.proof.oracle_trust import doubt_unconfirmed

FLOW, BLOCKED, STILL = "flow", "blocked", "still"
EVERYTHING = frozenset({FLOW, STILL})


@dataclass
class Ground:
    """What the cells are asked against."""

    claims: list[Claim]
    windows: list[tuple[int, int]]
    now_us: int
    rules: Rules

    def is_trusted(self, claim: Claim) -> bool:
        """Whether a claim of flow is evidence: outside every window of a later occlusion."""
        return claim.kind is Kind.FLOW and (claim.by_person or not self.is_in_window(claim.at_us))

    def is_in_window(self, at_us: int) -> bool:
        """Whether the pump's word at an instant is worth nothing."""
        return any(from_us < at_us <= until_us for from_us, until_us in self.windows)


def brute_sums(
    events: Iterable[Event], now_us: int, rules: Rules, grain_us: int = MINUTE_US, lags: LagRule = lags_of
) -> tuple[int, int]:
    """Return the least and the greatest off-time of all histories that fit; lags of a counter go by ``lags``."""
    claims = heard_claims(events, rules)
    doubt_unconfirmed(claims)
    ground = Ground(claims, _windows(claims, rules), now_us, rules)
    begun_us = next((claim.at_us for claim in claims if claim.kind is Kind.FLOW), now_us)
    cells = list(range(begun_us, now_us, grain_us))
    allowed = {at_us: _allowed(ground, at_us, at_us + grain_us) for at_us in cells}
    low = high = 0
    counted: set[int] = set()
    shown: set[int] = set()
    for one, two in _readings(ground):
        span = [at_us for at_us in cells if one.at_us <= at_us < two.at_us]
        bounds = _counted(ground, span, allowed, (one, two), grain_us) if span else None
        if bounds is not None:
            counted.update(span)
            shown.update([two.at_us] if bounds != (0, 0) else [])
            low, high = low + bounds[0] * grain_us, high + bounds[1] * grain_us
    begins = {from_us for from_us, _ in ground.windows if "no-witness-in-window" in rules.exceptions}
    is_asked = [ground.is_trusted(claim) and claim.at_us not in begins for claim in claims]
    for run in runs_of(claims, shown, is_asked):
        high += sum(lag.high_us for lag in lags(run, rules))
    for at_us in cells:
        if at_us not in counted:
            low += grain_us * (FLOW not in allowed[at_us])
            high += grain_us * (allowed[at_us] != {FLOW})
    return low, high


def _windows(claims: list[Claim], rules: Rules) -> list[tuple[int, int]]:
    out = []
    for index, claim in enumerate(claims):
        if claim.back_us < 0:
            before = claims[:index]
            told = [c.rate_ml_per_h for c in before if c.rate_ml_per_h and not c.is_kvo]
            from_us = claim.at_us - rules.latency_us(told[-1] if told else rules.ordered_ml_per_h)
            checks = [c.at_us for c in before if c.by_person and c.kind is Kind.FLOW]
            out.append((max([from_us, *checks]), claim.at_us))
    return out


def _allowed(ground: Ground, from_us: int, until_us: int) -> frozenset[str]:
    """Return what a cell may be by the run states alone."""
    before = [claim for claim in ground.claims if claim.at_us <= from_us]
    after = [claim for claim in ground.claims if claim.at_us >= until_us]
    last, following = before[-1], after[0] if after else None
    is_off = last.kind is Kind.NO_FLOW
    if is_off and following is not None:
        return frozenset({STILL}) if following.kind is Kind.NO_FLOW or following.is_run_event else EVERYTHING
    in_window = any(start <= from_us and until_us <= end for start, end in ground.windows)
    free = EVERYTHING | {BLOCKED} if in_window else EVERYTHING
    if is_off or in_window or not ground.is_trusted(last):
        return free
    next_us = ground.now_us if following is None else following.at_us
    is_near = next_us - last.at_us <= ground.rules.silence_max_us
    is_flow_to = following is None or following.kind is Kind.FLOW or following.is_stop_time
    return frozenset({FLOW}) if is_near and is_flow_to else free


def _readings(ground: Ground) -> list[tuple[Claim, Claim]]:
    told = [claim for claim in ground.claims if claim.volume_ml is not None]
    return list(pairwise(told))


def _counted(
    ground: Ground, span: list[int], allowed: dict[int, frozenset[str]], pair: tuple[Claim, Claim], grain_us: int
) -> tuple[int, int] | None:
    """Return the least and the greatest number of cells without flow between two readings; None: they say nothing."""
    one, two = pair
    if one.volume_ml is None or two.volume_ml is None or two.volume_ml < one.volume_ml:
        return None
    told = [c for c in ground.claims if c.at_us <= two.at_us and c.rate_ml_per_h and not c.is_kvo]
    rate_ml_per_h = (told[-1].rate_ml_per_h if told else None) or ground.rules.ordered_ml_per_h
    cells_per_ml = 3600 * 1_000_000 / rate_ml_per_h / grain_us
    turned, step = (two.volume_ml - one.volume_ml) * cells_per_ml, ground.rules.step_ml * cells_per_ml
    lacking = len(span) - turned
    is_told = any(one.at_us < claim.at_us < two.at_us for claim in ground.claims)
    is_blocked = any(BLOCKED in allowed[at_us] for at_us in span)
    is_between_flows = one.kind is Kind.FLOW and two.kind is Kind.FLOW
    if is_between_flows and abs(lacking) <= step + 1e-9 and not is_told and not is_blocked:
        return 0, 0
    # As much as the least rate that counts as therapy would move is all that is due of a claim of flow; more than
    # all of it is a run that nobody told of.
    sets = [allowed[at_us] for at_us in span]
    flows = sets.count(frozenset({FLOW}))
    is_due = ground.rules.min_rate_fraction * flows - step - 1e-9 <= turned <= flows + step + 1e-9
    is_near = two.at_us - one.at_us <= ground.rules.silence_max_us
    if one.kind is Kind.FLOW and is_due and is_near and all(len(each) == 1 for each in sets):
        return None
    if _is_spared(ground, span, pair, grain_us):
        return None
    # Run states that the counter contradicts by more than that are given up.
    return _fitting(sets, turned, step) or _fitting([each | EVERYTHING for each in sets], turned, step)


def _is_spared(ground: Ground, span: list[int], pair: tuple[Claim, Claim], grain_us: int) -> bool:
    """Whether the core is known not to use the counter here (see ``EXCEPTIONS``)."""
    one, two = pair
    names = ground.rules.exceptions
    between = [claim for claim in ground.claims if one.at_us < claim.at_us < two.at_us]
    is_windowed = any(start <= span[-1] + grain_us and span[0] < end for start, end in ground.windows)
    return ("no-witness-in-window" in names and is_windowed) or (
        "no-witness-over-event" in names and any(claim.is_run_event or claim.is_stop_time for claim in between)
    )


def _fitting(sets: list[frozenset[str]], turned: float, step: float) -> tuple[int, int] | None:
    """Return the least and the greatest number of cells without flow, the motor having turned in so many."""
    table: dict[int, tuple[int, int]] = {0: (0, 0)}
    for may_be in sets:
        grown: dict[int, tuple[int, int]] = {}
        for turns, (least, most) in table.items():
            for cell in may_be:
                key, off = turns + (cell != STILL), int(cell != FLOW)
                old = grown.get(key, (least + off, most + off))
                grown[key] = min(old[0], least + off), max(old[1], most + off)
        table = grown
    fitting = [bounds for turns, bounds in table.items() if abs(turns - turned) <= step + 1e-9]
    if not fitting:
        return None
    return min(least for least, _ in fitting), max(most for _, most in fitting)
