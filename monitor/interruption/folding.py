"""The clock at work: evidence folded, in the order of the instants it is about, into off-time.

Theory of operation. ``apply`` takes the clock and one piece of evidence that is not older than what was
applied before, and returns the clock after it, in constant time. Late evidence, and a stop whose
latency window reaches back over flow that had already been believed, are folded again from the kept
evidence by ``refold``; both roads give the same clock. Three rules of the house:

- Only flow that is confirmed ends a stop: a run state alone does not, where the pump has a counter.
- What is doubtful counts into the upper bound and never into the lower one.
- Nothing here knows what time it is.
"""

from __future__ import annotations

import msgspec

from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.offtime import Fold, Group, OpenStop, certain_us
from monitor.interruption.policy import Therapy


def apply(fold: Fold, evidence: Evidence, therapy: Therapy) -> Fold:
    """Return the clock after one piece of evidence, not older than any before it."""
    kind = evidence.kind
    if kind is EvidenceKind.FLOW or kind is EvidenceKind.RUN:
        return _flow(fold, evidence, therapy)
    if kind is EvidenceKind.PERSON_FLOW:
        return _person_flow(fold, evidence, therapy)
    if fold.last_flow_us is None:
        # Therapy has not begun: what is not flow is no interruption of it.
        return _with_counter(fold, evidence)
    if kind is EvidenceKind.DOUBT or kind is EvidenceKind.RUN_DOUBTED:
        return _doubt(fold, evidence)
    return _no_flow(fold, evidence, therapy)


def needs_refold(fold: Fold, evidence: Evidence, therapy: Therapy) -> bool:
    """Return whether ``evidence`` takes back flow that had been believed to part two stops.

    That is so when the oldest instant that fits a stop lies before, or not a whole merge time after,
    the return of flow that ended an earlier stop.
    """
    if evidence.kind is not EvidenceKind.STOP and evidence.kind is not EvidenceKind.PERSON_STOP:
        return False
    if fold.flow_from_us is None or (fold.group is None and not fold.done):
        return False
    return _reach_back(fold, evidence) < fold.flow_from_us + therapy.merge_run_us


def refold(base: Fold, evidence: tuple[Evidence, ...], therapy: Therapy, later: tuple[Evidence, ...] = ()) -> Fold:
    """Return the clock folded anew over all of ``evidence``, in order, from ``base``.

    Flow that lies inside the latency window of a later stop is doubt: the motor turned against a
    closed line. A person's flow check caps the window. What is known ``later`` is not folded, but its
    windows reach back all the same.
    """
    fold = base
    windows = _windows(base, (*evidence, *later))
    for piece in evidence:
        if windows and piece.kind in (EvidenceKind.FLOW, EvidenceKind.RUN):
            for part in _believable(piece, windows):
                fold = apply(fold, part, therapy)
        else:
            fold = apply(fold, piece, therapy)
    return fold


def _windows(base: Fold, evidence: tuple[Evidence, ...]) -> list[tuple[int, int]]:
    windows = []
    checked = base.checked_us
    for piece in evidence:
        if piece.kind is EvidenceKind.PERSON_FLOW:
            checked = piece.at_us
        elif piece.kind in (EvidenceKind.STOP, EvidenceKind.PERSON_STOP) and piece.earliest_us < piece.at_us:
            start = piece.earliest_us if checked is None else max(piece.earliest_us, checked)
            windows.append((start, piece.at_us))
    # The window that reaches back furthest decides first.
    return sorted(windows)


def _believable(piece: Evidence, windows: list[tuple[int, int]]) -> list[Evidence]:
    """Part a stretch of claimed flow into what is believed and what a later stop takes back."""
    for start, end in windows:
        # A stretch that begins at the end of a window came after that stop; one that ends at its
        # start came before it.
        if piece.at_us >= end or piece.to_us <= start:
            continue
        kind = EvidenceKind.RUN_DOUBTED if piece.kind is EvidenceKind.RUN else EvidenceKind.DOUBT
        doubt = msgspec.structs.replace(piece, kind=kind, at_us=max(piece.at_us, start), to_us=min(piece.to_us, end))
        if piece.at_us >= start:
            return [doubt]
        before = msgspec.structs.replace(piece, to_us=start, counter_to_ml=piece.counter_ml)
        return [before, doubt]
    return [piece]


def _reach_back(fold: Fold, evidence: Evidence) -> int:
    """Return the oldest instant that fits a stop, capped by a person's flow check."""
    if fold.checked_us is not None and fold.checked_us <= evidence.at_us:
        return max(evidence.earliest_us, fold.checked_us)
    return evidence.earliest_us


