"""The shapes of the feed's answers, as pydantic models, so that the API's schema describes them."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from drivers.contract import DeliveryStatus
from monitor.feed.plan_answers import MarkAnswer, PlanAnswer, Text
from monitor.interruption.alarms import AlertPriority
from monitor.interruption.events import Outcome, Role
from monitor.interruption.state import OffClass, Phase

T = TypeVar("T")


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class ListAnswer(_Answer, Generic[T]):
    """One page of a list."""

    at: datetime = Field(description="Monitor time of this answer.")
    cursor: str = Field(description="Stream from here to miss nothing that is newer than this answer.")
    items: list[T]
    next: str | None = Field(description="Hand it back as `after` for the following page; null on the last one.")


class BoardAnswer(ListAnswer[T], Generic[T]):
    """A page of pumps, with the number of all of them."""

    total: int


class AlertAnswer(_Answer):
    """One alert condition and its life."""

    id: str
    pump: str | None
    interruption: str | None
    code: Text
    raw_code: Text | None
    priority: AlertPriority
    raised_at: datetime
    acknowledged_by: Text | None
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    latched: bool
    detail: Text


class NoticeAnswer(_Answer):
    """One message to one contact over one channel."""

    id: str
    at: datetime
    pump: str | None
    interruption: str | None
    rung: Text
    contact: Text
    channel: Text
    state: Text
    text: Text
    detail: Text


class RungAnswer(_Answer):
    """One rung that was reached."""

    rung: Text
    due_at: datetime
    told: list[Text]
    acknowledged_by: Text | None
    acknowledged_at: datetime | None


class OffTimeAnswer(_Answer):
    """One interruption's numbers at one instant; the truth lies between `off_min_s` and `off_max_s`."""

    id: str
    pump: str
    at: datetime
    opened_at: datetime
    noticed_at: datetime
    detected_at: datetime | None
    ended_at: datetime | None
    state: Phase
    off_min_s: float
    off_max_s: float
    is_unbounded: bool = Field(
        default=False,
        description="True while `off_max_s` and the instants that follow from it are no bounds: the monitor was down "
        "for an unknown time and its clock is not set yet.",
    )
    off_class: OffClass = Field(serialization_alias="class")
    deadline_at: datetime | None = Field(description="When off_max meets the restart threshold if it grows on.")
    threshold_met_at: datetime | None
    silent_since: datetime | None
    last_contact_at: datetime | None
    alarm_codes: list[Text]
    merged_stops: int
    found_late: bool
    mark: MarkAnswer | None
    is_held: bool


class InterruptionAnswer(OffTimeAnswer):
    """One interruption with everything people did about it."""

    rungs: list[RungAnswer]
    notices: list[NoticeAnswer]
    outcome: Outcome | None
    note: Text
    closed_by: Text


class LinkAnswer(_Answer):
    """What is known of the line to a pump; `state` is a hint, the age of the last contact is the fact."""

    state: str
    is_silent: bool
    last_contact_at: datetime | None
    last_contact_age_s: float | None


class PumpAnswer(_Answer):
    """One pump; `off_min_s`, `off_max_s`, `class` and `deadline_at` are those of its open interruption."""

    id: str
    at: datetime
    state: str
    therapy: Text
    serial: Text | None
    link: LinkAnswer
    delivery: DeliveryStatus | None
    rate_ml_per_h: float | None
    volume_remaining_ml: float | None
    battery_percent: float | None
    last_flow_at: datetime | None
    off_min_s: float | None
    off_max_s: float | None
    off_class: OffClass | None = Field(serialization_alias="class")
    deadline_at: datetime | None
    time_left_s: float | None = Field(description="At worst, until a supervised restart is needed; negative after.")
    threshold_s: float
    interruption: OffTimeAnswer | None
    alerts: list[AlertAnswer]
    plan: PlanAnswer


class SiteAnswer(_Answer):
    """Where this monitor works."""

    id: Text
    time_zone: str
    call_back_number: Text
    speed: float


class SessionAnswer(_Answer):
    """Who is asking, and where."""

    name: Text
    role: Role
    site: SiteAnswer


class TakenAnswer(_Answer):
    """A command that is durable."""

    at: datetime
    cursor: str


class AliveAnswer(_Answer):
    """The feed answers; that says nothing of the monitor's work."""

    status: str
    at: datetime


class CheckAnswer(_Answer):
    """One part that must work."""

    name: Text
    ok: bool
    why: Text


class ReadyAnswer(_Answer):
    """Every part works."""

    status: str
    at: datetime
    checks: list[CheckAnswer]
