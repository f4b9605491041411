"""The life of alert conditions: raised once, acknowledged by a person, resolved by its cause ending.

What stops delivery is resolved by its end or by confirmed flow, never by its mere absence; a latched
condition is resolved by a clinician's review alone.
"""

from __future__ import annotations

import msgspec

from drivers.contract import AlarmCode
from monitor.interruption.alarms import OWN_PRIORITIES, AlertPriority, Stops, meaning_of
from monitor.interruption.effects import AlertAcknowledged, AlertRaised, AlertResolved, Effect
from monitor.interruption.reading import MARGIN_US
from monitor.interruption.state import Alert, PumpState

ALERTS_MAX = 64
"""How many alarms under names of the pump's own one pump holds at a time; a pump with more is itself at fault.

Codes that we know are few, and are never crowded out.
"""

FLOW_DENIES = frozenset((Stops.YES, Stops.SEEN))
"""What confirmed flow contradicts."""

replace = msgspec.structs.replace


def raise_alert(
    state: PumpState,
    code: str,
    at_us: int,
    effects: list[Effect],
    *,
    raw_code: str | None = None,
    interruption: int | None = None,
    detail: str = "",
    words: str = "",
) -> PumpState:
    """Return the state with ``code`` active; a condition that is active already is not raised again.

    Args:
        state: Before.
        code: An alarm code of the pump or one of ``OwnCode``.
        at_us: When the monitor learned of it.
        effects: What is raised is added.
        raw_code: What the pump itself calls it, if our word differs.
        interruption: Number of the interruption that it belongs to alone; it is latched then.
        detail: For the journal; may be what a pump or a person said.
        words: For notices beside the code's own sentence; never what a pump or a person said.
    """
    for alert in state.alerts:
        if alert.code == code and alert.raw_code == raw_code and alert.interruption == interruption:
            return state
    if raw_code is not None and sum(alert.raw_code is not None for alert in state.alerts) >= ALERTS_MAX:
        return state
    priority = OWN_PRIORITIES.get(code) or meaning_of(code).priority
    if priority is AlertPriority.INFORMATION:
        return state
    alert = Alert(
        number=state.next_alert,
        code=code,
        priority=priority,
        raised_at_us=at_us,
        raw_code=raw_code,
        latched=interruption is not None,
        interruption=interruption,
        detail=words,
    )
    effects.append(AlertRaised(alert=alert, detail=detail or words))
    return replace(state, alerts=(*state.alerts, alert), next_alert=state.next_alert + 1)


def began(state: PumpState, code: str, raw_code: str | None, began_at_us: int, *, is_new: bool) -> PumpState:
    """Return the state with an alarm dated by when it last began: no end from before that is its end."""
    alerts = tuple(
        replace(alert, began_at_us=began_at_us)
        if (alert.code, alert.raw_code, alert.latched) == (code, raw_code, False)
        and (began_at_us < alert.raised_at_us if is_new else began_at_us > _began_us(alert))
        else alert
        for alert in state.alerts
    )
    return state if alerts == state.alerts else replace(state, alerts=alerts)


def _began_us(alert: Alert) -> int:
    return alert.raised_at_us if alert.began_at_us is None else alert.began_at_us


def resolve_alerts(state: PumpState, numbers: set[int], at_us: int, effects: list[Effect]) -> PumpState:
    """Return the state with the alert conditions of these numbers resolved."""
    if not numbers:
        return state
    kept: list[Alert] = []
    for alert in state.alerts:
        if alert.number in numbers:
            effects.append(AlertResolved(alert=replace(alert, resolved_at_us=at_us)))
        else:
            kept.append(alert)
    return replace(state, alerts=tuple(kept))


def resolve_code(
    state: PumpState,
    code: str,
    at_us: int,
    effects: list[Effect],
    raw_code: str | None = None,
    ended_us: int | None = None,
) -> PumpState:
    """Return the state with a code resolved, unless it is latched or began after ``ended_us``.

    An alarm that ends without a raw code ends every alarm of that code.
    """
    numbers: set[int] = set()
    for alert in state.alerts:
        is_meant = alert.code == code and (raw_code is None or alert.raw_code == raw_code)
        if is_meant and not alert.latched and (ended_us is None or _began_us(alert) <= ended_us + MARGIN_US):
            numbers.add(alert.number)
    return resolve_alerts(state, numbers, at_us, effects)


def resolve_by_flow(state: PumpState, at_us: int, effects: list[Effect]) -> PumpState:
    """Return the state without the alarms that confirmed flow contradicts: those that stop delivery."""
    numbers = {
        alert.number
        for alert in state.alerts
        if alert.code not in OWN_PRIORITIES and meaning_of(alert.code).stops in FLOW_DENIES
    }
    return resolve_alerts(state, numbers, at_us, effects)


def acknowledge_alerts(state: PumpState, code: str, by: str, at_us: int, effects: list[Effect]) -> PumpState:
    """Return the state with alerts of ``code`` acknowledged; nothing but who was told changes."""
    if not any(alert.code == code for alert in state.alerts):
        return state
    kept = []
    for alert in state.alerts:
        if alert.code == code:
            noted = alert
            if alert.acknowledged_by is None:
                noted = replace(alert, acknowledged_by=by, acknowledged_at_us=at_us)
            effects.append(AlertAcknowledged(alert=noted))
            kept.append(noted)
        else:
            kept.append(alert)
    return replace(state, alerts=tuple(kept))


def active_codes(state: PumpState) -> tuple[str, ...]:
    """Return the pump's own active alarm codes, for people: our word, or the pump's where we have none."""
    return tuple(
        alert.raw_code if alert.code == AlarmCode.UNKNOWN_ALARM and alert.raw_code is not None else alert.code
        for alert in state.alerts
        if alert.code not in OWN_PRIORITIES
    )
