"""What people in a shell read when a real feed refuses what they asked for, or knows next to nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fake_feed import NOON_US, FakeFeed, alert
from monitor.config.therapies import BUILT_IN
from monitor.feed.commands import Acknowledge, MarkPump
from monitor.feed.records import Site
from monitor.feed.snapshots import snapshot_of
from monitor.interruption.events import MarkKind, Role
from monitor.interruption.policy import MINUTE_US, Policy
from monitor.interruption.transitions import enrolled
from served_feed import Served, serving
from shell import Done, run_command


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    feed = FakeFeed(site=Site(id="home", time_zone="America/Chicago", call_back_number="555-0100"), tick_us=0)
    policy = Policy("p1", BUILT_IN["blinatumomab"].therapy)
    feed.board = [snapshot_of(policy, enrolled(NOON_US), NOON_US)]
    with serving(feed) as one:
        yield one


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (("--by", ""), "by must be at least 1 character long, not 0"),
        (("--by", "A", "--minutes", "-3"), "minutes must be greater than 0, not -3"),
        (("--by", "A", "--minutes", "1e6"), "minutes must be less than or equal to 1440, not 1000000"),
        (
            ("--by", "A" * 65, "--minutes", "0"),
            "by must be at most 64 characters long, not 65; minutes must be greater than 0, not 0",
        ),
        (("--by", "A", "--note", "x" * 501), "note must be at most 500 characters long, not 501"),
    ],
)
def test_a_refused_request_says_which_part_of_it_and_why(
    served: Served,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    flags: tuple[str, ...],
    why: str,
) -> None:
    monkeypatch.setenv("PUMPWATCH_URL", served.url)
    monkeypatch.setenv("PUMPWATCH_TOKEN", served.token(Role.CLINICIAN))
    done = run_command(monkeypatch, capsys, "mark", "p1", "bag-change", *flags)
    assert done == Done(2, "", f"pumpwatch: the daemon refused: {why}\n")


def test_what_the_shell_sends_has_the_types_that_the_feed_asks_for(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PUMPWATCH_URL", served.url)
    monkeypatch.setenv("PUMPWATCH_TOKEN", served.token(Role.CLINICIAN))
    served.feed.alert_records = [alert("p1")]
    flags = ("--by", "Ana", "--minutes", "25", "--note", "flushed")
    assert run_command(monkeypatch, capsys, "mark", "p1", "bag-change", *flags).code == 0
    assert run_command(monkeypatch, capsys, "ack", "p1-a1", "--by", "Ana").code == 0
    marked, noted = served.feed.commands[-2:]
    assert marked == MarkPump(
        pump="p1",
        by="Ana",
        role=Role.CLINICIAN,
        account="the-clinician",
        kind=MarkKind.BAG_CHANGE,
        quiet_us=25 * MINUTE_US,
        note="flushed",
    )
    assert noted == Acknowledge(pump="p1", by="Ana", role=Role.CLINICIAN, account="the-clinician", what="occl-down")


def test_a_request_that_is_refused_for_what_is_at_the_pump_failed_at_work(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ("--url", served.url, "--token", served.token(Role.CLINICIAN), "--by", "Ana")
    done = run_command(monkeypatch, capsys, "mark", "nobody", "bag-change", *flags)
    assert (done.code, done.out) == (1, "")


def test_who_acknowledges_second_reads_who_was_first(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ("--url", served.url, "--token", served.token(Role.CLINICIAN))
    served.feed.alert_records = [alert("p1"), alert("p1", 2, acknowledged_by="Ana", acknowledged_at_us=NOON_US)]
    first = run_command(monkeypatch, capsys, "ack", "p1-a1", "--by", "Ben", *flags)
    assert first == Done(0, "p1-a1 acknowledged by Ben\n", "")
    second = run_command(monkeypatch, capsys, "ack", "p1-a2", "--by", "Ben", *flags)
    assert second.code == 0
    assert second.out.startswith("p1-a2 was acknowledged by Ana first, ")
    assert second.out.endswith("; that Ben did too is on record\n")


def test_the_sheet_of_a_pump_that_was_never_heard_promises_nothing(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ("--url", served.url, "--token", served.token(Role.VIEWER))
    done = run_command(monkeypatch, capsys, "status", "p1", "--handover", *flags)
    assert done.code == 0
    assert "Nobody knows whether the infusion runs." in done.out
    assert "No interruption is open." not in done.out
