"""What a ladder lays down, as data: who is told, and by which rules.

Every duration is in integer microseconds, as everywhere in the core. The numbers of the built-in
ladder are defaults of the design; every one of them can be configured.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from drivers.contract import AlarmCode
from monitor.interruption.alarms import OWN_PRIORITIES, AlertPriority, OwnCode
from monitor.interruption.policy import MINUTE_US


class PlannedDelay(StrEnum):
    """Until when a planned mark keeps a rung waiting."""

    QUIET = "quiet"
    """Until the end of the quiet time: the first rung."""
    WINDOW = "window"
    """Until the end of the whole planned window: the nurses."""


class Unacknowledged(msgspec.Struct, frozen=True, gc=False):
    """A rung is due when an earlier one was told and nobody took note.

    Attributes:
        rung: The earlier rung's name.
        after_us: How long it may go unacknowledged while flow is not confirmed.
    """

    rung: str
    after_us: int


class Rung(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One step of a ladder: some people and the rules by which they are due.

    The rung is due at the earliest of its rules; each listed off-time is one more telling.

    Attributes:
        rung: Its name.
        contacts: Contact ids or roles, in the order in which they are called.
        after_detection_us: After a stop or doubtful flow was detected.
        high_priority_after_us: After a high-priority alarm; 0 is at once.
        after_silence_us: After the last flow evidence, while all that is known is silence.
        after_off_max_us: Worst-case off-times of a known stop.
        after_off_max_silence_us: Worst-case off-times of mere silence.
        at_threshold: When the worst case meets the restart threshold of the therapy.
        after_unacknowledged: When an earlier rung of a known stop goes unacknowledged.
        not_before_us: The off-times of a known stop count no sooner than this after detection.
        repeat_us: A page is repeated this often until somebody takes note; None is never.
        tries: How often one contact is called before the next, if ``in_turn``.
        in_turn: One contact after the other, else all at once.
        planned_delay: Whether a planned mark keeps the rung waiting; off-times never wait.
    """

    rung: str
    contacts: tuple[str, ...]
    after_detection_us: int | None = None
    high_priority_after_us: int | None = None
    after_silence_us: int | None = None
    after_off_max_us: tuple[int, ...] = ()
    after_off_max_silence_us: tuple[int, ...] = ()
    at_threshold: bool = False
    after_unacknowledged: Unacknowledged | None = None
    not_before_us: int = 0
    repeat_us: int | None = None
    tries: int = 2
    in_turn: bool = False
    planned_delay: PlannedDelay | None = None


