"""What each alarm code means for flow and how urgent it is.

Priorities are in the words of IEC 60601-1-8, which defines the categories and leaves the assignment
to us. A code that is not in the table is an unknown alarm: high priority, may stop delivery.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from drivers.contract import AlarmCode


class AlertPriority(StrEnum):
    """Urgency in the words of IEC 60601-1-8; ``information`` needs nobody."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFORMATION = "information"


class Stops(StrEnum):
    """What an alarm says about delivery."""

    YES = "yes"
    MAY = "may"
    NO = "no"
    SEEN = "seen"
    """It says that the pump is stopped now, not when it stopped (a reminder)."""


class AlarmMeaning(msgspec.Struct, frozen=True):
    """One row of the table."""

    stops: Stops
    priority: AlertPriority


_H, _M, _L, _I = AlertPriority.HIGH, AlertPriority.MEDIUM, AlertPriority.LOW, AlertPriority.INFORMATION

MEANINGS: dict[str, AlarmMeaning] = {
    AlarmCode.OCCL_DOWN: AlarmMeaning(Stops.YES, _H),
    AlarmCode.OCCL_UP: AlarmMeaning(Stops.YES, _H),
    AlarmCode.AIR: AlarmMeaning(Stops.YES, _H),
    AlarmCode.FLOW_LOW: AlarmMeaning(Stops.MAY, _M),
    AlarmCode.SET_DETACHED: AlarmMeaning(Stops.YES, _H),
    AlarmCode.SET_BAD: AlarmMeaning(Stops.YES, _H),
    AlarmCode.FLOWSTOP_OPEN: AlarmMeaning(Stops.YES, _H),
    AlarmCode.RES_EMPTY: AlarmMeaning(Stops.YES, _H),
    AlarmCode.RES_LOW: AlarmMeaning(Stops.NO, _L),
    AlarmCode.KVO: AlarmMeaning(Stops.MAY, _M),
    AlarmCode.BATT_LOW: AlarmMeaning(Stops.NO, _L),
    AlarmCode.BATT_EMPTY: AlarmMeaning(Stops.YES, _H),
    AlarmCode.BATT_SERVICE: AlarmMeaning(Stops.NO, _L),
    AlarmCode.MAINS_LOST: AlarmMeaning(Stops.NO, _I),
    AlarmCode.STOP_USER: AlarmMeaning(Stops.YES, _M),
    AlarmCode.STOP_REMIND: AlarmMeaning(Stops.SEEN, _M),
    AlarmCode.EMERG_STOP: AlarmMeaning(Stops.YES, _H),
    AlarmCode.FAULT: AlarmMeaning(Stops.YES, _H),
    AlarmCode.KEY_STUCK: AlarmMeaning(Stops.MAY, _M),
    AlarmCode.COMM_MODULE: AlarmMeaning(Stops.MAY, _H),
    AlarmCode.PROG_CHANGED: AlarmMeaning(Stops.NO, _M),
    AlarmCode.COUNTERS_RESET: AlarmMeaning(Stops.NO, _I),
    AlarmCode.CLOCK_CHANGED: AlarmMeaning(Stops.NO, _I),
    AlarmCode.PATIENT_CHANGED: AlarmMeaning(Stops.NO, _M),
    AlarmCode.TEMP: AlarmMeaning(Stops.MAY, _M),
    AlarmCode.UNKNOWN_ALARM: AlarmMeaning(Stops.MAY, _H),
}

UNKNOWN = MEANINGS[AlarmCode.UNKNOWN_ALARM]


def meaning_of(code: str) -> AlarmMeaning:
    """Return what ``code`` means; anything not listed is an unknown alarm."""
    return MEANINGS.get(code, UNKNOWN)


class OwnCode(StrEnum):
    """Alert conditions that the monitor itself finds."""

    SILENT = "silent"
    LINK_LOST = "link-lost"
    UNSUPERVISED_RESTART = "unsupervised-restart"
    RATE_MISMATCH = "rate-mismatch"
    PUMP_CHANGED = "pump-changed"
    UNKNOWN_PUMP = "unknown-pump"
    CLOCK_SKEW = "clock-skew"
    STORAGE_DEGRADED = "storage-degraded"
    RUNNING_DURING_HOLD = "running-during-hold"
    CLIENT_TAKEOVER = "client-takeover"
    VOLUME_STALL = "volume-stall"
    LATE_EVIDENCE = "late-evidence"
    WRONG_PROFILE = "wrong-profile"
    EARLY_EMPTY = "early-empty"
    BAG_EXPIRED = "bag-expired"
    BOLUS_RISK = "bolus-risk"
    HOLD_RULE = "hold-rule"
    DOSE_REVIEW = "dose-review"
    THIRD_PAUSE = "third-pause"
    COURSE_COMPLETE = "course-complete"


OWN_PRIORITIES: dict[str, AlertPriority] = {
    OwnCode.SILENT: _M,
    OwnCode.LINK_LOST: _M,
    OwnCode.UNSUPERVISED_RESTART: _H,
    OwnCode.RATE_MISMATCH: _H,
    OwnCode.PUMP_CHANGED: _H,
    OwnCode.UNKNOWN_PUMP: _M,
    OwnCode.CLOCK_SKEW: _M,
    OwnCode.STORAGE_DEGRADED: _H,
    OwnCode.RUNNING_DURING_HOLD: _H,
    OwnCode.CLIENT_TAKEOVER: _H,
    OwnCode.VOLUME_STALL: _H,
    OwnCode.LATE_EVIDENCE: _M,
    OwnCode.WRONG_PROFILE: _H,
    OwnCode.EARLY_EMPTY: _H,
    OwnCode.BAG_EXPIRED: _M,
    OwnCode.BOLUS_RISK: _M,
    OwnCode.HOLD_RULE: _L,
    OwnCode.DOSE_REVIEW: _L,
    OwnCode.THIRD_PAUSE: _L,
    OwnCode.COURSE_COMPLETE: _L,
}
