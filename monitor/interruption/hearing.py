"""What the pump itself says: identity first, then duplicates, then alarms and evidence.

A stranger's word never counts. A duplicate changes nothing. Everything else is weighed by ``classify``
and admitted to the evidence; alarms live on as alert conditions beside it.
"""

from __future__ import annotations

import msgspec

from drivers.contract import (
    AlarmCode,
    AlarmObserved,
    AlarmPhase,
    LinkChanged,
    LogCovered,
    LogEvent,
    LogEventObserved,
    Observation,
    StatusObserved,
)
from monitor.interruption import past
from monitor.interruption.admission import admitted, log_covered
from monitor.interruption.alarms import MEANINGS, OWN_PRIORITIES, AlertPriority, OwnCode, meaning_of
from monitor.interruption.alerts import FLOW_DENIES, began, raise_alert, resolve_alerts, resolve_code
from monitor.interruption.classify import (
    alarm_evidence,
    found_alarm_evidence,
    is_rate_fitting,
    log_evidence,
    status_evidence,
)
from monitor.interruption.device_time import clock_read
from monitor.interruption.effects import Effect, EvidenceAdmitted, EvidenceDoubted
from monitor.interruption.evidence_log import rate_at
from monitor.interruption.plan import complete, is_completion, is_in_course
from monitor.interruption.policy import SECOND_US, Policy
from monitor.interruption.pump_clock import forgotten
from monitor.interruption.state import PumpState

SEQ_WINDOW = 64
"""How many message numbers back a late one is told from a duplicate."""

DUPLICATE = "duplicate"
"""Why a message that was seen before changes nothing."""

_WINDOW_MASK = (1 << SEQ_WINDOW) - 1

Said = StatusObserved | AlarmObserved | LogEventObserved | LogCovered
"""What a pump says itself; a hint about the line is nobody's word."""

replace = msgspec.structs.replace


def hear(state: PumpState, observation: Observation, at_us: int, policy: Policy, effects: list[Effect]) -> PumpState:
    """Return the state after the pump said ``observation``, heard at ``at_us``."""
    if isinstance(observation, LinkChanged):
        return _link(state, observation, at_us, effects)
    known = _identified(state, observation, at_us, policy, effects)
    if known is None:
        # What does not say who it is leaves the stranger's number standing.
        strange = state.strange_serial if observation.serial is None else observation.serial
        return replace(state, strange_serial=strange, last_contact_at_us=at_us)
    state = known
    counted = _counted(state, observation)
    if counted is None:
        # Whoever says only what was said before may be a sender that counts from the beginning: it is not heard.
        effects.append(EvidenceDoubted(why=DUPLICATE))
        return state
    before_us = state.last_contact_at_us
    state = replace(counted, last_contact_at_us=at_us)
    state = resolve_code(state, OwnCode.SILENT, at_us, effects) if state.alerts else state
    state = clock_read(state, observation, at_us, policy.therapy, effects)
    return _weighed(state, observation, at_us, before_us, policy, effects)


def _weighed(
    state: PumpState,
    observation: Said,
    at_us: int,
    before_us: int | None,
    policy: Policy,
    effects: list[Effect],
) -> PumpState:
    if isinstance(observation, StatusObserved):
        return _status(state, observation, at_us, before_us, policy, effects)
    if isinstance(observation, AlarmObserved):
        return _alarm(state, observation, at_us, policy, effects)
    if isinstance(observation, LogCovered):
        return log_covered(state, observation, at_us, policy, effects)
    return _log_event(state, observation, at_us, policy, effects)


def _link(state: PumpState, hint: LinkChanged, at_us: int, effects: list[Effect]) -> PumpState:
    """Return the state after a hint about the line, which proves nothing about flow."""
    if hint.online == state.link_online:
        return state
    state = replace(state, link_online=hint.online)
    if hint.online:
        return resolve_code(state, OwnCode.LINK_LOST, at_us, effects)
    return raise_alert(state, OwnCode.LINK_LOST, at_us, effects, detail=hint.why)


def _identified(
    state: PumpState, observation: Said, at_us: int, policy: Policy, effects: list[Effect]
) -> PumpState | None:
    """Return the state with the serial number pinned, or None if a stranger speaks."""
    if observation.serial is None:
        # Where a stranger was heard last, what does not say who it is may be the stranger too.
        return state if state.strange_serial is None else None
    trusted = state.serial or policy.serial
    if trusted is None or observation.serial == trusted:
        if state.strange_serial is not None:
            state = resolve_code(state, OwnCode.PUMP_CHANGED, at_us, effects)
            state = replace(state, strange_serial=None)
        return state if state.serial == observation.serial else replace(state, serial=observation.serial)
    if state.strange_serial != observation.serial:
        effects.append(EvidenceDoubted(why=f"serial number {observation.serial} is not the enrolled {trusted}"))
    return None


def stranger(state: PumpState, at_us: int, effects: list[Effect]) -> PumpState:
    """Return the state with the alert about another pump's serial number, if one is heard."""
    if state.strange_serial is None:
        return state
    return raise_alert(state, OwnCode.PUMP_CHANGED, at_us, effects, detail=state.strange_serial)


def window_after(window: int, ahead: int) -> int:
    """Return which of the last ``SEQ_WINDOW`` message numbers were seen, after one that is ``ahead`` of all."""
    return ((window << ahead) | 1) & _WINDOW_MASK if ahead < SEQ_WINDOW else 1


