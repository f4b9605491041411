"""The evidence that is kept for one pump, and the clock over it.

Repeats of the same thing are one entry that reaches on (``tail_to_us``), so that a steady course costs
nothing. Evidence older than the tail is put in its place (``parting``) and the clock is folded anew. What
lies further back than late evidence may amend is folded into ``base`` for good.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.folding import apply, needs_refold, refold
from monitor.interruption.lagging import lags
from monitor.interruption.offtime import Fold, Group, certain_us, known_until_us
from monitor.interruption.parting import inserted
from monitor.interruption.policy import Therapy
from monitor.interruption.reading import Motion, has_moved
from monitor.interruption.samples import added
from monitor.interruption.state import Incident, Phase, PumpState

KEPT_MAX = 64
"""How many entries one pump keeps; beyond it the older half is folded into the base."""

LATE_MAX = 256
"""How many it keeps while entries come late and out of order: those may be about any of them."""

_FLOWS = (EvidenceKind.FLOW, EvidenceKind.RUN, EvidenceKind.PERSON_FLOW)

_REPEATED = (EvidenceKind.FLOW, EvidenceKind.DOUBT, EvidenceKind.NO_FLOW)

replace = msgspec.structs.replace


def is_repeat(state: PumpState, evidence: Evidence, therapy: Therapy) -> bool:
    """Return whether ``evidence`` only says once more what the tail said."""
    if not state.evidence:
        return False
    tail = state.evidence[-1]
    if evidence.kind is not tail.kind or evidence.kind not in _REPEATED or evidence.at_us < state.tail_to_us:
        return False
    if (evidence.unsure_us == 0) is not (tail.unsure_us == 0):
        # What surely was and what may have been held up are dated by different rules.
        return False
    return _adds_no_reading(tail, evidence) and _says_the_same(state, evidence, therapy)


def _adds_no_reading(tail: Evidence, evidence: Evidence) -> bool:
    """Return whether the run's readings have what ``evidence`` brings, so that it can go on with it."""
    return (
        (evidence.counter_ul is None or tail.counter_ul is not None)
        and (evidence.remaining_ul is None or tail.remaining_ul is not None)
        and evidence.rate_ul_per_h == tail.rate_ul_per_h
        and evidence.step_ul == tail.step_ul
    )


def _says_the_same(state: PumpState, evidence: Evidence, therapy: Therapy) -> bool:
    fold = state.fold
    reading = fold.reading
    if evidence.kind is EvidenceKind.DOUBT:
        return True
    if evidence.kind is EvidenceKind.NO_FLOW:
        return not has_moved(reading, evidence)
    if evidence.flow_by_us - state.tail_to_us > therapy.silence_max_us:
        return False
    if fold.stop is not None:
        return evidence.counter_ul is not None and not has_moved(reading, evidence)
    return not lags(fold, evidence, therapy)


def is_tail_long(state: PumpState, at_us: int, therapy: Therapy) -> bool:
    """Return whether the last entry has gone on for so long that a new one begins: one without end never settles."""
    return bool(state.evidence) and at_us - state.evidence[-1].at_us > therapy.amend_us


def is_too_old(state: PumpState, evidence: Evidence) -> bool:
    """Return whether ``evidence`` is about an instant that is settled: it can amend nothing any more.

    Whatever is folded for good was folded in order; an older piece would claim what newer ones denied.
    """
    if state.evidence and evidence.at_us >= state.evidence[0].at_us:
        return False
    return evidence.at_us < known_until_us(state.base)


def admit(state: PumpState, evidence: Evidence, therapy: Therapy) -> PumpState:
    """Return the state with ``evidence`` among what is known and the clock folded over it.

    What is heard of the very instant of the last entry comes after it: the order of hearing is all there is.
    """
    if is_repeat(state, evidence, therapy):
        if not is_tail_long(state, evidence.at_us, therapy):
            return _extended(state, evidence, therapy)
        # Its last reports one by one are of no more use than those before them.
        state = replace(state, tail_samples=b"")
    if is_too_old(state, evidence):
        return state
    kept = closed_log(state)
    if kept and evidence.at_us < state.tail_to_us:
        merged = inserted(kept, evidence, therapy)
        if merged is None:
            return state
        fold = refold(state.base, merged, therapy)
        return pruned(_with_tail(state, fold, merged), therapy, is_late=True)
    if kept and evidence == kept[-1]:
        return state
    # While it flows; what comes next may be the beginning of an interruption.
    state = _calmed(state, therapy)
    must_refold = needs_refold(state.fold, evidence, therapy)
    kept = (*closed_log(state), evidence)
    fold = refold(state.base, kept, therapy) if must_refold else apply(state.fold, evidence, therapy)
    return pruned(_with_tail(state, fold, kept), therapy)


