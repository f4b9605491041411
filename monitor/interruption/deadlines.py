"""When time alone will next change something about a pump; deadlines are data, a scheduler only rings."""

from __future__ import annotations

import msgspec

from monitor.interruption import bags, holds, pauses
from monitor.interruption.alarms import OwnCode
from monitor.interruption.offtime import summed_us, why_flowed
from monitor.interruption.plan import next_step
from monitor.interruption.policy import Policy, restart_threshold
from monitor.interruption.state import Phase, PumpState

replace = msgspec.structs.replace


def awaited_from_us(state: PumpState) -> int:
    """Return since when a word from the pump is awaited: its last one, its enrolment, or when flow is planned."""
    expected_us = 0 if state.course is None or state.course.expected_us is None else state.course.expected_us
    if state.last_contact_at_us is not None:
        return max(state.last_contact_at_us, expected_us)
    planned_us = state.order.starts_at_us if state.order is not None else None
    return max(state.enrolled_at_us, expected_us, planned_us or 0)


def has_plan(state: PumpState, policy: Policy) -> bool:
    """Return whether a step of the plan may ever come; without one the plan need not be asked for the next."""
    order = state.order
    if order is not None and (order.starts_at_us is not None or order.ends_at_us is not None or order.free):
        return True
    return state.next_order is not None or state.completed_at_us is not None or policy.therapy.schedule is not None


def planned(state: PumpState, policy: Policy, now_us: int) -> PumpState:
    """Return the state with the next instant noted at which plan, bag, hold or pauses may change something.

    It is noted so that the short road of a steady course need not ask.
    """
    due = _plan_due_us(state, policy, now_us)
    return state if due == state.plan_due_us else replace(state, plan_due_us=due)


def _plan_due_us(state: PumpState, policy: Policy, now_us: int) -> int | None:
    step = next_step(state, policy) if has_plan(state, policy) else None
    due = [] if step is None else [step[0]]
    later = bags.due_us(state, policy.therapy, now_us)
    if state.hold is not None or state.last_hold is not None:
        later += holds.due_us(state, policy.therapy)
    if policy.therapy.cumulative is not None and state.incidents:
        later += pauses.due_us(state, policy, now_us)
    if later:
        due += [at_us for at_us in later if at_us > now_us]
    return min(due, default=None)


def next_deadline_us(state: PumpState, policy: Policy) -> int | None:
    """Return the next instant at which time alone changes something, or None."""
    therapy = policy.therapy
    due: list[int] = []
    fold = state.fold
    if state.completed_at_us is None:
        if fold.stop is not None or _has_silent_incident(state):
            due.extend(_threshold_us(state, policy))
        elif fold.last_flow_us is not None:
            due.append(fold.last_flow_us + therapy.silence_max_us + 1)
        if not (state.alerts and _has_alert(state, OwnCode.SILENT)):
            due.append(awaited_from_us(state) + therapy.silence_max_us + 1)
    if state.mark is not None:
        due.append(state.mark.window_until_us)
    plan_us = state.plan_due_us
    if plan_us is None and has_plan(state, policy):
        # A state that was stored before there was a note, or that nothing happened to yet.
        step = next_step(state, policy)
        plan_us = None if step is None else step[0]
    if plan_us is not None:
        due.append(plan_us)
    return min(due, default=None)


def _threshold_us(state: PumpState, policy: Policy) -> list[int]:
    """Return when the growing upper bound meets each threshold that it has not met."""
    fold = state.fold
    stop = fold.stop
    onset_us = stop.onset_earliest_us if stop is not None else fold.last_flow_us
    if onset_us is None:
        return []
    why = why_flowed(fold, onset_us) if stop is None else stop.earliest_why
    before_us = summed_us(fold.group, why, is_silence=stop is None or stop.is_silence)
    critical = any(incident.phase is Phase.OPEN and incident.was_critical for incident in state.incidents)
    if critical:
        return []
    ran_us = 0 if stop is None else stop.ran_least_us
    return [onset_us + ran_us + restart_threshold(policy.therapy, state.order).met_from_us() - before_us]


def _has_silent_incident(state: PumpState) -> bool:
    """Return whether a silence is an interruption, where no stop is open."""
    if not state.incidents:
        return False
    return any(incident.phase is Phase.OPEN and incident.flow_us is None for incident in state.incidents)


def _has_alert(state: PumpState, code: str) -> bool:
    return any(alert.code == code for alert in state.alerts)
