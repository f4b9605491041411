"""Keeps the interruptions that people know of in step with what the clock says.

The clock knows groups of stops; an incident is what people were told about and acknowledge. Each group
belongs to the incident that it overlaps; a group that overlaps none is a new incident; an incident
whose evidence is gone keeps its number and shows that nothing is left of it.
"""

from __future__ import annotations

import msgspec

from monitor.interruption.effects import (
    Effect,
    FlowReturned,
    InterruptionAmended,
    InterruptionOpened,
    PhaseChanged,
)
from monitor.interruption.offtime import Bounds, group_bounds
from monitor.interruption.policy import Policy, Threshold, restart_threshold
from monitor.interruption.state import Incident, OffClass, Phase, PumpState

ENDED_MAX = 96
"""How many incidents that ended one pump keeps; the oldest is forgotten first.

More than evidence can be kept for: one that the clock still shows would be found again as a new one.
"""

replace = msgspec.structs.replace


def off_class(threshold: Threshold, low_us: int, high_us: int, longest_min_us: int) -> OffClass:
    """Return where an off-time stands against the threshold.

    What rests on the sum of merged stops alone is at most possible: the label speaks of one
    interruption.
    """
    if threshold.is_met(longest_min_us) and threshold.is_met(low_us):
        return OffClass.REACHED
    return OffClass.POSSIBLE if threshold.is_met(high_us) else OffClass.BELOW


def reconcile(state: PumpState, opened: Bounds | None, policy: Policy, now_us: int, effects: list[Effect]) -> PumpState:
    """Return the state with its incidents fitted to the clock at ``now_us``, by which ``opened`` is open."""
    fold = state.fold
    if opened is None and not fold.done and not any(_is_shown(incident) for incident in state.incidents):
        return state
    groups = [(group_bounds(group), True) for group in fold.done]
    if opened is not None:
        groups.append((opened, False))
    waiting = list(state.incidents)
    kept: list[Incident] = []
    next_number = state.next_number
    threshold = restart_threshold(policy.therapy, state.order)
    for found, is_done in groups:
        match = _match(waiting, found, is_done=is_done)
        if match is None:
            match = _new_incident(next_number, found, now_us)
            next_number += 1
            effects.append(
                InterruptionOpened(number=match.number, opened_at_us=found.opened_us, found_late=match.found_late)
            )
        else:
            waiting.remove(match)
            if is_done and _has_settled(match, found, threshold, _ran_on_us(found, policy, state)):
                kept.append(match)
                continue
        kept.append(_fitted(match, found, is_done, state, policy, threshold, now_us, effects))
    if waiting:
        state, kept = _absorbed(state, waiting, [found for found, _ in groups], kept, now_us, effects)
    kept.sort(key=lambda incident: incident.opened_at_us)
    return replace(state, incidents=_bounded(kept), next_number=next_number)


def _is_shown(incident: Incident) -> bool:
    """Return whether the clock still shows an incident, unless it was taken back."""
    return incident.phase is Phase.OPEN or incident.is_kept


def _absorbed(
    state: PumpState,
    waiting: list[Incident],
    spans: list[Bounds],
    kept: list[Incident],
    now_us: int,
    effects: list[Effect],
) -> tuple[PumpState, list[Incident]]:
    """Return the incidents with those that the clock no longer shows by themselves.

    One that was found to belong to another is that other now: what waits for a person waits there.
    """
    shown, gone = list(kept), []
    for incident in waiting:
        place = next((place for place, found in enumerate(spans) if _overlaps(incident, found)), None)
        if place is not None and incident.was_critical and not shown[place].was_critical:
            shown[place] = _waiting_too(shown[place], spans[place], effects)
        if place is not None:
            number = shown[place].number
            alerts = tuple(
                replace(alert, interruption=number) if alert.interruption == incident.number else alert
                for alert in state.alerts
            )
            state = replace(state, alerts=alerts)
        gone.append(_without_evidence(incident, now_us, effects, is_absorbed=place is not None))
    return state, [*shown, *gone]


