"""Orders and notes as stories write them: read as meant, or refused with the key that is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monitor.interruption.events import FreeInterval, Marked, Ordered, Role
from monitor.service.story import Acted, RefusedLine, StoryItem, read_story

NOON_US = 1_772_452_800_000_000
"""2026-03-02 12:00 UTC."""

DAY_US = 86_400_000_000


def read(**fields: Any) -> StoryItem:
    line = {"at": "2026-03-02T12:00:00Z", "pump": "p1", "by": "doctor", **fields}
    (item,) = read_story([json.dumps(line).encode()], "story", lambda _: Role.CLINICIAN)
    return item


def test_an_order_says_rate_bag_plan_course_and_patient() -> None:
    item = read(
        order={
            "rate_ml_per_h": 0.6,
            "bag_hours": 168,
            "starts_at": "2026-03-03T12:00:00Z",
            "ends_at": "2026-03-30T12:00:00Z",
            "infusion_days": 28,
            "bag_expires_at": "2026-03-09T12:00:00Z",
            "drug": "blinatumomab",
            "indication": "mrd-positive",
            "age_group": "child",
            "cycle": 2,
            "free": [{"from": "2026-03-04T12:00:00Z", "until": "2026-03-05T14:00:00+02:00"}],
        }
    )
    assert isinstance(item, Acted)
    event = item.make(NOON_US)
    assert isinstance(event, Ordered)
    order = event.order
    assert (order.rate_ml_per_h, order.bag_hours, order.infusion_days) == (0.6, 168, 28)
    assert (order.starts_at_us, order.bag_expires_at_us) == (NOON_US + DAY_US, NOON_US + 7 * DAY_US)
    assert order.patient_kind == ("mrd-positive", "child", 2)
    assert order.free == (FreeInterval(NOON_US + 2 * DAY_US, NOON_US + 3 * DAY_US),)


@pytest.mark.parametrize("minutes", [-5, 1441, 1e300])
def test_a_mark_of_impossible_length_is_refused(minutes: float) -> None:
    item = read(mark="bag-change", minutes=minutes)
    assert isinstance(item, RefusedLine)
    assert item.why == "story line 1: minutes must be a number from 0 to 1440"


@pytest.mark.parametrize("minutes", [0, 1440])
def test_a_mark_may_be_as_long_as_a_day(minutes: float) -> None:
    assert isinstance(read(mark="bag-change", minutes=minutes), Acted)


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ({"rate_ml_per_h": 1e300}, "order.rate_ml_per_h must be a number above 0, at most 2000"),
        ({}, "order says nothing that is known; it needs rate_ml_per_h"),
        ({"rate": 5}, "order says nothing that is known; it needs rate_ml_per_h"),
        ({"bag_hours": 745}, "order.bag_hours must be a number above 0, at most 744"),
        ({"infusion_days": 1e9}, "order.infusion_days must be a number above 0, at most 366"),
        ({"ends_at": "9999-12-31T23:59:59-05:00"}, "order.ends_at lies outside the years 1970 to 2099: "),
        (
            {"starts_at": "2026-03-30T12:00:00Z", "ends_at": "2026-03-02T12:00:00Z"},
            "order.ends_at must be after starts_at",
        ),
    ],
)
def test_an_order_beyond_all_bounds_is_refused(order: dict[str, Any], why: str) -> None:
    item = read(order=order)
    assert isinstance(item, RefusedLine)
    assert item.why.startswith(f"story line 1: {why}")


def test_what_an_order_does_not_say_stays_open() -> None:
    item = read(order={"rate_ml_per_h": 5})
    assert isinstance(item, Acted)
    event = item.make(NOON_US)
    assert isinstance(event, Ordered)
    assert (event.order.free, event.order.cycle, event.order.infusion_days) == (None, None, None)


@pytest.mark.parametrize(
    ("order", "key"),
    [
        ({"infusion_days": 0}, "order.infusion_days"),
        ({"infusion_days": True}, "order.infusion_days"),
        ({"bag_expires_at": "tomorrow"}, "order.bag_expires_at"),
        ({"starts_at": "2026-03-03T12:00:00"}, "order.starts_at"),
        ({"cycle": 0}, "order.cycle"),
        ({"age_group": "old"}, "order.age_group"),
        ({"free": {}}, "order.free"),
        ({"free": [7]}, "order.free[0].from"),
        ({"free": [{"from": "2026-03-04T12:00:00Z"}]}, "order.free[0].until"),
        ({"free": [{"from": "2026-03-04T12:00:00Z", "until": "2026-03-04T12:00:00Z"}]}, "order.free[0].until"),
        ({"free": [{}] * 65}, "order.free"),
    ],
)
def test_an_order_that_cannot_be_meant_is_refused_by_its_key(order: dict[str, Any], key: str) -> None:
    item = read(order=order)
    assert isinstance(item, RefusedLine)
    assert f"line 1: {key}" in item.why


def test_a_mark_carries_its_note() -> None:
    item = read(mark="reconnect", note="line flushed")
    assert isinstance(item, Acted)
    event = item.make(NOON_US)
    assert isinstance(event, Marked)
    assert event.note == "line flushed"
