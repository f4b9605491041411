"""Shows a pump's interruptions as they stand at one instant, for ladder, notices and feed."""

from __future__ import annotations

from monitor.interruption.alerts import active_codes
from monitor.interruption.incidents import off_class
from monitor.interruption.offtime import Bounds, bounds, joined
from monitor.interruption.policy import Policy, Threshold, restart_text, restart_threshold, thresholds_in_force
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import Incident, Phase, PumpState
from monitor.interruption.why import Why


def views(state: PumpState, policy: Policy, now_us: int) -> list[InterruptionView]:
    """Return all interruptions that the state still keeps, oldest first."""
    return [view_of(state, incident, policy, now_us) for incident in state.incidents]


def view_of(state: PumpState, incident: Incident, policy: Policy, now_us: int) -> InterruptionView:
    """Return one incident with its numbers at ``now_us``."""
    found = bounds(state.fold, now_us, policy.therapy) if incident.phase is Phase.OPEN else None
    if found is None:
        found = _settled(state, incident)
    threshold = restart_threshold(policy.therapy, state.order)
    meets_at_us = found.counts_from_us + threshold.met_from_us()
    is_met = threshold.is_met(found.max_us)
    in_force = thresholds_in_force(policy.therapy, state.order)
    return InterruptionView(
        id=f"{policy.pump}-{incident.number}",
        pump=policy.pump,
        number=incident.number,
        at_us=now_us,
        opened_at_us=found.opened_us,
        noticed_at_us=incident.noticed_at_us,
        detected_at_us=incident.detected_at_us,
        high_priority_at_us=incident.high_priority_at_us,
        phase=incident.phase,
        ended_at_us=incident.ended_at_us,
        off_min_us=found.min_us,
        off_max_us=found.max_us,
        off_class=off_class(threshold, found.min_us, found.max_us, found.longest_min_us),
        is_max_running=found.is_max_running,
        deadline_at_us=meets_at_us if found.is_max_running and not is_met else None,
        threshold_met_at_us=_met_at_us(found, threshold, now_us) if is_met else None,
        silent_since_us=state.fold.last_flow_us if found.is_silence_only else None,
        last_contact_at_us=state.last_contact_at_us,
        alarm_codes=active_codes(state),
        merged_stops=found.stops,
        found_late=incident.found_late,
        mark=state.mark,
        is_held=state.hold is not None,
        stops=found.listed,
        threshold=threshold,
        thresholds_met=tuple(one for one in in_force if one.is_met(found.max_us)),
        restart_text=restart_text(policy.therapy, state.order) if is_met else "",
        is_unbounded=_is_unbounded(state, found),
    )


def _is_unbounded(state: PumpState, found: Bounds) -> bool:
    """Return whether a downtime of unknown length lies in an interruption, and its clock is not set yet."""
    if state.undated is None:
        return False
    back_us = state.undated.doubt.at_us
    if len(found.listed) < found.stops and found.opened_us <= back_us:
        # Its stop may be one of those that are kept only as sums.
        return True
    return any(
        stop.whys[0] is Why.MONITOR_DOWN or stop.onset_earliest_us < back_us <= stop.resume_latest_us
        for stop in found.listed
    )


def _met_at_us(found: Bounds, threshold: Threshold, now_us: int) -> int | None:
    """Return when an off-time that has met the threshold did, counted back from the end of the stop in which it did.

    Where that stop is not listed any more, the return of flow stands for it, or now.
    """
    group = None
    for stop in found.listed:
        group = joined(group, stop)
        if threshold.is_met(group.max_us):
            return stop.resume_latest_us - (group.max_us - threshold.met_from_us())
    return now_us if found.is_max_running else found.flow_us


def _settled(state: PumpState, incident: Incident) -> Bounds:
    kept = (group.listed for group in state.fold.done if group.opened_us == incident.opened_at_us)
    listed = next(kept, incident.listed) if incident.stops else ()
    return Bounds(
        opened_us=incident.opened_at_us,
        min_us=incident.min_us,
        max_us=incident.max_us,
        longest_min_us=incident.longest_min_us,
        stops=incident.stops,
        is_max_running=False,
        is_silence_only=False,
        flow_us=incident.flow_us,
        is_flow_claimed=True,
        listed=listed,
    )
