"""Weighs claims: what a counter or a later occlusion makes doubtful, and what flow a stop time speaks of."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.interruption.events import Event
from tests.proof.oracle import MINUTE_US, Claim, Dossier, Kind, Rules
from tests.proof.oracle_claims import heard_claims


def dossier(events: Iterable[Event], rules: Rules) -> Dossier:
    """Return what is claimed by events, whatever the order in which they were heard; repeats once."""
    claims = heard_claims(events, rules)
    doubt_unconfirmed(claims)
    _doubt_standing_counter(claims, rules)
    return _distrust(claims, rules)


def doubt_unconfirmed(claims: list[Claim]) -> None:
    """Make claims of flow doubtful until the counter has moved since the pump stood (reading 17)."""
    read_ml: float | None = None
    stood_at_ml: float | None = None
    for claim in claims:
        if claim.kind is Kind.NO_FLOW and read_ml is not None:
            stood_at_ml = read_ml if claim.volume_ml is None else claim.volume_ml
        elif stood_at_ml is not None and claim.kind is Kind.FLOW:
            # Who sees it run confirms it as well as a counter does.
            if claim.by_person or (claim.volume_ml is not None and claim.volume_ml != stood_at_ml):
                stood_at_ml = None
            else:
                claim.kind = Kind.DOUBT
        read_ml = read_ml if claim.volume_ml is None else claim.volume_ml


def _doubt_standing_counter(claims: list[Claim], rules: Rules) -> None:
    moved: Claim | None = None
    for claim in claims:
        if claim.volume_ml is None:
            continue
        if moved is None or claim.volume_ml != moved.volume_ml or claim.kind is Kind.NO_FLOW:
            moved = claim
            continue
        due_ml = (claim.rate_ml_per_h or 0.0) * (claim.at_us - moved.at_us) / (60 * MINUTE_US)
        if due_ml > rules.step_ml + 1e-9:
            for other in claims:
                is_between = moved.at_us < other.at_us <= claim.at_us
                if is_between and other.kind is Kind.FLOW and not other.by_person and not other.is_run_event:
                    other.kind = Kind.DOUBT


def _distrust(claims: list[Claim], rules: Rules) -> Dossier:
    told_ml_per_h = rules.ordered_ml_per_h
    file = Dossier()
    for claim in claims:
        if claim.rate_ml_per_h and not claim.is_kvo:
            told_ml_per_h = claim.rate_ml_per_h
        if claim.back_us < 0:
            claim.back_us = rules.latency_us(told_ml_per_h)
            checks = [c.at_us for c in claims if c.by_person and c.kind is Kind.FLOW and c.at_us <= claim.at_us]
            claim.back_us = min(claim.back_us, claim.at_us - checks[-1]) if checks else claim.back_us
            file.windows.append((claim.at_us - claim.back_us, claim.at_us))
    begun = next((claim.at_us for claim in claims if claim.kind is Kind.FLOW), None)
    if begun is None:
        return file
    for from_us, until_us in file.windows:
        for claim in claims:
            if from_us < claim.at_us <= until_us and claim.kind is Kind.FLOW and not claim.by_person:
                claim.kind, claim.is_distrusted = Kind.DOUBT, True
    file.claims = _with_implied([claim for claim in claims if claim.at_us >= begun], begun, file.windows, rules)
    return file


def _with_implied(claims: list[Claim], begun_us: int, windows: list[tuple[int, int]], rules: Rules) -> list[Claim]:
    """Put in the flow that a stop time speaks of (reading 3), and the begin of therapy (reading 9).

    What a stop time says of the flow before it is a run state too: inside a window it is worth nothing.
    """
    out = [Claim(begun_us, Kind.FLOW, is_implied=True), *claims]
    for stop in [claim for claim in claims if claim.is_stop_time]:
        until_us = stop.at_us - stop.back_us
        for from_us, to_us in sorted(windows, reverse=True):
            until_us = from_us if from_us < until_us <= to_us else until_us
        is_window = until_us != stop.at_us
        before = [c for c in out if c.at_us < until_us or (c.at_us == until_us and (is_window or c.kind is Kind.FLOW))]
        after = next((c for c in out if c.at_us > until_us and not c.is_implied), stop)
        after = stop if after.at_us >= stop.at_us else after
        is_run_state = after is stop or after.is_distrusted
        is_near = (
            bool(before) and before[-1].kind is Kind.FLOW and after.at_us - before[-1].at_us <= rules.silence_max_us
        )
        names = rules.exceptions
        is_spared = "event-before-window" in names and after.is_distrusted and before and before[-1].is_run_event
        is_late = stop.told_us is not None and before and stop.told_us - before[-1].at_us > rules.silence_max_us
        is_spared = is_spared or ("since-in-silence" in names and is_late)
        if is_run_state and is_near and not is_spared:
            out.append(Claim(until_us, Kind.FLOW, is_implied=True, is_distrusted=after.is_distrusted))
            # Sorting is stable; the implied flow comes before the stop and the doubt of its own instant.
            out.sort(key=lambda claim: (claim.at_us, claim.kind is not Kind.FLOW))
    return out
