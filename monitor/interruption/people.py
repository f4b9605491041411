"""What people do: marks, reports, holds, swaps, acknowledgements, reviews.

Acknowledging, marking and holding never touch the clock. A report or a flow check is evidence, with a
name and a date. Only a clinician's review closes an interruption that came to the threshold.
"""

from __future__ import annotations

import re

import msgspec

from drivers.contract import DeliveryStatus
from monitor.interruption import bags
from monitor.interruption.alarms import OwnCode
from monitor.interruption.alerts import acknowledge_alerts, raise_alert, resolve_alerts, resolve_code
from monitor.interruption.course import begun, with_off
from monitor.interruption.effects import (
    Effect,
    EvidenceDoubted,
    PersonActed,
    PhaseChanged,
    RungAcknowledged,
)
from monitor.interruption.events import (
    Acknowledged,
    Closed,
    Marked,
    MarkKind,
    Outcome,
    Reported,
    Role,
    Swapped,
)
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.evidence_log import admit
from monitor.interruption.holds import is_stopped
from monitor.interruption.off_patient import is_off_now
from monitor.interruption.offtime import Fold, bounds
from monitor.interruption.plan import complete_for_good
from monitor.interruption.policy import Policy
from monitor.interruption.state import Incident, Mark, Phase, PumpState
from monitor.interruption.taking_off import disconnected, person_evidence, reconnected, seen_flowing

replace = msgspec.structs.replace

REPORT_RUNNING = "report:running"
REPORT_STOPPED = "report:stopped"
"""What the journal says of a person's report."""

_BOLUS = re.compile(r"flush|bolus|prim(?:e|ing)|purg|push", re.IGNORECASE)

_ITEMS = (OwnCode.BOLUS_RISK, OwnCode.DOSE_REVIEW, OwnCode.HOLD_RULE, OwnCode.LATE_EVIDENCE)

_PLANNED = (MarkKind.BAG_CHANGE, MarkKind.MAINTENANCE, MarkKind.DISCONNECT)


def marked(state: PumpState, event: Marked, policy: Policy, effects: list[Effect]) -> PumpState:
    """Return the state after a mark.

    A planned mark opens a quiet window: the therapy's by default, at most ``maintenance_max_us``; a
    nurse or above may set a longer one. A flow check is flow evidence. Set down and taken up again
    (disconnect, reconnect) is a stop that the pump itself cannot see.
    """
    effects.append(PersonActed(what=f"mark:{event.mark}", by=event.by, detail=event.note))
    at_us = event.at_us
    if _says_bolus(event.note):
        state = raise_alert(state, OwnCode.BOLUS_RISK, at_us, effects)
    if event.mark is MarkKind.FLOW_CHECKED:
        state = seen_flowing(state, at_us)
        return person_evidence(state, EvidenceKind.PERSON_FLOW, at_us, at_us, policy, effects)
    if event.mark is MarkKind.RECONNECT:
        return reconnected(state, at_us, policy, effects)
    if event.mark is MarkKind.DISCONNECT:
        state = disconnected(state, at_us, policy, effects)
    if event.mark in _PLANNED:
        state = replace(state, mark=_window(event, policy))
    return bags.hung(state, policy, None, at_us, effects) if event.mark is MarkKind.BAG_CHANGE else state


def _says_bolus(note: str) -> bool:
    """Return whether a note speaks of drug that was pushed in; one that denies it is looked at all the same."""
    return _BOLUS.search(note) is not None


def _window(event: Marked, policy: Policy) -> Mark:
    therapy = policy.therapy
    quiet_us, window_us = therapy.maintenance_quiet_us, therapy.maintenance_max_us
    if event.quiet_us is not None:
        quiet_us = max(0, event.quiet_us)
        if event.role in (Role.NURSE, Role.CLINICIAN, Role.ADMIN):
            window_us = quiet_us
        else:
            quiet_us = min(quiet_us, window_us)
    return Mark(
        kind=event.mark,
        by=event.by,
        at_us=event.at_us,
        quiet_until_us=event.at_us + quiet_us,
        window_until_us=event.at_us + window_us,
    )


def reported(state: PumpState, event: Reported, policy: Policy, effects: list[Effect]) -> PumpState:
    """Return the state after a person said what they see; weighed like a flow check, with their name."""
    effects.append(PersonActed(what=REPORT_RUNNING if event.running else REPORT_STOPPED, by=event.by))
    if event.running:
        state = seen_flowing(state, event.at_us)
        return person_evidence(state, EvidenceKind.PERSON_FLOW, event.at_us, event.at_us, policy, effects)
    if event.since_us is None:
        # When it stopped is not said: it was seen standing, as the pump's own status would say it.
        return person_evidence(state, EvidenceKind.NO_FLOW, event.at_us, event.at_us, policy, effects)
    since_us = min(event.since_us, event.at_us)
    if state.delivery is DeliveryStatus.DELIVERING and since_us < (state.fold.last_flow_us or 0):
        # The pump said that it delivers while nothing flowed: what it says is no evidence any more.
        state = replace(state, contradicted_at_us=event.at_us)
    return person_evidence(state, EvidenceKind.PERSON_STOP, event.at_us, since_us, policy, effects)


