"""The invariants of the clock, each a function that says what is wrong between two moments of a pump.

They read what the production core shows (views, incidents, effects) and the imagined truth, and know
nothing of how the core comes to it. The names are those of the hazard analysis.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from monitor.interruption.alarms import OwnCode
from monitor.interruption.policy import Policy
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import OffClass, Phase, PumpState
from monitor.interruption.view import views
from tests.proof.pump_world import Nature
from tests.proof.truth import Says, Truth, lacked, missed, overlap_us, stood_us

NARROWING = frozenset({Nature.FLOW, Nature.READING, Nature.CLOSE})
"""What may lower a worst case: flow evidence, dated words, readings of the counter, a review."""


class Broken(AssertionError):  # noqa: N818 - it is the invariant that is broken, not the program
    """An invariant does not hold; ``invariant`` is its name."""

    def __init__(self, invariant: str, why: str) -> None:
        super().__init__(f"{invariant}: {why}")
        self.invariant = invariant


class Moment(NamedTuple):
    """What the monitor holds and shows at one instant, beside the truth."""

    state: PumpState
    truth: Truth
    now_us: int
    shown: list[InterruptionView]

    def numbered(self, number: int) -> InterruptionView | None:
        """Return the interruption of this number."""
        return next((view for view in self.shown if view.number == number), None)


def moment(state: PumpState, truth: Truth, policy: Policy, now_us: int) -> Moment:
    """Return what is shown at ``now_us``."""
    return Moment(state, truth, now_us, views(state, policy, now_us))


def _minutes(length_us: int) -> str:
    return f"{length_us / 60_000_000:g} min"


def check_soundness(at: Moment, policy: Policy, *, forgets_us: int) -> None:
    """I-1: every interruption's bounds hold the truth, and no stop lies outside all of them.

    Args:
        at: The moment.
        policy: The true limits.
        forgets_us: Stops that ended before this may have been forgotten.
    """
    silence_us = policy.therapy.silence_max_us
    # Nobody knows for how long the monitor was dead: the worst case is then without end, and not a number.
    owed = [] if at.state.undated is not None else missed(at.truth, at.now_us, silence_us)
    slow = [] if at.state.undated is not None else lacked(at.truth, at.now_us)
    windows = [(view, *widened(at, view.opened_at_us, end_us)) for view, end_us in _windows(at)]
    for view, start_us, end_us in windows:
        if not 0 <= view.off_min_us <= view.off_max_us:
            raise Broken("I-1", f"bounds {_minutes(view.off_min_us)} to {_minutes(view.off_max_us)}")
        truly_us = overlap_us(owed, start_us, end_us)
        truly_us += sum(int(lacks * overlap_us([(first, last)], start_us, end_us)) for first, last, lacks in slow)
        if view.off_max_us < truly_us:
            raise Broken("I-1", f"off_max {_minutes(view.off_max_us)}, truly {_minutes(truly_us)}")
        stood = stood_us(at.truth, *_room(windows, min(start_us, view.opened_at_us), end_us, at.now_us))
        if view.off_min_us > stood:
            raise Broken("I-1", f"off_min {_minutes(view.off_min_us)}, truly at most {_minutes(stood)}")
    parted = _merged([(first, last) for _, first, last in windows])
    for start_us, end_us, lacks in slow:
        held_us = sum(view.off_max_us for view, first, last in windows if first <= end_us and start_us <= last)
        if held_us < int(lacks * (end_us - start_us)) and end_us > forgets_us:
            raise Broken("I-1", f"{_minutes(held_us)} held of slow flow in {_minutes(end_us - start_us)}")
    for start_us, end_us in owed:
        covered = sum(overlap_us([(start_us, end_us)], first, last) for first, last in parted)
        if covered >= end_us - start_us or end_us <= forgets_us:
            continue
        if at.now_us - _last_sign_of_flow(at.truth) <= silence_us:
            continue  # Silence that has not lasted long enough yet.
        raise Broken("I-1", f"no interruption holds a stop of {_minutes(end_us - start_us - covered)}")


def _windows(at: Moment) -> Iterator[tuple[InterruptionView, int]]:
    ends = {incident.number: incident.flow_us for incident in at.state.incidents}
    for view in at.shown:
        flow_us = ends[view.number]
        if view.is_max_running:
            yield view, at.now_us
        elif view.merged_stops and flow_us is not None:
            yield view, flow_us


def widened(at: Moment, from_us: int, to_us: int) -> tuple[int, int]:
    """Return a window out to the words of flow around it: a counter tells how long, and not where in between."""
    words = at.truth.words
    first = bisect_left(words, (from_us + 1,)) - 1
    while first >= 0 and not words[first].is_flow:
        first -= 1
    last = bisect_left(words, (to_us,))
    while last < len(words) and not words[last].is_flow:
        last += 1
    first_us = words[first].at_us if first >= 0 else from_us
    last_us = at.now_us if to_us == at.now_us else to_us
    return max(first_us, at.truth.settled_us), words[last].at_us if last < len(words) else last_us


def _room(windows: list[tuple[InterruptionView, int, int]], from_us: int, to_us: int, now_us: int) -> tuple[int, int]:
    """Return how far a stop may truly lie from where its interruption is shown: up to its neighbours."""
    before = [end for _, _, end in windows if end <= from_us]
    after = [start for _, start, _ in windows if start >= to_us]
    return max(before, default=0), min(after, default=now_us)


def _merged(windows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    parted: list[tuple[int, int]] = []
    for start, end in sorted(windows):
        if parted and start <= parted[-1][1]:
            parted[-1] = (parted[-1][0], max(parted[-1][1], end))
        else:
            parted.append((start, end))
    return parted


def _last_sign_of_flow(truth: Truth) -> int:
    """Return when flow was last said to be, or 0 if something that denies it was said since."""
    last = truth.words[-1] if truth.words else None
    return max(last.at_us if last is not None and last.is_flow else 0, truth.settled_us)


def class_of(low_us: int, high_us: int, policy: Policy) -> OffClass:
    """Return the class as the design words it, from the bounds alone: the threshold is inclusive."""
    limit_us = policy.therapy.thresholds[0].off_time_us
    if low_us >= limit_us:
        return OffClass.REACHED
    return OffClass.POSSIBLE if high_us >= limit_us else OffClass.BELOW


def check_class(at: Moment, policy: Policy) -> None:
    """The class follows from the bounds; a sum of several stops may be called possible at most."""
    for view in at.shown:
        due = class_of(view.off_min_us, view.off_max_us, policy)
        if due is OffClass.REACHED and view.merged_stops > 1 and view.off_class is OffClass.POSSIBLE:
            continue
        if view.off_class is not due:
            raise Broken("I-9", f"class {view.off_class} at {_minutes(view.off_min_us)}, {_minutes(view.off_max_us)}")


def check_growth(before: Moment, after: Moment, nature: Nature) -> None:
    """I-3: without flow evidence the worst case grows at rate exactly 1, and nothing else lowers it."""
    if nature in NARROWING:
        return
    if nature is Nature.RESTART_UNKNOWN:
        if max((view.off_max_us for view in before.shown), default=0) > max(
            (view.off_max_us for view in after.shown), default=0
        ):
            raise Broken("I-5", "the worst case fell by a downtime of unknown length")
        return
    passed_us = after.now_us - before.now_us
    for old in before.shown:
        if old.phase is not Phase.OPEN:
            continue
        new = after.numbered(old.number)
        # Of silences between which a person saw it run the longest counts: the present one may be shorter yet.
        is_growing = old.is_max_running and not _is_vouched(before.truth, old.opened_at_us)
        if new is None or new.off_max_us < old.off_max_us + (passed_us if is_growing else 0):
            raise Broken("I-3", f"the worst case fell from {_minutes(old.off_max_us)} by {nature.value}")
        if nature is not Nature.TIME or not is_growing:
            continue
        if new.off_max_us != old.off_max_us + passed_us or new.off_min_us != old.off_min_us:
            raise Broken("I-3", f"in {_minutes(passed_us)} the worst case grew to {_minutes(new.off_max_us)}")


def _is_vouched(truth: Truth, since_us: int) -> bool:
    return any(word.says is Says.SEEN and word.at_us >= since_us for word in truth.words)


def check_latch(before: Moment, after: Moment, nature: Nature) -> None:
    """I-6: what came to the threshold waits for a clinician, and flow that returns then is an alarm.

    Where late evidence makes one interruption of two, what waited waits in the other one.
    """
    for old in before.shown:
        if old.off_class is OffClass.BELOW and old.phase is not Phase.AWAITING_REVIEW:
            continue
        new = after.numbered(old.number)
        if new is None or new.phase not in (Phase.OPEN, Phase.AWAITING_REVIEW):
            new = _holding(after, old)
        if new is None:
            if nature is Nature.CLOSE:
                continue
            raise Broken("I-6", f"an interruption of class {old.off_class} went away")
        if after.state.hold is not None or after.state.last_hold is not None:
            continue  # A restart after a clinician's hold is a supervised one.
        restarted = old.is_max_running and not new.is_max_running and new.off_class is not OffClass.BELOW
        if restarted and not _has_alert(after, OwnCode.UNSUPERVISED_RESTART):
            raise Broken("I-6", "flow returned after the threshold and nobody is alarmed")


def _holding(at: Moment, old: InterruptionView) -> InterruptionView | None:
    """Return the interruption that waits for a clinician and has taken in one that was shown before."""
    latched = {incident.number for incident in at.state.incidents if incident.was_critical}
    for view, end_us in _windows(at):
        is_waiting = view.phase in (Phase.OPEN, Phase.AWAITING_REVIEW) and view.number in latched
        if is_waiting and view.opened_at_us <= old.opened_at_us <= end_us:
            return view
    return None


def check_sustained(before: Moment, after: Moment, policy: Policy, nature: Nature) -> None:
    """I-7: an interruption ends only after flow has lasted, and the next one lies that far behind it.

    A downtime of unknown length reaches back as far as the threshold does, over whatever was there.
    """
    merge_us = policy.therapy.merge_run_us
    incidents = sorted(after.state.incidents, key=lambda incident: incident.opened_at_us)
    owed = missed(after.truth, after.now_us, policy.therapy.silence_max_us)
    for incident in incidents:
        if incident.phase is not Phase.ENDED or not incident.stops or incident.flow_us is None:
            continue
        old = before.numbered(incident.number)
        if old is not None and old.phase is Phase.ENDED:
            continue
        if after.now_us - incident.flow_us < merge_us or overlap_us(
            owed, incident.flow_us, min(incident.flow_us + merge_us, after.now_us)
        ):
            raise Broken("I-7", "an interruption ended and flow had not lasted")
    if nature in (Nature.CLOSE, Nature.RESTART_UNKNOWN):
        return
    for first, second in pairwise(incidents):
        if not first.stops or first.flow_us is None or second.opened_at_us < after.truth.settled_us + 1:
            continue
        was_there = before.numbered(second.number) is not None
        if second.stops and not was_there and 0 <= second.opened_at_us - first.flow_us < merge_us:
            raise Broken("I-7", f"a stop {_minutes(second.opened_at_us - first.flow_us)} later is another interruption")


def check_level(before: Moment, after: Moment, nature: Nature) -> None:
    """I-10: within an interruption the class never falls without evidence that is named."""
    if nature in NARROWING:
        return
    order = [OffClass.BELOW, OffClass.POSSIBLE, OffClass.REACHED]
    for old in before.shown:
        new = after.numbered(old.number)
        if new is not None and order.index(new.off_class) < order.index(old.off_class):
            raise Broken("I-10", f"the class fell from {old.off_class} to {new.off_class} by {nature.value}")


def check_ignorance(before: Moment, after: Moment, nature: Nature, *, forgets_us: int) -> None:
    """I-11: what says nothing of flow never moves anything towards flowing; what ended before ``forgets_us`` may go."""
    if nature in (Nature.FLOW, Nature.CLOSE):
        return
    if nature is Nature.RESTART_UNKNOWN:
        # What stands for a time that nobody knows may take the place of what was open, and is worse.
        return
    for old in before.shown:
        new = after.numbered(old.number)
        if new is None and old.ended_at_us is not None and old.ended_at_us < forgets_us:
            continue
        if new is None or (old.is_max_running and not new.is_max_running):
            raise Broken("I-11", f"an interruption moved towards flowing by {nature.value}")
        if old.phase is Phase.OPEN and new.phase is Phase.ENDED:
            raise Broken("I-11", f"an interruption ended by {nature.value}")


def check_restart(after: Moment, nature: Nature) -> None:
    """I-5: after a downtime of unknown length everything is critical at once, if therapy had begun."""
    if nature is not Nature.RESTART_UNKNOWN or not any(word.is_flow for word in after.truth.words):
        return
    if not any(view.is_max_running and view.off_class is not OffClass.BELOW for view in after.shown):
        raise Broken("I-5", "nobody knows how long the monitor was down, and nothing is critical")


def _has_alert(at: Moment, code: str) -> bool:
    return any(alert.code == code for alert in at.state.alerts)
