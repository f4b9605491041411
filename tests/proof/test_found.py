"""Replays every history that once broke an invariant, through the whole product, against the truth it was made of."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from drivers.registry import discover
from monitor.config.loading import parse
from monitor.service.people import roles_of
from monitor.service.replay import Replay
from monitor.service.story import read_story
from storybook import HOME

FOUND = sorted((Path(__file__).parent / "found").glob("*.jsonl"))


def played(lines: list[bytes]) -> dict[str, Any]:
    """Return what comes of a story in a home with nothing but the defaults."""
    settings = parse(HOME.format(zone="UTC", extra='serial = "S1"'), Path.cwd(), discover())
    return Replay(settings).run(read_story(lines, "found", roles_of(settings)))


def instants(pair: list[str]) -> tuple[datetime, datetime]:
    """Return the two ends of a stretch."""
    return datetime.fromisoformat(pair[0]), datetime.fromisoformat(pair[1])


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_a_history_that_was_once_told_wrong_is_told_right(path: Path) -> None:
    lines = path.read_bytes().splitlines()
    told = json.loads(lines[-1])
    result = played(lines)
    assert not result["rejected"]
    since = datetime.fromisoformat(told["since"])
    found = [one for one in result["interruptions"] if datetime.fromisoformat(one["opened_at"]) >= since]
    owed_s = sum((end - start).total_seconds() for start, end in map(instants, told["owed"]))
    assert sum(one["off_max_s"] for one in found) >= owed_s
    assert sum(one["off_min_s"] for one in found) <= told["stood_s"]
    for start, end in map(instants, told["owed"]):
        now = datetime.fromisoformat(result["at"])
        windows = [
            (datetime.fromisoformat(one["opened_at"]), datetime.fromisoformat(one["ended_at"] or result["at"]))
            for one in result["interruptions"]
        ]
        is_young = (now - start).total_seconds() <= 15 * 60
        assert is_young or any(first <= start and end <= last for first, last in windows)


def test_there_is_a_history_that_once_was_told_wrong() -> None:
    assert FOUND