def _waiting_too(incident: Incident, found: Bounds, effects: list[Effect]) -> Incident:
    """Return an incident in which there is one that only a clinician ends: where it had ended, it waits for review."""
    if incident.phase is not Phase.ENDED:
        return replace(incident, was_critical=True)
    after = replace(incident, was_critical=True, phase=Phase.AWAITING_REVIEW, ended_at_us=None, listed=found.listed)
    effects.append(_phase_changed(after, found.min_us, found.max_us))
    return after


def _match(waiting: list[Incident], found: Bounds, *, is_done: bool) -> Incident | None:
    """Return the incident that a group of stops belongs to: what is open keeps what is open."""
    for incident in waiting:
        is_same = incident.flow_us == found.flow_us and (incident.phase is Phase.OPEN) is not is_done
        if is_same and _overlaps(incident, found):
            # Nearly always the first one: nothing is nearer.
            return incident
    overlapping = [incident for incident in waiting if _overlaps(incident, found)]

    def strangeness(incident: Incident) -> tuple[bool, bool]:
        is_other_life = (incident.phase is Phase.OPEN) is is_done
        return incident.flow_us != found.flow_us, is_other_life

    return min(overlapping, key=strangeness, default=None)


def _overlaps(incident: Incident, found: Bounds) -> bool:
    starts_before_end = found.flow_us is None or incident.opened_at_us <= found.flow_us
    # What is settled for good is the clock's no more: what begins where that ended is another one.
    is_settled = incident.stops > 0 and not _is_shown(incident)
    ends_after_start = incident.flow_us is None or found.opened_us + is_settled <= incident.flow_us
    return starts_before_end and ends_after_start


def _new_incident(number: int, found: Bounds, now_us: int) -> Incident:
    is_late = found.flow_us is not None
    return Incident(number=number, opened_at_us=found.opened_us, noticed_at_us=now_us, found_late=is_late)


def _fitted(
    incident: Incident,
    found: Bounds,
    is_done: bool,  # noqa: FBT001 - a pair of the caller's list, never spelt at a call
    state: PumpState,
    policy: Policy,
    threshold: Threshold,
    now_us: int,
    effects: list[Effect],
) -> Incident:
    """Return the incident with the clock's numbers, and say what changed."""
    now_class = off_class(threshold, found.min_us, found.max_us, found.longest_min_us)
    detected_at_us = incident.detected_at_us
    if detected_at_us is None and (found.min_us > 0 or (not is_done and state.fold.stop is not None)):
        detected_at_us = now_us
    is_critical = incident.was_critical or now_class is not OffClass.BELOW
    phase, ended_at_us = Phase.OPEN, None
    if is_done:
        phase = Phase.AWAITING_REVIEW if is_critical else Phase.ENDED
        ended_at_us = None if is_critical else _ran_on_us(found, policy, state)
    flow_us = found.flow_us
    has_flow = flow_us is not None
    fitted = replace(
        incident,
        opened_at_us=found.opened_us,
        detected_at_us=detected_at_us,
        phase=phase,
        ended_at_us=ended_at_us,
        flow_us=flow_us,
        off_class=now_class,
        was_critical=is_critical,
        stops=found.stops,
        min_us=found.min_us if has_flow else 0,
        max_us=found.max_us if has_flow else 0,
        longest_min_us=found.longest_min_us if has_flow else 0,
        is_return_judged=incident.is_return_judged and has_flow,
        listed=found.listed if is_done and is_critical else (),
        is_kept=True,
    )
    _tell_changes(incident, fitted, found, effects)
    return fitted


