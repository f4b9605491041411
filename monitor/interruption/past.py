"""The clock as it was before a planned end or pause, kept for a while: late evidence of that time still counts.

Pure. A plan begins the clock anew, and what is heard after that may be about the time before: a log that is read
once the line is back, an alarm that was held up. It is weighed on the clock of its time, which the plan then
closes as before.
"""

from __future__ import annotations

import msgspec

from monitor.interruption.evidence import Evidence
from monitor.interruption.evidence_log import closed_log
from monitor.interruption.folding import refold
from monitor.interruption.offtime import Bounds, Fold, Group, Stop, bounds
from monitor.interruption.policy import Therapy
from monitor.interruption.state import Past, PumpState
from monitor.interruption.why import Why

KEPT_MAX = 8
"""How many closed clocks are kept: four days of a schedule with a pause each day."""

replace = msgspec.structs.replace


def closed_by_plan(fold: Fold, at_us: int, therapy: Therapy) -> tuple[Group, ...]:
    """Return the interruptions of a clock that a plan closes at ``at_us``: no stop counts beyond it."""
    if _is_excused(fold, at_us, therapy):
        # The pump's log was read up to the end, and tells of no stop.
        fold = replace(fold, last_flow_us=at_us)
    found = bounds(fold, at_us, therapy)
    if found is None or (found.max_us == 0 and found.stops == 1):
        return fold.done
    last = Group(
        opened_us=found.opened_us,
        flow_us=at_us if found.flow_us is None else found.flow_us,
        stops=found.stops,
        min_us=found.min_us,
        max_us=found.max_us,
        longest_min_us=found.longest_min_us,
        listed=_by_plan(found),
    )
    return (*fold.done, last)


def _is_excused(fold: Fold, at_us: int, therapy: Therapy) -> bool:
    """Return whether silence before ``at_us`` is none; an open stop is not asked for its last flow."""
    last_us = fold.last_flow_us
    is_read = at_us - fold.covered_to_us <= therapy.silence_max_us
    return last_us is not None and fold.covered_from_us <= last_us and is_read


def _by_plan(found: Bounds) -> tuple[Stop, ...]:
    """Return the stops of an interruption whose open one, if any, ends by plan."""
    if not found.is_max_running:
        return found.listed
    *before, last = found.listed
    return (*before, replace(last, whys=(*last.whys[:3], Why.PLAN)))


def closed(state: PumpState, at_us: int, therapy: Therapy) -> PumpState:
    """Return the state with its clock closed by plan at ``at_us`` and kept for what is heard late."""
    fold = Fold(done=closed_by_plan(state.fold, at_us, therapy), off_patient=state.fold.off_patient)
    last = Past(closed_us=at_us, fold=state.fold, base=state.base, evidence=closed_log(state))
    pasts = (*state.pasts, last)[-KEPT_MAX:]
    return replace(state, fold=fold, base=fold, evidence=(), completed_at_us=at_us, pasts=pasts)


def past_of(state: PumpState, about_us: int) -> Past | None:
    """Return the clock that an instant belongs to, if a plan has closed it since."""
    return next((past for past in state.pasts if about_us <= past.closed_us), None)


def then(state: PumpState, about_us: int) -> PumpState | None:
    """Return the state with the clock of an instant that a plan has closed since, or None for what is later."""
    past = past_of(state, about_us)
    if past is None:
        return None
    earlier = replace(state, fold=past.fold, base=past.base, evidence=past.evidence, completed_at_us=None)
    if not past.evidence:
        return replace(earlier, tail_to_us=0, tail_samples=b"")
    tail = past.evidence[-1]
    return replace(earlier, tail_to_us=tail.to_us, tail_samples=tail.samples)


def amended(state: PumpState, about_us: int, earlier: PumpState, therapy: Therapy) -> PumpState:
    """Return the state after something was weighed on the clock of before: ``earlier`` is what ``then`` became."""
    past = past_of(state, about_us)
    if past is None:
        return state
    weighed = replace(past, fold=earlier.fold, base=earlier.base, evidence=closed_log(earlier))
    kept = replace(
        earlier,
        fold=state.fold,
        base=state.base,
        evidence=state.evidence,
        tail_to_us=state.tail_to_us,
        tail_samples=state.tail_samples,
        completed_at_us=state.completed_at_us,
        pasts=state.pasts,
    )
    return _with_past(kept, past, weighed, therapy)


def _with_past(state: PumpState, before: Past, after: Past, therapy: Therapy) -> PumpState:
    """Return the state with one of its closed clocks changed, and what that clock tells in all later ones."""
    found = closed_by_plan(after.fold, after.closed_us, therapy)
    pasts = (_carried(before, after, past, found) for past in state.pasts)
    return replace(
        state,
        fold=_with_done(state.fold, found, before.closed_us),
        base=_with_done(state.base, found, before.closed_us),
        pasts=tuple(pasts),
    )


def _carried(before: Past, after: Past, past: Past, found: tuple[Group, ...]) -> Past:
    if past.closed_us <= before.closed_us:
        return after if past.closed_us == before.closed_us else past
    fold, base = (_with_done(one, found, before.closed_us) for one in (past.fold, past.base))
    return replace(past, fold=fold, base=base)


def _with_done(fold: Fold, earlier: tuple[Group, ...], closed_us: int) -> Fold:
    return replace(fold, done=(*earlier, *(group for group in fold.done if group.opened_us >= closed_us)))


def closed_earlier(state: PumpState, at_us: int, therapy: Therapy) -> PumpState:
    """Return the state with the planned end that came after ``at_us`` dated there: nothing was to flow any more."""
    past = past_of(state, at_us)
    if past is None or at_us == past.closed_us:
        return state
    kept = tuple(_until(piece, at_us) for piece in past.evidence if piece.at_us <= at_us)
    moved = replace(past, closed_us=at_us, fold=refold(past.base, kept, therapy), evidence=kept)
    is_last = state.completed_at_us == past.closed_us
    completed_at_us = at_us if is_last else state.completed_at_us
    return _with_past(replace(state, completed_at_us=completed_at_us), past, moved, therapy)


def _until(piece: Evidence, at_us: int) -> Evidence:
    """Return what a run of repeats said up to ``at_us``."""
    if piece.to_us <= at_us:
        return piece
    return replace(
        piece,
        to_us=at_us,
        counter_to_ul=None,
        read_to_us=None,
        still_us=None,
        remaining_to_ul=None,
        samples=b"",
        kept_us=None,
        kept_ul=None,
    )
