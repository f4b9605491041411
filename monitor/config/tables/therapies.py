"""The tables about limits: [therapies.NAME], and the files of the built-in profiles, which are of the same kind."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import Annotated

from pydantic import BeforeValidator, Field

from monitor.config.durations import duration_us
from monitor.config.fields import Number, Table, Text, within
from monitor.config.tables.rules import (
    BAG_HOURS_MAX,
    CumulativeTable,
    HoldRuleTable,
    RateTable,
    RestartTextTable,
    ScheduleTable,
    ThresholdTable,
    threshold,
)
from monitor.interruption.order_words import drug_name

LATENCY_RATES_MAX = 50
"""Most rows of a latency table."""

_RATE = re.compile(r"[0-9]{1,4}(\.[0-9]{1,6})?")
_LATENCY_MAX_US = duration_us("120h")


def latency_us(value: object) -> dict[float, int]:
    """Return a latency table as microseconds by rate in mL/h.

    Raises:
        ValueError: A clause for people.
    """
    if not isinstance(value, dict) or not 1 <= len(value) <= LATENCY_RATES_MAX:
        raise ValueError('must be a table of duration by rate in mL/h, such as { "10" = "8min", "0.6" = "124min" }')
    table: dict[float, int] = {}
    for key, latency in value.items():
        _refuse_bare_point(key, latency)
        if not _RATE.fullmatch(key) or not math.isfinite(rate := float(key)) or rate <= 0:
            raise ValueError(f"{key!r} is no rate in mL/h above 0")
        try:
            found_us = duration_us(latency)
        except ValueError as fault:
            raise ValueError(f"at {key} mL/h: {fault}") from None
        if rate in table:
            raise ValueError(f"{key} mL/h stands there twice")
        if found_us > _LATENCY_MAX_US:
            raise ValueError(f"at {key} mL/h: longer than 120h")
        table[rate] = found_us
    _refuse_faster_when_slower(table)
    return table


def _refuse_bare_point(key: str, latency: object) -> None:
    match latency:
        case dict():
            # TOML reads 1.8 = "41min" as a table 1 with a key 8.
            raise ValueError(f'write the rate in quotes: "{key}.{next(iter(latency), 0)}" = "..."')
        case _:
            return


def _refuse_faster_when_slower(table: dict[float, int]) -> None:
    rates = sorted(table)
    for slower, faster in pairwise(rates):
        # An occluded line fills with what the pump pushes, so a slower pump never notices it sooner.
        if table[slower] < table[faster]:
            raise ValueError(f"{slower:g} mL/h cannot be noticed sooner than {faster:g} mL/h; are two rows mixed up?")


def _drug(value: object) -> str:
    return drug_name(value).casefold()


class TherapyTable(Table):
    """[therapies.NAME]: tightens a built-in profile, or lays down a new one."""

    thresholds: (
        Annotated[list[Annotated[ThresholdTable, BeforeValidator(threshold)]], Field(min_length=1, max_length=10)]
        | None
    ) = None
    volume_deficit_fraction: Annotated[Number, Field(ge=0.01, le=0.5)] | None = None
    volume_deficit_action: Text | None = None
    silence_max: Annotated[int, within("10s", "4h")] | None = None
    merge_run: Annotated[int, within("1min", "24h")] | None = None
    min_rate_fraction: Annotated[Number, Field(ge=0.5, le=1)] | None = None
    max_rate_fraction: Annotated[Number, Field(ge=1, le=2)] | None = None
    kvo_counts: bool | None = None
    maintenance_quiet: Annotated[int, within("0s", "30min")] | None = None
    maintenance_max: Annotated[int, within("0s", "30min")] | None = None
    latency: Annotated[dict[float, int], BeforeValidator(latency_us)] | None = None
    latency_source: Text | None = None
    counter_step_ml: Annotated[Number, Field(gt=0, le=10)] | None = None
    bag_error_fraction: Annotated[Number, Field(ge=0.01, le=0.5)] | None = None
    completion: Annotated[int, within("0s", "4h")] | None = None
    amend: Annotated[int, within("1h", "30d")] | None = None
    schedule: ScheduleTable | None = None
    cumulative: CumulativeTable | None = None
    do_not: Annotated[list[Text], Field(max_length=10)] | None = None
    drugs: Annotated[list[Annotated[str, BeforeValidator(_drug)]], Field(min_length=1, max_length=20)] | None = None
    rates: Annotated[list[RateTable], Field(min_length=1, max_length=50)] | None = None
    bag_hours_max: Annotated[Number, Field(gt=0, le=BAG_HOURS_MAX)] | None = None
    hold_rules: Annotated[list[HoldRuleTable], Field(max_length=50)] | None = None
    restart_texts: Annotated[list[RestartTextTable], Field(max_length=100)] | None = None
    source: Text | None = None
    version: Text | None = None


class ProfileTable(TherapyTable):
    """A built-in profile: a therapy with the pace of its ladder, and how short a schedule may be."""

    nurse_after: Annotated[int, within("0s", "24h")] | None = None
    page_after: Annotated[int, within("1min", "24h")] | None = None
    schedule_hours_min: Annotated[Number, Field(gt=0, le=24)] | None = None
