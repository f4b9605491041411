"""Counts a course: infused time as a pair, calendar day, what remains, and both ends of it.

Pure. Infused time is the wall time of the course less its free time and off-time; the off-time that is no
longer kept with an interruption is summed in two integers. Calendar days run on through every pause. No
end is moved here: what was ordered and what the pauses make of it stand beside each other.
"""

from __future__ import annotations

import msgspec

from monitor.interruption.events import Order
from monitor.interruption.free_time import DAY_US, free_us
from monitor.interruption.offtime import Bounds, bounds, group_bounds
from monitor.interruption.policy import Policy, Therapy
from monitor.interruption.state import Bag, Course, Incident, PumpState

_FREE_ROUNDS = 16
"""Free time within the time that free time adds is soon nothing; a schedule of half days needs few rounds."""

replace = msgspec.structs.replace


class Counters(msgspec.Struct, frozen=True, kw_only=True):
    """A course in numbers, at one instant.

    Attributes:
        began_at_us: Its first flow, or its planned start.
        day: The calendar day of the course, from 1; days of 24 hours, pauses and all.
        infused_min_us, infused_max_us: Bounds of the infused time.
        off_min_us, off_max_us: Bounds of the off-time of the whole course.
        infusion_days: Ordered days of infusion, if the order says.
        remaining_min_us, remaining_max_us: Bounds of the infusion that remains; None without ordered days.
        full_from_day, full_to_day: The calendar day on which the ordered days of infusion would be complete
            if nothing is interrupted from now on: both bounds.
        ends_at_us: The ordered end; it is not moved.
        end_day: The calendar day of the ordered end.
    """

    began_at_us: int
    day: int
    infused_min_us: int
    infused_max_us: int
    off_min_us: int
    off_max_us: int
    infusion_days: float | None = None
    remaining_min_us: int | None = None
    remaining_max_us: int | None = None
    full_from_day: int | None = None
    full_to_day: int | None = None
    ends_at_us: int | None = None
    end_day: int | None = None


def begun(state: PumpState, at_us: int, *, is_dated: bool = False) -> PumpState:
    """Return the state with its course begun at ``at_us``, and the order's bag hung then."""
    return replace(state, course=replace(course_from(state.order, at_us), is_dated=is_dated))


def course_from(order: Order | None, at_us: int) -> Course:
    """Return a course under an order that begins at ``at_us``."""
    bag = Bag(hung_us=at_us) if order is None else bag_of(order, at_us)
    return Course(began_us=at_us, counted_us=at_us, bag=bag)


def bag_of(order: Order, at_us: int) -> Bag:
    """Return the bag that an order brings, hung at ``at_us``."""
    return Bag(hung_us=at_us, hours=order.bag_hours, expires_us=order.bag_expires_at_us)


def followed(state: PumpState) -> PumpState:
    """Return the state with its course begun by the first flow, and dated anew by earlier evidence of it."""
    from_us = state.fold.flow_from_us
    if from_us is None or state.completed_at_us is not None:
        return state
    course = state.course
    if course is None:
        return begun(state, from_us)
    if course.is_dated or from_us >= course.began_us:
        return state
    return replace(state, course=replace(course, began_us=from_us, counted_us=min(course.counted_us, from_us)))


def with_off(course: Course, opened_us: int, low_us: int, high_us: int) -> Course:
    """Return the course with the off-time of an interruption that is not kept any more."""
    if opened_us < course.began_us:
        return course
    return replace(course, off_min_us=course.off_min_us + low_us, off_max_us=course.off_max_us + high_us)


def with_free_counted(course: Course, therapy: Therapy, order: Order | None, at_us: int) -> Course:
    """Return the course with the free time until ``at_us`` in its sums: another order speaks from there on."""
    passed_us = free_us(therapy, order, course.counted_us, at_us)
    return replace(
        course, counted_us=at_us, off_min_us=course.off_min_us + passed_us, off_max_us=course.off_max_us + passed_us
    )


def settled(state: PumpState, before: tuple[Incident, ...]) -> PumpState:
    """Return the state with the off-time summed of those interruptions of ``before`` that it forgot."""
    course = state.course
    kept = {incident.number for incident in state.incidents}
    gone = [incident for incident in before if incident.number not in kept]
    if course is None or not gone:
        return state
    groups = [group_bounds(group) for group in state.fold.done]
    for incident in gone:
        if not any(_covers(group, incident) for group in groups):
            course = with_off(course, incident.opened_at_us, incident.min_us, incident.max_us)
    return replace(state, course=course)


