"""Fills the feed's answers from the monitor's records; nothing is computed here that the core should know."""

from __future__ import annotations

from monitor.feed import answers
from monitor.feed.cursor import format_cursor
from monitor.feed.plan_render import mark_answer, plan_answer
from monitor.feed.records import (
    AlertRecord,
    HealthCheck,
    InterruptionRecord,
    NoticeRecord,
    PumpSnapshot,
    RungRecord,
    Site,
)
from monitor.feed.wire import instant, seconds
from monitor.interruption.shown import InterruptionView

_LINK_WORDS = {True: "online", False: "offline", None: "unknown"}


def pump_answer(pump: PumpSnapshot, *, is_clinician: bool = False) -> answers.PumpAnswer:
    """Return one pump as the feed shows it; the label's texts only for clinicians."""
    view = pump.interruption
    return answers.PumpAnswer(
        id=pump.id,
        at=instant(pump.at_us),
        state=pump.state(),
        therapy=pump.therapy,
        serial=pump.serial,
        link=_link_answer(pump),
        delivery=pump.delivery,
        rate_ml_per_h=pump.rate_ml_per_h,
        volume_remaining_ml=pump.volume_remaining_ml,
        battery_percent=pump.battery_percent,
        last_flow_at=instant(pump.last_flow_at_us),
        off_min_s=seconds(view.off_min_us) if view else None,
        off_max_s=seconds(view.off_max_us) if view else None,
        off_class=view.off_class if view else None,
        deadline_at=instant(view.deadline_at_us) if view else None,
        time_left_s=seconds(pump.time_left_us()),
        threshold_s=seconds(pump.threshold_us),
        interruption=off_time_answer(view) if view else None,
        alerts=[alert_answer(alert) for alert in pump.alerts],
        plan=plan_answer(pump, is_clinician=is_clinician),
    )


def off_time_answer(view: InterruptionView) -> answers.OffTimeAnswer:
    """Return one interruption's numbers."""
    return answers.OffTimeAnswer.model_validate(_off_time_fields(view))


def interruption_answer(record: InterruptionRecord) -> answers.InterruptionAnswer:
    """Return one interruption with its rungs and notices."""
    return answers.InterruptionAnswer.model_validate(
        _off_time_fields(record.view)
        | {
            "rungs": [_rung_answer(rung) for rung in record.rungs],
            "notices": [notice_answer(notice) for notice in record.notices],
            "outcome": record.outcome,
            "note": record.note,
            "closed_by": record.closed_by,
        }
    )


def alert_answer(alert: AlertRecord) -> answers.AlertAnswer:
    """Return one alert condition."""
    return answers.AlertAnswer(
        id=alert.id,
        pump=alert.pump or None,
        interruption=alert.interruption,
        code=alert.code,
        raw_code=alert.raw_code,
        priority=alert.priority,
        raised_at=instant(alert.raised_at_us),
        acknowledged_by=alert.acknowledged_by,
        acknowledged_at=instant(alert.acknowledged_at_us),
        resolved_at=instant(alert.resolved_at_us),
        latched=alert.latched,
        detail=alert.detail,
    )


def notice_answer(notice: NoticeRecord) -> answers.NoticeAnswer:
    """Return one notice."""
    return answers.NoticeAnswer(
        id=notice.id,
        at=instant(notice.at_us),
        pump=notice.pump or None,
        interruption=notice.interruption,
        rung=notice.rung,
        contact=notice.contact,
        channel=notice.channel,
        state=notice.state,
        text=notice.text,
        detail=notice.detail,
    )


def site_answer(site: Site) -> answers.SiteAnswer:
    """Return where this monitor works."""
    return answers.SiteAnswer(
        id=site.id, time_zone=site.time_zone, call_back_number=site.call_back_number, speed=site.speed
    )


def taken_answer(at_us: int, cursor: int) -> answers.TakenAnswer:
    """Return that a command is durable."""
    return answers.TakenAnswer(at=instant(at_us), cursor=format_cursor(cursor))


def check_answer(check: HealthCheck) -> answers.CheckAnswer:
    """Return whether one part works."""
    return answers.CheckAnswer(name=check.name, ok=check.is_ok, why=check.why)


def _off_time_fields(view: InterruptionView) -> dict[str, object]:
    return {
        "id": view.id,
        "pump": view.pump,
        "at": instant(view.at_us),
        "opened_at": instant(view.opened_at_us),
        "noticed_at": instant(view.noticed_at_us),
        "detected_at": instant(view.detected_at_us),
        "ended_at": instant(view.ended_at_us),
        "state": view.phase,
        "off_min_s": seconds(view.off_min_us),
        "off_max_s": seconds(view.off_max_us),
        "is_unbounded": view.is_unbounded,
        "off_class": view.off_class,
        "deadline_at": instant(view.deadline_at_us),
        "threshold_met_at": instant(view.threshold_met_at_us),
        "silent_since": instant(view.silent_since_us),
        "last_contact_at": instant(view.last_contact_at_us),
        "alarm_codes": list(view.alarm_codes),
        "merged_stops": view.merged_stops,
        "found_late": view.found_late,
        "mark": mark_answer(view.mark),
        "is_held": view.is_held,
    }


def _rung_answer(rung: RungRecord) -> answers.RungAnswer:
    return answers.RungAnswer(
        rung=rung.rung,
        due_at=instant(rung.due_at_us),
        told=list(rung.told),
        acknowledged_by=rung.acknowledged_by,
        acknowledged_at=instant(rung.acknowledged_at_us),
    )


def _link_answer(pump: PumpSnapshot) -> answers.LinkAnswer:
    contact_us = pump.last_contact_at_us
    return answers.LinkAnswer(
        state=_LINK_WORDS[pump.is_link_online],
        is_silent=pump.is_silent,
        last_contact_at=instant(contact_us),
        last_contact_age_s=None if contact_us is None else seconds(max(0, pump.at_us - contact_us)),
    )
