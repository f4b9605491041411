"""Downtime of the monitor: width while it lasts, without a bound while nobody knows its length, and its bound at last.

A monitor that starts under a clock that cannot be trusted does not know how long it was down. Everything
is counted as if it had been long enough for the restart threshold, until the clock is synchronised. Then
monitor time is put on by what it lagged behind: what was heard since the start really was that much later, and
the clock is folded anew over what was known before and what was heard after.
"""

from __future__ import annotations

import msgspec

from monitor.interruption.alarms import OwnCode
from monitor.interruption.alerts import raise_alert, resolve_code
from monitor.interruption.effects import Effect, EvidenceAdmitted, EvidenceDoubted
from monitor.interruption.events import ClockSynchronised, MonitorRestarted
from monitor.interruption.evidence import DATED_STOPS, Evidence, EvidenceKind
from monitor.interruption.evidence_log import LATE_MAX, admit, closed_log, without_certainty
from monitor.interruption.folding import refold
from monitor.interruption.off_patient import Stretches
from monitor.interruption.offtime import Fold, OpenStop, known_until_us
from monitor.interruption.policy import Policy, Therapy, thresholds_in_force
from monitor.interruption.pump_clock import forgotten
from monitor.interruption.putting_on import put_on
from monitor.interruption.standing import reach_back
from monitor.interruption.state import PumpState, Undated
from monitor.interruption.why import Why

TOO_LATE = "the clock was synchronised too late to amend what was counted for the downtime"

_FLOWS = frozenset((EvidenceKind.FLOW, EvidenceKind.RUN, EvidenceKind.COVERED))

replace = msgspec.structs.replace


def restarted(state: PumpState, event: MonitorRestarted, policy: Policy, effects: list[Effect]) -> PumpState:
    """Return the state after downtime of the monitor: what was not heard is width, not health.

    With a known downtime the silence rule does all of it. Without an upper bound on it, flow counts as
    doubtful from the last flow evidence, as long before as the restart threshold reaches.
    """
    detail = f"down for {(event.at_us - event.down_from_us) / 1e6:.0f} s"
    if event.is_downtime_known:
        effects.append(EvidenceAdmitted(kind="monitor-restarted", about_us=event.down_from_us, detail=detail))
        return state
    effects.append(
        EvidenceAdmitted(kind="monitor-restarted", about_us=event.down_from_us, detail="down for unknown time")
    )
    fold = state.fold
    if fold.last_flow_us is None:
        return state
    detail = "the downtime of the monitor is unknown"
    state = raise_alert(state, OwnCode.CLOCK_SKEW, event.at_us, effects, detail=detail)
    reach_us = thresholds_in_force(policy.therapy, state.order)[-1].met_from_us()
    # On an axis of unknown lag the pump's clock would seem to have been set.
    state = replace(state, pump_clock=forgotten(state.pump_clock))
    stop = fold.stop or OpenStop(fold.last_flow_us, is_flow_claimed=True)
    onset_us = min(stop.onset_earliest_us, event.at_us - reach_us)
    why = Why.MONITOR_DOWN if onset_us < stop.onset_earliest_us else stop.earliest_why
    # What the motor ran belongs to a gap of known length.
    stop = replace(stop, onset_earliest_us=onset_us, earliest_why=why, ran_least_us=0, is_silence=False)
    doubted = replace(fold, stop=stop)
    doubt = Evidence(EvidenceKind.DOUBT, event.at_us, event.at_us, onset_us)
    undated = Undated(doubted=doubted, doubt=doubt, base=state.base, evidence=closed_log(state))
    if state.undated is not None and state.base == state.undated.doubted:
        # Down again before the first downtime had its bound: what was heard in between has no date at all.
        undated = replace(state.undated, doubted=doubted, doubt=doubt)
    return replace(
        state,
        fold=doubted,
        base=doubted,
        evidence=(doubt,),
        tail_to_us=event.at_us,
        tail_samples=doubt.samples,
        undated=undated,
    )


