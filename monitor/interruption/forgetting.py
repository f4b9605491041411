"""Which interruptions leave the state: those that ended, that nothing can amend any more and that no rule asks for.

They are on record; here they would only make each later event dearer.
"""

from __future__ import annotations

import msgspec

from monitor.interruption.policy import Therapy
from monitor.interruption.state import Incident, Phase, PumpState

replace = msgspec.structs.replace


def forget_ended(state: PumpState, therapy: Therapy) -> PumpState:
    """Return the state without incidents that ended and that no kept evidence can amend, nor any rule asks for."""
    fold = state.fold
    if not state.incidents:
        return state
    is_all_settled = not fold.done and len(state.evidence) <= 1
    asked_us = therapy.amend_us if therapy.cumulative is None else max(therapy.amend_us, therapy.cumulative.window_us)
    since_us = (fold.last_flow_us or 0) - asked_us
    kept = tuple(
        incident
        for incident in state.incidents
        if incident.phase is not Phase.ENDED or not (is_all_settled or _is_over(incident, since_us))
    )
    return state if len(kept) == len(state.incidents) else replace(state, incidents=kept)


def _is_over(incident: Incident, since_us: int) -> bool:
    """Return whether an incident was settled for good, and ended before ``since_us``."""
    ended_us = incident.ended_at_us
    return incident.stops > 0 and not incident.is_kept and ended_us is not None and ended_us < since_us
