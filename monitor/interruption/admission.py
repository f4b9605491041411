"""Whether what a pump says may count as evidence, and on which clock: that of now or that of before a planned end.

What is outside the course, behind a person's word, or older than anything that can still be amended does
not move the clock; the last of these is told, because it may have been a stop.
"""

from __future__ import annotations

import msgspec

from drivers.contract import LinkChanged, LogCovered, Observation
from monitor.interruption import past
from monitor.interruption.alarms import OwnCode
from monitor.interruption.alerts import raise_alert
from monitor.interruption.classify import coverage_evidence
from monitor.interruption.device_time import device_us_of
from monitor.interruption.downtime import held, is_undated
from monitor.interruption.effects import Effect, EvidenceAdmitted, EvidenceDoubted
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.evidence_log import admit, is_repeat, is_too_old, without_certainty
from monitor.interruption.free_time import free_until_us
from monitor.interruption.offtime import Fold, Group
from monitor.interruption.plan import is_in_course
from monitor.interruption.policy import SECOND_US, Policy, Therapy
from monitor.interruption.state import PumpState

replace = msgspec.structs.replace


def admitted(
    state: PumpState,
    found: Evidence,
    at_us: int,
    policy: Policy,
    effects: list[Effect],
    said: Observation,
    detail: str,
) -> PumpState:
    """Return the state with evidence that belongs to the course, journaled unless it only repeats.

    Args:
        state: Before.
        found: What was said about flow.
        at_us: When it was heard.
        policy: For the therapy's limits.
        effects: What is to be recorded is added.
        said: The observation itself, for the pump's own clock.
        detail: What to call it in the journal.
    """
    device_us = device_us_of(said) if found.unsure_us else None
    if device_us is not None and not isinstance(said, LinkChanged):
        found = replace(found, device_us=device_us - int(said.age_s * SECOND_US))
    if is_undated(state, found.at_us) and is_in_course(state, found.at_us):
        return _undated(state, found, at_us, policy, effects, detail)
    earlier = past.then(state, found.at_us)
    if earlier is None:
        return _weighed(state, found, at_us, policy, effects, detail)
    weighed = _weighed(earlier, found, at_us, policy, effects, detail)
    return past.amended(state, found.at_us, weighed, policy.therapy)


def _undated(
    state: PumpState, found: Evidence, at_us: int, policy: Policy, effects: list[Effect], detail: str
) -> PumpState:
    kept = held(state, found, policy.therapy)
    if kept is None:
        effects.append(EvidenceDoubted(why=f"too much without a date until the clock is synchronised: {detail}"))
        return raise_alert(state, OwnCode.LATE_EVIDENCE, at_us, effects, detail=detail)
    if kept.undated != state.undated:
        detail = f"{detail}, without a date until the clock is synchronised"
        effects.append(EvidenceAdmitted(kind=found.kind.word, about_us=found.at_us, detail=detail))
    return kept


def _weighed(
    state: PumpState, found: Evidence, at_us: int, policy: Policy, effects: list[Effect], detail: str
) -> PumpState:
    if not is_in_course(state, found.at_us):
        return state
    if state.contradicted_at_us is not None and found.at_us >= state.contradicted_at_us:
        if found.kind in (EvidenceKind.FLOW, EvidenceKind.DOUBT):
            return state
        state = replace(state, contradicted_at_us=None)
    if found.at_us < state.enrolled_at_us - policy.therapy.amend_us:
        effects.append(EvidenceDoubted(why=f"long before the pump came under watch: {detail}"))
        return state
    if is_too_old(state, found):
        if free_until_us(policy.therapy, state.order, found.at_us) is not None:
            # Nothing was to flow then.
            return state
        effects.append(EvidenceDoubted(why=f"older than what can still be amended: {detail}"))
        state = raise_alert(state, OwnCode.LATE_EVIDENCE, at_us, effects, detail=detail)
        return without_certainty(state, found)
    if not is_repeat(state, found, policy.therapy):
        effects.append(EvidenceAdmitted(kind=found.kind.word, about_us=found.at_us, detail=detail))
    return admit(state, found, policy.therapy)


def log_covered(state: PumpState, covered: LogCovered, at_us: int, policy: Policy, effects: list[Effect]) -> PumpState:
    """Take in a log without a hole where that excuses silence; in a steady course it says nothing new.

    What it covers on both sides of a planned end counts on both.
    """
    found = coverage_evidence(covered, at_us)
    for closed_us in (one.closed_us for one in state.pasts):
        if found.earliest_us < closed_us < found.at_us:
            before = replace(found, at_us=closed_us, to_us=closed_us)
            state = _covered(state, before, covered, at_us, policy, effects)
    return _covered(state, found, covered, at_us, policy, effects)


def _covered(
    state: PumpState, found: Evidence, covered: LogCovered, at_us: int, policy: Policy, effects: list[Effect]
) -> PumpState:
    if found.at_us - found.earliest_us <= policy.therapy.silence_max_us:
        return state
    earlier = past.then(state, found.at_us)
    fold = state.fold if earlier is None else earlier.fold
    is_news = _is_covering(fold, found, policy.therapy)
    return admitted(state, found, at_us, policy, effects, covered, "log-covered") if is_news else state


def _is_covering(fold: Fold, found: Evidence, therapy: Therapy) -> bool:
    """Return whether a log without a hole may excuse something: silence, an open stop, or silence that ended."""
    if fold.stop is not None or fold.group is not None:
        return True
    if fold.last_flow_us is not None and found.at_us - fold.last_flow_us > therapy.silence_max_us:
        return True
    return any(_has_silence(group, found) for group in fold.done)


def _has_silence(group: Group, covered: Evidence) -> bool:
    return any(one.is_silence and covered.earliest_us <= one.onset_earliest_us <= covered.at_us for one in group.listed)
