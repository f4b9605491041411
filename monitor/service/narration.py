"""Says in plain words what a record of the journal means, for whoever watches a story unfold."""

from __future__ import annotations

from monitor.feed.records import FeedRecord


def narrate(record: FeedRecord) -> str | None:  # noqa: PLR0911 - one sentence for each kind of record
    """Return one sentence about a record, or None if it is not worth one."""
    data = record.data
    match record.kind:
        case "interruption-opened":
            return "Flow stopped, or may have: an interruption is open."
        case "flow-returned":
            return (
                f"Flow is confirmed again after {_minutes(data, 'off_min_us')} to {_minutes(data, 'off_max_us')} min."
            )
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


def _minutes(data: object, name: str) -> str:
    value = data.get(name) if isinstance(data, dict) else None
    return f"{value / 60_000_000:.0f}" if isinstance(value, int) else "?"
