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
from monitor.interruption.alerts import acknowledge_alerts, raise_alert, resolve_code
from monitor.interruption.effects import (
    Effect,
    PersonActed,
    RungAcknowledged,
)
from monitor.interruption.events import (
    Acknowledged,
    Marked,
    MarkKind,
    Reported,
    Role,
    Swapped,
)
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.evidence_log import admit
from monitor.interruption.policy import Policy
from monitor.interruption.state import Mark, PumpState
from monitor.interruption.taking_off import disconnected, person_evidence, reconnected, seen_flowing

replace = msgspec.structs.replace

REPORT_RUNNING = "report:running"
REPORT_STOPPED = "report:stopped"
"""What the journal says of a person's report."""

_BOLUS = re.compile(r"flush|bolus|prim(?:e|ing)|purg|push", re.IGNORECASE)

_ITEMS = (
    OwnCode.BOLUS_RISK,
    OwnCode.COURSE_COMPLETE,
    OwnCode.DOSE_REVIEW,
    OwnCode.HOLD_RULE,
    OwnCode.LATE_EVIDENCE,
)

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
