"""The planned course: when therapy began, when it is complete, which order is in force.

No interruption is counted before the therapy's start, after its planned end, or in a free interval.
"""

from __future__ import annotations

import msgspec

from monitor.interruption.effects import Effect, PlanChanged
from monitor.interruption.events import Order
from monitor.interruption.offtime import Fold, Group, bounds, known_until_us
from monitor.interruption.policy import Policy
from monitor.interruption.state import PumpState

replace = msgspec.structs.replace


def follow_plan(state: PumpState, policy: Policy, now_us: int, effects: list[Effect]) -> PumpState:
    """Return the state with the planned start or end taken into account, if one has come."""
    order = state.order
    if order is None or state.completed_at_us is not None:
        return state
    starts_at_us, ends_at_us = order.starts_at_us, order.ends_at_us
    if state.fold.last_flow_us is None and starts_at_us is not None and now_us >= starts_at_us:
        begun = Fold(flow_from_us=starts_at_us, last_flow_us=starts_at_us)
        state = replace(state, fold=begun, base=begun, evidence=())
    if ends_at_us is not None and now_us >= ends_at_us:
        # An order may be given after its own end: what was seen until then has been counted.
        state = complete(state, policy, max(ends_at_us, known_until_us(state.fold)), effects)
    return state


def complete(state: PumpState, policy: Policy, at_us: int, effects: list[Effect]) -> PumpState:
    """Return the state with the therapy complete at ``at_us``: no stop counts beyond it."""
    open_now = bounds(state.fold, at_us, policy.therapy)
    done = state.fold.done
    if open_now is not None:
        last = Group(
            opened_us=open_now.opened_us,
            flow_us=at_us if open_now.flow_us is None else open_now.flow_us,
            stops=open_now.stops,
            min_us=open_now.min_us,
            max_us=open_now.max_us,
            longest_min_us=open_now.longest_min_us,
        )
        done = (*done, last)
    effects.append(PlanChanged(order=state.order, is_complete=True))
    return replace(state, fold=Fold(done=done), base=Fold(), evidence=(), completed_at_us=at_us)


def is_completion(state: PumpState, policy: Policy, about_us: int) -> bool:
    """Return whether an empty reservoir at ``about_us`` is the planned end and not an early one."""
    if state.order is None or state.order.ends_at_us is None or state.fold.stop is not None:
        return False
    return abs(state.order.ends_at_us - about_us) <= policy.therapy.completion_us


def accept_order(state: PumpState, order: Order, by: str, effects: list[Effect]) -> PumpState:
    """Return the state with a new order in force.

    A new order during a course changes its rate and end; after completion it begins a new course.
    """
    effects.append(PlanChanged(order=order, is_complete=False, by=by))
    if state.completed_at_us is not None:
        fold = Fold(done=state.fold.done)
        return replace(state, order=order, completed_at_us=None, fold=fold, base=Fold(), evidence=())
    return replace(state, order=order)


def is_in_course(state: PumpState, about_us: int) -> bool:
    """Return whether evidence about this instant belongs to the therapy under watch."""
    if state.completed_at_us is not None:
        return False
    order = state.order
    if order is None:
        return True
    if order.starts_at_us is not None and about_us < order.starts_at_us and state.fold.last_flow_us is None:
        return False
    return order.ends_at_us is None or about_us <= order.ends_at_us
