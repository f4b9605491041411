"""Fits incidents and the monitor's own alert conditions to the clock, after every event."""

from __future__ import annotations

import msgspec

from monitor.interruption import bags, holds
from monitor.interruption.alarms import OWN_PRIORITIES, AlertPriority, OwnCode, meaning_of
from monitor.interruption.alerts import FLOW_DENIES, raise_alert, resolve_by_flow, resolve_code
from monitor.interruption.course import followed, settled
from monitor.interruption.deadlines import awaited_from_us, planned
from monitor.interruption.effects import Effect
from monitor.interruption.evidence import EvidenceKind
from monitor.interruption.forgetting import forget_ended
from monitor.interruption.hearing import stranger
from monitor.interruption.holds import is_supervised
from monitor.interruption.incidents import reconcile
from monitor.interruption.offtime import Bounds, bounds
from monitor.interruption.pauses import third_pause
from monitor.interruption.policy import Policy, Threshold, restart_threshold
from monitor.interruption.state import Incident, Phase, PumpState
from monitor.interruption.why import Why

FLOW_SEEN = frozenset((EvidenceKind.FLOW, EvidenceKind.RUN, EvidenceKind.PERSON_FLOW))

_STALLS = (Why.COUNTER_STOOD, Why.COUNTER_SLOW)

replace = msgspec.structs.replace


def fitted(state: PumpState, policy: Policy, now_us: int, effects: list[Effect]) -> PumpState:
    """Return the state with incidents and the monitor's own alert conditions fitted to the clock."""
    state = followed(state if state.strange_serial is None else stranger(state, now_us, effects))
    state = _silence(state, policy, now_us, effects)
    state = _stall(state, now_us, effects)
    if not _is_untroubled(state, policy, now_us):
        before = state.incidents
        opened = bounds(state.fold, now_us, policy.therapy)
        state = reconcile(state, opened, policy, now_us, effects)
        state = _flow(state, opened, policy, now_us, effects)
        state = settled(forget_ended(_high_priority(state, now_us), policy.therapy), before)
    if policy.therapy.cumulative is not None:
        state = third_pause(state, policy, now_us, effects)
    if state.hold is not None or state.last_hold is not None:
        state = holds.watched(state, policy, now_us, effects)
    state = bags.watched(state, policy, now_us, effects)
    return planned(state, policy, now_us)


def _is_untroubled(state: PumpState, policy: Policy, now_us: int) -> bool:
    """Return whether nothing is or was interrupted and no alarm says that delivery stopped."""
    fold = state.fold
    return (
        fold.stop is None
        and fold.group is None
        and not fold.done
        and not state.incidents
        and (fold.last_flow_us is None or now_us - fold.last_flow_us <= policy.therapy.silence_max_us)
        and not any(meaning_of(alert.code).stops in FLOW_DENIES for alert in state.alerts)
    )


def _silence(state: PumpState, policy: Policy, now_us: int, effects: list[Effect]) -> PumpState:
    """Raise the silence of a pump that is under watch and has not been heard for too long."""
    if state.completed_at_us is not None:
        return resolve_code(state, OwnCode.SILENT, now_us, effects) if state.alerts else state
    if now_us - awaited_from_us(state) <= policy.therapy.silence_max_us:
        return state
    detail = "never heard" if state.last_contact_at_us is None else ""
    return raise_alert(state, OwnCode.SILENT, now_us, effects, detail=detail)


def _stall(state: PumpState, now_us: int, effects: list[Effect]) -> PumpState:
    """Raise a counter that stands, or goes too slowly, although the pump says that it delivers.

    It lasts until the interruption is over, or is a plain stop: a counter that moves now and then is no end of it.
    """
    stop, group = state.fold.stop, state.fold.group
    if stop is not None:
        is_stalled = stop.is_counter_still
    else:
        is_stalled = group is not None and any(one.whys[0] in _STALLS for one in group.listed)
    if is_stalled:
        return raise_alert(state, OwnCode.VOLUME_STALL, now_us, effects)
    return resolve_code(state, OwnCode.VOLUME_STALL, now_us, effects) if state.alerts else state


def _flow(state: PumpState, found: Bounds | None, policy: Policy, now_us: int, effects: list[Effect]) -> PumpState:
    """Resolve what confirmed flow contradicts, and raise a restart that nobody supervised.

    A mere claim of flow after the threshold is enough for the alert: it may be drug that runs.
    """
    is_over = state.fold.last_flow_us is not None and (found is None or not found.is_max_running)
    if state.alerts and is_over and _has_flow_evidence(state):
        state = resolve_by_flow(state, now_us, effects)
    if not any(incident.was_critical for incident in state.incidents):
        return state
    threshold = restart_threshold(policy.therapy, state.order)
    judged: list[Incident] = []
    for incident in state.incidents:
        is_late = not incident.is_return_judged and _is_late_return(incident, found, threshold)
        # What a plan ended has not flowed again.
        is_planned_end = incident.flow_us is not None and incident.flow_us == state.completed_at_us
        if is_late and not is_planned_end and not _is_supervised(state, incident, now_us):
            code = OwnCode.UNSUPERVISED_RESTART
            state = raise_alert(state, code, now_us, effects, interruption=incident.number)
        is_judged = incident.is_return_judged or (is_late and incident.flow_us is not None)
        judged.append(replace(incident, is_return_judged=is_judged))
    return replace(state, incidents=tuple(judged))


def _is_late_return(incident: Incident, found: Bounds | None, threshold: Threshold) -> bool:
    """Return whether flow came back, or is said to have, after an interruption that may have met the threshold.

    What is learned only after it was over, and waits for review at once, counts like what was watched.
    """
    if not incident.was_critical:
        return False
    if incident.phase is Phase.OPEN:
        return found is not None and found.is_flow_claimed and threshold.is_met(found.max_us)
    is_over = incident.phase is Phase.AWAITING_REVIEW and incident.flow_us is not None
    if incident.listed and incident.listed[-1].whys[3] is Why.PLAN:
        # The course came to its end; nothing flows again.
        return False
    return is_over and incident.stops > 0 and threshold.is_met(incident.max_us)


def _is_supervised(state: PumpState, incident: Incident, now_us: int) -> bool:
    """Return whether a clinician's hold led to the flow that ended an interruption, or to what claims to."""
    return is_supervised(state, now_us if incident.flow_us is None else incident.flow_us)


def _has_flow_evidence(state: PumpState) -> bool:
    """Return whether flow was seen, and not only reckoned from a planned start or a clinician's review."""
    return any(piece.kind in FLOW_SEEN for piece in state.evidence)


def _high_priority(state: PumpState, now_us: int) -> PumpState:
    """Note on the open incident when a high-priority alarm of the pump first belonged to it."""
    if not state.alerts or not state.incidents:
        return state
    last = state.incidents[-1]
    if last.phase is not Phase.OPEN or last.high_priority_at_us is not None:
        return state
    urgent = any(alert.priority is AlertPriority.HIGH and alert.code not in OWN_PRIORITIES for alert in state.alerts)
    if not urgent:
        return state
    return replace(state, incidents=(*state.incidents[:-1], replace(last, high_priority_at_us=now_us)))
