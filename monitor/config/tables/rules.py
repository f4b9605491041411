"""The smaller tables inside [therapies.NAME]: thresholds, rates, schedule, holds, restarts, sums."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from monitor.config.durations import duration_us
from monitor.config.fields import Name, Number, Table, Text, within
from monitor.interruption.order_words import age_group_word, indication_word
from monitor.interruption.therapy_rules import AgeGroup, Audience, Basis, Cycles

RATE_MAX_ML_PER_H = 2_000.0
"""More than any infusion pump of this kind delivers."""

BAG_HOURS_MAX = 31 * 24.0
"""More than any bag keeps."""

HOLD_DAYS_MAX = 366
"""Longer than any hold of which a label speaks."""

_THRESHOLD = re.compile(r"\s*(>=|>)?\s*(.*)", re.DOTALL)
_WALL_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def threshold(value: Any) -> Any:  # noqa: ANN401 - whatever TOML gave; pydantic judges what comes out
    """Return the long form of a threshold that is written as "4h", ">= 4h" or "> 1h"."""
    if isinstance(value, dict):
        return value
    match = _THRESHOLD.fullmatch(value) if isinstance(value, str) else None
    sign, off_time = (None, value) if match is None else match.groups()
    duration_us(off_time)
    return {"off_time": off_time, "inclusive": sign != ">"}


def wall_minutes(value: object) -> int:
    """Return a time of the wall clock, written as "07:00", in minutes of the day.

    Raises:
        ValueError: A clause for people.
    """
    match = _WALL_TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('must be a time of the wall clock in quotes, from "00:00" to "23:59"')
    return int(match[1]) * 60 + int(match[2])


def _one_of(words: type[Audience | Basis | Cycles]) -> BeforeValidator:
    def check(value: object) -> Audience | Basis | Cycles:
        if isinstance(value, str) and value in tuple(words):
            return words(value)
        raise ValueError(f"must be one of {', '.join(words)}")

    return BeforeValidator(check)


def _age_group(value: object) -> AgeGroup:
    return AgeGroup(age_group_word(value))


Indication = Annotated[str, BeforeValidator(indication_word)]
"""What a course is for."""

AgeGroupWord = Annotated[AgeGroup, BeforeValidator(_age_group)]
"""Adult or child."""

WallTime = Annotated[int, BeforeValidator(wall_minutes)]
"""A time of the wall clock; minutes of the day inside."""

BasisWord = Annotated[Basis, _one_of(Basis)]
"""Who says a figure."""


class ThresholdTable(Table):
    """One entry of thresholds."""

    off_time: Annotated[int, within("1min", "72h")]
    inclusive: bool = True
    action: Text | None = None
    audience: Annotated[Audience, _one_of(Audience)] | None = None
    basis: BasisWord | None = None
    fallback: bool = False


class RateTable(Table):
    """One entry of rates: how fast the therapy is given, and how long a bag lasts at most at that rate."""

    rate_ml_per_h: Annotated[Number, Field(gt=0, le=RATE_MAX_ML_PER_H)]
    bag_hours: Annotated[Number, Field(gt=0, le=BAG_HOURS_MAX)] | None = None


class ScheduleTable(Table):
    """schedule: the part of every day in which the therapy is given, by the wall clock of site.time_zone."""

    starts: WallTime
    ends: WallTime

    @model_validator(mode="after")
    def _check(self) -> ScheduleTable:
        if self.starts == self.ends:
            raise ValueError("starts and ends are the same; leave the schedule out for a therapy of the whole day")
        return self


class CumulativeTable(Table):
    """cumulative: a note when several interruptions add up."""

    window: Annotated[int, within("1h", "72h")]
    advisory: Annotated[int, within("1min", "72h")] | None = None


class HoldRuleTable(Table):
    """One entry of hold_rules: what is said of a hold of some length for some reasons."""

    reasons: Annotated[list[Name], Field(min_length=1, max_length=20)]
    over_days: Annotated[Number, Field(ge=0, le=HOLD_DAYS_MAX)] | None = None
    up_to_days: Annotated[Number, Field(gt=0, le=HOLD_DAYS_MAX)] | None = None
    text: Text
    basis: BasisWord = Basis.OURS

    @model_validator(mode="after")
    def _check(self) -> HoldRuleTable:
        if self.over_days is not None and self.up_to_days is not None and self.up_to_days <= self.over_days:
            raise ValueError("up_to_days must be longer than over_days")
        return self


class RestartTextTable(Table):
    """One entry of restart_texts: the label's words for one kind of patient."""

    indication: Indication
    age_group: AgeGroupWord
    cycles: Annotated[Cycles, _one_of(Cycles)] = Cycles.ANY
    text: Annotated[Text, Field(max_length=90)]
    restart_named: bool
