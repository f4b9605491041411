"""A clinician's review: it closes one interruption, and nothing else closes one that came to the threshold.

What was reviewed is taken out of the clock, so that no evidence brings it back.
"""

from __future__ import annotations

import msgspec

from monitor.interruption.alerts import resolve_alerts
from monitor.interruption.course import begun, with_off
from monitor.interruption.effects import Effect, EvidenceDoubted, PhaseChanged
from monitor.interruption.events import Closed, Outcome, Role
from monitor.interruption.evidence_log import let_go
from monitor.interruption.holds import is_stopped
from monitor.interruption.off_patient import is_off_now
from monitor.interruption.offtime import Fold, OpenStop, bounds
from monitor.interruption.plan import complete_for_good
from monitor.interruption.policy import Policy
from monitor.interruption.state import Incident, Phase, PumpState
from monitor.interruption.why import Why

replace = msgspec.structs.replace


def closed(state: PumpState, event: Closed, policy: Policy, effects: list[Effect]) -> PumpState:
    """Return the state with one interruption reviewed and closed by a clinician.

    Where flow has not returned, the clock begins anew at the review: what stays stopped is counted as
    another interruption from there.
    """
    incident = _to_close(state, event.number)
    if incident is None or event.role not in (Role.CLINICIAN, Role.ADMIN) or not event.note.strip():
        effects.append(EvidenceDoubted(why=_why_not_closed(incident, event)))
        return state
    open_now = bounds(state.fold, event.at_us, policy.therapy) if incident.phase is Phase.OPEN else None
    numbers = incident if open_now is None else open_now
    low, high = numbers.min_us, numbers.max_us
    effects.append(
        PhaseChanged(
            number=incident.number,
            phase=Phase.CLOSED,
            ended_at_us=event.at_us,
            off_min_us=low,
            off_max_us=high,
            off_class=incident.off_class,
            outcome=event.outcome,
            note=event.note,
            by=event.by,
        )
    )
    remaining = tuple(other for other in state.incidents if other.number != incident.number)
    state = replace(state, incidents=remaining)
    if state.course is not None:
        state = replace(state, course=with_off(state.course, incident.opened_at_us, low, high))
    state = _without_group(state, incident, event.at_us)
    if event.outcome is Outcome.NEW_CYCLE:
        state = _course_closed(state, policy, event.at_us, effects)
    latched = {alert.number for alert in state.alerts if alert.interruption == incident.number}
    return resolve_alerts(state, latched, event.at_us, effects)


def _course_closed(state: PumpState, policy: Policy, at_us: int, effects: list[Effect]) -> PumpState:
    """Close the course for a new cycle: where nothing flows it is complete until a new order comes."""
    if state.completed_at_us is not None:
        return state
    if is_stopped(state.fold, at_us, policy.therapy) or not state.evidence:
        return complete_for_good(state, policy, at_us, effects)
    return begun(state, at_us, is_dated=True)


def _to_close(state: PumpState, number: int | None) -> Incident | None:
    for incident in state.incidents:
        if number is not None and incident.number == number:
            return incident
        if number is None and incident.phase in (Phase.OPEN, Phase.AWAITING_REVIEW):
            return incident
    return None


def _why_not_closed(incident: Incident | None, event: Closed) -> str:
    if incident is None:
        return "there is no such interruption to close"
    if not event.note.strip():
        return "a close needs a note"
    return f"a close needs a clinician, not {event.role}"


def _without_group(state: PumpState, incident: Incident, at_us: int) -> PumpState:
    """Take what was reviewed out of the clock, so that no evidence brings it back."""
    fold = state.fold
    until_us = at_us if incident.flow_us is None else incident.flow_us
    state = let_go(state, (group for group in fold.done if group.flow_us <= until_us))
    state = replace(state, pasts=tuple(one for one in state.pasts if one.closed_us < incident.opened_at_us))
    if incident.phase is not Phase.OPEN:
        if incident.flow_us is None:
            return state
        done = tuple(group for group in fold.done if group.flow_us > incident.flow_us)
        kept = tuple(piece for piece in state.evidence if piece.at_us >= incident.flow_us)
        if len(kept) == len(state.evidence) or fold.done == ():
            earlier = tuple(group for group in state.base.done if group.flow_us > incident.flow_us)
            return replace(state, fold=replace(fold, done=done), base=replace(state.base, done=earlier))
        base = Fold(
            flow_from_us=incident.flow_us,
            last_flow_us=incident.flow_us,
            checked_us=fold.checked_us,
            off_patient=fold.off_patient,
        )
        return replace(state, fold=replace(fold, done=done), base=base, evidence=kept)
    if fold.stop is None and fold.flow_from_us is not None:
        begun = replace(fold, group=None, done=())
        base = replace(begun, last_flow_us=fold.flow_from_us, reading=None)
        return replace(state, fold=begun, base=base, evidence=state.evidence[-1:])
    begun = Fold(at_us, at_us, reading=fold.reading, reckoned_at_us=at_us, off_patient=fold.off_patient)
    if is_off_now(fold.off_patient):
        # That it stays off is known, and no silence.
        said = Why.PERSON_SAID
        begun = replace(begun, stop=OpenStop(at_us, at_us, at_us, earliest_why=said, latest_why=said, certain_why=said))
        state = replace(state, contradicted_at_us=state.contradicted_at_us or at_us)
    return replace(state, fold=begun, base=begun, evidence=())