def closed_log(state: PumpState) -> tuple[Evidence, ...]:
    """Return all kept evidence with the reach of the last entry written into it."""
    if not state.evidence:
        return ()
    tail = state.evidence[-1]
    if tail.to_us == state.tail_to_us:
        return state.evidence
    closed = replace(tail, to_us=state.tail_to_us, samples=state.tail_samples)
    reading = state.fold.reading
    if reading is not None and (tail.counter_ul is not None or tail.remaining_ul is not None):
        is_still = reading.at_us < tail.at_us
        closed = replace(
            closed,
            counter_to_ul=tail.counter_ul if is_still else reading.counter_ul,
            read_to_us=state.tail_to_us if is_still else reading.at_us,
            still_us=reading.still_us,
            remaining_to_ul=reading.remaining_ul,
        )
        if reading.kept_us >= tail.at_us and reading.motion is Motion.FLOWING:
            closed = replace(closed, kept_us=reading.kept_us, kept_ul=reading.kept_ul)
    return (*state.evidence[:-1], closed)


def pruned(state: PumpState, therapy: Therapy, *, is_late: bool = False) -> PumpState:
    """Return the state without evidence that can no longer amend anything.

    In order, one entry at a time, no more than ``KEPT_MAX`` come together; more is what late ones left.
    """
    kept = len(state.evidence)
    if kept > LATE_MAX or (kept == KEPT_MAX + 1 and not is_late):
        return _halved(state, therapy)
    return _calmed(state, therapy)


def _calmed(state: PumpState, therapy: Therapy) -> PumpState:
    """Return the state with what nothing can amend any more folded for good, if it flows and nothing is open."""
    fold = state.fold
    if len(state.evidence) <= 1 or fold.stop is not None or fold.group is not None:
        return state
    if fold.flow_from_us is None or fold.last_flow_us is None:
        return state
    if state.evidence[0].to_us >= fold.last_flow_us - therapy.amend_us:
        return state
    count = _settled(state, fold.last_flow_us - therapy.amend_us, therapy)
    if not count:
        return state
    older, newer = state.evidence[:count], state.evidence[count:]
    until_us = older[-1].to_us
    base = replace(refold(state.base, older, therapy, newer), done=())
    over = tuple(group for group in fold.done if group.flow_us <= until_us)
    fold = replace(fold, done=tuple(group for group in fold.done if group.flow_us > until_us))
    pasts = tuple(past for past in state.pasts if past.closed_us > until_us)
    return replace(let_go(state, over), base=base, fold=fold, evidence=newer, pasts=pasts)


def _settled(state: PumpState, settled_us: int, therapy: Therapy) -> int:
    """Return how many entries nothing can amend any more: whole interruptions, and flow after them.

    Before a day of flow, people must know the end of what is folded for good.
    """
    fold, kept = state.fold, state.evidence[:-1]
    if (fold.last_flow_us or 0) - (fold.flow_from_us or 0) < therapy.amend_us:
        known = _known_ends(state)
        untold = (group.flow_us for group in fold.done if (group.opened_us, group.flow_us) not in known)
        settled_us = min((*untold, settled_us))
    count = next((place for place, piece in enumerate(kept) if piece.to_us >= settled_us), len(kept))
    spans = [(group.opened_us, group.flow_us + therapy.merge_run_us) for group in fold.done]
    while count and not _is_whole(kept[count - 1], spans):
        count -= 1
    return count


def _is_whole(last: Evidence, spans: list[tuple[int, int]]) -> bool:
    """Return whether no interruption goes on over the end of ``last``, which is a claim of flow."""
    return last.kind in _FLOWS and not any(opened_us < last.to_us < over_us for opened_us, over_us in spans)


