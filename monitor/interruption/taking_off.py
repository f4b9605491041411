"""What taking the line off the patient, and putting it on again, does to the clock: two marks that people make.

Between them nothing reaches the patient, whatever the pump says. Putting it on again ends nothing by itself:
whether it flows from then on the pump must say.
"""

from __future__ import annotations

import msgspec

from drivers.contract import DeliveryStatus
from monitor.interruption import past
from monitor.interruption.alarms import OWN_PRIORITIES, Stops, meaning_of
from monitor.interruption.classify import is_rate_enough
from monitor.interruption.downtime import with_off_patient
from monitor.interruption.effects import Effect, EvidenceAdmitted, EvidenceDoubted
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.evidence_log import admit
from monitor.interruption.off_patient import is_off_now, put_back, taken_off
from monitor.interruption.policy import Policy
from monitor.interruption.state import PumpState

replace = msgspec.structs.replace


def disconnected(state: PumpState, at_us: int, policy: Policy, effects: list[Effect]) -> PumpState:
    """Return the state with the line off the patient: what the pump says of flow from here on is no flow evidence."""
    if is_off_now(state.fold.off_patient):
        return state
    state = with_off_patient(state, taken_off(state.fold.off_patient, at_us))
    state = person_evidence(state, EvidenceKind.PERSON_STOP, at_us, at_us, policy, effects)
    stop = state.fold.stop
    if state.contradicted_at_us is not None or (stop is not None and stop.is_denied):
        # Where it stood before, what it says next is kept: that it runs again is news.
        return state
    return replace(state, contradicted_at_us=at_us)


def reconnected(state: PumpState, at_us: int, policy: Policy, effects: list[Effect]) -> PumpState:
    """Return the state with the line on the patient again: it was off until now.

    Whether it flows from now on the pump's next word must tell; until then the quiet of the mark goes on.
    """
    since_us = state.fold.off_patient[-1].from_us if is_off_now(state.fold.off_patient) else at_us
    is_heard = state.last_contact_at_us is not None and state.last_contact_at_us >= since_us
    # Words that were kept speak for themselves.
    is_doubtful = is_heard and state.contradicted_at_us is not None and _is_flow_doubtful(state, since_us, policy)
    stretches = put_back(state.fold.off_patient, at_us)
    state = with_off_patient(state, stretches)
    if is_doubtful:
        # While the line was off such words were not kept.
        state = person_evidence(state, EvidenceKind.DOUBT, at_us, at_us, policy, effects)
    contradicted_us = state.contradicted_at_us
    if contradicted_us is None or contradicted_us >= stretches[-1].from_us:
        # Where somebody found before that its word is worth nothing, nobody has seen it flow since.
        state = replace(state, contradicted_at_us=None)
    return person_evidence(state, EvidenceKind.PERSON_STOP, at_us, at_us, policy, effects)


def seen_flowing(state: PumpState, at_us: int) -> PumpState:
    """Return the state after a person saw it flow: the pump is believed again, unless the line is off."""
    return replace(state, contradicted_at_us=at_us if is_off_now(state.fold.off_patient) else None)


def person_evidence(
    state: PumpState,
    kind: EvidenceKind,
    at_us: int,
    earliest_us: int,
    policy: Policy,
    effects: list[Effect],
) -> PumpState:
    """Return the state with what a person said or did admitted as evidence, unless the therapy is complete."""
    state, is_past = _past_amended(state, kind, at_us, earliest_us, policy)
    is_complete = state.completed_at_us is not None
    if is_complete and not is_past:
        effects.append(EvidenceDoubted(why="the planned therapy is complete"))
        return state
    effects.append(EvidenceAdmitted(kind=kind.word, about_us=earliest_us))
    return state if is_complete else admit(state, Evidence(kind, at_us, at_us, earliest_us), policy.therapy)


def _past_amended(
    state: PumpState, kind: EvidenceKind, at_us: int, earliest_us: int, policy: Policy
) -> tuple[PumpState, bool]:
    """Return the state with what a person says of a time before a planned end counted there, and whether it was."""
    then, before = past.past_of(state, earliest_us), past.then(state, earliest_us)
    if then is None or before is None:
        return state, False
    told_us = min(at_us, then.closed_us)
    weighed = admit(before, Evidence(kind, told_us, told_us, earliest_us), policy.therapy)
    return past.amended(state, earliest_us, weighed, policy.therapy), True


def _is_flow_doubtful(state: PumpState, since_us: int, policy: Policy) -> bool:
    """Return whether the pump's last status, or an alarm raised since the line was off, makes flow doubtful."""
    ordered = None if state.order is None else state.order.rate_ml_per_h
    if state.delivery is DeliveryStatus.KVO and not policy.therapy.kvo_counts:
        return True
    if state.delivery is DeliveryStatus.DELIVERING and not is_rate_enough(policy.therapy, state.rate_ml_per_h, ordered):
        return True
    newer = (alert for alert in state.alerts if alert.raised_at_us >= since_us)
    return any(alert.code not in OWN_PRIORITIES and meaning_of(alert.code).stops is Stops.MAY for alert in newer)
