"""An interruption explains itself: over the feed, from the shell, and after a restart when it has left memory."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from fake_feed import FakeFeed
from living import ANSWER_S, COMMAND_S, Hand, Living, eventually
from monitor.cli.app import app
from monitor.errors import MonitorError
from monitor.escalation.explanation import rule_of
from monitor.escalation.reasons import Reason
from monitor.feed.records import InterruptionRecord
from monitor.interruption.events import Role
from mosquitto import Broker
from served_feed import serving
from told_stops import silent, stopped_by_key

CONFIG = """
[site]
id = "home"
time_zone = "Europe/Berlin"

[storage]
url = "sqlite:///{folder}/pumpwatch.db"

[feed]
port = 0

[[fleets]]
ids_file = "{folder}/pumps.txt"
therapy = "blinatumomab"
order = {{ rate_ml_per_h = 5.0 }}

[[sources]]
name = "broker"
driver = "mqtt"

[sources.options]
host = "127.0.0.1"
port = {port}
client_id = "explained"
site = "home"
"""

STORED = "/api/v1/interruptions/bed-1-1"
OLD_BODY = '[["patient",1795348800000000,null,null]]'


def config(folder: Path, port: int) -> str:
    (folder / "pumps.txt").write_text("bed-1\nbed-2\n")
    return CONFIG.format(folder=folder, port=port)


def served_feed() -> FakeFeed:
    feed = FakeFeed()
    for history in (stopped_by_key, silent):
        pump = history()
        pump.policy = type(pump.policy)(history.__name__, pump.policy.therapy)
        feed.interruption_records.append(InterruptionRecord(view=pump.only, rule=rule_of(pump.only, pump.policy)))
    return feed


def shell(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "monitor", "explain", *words, "--url", url]
    env = {**os.environ, "PUMPWATCH_TOKEN": "token-of-viewer"}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=COMMAND_S, env=env)


def test_the_feed_shows_every_stop_with_what_set_its_instants_and_the_sentences() -> None:
    with serving(served_feed()) as served, served.client(Role.VIEWER) as client:
        found = client.get("/api/v1/interruptions/stopped_by_key-1").json()
        (stop,) = found["stops"]
        assert stop == {
            "onset_earliest_at": "1970-01-01T01:00:30Z",
            "onset_earliest_why": "stop-said",
            "onset_latest_at": "1970-01-01T01:00:30Z",
            "onset_latest_why": "stop-said",
            "resume_earliest_at": "1970-01-01T01:06:00Z",
            "resume_earliest_why": "run-said",
            "resume_latest_at": "1970-01-01T01:06:00Z",
            "resume_latest_why": "run-said",
            "off_min_s": 330.0,
            "off_max_s": 330.0,
        }
        assert found["explanation"][0].endswith("off for at least 5 min 30 s, at most 5 min 30 s, class below.")
        assert "02:00:30 CET" in found["explanation"][1]
        (open_stop,) = client.get("/api/v1/interruptions/silent-1").json()["stops"]
        assert (open_stop["onset_latest_at"], open_stop["onset_latest_why"]) == (None, "none")
        assert open_stop["resume_latest_why"] == "now"
        listed = client.get("/api/v1/interruptions").json()["items"]
        assert all("explanation" not in one for one in listed)


def test_the_schema_says_what_every_reason_means() -> None:
    with serving(served_feed()) as served, served.client(Role.VIEWER) as client:
        schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert schemas["Reason"]["enum"] == [reason.value for reason in Reason]
    assert all(f"- {reason.value}: " in schemas["Reason"]["description"] for reason in Reason)
    assert {"stops", "explanation"} <= set(schemas["ExplainedAnswer"]["required"])


def test_the_shell_prints_sentences_for_people_and_json_for_programs() -> None:
    with serving(served_feed()) as served:
        done = shell(served.url, "stopped_by_key-1")
        assert (done.returncode, done.stderr) == (0, "")
        lines = done.stdout.splitlines()
        assert lines[0].startswith("Interruption stopped_by_key-1 as of 1970-01-01")
        assert lines[1:3] == ["", "Stop 1 of 1:"]
        assert lines[3].startswith("  It began at 02:00:30 CET at the earliest (the pump's own stop or alarm time)")
        as_json = json.loads(shell(served.url, "silent-1", "--json").stdout)
        assert as_json["stops"][0]["onset_earliest_why"] == "flow-seen"


@pytest.mark.parametrize("name", ["stopped_by_key-9", "a/../b"])
def test_an_unknown_interruption_is_one_sentence(name: str) -> None:
    with serving(served_feed()) as served:
        done = shell(served.url, name)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("pumpwatch: ")
    assert done.stderr.count("\n") == 1


def test_no_name_at_all_is_wrong_usage() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "monitor", "explain"], capture_output=True, text=True, check=False, timeout=COMMAND_S
    )
    assert done.returncode == 2


def test_what_was_closed_is_explained_the_same_after_a_restart(tmp_path: Path) -> None:
    with (
        Broker(tmp_path / "broker", persistent=True) as broker,
        Hand(broker.port) as hand,
        Living(tmp_path, config(tmp_path, broker.port)) as living,
    ):
        living.listen_to("broker")
        hand.status("bed-1")
        hand.alarm("bed-1", "occl-down")
        eventually(lambda: living.items("/api/v1/interruptions?open=true"))
        live = living.command("explain", "bed-1-1")
        assert live.returncode == 0, live.stderr
        assert "no flow is confirmed yet" in live.stdout
        close(living)
        closed = living.get(STORED)
        assert closed["stops"][0]["resume_latest_why"] == "review"
        assert sum(stop["off_max_s"] for stop in closed["stops"]) == pytest.approx(closed["off_max_s"])
        living.kill()
        living.start()
        again = living.get(STORED)
        assert (again["stops"], again["explanation"]) == (closed["stops"], closed["explanation"])
        assert "A clinician closed it" in living.command("explain", "bed-1-1").stdout
        assert living.stop() == 0


def test_a_database_of_the_older_form_opens_and_says_what_is_not_kept(tmp_path: Path) -> None:
    with (
        Broker(tmp_path / "broker", persistent=True) as broker,
        Hand(broker.port) as hand,
        Living(tmp_path, config(tmp_path, broker.port)) as living,
    ):
        living.listen_to("broker")
        hand.status("bed-1")
        hand.alarm("bed-1", "occl-down")
        eventually(lambda: living.items("/api/v1/interruptions?open=true"))
        close(living)
        assert living.stop() == 0
        store = sqlite3.connect(tmp_path / "pumpwatch.db")
        with store:
            store.execute("UPDATE interruptions SET body = ?", (OLD_BODY,))
        store.close()
        living.start()
        found = living.get(STORED)
        assert found["stops"] == []
        assert [rung["rung"] for rung in found["rungs"]] == ["patient"]
        assert "Its stops (1) are not kept one by one, only their sums." in found["explanation"]
        assert living.stop() == 0


STORY = """
{"at": "2026-11-22T10:00:00Z", "pump": "p1", "v": 1, "kind": "status", "delivery": "delivering", "rate_ml_per_h": 5}
{"at": "2026-11-22T10:10:00Z", "pump": "p1", "v": 1, "kind": "alarm", "code": "occl-down", "phase": "start"}
{"at": "2026-11-22T10:30:00Z", "pump": "p1", "v": 1, "kind": "event", "event": "delivery-start"}
"""
WARD = '[site]\nid = "ward"\ntime_zone = "Europe/Berlin"\n[[pumps]]\nid = "p1"\norder = { rate_ml_per_h = 5.0 }\n'


@pytest.fixture
def told(tmp_path: Path) -> list[str]:
    """The options that name a story and its configuration."""
    (tmp_path / "ward.toml").write_text(WARD)
    (tmp_path / "story.jsonl").write_text(STORY.lstrip())
    return ["--config", str(tmp_path / "ward.toml"), "--story", str(tmp_path / "story.jsonl")]


def test_an_interruption_of_a_story_is_explained_without_a_daemon(told: list[str]) -> None:
    done = CliRunner().invoke(app, ["explain", "p1-1", "--json", *told])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    (stop,) = found["stops"]
    assert (stop["onset_earliest_why"], stop["onset_earliest_at"]) == ("flow-confirmed", "2026-11-22T10:00:00Z")
    assert (stop["resume_latest_why"], stop["resume_latest_at"]) == ("run-said", "2026-11-22T10:30:00Z")
    assert (found["id"], found["off_min_s"], found["off_max_s"]) == ("p1-1", 1200.0, 1800.0)
    later = CliRunner().invoke(app, ["explain", "p1-1", *told, "--until", "2026-11-22T10:31:00Z"])
    assert "as of 2026-11-22 11:31:00 CET" in later.stdout


def test_wrong_words_about_a_story_are_one_sentence(told: list[str]) -> None:
    unknown = CliRunner().invoke(app, ["explain", "p1-7", *told])
    assert isinstance(unknown.exception, MonitorError)
    assert str(unknown.exception) == "the story has no interruption 'p1-7'; did you mean p1-1?"
    assert CliRunner().invoke(app, ["explain", "p1-1", *told[:2]]).exit_code == 2


def close(living: Living) -> None:
    body: dict[str, Any] = {"outcome": "supervised-restart", "note": "seen at the ward"}
    headers = {"Authorization": f"Bearer {living.token}"}
    answer = httpx.post(f"{living.address}{STORED}/close", json=body, headers=headers, timeout=ANSWER_S)
    assert answer.status_code < 300, answer.text