def _known_ends(state: PumpState) -> set[tuple[int, int | None]]:
    """Return from when to when the interruptions were that people know the end of."""
    return {
        (incident.opened_at_us, incident.flow_us) for incident in state.incidents if incident.phase is not Phase.OPEN
    }


def let_go(state: PumpState, groups: Iterable[Group]) -> PumpState:
    """Return the state with the interruptions of these stops settled: evidence of them is not kept any more."""
    spans = [(group.opened_us, group.flow_us) for group in groups]
    if not spans or not any(incident.is_kept for incident in state.incidents):
        return state
    return replace(
        state,
        incidents=tuple(replace(one, is_kept=one.is_kept and not _lies_in(one, spans)) for one in state.incidents),
    )


def _lies_in(incident: Incident, spans: list[tuple[int, int]]) -> bool:
    ended_us = incident.flow_us
    return ended_us is not None and any(start <= ended_us and incident.opened_at_us <= end for start, end in spans)


def _halved(state: PumpState, therapy: Therapy) -> PumpState:
    """Fold the older half into the base, and let go of the interruptions in it that people know the end of."""
    kept = closed_log(state)
    older, newer = kept[: len(kept) // 2], kept[len(kept) // 2 :]
    base = refold(state.base, older, therapy, newer)
    known = _known_ends(state)
    settled = {group for group in base.done if (group.opened_us, group.flow_us) in known}
    state = let_go(state, settled)
    fold = replace(state.fold, done=tuple(group for group in state.fold.done if group not in settled))
    base = replace(base, done=tuple(group for group in base.done if group not in settled))
    return replace(state, fold=fold, base=base, evidence=newer)


def rate_at(state: PumpState, about_us: int) -> float | None:
    """Return the slowest rate that was in force then, as ordered or as the pump told it: it is noticed latest."""
    told = next((piece.rate_ul_per_h for piece in reversed(state.evidence) if _tells_rate(piece, about_us)), None)
    ordered = None if state.order is None else state.order.rate_ml_per_h
    rates = [rate for rate in (ordered, None if told is None else told / 1000) if rate]
    return min(rates, default=None)


def _tells_rate(piece: Evidence, about_us: int) -> bool:
    return piece.at_us <= about_us and piece.rate_ul_per_h is not None


def without_certainty(state: PumpState, evidence: Evidence) -> PumpState:
    """Return the state after word of flow too old to be placed: where it may have been nothing is certain."""
    if evidence.kind not in (EvidenceKind.FLOW, EvidenceKind.RUN):
        return state
    return replace(state, fold=_uncertain(state.fold, evidence.at_us), base=_uncertain(state.base, evidence.at_us))


def _uncertain(fold: Fold, about_us: int) -> Fold:
    group, stop = fold.group, fold.stop
    if group is not None and group.opened_us <= about_us <= group.flow_us:
        fold = replace(fold, group=replace(group, min_us=0, longest_min_us=0))
    if stop is not None and stop.onset_earliest_us <= about_us:
        fold = replace(fold, stop=replace(stop, ran_most_us=certain_us(stop) + stop.ran_most_us))
    return fold


def _with_tail(state: PumpState, fold: Fold, kept: tuple[Evidence, ...]) -> PumpState:
    tail = kept[-1]
    return replace(state, fold=fold, evidence=kept, tail_to_us=tail.to_us, tail_samples=tail.samples)


def _extended(state: PumpState, evidence: Evidence, therapy: Therapy) -> PumpState:
    reached_us = evidence.stood_until_us if evidence.kind is EvidenceKind.NO_FLOW else evidence.to_us
    reached_us = max(state.tail_to_us, reached_us)
    known = None if state.fold.reading is None else state.fold.reading.counter_ul
    moved_ul = None if known is None or evidence.counter_ul is None else evidence.counter_ul - known
    return replace(
        state,
        fold=apply(state.fold, evidence, therapy),
        tail_to_us=reached_us,
        tail_samples=added(state.tail_samples, reached_us - state.tail_to_us, moved_ul),
    )
