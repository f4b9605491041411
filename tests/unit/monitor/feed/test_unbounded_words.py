"""While a downtime of the monitor has no bound, neither board nor sheet shows one."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console

from fake_feed import NOON_US, passed_view, snapshot
from monitor.feed.handover import handover_of
from monitor.feed.live import LiveFrame, changes, render
from monitor.feed.records import InterruptionRecord, Site
from monitor.feed.render import interruption_answer, pump_answer

UTC = ZoneInfo("UTC")
PUMP = snapshot("p1", interruption=msgspec.structs.replace(passed_view("p1"), is_unbounded=True))
NOT_KNOWN = "at least 3 h 50 min, how long at most is not known until the clock is set"


def test_the_terminal_shows_no_most_and_no_time_since_the_threshold() -> None:
    shown = LiveFrame(now_us=NOON_US, pumps=(PUMP,))
    console = Console(record=True, width=200, quiet=False, force_terminal=False)
    with console.capture() as captured:
        console.print(render(shown, UTC))
    line = changes(None, shown, UTC)[0]
    assert NOT_KNOWN in line
    assert "time left not known until the clock is set" in line
    for text in (captured.get(), line):
        assert "at most 4 h" not in text
        assert "passed" not in text.replace("may have passed", "")
        assert "11:50" not in text


def test_the_sheet_shows_no_most_and_no_time_since_the_threshold() -> None:
    sheet = handover_of(PUMP, Site(id="home"), is_clinician=False)
    text = "\n".join(sheet.lines)
    assert f"Off-time so far: {NOT_KNOWN}; class possible." in text
    assert "The restart threshold may have passed: supervised restart only." in text
    assert "11:50" not in text
    assert sheet.is_unbounded is True


def test_programs_read_beside_the_numbers_that_they_are_no_bound() -> None:
    view = PUMP.interruption
    assert view is not None
    told = interruption_answer(InterruptionRecord(view=view))
    assert (told.off_max_s, told.is_unbounded) == (250 * 60, True)
    inner = pump_answer(PUMP).interruption
    assert inner is not None
    assert inner.is_unbounded