def _has_settled(incident: Incident, found: Bounds, threshold: Threshold, ended_at_us: int | None) -> bool:
    """Return whether an incident ended with just the clock's numbers, so that fitting it would change nothing."""
    low_us, high_us, longest_us = found.min_us, found.max_us, found.longest_min_us
    return (
        incident.phase is Phase.ENDED
        and incident.is_kept
        and not (incident.was_critical or incident.listed)
        and (incident.flow_us, incident.ended_at_us) == (found.flow_us, ended_at_us)
        and (incident.opened_at_us, incident.stops) == (found.opened_us, found.stops)
        and (incident.min_us, incident.max_us, incident.longest_min_us) == (low_us, high_us, longest_us)
        and (incident.detected_at_us is not None or low_us == 0)
        and off_class(threshold, low_us, high_us, longest_us) is incident.off_class is OffClass.BELOW
    )


def _ran_on_us(found: Bounds, policy: Policy, state: PumpState) -> int | None:
    """Return when flow had lasted long enough after an interruption, or was not to last any longer by plan."""
    if found.flow_us is None:
        return None
    ended_at_us = found.flow_us + policy.therapy.merge_run_us
    if state.completed_at_us is not None:
        ended_at_us = min(ended_at_us, max(state.completed_at_us, found.flow_us))
    return ended_at_us


def _tell_changes(before: Incident, after: Incident, found: Bounds, effects: list[Effect]) -> None:
    if after.flow_us is not None and before.flow_us is None:
        effects.append(FlowReturned(number=after.number, off_min_us=found.min_us, off_max_us=found.max_us))
    is_amended = after.off_class is not before.off_class or (
        before.flow_us is not None
        and before.phase is not Phase.OPEN
        and (before.min_us, before.max_us) != (after.min_us, after.max_us)
    )
    if is_amended:
        effects.append(
            InterruptionAmended(
                number=after.number,
                off_min_us=found.min_us,
                off_max_us=found.max_us,
                off_class=after.off_class,
                found_late=before.phase is not Phase.OPEN or after.found_late,
            )
        )
    if after.phase is not before.phase:
        effects.append(_phase_changed(after, found.min_us, found.max_us))


def _phase_changed(incident: Incident, low_us: int, high_us: int) -> PhaseChanged:
    return PhaseChanged(
        number=incident.number,
        phase=incident.phase,
        ended_at_us=incident.ended_at_us,
        off_min_us=low_us,
        off_max_us=high_us,
        off_class=incident.off_class,
    )


def _without_evidence(incident: Incident, now_us: int, effects: list[Effect], *, is_absorbed: bool) -> Incident:
    """Return an incident that the clock no longer shows: settled long ago, or taken back by evidence.

    One that was found to belong to another is counted there, and no longer here.
    """
    if not _is_shown(incident) and not (is_absorbed and incident.stops):
        return incident
    phase = Phase.AWAITING_REVIEW if incident.was_critical and not is_absorbed else Phase.ENDED
    after = replace(
        incident,
        phase=phase,
        ended_at_us=_ended_at_us(incident, phase, now_us),
        flow_us=incident.opened_at_us,
        was_critical=incident.was_critical and not is_absorbed,
        off_class=OffClass.BELOW,
        stops=0,
        min_us=0,
        max_us=0,
        longest_min_us=0,
        listed=(),
        is_kept=False,
    )
    is_late = incident.phase is not Phase.OPEN
    effects.append(
        InterruptionAmended(
            number=after.number, off_min_us=0, off_max_us=0, off_class=after.off_class, found_late=is_late
        )
    )
    if after.phase is not incident.phase:
        effects.append(_phase_changed(after, 0, 0))
    return after


def _ended_at_us(incident: Incident, phase: Phase, now_us: int) -> int | None:
    if phase is not Phase.ENDED:
        return None
    return now_us if incident.ended_at_us is None else incident.ended_at_us


def _bounded(incidents: list[Incident]) -> tuple[Incident, ...]:
    """Drop what ended, oldest first, beyond what is kept; what waits for a person is never dropped."""
    ended = [incident.number for incident in incidents if incident.phase is Phase.ENDED]
    surplus = ended[: max(0, len(ended) - ENDED_MAX)]
    return tuple(incident for incident in incidents if incident.number not in surplus)
