"""Measures how long a course of 28 days takes through ``replay``, at one observation a minute."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drivers.registry import discover
from monitor.config.loading import load
from monitor.interruption.events import Role
from monitor.service.replay import Replay
from monitor.service.story import read_story
from tests.benchmarks.figures import Report, Spread, Target

DAYS = 28
MINUTES = DAYS * 24 * 60
BEGINS_AT = datetime(2026, 10, 1, tzinfo=UTC)
BAG_ML = 240.0
RATE_ML_PER_H = 5.0
ASIDE = 12
"""Minutes in which each bag is changed."""
LIMIT = Target(3.0, is_least=False, unit=" s")

CONFIG = """
[site]
id = "home"
time_zone = "Europe/Berlin"
call_back_number = "+1 555 0100"

[storage]
url = "sqlite:///{folder}/pumpwatch.db"

[[pumps]]
id = "bed-1"
therapy = "blinatumomab"
order = {{ rate_ml_per_h = 5.0 }}
"""


def run(report: Report, folder: Path, *, quick: bool) -> None:
    """Replay a course on which nothing happens, and one with bags, alarms and the pump's counter."""
    path = folder / "pumpwatch.toml"
    path.write_text(CONFIG.format(folder=folder))
    story = folder / "story.jsonl"
    for name, lines in (("nothing happens", _quiet()), ("bags, alarms and the counter", _lived())):
        story.write_bytes(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
        took_s = [_replayed_s(path, story) for _ in range(2 if quick else 5)]
        report.figure(f"{DAYS} days at one observation a minute, {name}", Spread.of(took_s), LIMIT)
    command_s = _command_s(path, story)
    report.say(f"the same by the command, its start and its printing included: {command_s:.2f} s")


def _replayed_s(path: Path, story: Path) -> float:
    """Return processor seconds from reading the first line to the result."""
    config = load(path, discover())
    begun_s = time.process_time()
    with story.open("rb") as lines:
        found = Replay(config).run(read_story(lines, story.name, lambda _: Role.CAREGIVER))
    took_s = time.process_time() - begun_s
    assert not found["rejected"], found["rejected"][:1]
    return took_s


def _command_s(path: Path, story: Path) -> float:
    begun_s = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "monitor", "replay", "--config", str(path), str(story)],
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.monotonic() - begun_s


def _quiet() -> Iterator[dict[str, object]]:
    for minute in range(MINUTES):
        yield _said(minute, delivery="delivering", rate_ml_per_h=RATE_ML_PER_H, battery_percent=80)


def _lived() -> Iterator[dict[str, object]]:
    """Change the bag each time that it is empty, and let a low battery be told and end each day."""
    given_ml, left_ml, aside = 0.0, BAG_ML, 0
    for minute in range(MINUTES):
        if left_ml <= 0:
            left_ml, aside = BAG_ML, ASIDE
        if minute % (24 * 60) in {600, 620}:
            phase = "start" if minute % (24 * 60) == 600 else "end"
            yield {"v": 1, "at": _at(minute), "pump": "bed-1", "kind": "alarm", "code": "batt-low", "phase": phase}
        if aside:
            aside -= 1
            delivery, rate = "not-delivering", 0.0
        else:
            delivery, rate = "delivering", RATE_ML_PER_H
            given_ml, left_ml = given_ml + RATE_ML_PER_H / 60, left_ml - RATE_ML_PER_H / 60
        yield _said(
            minute,
            delivery=delivery,
            rate_ml_per_h=rate,
            volume_delivered_ml=round(given_ml, 1),
            volume_remaining_ml=max(round(left_ml, 1), 0.0),
        )


def _said(minute: int, **words: object) -> dict[str, object]:
    return {"v": 1, "at": _at(minute), "pump": "bed-1", "kind": "status", "seq": minute + 1, "boot": "b1", **words}


def _at(minute: int) -> str:
    return (BEGINS_AT + timedelta(minutes=minute)).isoformat()
