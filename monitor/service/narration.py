"""Says in plain words what a record of the journal means, for whoever watches a story unfold."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.escalation.phrases import bounds
from monitor.feed.records import FeedRecord, InterruptionRecord
from monitor.feed.wire import rfc3339


def narrate(record: FeedRecord) -> str | None:  # noqa: PLR0911 - one sentence for each kind of record
    """Return one sentence about a record, or None if it is not worth one."""
    data = record.data
    match record.kind:
        case "interruption-opened":
            return "Flow stopped, or may have: an interruption is open."
        case "flow-returned":
            return f"Flow is confirmed again{_after(data)}."
        case "interruption-amended" if data.get("off_class") == "possible":
            return "The worst case has reached the restart threshold: no restart without supervision."
        case "interruption-amended" if data.get("off_class") == "reached":
            return "The restart threshold was certainly reached."
        case "phase-changed" if data.get("phase") == "ended":
            return "Flow has lasted: the interruption ended below the threshold."
        case "phase-changed" if data.get("phase") == "awaiting-review":
            return "The interruption waits for a clinician's review: a late restart is never an all-clear."
        case "alert-raised":
            alert = data.get("alert")
            code = alert.get("code") if isinstance(alert, dict) else None
            return f"Alert: {code}."
        case "person-acted":
            return f"{data.get('by')}: {str(data.get('what')).replace(':', ' ')}."
        case _:
            return None


def summed_up(one: InterruptionRecord) -> str:
    """Return what an interruption came to, in one line."""
    view = one.view
    off = bounds(view.off_min_us, view.off_max_us, is_unbounded=view.is_unbounded)
    rungs = ", ".join(rung.rung for rung in one.rungs)
    told = f"told: {rungs}" if rungs else "nobody had to be told"
    return f"{view.id}: from {rfc3339(view.opened_at_us)[11:16]}, {off}, {view.off_class}, {view.phase}; {told}"


def _after(data: Mapping[str, object]) -> str:
    least_us, most_us = data.get("off_min_us"), data.get("off_max_us")
    if not isinstance(least_us, int) or not isinstance(most_us, int):
        return ""
    return f" after {bounds(least_us, most_us)}"
