"""Everything that can happen to a pump's state: what it said, what people did, time passing.

Every event carries ``at_us``, the monitor time at which the monitor learned of it, in microseconds
since 1970 UTC. Names are past participles, so that the journal reads as a story.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from drivers.contract import Observation


class MarkKind(StrEnum):
    """What a person marks on a pump."""

    BAG_CHANGE = "bag-change"
    MAINTENANCE = "maintenance"
    DISCONNECT = "disconnect"
    RECONNECT = "reconnect"
    FLOW_CHECKED = "flow-checked"


class Role(StrEnum):
    """Who may do what; each role may do what the ones before it may."""

    VIEWER = "viewer"
    CAREGIVER = "caregiver"
    NURSE = "nurse"
    CLINICIAN = "clinician"
    ADMIN = "admin"


class Outcome(StrEnum):
    """How a clinician closed an interruption."""

    SUPERVISED_RESTART = "supervised-restart"
    NO_RESTART_PROCEDURE = "no-restart-procedure"
    NEW_CYCLE = "new-cycle"
    OTHER = "other"


class FreeInterval(msgspec.Struct, frozen=True, gc=False):
    """A stretch of a course without therapy by plan: no flow is expected in it."""

    from_us: int
    until_us: int


class Order(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What is to be infused.

    Attributes:
        rate_ml_per_h: The ordered rate.
        bag_hours: How long one bag lasts.
        starts_at_us: Planned start; None means with the first flow after the order.
        ends_at_us: Planned end; None means open.
        drug: Its name; checked against the therapy.
        indication: What for, in the words of the therapy's restart texts.
        age_group: "adult" or "child", as the prescriber says.
        cycle: Which cycle, counted from 1.
        infusion_days: How many days of infusion the course is to have; never computed by us.
        bag_expires_at_us: When the bag must not be used any more, where that is not its hours after hanging.
        free: Planned free intervals inside the course; None keeps those of the order before.
    """

    rate_ml_per_h: float | None = None
    bag_hours: float | None = None
    starts_at_us: int | None = None
    ends_at_us: int | None = None
    drug: str | None = None
    indication: str | None = None
    age_group: str | None = None
    cycle: int | None = None
    infusion_days: float | None = None
    bag_expires_at_us: int | None = None
    free: tuple[FreeInterval, ...] | None = None

    @property
    def patient_kind(self) -> tuple[str | None, str | None, int | None]:
        """What a label's restart rules depend on: indication, age group, cycle."""
        return self.indication, self.age_group, self.cycle


class _Event(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag_field="event", omit_defaults=True):
    at_us: int


class PumpObserved(_Event, frozen=True, gc=False, kw_only=True, tag="pump-observed"):
    """The pump said something."""

    observation: Observation


class Ticked(_Event, frozen=True, gc=False, kw_only=True, tag="ticked"):
    """Time passed; nothing else happened."""


class Enrolled(_Event, frozen=True, gc=False, kw_only=True, tag="enrolled"):
    """The pump came under watch, with the order that the configuration gives, if any."""

    order: Order | None = None


class Marked(_Event, frozen=True, gc=False, kw_only=True, tag="marked"):
    """A person marked something planned or seen.

    Attributes:
        quiet_us: A longer window that a nurse set.
        note: What else they saw or did, in their words.
    """

    mark: MarkKind
    by: str
    role: Role = Role.CAREGIVER
    quiet_us: int | None = None
    note: str = ""


class Reported(_Event, frozen=True, gc=False, kw_only=True, tag="reported"):
    """A person said what they see: the pump runs, or it has been stopped since an instant."""

    running: bool
    by: str
    since_us: int | None = None


class HoldChanged(_Event, frozen=True, gc=False, kw_only=True, tag="hold-changed"):
    """A clinician began or ended a planned hold of the therapy."""

    started: bool
    reason: str
    by: str
    until_us: int | None = None


class Ordered(_Event, frozen=True, gc=False, kw_only=True, tag="ordered"):
    """A new order is in force."""

    order: Order
    by: str


class Swapped(_Event, frozen=True, gc=False, kw_only=True, tag="swapped"):
    """A person confirmed that another pump now serves this patient."""

    serial: str
    by: str


class Acknowledged(_Event, frozen=True, gc=False, kw_only=True, tag="acknowledged"):
    """A person took note of a rung or an alert; ``what`` is a rung's name or an alert code."""

    what: str
    by: str
    role: Role = Role.NURSE


class Closed(_Event, frozen=True, gc=False, kw_only=True, tag="closed"):
    """A clinician reviewed and closed an interruption; None means the oldest that waits."""

    outcome: Outcome
    note: str
    by: str
    role: Role = Role.CLINICIAN
    number: int | None = None


class MonitorRestarted(_Event, frozen=True, gc=False, kw_only=True, tag="monitor-restarted"):
    """The monitor was down from ``down_from_us`` until now.

    Attributes:
        is_downtime_known: False when the clock could not be trusted at start: the true downtime has
            no upper bound then.
    """

    down_from_us: int
    is_downtime_known: bool = True


class ClockSynchronised(_Event, frozen=True, gc=False, kw_only=True, tag="clock-synchronised"):
    """The clock was set right after a start under one that could not be trusted: the downtime has its bound.

    Attributes:
        down_from_us: When the monitor was last alive before the downtime.
        down_to_us: When it was back, as is known now.
        moved_us: By how much monitor time was put on just now; what was heard since the start was dated that
            much too early.
    """

    down_from_us: int
    down_to_us: int
    moved_us: int = 0


class WallClockStepped(_Event, frozen=True, gc=False, kw_only=True, tag="wall-clock-stepped"):
    """The gateway's wall clock jumped; no duration changes."""

    step_s: float


class OwnAlertChanged(_Event, frozen=True, gc=False, kw_only=True, tag="own-alert-changed"):
    """The shell found or saw resolved a condition of its own (link lost, storage, takeover)."""

    code: str
    active: bool
    detail: str = ""


Event = (
    PumpObserved
    | Ticked
    | Enrolled
    | Marked
    | Reported
    | HoldChanged
    | Ordered
    | Swapped
    | Acknowledged
    | Closed
    | MonitorRestarted
    | ClockSynchronised
    | WallClockStepped
    | OwnAlertChanged
)
