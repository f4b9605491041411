"""Takes the ladders of one pump's alert conditions through what a step brought."""

from __future__ import annotations

from monitor.escalation.ladder import acknowledge
from monitor.escalation.rungs import Ladder
from monitor.escalation.turns import LadderState
from monitor.interruption.effects import (
    AlertAcknowledged,
    AlertRaised,
    AlertResolved,
    Effect,
    RungAcknowledged,
)
from monitor.interruption.state import Alert

Active = dict[int, tuple[Alert, LadderState | None]]
"""By the alert's number: the alert as it stands and what its ladder remembers."""


def after_effects(
    kept: tuple[tuple[Alert, LadderState], ...], effects: tuple[Effect, ...], ladder: Ladder, now_us: int
) -> Active:
    """Return the alert conditions that still have a ladder after ``effects``."""
    active: Active = {alert.number: (alert, memory) for alert, memory in kept}
    for effect in effects:
        match effect:
            case AlertRaised():
                active[effect.alert.number] = (effect.alert, None)
            case AlertResolved():
                active.pop(effect.alert.number, None)
            case AlertAcknowledged():
                _acknowledge_alert(active, effect.alert, ladder, now_us)
            case RungAcknowledged():
                _acknowledge_rung(active, effect, ladder, now_us)
            case _:
                pass
    return active


def _acknowledge_alert(active: Active, alert: Alert, ladder: Ladder, now_us: int) -> None:
    found = active.get(alert.number)
    if found is not None and found[1] is not None:
        by = alert.acknowledged_by or ""
        active[alert.number] = (alert, acknowledge(found[1], "", by, now_us, ladder))


def _acknowledge_rung(active: Active, effect: RungAcknowledged, ladder: Ladder, now_us: int) -> None:
    """A rung that was told of an alert by itself may be acknowledged by the rung's name too."""
    for number, (alert, memory) in list(active.items()):
        if memory is not None and effect.what != alert.code:
            active[number] = (alert, acknowledge(memory, effect.what, effect.by, now_us, ladder))
