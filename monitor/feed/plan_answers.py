"""The shapes of the feed's answers about orders, bags, courses, holds and the hand-over sheet."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from drivers.contract import DeliveryStatus
from monitor.feed.snapshots import HungBy
from monitor.feed.wire import plain_text
from monitor.interruption.events import MarkKind
from monitor.interruption.state import OffClass

Text = Annotated[str, AfterValidator(plain_text)]
"""Text that may have come from a pump or a person: shown, never obeyed."""


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class MarkAnswer(_Answer):
    """A planned mark in force."""

    kind: MarkKind
    by: Text
    at: datetime
    quiet_until: datetime


class HoldAnswer(_Answer):
    """A clinician's hold; it stops the fault rungs, not the clock."""

    reason: Text
    by: Text
    at: datetime
    until: datetime | None
    days: float | None = Field(default=None, description="How long it has lasted.")
    restart_ordered_at: datetime | None = Field(default=None, description="From when on a new order expects flow.")


class FreeAnswer(_Answer):
    """A stretch of a course without therapy by plan."""

    from_at: datetime = Field(serialization_alias="from")
    until_at: datetime = Field(serialization_alias="until")


class OrderAnswer(_Answer):
    """What is to be infused, as far as it is known."""

    rate_ml_per_h: float | None = None
    bag_hours: float | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    drug: Text | None = None
    indication: Text | None = None
    age_group: Text | None = None
    cycle: int | None = None
    infusion_days: float | None = None
    free: list[FreeAnswer] = []


class BagAnswer(_Answer):
    """The bag that hangs; its expiry runs by the clock, pauses and all."""

    hung_at: datetime = Field(description="Since when it counts as hung.")
    hung_by: HungBy = Field(
        description="Whence that is known: `first-seen` with flow, and hung nobody knows when; `planned-start`; or "
        "`noted`, by a mark, an order, or flow after an empty bag."
    )
    hours: float | None
    volume_ml: float | None
    expires_at: datetime | None = Field(description="As ordered; else at the latest, by its hours.")
    empty_from: datetime | None = Field(description="Empty at the earliest, if nothing stops any more.")
    empty_until: datetime | None = Field(description="Empty at the latest, if nothing stops any more.")


class CourseAnswer(_Answer):
    """Infused time and calendar day are two counters; no end is moved, both are shown."""

    began_at: datetime
    day: int = Field(description="Calendar day of the course, from 1.")
    infused_min_s: float
    infused_max_s: float
    off_min_s: float
    off_max_s: float
    infusion_days: float | None = Field(description="As ordered.")
    remaining_min_s: float | None
    remaining_max_s: float | None
    full_from_day: int | None = Field(description="Calendar day on which the ordered days of infusion are complete.")
    full_until_day: int | None
    ends_at: datetime | None = Field(description="The ordered end.")
    end_day: int | None = Field(description="Calendar day of the ordered end.")
    text: Text


class ClinicalAnswer(_Answer):
    """What only clinicians are shown; null for everybody else."""

    restart_text: Text
    hold_rule: Text
    dose_review_at: datetime | None
    dose_review: Text


class PlanAnswer(OrderAnswer):
    """The order in force with everything that is planned around it."""

    completed_at: datetime | None
    treatment_free_days: float | None = Field(default=None, description="Since the course was complete.")
    free_until: datetime | None = None
    next_order: OrderAnswer | None = None
    bag: BagAnswer | None = None
    course: CourseAnswer | None = None
    mark: MarkAnswer | None
    hold: HoldAnswer | None
    for_clinicians: ClinicalAnswer | None = None


class HandoverAnswer(_Answer):
    """What whoever takes over a patient must know of the infusion; without the patient's name."""

    pump: str
    at: datetime
    therapy: Text
    drug: Text
    state: str
    delivery: DeliveryStatus | None
    rate_ordered_ml_per_h: float | None
    rate_running_ml_per_h: float | None
    off_min_s: float | None
    off_max_s: float | None
    off_class: OffClass | None = Field(serialization_alias="class")
    deadline_at: datetime | None
    is_unbounded: bool = Field(default=False, description="True while `off_max_s` is no bound: the clock is not set.")
    deadline_local: str | None = Field(description="Wall time with its zone.")
    threshold_met_at: datetime | None
    alarm_codes: list[Text]
    last_contact_at: datetime | None
    last_contact_age_s: float | None
    plan: PlanAnswer
    call: Text
    do_not: list[Text]
    lines: list[Text] = Field(description="The sheet for people, line by line.")
