"""Writes the hand-over sheet: what a ward that does not know the home pump must know of the infusion at once.

No patient is named, and nothing on the sheet invites a flush, a restart or another setting.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from drivers.contract import DeliveryStatus
from monitor.escalation import phrases
from monitor.escalation.advice import forbids_restart
from monitor.feed import plan_answers as answers
from monitor.feed.plan_render import plan_answer
from monitor.feed.records import PumpSnapshot, Site
from monitor.feed.snapshots import HungBy, course_of
from monitor.feed.wire import instant, microseconds, seconds
from monitor.interruption.alarms import OWN_PRIORITIES
from monitor.interruption.policy import HOUR_US
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import OffClass

NEAR_US = HOUR_US
"""With less than this left to the threshold the sheet says not to restart: the way to the ward takes as long."""

_ALWAYS = ("flush", "change settings")
_SENTENCES = {
    "flush": "Do not flush the line.",
    "change settings": "Do not change settings.",
    "restart": "Do not restart.",
}


def handover_of(pump: PumpSnapshot, site: Site, *, is_clinician: bool) -> answers.HandoverAnswer:
    """Return the sheet of one pump; the label's texts only for clinicians."""
    view = pump.interruption
    zone = ZoneInfo(site.time_zone)
    plan = plan_answer(pump, is_clinician=is_clinician)
    if not _is_seen_complete(pump):
        plan = plan.model_copy(update={"treatment_free_days": None})
    contact_us = pump.last_contact_at_us
    deadline_us = None if view is None else view.deadline_at_us
    sheet = answers.HandoverAnswer(
        pump=pump.id,
        at=instant(pump.at_us),
        therapy=pump.therapy,
        drug=plan.drug or pump.therapy,
        state=pump.state(),
        delivery=pump.delivery,
        rate_ordered_ml_per_h=plan.rate_ml_per_h,
        rate_running_ml_per_h=pump.rate_ml_per_h,
        off_min_s=None if view is None else seconds(view.off_min_us),
        off_max_s=None if view is None else seconds(view.off_max_us),
        is_unbounded=view is not None and view.is_unbounded,
        off_class=None if view is None else view.off_class,
        deadline_at=instant(deadline_us),
        deadline_local=None if deadline_us is None else phrases.wall_time(deadline_us, pump.at_us, zone),
        threshold_met_at=None if view is None else instant(view.threshold_met_at_us),
        alarm_codes=[alert.raw_code or alert.code for alert in pump.alerts if alert.code not in OWN_PRIORITIES],
        last_contact_at=instant(contact_us),
        last_contact_age_s=None if contact_us is None else seconds(max(0, pump.at_us - contact_us)),
        plan=plan,
        call=phrases.call(site.call_back_number),
        do_not=_do_not(pump),
        lines=[],
    )
    return sheet.model_copy(update={"lines": _lines(sheet, pump, zone)})


def _do_not(pump: PumpSnapshot) -> list[str]:
    told = course_of(pump).do_not
    words = [*_ALWAYS, *(word for word in told if word not in _ALWAYS and word != "restart")]
    therapy = None if pump.core is None else pump.core[0].therapy
    # As in every notice; where a therapy must go on, only once a restart needs supervision or soon will.
    if _is_near(pump.interruption) or (pump.interruption is not None and forbids_restart(therapy)):
        words.append("restart")
    return words


def _is_seen_complete(pump: PumpSnapshot) -> bool:
    """Return whether the pump itself says since the planned end that nothing flows: the plan alone stops no pump."""
    done_us, contact_us = pump.completed_at_us, pump.last_contact_at_us
    if done_us is None or contact_us is None or contact_us < done_us:
        return False
    has_flowed = pump.last_flow_at_us is not None and pump.last_flow_at_us > done_us
    return pump.delivery is DeliveryStatus.NOT_DELIVERING and not has_flowed


def _is_near(view: InterruptionView | None) -> bool:
    """Return whether the threshold is met, may be, or is near."""
    if view is None:
        return False
    if view.off_class is not OffClass.BELOW or view.threshold_met_at_us is not None:
        return True
    return view.deadline_at_us is not None and view.deadline_at_us - view.at_us < NEAR_US


