"""Takes what the feed shows of a pump from the core's own state: at once what every board shows, the plan on demand."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from monitor.feed.records import AlertRecord, PumpSnapshot
from monitor.interruption import bags, holds
from monitor.interruption.course import Counters, counters
from monitor.interruption.events import Order
from monitor.interruption.policy import Policy, restart_text, restart_threshold
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import Bag, Hold, PumpState


class HungBy(StrEnum):
    """Where the instant comes from at which a bag counts as hung."""

    FIRST_SEEN = "first-seen"
    PLANNED_START = "planned-start"
    NOTED = "noted"


class BagRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The bag that hangs.

    Attributes:
        hung_at_us: Since when it counts as hung.
        hung_by: Where that comes from; one that was seen first with flow may have hung for long before.
        hours, volume_ml: How long it lasts at the ordered rate, and what it held then, if the order says.
        expires_at_us: When it must not be used any more, by the clock.
        empty_from_us, empty_to_us: Bounds of the instant at which it is empty if nothing stops any more.
    """

    hung_at_us: int
    hung_by: HungBy = HungBy.NOTED
    hours: float | None = None
    volume_ml: float | None = None
    expires_at_us: int | None = None
    empty_from_us: int | None = None
    empty_to_us: int | None = None


class CourseRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The course of a pump's therapy at one instant.

    Attributes:
        counters: Infused time and calendar day; None before the course began.
        bag: What hangs, if known.
        next_order: An order that waits for its own start.
        free_until_us: End of the free interval that it is in.
        hold_days: How long the hold in force has lasted.
        hold_rule: What the sources say of it; for clinicians.
        review_at_us: When the dose that was ordered under the last hold is to be looked at again.
        restart_text: What the label says of a restart after the threshold; for clinicians.
        do_not: What nobody may do meanwhile.
    """

    counters: Counters | None = None
    bag: BagRecord | None = None
    next_order: Order | None = None
    free_until_us: int | None = None
    hold_days: float | None = None
    hold_rule: str = ""
    review_at_us: int | None = None
    restart_text: str = ""
    do_not: tuple[str, ...] = ()


def snapshot_of(
    policy: Policy,
    state: PumpState,
    now_us: int,
    interruption: InterruptionView | None = None,
    alerts: tuple[AlertRecord, ...] = (),
) -> PumpSnapshot:
    """Return what the feed shows of one pump at ``now_us``, from the core's own state."""
    contact_us = state.last_contact_at_us
    return PumpSnapshot(
        id=policy.pump,
        at_us=now_us,
        therapy=policy.therapy.name,
        threshold_us=restart_threshold(policy.therapy, state.order).off_time_us,
        enrolled_at_us=state.enrolled_at_us,
        is_silent=contact_us is None or now_us - contact_us > policy.therapy.silence_max_us,
        serial=state.serial,
        is_link_online=state.link_online,
        last_contact_at_us=contact_us,
        last_flow_at_us=state.fold.last_flow_us,
        delivery=state.delivery,
        rate_ml_per_h=state.rate_ml_per_h,
        volume_remaining_ml=state.volume_remaining_ml,
        battery_percent=state.battery_percent,
        order=state.order,
        completed_at_us=state.completed_at_us,
        mark=state.mark,
        hold=state.hold,
        interruption=interruption,
        alerts=alerts,
        core=(policy, state),
    )


def course_of(pump: PumpSnapshot) -> CourseRecord:
    """Return the course of a pump as it stands in the snapshot."""
    if pump.core is None:
        return CourseRecord()
    policy, state = pump.core
    therapy, hold = policy.therapy, state.hold
    return CourseRecord(
        counters=counters(state, policy, pump.at_us),
        bag=_bag_of(policy, state, pump.at_us),
        next_order=state.next_order,
        free_until_us=None if state.course is None else state.course.free_until_us,
        hold_days=None if hold is None else holds.days_of(hold, pump.at_us),
        hold_rule="" if hold is None else holds.rule_of(therapy, hold, pump.at_us),
        review_at_us=holds.review_at_us(state),
        restart_text=restart_text(therapy, state.order),
        do_not=therapy.do_not,
    )


def _bag_of(policy: Policy, state: PumpState, now_us: int) -> BagRecord | None:
    bag = None if state.course is None else state.course.bag
    if bag is None:
        return None
    rate_ml_per_h = None if state.order is None else state.order.rate_ml_per_h
    empty = bags.empty_at_us(state, policy.therapy, now_us)
    return BagRecord(
        hung_at_us=bag.hung_us,
        hung_by=_hung_by(state, bag),
        hours=bag.hours,
        volume_ml=None if bag.hours is None or rate_ml_per_h is None else bag.hours * rate_ml_per_h,
        expires_at_us=bags.expires_at_us(bag),
        empty_from_us=None if empty is None else empty[0],
        empty_to_us=None if empty is None else empty[1],
    )


def _hung_by(state: PumpState, bag: Bag) -> HungBy:
    """Return where the bag's instant comes from: one of the course's beginning was hung by nobody that we know of."""
    if state.course is None or bag.hung_us != state.course.began_us:
        return HungBy.NOTED
    planned_us = None if state.order is None else state.order.starts_at_us
    return HungBy.PLANNED_START if bag.hung_us == planned_us else HungBy.FIRST_SEEN


def hold_in_force(pump: PumpSnapshot) -> Hold | None:
    """Return the hold in force; one that a person ended is not."""
    return None if pump.hold is None or pump.hold.ended_at_us is not None else pump.hold
