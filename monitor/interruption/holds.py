"""A clinician's hold: what ends it, what is an alert under it, what its length means, what is due after it.

Pure. A hold stops the fault rungs and nothing else: clock and class go on. It ends by a person's word, by flow
after a new order, or by running out; only after the first two is a restart a supervised one.
"""

from __future__ import annotations

import msgspec

from monitor.interruption.alarms import OwnCode
from monitor.interruption.alerts import raise_alert, resolve_code
from monitor.interruption.effects import Effect, PersonActed
from monitor.interruption.events import HoldChanged
from monitor.interruption.free_time import DAY_US
from monitor.interruption.offtime import Fold, is_silent
from monitor.interruption.policy import HOUR_US, MINUTE_US, Policy, Therapy, hold_days, hold_text
from monitor.interruption.state import Hold, PumpState

STOP_GRACE_US = 2 * MINUTE_US
"""A pump that runs when a hold begins is not "running during hold" before somebody can have stopped it."""

RESTART_WITHIN_US = 2 * HOUR_US
"""Flow that returns within this time after a person ended the hold was ordered by that person."""

_NEW_CYCLE = "new cycle"
"""A rule that speaks of one needs an order of a clinician; nothing here begins a cycle."""

WORDS_MAX = 200
"""A notice says no more than this of a hold, in characters: what nobody may do must fit behind it."""

COUNTED_DAYS = (3.0, 7.0, 14.0)
"""Lengths after which clinicians are told how long a hold has lasted, whether or not a rule speaks of them."""

REVIEW_US = 7 * DAY_US
"""So long after a restart at a reduced dose the label has it looked at again."""

replace = msgspec.structs.replace


def hold_changed(state: PumpState, event: HoldChanged, policy: Policy, effects: list[Effect]) -> PumpState:
    """Return the state with a clinician's hold begun, put off to another end, or ended.

    A hold that is begun again while it is in force counts its days from its first beginning.
    """
    at_us = event.at_us
    if event.started:
        effects.append(PersonActed(what="hold:start", by=event.by, detail=event.reason))
        state = resolve_code(state, OwnCode.DOSE_REVIEW, at_us, effects)
        hold = Hold(reason=event.reason, by=event.by, at_us=at_us, until_us=event.until_us)
        before = state.hold
        if before is not None and before.ended_at_us is None:
            told_us = before.told_us if before.reason == hold.reason else 0
            hold = replace(hold, at_us=before.at_us, told_us=told_us)
        return replace(state, hold=hold, last_hold=None)
    effects.append(PersonActed(what="hold:end", by=event.by, detail=event.reason))
    hold_now = state.hold
    if hold_now is None:
        return state
    ended = replace(hold_now, ended_at_us=at_us)
    if is_restart_ordered(hold_now, at_us) and is_stopped(state.fold, at_us, policy.therapy):
        # The restart is under way: the ladder waits for as long as for any planned handling.
        return replace(state, hold=replace(ended, until_us=at_us + policy.therapy.maintenance_max_us))
    return _over(state, ended, at_us, effects)


def ordered_under(hold: Hold | None, at_us: int) -> Hold | None:
    """Return the hold with a new order given under it that takes effect at ``at_us``: flow is expected again."""
    return None if hold is None else replace(hold, ordered_at_us=at_us)


def is_restart_ordered(hold: Hold, now_us: int) -> bool:
    """Return whether a new order under the hold is in effect."""
    return hold.ordered_at_us is not None and now_us >= hold.ordered_at_us


def run_out(state: PumpState, now_us: int, effects: list[Effect]) -> PumpState:
    """Return the state without a hold that has run out; the ladder goes on with the clock from the true stop."""
    hold = state.hold
    if hold is None or hold.until_us is None or now_us < hold.until_us:
        return state
    if hold.ended_at_us is not None:
        return _over(state, hold, now_us, effects)
    effects.append(PersonActed(what="hold:expired", by=hold.by, detail=hold.reason))
    return _over(state, None, now_us, effects)


def _over(state: PumpState, ended: Hold | None, now_us: int, effects: list[Effect]) -> PumpState:
    """Return the state with its hold over; what a person ended, if so, may make a restart a supervised one."""
    state = replace(state, hold=None, last_hold=ended)
    state = resolve_code(state, OwnCode.HOLD_RULE, now_us, effects)
    return resolve_code(state, OwnCode.RUNNING_DURING_HOLD, now_us, effects)


def is_supervised(state: PumpState, flow_us: int) -> bool:
    """Return whether flow that returned at ``flow_us`` was ordered: by a new order under the hold, or by its end."""
    hold = state.hold or state.last_hold
    if hold is None:
        return False
    if is_restart_ordered(hold, flow_us):
        last_us = flow_us if hold.ended_at_us is None else hold.ended_at_us + RESTART_WITHIN_US
        return flow_us <= last_us
    return hold.ended_at_us is not None and hold.ended_at_us <= flow_us <= hold.ended_at_us + RESTART_WITHIN_US


