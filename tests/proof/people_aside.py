"""Tells a state apart from what people did to it: marks, holds and acknowledgements touch nothing else."""

from __future__ import annotations

import msgspec

from monitor.interruption.alarms import OwnCode
from monitor.interruption.state import PumpState

PEOPLE = frozenset({"alerts", "next_alert", "mark", "hold", "last_hold", "plan_due_us"})
"""What people's actions may change in a state: who is told, and nothing else."""


OF_HOLDS = frozenset({OwnCode.RUNNING_DURING_HOLD, OwnCode.UNSUPERVISED_RESTART, OwnCode.HOLD_RULE})
"""Alarms that depend on a clinician's hold: a restart after one is supervised."""


def without_people(state: PumpState) -> tuple[object, ...]:
    """Return everything of a state that no human action may touch, and what alarms there are."""
    bare = tuple(getattr(state, name) for name in PumpState.__struct_fields__ if name not in PEOPLE)
    codes = sorted(str(alert.code) for alert in state.alerts if alert.code not in OF_HOLDS)
    return (*bare, tuple(codes))


def stripped(state: PumpState) -> PumpState:
    """Return the state as if no person had marked, held or acknowledged anything."""
    alerts = tuple(
        msgspec.structs.replace(alert, acknowledged_by=None, acknowledged_at_us=None) for alert in state.alerts
    )
    return msgspec.structs.replace(state, mark=None, hold=None, alerts=alerts)
