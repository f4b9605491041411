"""Works out when one rung is due: by its rules, by off-times, by the threshold, by its repeats.

Pure. Instants are where the rules put them, whether or not anybody asked at that moment, so that
asking every second and asking only when something is due tell the same rungs at the same instants.
Whether anybody is told at all (flow, hold) is decided in ``ladder``.
"""

from __future__ import annotations

import msgspec

from monitor.escalation.rungs import PlannedDelay, Rung
from monitor.escalation.turns import LadderState, Reason, RungState
from monitor.interruption.offtime import Group, joined
from monitor.interruption.policy import MINUTE_US
from monitor.interruption.shown import InterruptionView

REARM_US = 10 * MINUTE_US
"""An off-time that was told counts anew once evidence has put the worst case this far below it.

Without it a worst case that evidence cut to an hour would grow to three hours again in silence;
with nothing between, two readings that differ by a second would page twice.
"""


_NEVER_US = 1 << 62


class Due(msgspec.Struct, frozen=True, gc=False):
    """One thing that a rung is due for.

    Attributes:
        at_us: Since when.
        reason: By which rule.
        off_max_us: The listed off-time that it is about, else 0.
        undelayed_us: Since when it would be due without a planned mark.
    """

    at_us: int
    reason: Reason
    off_max_us: int = 0
    undelayed_us: int = 0


def dues_of(rung: Rung, memory: LadderState, view: InterruptionView) -> list[Due]:
    """Return everything that a rung is or will be due for and was not told, in no order."""
    state = memory.rung(rung.rung)
    dues = off_time_dues(rung, state, view)
    if state is None:
        first = _first_due(rung, memory, view)
        if first is not None:
            dues.append(first)
    elif not state.told:
        dues.append(Due(state.due_at_us, Reason.REPORTED))
    elif state.repeat_at_us is not None:
        dues.append(Due(max(state.repeat_at_us, state.acknowledged_until_us), Reason.REPEAT))
    return dues


def off_time_dues(rung: Rung, state: RungState | None, view: InterruptionView) -> list[Due]:
    """Return the listed off-times and the threshold that were not told, with when they are or were met."""
    told_us = 0 if state is None else state.off_max_us
    # When the worst case would have been zero, had it grown without a break.
    zero_us = view.at_us - view.off_max_us
    dues: list[Due] = []
    if rung.after_off_max_us and (view.detected_at_us is not None or view.silent_since_us is None):
        earliest_us = 0 if view.detected_at_us is None else view.detected_at_us + rung.not_before_us
        dues += [
            Due(max(zero_us + value_us, earliest_us), Reason.OFF_MAX, value_us)
            for value_us in rung.after_off_max_us
            if value_us > told_us
        ]
    silence = _silence(view) if rung.after_off_max_silence_us else None
    if silence is not None:
        dues += [
            Due(max(zero_us + value_us, view.noticed_at_us), Reason.OFF_MAX, value_us)
            for value_us in rung.after_off_max_silence_us
            if value_us > told_us and zero_us + value_us <= silence[1]
        ]
    if rung.at_threshold and not (state is not None and state.is_threshold_told):
        met_us = view.deadline_at_us if view.threshold_met_at_us is None else view.threshold_met_at_us
        if met_us is not None:
            dues.append(Due(met_us, Reason.THRESHOLD))
    return dues


def reached_at_us(view: InterruptionView, value_us: int) -> int:
    """Return when the upper bound came to an off-time that it has reached, as its stops tell; at the latest, if unsure.

    It grew by one stop after the other, and not while therapy flowed in between.
    """
    group: Group | None = None
    for stop in view.stops:
        group = joined(group, stop)
    if group is None:
        return view.at_us
    before_us, group = max(0, view.off_max_us - group.max_us), None
    for stop in view.stops:
        group = joined(group, stop)
        beyond_us = before_us + group.max_us - value_us
        if beyond_us >= 0:
            # Reached by stops that are kept only as sums: at the latest when the first of these began.
            return max(stop.resume_latest_us - beyond_us, stop.onset_earliest_us)
    return view.at_us


def rearmed(state: RungState, view: InterruptionView) -> RungState:
    """Return the state with off-times untold that new evidence has put far away; the same object if none."""
    off_max_us = state.off_max_us
    if view.off_max_us < off_max_us - REARM_US:
        off_max_us = view.off_max_us
    is_far = view.threshold_met_at_us is None
    if view.deadline_at_us is not None:
        is_far = view.deadline_at_us > view.at_us + REARM_US
    is_threshold_told = state.is_threshold_told and not is_far
    if off_max_us == state.off_max_us and is_threshold_told == state.is_threshold_told:
        return state
    return msgspec.structs.replace(state, off_max_us=off_max_us, is_threshold_told=is_threshold_told)


def _first_due(rung: Rung, memory: LadderState, view: InterruptionView) -> Due | None:
    dues = _rule_dues(rung, view)
    unacknowledged_us = _unacknowledged_us(rung, memory, view)
    if unacknowledged_us is not None:
        dues.append((unacknowledged_us, Reason.UNACKNOWLEDGED))
    if not dues:
        return None
    undelayed_us, reason = dues[0] if len(dues) == 1 else min(dues)
    return Due(max(undelayed_us, _planned_until_us(rung, memory, view)), reason, 0, undelayed_us)


def _rule_dues(rung: Rung, view: InterruptionView) -> list[tuple[int, Reason]]:
    dues = []
    if rung.after_detection_us is not None and view.detected_at_us is not None:
        dues.append((view.detected_at_us + rung.after_detection_us, Reason.DETECTED))
    if rung.high_priority_after_us is not None and view.high_priority_at_us is not None:
        dues.append((view.high_priority_at_us + rung.high_priority_after_us, Reason.HIGH_PRIORITY))
    if rung.after_silence_us is not None:
        silence = _silence(view)
        if silence is not None and silence[0] + rung.after_silence_us <= silence[1]:
            dues.append((max(silence[0] + rung.after_silence_us, view.noticed_at_us), Reason.SILENCE))
    return dues


def _silence(view: InterruptionView) -> tuple[int, int] | None:
    """Return since when and until when silence was all that was known, or None.

    What came due in the very instant in which the pump was heard again is still due.
    """
    if view.detected_at_us is None:
        return None if view.silent_since_us is None else (view.silent_since_us, _NEVER_US)
    if view.noticed_at_us < view.detected_at_us:
        return view.opened_at_us, view.detected_at_us
    return None


def _unacknowledged_us(rung: Rung, memory: LadderState, view: InterruptionView) -> int | None:
    """Return when an earlier rung has gone unacknowledged for too long, or None.

    Only a known stop is urgent in this way; in mere silence the rungs have times of their own. Flow
    that returned and stopped again begins the wait anew, so that a toggling alarm adds no pages.
    """
    rule = rung.after_unacknowledged
    if rule is None or view.detected_at_us is None:
        return None
    earlier = memory.rung(rule.rung)
    if earlier is None or not earlier.told:
        return None
    since_us = max(earlier.due_at_us, earlier.acknowledged_until_us, memory.resumed_at_us, view.detected_at_us)
    return since_us + rule.after_us


def _planned_until_us(rung: Rung, memory: LadderState, view: InterruptionView) -> int:
    if rung.planned_delay is None:
        return 0
    quiet_us, window_us = memory.quiet_until_us, memory.window_until_us
    if view.mark is not None:
        quiet_us, window_us = view.mark.quiet_until_us, view.mark.window_until_us
    return quiet_us if rung.planned_delay is PlannedDelay.QUIET else window_us