def watched(state: PumpState, policy: Policy, now_us: int, effects: list[Effect]) -> PumpState:
    """Return the state with its hold, and the alerts about it, as they should be at ``now_us``."""
    hold = state.hold
    if hold is None:
        return _reviewed(state, policy.therapy, now_us, effects)
    if _is_flowing(state, hold, policy.therapy, now_us):
        if hold.ended_at_us is None and not is_restart_ordered(hold, now_us):
            state = raise_alert(state, OwnCode.RUNNING_DURING_HOLD, now_us, effects)
            return _length_told(state, hold, policy.therapy, now_us, effects)
        if hold.ended_at_us is None:
            effects.append(PersonActed(what="hold:restarted", by=hold.by, detail=hold.reason))
            hold = replace(hold, ended_at_us=now_us)
        return _reviewed(_over(state, hold, now_us, effects), policy.therapy, now_us, effects)
    state = resolve_code(state, OwnCode.RUNNING_DURING_HOLD, now_us, effects)
    return _length_told(state, hold, policy.therapy, now_us, effects)


def _is_flowing(state: PumpState, hold: Hold, therapy: Therapy, now_us: int) -> bool:
    """Return whether flow was confirmed under the hold, and not only before somebody could stop it."""
    fold = state.fold
    if (
        not state.evidence
        or fold.flow_from_us is None
        or fold.last_flow_us is None
        or is_stopped(fold, now_us, therapy)
    ):
        return False
    return fold.flow_from_us > hold.at_us or fold.last_flow_us > hold.at_us + STOP_GRACE_US


def is_stopped(fold: Fold, now_us: int, therapy: Therapy) -> bool:
    """Return whether no flow is confirmed at ``now_us``: a stop is open, or silence counts as one."""
    return fold.stop is not None or is_silent(fold, now_us, therapy)


def lengths_us(therapy: Therapy, reason: str) -> tuple[int, ...]:
    """Return the lengths of a hold of which clinicians are told, smallest first, in microseconds."""
    days = sorted({*COUNTED_DAYS, *hold_days(therapy, reason)})
    # One microsecond more: the rules speak of "more than" so many days.
    return tuple(int(count * DAY_US) + 1 for count in days)


def days_of(hold: Hold, now_us: int) -> float:
    """Return how long a hold has lasted, or lasted in all, in days."""
    end_us = now_us if hold.ended_at_us is None else min(now_us, hold.ended_at_us)
    return max(0, end_us - hold.at_us) / DAY_US


def rule_of(therapy: Therapy, hold: Hold, now_us: int) -> str:
    """Return what the sources say of a hold of this reason and length; for clinicians."""
    return hold_text(therapy, hold.reason, days_of(hold, now_us))


def _length_told(state: PumpState, hold: Hold, therapy: Therapy, now_us: int, effects: list[Effect]) -> PumpState:
    passed = [one for one in lengths_us(therapy, hold.reason) if hold.at_us + one <= now_us]
    if hold.ended_at_us is not None or not passed or passed[-1] <= hold.told_us:
        return state
    state = resolve_code(state, OwnCode.HOLD_RULE, now_us, effects)
    rule = rule_of(therapy, hold, now_us)
    asked = " Order a new course if it is to go on." if _NEW_CYCLE in rule else ""
    words = _shortened(f"{passed[-1] // DAY_US} days are over.{asked} {rule}")
    state = raise_alert(state, OwnCode.HOLD_RULE, now_us, effects, words=words)
    return replace(state, hold=replace(hold, told_us=passed[-1]))


def _shortened(text: str) -> str:
    """Return as many whole sentences as a notice has room for; the feed shows all of them."""
    if len(text) <= WORDS_MAX:
        return text
    end = text[:WORDS_MAX].rfind(". ") + 1
    return text[: end or WORDS_MAX]


def _reviewed(state: PumpState, therapy: Therapy, now_us: int, effects: list[Effect]) -> PumpState:
    """Date the look at the reduced dose from the flow that returned, and ask for it when it is due."""
    hold, fold = state.last_hold, state.fold
    if hold is None or hold.ordered_at_us is None or not hold_days(therapy, hold.reason):
        return state
    if hold.review_at_us is None:
        if fold.flow_from_us is None or fold.flow_from_us < hold.at_us or is_stopped(fold, now_us, therapy):
            return state
        return replace(state, last_hold=replace(hold, review_at_us=fold.flow_from_us + REVIEW_US))
    if now_us < hold.review_at_us:
        return state
    return replace(raise_alert(state, OwnCode.DOSE_REVIEW, now_us, effects), last_hold=None)


def review_at_us(state: PumpState) -> int | None:
    """Return when the dose ordered under the last hold is to be looked at again, if it is; for clinicians."""
    return None if state.last_hold is None else state.last_hold.review_at_us


def due_us(state: PumpState, therapy: Therapy) -> tuple[int, ...]:
    """Return the instants at which time alone changes something about a hold."""
    hold, last = state.hold, state.last_hold
    due: list[int] = []
    if hold is not None:
        if hold.until_us is not None:
            due.append(hold.until_us)
        if hold.ended_at_us is None:
            due.extend(hold.at_us + one for one in lengths_us(therapy, hold.reason) if one > hold.told_us)
    elif last is not None and last.review_at_us is not None:
        due.append(last.review_at_us)
    return tuple(due)
