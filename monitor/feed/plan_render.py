"""Fills the feed's answers about plan and course from the core's own counters."""

from __future__ import annotations

from monitor.feed import plan_answers as answers
from monitor.feed.records import PumpSnapshot
from monitor.feed.snapshots import BagRecord, CourseRecord, course_of, hold_in_force
from monitor.feed.wire import instant, seconds
from monitor.interruption.course import Counters
from monitor.interruption.events import Order
from monitor.interruption.free_time import DAY_US
from monitor.interruption.state import Mark

DOSE_REVIEW = "Escalate after 7 days if no recurrence, where the label has it so; prescriber decides."

_HOUR_US = DAY_US // 24


def plan_answer(pump: PumpSnapshot, *, is_clinician: bool = False) -> answers.PlanAnswer:
    """Return what is planned for one pump; the label's texts only for clinicians."""
    course = course_of(pump)
    done_us = pump.completed_at_us if course.free_until_us is None else None
    return answers.PlanAnswer.model_validate(
        _order_fields(pump.order)
        | {
            "completed_at": instant(done_us),
            "treatment_free_days": None if done_us is None else round((pump.at_us - done_us) / DAY_US, 2),
            "free_until": instant(course.free_until_us),
            "next_order": None if course.next_order is None else _order_fields(course.next_order),
            "bag": None if course.bag is None else _bag_answer(course.bag),
            "course": None if course.counters is None else course_answer(course.counters),
            "mark": mark_answer(pump.mark),
            "hold": _hold_answer(pump, course),
            "for_clinicians": _clinical_answer(course) if is_clinician and pump.core is not None else None,
        }
    )


def mark_answer(mark: Mark | None) -> answers.MarkAnswer | None:
    """Return a planned mark, if there is one."""
    if mark is None:
        return None
    return answers.MarkAnswer(
        kind=mark.kind, by=mark.by, at=instant(mark.at_us), quiet_until=instant(mark.quiet_until_us)
    )


def course_answer(counted: Counters) -> answers.CourseAnswer:
    """Return a course in numbers."""
    return answers.CourseAnswer(
        began_at=instant(counted.began_at_us),
        day=counted.day,
        infused_min_s=seconds(counted.infused_min_us),
        infused_max_s=seconds(counted.infused_max_us),
        off_min_s=seconds(counted.off_min_us),
        off_max_s=seconds(counted.off_max_us),
        infusion_days=counted.infusion_days,
        remaining_min_s=seconds(counted.remaining_min_us),
        remaining_max_s=seconds(counted.remaining_max_us),
        full_from_day=counted.full_from_day,
        full_until_day=counted.full_to_day,
        ends_at=instant(counted.ends_at_us),
        end_day=counted.end_day,
        text=course_text(counted),
    )


def course_text(counted: Counters) -> str:
    """Return a course in words, both ends beside each other: nothing moves an end but a person."""
    said = [f"day {counted.day}", f"infused {_days(counted.infused_min_us, counted.infused_max_us)}"]
    if counted.remaining_min_us is not None and counted.remaining_max_us is not None:
        said.append(f"{_days(counted.remaining_min_us, counted.remaining_max_us, 'infusion ')} remain")
        said.append(f"calendar end is {_day_range(counted)}")
    if counted.end_day is not None:
        said.append(f"ordered end is day {counted.end_day}")
    return "; ".join(said)


def _day_range(counted: Counters) -> str:
    if counted.full_from_day == counted.full_to_day:
        return f"day {counted.full_from_day}"
    return f"day {counted.full_from_day} to {counted.full_to_day}"


def _days(least_us: int, most_us: int, of: str = "") -> str:
    """Return a length as days, or as hours below one day: the least rounded down, the most rounded up."""
    unit_us, word = (DAY_US, "days") if most_us >= DAY_US else (_HOUR_US, "hours")
    least, most = least_us * 10 // unit_us, -(-most_us * 10 // unit_us)
    if most - least <= 1:
        # Less than the last digit that is shown.
        nearest = (least_us + most_us) * 5 // unit_us
        return f"{nearest / 10:g} {of}{word}"
    return f"{least / 10:g} to {most / 10:g} {of}{word}"


def _order_fields(order: Order | None) -> dict[str, object]:
    if order is None:
        return {}
    return {
        "rate_ml_per_h": order.rate_ml_per_h,
        "bag_hours": order.bag_hours,
        "starts_at": instant(order.starts_at_us),
        "ends_at": instant(order.ends_at_us),
        "drug": order.drug,
        "indication": order.indication,
        "age_group": order.age_group,
        "cycle": order.cycle,
        "infusion_days": order.infusion_days,
        "free": [
            answers.FreeAnswer(from_at=instant(one.from_us), until_at=instant(one.until_us)) for one in order.free or ()
        ],
    }


def _bag_answer(bag: BagRecord) -> answers.BagAnswer:
    return answers.BagAnswer(
        hung_at=instant(bag.hung_at_us),
        hung_by=bag.hung_by,
        hours=bag.hours,
        volume_ml=bag.volume_ml,
        expires_at=instant(bag.expires_at_us),
        empty_from=instant(bag.empty_from_us),
        empty_until=instant(bag.empty_to_us),
    )


def _hold_answer(pump: PumpSnapshot, course: CourseRecord) -> answers.HoldAnswer | None:
    hold = hold_in_force(pump)
    if hold is None:
        return None
    return answers.HoldAnswer(
        reason=hold.reason,
        by=hold.by,
        at=instant(hold.at_us),
        until=instant(hold.until_us),
        days=None if course.hold_days is None else round(course.hold_days, 2),
        restart_ordered_at=instant(hold.ordered_at_us),
    )


def _clinical_answer(course: CourseRecord) -> answers.ClinicalAnswer:
    return answers.ClinicalAnswer(
        restart_text=course.restart_text,
        hold_rule=course.hold_rule,
        dose_review_at=instant(course.review_at_us),
        dose_review="" if course.review_at_us is None else DOSE_REVIEW,
    )
