"""The planned course: when therapy begins, is free, goes on and is complete, and which order is in force when.

No interruption is counted before the therapy's start, after its planned end, or in a free interval. Steps of
the plan are taken one after the other, however late anybody looks; each takes effect at its own instant.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

from monitor.interruption import orders
from monitor.interruption.alarms import OwnCode
from monitor.interruption.alerts import raise_alert
from monitor.interruption.course import begun, course_from, with_off
from monitor.interruption.effects import Effect, PlanChanged
from monitor.interruption.events import Order
from monitor.interruption.free_time import Stretch, free_until_us, next_free
from monitor.interruption.offtime import Fold, known_until_us
from monitor.interruption.past import closed, closed_earlier, past_of, then
from monitor.interruption.policy import Policy
from monitor.interruption.state import PumpState

replace = msgspec.structs.replace

STEPS_MAX = 10_000
"""More steps of a plan between two looks at it than years of a daily schedule have."""


class PlanStep(IntEnum):
    """What comes next by plan; of several at one instant the lower one comes first."""

    ORDER = 1
    """An order that was given before takes effect."""
    START = 2
    """Therapy is to begin."""
    EXPECTED = 3
    """A free interval is over: flow is expected again."""
    END = 4
    """Therapy is complete."""
    FREE = 5
    """A free interval begins."""


def follow_plan(state: PumpState, policy: Policy, now_us: int, effects: list[Effect]) -> PumpState:
    """Return the state with every step of the plan taken that has come.

    A state that was stored under another schedule looks at the new one from its next change on.
    """
    if state.plan_due_us is not None and now_us < state.plan_due_us:
        return state
    return _stepped(state, policy, now_us, effects)


def _stepped(state: PumpState, policy: Policy, now_us: int, effects: list[Effect]) -> PumpState:
    for _ in range(STEPS_MAX):
        found = next_step(state, policy)
        if found is None or found[0] > now_us:
            break
        state = _taken(state, policy, found[0], found[1], effects)
    return state


def accept_order(
    state: PumpState, order: Order, by: str, policy: Policy, at_us: int, effects: list[Effect]
) -> PumpState:
    """Return the state after a new order was given, with every step of its plan taken that has come."""
    state = orders.ordered(state, order, by, policy, at_us, effects)
    return _stepped(state, policy, at_us, effects)


def next_step(state: PumpState, policy: Policy) -> tuple[int, PlanStep] | None:
    """Return when the next step of the plan comes, and which, or None."""
    due: list[tuple[int, PlanStep]] = []
    order, later, fold = state.order, state.next_order, state.fold
    if later is not None and later.starts_at_us is not None:
        due.append((later.starts_at_us, PlanStep.ORDER))
    pause_ends_us = _pause_ends_us(state)
    if pause_ends_us is not None:
        due.append((pause_ends_us, PlanStep.EXPECTED))
    is_under_way = state.completed_at_us is None or pause_ends_us is not None
    if order is not None and order.ends_at_us is not None and is_under_way:
        # An order may be given after its own end: what was seen until then has been counted.
        due.append((max(order.ends_at_us, known_until_us(fold)), PlanStep.END))
    if state.completed_at_us is None:
        if fold.last_flow_us is None:
            if order is not None and order.starts_at_us is not None:
                due.append((order.starts_at_us, PlanStep.START))
        else:
            known_us = _known_us(state)
            free = next_free(policy.therapy, order, known_us)
            if free is not None:
                due.append((max(free[0], known_us), PlanStep.FREE))
    return min(due, default=None)


def _taken(state: PumpState, policy: Policy, at_us: int, step: PlanStep, effects: list[Effect]) -> PumpState:
    match step:
        case PlanStep.ORDER:
            return orders.take_effect(state, policy, at_us, effects)
        case PlanStep.START:
            return _awaited(begun(state, at_us), at_us)
        case PlanStep.EXPECTED:
            return expected_again(state, policy, at_us, effects)
        case PlanStep.END:
            return complete_for_good(state, policy, at_us, effects)
        case PlanStep.FREE:
            until_us = free_until_us(policy.therapy, state.order, at_us) or at_us
            return _paused(state, policy, (at_us, until_us), effects)


def is_free(state: PumpState) -> bool:
    """Return whether the course is in a free interval."""
    return _pause_ends_us(state) is not None


def _pause_ends_us(state: PumpState) -> int | None:
    return None if state.completed_at_us is None or state.course is None else state.course.free_until_us


def _known_us(state: PumpState) -> int:
    """Return from when on a free interval may begin: not before what was seen, nor before the order spoke of it."""
    known_us = known_until_us(state.fold)
    return known_us if state.course is None else max(known_us, state.course.counted_us)


def _awaited(state: PumpState, at_us: int) -> PumpState:
    """Let the clock begin at an instant at which flow was to begin by plan, whether or not it did."""
    before = state.fold
    fold = Fold(
        flow_from_us=at_us,
        last_flow_us=at_us,
        reckoned_at_us=at_us,
        done=before.done,
        off_patient=before.off_patient,
    )
    return replace(state, fold=fold, base=fold, evidence=(), completed_at_us=None)


def expected_again(state: PumpState, policy: Policy, at_us: int, effects: list[Effect]) -> PumpState:
    """Return the state with flow expected from ``at_us`` on, after a free interval, unless it is free still."""
    course = state.course
    if course is None:
        return state
    still_us = free_until_us(policy.therapy, state.order, at_us)
    if still_us is not None:
        return replace(state, course=replace(course, free_until_us=still_us))
    effects.append(PlanChanged(order=state.order, is_complete=False, what="flow-expected"))
    state = replace(state, course=replace(course, free_until_us=None, expected_us=at_us))
    return _awaited(state, at_us)


def _paused(state: PumpState, policy: Policy, free: Stretch, effects: list[Effect]) -> PumpState:
    """Return the state with a free interval begun: no stop counts beyond it."""
    begins_us, ends_us = free
    effects.append(PlanChanged(order=state.order, is_complete=False, what="free-interval"))
    state = closed(state, begins_us, policy.therapy)
    course = state.course or course_from(state.order, begins_us)
    return replace(state, course=replace(course, free_until_us=ends_us))


def complete_for_good(state: PumpState, policy: Policy, at_us: int, effects: list[Effect]) -> PumpState:
    """Return the state with the therapy complete at ``at_us``: no stop counts beyond it."""
    effects.append(PlanChanged(order=state.order, is_complete=True, what="complete"))
    if is_free(state) and state.course is not None:
        return replace(state, course=replace(state.course, free_until_us=None))
    if state.course is not None:
        # The line is taken down now, and must not be flushed: somebody has to be told.
        state = raise_alert(state, OwnCode.COURSE_COMPLETE, at_us, effects)
    return closed(state, at_us, policy.therapy)


def complete(state: PumpState, policy: Policy, at_us: int, effects: list[Effect]) -> PumpState:
    """Return the state with the therapy complete, or its free interval begun, by an empty reservoir at ``at_us``.

    Heard after the plan closed the course, it dates that end; the plan's own steps stay taken.
    """
    past = past_of(state, at_us)
    if state.completed_at_us is not None and past is None and not is_free(state):
        return state
    if not _is_by_order(state, policy, at_us):
        free = next_free(policy.therapy, state.order, _known_us(state) if past is None else at_us)
        if free is not None:
            return _emptied(state, policy, at_us, free, effects)
    if past is not None:
        return closed_earlier(state, at_us, policy.therapy)
    return complete_for_good(state, policy, at_us, effects)


def _is_by_order(state: PumpState, policy: Policy, at_us: int) -> bool:
    ends_us = None if state.order is None else state.order.ends_at_us
    return ends_us is not None and abs(ends_us - at_us) <= policy.therapy.completion_us


def _emptied(state: PumpState, policy: Policy, at_us: int, free: Stretch, effects: list[Effect]) -> PumpState:
    """Return the state with a free interval that began early: what was to flow until then is no interruption."""
    past = past_of(state, at_us)
    if past is None:
        state, short_us = _paused(state, policy, (at_us, free[1]), effects), free[0] - at_us
    else:
        state, short_us = closed_earlier(state, at_us, policy.therapy), min(free[0], past.closed_us) - at_us
    course = state.course
    short_us = max(0, short_us)
    return state if course is None else replace(state, course=with_off(course, at_us, short_us, short_us))


def is_completion(state: PumpState, policy: Policy, about_us: int) -> bool:
    """Return whether an empty reservoir at ``about_us`` is a planned end or pause and not an early one."""
    state = then(state, about_us) or state
    if state.fold.stop is not None:
        return False
    if _is_by_order(state, policy, about_us):
        return True
    free = None if state.fold.last_flow_us is None else next_free(policy.therapy, state.order, _known_us(state))
    return free is not None and abs(free[0] - about_us) <= policy.therapy.completion_us


def is_in_course(state: PumpState, about_us: int) -> bool:
    """Return whether evidence about this instant belongs to the therapy under watch.

    What is about a free interval that is over is older than the clock's beginning after it.
    """
    if state.completed_at_us is not None:
        return False
    order = state.order
    if order is None:
        return True
    if order.starts_at_us is not None and about_us < order.starts_at_us and state.fold.last_flow_us is None:
        return False
    return order.ends_at_us is None or about_us <= order.ends_at_us