def swapped(state: PumpState, event: Swapped, policy: Policy, effects: list[Effect]) -> PumpState:
    """Return the state with another pump confirmed: the interruption goes on over the swap.

    The new pump's counter starts from nothing; what the old one showed says nothing about it.
    """
    effects.append(PersonActed(what="swap", by=event.by, detail=event.serial))
    state = resolve_code(state, OwnCode.PUMP_CHANGED, event.at_us, effects)
    at_us = event.at_us
    state = replace(state, serial=event.serial, strange_serial=None, boot=None, seq=-1, seq_window=0)
    reading = state.fold.reading
    if reading is None or reading.counter_ul is None:
        return state
    return admit(state, Evidence(EvidenceKind.SWAPPED, at_us, at_us, at_us), policy.therapy)


def acknowledged(state: PumpState, event: Acknowledged, effects: list[Effect]) -> PumpState:
    """Return the state after a person took note; only who is told next depends on it.

    An item that asks a clinician for nothing but to look is done when one has.
    """
    state = acknowledge_alerts(state, event.what, event.by, event.at_us, effects)
    effects.append(RungAcknowledged(what=event.what, by=event.by))
    if event.what in _ITEMS and event.role in (Role.CLINICIAN, Role.ADMIN):
        state = resolve_code(state, event.what, event.at_us, effects)
    return state


def closed(state: PumpState, event: Closed, policy: Policy, effects: list[Effect]) -> PumpState:
    """Return the state with one interruption reviewed and closed by a clinician.

    Where flow has not returned, the clock begins anew at the review: what stays stopped is counted as
    another interruption from there.
    """
    incident = _to_close(state, event.number)
    if incident is None or event.role not in (Role.CLINICIAN, Role.ADMIN) or not event.note.strip():
        effects.append(EvidenceDoubted(why=_why_not_closed(incident, event)))
        return state
    open_now = bounds(state.fold, event.at_us, policy.therapy)
    is_in_fold = incident.phase is Phase.OPEN and open_now is not None
    low = open_now.min_us if is_in_fold and open_now is not None else incident.min_us
    high = open_now.max_us if is_in_fold and open_now is not None else incident.max_us
    effects.append(
        PhaseChanged(
            number=incident.number,
            phase=Phase.CLOSED,
            ended_at_us=event.at_us,
            off_min_us=low,
            off_max_us=high,
            off_class=incident.off_class,
            outcome=event.outcome,
            note=event.note,
            by=event.by,
        )
    )
    remaining = tuple(other for other in state.incidents if other.number != incident.number)
    state = replace(state, incidents=remaining)
    if state.course is not None:
        state = replace(state, course=with_off(state.course, incident.opened_at_us, low, high))
    state = _without_group(state, incident, event.at_us)
    if event.outcome is Outcome.NEW_CYCLE:
        state = _course_closed(state, policy, event.at_us, effects)
    latched = {alert.number for alert in state.alerts if alert.interruption == incident.number}
    return resolve_alerts(state, latched, event.at_us, effects)


def _course_closed(state: PumpState, policy: Policy, at_us: int, effects: list[Effect]) -> PumpState:
    """Close the course for a new cycle: where nothing flows it is complete until a new order comes."""
    if state.completed_at_us is not None:
        return state
    if is_stopped(state.fold, at_us, policy.therapy) or not state.evidence:
        return complete_for_good(state, policy, at_us, effects)
    return begun(state, at_us, is_dated=True)


def _to_close(state: PumpState, number: int | None) -> Incident | None:
    for incident in state.incidents:
        if number is not None and incident.number == number:
            return incident
        if number is None and incident.phase in (Phase.OPEN, Phase.AWAITING_REVIEW):
            return incident
    return None


def _why_not_closed(incident: Incident | None, event: Closed) -> str:
    if incident is None:
        return "there is no such interruption to close"
    if not event.note.strip():
        return "a close needs a note"
    return f"a close needs a clinician, not {event.role}"


def _without_group(state: PumpState, incident: Incident, at_us: int) -> PumpState:
    """Take what was reviewed out of the clock, so that no evidence brings it back."""
    fold = state.fold
    if incident.phase is not Phase.OPEN:
        if incident.flow_us is None:
            return state
        done = tuple(group for group in fold.done if group.flow_us > incident.flow_us)
        kept = tuple(piece for piece in state.evidence if piece.at_us >= incident.flow_us)
        if len(kept) == len(state.evidence) or fold.done == ():
            earlier = tuple(group for group in state.base.done if group.flow_us > incident.flow_us)
            return replace(state, fold=replace(fold, done=done), base=replace(state.base, done=earlier))
        base = Fold(
            flow_from_us=incident.flow_us,
            last_flow_us=incident.flow_us,
            checked_us=fold.checked_us,
            off_patient=fold.off_patient,
        )
        return replace(state, fold=replace(fold, done=done), base=base, evidence=kept)
    if fold.stop is None and fold.flow_from_us is not None:
        begun = replace(fold, group=None, done=())
        base = replace(begun, last_flow_us=fold.flow_from_us, reading=None)
        tail = state.evidence[-1:] if state.evidence else ()
        return replace(state, fold=begun, base=base, evidence=tail)
    begun = Fold(at_us, at_us, reading=fold.reading, reckoned_at_us=at_us, off_patient=fold.off_patient)
    if is_off_now(fold.off_patient):
        state = replace(state, contradicted_at_us=state.contradicted_at_us or at_us)
    return replace(state, fold=begun, base=begun, evidence=())
