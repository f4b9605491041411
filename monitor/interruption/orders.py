"""Puts orders in force: at once, or at their own start where a course is under way.

Pure. What an order does not say of drug, patient and course it takes from the one before it; rate, bag, start and
end are its own. A new order under a clinician's hold is what a restart is expected by.
"""

from __future__ import annotations

import msgspec

from monitor.interruption import bags, holds
from monitor.interruption.alarms import OwnCode
from monitor.interruption.alerts import resolve_code
from monitor.interruption.course import begun, with_free_counted
from monitor.interruption.effects import Effect, PlanChanged
from monitor.interruption.events import Order
from monitor.interruption.free_time import free_until_us
from monitor.interruption.offtime import Fold
from monitor.interruption.order_check import order_judged
from monitor.interruption.policy import Policy
from monitor.interruption.state import Course, PumpState

replace = msgspec.structs.replace

CONFIGURATION = "configuration"
"""Who gives the orders of the configuration file."""

_OF_THE_PATIENT = ("drug", "indication", "age_group")
_OF_THE_COURSE = ("cycle", "infusion_days", "free")


def ordered(state: PumpState, order: Order, by: str, policy: Policy, at_us: int, effects: list[Effect]) -> PumpState:
    """Return the state after a new order was given at ``at_us``.

    While a course is under way, or is complete, an order with a later start waits for it; until then the
    order before it is in force. Without a course it says when one is to begin.
    """
    # A configuration file that was changed is no clinician's word on a hold.
    hold = None if by == CONFIGURATION else state.hold
    is_under_way = state.fold.last_flow_us is not None or state.completed_at_us is not None
    if is_under_way and order.starts_at_us is not None and order.starts_at_us > at_us:
        effects.append(PlanChanged(order=order, is_complete=False, by=by, what="order-planned"))
        return replace(state, next_order=order, hold=holds.ordered_under(hold, order.starts_at_us) or state.hold)
    effects.append(PlanChanged(order=order, is_complete=False, by=by, what="order"))
    if hold is not None:
        # What was planned before the hold is not what is wanted after it.
        state = replace(state, hold=holds.ordered_under(hold, at_us), next_order=None)
    return _in_force(state, order, policy, at_us, effects)


def take_effect(state: PumpState, policy: Policy, at_us: int, effects: list[Effect]) -> PumpState:
    """Return the state with the order that waited for ``at_us`` in force."""
    order = state.next_order
    if order is None:
        return state
    effects.append(PlanChanged(order=order, is_complete=False, what="order-begins"))
    return _in_force(replace(state, next_order=None), order, policy, at_us, effects)


def _in_force(state: PumpState, order: Order, policy: Policy, at_us: int, effects: list[Effect]) -> PumpState:
    before, course = state.order, state.course
    is_new = is_new_course(state, order)
    order = _completed(order, before, is_same_course=not is_new)
    if is_new:
        state = resolve_code(_another_course(state, at_us), OwnCode.COURSE_COMPLETE, at_us, effects)
    elif course is not None:
        state = replace(state, course=_with_free_of(course, state.completed_at_us, before, order, policy, at_us))
    state = replace(state, order=order)
    if _is_bag_new(order, before):
        state = bags.hung(state, policy, order, at_us, effects)
    return order_judged(state, policy, at_us, effects)


def _with_free_of(
    course: Course, free_from_us: int | None, before: Order | None, order: Order, policy: Policy, at_us: int
) -> Course:
    """Return the course with the free time of the order before it counted, and the new order's to come.

    Args:
        course: As it was.
        free_from_us: Since when it is in a free interval; None if it is in none.
        before: The order that was in force.
        order: The one that is from now on.
        policy: For the therapy's daily schedule.
        at_us: Now.
    """
    if free_from_us is None:
        return with_free_counted(course, policy.therapy, before, at_us)
    if order.free == (None if before is None else before.free):
        # A free interval that goes on is the new order's to count.
        return with_free_counted(course, policy.therapy, before, free_from_us)
    # Until when it is free is the new order's to say; where it says nothing of now, flow is expected from here on.
    free_until = free_until_us(policy.therapy, order, at_us)
    course = with_free_counted(course, policy.therapy, before, at_us)
    return replace(course, free_until_us=at_us if free_until is None else free_until)


def is_new_course(state: PumpState, order: Order) -> bool:
    """Return whether an order begins another course: after the end of one, or with another cycle."""
    is_free = state.course is not None and state.course.free_until_us is not None
    if state.completed_at_us is not None and not is_free:
        return True
    cycle = None if state.order is None else state.order.cycle
    return order.cycle is not None and cycle is not None and order.cycle != cycle


def _another_course(state: PumpState, at_us: int) -> PumpState:
    """Close the course: its counters are done; what stands or flows now is the next one's."""
    if state.completed_at_us is None:
        is_under_way = state.fold.last_flow_us is not None
        return begun(state, at_us, is_dated=True) if is_under_way else replace(state, course=None)
    fold = Fold(done=state.fold.done, off_patient=state.fold.off_patient)
    return replace(state, completed_at_us=None, fold=fold, base=fold, evidence=(), course=None)


def _completed(order: Order, before: Order | None, *, is_same_course: bool) -> Order:
    """Return the order with what it leaves open taken from the one before it."""
    if before is None:
        return order
    names = (*_OF_THE_PATIENT, *_OF_THE_COURSE) if is_same_course else _OF_THE_PATIENT
    kept = {name: getattr(before, name) for name in names if getattr(order, name) is None}
    return replace(order, **kept)


def _is_bag_new(order: Order, before: Order | None) -> bool:
    """Return whether an order brings another bag: it speaks of one, and it is not the one that hangs."""
    if order.bag_hours is None and order.bag_expires_at_us is None:
        return False
    if before is None:
        return True
    bag = (order.bag_hours, order.bag_expires_at_us, order.rate_ml_per_h)
    return bag != (before.bag_hours, before.bag_expires_at_us, before.rate_ml_per_h)