def off_us(state: PumpState, therapy: Therapy, now_us: int) -> tuple[int, int]:
    """Return both bounds of the off-time of the whole course, free time that is summed included."""
    course = state.course
    if course is None:
        return 0, 0
    low_us, high_us = course.off_min_us, course.off_max_us
    fold = state.fold
    groups = [group_bounds(group) for group in fold.done]
    found = bounds(fold, now_us, therapy)
    if found is not None:
        groups.append(found)
    for group in groups:
        if group.opened_us >= course.began_us:
            low_us, high_us = low_us + group.min_us, high_us + group.max_us
    for incident in state.incidents:
        if incident.opened_at_us >= course.began_us and not any(_covers(group, incident) for group in groups):
            low_us, high_us = low_us + incident.min_us, high_us + incident.max_us
    return low_us, high_us


def _covers(group: Bounds, incident: Incident) -> bool:
    begins_before = group.flow_us is None or incident.opened_at_us <= group.flow_us
    return begins_before and (incident.flow_us is None or group.opened_us <= incident.flow_us)


def infused_us(state: PumpState, therapy: Therapy, now_us: int) -> tuple[int, int]:
    """Return both bounds of the infused time of the course, in microseconds.

    What flowed since the last flow evidence is not confirmed yet: it is in the upper bound alone.
    """
    course = state.course
    if course is None:
        return 0, 0
    # The sums may reach into a free interval that goes on.
    end_us = now_us if state.completed_at_us is None else min(now_us, max(state.completed_at_us, course.counted_us))
    free = free_us(therapy, state.order, course.counted_us, end_us)
    wall_us = max(0, end_us - course.began_us - free)
    low_us, high_us = off_us(state, therapy, now_us)
    least_us, most_us = wall_us - high_us, wall_us - low_us
    fold = state.fold
    if fold.stop is None and fold.last_flow_us is not None and state.completed_at_us is None:
        unheard_us = max(0, end_us - fold.last_flow_us)
        least_us -= unheard_us if unheard_us <= therapy.silence_max_us else 0
    return max(0, least_us), max(0, most_us)


def counters(state: PumpState, policy: Policy, now_us: int) -> Counters | None:
    """Return the course in numbers at ``now_us``, or None before it began."""
    course = state.course
    if course is None:
        return None
    therapy, order = policy.therapy, state.order
    least_us, most_us = infused_us(state, therapy, now_us)
    low_us, high_us = off_us(state, therapy, now_us)
    found = Counters(
        began_at_us=course.began_us,
        day=max(1, (now_us - course.began_us) // DAY_US + 1),
        infused_min_us=least_us,
        infused_max_us=most_us,
        off_min_us=low_us,
        off_max_us=high_us,
        ends_at_us=None if order is None else order.ends_at_us,
        end_day=None if order is None or order.ends_at_us is None else _day_of(order.ends_at_us - course.began_us),
    )
    if order is None or order.infusion_days is None:
        return found
    ordered_us = round(order.infusion_days * DAY_US)
    fewest_us, longest_us = max(0, ordered_us - most_us), max(0, ordered_us - least_us)
    return replace(
        found,
        infusion_days=order.infusion_days,
        remaining_min_us=fewest_us,
        remaining_max_us=longest_us,
        full_from_day=_day_of(_full_at_us(therapy, order, now_us, fewest_us) - course.began_us),
        full_to_day=_day_of(_full_at_us(therapy, order, now_us, longest_us) - course.began_us),
    )


def _full_at_us(therapy: Therapy, order: Order, now_us: int, remaining_us: int) -> int:
    """Return when ``remaining_us`` of infusion is done if nothing but planned free time comes between."""
    full_us = now_us
    for _ in range(_FREE_ROUNDS):
        later_us = now_us + remaining_us + free_us(therapy, order, now_us, full_us)
        if later_us == full_us:
            break
        full_us = later_us
    return full_us


def _day_of(elapsed_us: int) -> int:
    """Return the calendar day that ends at or after an instant of the course, from 1."""
    return max(1, -(-elapsed_us // DAY_US))
