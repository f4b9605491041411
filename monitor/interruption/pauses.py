"""Several interruptions in a day that are each below the threshold: a note to look for the cause, no more.

Pure. No label adds pauses together, so this changes no class and no deadline; a therapy without such a note has
none.
"""

from __future__ import annotations

from monitor.interruption.alarms import OwnCode
from monitor.interruption.alerts import raise_alert, resolve_code
from monitor.interruption.effects import Effect
from monitor.interruption.events import Order
from monitor.interruption.offtime import bounds
from monitor.interruption.policy import Policy, restart_threshold
from monitor.interruption.state import Incident, Phase, PumpState
from monitor.interruption.therapy_rules import Cumulative

PAUSES_MIN = 3
"""From this many on they are a pattern."""


def third_pause(state: PumpState, policy: Policy, now_us: int, effects: list[Effect]) -> PumpState:
    """Return the state with the note raised while the pauses of the window are as many and as long, else without."""
    rule = policy.therapy.cumulative
    if rule is None or not (state.incidents or state.alerts):
        return state
    recent = _recent(state, rule, now_us)
    if len(recent) >= PAUSES_MIN and _sum_us(state, recent, policy, now_us) >= _advisory_us(rule, policy, state.order):
        return raise_alert(state, OwnCode.THIRD_PAUSE, now_us, effects)
    return resolve_code(state, OwnCode.THIRD_PAUSE, now_us, effects)


def due_us(state: PumpState, policy: Policy, now_us: int) -> tuple[int, ...]:
    """Return the instants at which time alone may raise or resolve the note.

    When a pause leaves the window, the others may be too few or too short, or come to the sum at a later instant.
    """
    rule = policy.therapy.cumulative
    if rule is None:
        return ()
    recent = _recent(state, rule, now_us)
    if len(recent) < PAUSES_MIN:
        return ()
    leaves_us = min(incident.opened_at_us for incident in recent) + rule.window_us
    if any(alert.code == OwnCode.THIRD_PAUSE for alert in state.alerts):
        return (leaves_us,)
    found = bounds(state.fold, now_us, policy.therapy)
    if found is None or not found.is_max_running:
        return ()
    missing_us = _advisory_us(rule, policy, state.order) - _sum_us(state, recent, policy, now_us)
    return (min(now_us + missing_us, leaves_us),)


def _recent(state: PumpState, rule: Cumulative, now_us: int) -> list[Incident]:
    return [incident for incident in state.incidents if incident.opened_at_us > now_us - rule.window_us]


def _sum_us(state: PumpState, recent: list[Incident], policy: Policy, now_us: int) -> int:
    found = bounds(state.fold, now_us, policy.therapy)
    return sum(
        found.max_us if incident.phase is Phase.OPEN and found is not None else incident.max_us for incident in recent
    )


def _advisory_us(rule: Cumulative, policy: Policy, order: Order | None) -> int:
    return restart_threshold(policy.therapy, order).off_time_us if rule.advisory_us is None else rule.advisory_us