def _counted(state: PumpState, observation: Said) -> PumpState | None:
    """Return the state with the message number noted, or None if it was seen before."""
    if observation.seq is None:
        return state
    seq = observation.seq
    if observation.boot != state.boot or state.seq < 0:
        return replace(state, boot=observation.boot, seq=seq, seq_window=1, pump_clock=forgotten(state.pump_clock))
    ahead = seq - state.seq
    if ahead > 0:
        return replace(state, seq=seq, seq_window=window_after(state.seq_window, ahead))
    if -ahead >= SEQ_WINDOW:
        # Without a word for its start, a sender that counts from far back has been started anew: to drop
        # what it says until it has caught up with itself would be to drop a stop.
        return replace(state, seq=seq, seq_window=1) if observation.boot is None else None
    bit = 1 << -ahead
    if state.seq_window & bit:
        return None
    return replace(state, seq_window=state.seq_window | bit)


def _status(
    state: PumpState,
    status: StatusObserved,
    at_us: int,
    before_us: int | None,
    policy: Policy,
    effects: list[Effect],
) -> PumpState:
    ordered = state.order.rate_ml_per_h if state.order is not None else None
    state = replace(
        state,
        delivery=status.delivery,
        rate_ml_per_h=status.rate_ml_per_h,
        volume_remaining_ml=status.volume_remaining_ml,
        battery_percent=status.battery_percent,
    )
    if status.alarms is not None:
        since_us = at_us if before_us is None else before_us
        state = _alarm_list(state, status, at_us, since_us, policy, effects)
    found = status_evidence(status, at_us, policy.therapy, ordered)
    if found is None:
        return state
    if status.delivery == "delivering":
        if is_rate_fitting(policy.therapy, status.rate_ml_per_h, ordered):
            state = resolve_code(state, OwnCode.RATE_MISMATCH, at_us, effects) if state.alerts else state
        elif is_in_course(state, at_us):
            detail = f"running at {status.rate_ml_per_h:g} mL/h, ordered {ordered:g} mL/h"
            state = raise_alert(state, OwnCode.RATE_MISMATCH, at_us, effects, detail=detail)
    return admitted(state, found, at_us, policy, effects, status, "status")


def _alarm_list(
    state: PumpState,
    status: StatusObserved,
    at_us: int,
    since_us: int,
    policy: Policy,
    effects: list[Effect],
) -> PumpState:
    """Fit the alert conditions to a complete list of active alarms."""
    listed = {_known(code) for code in status.alarms or ()}
    gone = {
        alert.number
        for alert in state.alerts
        if alert.code not in OWN_PRIORITIES and (alert.code, alert.raw_code) not in listed
    }
    state = resolve_alerts(state, gone, at_us, effects)
    active = {(alert.code, alert.raw_code) for alert in state.alerts}
    rate = rate_at(state, at_us)
    for code, raw in sorted(listed - active, key=str):
        found = found_alarm_evidence(code, status, at_us, since_us, policy.therapy, rate)
        if found is not None:
            state = admitted(state, found, at_us, policy, effects, status, f"alarm:{code}")
        state = raise_alert(state, code, at_us, effects, raw_code=raw)
    return state


def _known(code: str) -> tuple[str, str | None]:
    if code in MEANINGS:
        return code, None
    return AlarmCode.UNKNOWN_ALARM, code


def _alarm(state: PumpState, alarm: AlarmObserved, at_us: int, policy: Policy, effects: list[Effect]) -> PumpState:
    if alarm.phase is AlarmPhase.END:
        ended_us = at_us - int(alarm.age_s * SECOND_US)
        resolved = resolve_code(state, alarm.code, at_us, effects, alarm.raw_code, ended_us)
        if resolved is state:
            # The end of something that nobody knew of, or that began anew since, is on record too.
            effects.append(EvidenceAdmitted(kind="alarm-end", about_us=at_us, detail=alarm.code))
        return resolved
    about_us = at_us - int(alarm.age_s * SECOND_US)
    if alarm.code == AlarmCode.CLOCK_CHANGED:
        state = replace(state, pump_clock=forgotten(state.pump_clock))
    if alarm.code == AlarmCode.RES_EMPTY and is_completion(state, policy, about_us):
        return complete(state, policy, about_us, effects)
    found = alarm_evidence(alarm, at_us, policy.therapy, rate_at(past.then(state, about_us) or state, about_us))
    if found is not None:
        state = admitted(state, found, at_us, policy, effects, alarm, f"alarm:{alarm.code}")
    is_denied = meaning_of(alarm.code).stops in FLOW_DENIES or at_us - about_us > policy.therapy.silence_max_us
    if found is not None and is_denied and state.fold.stop is None and state.fold.last_flow_us is not None:
        # An old entry of the log: flow has been confirmed since, so the condition is history.
        return state
    if meaning_of(alarm.code).priority is AlertPriority.INFORMATION:
        # Nobody needs to know, but it is on record.
        effects.append(EvidenceAdmitted(kind="alarm", about_us=about_us, detail=alarm.code))
    raised = raise_alert(state, alarm.code, at_us, effects, raw_code=alarm.raw_code)
    return began(raised, alarm.code, alarm.raw_code, about_us, is_new=raised is not state)


def _log_event(
    state: PumpState, entry: LogEventObserved, at_us: int, policy: Policy, effects: list[Effect]
) -> PumpState:
    about_us = at_us - int(entry.age_s * SECOND_US)
    if entry.event is LogEvent.DELIVERY_COMPLETE and is_completion(state, policy, about_us):
        return complete(state, policy, about_us, effects)
    found = log_evidence(entry, at_us)
    if entry.event is LogEvent.POWER_ON and state.fold.last_flow_us is None:
        effects.append(EvidenceAdmitted(kind="event", about_us=about_us, detail=entry.event))
        return state
    return admitted(state, found, at_us, policy, effects, entry, f"event:{entry.event}")
