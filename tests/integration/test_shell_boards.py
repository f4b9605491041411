"""What `status` and `alerts` show on a terminal of 80 columns: everything, in the site's own time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from fake_feed import NOON_US, FakeFeed, alert, snapshot, view
from monitor.feed.records import Site
from monitor.interruption.alarms import AlertPriority
from monitor.interruption.events import Role
from monitor.interruption.policy import HOUR_US, SECOND_US
from served_feed import Served, serving
from shell import run_command

COLUMNS = 80
Shown = Callable[..., str]


@pytest.fixture
def served() -> Iterator[Served]:
    feed = FakeFeed(site=Site(id="home", time_zone="America/Chicago", call_back_number="555-0100"), tick_us=0)
    with serving(feed) as one:
        yield one


@pytest.fixture
def shown(served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shown:
    monkeypatch.setenv("COLUMNS", str(COLUMNS))

    def show(*words: str) -> str:
        flags = ("--url", served.url, "--token", served.token(Role.VIEWER))
        done = run_command(monkeypatch, capsys, *words, *flags)
        assert (done.code, done.err) == (0, "")
        assert max(map(len, done.out.splitlines())) <= COLUMNS
        assert "…" not in done.out, "nothing is cut off"
        return done.out

    return show


def test_alerts_are_whole_and_the_highest_priority_comes_first(served: Served, shown: Shown) -> None:
    served.feed.alert_records = [
        alert("ward-1", 1, code="batt-low", priority=AlertPriority.LOW, raw_code=None),
        alert("ward-1", 2, code="unsupervised-restart", acknowledged_by="Ana [RN]", acknowledged_at_us=NOON_US),
        alert("", 3, code="clock-unknown", priority=AlertPriority.MEDIUM, raw_code=None),
        alert("ward-1", 4, code="unknown-alarm", raw_code="E-[17]", raised_at_us=NOON_US - 26 * HOUR_US),
    ]
    out = shown("alerts")
    found = [out.index(what) for what in ("E-[17]", "unsupervised-restart", "clock-unknown", "batt-low")]
    assert found == sorted(found)
    for whole in ("unknown-alarm", "ward-1-a4", "acknowledged by", "Ana [RN]", "the monitor"):
        assert whole in out
    assert "2026-" not in out


def test_the_longest_names_are_whole_as_well(served: Served, shown: Shown) -> None:
    longest = "".join(chr(ord("a") + place % 26) for place in range(64))
    served.feed.alert_records = [alert(longest, code="unsupervised-restart", acknowledged_by="N" * 64)]
    served.feed.board = [snapshot(longest, interruption=view(longest))]
    for command in ("alerts", "status"):
        out = shown(command)
        assert sum(out.count(letter) for letter in longest) >= len(longest)


def test_no_alert_is_a_sentence(served: Served, shown: Shown) -> None:
    served.feed.alert_records = []
    assert shown("alerts") == "no alert is open\n"


def test_pumps_are_shown_with_their_link_and_the_clock_of_the_site(served: Served, shown: Shown) -> None:
    served.feed.board = [
        snapshot("ward-1", interruption=view("ward-1", deadline_at_us=NOON_US + HOUR_US + 7 * SECOND_US + 123_456)),
        snapshot("ward-2", is_link_online=None, last_contact_at_us=None, delivery=None),
    ]
    out = " ".join(shown("status").split())
    for whole in ("at least 30 min", "at most 45 min", "below", "online", "heard 5 s ago", "never heard"):
        assert whole in out
    assert "UTC)" in out
    assert "2026-" not in out
    assert "123456" not in out
