"""Evidence is a set: the same facts in any order, twice, in other batches or over a restart end in the same bytes."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from storybook import Tale

LOG: list[tuple[str, str, dict[str, Any]]] = [
    ("alarm", "10:20:30", {"code": "occl-down", "phase": "start"}),
    ("event", "10:41:30", {"event": "delivery-start"}),
    ("event", "12:10:30", {"event": "delivery-stop"}),
    ("event", "12:14:30", {"event": "delivery-start"}),
    ("event", "12:31:30", {"event": "delivery-stop"}),
    ("alarm", "12:33:30", {"code": "air", "phase": "start"}),
    ("event", "12:52:30", {"event": "delivery-start"}),
    ("event", "15:05:30", {"event": "delivery-stop"}),
    ("event", "15:06:30", {"event": "delivery-start"}),
]
"""What the pump's log says of one day."""

STANDS = [("10:20:30", "10:41:30"), ("12:10:30", "12:14:30"), ("12:31:30", "12:52:30"), ("15:05:30", "15:06:30")]

SILENT = ("12:00", "13:30")
"""When nothing is heard: the log of that time comes afterwards."""


def _day(order: random.Random | None, *, is_restarted: bool, has_counter: bool) -> str:
    """Return the interruptions of the day as ``replay`` prints them, without what depends on when people were told."""
    tale = Tale()
    _statuses(tale, has_counter=has_counter)
    for kind, when, fields in LOG:
        heard = {when} if order is None else {_later(when, order) for _ in range(order.randint(1, 3))}
        for at in sorted(heard):
            age_s = (tale.at(at) - tale.at(when)).total_seconds()
            late = {"age_s": age_s} if age_s else {}
            tale.say(at, v=1, kind=kind, **fields, **late)
    if is_restarted:
        tale.say("14:02:10", restart={"down_s": 40, "clock": "good"})
    result = tale.play(until="17:30").result
    kept = [one for one in result["interruptions"] if one["merged_stops"]]
    for one in kept:
        for told in ("rungs", "found_late", "id"):
            del one[told]
    assert kept
    return json.dumps(kept)


def _later(when: str, order: random.Random) -> str:
    """Return an instant up to an hour and a half later; what happened in silence is heard after it."""
    hours, minutes, seconds = (int(part) for part in when.split(":"))
    start = hours * 60 + minutes
    if SILENT[0] <= when < SILENT[1]:
        start = max(start, 13 * 60 + 31)
    heard = min(start + order.randint(0, 90), 17 * 60 + 20)
    if heard == 14 * 60 + 1:
        heard += 2
    second = seconds if heard == hours * 60 + minutes else order.randint(1, 59)
    return f"{heard // 60:02}:{heard % 60:02}:{second:02}"


def _statuses(tale: Tale, *, has_counter: bool) -> None:
    for minute in range(9 * 60, 17 * 60 + 30, 4):
        when = f"{minute // 60:02}:{minute % 60:02}"
        if SILENT[0] <= when < SILENT[1]:
            continue
        at = tale.at(when)
        stands = any(tale.at(first) <= at < tale.at(last) for first, last in STANDS)
        off_s = sum(max(0.0, (min(at, tale.at(last)) - tale.at(first)).total_seconds()) for first, last in STANDS)
        ran_h = ((at - tale.at("9:00")).total_seconds() - off_s) / 3600
        counted = {"volume_delivered_ml": int(ran_h * 50 + 1e-6) / 10} if has_counter else {}
        tale.status(at, "not-delivering" if stands else "delivering", **counted)


@pytest.mark.parametrize("has_counter", [False, True])
@pytest.mark.parametrize("is_restarted", [False, True])
def test_any_order_any_duplicates_and_a_restart_end_in_the_same_bytes(*, has_counter: bool, is_restarted: bool) -> None:
    ordered = _day(None, is_restarted=False, has_counter=has_counter)
    for seed in range(8):
        order = random.Random(seed)  # noqa: S311 - an order of arrival, no secret
        assert _day(order, is_restarted=is_restarted, has_counter=has_counter) == ordered, seed


@pytest.mark.parametrize("count", [22, 28, 40])
def test_a_whole_log_in_any_order_is_the_same_log(count: int) -> None:
    def told(seed: int | None) -> str:
        tale = Tale()
        tale.runs("07:00", "08:00")
        entries = []
        for number in range(count):
            minute = 8 * 60 + 5 + number * 6
            entries += [(minute, "delivery-stop"), (minute + 2, "delivery-start")]
        if seed is not None:
            random.Random(seed).shuffle(entries)  # noqa: S311 - an order of arrival, no secret
        for place, (minute, event) in enumerate(entries):
            at = f"13:{place // 60 + 30:02}:{place % 60:02}"
            age_s = (tale.at(at) - tale.at(f"{minute // 60:02}:{minute % 60:02}")).total_seconds()
            tale.say(at, v=1, kind="event", event=event, age_s=age_s)
        tale.runs("13:45", "14:30")
        result = tale.play().result
        assert len(result["interruptions"]) == 1
        (one,) = result["interruptions"]
        return json.dumps([one[key] for key in ("id", "opened_at", "off_min_s", "off_max_s", "class", "merged_stops")])

    ordered = told(None)
    for seed in range(3):
        assert told(seed) == ordered, seed