def is_undated(state: PumpState, about_us: int) -> bool:
    """Return whether an instant has no date yet: before the start by monitor time, which lags by nobody knows what."""
    return state.undated is not None and about_us < state.undated.doubt.at_us


def held(state: PumpState, evidence: Evidence, therapy: Therapy) -> PumpState | None:
    """Return the state with late evidence that has no date yet kept until the clock is synchronised, or None if full.

    Until then what denies flow may make the interruption longer: it may have been as long ago as it says.
    """
    undated = state.undated
    if undated is None or evidence in undated.late:
        return state
    if len(undated.late) >= LATE_MAX:
        return None
    undated = replace(undated, late=(*undated.late, evidence))
    if evidence.kind in _FLOWS:
        return without_certainty(replace(state, undated=undated), evidence)
    stop, heard = undated.doubted.stop, _heard(state, therapy)
    reach_us = reach_back(undated.doubted, evidence)
    is_whole = state.base == undated.doubted
    if stop is None or heard is None or not is_whole or reach_us >= stop.onset_earliest_us:
        return replace(state, undated=undated)
    why = Why.LATENCY if evidence.kind in DATED_STOPS else Why.STANDING_SEEN
    doubted = replace(undated.doubted, stop=replace(stop, onset_earliest_us=reach_us, earliest_why=why))
    undated = replace(undated, doubted=doubted)
    return replace(state, undated=undated, base=doubted, fold=refold(doubted, heard, therapy))


def _heard(state: PumpState, therapy: Therapy) -> tuple[Evidence, ...] | None:
    """Return the evidence that the clock was folded from, or None if a review or a plan took something out of it."""
    kept, undated = closed_log(state), state.undated
    heard = kept if undated is None else tuple(piece for piece in kept if piece != undated.doubt)
    for evidence in (heard, kept):
        if state.fold == refold(state.base, evidence, therapy):
            return evidence
    return None


def with_off_patient(state: PumpState, stretches: Stretches) -> PumpState:
    """Return the state with these stretches off the patient known to its clock, and to what it goes back to."""
    undated = state.undated
    if undated is not None:
        doubted = replace(undated.doubted, off_patient=stretches)
        undated = replace(undated, doubted=doubted, base=replace(undated.base, off_patient=stretches))
    fold, base = replace(state.fold, off_patient=stretches), replace(state.base, off_patient=stretches)
    return replace(state, fold=fold, base=base, undated=undated)


def judged(state: PumpState, at_us: int, effects: list[Effect]) -> PumpState:
    """Return the state after a clinician's review: with it, what a downtime of unknown length did is settled."""
    if state.undated is None or state.incidents:
        return state
    return replace(resolve_code(state, OwnCode.CLOCK_SKEW, at_us, effects), undated=None)


def synchronised(state: PumpState, event: ClockSynchronised, policy: Policy, effects: list[Effect]) -> PumpState:
    """Return the state after the clock was synchronised: the downtime has its bound, and its alert is over."""
    detail = f"down for {(event.down_to_us - event.down_from_us) / 1e6:.0f} s at most"
    effects.append(EvidenceAdmitted(kind="clock-synchronised", about_us=event.down_from_us, detail=detail))
    state = resolve_code(state, OwnCode.CLOCK_SKEW, event.at_us, effects)
    back_us = event.down_to_us - event.moved_us
    amended = _amended(state, event, back_us, policy.therapy)
    if amended is None:
        effects.append(EvidenceDoubted(why=TOO_LATE))
        amended = replace(
            state,
            fold=put_on(state.fold, back_us, event.moved_us),
            base=put_on(state.base, back_us, event.moved_us),
            evidence=tuple(put_on(piece, back_us, event.moved_us) for piece in state.evidence),
            tail_to_us=_moved(state.tail_to_us, back_us, event.moved_us),
        )
    return _dated(replace(amended, undated=None), back_us, event.moved_us)


