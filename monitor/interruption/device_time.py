"""What the pump's own clock adds: messages that were held up are dated anew once that clock has proved steady.

Absolute pump time shortens nothing. Between two live readings that agree, the pump's clock tells how far
apart two of its own words were, and so where inside what arrival allows a held-up one belongs.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from drivers.contract import LinkChanged, Observation
from monitor.interruption.alarms import OWN_PRIORITIES, OwnCode
from monitor.interruption.effects import Effect, Told
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.evidence_log import closed_log, is_too_old, pruned
from monitor.interruption.folding import refold
from monitor.interruption.parting import inserted
from monitor.interruption.policy import MINUTE_US, SECOND_US, Therapy
from monitor.interruption.pump_clock import STEP_TOLD_US, heard, narrowed
from monitor.interruption.state import PumpState

READ_EACH_US = MINUTE_US
"""How often a live pump's clock is looked at; oftener would tell no more."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)

replace = msgspec.structs.replace


def device_us_of(observation: Observation) -> int | None:
    """Return what the pump's clock said when it spoke, in microseconds since 1970; None if it did not tell."""
    if isinstance(observation, LinkChanged) or observation.device_at is None:
        return None
    return (observation.device_at - _EPOCH) // _TICK


def is_clock_due(state: PumpState, at_us: int) -> bool:
    """Return whether the pump's clock is to be looked at again."""
    clock = state.pump_clock
    return clock is None or not clock.count or at_us - clock.at_us >= READ_EACH_US


def clock_read(
    state: PumpState, observation: Observation, at_us: int, therapy: Therapy, effects: list[Effect]
) -> PumpState:
    """Return the state with the pump's clock looked at, and what was held up before dated anew."""
    device_us = device_us_of(observation)
    if device_us is None or isinstance(observation, LinkChanged) or not is_clock_due(state, at_us):
        return state
    oldest_us = at_us - int(observation.age_max_s * SECOND_US)
    clock, step_us = heard(state.pump_clock, device_us, oldest_us, at_us)
    state = replace(state, pump_clock=clock)
    if step_us is not None and abs(step_us) >= STEP_TOLD_US:
        detail = f"the pump's clock was set by {step_us / SECOND_US:+.0f} s; no duration changes"
        effects.append(Told(code=OwnCode.CLOCK_SKEW, priority=OWN_PRIORITIES[OwnCode.CLOCK_SKEW], detail=detail))
    return _redated(state, therapy)


def _redated(state: PumpState, therapy: Therapy) -> PumpState:
    kept = [(piece, _dated(piece, state)) for piece in closed_log(state)]
    moved = [dated for piece, dated in kept if dated is not piece]
    if not moved:
        return state
    ordered = tuple(piece for piece, dated in kept if dated is piece)
    for dated in moved:
        # As if it had been heard with these instants: a run that it falls into is parted.
        ordered = inserted(ordered, dated, therapy) or ordered
    fold = refold(state.base, ordered, therapy)
    tail = ordered[-1]
    state = replace(state, fold=fold, evidence=ordered, tail_to_us=tail.to_us, tail_samples=tail.samples)
    return pruned(state, therapy, is_late=True)


def _dated(piece: Evidence, state: PumpState) -> Evidence:
    """Return a held-up piece with the instants that the pump's clock leaves to it; itself, if as before."""
    if piece.device_us is None or not piece.unsure_us or piece.to_us != piece.at_us:
        return piece
    is_flow = piece.kind in (EvidenceKind.FLOW, EvidenceKind.RUN)
    oldest_us = piece.at_us if is_flow else piece.at_us - piece.unsure_us
    newest_us = oldest_us + piece.unsure_us
    found = narrowed(state.pump_clock, piece.device_us, oldest_us, newest_us)
    if (found.oldest_us, found.newest_us) == (oldest_us, newest_us):
        return piece
    at_us = found.oldest_us if is_flow else found.newest_us
    dated = replace(
        piece,
        at_us=at_us,
        to_us=at_us,
        earliest_us=piece.earliest_us + found.oldest_us - oldest_us,
        unsure_us=found.newest_us - found.oldest_us,
    )
    return piece if is_too_old(state, dated) else dated
