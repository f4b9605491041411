"""The tables about what is watched: [[pumps]], [[fleets]] and [[sources]]."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from monitor.config.fields import Id, Instant, LongText, Name, Number, Table, Text

RATE_MAX_ML_PER_H = 2_000.0
"""More than any infusion pump of this kind delivers."""

BAG_HOURS_MAX = 31 * 24.0
"""More than any bag keeps."""


class PlanTable(Table):
    """plan: when the therapy as a whole begins and ends."""

    starts_at: Instant | None = None
    ends_at: Instant | None = None

    @model_validator(mode="after")
    def _check(self) -> PlanTable:
        if self.starts_at is not None and self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be later than starts_at")
        return self


class OrderTable(PlanTable):
    """order: what is to be infused."""

    rate_ml_per_h: Annotated[Number, Field(gt=0, le=RATE_MAX_ML_PER_H)] | None = None
    bag_hours: Annotated[Number, Field(gt=0, le=BAG_HOURS_MAX)] | None = None


class _Enrolment(Table):
    therapy: Name = "blinatumomab"
    order: OrderTable = OrderTable()
    plan: PlanTable = PlanTable()

    @model_validator(mode="after")
    def _check(self) -> _Enrolment:
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
