"""Explains every interruption of a story that was played, under the ids that the story's result gives them."""

from __future__ import annotations

from typing import Any

from monitor.feed.explained import explained_answer
from monitor.feed.ids import interruption_id
from monitor.feed.records import Health, Site
from monitor.service.engine import Engine
from monitor.service.feed_source import EngineSource
from monitor.service.replay_result import by_onset


def explanations_of(engine: Engine, site: Site, now_us: int) -> dict[str, Any]:
    """Return by id what the feed would answer about each interruption at ``now_us``."""
    source = EngineSource(engine, lambda: Health(at_us=now_us, checks=()), site)
    found: dict[str, Any] = {}
    for name, row in by_onset(engine.store.reader):
        record = source.interruption(interruption_id(row.pump, row.number))
        if record is not None:
            found[name] = _renamed(explained_answer(record, site).model_dump(mode="json", by_alias=True), name)
    return found


def _renamed(answer: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an answer under the id that a story's result gives the interruption."""
    first, *rest = answer["explanation"]
    return answer | {"id": name, "explanation": [first.replace(f" {answer['id']} ", f" {name} ", 1), *rest]}
