"""The evidence that is kept for one pump, and the clock over it.

Repeats of the same thing are one entry that reaches on (``tail_to_us``), so that a steady course costs
nothing. Evidence older than the tail is put in its place and the clock is folded anew. What lies
further back than late evidence may amend is folded into ``base`` for good.
"""

from __future__ import annotations

from bisect import bisect_right

import msgspec

from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.folding import apply, needs_refold, refold
from monitor.interruption.offtime import known_until_us
from monitor.interruption.policy import Therapy
from monitor.interruption.state import Phase, PumpState

KEPT_MAX = 64
"""How many entries one pump keeps; beyond it the older half is folded into the base."""

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
    return evidence.kind is not EvidenceKind.FLOW or evidence.flow_by_us - state.tail_to_us <= therapy.silence_max_us


def is_too_old(state: PumpState, evidence: Evidence) -> bool:
    """Return whether ``evidence`` is about an instant that is settled: it can amend nothing any more.

    Whatever is folded for good was folded in order; an older piece would claim what newer ones denied.
    """
    if state.evidence and evidence.at_us >= state.evidence[0].at_us:
        return False
    return evidence.at_us < known_until_us(state.base)


def admit(state: PumpState, evidence: Evidence, therapy: Therapy) -> PumpState:
    """Return the state with ``evidence`` among what is known and the clock folded over it."""
    if is_repeat(state, evidence, therapy):
        return _extended(state, evidence, therapy)
    if is_too_old(state, evidence):
        return state
    kept = closed_log(state)
    if kept and evidence.at_us < state.tail_to_us:
        return _inserted(state, kept, evidence, therapy)
    if kept and evidence == kept[-1]:
        return state
    if needs_refold(state.fold, evidence, therapy):
        kept = (*kept, evidence)
        fold = refold(state.base, kept, therapy)
    else:
        kept = (*kept, evidence)
        fold = apply(state.fold, evidence, therapy)
    return pruned(_with_tail(replace(state, fold=fold, evidence=kept), evidence), therapy)


def closed_log(state: PumpState) -> tuple[Evidence, ...]:
    """Return all kept evidence with the reach of the last entry written into it."""
    if not state.evidence:
        return ()
    tail = state.evidence[-1]
    if tail.to_us == state.tail_to_us:
        return state.evidence
    closed = replace(tail, to_us=state.tail_to_us, counter_to_ml=state.tail_counter_ml, moved_us=state.tail_moved_us)
    return (*state.evidence[:-1], closed)


def pruned(state: PumpState, therapy: Therapy) -> PumpState:
    """Return the state without evidence that can no longer amend anything."""
    fold = state.fold
    if len(state.evidence) > KEPT_MAX:
        return _halved(state, therapy)
    if len(state.evidence) <= 1 or fold.stop is not None or fold.group is not None:
        return state
    if fold.flow_from_us is None or fold.last_flow_us is None:
        return state
    if fold.last_flow_us - fold.flow_from_us < therapy.amend_us:
        return state
    tail = state.evidence[-1]
    if tail.kind is not EvidenceKind.FLOW or tail.at_us < fold.flow_from_us:
        return state
    base = replace(fold, last_flow_us=min(tail.at_us, fold.last_flow_us), counter_ml=None, done=())
    return replace(state, base=base, fold=replace(fold, done=()), evidence=(tail,))


def _halved(state: PumpState, therapy: Therapy) -> PumpState:
    """Fold the older half into the base, and let go of the interruptions in it that people know the end of."""
    kept = closed_log(state)
    older, newer = kept[: KEPT_MAX // 2], kept[KEPT_MAX // 2 :]
    base = refold(state.base, older, therapy, newer)
    known = {
        (incident.opened_at_us, incident.flow_us) for incident in state.incidents if incident.phase is not Phase.OPEN
    }
    settled = {group for group in base.done if (group.opened_us, group.flow_us) in known}
    fold = replace(state.fold, done=tuple(group for group in state.fold.done if group not in settled))
    base = replace(base, done=tuple(group for group in base.done if group not in settled))
    return replace(state, fold=fold, base=base, evidence=newer)


def _with_tail(state: PumpState, evidence: Evidence) -> PumpState:
    reading = evidence.counter_to_ml if evidence.counter_to_ml is not None else evidence.counter_ml
    return replace(state, tail_to_us=evidence.to_us, tail_counter_ml=reading, tail_moved_us=evidence.moved_us)


def _extended(state: PumpState, evidence: Evidence, therapy: Therapy) -> PumpState:
    tail = state.evidence[-1]
    reading = evidence.counter_ml if evidence.counter_ml is not None else state.tail_counter_ml
    moved_us = state.tail_moved_us
    if moved_us is None and reading is not None and tail.counter_ml is not None and reading > tail.counter_ml:
        moved_us = evidence.flow_by_us
    reached_us = evidence.stood_until_us if evidence.kind is EvidenceKind.NO_FLOW else evidence.to_us
    return replace(
        state,
        fold=apply(state.fold, evidence, therapy),
        tail_to_us=max(state.tail_to_us, reached_us),
        tail_counter_ml=reading,
        tail_moved_us=moved_us,
    )


def _inserted(state: PumpState, kept: tuple[Evidence, ...], evidence: Evidence, therapy: Therapy) -> PumpState:
    """Put late evidence in its place, parting a stretch of repeats that it falls into."""
    if evidence in kept:
        return state
    place = bisect_right(kept, evidence.at_us, key=lambda piece: piece.at_us)
    before, after = list(kept[:place]), list(kept[place:])
    if before and before[-1].to_us > evidence.at_us and evidence.kind is not before[-1].kind:
        whole = before.pop()
        # Which repeats lay just before and after is not kept. For the stretch before, the instant of
        # the new evidence is exact enough (it only caps an onset); after it, only the last one is sure.
        before.append(replace(whole, to_us=evidence.at_us, counter_to_ml=None, moved_us=None))
        unsure_us = max(0, (state.last_contact_at_us or 0) - whole.to_us) if whole.unsure_us else 0
        last = replace(whole, at_us=whole.to_us, earliest_us=whole.to_us, counter_ml=whole.counter_to_ml)
        after.insert(0, replace(last, moved_us=None, unsure_us=unsure_us))
    merged = (*before, evidence, *after)
    fold = refold(state.base, merged, therapy)
    return pruned(_with_tail(replace(state, fold=fold, evidence=merged), merged[-1]), therapy)
