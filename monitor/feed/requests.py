"""The shapes of what people send to the feed; whatever does not fit is refused before it becomes a command.

A value has the type that JSON gave it: a number as text, a word for true or a number for an instant is a mistake
of whoever sent it, and a guess at what was meant would be in force as an order or a report.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from monitor.feed.wire import instant_from
from monitor.interruption.events import MarkKind, Outcome
from monitor.interruption.order_words import CYCLE_MAX, DRUG_CHARACTERS_MAX, INDICATION_PATTERN, indication_word
from monitor.interruption.therapy_rules import AgeGroup

MINUTES_MAX = 24 * 60.0
"""Longest window of a mark."""

RATE_MAX_ML_PER_H = 2_000.0
"""More than any infusion pump of this kind delivers."""

INFUSION_DAYS_MAX = 366.0
"""More days of infusion than a course has."""

FREE_MAX = 64
"""Most free intervals of one order."""

Drug = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=DRUG_CHARACTERS_MAX)]
"""A drug's name."""

Indication = Annotated[str, StringConstraints(pattern=f"^{INDICATION_PATTERN}$"), BeforeValidator(indication_word)]
"""The pattern is for the schema; the words of the refusal are those of the core."""

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
"""A person's sentence."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
"""Whom the journal will name."""

Instant = Annotated[AwareDatetime, BeforeValidator(instant_from)]
"""RFC 3339 with offset, and no number or date alone that could be taken for one."""

_OF_A_FEW = Field(strict=False)
"""JSON has no words of a few: it is text that is looked up among them, and nothing else."""

Kind = Annotated[MarkKind, _OF_A_FEW]
ReviewOutcome = Annotated[Outcome, _OF_A_FEW]
Age = Annotated[AgeGroup, _OF_A_FEW]


class _Body(BaseModel):
    # Strict and closed: a mistyped key or a number sent as text is a mistake, and silence would hide it.
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class _Request(_Body):
    by: Name | None = Field(default=None, description="The person; without it the account is named.")


class AcknowledgeRequest(_Request):
    """Take note."""


class RungRequest(_Request):
    """Take note of a rung of an interruption."""

    rung: Name


class MarkRequest(_Request):
    """Mark something planned or seen."""

    kind: Kind
    minutes: Annotated[float, Field(gt=0, le=MINUTES_MAX)] | None = None
    note: Words | None = Field(default=None, description="What else was seen or done, such as a line that was flushed.")


class ReportRequest(_Request):
    """Say what was seen: the pump runs, or it has been stopped since an instant."""

    running: bool
    since: Instant | None = None

    @model_validator(mode="after")
    def _check(self) -> ReportRequest:
        if self.running and self.since is not None:
            raise ValueError("'since' belongs to a report that the pump is stopped")
        return self


class HoldRequest(_Request):
    """Begin or end a planned hold of the therapy."""

    started: bool
    reason: Words
    until: Instant | None = None


class FreeRequest(_Body):
    """A stretch of a course without therapy by plan."""

    from_at: Instant = Field(alias="from")
    until_at: Instant = Field(alias="until")

    @model_validator(mode="after")
    def _check(self) -> FreeRequest:
        if self.until_at <= self.from_at:
            raise ValueError("'until' must be after 'from'")
        return self


class OrderRequest(_Request):
    """Put a new order in force."""

    rate_ml_per_h: Annotated[float, Field(gt=0, le=RATE_MAX_ML_PER_H)]
    bag_hours: Annotated[float, Field(gt=0, le=31 * 24)] | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    drug: Drug | None = None
    indication: Indication | None = None
    age_group: Age | None = None
    cycle: Annotated[int, Field(ge=1, le=CYCLE_MAX)] | None = None
    infusion_days: Annotated[float, Field(gt=0, le=INFUSION_DAYS_MAX)] | None = None
    bag_expires_at: Instant | None = None
    free: Annotated[list[FreeRequest], Field(max_length=FREE_MAX)] | None = Field(
        default=None, description="Planned free intervals; left out, those of the order before stay."
    )

    @model_validator(mode="after")
    def _check(self) -> OrderRequest:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValueError("'ends_at' must be after 'starts_at'")
        return self


class SwapRequest(_Request):
    """Confirm that another pump now serves this patient."""

    serial: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]


class CloseRequest(_Request):
    """Review and close an interruption."""

    outcome: ReviewOutcome
    note: Words


class SessionRequest(_Body):
    """Change a token for a browser's session."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=512)]
