"""The bag that hangs: when it was hung, when it should be empty, when it must not be used any more.

Pure. A pause moves the instant at which a bag is empty, never the one at which it expires. What a bag holds is
known to the pump's accuracy only, so neither alert speaks of differences smaller than that.
"""

from __future__ import annotations

import msgspec

from drivers.contract import AlarmCode
from monitor.interruption.alarms import OwnCode
from monitor.interruption.alerts import raise_alert, resolve_code
from monitor.interruption.course import bag_of, off_us
from monitor.interruption.effects import Effect
from monitor.interruption.events import Order
from monitor.interruption.holds import is_stopped
from monitor.interruption.policy import HOUR_US, Policy, Therapy
from monitor.interruption.state import Bag, Course, PumpState

WARN_US = 2 * HOUR_US
"""How long before a bag expires people are told that drug will be left in it: time to have another one made."""

SHORTEST_BAG_US = 24 * HOUR_US
"""No bag is made for less: where an order does not say how long one lasts, the last is to last to the planned end."""

TOLERANCE_MAX_US = 5 * HOUR_US
"""However large a bag is, one that is empty this much early is told of."""

replace = msgspec.structs.replace


def hung(state: PumpState, policy: Policy, order: Order | None, at_us: int, effects: list[Effect]) -> PumpState:
    """Return the state with another bag hung at ``at_us``; what was said of the one before is over.

    Args:
        state: Before.
        policy: For the off-time so far.
        order: The order that brings the bag, or None where only the bag is another one.
        at_us: When.
        effects: What is resolved is added.
    """
    course = state.course
    if course is None:
        return state
    in_force = state.order
    if order is not None:
        bag = bag_of(order, at_us)
    else:
        bag = Bag(hung_us=at_us, hours=None if in_force is None else in_force.bag_hours)
    low_us, high_us = off_us(state, policy.therapy, at_us)
    bag = replace(bag, off_min_us=low_us, off_max_us=high_us)
    return _without_alerts(replace(state, course=replace(course, bag=bag)), at_us, effects)


def tolerance_us(therapy: Therapy, bag: Bag) -> int:
    """Return how far the end of a bag may be off without meaning anything."""
    hours = bag.hours or 0.0
    return min(int(therapy.bag_error_fraction * hours * HOUR_US), TOLERANCE_MAX_US)


def expires_at_us(bag: Bag) -> int | None:
    """Return when the bag must not be used any more: by the clock, pauses and all; None if nobody said."""
    if bag.expires_us is not None:
        return bag.expires_us
    return None if bag.hours is None else bag.hung_us + int(bag.hours * HOUR_US)


def empty_at_us(state: PumpState, therapy: Therapy, now_us: int) -> tuple[int, int] | None:
    """Return both bounds of the instant at which the bag is empty if nothing stops any more; None if unknown."""
    bag = None if state.course is None else state.course.bag
    if bag is None or bag.hours is None:
        return None
    low_us, high_us = off_us(state, therapy, now_us)
    planned_us = bag.hung_us + int(bag.hours * HOUR_US)
    return planned_us + low_us - bag.off_min_us, planned_us + high_us - bag.off_max_us


def watched(state: PumpState, policy: Policy, now_us: int, effects: list[Effect]) -> PumpState:
    """Return the state with its bag and the alerts about it as they should be at ``now_us``."""
    course = state.course
    if course is None:
        return state
    if state.completed_at_us is not None:
        return _without_alerts(state, now_us, effects)
    if course.bag is None:
        fold = state.fold
        if fold.stop is None and fold.flow_from_us is not None and state.evidence:
            # An empty bag does not flow: this is another one.
            state = hung(state, policy, None, fold.flow_from_us, effects)
        return state
    if any(alert.code == AlarmCode.RES_EMPTY for alert in state.alerts):
        return _emptied(state, course, course.bag, policy, now_us, effects)
    return _outlived(state, course.bag, policy.therapy, now_us, effects)


def _without_alerts(state: PumpState, now_us: int, effects: list[Effect]) -> PumpState:
    state = resolve_code(state, OwnCode.BAG_EXPIRED, now_us, effects)
    return resolve_code(state, OwnCode.EARLY_EMPTY, now_us, effects)


def _emptied(
    state: PumpState, course: Course, bag: Bag, policy: Policy, now_us: int, effects: list[Effect]
) -> PumpState:
    """Take the empty bag down, and tell one that is empty well before its time."""
    is_early = _is_early(state, bag, policy.therapy, now_us)
    state = resolve_code(state, OwnCode.BAG_EXPIRED, now_us, effects)
    state = replace(state, course=replace(course, bag=None))
    return raise_alert(state, OwnCode.EARLY_EMPTY, now_us, effects) if is_early else state


def _is_early(state: PumpState, bag: Bag, therapy: Therapy, now_us: int) -> bool:
    """Return whether an empty bag is empty well before its time, or so near the planned end that no other was due."""
    found = empty_at_us(state, therapy, now_us)
    if found is not None:
        return now_us < found[0] - tolerance_us(therapy, bag)
    ends_us = None if state.order is None else state.order.ends_at_us
    return ends_us is not None and therapy.completion_us < ends_us - now_us < SHORTEST_BAG_US


def _outlived(state: PumpState, bag: Bag, therapy: Therapy, now_us: int, effects: list[Effect]) -> PumpState:
    """Tell a bag that will not be empty when it expires."""
    expires_us = expires_at_us(bag)
    if expires_us is None or now_us < expires_us - WARN_US:
        return state
    found = empty_at_us(state, therapy, now_us)
    if found is not None:
        error_us = tolerance_us(therapy, bag)
        if found[1] - expires_us <= error_us or now_us > found[1] + error_us:
            # Nothing will be left, or it must have been another bag for long without a word about it.
            return state
    return raise_alert(state, OwnCode.BAG_EXPIRED, now_us, effects)


def due_us(state: PumpState, therapy: Therapy, now_us: int) -> tuple[int, ...]:
    """Return the instants at which time alone may change what is said of the bag.

    While nothing flows, the instant at which the bag is empty moves on with time, until it is too late.
    """
    bag = None if state.course is None else state.course.bag
    if bag is None or state.completed_at_us is not None:
        return ()
    expires_us = expires_at_us(bag)
    if expires_us is None:
        return ()
    warned_us = expires_us - WARN_US
    found = empty_at_us(state, therapy, now_us) if is_stopped(state.fold, now_us, therapy) else None
    if found is None:
        return (warned_us,)
    late_us = expires_us + tolerance_us(therapy, bag) + 1
    at_us = now_us + late_us - found[1]
    then = empty_at_us(state, therapy, at_us)
    # A stop that is not the course's own moves nothing.
    return (warned_us,) if then is None or then[1] < late_us else (warned_us, at_us)
