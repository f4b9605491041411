"""The terminal: the picture says both bounds, the lines say each change once, and no text is obeyed."""

from __future__ import annotations

from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from fake_feed import NOON_US, alert, full_feed, moved, notice, passed_view, snapshot, view
from monitor.feed import words
from monitor.feed.live import NOTICES_SHOWN, PUMPS_SHOWN, LiveFrame, LiveView, changes, render
from monitor.interruption.policy import HOUR_US, MINUTE_US, SECOND_US

BERLIN = ZoneInfo("Europe/Berlin")


def frame(*pumps: Any, **changed: Any) -> LiveFrame:
    return LiveFrame(now_us=NOON_US, pumps=pumps, **changed)


def drawn(shown: LiveFrame, width: int = 160) -> str:
    console = Console(file=StringIO(), record=True, width=width, force_terminal=True)
    console.print(render(shown, BERLIN))
    return console.export_text()


def test_the_picture_shows_everything_that_a_person_must_know() -> None:
    text = drawn(frame(snapshot("ward-1", interruption=view("ward-1"), alerts=(alert("ward-1"),))))
    for part in (
        "ward-1",
        "interrupted",
        "at least 30 min",
        "at most 45 min",
        "below the threshold",
        "3 h 15 min",
        "until 16:15:00 CET",
        "5 s ago",
        "high: occl-down",
    ):
        assert part in text


def test_a_passed_threshold_is_told_as_passed() -> None:
    text = drawn(frame(snapshot("ward-2", interruption=passed_view("ward-2"))))
    assert "passed 10 min ago" in text
    assert "may have passed the threshold" in text


def test_the_picture_is_sorted_by_time_left_and_says_what_it_leaves_out() -> None:
    many = [snapshot(f"fine-{number:02}") for number in range(PUMPS_SHOWN)]
    text = drawn(frame(*many, snapshot("ward-1", interruption=view("ward-1"))))
    assert text.index("ward-1") < text.index("fine-00")
    assert "fine-19" not in text
    assert "and 1 more" in text


def test_a_silent_pump_is_called_silent() -> None:
    feed = full_feed()
    text = drawn(frame(*feed.board))
    assert "SILENT, never heard" in text
    assert "SILENT, 14 min ago" in text


def test_the_last_notices_and_the_story_s_line_are_shown() -> None:
    notices = tuple(notice(number, f"text {number}") for number in range(NOTICES_SHOWN + 3))
    text = drawn(frame(snapshot("a"), notices=notices, narration="the clamp is shut", address="http://127.0.0.1:8080"))
    assert "text 12" in text
    assert text.index("text 12") < text.index("text 3")
    assert "text 2 " not in text
    assert text.index("the clamp is shut") < text.index("Time left")
    assert "the clamp is shut" in text
    assert "http://127.0.0.1:8080" in text


@pytest.mark.parametrize("width", [20, 40, 80, 300])
def test_the_picture_fits_any_terminal(width: int) -> None:
    lines = drawn(frame(*full_feed().board, notices=(notice(1),)), width).splitlines()
    assert max(len(line) for line in lines) <= width


def test_a_pump_s_text_is_shown_and_never_obeyed() -> None:
    hostile = alert("a", code="[bold red]x[/] \x1b[2J", acknowledged_by="[link=x]me[/link]")
    shown = frame(snapshot("a", alerts=(hostile,)), notices=(notice(1, "\x1b]0;gone\x07[red]"),), narration="\x1b[H")
    text = drawn(shown, 300)
    assert "[bold red]x[/]" in text
    assert "\x1b" not in "".join(changes(None, shown, BERLIN))
    assert "\x1b]" not in text


def test_each_change_is_one_line_and_growth_is_none() -> None:
    before = frame(snapshot("ward-1"), narration="all is well")
    assert len(changes(None, before, BERLIN)) == 2
    later = frame(moved(snapshot("ward-1"), SECOND_US), narration="all is well")
    assert changes(before, later, BERLIN) == []
    stopped = frame(snapshot("ward-1", interruption=view("ward-1")), narration="all is well", notices=(notice(1),))
    lines = changes(later, stopped, BERLIN)
    assert len(lines) == 2
    assert "ward-1: interrupted" in lines[0]
    assert "at least 30 min, at most 45 min" in lines[0]
    assert lines[1].startswith("13:00:00 CET  notice 13:00:01 CET home-nurse -> nurse-queue over push")
    grown = frame(
        snapshot("ward-1", interruption=view("ward-1", off_max_us=50 * MINUTE_US)),
        narration="all is well",
        notices=(notice(1),),
    )
    assert changes(stopped, grown, BERLIN) == []


def test_without_a_terminal_plain_lines_come_out() -> None:
    out = StringIO()
    with LiveView(Console(file=out, width=40), BERLIN) as live:
        for _ in range(3):
            live.show(frame(snapshot("ward-1", interruption=view("ward-1")), narration="[x] " + "long " * 30))
    lines = out.getvalue().splitlines()
    assert len(lines) == 2
    assert "[x] long" in lines[0]
    assert "\x1b" not in out.getvalue()


def test_on_a_terminal_the_picture_is_drawn_in_place() -> None:
    out = StringIO()
    with LiveView(Console(file=out, force_terminal=True, width=120), BERLIN) as live:
        live.show(frame(snapshot("ward-1")))
        live.show(frame(snapshot("ward-1", interruption=view("ward-1"))))
    assert "at least 30 min" in out.getvalue()


@given(st.integers(min_value=0, max_value=100 * HOUR_US))
def test_words_never_make_a_bound_narrower(span_us: int) -> None:
    assert in_us(words.at_least(span_us)) <= span_us <= in_us(words.at_most(span_us))


def in_us(text: str) -> int:
    units = {"h": HOUR_US, "min": MINUTE_US, "s": SECOND_US}
    parts = text.split()
    return sum(int(number) * units[unit] for number, unit in zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize(
    ("left_us", "text"), [(None, "unknown"), (-SECOND_US, "passed 1 s ago"), (0, "0 s"), (4 * HOUR_US, "4 h 00 min")]
)
def test_time_left_in_words(left_us: int | None, text: str) -> None:
    assert words.time_left(left_us) == text
