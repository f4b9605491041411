"""What came of a story, in the form that programs compare: one JSON object, lists in order."""

from __future__ import annotations

from typing import Any

from monitor.clock import SECOND_US
from monitor.feed.wire import rfc3339
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import Phase
from monitor.interruption.view import views
from monitor.service.engine import Engine
from monitor.service.recording import RungSummary, body_of
from monitor.storage.reader import PAGE_MAX, Reader
from monitor.storage.rows import AlertRow, InterruptionRow, StoredNotice

Contacts = dict[tuple[str, int | None, str], dict[str, None]]
"""By pump, interruption and rung: who was told, in order, each once."""


def result_of(engine: Engine, rejected: list[dict[str, Any]], now_us: int) -> dict[str, Any]:
    """Return interruptions, alerts, notices and refusals as they stand at ``now_us``."""
    reader = engine.store.reader
    notices = _all_notices(reader)
    return {
        "interruptions": _interruptions(engine, reader, notices, now_us),
        "alerts": _alerts(reader),
        "notices": [
            {
                "at": rfc3339(notice.created_at_us),
                "rung": notice.rung,
                "contact": notice.contact,
                "channel": notice.channel,
                "text": notice.text,
            }
            for notice in notices
        ],
        "rejected": rejected,
        "at": rfc3339(now_us),
    }


def _all_notices(reader: Reader) -> list[StoredNotice]:
    notices: list[StoredNotice] = []
    while page := reader.notices(PAGE_MAX, notices[-1].id if notices else None):
        notices.extend(page)
    notices.reverse()
    return notices


def by_onset(reader: Reader) -> list[tuple[str, InterruptionRow]]:
    """Return all stored interruptions by their onset, each with the id that a story's result gives it.

    They are numbered by onset and not by discovery, so that the order of arrival does not show.
    """
    rows: list[InterruptionRow] = []
    before: int | None = None
    while page := reader.interruptions(PAGE_MAX, before=before):
        rows.extend(row for _, row in page)
        before = page[-1][0]
    rows = [row for row in rows if not _is_part(row, rows)]
    rows.sort(key=lambda row: (row.opened_at_us, row.pump))
    counts: dict[str, int] = {}
    named: list[tuple[str, InterruptionRow]] = []
    for row in rows:
        counts[row.pump] = counts.get(row.pump, 0) + 1
        named.append((f"{row.pump}-{counts[row.pump]}", row))
    return named


def _is_part(row: InterruptionRow, rows: list[InterruptionRow]) -> bool:
    """Return whether a row was found to be part of another interruption, which counts its stops."""
    if row.stops or row.phase != Phase.ENDED:
        return False
    return any(
        other.pump == row.pump
        and other.stops > 0
        and other.opened_at_us <= row.opened_at_us
        and (other.ended_at_us is None or row.opened_at_us <= other.ended_at_us)
        for other in rows
    )


def _interruptions(engine: Engine, reader: Reader, notices: list[StoredNotice], now_us: int) -> list[dict[str, Any]]:
    live: dict[tuple[str, int], InterruptionView] = {}
    for entry in engine.book.entries.values():
        state = entry.state
        if state is not None:
            for view in views(state, entry.policy, now_us):
                live[view.pump, view.number] = view
    told: Contacts = {}
    for notice in notices:
        told.setdefault((notice.pump, notice.interruption, notice.rung), {})[notice.contact] = None
    return [_interruption(name, row, live.get((row.pump, row.number)), told) for name, row in by_onset(reader)]


def _interruption(name: str, row: InterruptionRow, view: InterruptionView | None, told: Contacts) -> dict[str, Any]:
    is_live = view is not None and view.phase is Phase.OPEN
    low = view.off_min_us if view is not None and is_live else row.off_min_us
    high = view.off_max_us if view is not None and is_live else row.off_max_us
    off_class = view.off_class if view is not None and is_live else row.off_class
    return {
        "id": name,
        "pump": row.pump,
        "opened_at": rfc3339(row.opened_at_us),
        "ended_at": None if row.ended_at_us is None else rfc3339(row.ended_at_us),
        "state": row.phase,
        "off_min_s": _seconds(low),
        "off_max_s": _seconds(high),
        "class": off_class,
        "merged_stops": row.stops if view is None or not is_live else view.merged_stops,
        "found_late": row.found_late,
        "rungs": [_rung(rung, row, told) for rung in body_of(row).rungs],
    }


def _rung(rung: RungSummary, row: InterruptionRow, told: Contacts) -> dict[str, Any]:
    contacts = told.get((row.pump, row.number, rung.rung), {})
    return {"rung": rung.rung, "due_at": rfc3339(rung.due_at_us), "told": list(contacts)}


def _alerts(reader: Reader) -> list[dict[str, Any]]:
    rows: list[AlertRow] = []
    before: int | None = None
    while page := reader.alerts(PAGE_MAX, before=before):
        rows.extend(row for _, row in page)
        before = page[-1][0]
    rows.sort(key=lambda row: (row.raised_at_us, row.pump, row.number))
    return [
        {
            "pump": row.pump,
            "code": row.code,
            "priority": row.priority,
            "raised_at": rfc3339(row.raised_at_us),
            "resolved_at": None if row.resolved_at_us is None else rfc3339(row.resolved_at_us),
            "acknowledged_by": row.acknowledged_by,
        }
        for row in rows
    ]


def _seconds(span_us: int) -> int | float:
    whole, rest = divmod(span_us, SECOND_US)
    return whole if rest == 0 else span_us / SECOND_US
