"""The tables about what is watched: [[pumps]], [[fleets]] and [[sources]]."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from monitor.config.fields import Id, Instant, LongText, Name, Number, Table, Text, instant_us
from monitor.config.tables.rules import BAG_HOURS_MAX, RATE_MAX_ML_PER_H, AgeGroupWord, Indication
from monitor.interruption.events import FreeInterval
from monitor.interruption.order_words import CYCLE_MAX, drug_name

INFUSION_DAYS_MAX = 366
"""Longer than any course."""

FREE_MAX = 64
"""Most free intervals of one order."""

FORCING_PEOPLE = 2
"""How many people must confirm an order that does not fit the therapy."""


class PlanTable(Table):
    """plan: when the therapy as a whole begins and ends."""

    starts_at: Instant | None = None
    ends_at: Instant | None = None

    @model_validator(mode="after")
    def _check(self) -> PlanTable:
        if self.starts_at is not None and self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be later than starts_at")
        return self


def free_interval(value: object) -> FreeInterval:
    """Return a stretch without therapy, written as ``{ from = INSTANT, until = INSTANT }``.

    Raises:
        ValueError: A clause for people.
    """
    if not isinstance(value, dict) or set(value) != {"from", "until"}:
        raise ValueError("must be a table of two instants, from and until")
    interval = FreeInterval(instant_us(value["from"]), instant_us(value["until"]))
    if interval.until_us <= interval.from_us:
        raise ValueError("until must be later than from")
    return interval


class OrderTable(PlanTable):
    """order: what is to be infused."""

    rate_ml_per_h: Annotated[Number, Field(gt=0, le=RATE_MAX_ML_PER_H)] | None = None
    bag_hours: Annotated[Number, Field(gt=0, le=BAG_HOURS_MAX)] | None = None
    drug: Annotated[str, BeforeValidator(drug_name)] | None = None
    indication: Indication | None = None
    age_group: AgeGroupWord | None = None
    cycle: Annotated[int, Field(ge=1, le=CYCLE_MAX)] | None = None
    infusion_days: Annotated[Number, Field(gt=0, le=INFUSION_DAYS_MAX)] | None = None
    bag_expires_at: Instant | None = None
    free: Annotated[list[Annotated[Any, BeforeValidator(free_interval)]], Field(max_length=FREE_MAX)] | None = None


class _Enrolment(Table):
    therapy: Name = "blinatumomab"
    order: OrderTable = OrderTable()
    plan: PlanTable = PlanTable()
    forced_by: Annotated[list[Text], Field(max_length=10)] | None = None

    @model_validator(mode="after")
    def _check(self) -> _Enrolment:
        if self.forced_by is not None and len({name.casefold() for name in self.forced_by}) < FORCING_PEOPLE:
            raise ValueError('forced_by must name two different people, such as ["A. Nurse", "B. Pharmacist"]')
        for key in ("starts_at", "ends_at"):
            if getattr(self.order, key) is not None and getattr(self.plan, key) is not None:
                raise ValueError(f"{key} stands both in order and in plan; keep one of them")
        starts_at, ends_at = self.starts_at_us, self.ends_at_us
        if starts_at is not None and ends_at is not None and ends_at <= starts_at:
            raise ValueError("ends_at must be later than starts_at")
        return self

    @property
    def starts_at_us(self) -> int | None:
        """The planned start, wherever it stands."""
        return self.order.starts_at if self.plan.starts_at is None else self.plan.starts_at

    @property
    def ends_at_us(self) -> int | None:
        """The planned end, wherever it stands."""
        return self.order.ends_at if self.plan.ends_at is None else self.plan.ends_at


class PumpTable(_Enrolment):
    """[[pumps]]: one pump."""

    id: Id
    driver: Text | None = None
    serial: Text | None = None
    options: dict[str, Any] = Field(default_factory=dict)


class FleetTable(_Enrolment):
    """[[fleets]]: many pumps of one therapy, read over sources, their ids in a file."""

    ids_file: LongText


class SourceTable(Table):
    """[[sources]]: one link that serves many pumps."""

    driver: Text
    name: Id | None = None
    options: dict[str, Any] = Field(default_factory=dict)
