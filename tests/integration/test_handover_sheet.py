"""The hand-over sheet over a real feed, as programs and as people at a ward read it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec
import pytest
from typer.testing import CliRunner

from fake_feed import NOON_US, FakeFeed
from monitor.cli.app import app
from monitor.config.therapies import BUILT_IN
from monitor.feed.commands import MarkPump, OrderPump
from monitor.feed.records import Site
from monitor.feed.snapshots import snapshot_of
from monitor.interruption.events import HoldChanged, Marked, MarkKind, Order, Ordered, Role
from monitor.interruption.policy import HOUR_US, MINUTE_US
from monitor.interruption.transitions import step
from served_feed import Served, serving
from watched import Watched

BEGAN_US = NOON_US - 30 * HOUR_US
ORDER = Order(
    rate_ml_per_h=5, bag_hours=48, infusion_days=28, drug="blinatumomab", indication="mrd-positive", age_group="adult",
    cycle=2, ends_at_us=BEGAN_US + 28 * 24 * HOUR_US,
)  # fmt: skip


def told(stopped_for_min: int, *, reason: str = "") -> FakeFeed:
    """Return a feed with pump "p1", which ran for a day and more and has been stopped for so long."""
    pump = Watched(BUILT_IN["blinatumomab"].therapy, ordered_ml_per_h=None)
    first_min = BEGAN_US // MINUTE_US
    now_min = NOON_US // MINUTE_US
    pump.now_us = BEGAN_US
    pump.take(Ordered(at_us=BEGAN_US, order=ORDER, by="doctor"))
    for minute in range(first_min, now_min - stopped_for_min, 10):
        pump.status(minute)
    if reason:
        at_us = (now_min - stopped_for_min) * MINUTE_US
        pump.take(HoldChanged(at_us=at_us, started=True, reason=reason, by="Dr. Sol"))
    if stopped_for_min:
        pump.alarm(now_min - stopped_for_min, "air")
        pump.stands(now_min - stopped_for_min + 1, now_min)
    pump.wait(now_min)
    feed = FakeFeed(site=Site(id="home", time_zone="America/Chicago", call_back_number="555-0100"), tick_us=0)
    shown = pump.shown[0] if pump.shown else None
    feed.board = [snapshot_of(pump.policy, pump.state, NOON_US, shown)]
    return feed


@pytest.fixture
def runner() -> CliRunner:
    return CliRunner()


@pytest.fixture(scope="module")
def stopped() -> Iterator[Served]:
    with serving(told(210)) as served:
        yield served


def sheet(served: Served, role: Role, runner: CliRunner, *flags: str) -> str:
    arguments = ["status", "p1", "--handover", "--url", served.url, "--token", served.token(role), *flags]
    result = runner.invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_sheet_says_what_a_ward_must_know(stopped: Served, runner: CliRunner) -> None:
    text = sheet(stopped, Role.VIEWER, runner)
    assert "Do not flush the line." in text
    assert "Do not change settings." in text
    assert "Do not restart." in text
    assert "Call 555-0100" in text
    assert "at least 3 h 29 min, at most 3 h 30 min" in text
    assert "06:30 CST (12:30 UTC)" in text
    assert "Drug: blinatumomab. Ordered: 5 mL/h." in text
    assert "240 mL for 48 h" in text
    assert "day 2" in text
    assert "28" in text


def test_programs_read_the_same_as_people(stopped: Served, runner: CliRunner) -> None:
    shown = json.loads(sheet(stopped, Role.VIEWER, runner, "--json"))
    assert shown["class"] == "below"
    assert shown["deadline_at"] == "2026-11-22T12:30:00Z"
    assert shown["rate_ordered_ml_per_h"] == 5
    assert shown["plan"]["bag"]["volume_ml"] == 240
    assert shown["plan"]["course"]["day"] == 2
    assert shown["do_not"] == ["flush", "change settings", "restart"]
    assert shown["lines"] == sheet(stopped, Role.VIEWER, runner).splitlines()


def test_only_clinicians_read_the_label_s_words(stopped: Served) -> None:
    for role in (Role.VIEWER, Role.NURSE, Role.CLINICIAN):
        with stopped.client(role) as client:
            answers = [client.get(f"/api/v1/pumps/p1{path}").json() for path in ("", "/handover")]
        for plan in (answers[0]["plan"], answers[1]["plan"]):
            assert (plan["for_clinicians"] is not None) is (role is Role.CLINICIAN)
            if role is Role.CLINICIAN:
                assert "prescriber decides" in plan["for_clinicians"]["restart_text"]
        assert ("prescriber decides" in " ".join(answers[1]["lines"])) is (role is Role.CLINICIAN)


def test_a_bag_that_nobody_hung_is_said_to_have_been_seen_first(stopped: Served, runner: CliRunner) -> None:
    text = sheet(stopped, Role.VIEWER, runner)
    assert "Bag hung" not in text
    assert "Bag first seen running 21 Nov 00:00 CST (06:00 UTC); nobody said when it was hung" in text
    assert "not to be used after 23 Nov 00:00 CST (06:00 UTC) at the latest." in text
    assert "Course, counted from 21 Nov 00:00 CST (06:00 UTC): day 2" in text
    bag = json.loads(sheet(stopped, Role.VIEWER, runner, "--json"))["plan"]["bag"]
    assert bag["hung_by"] == "first-seen"


def test_a_bag_that_a_nurse_marked_is_counted_from_her_mark(runner: CliRunner) -> None:
    feed = told(0)
    policy, state = feed.board[0].core or (None, None)
    assert policy is not None
    assert state is not None
    changed = step(state, Marked(at_us=NOON_US, mark=MarkKind.BAG_CHANGE, by="nurse", role=Role.NURSE), policy).state
    feed.board = [snapshot_of(policy, changed, NOON_US)]
    with serving(feed) as served:
        text = sheet(served, Role.VIEWER, runner)
    assert "Bag counted as hung 06:00 CST (12:00 UTC), 240 mL for 48 h" in text
    assert "not to be used after 24 Nov 06:00 CST (12:00 UTC) at the latest." in text


def test_an_expiry_that_was_ordered_is_exact(runner: CliRunner) -> None:
    feed = told(0)
    policy, state = feed.board[0].core or (None, None)
    assert policy is not None
    assert state is not None
    order = msgspec.structs.replace(ORDER, bag_expires_at_us=NOON_US + 5 * HOUR_US)
    feed.board = [snapshot_of(policy, step(state, Ordered(at_us=NOON_US, order=order, by="x"), policy).state, NOON_US)]
    with serving(feed) as served:
        text = sheet(served, Role.VIEWER, runner)
    assert "not to be used after 11:00 CST (17:00 UTC)." in text


def test_far_from_the_threshold_a_stopped_pump_is_not_restarted_either(runner: CliRunner) -> None:
    with serving(told(30)) as served:
        text = sheet(served, Role.VIEWER, runner)
    assert "Do not flush the line." in text
    assert "Do not restart." in text


def test_a_running_pump_has_a_sheet_too(runner: CliRunner) -> None:
    with serving(told(0)) as served:
        text = sheet(served, Role.VIEWER, runner)
    assert "No interruption is open." in text
    assert "Do not flush the line." in text


def test_a_hold_stands_on_the_sheet_with_its_rule_for_clinicians(runner: CliRunner) -> None:
    with serving(told(300, reason="CRS grade 3")) as served:
        text = sheet(served, Role.CLINICIAN, runner)
        nurse = sheet(served, Role.NURSE, runner)
    assert "On hold by Dr. Sol" in text
    assert "Label rule" in text
    assert "Label rule" not in nurse


def test_a_sheet_is_about_one_pump(stopped: Served, runner: CliRunner) -> None:
    result = runner.invoke(app, ["status", "--handover", "--url", stopped.url])
    assert result.exit_code == 2
    with stopped.client(Role.VIEWER) as client:
        assert client.get("/api/v1/pumps/nobody/handover").status_code == 404


def test_an_order_carries_the_course(stopped: Served) -> None:
    body = {
        "rate_ml_per_h": 5, "bag_hours": 48, "drug": "blinatumomab", "indication": "mrd-positive", "age_group": "child",
        "cycle": 1, "infusion_days": 28, "bag_expires_at": "2026-11-24T08:00:00Z",
        "free": [{"from": "2026-12-20T08:00:00Z", "until": "2027-01-03T08:00:00Z"}],
    }  # fmt: skip
    with stopped.client(Role.CLINICIAN) as client:
        assert client.post("/api/v1/pumps/p1/orders", json=body).status_code == 200
        refused = client.post("/api/v1/pumps/p1/orders", json=body | {"free": [{"from": "2026-12-20T08:00:00Z"}]})
        noted = client.post("/api/v1/pumps/p1/marks", json={"kind": "reconnect", "note": "line flushed"})
    assert refused.status_code == 422
    assert noted.status_code == 200
    ordered, marked = stopped.feed.commands[-2:]
    assert isinstance(ordered, OrderPump)
    assert isinstance(marked, MarkPump)
    order = ordered.order
    assert (order.cycle, order.age_group, order.infusion_days, len(order.free or ())) == (1, "child", 28, 1)
    assert marked.note == "line flushed"
