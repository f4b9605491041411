"""Lays out pumps and alerts for people as tables that are whole on a terminal of 80 columns.

What a pump said is shown as it is, never as markup; what does not fit goes on in the next line.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from drivers.contract import AlarmCode
from monitor.cli.site_time import SiteTime
from monitor.escalation.phrases import bounds, exact_length
from monitor.interruption.alarms import AlertPriority
from monitor.interruption.policy import SECOND_US

Answer = dict[str, Any]
"""One item of a feed's answer."""

_UNKNOWN_LINK = {"state": "unknown", "last_contact_age_s": None}


def pump_table(pumps: list[Answer], time: SiteTime) -> Table:
    """Return a table of pumps, in the order in which the daemon gave them."""
    table = _table("pump", "state", "off-time", "deadline", "link")
    for one in pumps:
        _add(
            table,
            one["id"],
            f"{one.get('state', '')}\n{one.get('delivery') or 'nothing said yet'}",
            _off_time(one),
            _deadline(one, time),
            _link(one.get("link") or _UNKNOWN_LINK),
        )
    return table


def alert_table(alerts: list[Answer], time: SiteTime) -> Table:
    """Return a table of alerts: open ones first, the highest priority first, then the oldest."""
    table = _table("priority", "alert", "id", "raised")
    for one in sorted(alerts, key=_urgency):
        life = [time.shown(one["raised_at"])]
        if one.get("acknowledged_by"):
            life.append(f"acknowledged by {one['acknowledged_by']}")
        if one.get("resolved_at"):
            life.append(f"resolved {time.shown(one['resolved_at'])}")
        _add(table, one["priority"], f"{_code(one)}\n{one.get('pump') or 'the monitor'}", one["id"], "\n".join(life))
    return table


def _table(*headings: str) -> Table:
    table = Table()
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _add(table: Table, *cells: str) -> None:
    table.add_row(*(Text(cell) for cell in cells))


def _urgency(alert: Answer) -> tuple[bool, int, datetime]:
    ranks = [priority.value for priority in AlertPriority]
    priority = alert["priority"]
    # A word that a newer daemon may have is not put last: nobody here knows how urgent it is.
    rank = ranks.index(priority) if priority in ranks else 0
    return bool(alert.get("resolved_at")), rank, datetime.fromisoformat(alert["raised_at"])


def _code(alert: Answer) -> str:
    code, raw = alert["code"], alert.get("raw_code")
    return f"{code}: {raw}" if raw and code == AlarmCode.UNKNOWN_ALARM.value else str(code)


def _off_time(pump: Answer) -> str:
    least_s, most_s = pump.get("off_min_s"), pump.get("off_max_s")
    if least_s is None or most_s is None:
        return ""
    pair = bounds(_us(least_s), _us(most_s), is_unbounded=_is_unbounded(pump))
    return f"{pair.replace(', ', chr(10), 1)}\n{pump.get('class') or ''}"


def _deadline(pump: Answer, time: SiteTime) -> str:
    if _is_unbounded(pump):
        return "not known until the clock is set"
    met_at = (pump.get("interruption") or {}).get("threshold_met_at")
    return f"passed {time.shown(met_at)}" if met_at else time.shown(pump.get("deadline_at"))


def _is_unbounded(pump: Answer) -> bool:
    return bool((pump.get("interruption") or {}).get("is_unbounded"))


def _link(link: Answer) -> str:
    age_s = link.get("last_contact_age_s")
    heard = "never heard" if age_s is None else f"heard {exact_length(_us(age_s), is_up=True)} ago"
    return f"{link.get('state', 'unknown')}\n{heard}"


def _us(span_s: float) -> int:
    return round(span_s * SECOND_US)
