"""Names interruptions and alerts for people and addresses, and finds pump and number in such a name.

Pure. Both count per pump: ``PUMP-3`` is an interruption, ``PUMP-a3`` an alert, and neither can be read as
the other. An alert of the monitor itself has no pump: ``-a3``.
"""

from __future__ import annotations

import re

_INTERRUPTION = re.compile(r"([A-Za-z0-9._-]{1,64})-([1-9][0-9]{0,17})", re.ASCII)
_ALERT = re.compile(r"([A-Za-z0-9._-]{0,64})-a([1-9][0-9]{0,17})", re.ASCII)


def interruption_id(pump: str, number: int) -> str:
    """Return the id of a pump's interruption."""
    return f"{pump}-{number}"


def alert_id(pump: str, number: int) -> str:
    """Return the id of a pump's alert; ``pump`` is empty for one of the monitor itself."""
    return f"{pump}-a{number}"


def parse_interruption_id(text: str) -> tuple[str, int] | None:
    """Return pump and number of an interruption's id, or None if it is none."""
    return _parse(_INTERRUPTION, text)


def parse_alert_id(text: str) -> tuple[str, int] | None:
    """Return pump and number of an alert's id, or None if it is none."""
    return _parse(_ALERT, text)


def _parse(pattern: re.Pattern[str], text: str) -> tuple[str, int] | None:
    found = pattern.fullmatch(text)
    return (found[1], int(found[2])) if found else None