def _flow(fold: Fold, evidence: Evidence, therapy: Therapy) -> Fold:
    if fold.last_flow_us is None:
        # Therapy begins with the first flow evidence. A run state is enough here: to begin the clock
        # too early only makes an interruption longer.
        return msgspec.structs.replace(
            _with_counter(fold, evidence), flow_from_us=evidence.at_us, last_flow_us=evidence.to_us
        )
    if fold.stop is None:
        if evidence.flow_by_us - fold.last_flow_us <= therapy.silence_max_us:
            if evidence.kind is EvidenceKind.RUN and fold.counter_ml is not None:
                return fold
            last = max(fold.last_flow_us, evidence.to_us)
            return _settle(msgspec.structs.replace(_with_counter(fold, evidence), last_flow_us=last), therapy)
        if evidence.unsure_us > therapy.silence_max_us:
            # Held up for so long, it says nothing about the silence: it may have been said before it.
            return fold
        fold = msgspec.structs.replace(fold, stop=OpenStop(fold.last_flow_us))
    return _flow_after_stop(fold, evidence, therapy)


def _flow_after_stop(fold: Fold, evidence: Evidence, therapy: Therapy) -> Fold:
    stop = fold.stop
    if stop is None:
        return fold
    if evidence.kind is EvidenceKind.RUN:
        # Only the first sign of flow after the certain stretch tells how long that stretch was.
        run_us = evidence.at_us if stop.run_us is None and not stop.is_flow_claimed else stop.run_us
        stop = msgspec.structs.replace(stop, run_us=run_us, is_flow_claimed=True)
        fold = msgspec.structs.replace(fold, stop=stop)
        is_sure = fold.counter_ml is None and evidence.unsure_us <= therapy.silence_max_us
        return _confirm(fold, evidence.flow_by_us, evidence.to_us, therapy) if is_sure else fold
    confirmed_us = _confirmed_at(fold.counter_ml, evidence)
    if evidence.unsure_us > therapy.silence_max_us:
        # It flowed at some time or other; whether it flows now, what comes next must tell.
        return msgspec.structs.replace(fold, stop=msgspec.structs.replace(stop, is_flow_claimed=True))
    fold = _with_counter(fold, evidence)
    if confirmed_us is not None:
        return _confirm(fold, confirmed_us, evidence.to_us, therapy)
    return msgspec.structs.replace(fold, stop=msgspec.structs.replace(stop, is_flow_claimed=True))


def _confirmed_at(counter_ml: float | None, evidence: Evidence) -> int | None:
    """Return when a claim of flow was borne out by the counter, or at once if there is no counter.

    A counter that went back was reset, as people do at a bag change; what it shows above zero has
    been delivered since.
    """
    if counter_ml is None and evidence.counter_ml is None:
        return evidence.flow_by_us
    if evidence.counter_ml is None:
        return evidence.moved_us
    before = 0.0 if counter_ml is not None and evidence.counter_ml < counter_ml else counter_ml
    if before is not None and evidence.counter_ml > before:
        return evidence.flow_by_us
    return evidence.moved_us


def _with_counter(fold: Fold, evidence: Evidence) -> Fold:
    reading = evidence.counter_to_ml if evidence.counter_to_ml is not None else evidence.counter_ml
    if reading is None or reading == fold.counter_ml:
        return fold
    return msgspec.structs.replace(fold, counter_ml=reading)


def _confirm(fold: Fold, at_us: int, last_us: int, therapy: Therapy) -> Fold:
    """Close the open stop: flow is confirmed at ``at_us`` at the latest and surely known until ``last_us``."""
    stop = fold.stop
    if stop is None:
        return fold
    low, high = certain_us(stop), max(0, at_us - stop.onset_earliest_us)
    group = fold.group or Group(stop.onset_earliest_us, 0, 0, 0, 0, 0)
    group = Group(
        opened_us=group.opened_us,
        flow_us=at_us,
        stops=group.stops + 1,
        min_us=group.min_us + low,
        max_us=group.max_us + high,
        longest_min_us=max(group.longest_min_us, low),
    )
    flowing = msgspec.structs.replace(fold, stop=None, group=group, flow_from_us=at_us, last_flow_us=last_us)
    return _settle(flowing, therapy)