class AlertRule(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Who is told of an alert condition by itself, whatever an interruption's ladder does.

    Attributes:
        rungs: Names of the rungs that are told at once.
        repeat_us: Repeats for rungs that have none of their own.
        beside: False if an open interruption's own rungs take care of it.
    """

    rungs: tuple[str, ...]
    repeat_us: int | None = None
    beside: bool = True


class Ladder(msgspec.Struct, frozen=True, kw_only=True):
    """Rungs in order, lowest first.

    Attributes:
        name: The therapy it belongs to.
        rungs: At least one.
        acknowledgement_us: How long a person's acknowledgement pauses a rung's repeats.
        alert_rungs: By alert code, who is told of it at once.
        unlisted_high: What holds for a high-priority alert that is not listed.
    """

    name: str
    rungs: tuple[Rung, ...]
    acknowledgement_us: int = 20 * MINUTE_US
    alert_rungs: dict[str, AlertRule] = {}
    unlisted_high: AlertRule = AlertRule(("patient", "home-nurse"), beside=False)

    def rung(self, name: str) -> Rung | None:
        """Return the rung of this name, or None."""
        for rung in self.rungs:
            if rung.rung == name:
                return rung
        return None


PAGE_US = 5 * MINUTE_US

MONITOR_FAULT = "monitor-fault"
"""A condition that the core cannot find, for it is the core, or what is around it, that fails."""

PRIORITIES: dict[str, AlertPriority] = OWN_PRIORITIES | {MONITOR_FAULT: AlertPriority.HIGH}
"""Of every condition that is no alarm of a pump."""

ALERT_RUNGS: dict[str, AlertRule] = {
    AlarmCode.BATT_LOW: AlertRule(("patient",)),
    AlarmCode.RES_LOW: AlertRule(("patient",)),
    AlarmCode.BATT_SERVICE: AlertRule(("patient",)),
    # A pump that was never heard has no interruption yet; one that fell silent has.
    OwnCode.SILENT: AlertRule(("home-nurse",), beside=False),
    OwnCode.UNKNOWN_PUMP: AlertRule(("home-nurse",)),
    OwnCode.CLOCK_SKEW: AlertRule(("home-nurse",)),
    OwnCode.STORAGE_DEGRADED: AlertRule(("home-nurse",)),
    OwnCode.CLIENT_TAKEOVER: AlertRule(("home-nurse",)),
    # Nothing else may tell of the pump at which it fails, not even its silence: so it pages.
    MONITOR_FAULT: AlertRule(("home-nurse", "on-call-nurse")),
    OwnCode.LATE_EVIDENCE: AlertRule(("home-nurse",)),
    OwnCode.VOLUME_STALL: AlertRule(("home-nurse",)),
    OwnCode.PUMP_CHANGED: AlertRule(("home-nurse", "on-call-nurse")),
    OwnCode.RUNNING_DURING_HOLD: AlertRule(("home-nurse", "on-call-nurse")),
    OwnCode.RATE_MISMATCH: AlertRule(("on-call-physician",), repeat_us=PAGE_US),
    OwnCode.WRONG_PROFILE: AlertRule(("home-nurse", "on-call-nurse", "on-call-physician"), repeat_us=PAGE_US),
    OwnCode.EARLY_EMPTY: AlertRule(("on-call-nurse",)),
    OwnCode.BAG_EXPIRED: AlertRule(("home-nurse", "on-call-physician")),
    OwnCode.BOLUS_RISK: AlertRule(("on-call-physician",)),
    OwnCode.HOLD_RULE: AlertRule(("on-call-physician",)),
    OwnCode.DOSE_REVIEW: AlertRule(("on-call-physician",)),
    OwnCode.THIRD_PAUSE: AlertRule(("home-nurse",)),
    OwnCode.COURSE_COMPLETE: AlertRule(("home-nurse",)),
    OwnCode.UNSUPERVISED_RESTART: AlertRule(("on-call-physician",), repeat_us=PAGE_US),
}

BLINATUMOMAB = Ladder(
    name="blinatumomab",
    rungs=(
        Rung(
            rung="patient",
            contacts=("patient", "caregiver"),
            after_detection_us=2 * MINUTE_US,
            high_priority_after_us=0,
            planned_delay=PlannedDelay.QUIET,
        ),
        Rung(
            rung="home-nurse",
            contacts=("home-nurse",),
            after_detection_us=10 * MINUTE_US,
            high_priority_after_us=5 * MINUTE_US,
            after_silence_us=15 * MINUTE_US,
            planned_delay=PlannedDelay.WINDOW,
        ),
        Rung(
            rung="on-call-nurse",
            contacts=("on-call-nurse", "charge-nurse", "on-call-physician"),
            after_detection_us=30 * MINUTE_US,
            after_silence_us=60 * MINUTE_US,
            after_unacknowledged=Unacknowledged("home-nurse", 15 * MINUTE_US),
            repeat_us=PAGE_US,
            in_turn=True,
            planned_delay=PlannedDelay.WINDOW,
        ),
        Rung(
            rung="on-call-physician",
            contacts=("oncologist", "pharmacist", "on-call-physician"),
            after_off_max_us=(90 * MINUTE_US, 180 * MINUTE_US, 210 * MINUTE_US),
            after_off_max_silence_us=(180 * MINUTE_US, 210 * MINUTE_US),
            not_before_us=10 * MINUTE_US,
        ),
        Rung(
            rung="restart-threshold",
            contacts=(
                "patient",
                "caregiver",
                "home-nurse",
                "on-call-nurse",
                "charge-nurse",
                "oncologist",
                "pharmacist",
                "on-call-physician",
            ),
            at_threshold=True,
            repeat_us=PAGE_US,
        ),
    ),
    alert_rungs=ALERT_RUNGS,
)