def _lines(sheet: answers.HandoverAnswer, pump: PumpSnapshot, zone: ZoneInfo) -> list[str]:
    """Return the sheet in words, what is urgent first."""
    plan, now_us = sheet.plan, pump.at_us
    said = [f"Pump {sheet.pump}, written {phrases.wall_time(now_us, now_us, zone)}."]
    said += [_SENTENCES.get(word, f"Do not {word}.") for word in sheet.do_not]
    said.append(f"{sheet.call[:1].upper()}{sheet.call[1:]} before anything is done to the pump.")
    said += _standing(sheet, pump, now_us, zone)
    said.append(f"Drug: {sheet.drug}. Ordered: {_rate(sheet.rate_ordered_ml_per_h)}. {_running(sheet)}")
    if plan.bag is not None:
        is_expiry_ordered = pump.order is not None and pump.order.bag_expires_at_us is not None
        said.append(_bag(plan.bag, now_us, zone, is_expiry_ordered=is_expiry_ordered))
    said.append(phrases.codes(tuple(sheet.alarm_codes)))
    said.append(phrases.age(pump.last_contact_at_us, now_us))
    if plan.course is not None:
        since = phrases.wall_time(microseconds(plan.course.began_at), now_us, zone)
        said.append(f"Course, counted from {since}: {plan.course.text}.")
    if plan.completed_at is not None:
        said.append(_completed(plan, pump, phrases.wall_time(microseconds(plan.completed_at), now_us, zone), zone))
    if plan.free_until is not None:
        said.append(f"Free interval by plan until {phrases.wall_time(microseconds(plan.free_until), now_us, zone)}.")
    if plan.hold is not None:
        said.append(f"On hold by {plan.hold.by} for {plan.hold.days} days: {plan.hold.reason}.")
    if plan.for_clinicians is not None:
        texts = plan.for_clinicians
        said += [text for text in (texts.hold_rule, texts.restart_text, texts.dose_review) if text]
    return said


def _standing(sheet: answers.HandoverAnswer, pump: PumpSnapshot, now_us: int, zone: ZoneInfo) -> list[str]:
    view = pump.interruption
    if view is None:
        is_known = pump.completed_at_us is not None or not pump.is_silent
        return ["No interruption is open."] if is_known else ["Nobody knows whether the infusion runs."]
    off_time = phrases.bounds(view.off_min_us, view.off_max_us, is_unbounded=view.is_unbounded)
    said = [f"Off-time so far: {off_time}; class {view.off_class.value}."]
    if view.is_unbounded:
        said.append("The restart threshold may have passed: supervised restart only.")
    elif view.threshold_met_at_us is not None:
        when = phrases.wall_time(view.threshold_met_at_us, now_us, zone)
        said.append(f"The restart threshold has passed, at worst since {when}: supervised restart only.")
    elif sheet.deadline_local is not None:
        said.append(f"Restart threshold at worst at {sheet.deadline_local}.")
    if not view.is_max_running:
        said.append("Flow is confirmed again.")
    return said


def _completed(plan: answers.PlanAnswer, pump: PumpSnapshot, when: str, zone: ZoneInfo) -> str:
    if plan.treatment_free_days is not None:
        return f"Course complete by plan since {when}: {plan.treatment_free_days} treatment-free days so far."
    heard = "the pump was never heard"
    if pump.last_contact_at_us is not None:
        word = "nothing" if pump.delivery is None else pump.delivery.value
        heard = f"the pump was last heard at {phrases.wall_time(pump.last_contact_at_us, pump.at_us, zone)}, "
        heard += f"and its last word was {word}"
    return f"The course ended by plan at {when}; {heard}: since when nothing flows, if it is so, is not known."


def _rate(rate_ml_per_h: float | None) -> str:
    return "rate unknown" if rate_ml_per_h is None else f"{rate_ml_per_h:g} mL/h"


def _running(sheet: answers.HandoverAnswer) -> str:
    if sheet.delivery is None:
        return "The pump has said nothing yet."
    return f"The pump last said: {sheet.delivery.value}, {_rate(sheet.rate_running_ml_per_h)}."


_HUNG = {
    HungBy.FIRST_SEEN: "Bag first seen running {when}; nobody said when it was hung",
    HungBy.PLANNED_START: "Bag counted from the planned start {when}",
    HungBy.NOTED: "Bag counted as hung {when}",
}


def _bag(bag: answers.BagAnswer, now_us: int, zone: ZoneInfo, *, is_expiry_ordered: bool) -> str:
    said = [_HUNG[bag.hung_by].format(when=phrases.wall_time(microseconds(bag.hung_at), now_us, zone))]
    if bag.volume_ml is not None:
        said.append(f"{bag.volume_ml:g} mL for {bag.hours:g} h")
    if bag.expires_at is not None:
        # A bag was made before it counts as hung, and may have hung before: its time may be over sooner than the sum.
        latest = "" if is_expiry_ordered else " at the latest"
        said.append(f"not to be used after {phrases.wall_time(microseconds(bag.expires_at), now_us, zone)}{latest}")
    return ", ".join(said) + "."