def _settle(fold: Fold, therapy: Therapy) -> Fold:
    """End the interruption once flow has been confirmed for the merge time."""
    if fold.group is None or fold.flow_from_us is None or fold.last_flow_us is None:
        return fold
    if fold.last_flow_us - fold.flow_from_us < therapy.merge_run_us:
        return fold
    return msgspec.structs.replace(fold, group=None, done=(*fold.done, fold.group))


def _person_flow(fold: Fold, evidence: Evidence, therapy: Therapy) -> Fold:
    at_us = evidence.at_us
    if fold.last_flow_us is None:
        return msgspec.structs.replace(fold, flow_from_us=at_us, last_flow_us=at_us, checked_us=at_us)
    fold = msgspec.structs.replace(fold, checked_us=at_us)
    if fold.stop is None and fold.last_flow_us is not None:
        if at_us - fold.last_flow_us <= therapy.silence_max_us:
            return _settle(msgspec.structs.replace(fold, last_flow_us=max(fold.last_flow_us, at_us)), therapy)
        fold = msgspec.structs.replace(fold, stop=OpenStop(fold.last_flow_us))
    return _confirm(fold, at_us, at_us, therapy)


def _doubt(fold: Fold, evidence: Evidence) -> Fold:
    fold = _with_counter(fold, evidence)
    stop = fold.stop
    if stop is None:
        stop = OpenStop(_flowed_until(fold, evidence), is_flow_claimed=True)
    else:
        run_us = stop.run_us
        if evidence.kind is EvidenceKind.RUN_DOUBTED and run_us is None and not stop.is_flow_claimed:
            run_us = evidence.at_us
        if stop.is_flow_claimed and run_us == stop.run_us:
            return fold
        stop = msgspec.structs.replace(stop, is_flow_claimed=True, run_us=run_us)
    return msgspec.structs.replace(fold, stop=stop)


def _no_flow(fold: Fold, evidence: Evidence, therapy: Therapy) -> Fold:
    stop = fold.stop
    last_flow_us = fold.last_flow_us or evidence.at_us
    if stop is None:
        stop = OpenStop(_onset_earliest(fold, evidence, therapy))
    else:
        reach = max(_reach_back(fold, evidence), _flow_from(fold, evidence))
        if evidence.kind in (EvidenceKind.STOP, EvidenceKind.PERSON_STOP) and reach < stop.onset_earliest_us:
            stop = msgspec.structs.replace(stop, onset_earliest_us=reach)
    if stop.is_flow_claimed and stop.onset_latest_us is not None:
        # Flow was claimed in between: whether it flowed is not known, so a new certain stretch begins.
        stop = msgspec.structs.replace(stop, certain_sum_us=certain_us(stop), onset_latest_us=None, certain_to_us=None)
    if stop.onset_latest_us is None:
        # A person's "since" is certain only as far as the pump had not claimed flow after it.
        is_dated = evidence.kind is EvidenceKind.PERSON_STOP and not stop.is_flow_claimed
        onset = max(evidence.earliest_us, last_flow_us) if is_dated else evidence.at_us
        stop = msgspec.structs.replace(stop, onset_latest_us=max(onset, stop.onset_earliest_us))
    stood_us = max(evidence.stood_until_us, stop.onset_latest_us or 0)
    certain_to = stood_us if stop.certain_to_us is None else max(stop.certain_to_us, stood_us)
    stop = msgspec.structs.replace(stop, certain_to_us=certain_to, run_us=None, is_flow_claimed=False)
    return msgspec.structs.replace(_with_counter(fold, evidence), stop=stop)


def _onset_earliest(fold: Fold, evidence: Evidence, therapy: Therapy) -> int:
    """Return the later of the last flow evidence and the pump's own stop time less its latency."""
    last_flow_us = _flowed_until(fold, evidence)
    if evidence.kind is EvidenceKind.NO_FLOW:
        return last_flow_us
    if evidence.at_us - last_flow_us > therapy.silence_max_us:
        # Silence came first; that the pump said when it stopped does not tell that it ran until then.
        return min(last_flow_us, max(_reach_back(fold, evidence), _flow_from(fold, evidence)))
    return max(_reach_back(fold, evidence), _flow_from(fold, evidence))


def _flowed_until(fold: Fold, evidence: Evidence) -> int:
    """Return the last flow evidence before ``evidence``; flow that was dated late is not believed beyond it."""
    return evidence.at_us if fold.last_flow_us is None else min(fold.last_flow_us, evidence.at_us)


def _flow_from(fold: Fold, evidence: Evidence) -> int:
    return 0 if fold.flow_from_us is None else min(fold.flow_from_us, evidence.at_us)
