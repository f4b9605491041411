"""Short ways to make what the store is given, with values that do not matter to the test filled in."""

from __future__ import annotations

from monitor.storage.rows import AlertRow, InterruptionRow, NoticeRow
from monitor.storage.work import Work

START_US = 1_700_000_000_000_000


def alert(pump: str = "p1", number: int = 1, resolved_at_us: int | None = None, **others: object) -> AlertRow:
    """Return an alert."""
    row = AlertRow(pump, number, "occl-down", "high", START_US + number, resolved_at_us=resolved_at_us)
    return row._replace(**others)  # type: ignore[arg-type] # the test names the fields


def interruption(pump: str = "p1", number: int = 1, phase: str = "open", **others: object) -> InterruptionRow:
    """Return an interruption."""
    row = InterruptionRow(
        pump=pump,
        number=number,
        opened_at_us=START_US,
        noticed_at_us=START_US + 5,
        detected_at_us=START_US + 6,
        ended_at_us=None,
        phase=phase,
        as_of_us=START_US + 7,
        off_min_us=1,
        off_max_us=7,
        is_max_running=True,
        off_class="below",
        stops=1,
        found_late=False,
    )
    return row._replace(**others)  # type: ignore[arg-type] # the test names the fields


def notice(
    pump: str = "p1", interruption: int | None = 1, alert: int | None = None, text: str = "call", at_us: int = 9
) -> NoticeRow:
    """Return a message."""
    return NoticeRow(pump, interruption, alert, "patient", "anna", "mail", text, "{}", START_US + at_us)


def facts(*numbers: int, pump: str | None = "p1") -> Work:
    """Return work that holds one fact per number."""
    work = Work()
    for number in numbers:
        work.journal(pump, START_US + number, "ticked", f'{{"number":{number}}}')
    return work
