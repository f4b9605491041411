"""When time alone will next change something about a pump; deadlines are data, a scheduler only rings."""

from __future__ import annotations

from monitor.interruption.alarms import OwnCode
from monitor.interruption.policy import Policy
from monitor.interruption.state import Phase, PumpState


def awaited_from_us(state: PumpState) -> int:
    """Return since when a word from the pump is awaited: its last one, or its enrolment or planned start."""
    if state.last_contact_at_us is not None:
        return state.last_contact_at_us
    planned_us = state.order.starts_at_us if state.order is not None else None
    return state.enrolled_at_us if planned_us is None else max(state.enrolled_at_us, planned_us)


def next_deadline_us(state: PumpState, policy: Policy) -> int | None:
    """Return the next instant at which time alone changes something, or None."""
    therapy = policy.therapy
    due: list[int] = []
    fold, order = state.fold, state.order
    if state.completed_at_us is None:
        if fold.last_flow_us is not None and fold.stop is None and not _has_silent_incident(state):
            due.append(fold.last_flow_us + therapy.silence_max_us + 1)
        if fold.stop is not None or _has_silent_incident(state):
            due.extend(_threshold_us(state, policy))
        if order is not None and order.starts_at_us is not None and fold.last_flow_us is None:
            due.append(order.starts_at_us)
        if order is not None and order.ends_at_us is not None:
            due.append(order.ends_at_us)
        if not _has_alert(state, OwnCode.SILENT):
            due.append(awaited_from_us(state) + therapy.silence_max_us + 1)
    if state.mark is not None:
        due.append(state.mark.window_until_us)
    if state.hold is not None and state.hold.until_us is not None:
        due.append(state.hold.until_us)
    return min(due) if due else None


def _threshold_us(state: PumpState, policy: Policy) -> list[int]:
    """Return when the growing upper bound meets each threshold that it has not met."""
    fold = state.fold
    onset_us = fold.stop.onset_earliest_us if fold.stop is not None else fold.last_flow_us
    if onset_us is None:
        return []
    before_us = 0 if fold.group is None else fold.group.max_us
    critical = any(incident.phase is Phase.OPEN and incident.was_critical for incident in state.incidents)
    if critical:
        return []
    return [onset_us + policy.therapy.restart.met_from_us() - before_us]


def _has_silent_incident(state: PumpState) -> bool:
    return state.fold.stop is None and any(
        incident.phase is Phase.OPEN and incident.flow_us is None for incident in state.incidents
    )


def _has_alert(state: PumpState, code: str) -> bool:
    return any(alert.code == code for alert in state.alerts)
