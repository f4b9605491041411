"""Turns one observation into evidence: what it says about flow, and at which instants.

Flow is dated by the oldest instant that fits the message, a stop's certainty by the newest. What is
unknown, malformed or from a stranger never comes here.
"""

from __future__ import annotations

from drivers.contract import (
    AlarmCode,
    AlarmObserved,
    AlarmPhase,
    DeliveryStatus,
    LogCovered,
    LogEvent,
    LogEventObserved,
    StatusObserved,
)
from monitor.interruption.alarms import Stops, meaning_of
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.policy import SECOND_US, Therapy, occlusion_latency_us


def is_rate_fitting(therapy: Therapy, rate_ml_per_h: float | None, ordered_ml_per_h: float | None) -> bool:
    """Return whether a rate agrees with the order, where both are known."""
    if rate_ml_per_h is None or ordered_ml_per_h is None or ordered_ml_per_h <= 0:
        return True
    low, high = therapy.min_rate_fraction, therapy.max_rate_fraction
    return low * ordered_ml_per_h <= rate_ml_per_h <= high * ordered_ml_per_h


def is_rate_enough(therapy: Therapy, rate_ml_per_h: float | None, ordered_ml_per_h: float | None) -> bool:
    """Return whether a rate is therapy: not below the ordered rate's least share."""
    if rate_ml_per_h is None:
        return True
    if ordered_ml_per_h is None:
        return rate_ml_per_h > 0
    return rate_ml_per_h >= therapy.min_rate_fraction * ordered_ml_per_h


def status_evidence(
    status: StatusObserved, at_us: int, therapy: Therapy, ordered_ml_per_h: float | None
) -> Evidence | None:
    """Return what a status says about flow, or None if it says nothing (``transitioning``).

    Transitioning is neither flow nor its absence; if it lasts, the silence rule takes it up.
    """
    newest_us = at_us - int(status.age_s * SECOND_US)
    oldest_us = newest_us - int(status.age_max_s * SECOND_US)
    kind: EvidenceKind
    match status.delivery:
        case DeliveryStatus.TRANSITIONING:
            return None
        case DeliveryStatus.NOT_DELIVERING:
            kind = EvidenceKind.NO_FLOW
        case DeliveryStatus.KVO:
            kind = EvidenceKind.FLOW if therapy.kvo_counts else EvidenceKind.DOUBT
        case DeliveryStatus.DELIVERING:
            enough = is_rate_enough(therapy, status.rate_ml_per_h, ordered_ml_per_h)
            kind = EvidenceKind.FLOW if enough else EvidenceKind.DOUBT
    about_us = oldest_us if kind is EvidenceKind.FLOW else newest_us
    rate = None
    if status.delivery is DeliveryStatus.DELIVERING:
        rate = microlitres(ordered_ml_per_h if status.rate_ml_per_h is None else status.rate_ml_per_h)
    return Evidence(
        kind=kind,
        at_us=about_us,
        to_us=about_us,
        earliest_us=oldest_us,
        counter_ul=microlitres(status.volume_delivered_ml),
        step_ul=microlitres(status.volume_resolution_ml),
        rate_ul_per_h=rate,
        unsure_us=newest_us - oldest_us,
        remaining_ul=microlitres(status.volume_remaining_ml),
    )


def microlitres(volume_ml: float | None) -> int | None:
    """Return a volume, or what flows in an hour, in whole microlitres."""
    return None if volume_ml is None else round(volume_ml * 1000)


def alarm_evidence(alarm: AlarmObserved, at_us: int, therapy: Therapy, rate_ml_per_h: float | None) -> Evidence | None:
    """Return what the start of an alarm says about flow; its end says nothing."""
    if alarm.phase is AlarmPhase.END:
        return None
    newest_us = at_us - int(alarm.age_s * SECOND_US)
    oldest_us = newest_us - int(alarm.age_max_s * SECOND_US)
    return _alarm(alarm.code, newest_us, oldest_us, newest_us - oldest_us, therapy, rate_ml_per_h)


def found_alarm_evidence(
    code: str, status: StatusObserved, at_us: int, since_us: int, therapy: Therapy, rate_ml_per_h: float | None
) -> Evidence | None:
    """Return what an alarm says that a status shows and whose start was never heard.

    It began somewhere after ``since_us``, the instant the pump was last heard without it.
    """
    newest_us = at_us - int(status.age_s * SECOND_US)
    unsure_us = int(status.age_max_s * SECOND_US)
    return _alarm(code, newest_us, min(since_us, newest_us - unsure_us), unsure_us, therapy, rate_ml_per_h)


def _alarm(
    code: str, newest_us: int, oldest_us: int, unsure_us: int, therapy: Therapy, rate_ml_per_h: float | None
) -> Evidence | None:
    match meaning_of(code).stops:
        case Stops.NO:
            return None
        case Stops.MAY:
            if code == AlarmCode.KVO and therapy.kvo_counts:
                return None
            return Evidence(EvidenceKind.DOUBT, newest_us, newest_us, oldest_us, unsure_us=unsure_us)
        case Stops.SEEN:
            return Evidence(EvidenceKind.NO_FLOW, newest_us, newest_us, oldest_us, unsure_us=unsure_us)
        case Stops.YES:
            latency_us = occlusion_latency_us(therapy, rate_ml_per_h) if code == AlarmCode.OCCL_DOWN else 0
            earliest_us = oldest_us - latency_us
            return Evidence(EvidenceKind.STOP, newest_us, newest_us, earliest_us, unsure_us=unsure_us)


def coverage_evidence(covered: LogCovered, at_us: int) -> Evidence:
    """Return what a log says that was read without a hole: what it does not mention did not happen."""
    newest_us = at_us - int(covered.age_s * SECOND_US)
    return Evidence(EvidenceKind.COVERED, newest_us, newest_us, newest_us - int(covered.covered_s * SECOND_US))


def log_evidence(entry: LogEventObserved, at_us: int) -> Evidence:
    """Return what an entry of the pump's log says about flow.

    Power that comes back does not start delivery: a pump just switched on was seen not delivering.
    """
    newest_us = at_us - int(entry.age_s * SECOND_US)
    unsure_us = int(entry.age_max_s * SECOND_US)
    oldest_us = newest_us - unsure_us
    match entry.event:
        case LogEvent.DELIVERY_START:
            return Evidence(EvidenceKind.RUN, oldest_us, oldest_us, oldest_us, unsure_us=unsure_us)
        case LogEvent.POWER_ON:
            return Evidence(EvidenceKind.NO_FLOW, newest_us, newest_us, oldest_us, unsure_us=unsure_us)
        case LogEvent.DELIVERY_STOP | LogEvent.DELIVERY_COMPLETE | LogEvent.POWER_OFF:
            return Evidence(EvidenceKind.STOP, newest_us, newest_us, oldest_us, unsure_us=unsure_us)