def _amended(state: PumpState, event: ClockSynchronised, back_us: int, therapy: Therapy) -> PumpState | None:
    """Return the state with its evidence dated anew, or None if what the downtime did cannot be taken apart."""
    if state.completed_at_us is not None:
        return None
    kept, undated = _heard(state, therapy), state.undated
    if kept is None:
        # What was taken out must not come back.
        return None
    if undated is not None:
        if state.base != undated.doubted:
            return None
        late = [put_on(piece, piece.earliest_us, event.moved_us) for piece in undated.late]
        base, before = undated.base, [*undated.evidence, *late]
        after = [piece for piece in kept if piece.at_us >= back_us and piece != undated.doubt]
    else:
        base = state.base
        if _newest_us(base) >= back_us:
            return None
        before, after = _parted(kept, event.down_from_us, back_us, therapy.silence_max_us)
    base = replace(base, off_patient=put_on(state.base.off_patient, back_us, event.moved_us))
    dated = replace(state, fold=base, base=base, evidence=())
    for piece in (*before, *(put_on(piece, back_us, event.moved_us) for piece in after)):
        dated = admit(dated, piece, therapy)
    return dated


def _parted(
    kept: tuple[Evidence, ...], down_from_us: int, back_us: int, silence_max_us: int
) -> tuple[list[Evidence], list[Evidence]]:
    """Return what was known before the downtime and what was heard after it.

    Which repeats of a stretch lay next to the downtime is not kept; that they were no further apart than
    ``silence_max_us`` is known, and its counter is let go.
    """
    before = [piece for piece in kept if piece.to_us < back_us]
    after = [piece for piece in kept if piece.at_us >= back_us]
    across = [piece for piece in kept if piece.at_us < back_us <= piece.to_us]
    for piece in across:
        bare = Evidence(piece.kind, piece.at_us, piece.to_us, piece.earliest_us, unsure_us=piece.unsure_us)
        before.append(replace(bare, to_us=max(piece.at_us, min(down_from_us, back_us - silence_max_us))))
        first_us = piece.to_us
        if piece.kind is EvidenceKind.FLOW:
            first_us = max(back_us, min(piece.to_us, down_from_us + silence_max_us))
        after.insert(0, replace(bare, at_us=first_us, earliest_us=first_us))
    return before, after


def _newest_us(fold: Fold) -> int:
    """Return the newest instant that a clock has gone past."""
    groups = fold.done if fold.group is None else (*fold.done, fold.group)
    return max(known_until_us(fold), fold.flow_from_us or 0, *(group.flow_us for group in groups))


def _moved(at_us: int, back_us: int, moved_us: int) -> int:
    return at_us + moved_us if at_us >= back_us else at_us


def _moved_if_any(at_us: int | None, back_us: int, moved_us: int) -> int | None:
    return None if at_us is None else _moved(at_us, back_us, moved_us)


def _dated(state: PumpState, back_us: int, moved_us: int) -> PumpState:
    """Return the state with everything beside the clock dated as it truly was."""
    clock = forgotten(state.pump_clock) if moved_us else state.pump_clock
    return replace(
        state,
        pump_clock=clock,
        enrolled_at_us=_moved(state.enrolled_at_us, back_us, moved_us),
        last_contact_at_us=_moved_if_any(state.last_contact_at_us, back_us, moved_us),
        contradicted_at_us=_moved_if_any(state.contradicted_at_us, back_us, moved_us),
        completed_at_us=_moved_if_any(state.completed_at_us, back_us, moved_us),
        pasts=put_on(state.pasts, back_us, moved_us),
        incidents=put_on(state.incidents, back_us, moved_us),
        alerts=put_on(state.alerts, back_us, moved_us),
        mark=put_on(state.mark, back_us, moved_us),
        hold=put_on(state.hold, back_us, moved_us),
        last_hold=put_on(state.last_hold, back_us, moved_us),
        course=put_on(state.course, back_us, moved_us),
    )
