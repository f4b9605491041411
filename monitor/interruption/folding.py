"""The clock at work: evidence folded, in the order of the instants it is about, into off-time.

Theory of operation. ``apply`` takes the clock and one piece of evidence that is not older than what was
applied before, and returns the clock after it, in constant time. Late evidence, and whatever says something
about instants before it, are folded again from the kept evidence by ``refold``; both roads give the same
clock. Three rules of the house:

- Only flow that is confirmed ends a stop: a run state alone does not, where the pump has a counter.
- What is doubtful counts into the upper bound and never into the lower one.
- Nothing here knows what time it is.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from monitor.interruption.denying import stalled, without_denied
from monitor.interruption.evidence import DATED_STOPS, Evidence, EvidenceKind
from monitor.interruption.lagging import is_unbroken, lags_in_sum, parted_where_it_lags, slowed, stop_inside
from monitor.interruption.lookahead import NOTHING_AHEAD, Ahead, ahead_of, believable, is_blind
from monitor.interruption.off_patient import is_off_between
from monitor.interruption.offtime import Fold, OpenStop
from monitor.interruption.policy import Therapy
from monitor.interruption.reading import Motion, Ran, Reading, after, has_moved, is_due, ran, step_ul_of
from monitor.interruption.resuming import (
    Confirmed,
    confirm,
    confirmed_at,
    moved_inside,
    narrowed_resume,
    ran_after,
    settle,
)
from monitor.interruption.standing import doubt, is_unparted, no_flow, reach_back, silence
from monitor.interruption.why import Why

replace = msgspec.structs.replace


def apply(fold: Fold, evidence: Evidence, therapy: Therapy, ahead: Ahead = NOTHING_AHEAD) -> Fold:
    """Return the clock after one piece of evidence, not older than any before it."""
    kind = evidence.kind
    fold = without_denied(fold, evidence, therapy)
    claim = _CLAIMS.get(kind)
    if claim is not None:
        return claim(fold, evidence, therapy, ahead)
    if kind is EvidenceKind.SWAPPED:
        step_ul = step_ul_of(therapy, evidence)
        return replace(fold, reading=Reading(evidence.at_us, evidence.at_us, Motion.UNREAD, 0, None, None, step_ul))
    if kind is EvidenceKind.COVERED:
        return replace(fold, covered_from_us=evidence.earliest_us, covered_to_us=evidence.at_us)
    if fold.last_flow_us is None:
        # Therapy has not begun: what is not flow is no interruption of it.
        return _read(fold, evidence, therapy)
    weighed = doubt(fold, evidence, therapy, ahead) if kind in _DOUBTS else no_flow(fold, evidence, therapy, ahead)
    last_ul = evidence.counter_ul if evidence.counter_to_ul is None else evidence.counter_to_ul
    is_still = fold.reading is not None and fold.reading.counter_ul == last_ul
    if kind is EvidenceKind.FLOW_DOUBTED and is_still:
        # As with flow that is not confirmed: a counter that stands teaches nothing new.
        return weighed
    return _read(weighed, evidence, therapy)


def needs_refold(fold: Fold, evidence: Evidence, therapy: Therapy) -> bool:
    """Return whether ``evidence`` takes back what had been believed of instants before it.

    So does a stop whose oldest instant lies before, or not a whole merge time after, the return of flow that
    ended an earlier stop; and so does a counter that accounts for time in which flow had been missed.
    """
    if evidence.kind is EvidenceKind.COVERED:
        return fold.stop is not None or _has_ended_stops(fold)
    if evidence.kind in DATED_STOPS:
        return _reaches_back(fold, evidence, therapy)
    reading = fold.reading
    if evidence.kind is not EvidenceKind.FLOW or reading is None or not _has_ended_stops(fold):
        return False
    if fold.flow_from_us is None or reading.at_us >= fold.flow_from_us:
        return False
    found = ran(reading, evidence, therapy)
    return found is not None and found.is_throughout


def _has_ended_stops(fold: Fold) -> bool:
    return fold.group is not None or bool(fold.done)


def _reaches_back(fold: Fold, evidence: Evidence, therapy: Therapy) -> bool:
    """Return whether a stop takes back what a witness, or flow after an earlier stop, had made believed."""
    reach_us = reach_back(fold, evidence)
    if reach_us < fold.bridged_us:
        return True
    if fold.stop is not None and fold.stop.ran_least_us and evidence.earliest_us < evidence.at_us:
        return True
    if fold.flow_from_us is None or not _has_ended_stops(fold):
        return False
    return reach_us < fold.flow_from_us + therapy.merge_run_us


def refold(base: Fold, evidence: tuple[Evidence, ...], therapy: Therapy, later: tuple[Evidence, ...] = ()) -> Fold:
    """Return the clock folded anew over all of ``evidence``, in order, from ``base``.

    What is known ``later`` is not folded, but what it says about earlier instants counts all the same.
    """
    fold = base
    ahead = ahead_of(base, (*evidence, *later), therapy)
    for piece in evidence:
        if ahead.windows and piece.kind in (EvidenceKind.FLOW, EvidenceKind.RUN):
            for part in believable(piece, ahead.windows):
                if fold.last_flow_us is None:
                    # Even flow that is taken back began the therapy: its interruption counts from there.
                    fold = replace(fold, flow_from_us=part.at_us, last_flow_us=part.at_us)
                fold = _applied(fold, part, therapy, ahead)
        else:
            fold = _applied(fold, piece, therapy, ahead)
    return fold


def _applied(fold: Fold, piece: Evidence, therapy: Therapy, ahead: Ahead) -> Fold:
    """Return the clock after a whole stretch, parted where its counter lags."""
    rest: Evidence | None = piece
    while rest is not None:
        piece, rest = parted_where_it_lags(fold, rest, therapy)
        fold = apply(fold, piece, therapy, ahead)
    return fold


def _read(fold: Fold, evidence: Evidence, therapy: Therapy) -> Fold:
    reading = after(fold.reading, evidence, therapy, is_unbroken=is_unbroken(fold))
    return fold if reading is fold.reading else replace(fold, reading=reading)


def _is_excused(fold: Fold, until_us: int, therapy: Therapy, ahead: Ahead) -> bool:
    """Return whether the silence from the last flow evidence until ``until_us`` is no stop."""
    last_us = fold.last_flow_us or 0
    if until_us - last_us <= therapy.silence_max_us:
        return True
    if fold.covered_from_us <= last_us and until_us - fold.covered_to_us <= therapy.silence_max_us:
        return True
    return ahead.is_bridged(last_us, until_us)


def _witness(fold: Fold, evidence: Evidence, therapy: Therapy, ahead: Ahead) -> Ran | None:
    """Return what counter and bag say about the gap before ``evidence``, if anything."""
    reading = fold.reading
    if reading is None or is_blind(fold, reading, evidence, ahead):
        return None
    return _moved_in_gap(fold, evidence, therapy)


def _moved_in_gap(fold: Fold, evidence: Evidence, therapy: Therapy) -> Ran | None:
    """Return how long the motor ran in the gap before ``evidence``, whether or not the line was open.

    A gap that was parted since the last reading, by a stop that somebody ended, has no single answer.
    """
    reading = fold.reading
    if reading is None or not is_unparted(fold, reading):
        return None
    return ran(reading, evidence, therapy)


def _flow(fold: Fold, evidence: Evidence, therapy: Therapy, ahead: Ahead) -> Fold:
    if fold.last_flow_us is None:
        # Therapy begins with the first flow evidence. A run state is enough here: to begin the clock
        # too early only makes an interruption longer.
        begun = replace(fold, flow_from_us=evidence.at_us, last_flow_us=evidence.to_us)
        return _read(begun, evidence, therapy)
    if fold.stop is not None:
        return _flow_after_stop(fold, evidence, therapy, ahead)
    kept = lags_in_sum(fold, evidence, therapy)
    is_late = is_due(
        fold.reading, evidence.counter_ul, evidence.at_us, therapy.min_rate_fraction, evidence.rate_ul_per_h
    )
    if kept is not None and not is_late:
        return slowed(fold, kept, evidence, therapy)
    if not is_late and _is_excused(fold, evidence.flow_by_us, therapy, ahead):
        return _flows_on(fold, evidence, therapy)
    if evidence.unsure_us > therapy.silence_max_us:
        # Held up for so long, it says nothing about the silence: it may have been said before it.
        return fold
    return _flow_after_gap(fold, evidence, therapy, ahead, is_late=is_late)


def _flow_after_gap(fold: Fold, evidence: Evidence, therapy: Therapy, ahead: Ahead, *, is_late: bool) -> Fold:
    """Return the clock after flow that follows a silence, or that the counter says was not all of the time."""
    found = _witness(fold, evidence, therapy, ahead)
    if found is not None and found.is_throughout and not is_late:
        return _flows_on(fold, evidence, therapy)
    if is_late and not has_moved(fold.reading, evidence):
        return _read(stalled(fold, therapy), evidence, therapy)
    if found is not None:
        return stop_inside(fold, evidence, found, therapy)
    fold = replace(fold, stop=silence(fold))
    return _flow_after_stop(fold, evidence, therapy, ahead)


def _flows_on(fold: Fold, evidence: Evidence, therapy: Therapy) -> Fold:
    before_us = fold.last_flow_us or 0
    bridged_us = fold.bridged_us
    if evidence.flow_by_us - before_us > therapy.silence_max_us:
        bridged_us = evidence.at_us
    fold = replace(fold, last_flow_us=max(before_us, evidence.to_us), bridged_us=bridged_us)
    return settle(_read(fold, evidence, therapy), therapy)


def _run(fold: Fold, evidence: Evidence, therapy: Therapy, ahead: Ahead) -> Fold:
    if fold.last_flow_us is None:
        return replace(fold, flow_from_us=evidence.at_us, last_flow_us=evidence.to_us)
    has_counter = fold.reading is not None and fold.reading.counter_ul is not None
    if fold.stop is None:
        if _is_excused(fold, evidence.flow_by_us, therapy, ahead):
            return fold if has_counter else _flows_on(fold, evidence, therapy)
        if evidence.unsure_us > therapy.silence_max_us:
            return fold
        fold = replace(fold, stop=silence(fold))
    stop = fold.stop
    if stop is None:
        return fold
    # Only the first sign of flow after the certain stretch tells how long that stretch was.
    run_us = evidence.at_us if stop.run_us is None and not stop.is_flow_claimed else stop.run_us
    fold = replace(fold, stop=replace(stop, run_us=run_us, is_flow_claimed=True))
    is_sure = not has_counter and evidence.unsure_us <= therapy.silence_max_us
    return confirm(fold, evidence.flow_by_us, evidence.to_us, therapy, Why.RUN_SAID) if is_sure else fold


def _flow_after_stop(fold: Fold, evidence: Evidence, therapy: Therapy, ahead: Ahead) -> Fold:
    stop = fold.stop
    if stop is None:
        return fold
    confirmed_us = confirmed_at(fold.reading, evidence)
    claimed = replace(fold, stop=replace(stop, is_flow_claimed=True))
    if evidence.unsure_us > therapy.silence_max_us:
        # It flowed at some time or other; whether it flows now, what comes next must tell.
        return claimed
    reading = fold.reading
    if confirmed_us is None:
        # A counter that stands teaches nothing new: what it showed before stays the witness.
        is_still = reading is not None and reading.counter_ul == evidence.counter_ul
        return claimed if is_still else _read(claimed, evidence, therapy)
    is_still = stop.is_counter_still and not stop.is_doubted
    if is_still and reading is not None and reading.still_us == stop.onset_earliest_us:
        moved = ran(replace(reading, at_us=reading.still_us), evidence, therapy)
        if moved is not None and not ahead.is_blind(reading.still_us, evidence.at_us):
            stood = replace(fold, last_flow_us=reading.still_us)
            return stop_inside(stood, evidence, moved, therapy, stop.earliest_why)
    fold, confirmed = _witnessed(fold, stop, evidence, Confirmed(confirmed_us), therapy, ahead)
    if confirmed.is_throughout:
        return _flows_on(replace(fold, stop=None), evidence, therapy)
    return confirm(_read(fold, evidence, therapy), confirmed.at_us, evidence.to_us, therapy, confirmed.why)


def _witnessed(
    fold: Fold, stop: OpenStop, evidence: Evidence, confirmed: Confirmed, therapy: Therapy, ahead: Ahead
) -> tuple[Fold, Confirmed]:
    """Return the clock, and when flow is confirmed, with what counter or bag say about the stop that ends."""
    reading, found = fold.reading, ran(fold.reading, evidence, therapy)
    if reading is None or found is None:
        return fold, confirmed
    is_parted = not is_unparted(fold, reading)
    is_closed = is_blind(fold, reading, evidence, ahead) or is_parted
    if reading.motion is Motion.FLOWING or is_parted:
        if not is_closed and not stop.is_doubted and reading.at_us <= stop.onset_earliest_us:
            # Where the log tells of starts and stops, one may have been an occlusion whose alarm was lost.
            confirmed = Confirmed(confirmed.at_us, is_throughout=stop.is_silence and found.is_throughout)
        if is_off_between(fold.off_patient, reading.at_us, evidence.at_us):
            # Whatever the motor moved, it did not reach the patient.
            return fold, confirmed
        return replace(fold, stop=ran_after(stop, reading.at_us, found)), confirmed
    if is_closed or stop.is_slowed:
        return replace(fold, stop=moved_inside(stop, evidence, found, is_blind=True)), confirmed
    if confirmed.at_us != evidence.at_us:
        return fold, confirmed
    stop, confirmed = narrowed_resume(stop, evidence, found, confirmed)
    return replace(fold, stop=stop, bridged_us=evidence.at_us), confirmed


def _person_flow(fold: Fold, evidence: Evidence, therapy: Therapy, ahead: Ahead) -> Fold:
    at_us = evidence.at_us
    if fold.last_flow_us is None:
        return replace(fold, flow_from_us=at_us, last_flow_us=at_us, checked_us=at_us)
    if fold.stop is None:
        if _is_excused(fold, at_us, therapy, ahead):
            return settle(replace(fold, last_flow_us=max(fold.last_flow_us, at_us), checked_us=at_us), therapy)
        fold = replace(fold, stop=silence(fold))
    fold = replace(fold, checked_us=at_us)
    return confirm(fold, at_us, at_us, therapy, Why.PERSON_SAW_FLOW)


_DOUBTS = frozenset((EvidenceKind.DOUBT, EvidenceKind.RUN_DOUBTED, EvidenceKind.FLOW_DOUBTED))

_CLAIMS: dict[EvidenceKind, Callable[[Fold, Evidence, Therapy, Ahead], Fold]] = {
    EvidenceKind.FLOW: _flow,
    EvidenceKind.RUN: _run,
    EvidenceKind.PERSON_FLOW: _person_flow,
}
"""What claims flow, and who weighs it."""
