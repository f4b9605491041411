"""What `replay` and `explain` do with a story that is none, that goes too far, or that is to end early."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shell import Done, run_command

CONFIG = '[[pumps]]\nid = "p1"\norder = { rate_ml_per_h = 5 }\n'
DELIVERING = '"pump": "p1", "v": 1, "kind": "status", "delivery": "delivering", "rate_ml_per_h": 5}'
MARK = '"pump": "p1", "mark": "maintenance", "by": "A"}'
STOPPED = '"pump": "p1", "v": 1, "kind": "status", "delivery": "not-delivering"}'

Replayed = Callable[..., Done]


@pytest.fixture
def replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Replayed:
    """Return what `replay` does with a story's lines, or with a file that is there already."""
    (tmp_path / "home.toml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def play(story: str | Path, *flags: str) -> Done:
        path = story if isinstance(story, Path) else tmp_path / "told.jsonl"
        if isinstance(story, str):
            path.write_text(story, encoding="utf-8")
        return run_command(monkeypatch, capsys, "replay", "--config", "home.toml", path.name, *flags)

    return play


def told(*lines: tuple[str, str]) -> str:
    return "".join(f'{{"at": "{at}", {rest}\n' for at, rest in lines)


HOUR = told(("2026-03-02T08:00:00Z", DELIVERING), ("2026-03-02T08:10:00Z", STOPPED), ("2026-03-02T09:00:00Z", STOPPED))


def test_a_database_is_no_story(replayed: Replayed, tmp_path: Path) -> None:
    path = tmp_path / "pumpwatch.db"
    with sqlite3.connect(path) as database:
        database.execute("create table pumps (id text)")
    database.close()
    done = replayed(path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("pumpwatch: pumpwatch.db is no story: not one of its ")
    assert "line 1: JSON is malformed" in done.err
    assert done.err.count("\n") == 1


def test_random_bytes_are_no_story(replayed: Replayed, tmp_path: Path) -> None:
    path = tmp_path / "noise.bin"
    path.write_bytes(b"\x00\xff\n" + os.urandom(5000))
    done = replayed(path)
    assert (done.code, done.out) == (2, "")
    assert "noise.bin is no story" in done.err


def test_a_file_without_end_is_no_story(replayed: Replayed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("monitor.service.story_file.FILE_BYTES_MAX", 64)
    path = tmp_path / "long.jsonl"
    path.write_text(HOUR, encoding="utf-8")
    assert replayed(path).err == "pumpwatch: long.jsonl is no story: it is longer than 64 bytes\n"


def test_one_line_that_cannot_be_read_is_refused_and_the_story_goes_on(replayed: Replayed) -> None:
    done = replayed("\ufeff" + HOUR + "not a line\n")
    assert done.code == 0
    (refused,) = json.loads(done.out)["rejected"]
    assert refused["why"].startswith("told.jsonl line 4: ")


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("9999-12-31T23:59:59Z", "at lies outside the years 1970 to 2099: '9999-12-31T23:59:59Z'"),
        ("0001-01-01T00:00:00Z", "at lies outside the years 1970 to 2099: '0001-01-01T00:00:00Z'"),
        ("2062-03-02T08:00:00Z", "at lies more than 92 days after the line before it"),
    ],
)
def test_a_line_of_a_far_off_time_is_refused(replayed: Replayed, at: str, why: str) -> None:
    done = replayed(HOUR + told((at, STOPPED)))
    assert done.code == 0
    shown = json.loads(done.out)
    assert [line["why"] for line in shown["rejected"]] == [f"told.jsonl line 4: {why}"]
    assert shown["at"] == "2026-03-02T09:00:00Z"


@pytest.mark.parametrize(
    ("until", "why"),
    [
        ("2026-03-02T07:00:00Z", "--until lies before the story begins, which is at 2026-03-02T08:00:00Z"),
        ("2026-07-02T07:00:00Z", "--until lies more than 92 days after the story's last line, which is at "),
        ("9999-07-02T07:00:00Z", "--until lies outside the years 1970 to 2099"),
        ("tomorrow", "--until is not an RFC 3339 instant: 'tomorrow'"),
        ("2026-03-02T08:30:00", "--until has no offset from UTC"),
    ],
)
def test_an_end_at_which_no_story_can_end_is_refused(replayed: Replayed, until: str, why: str) -> None:
    done = replayed(HOUR, "--until", until)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"pumpwatch: {why}")


def test_a_story_stops_at_an_earlier_end_and_says_so(replayed: Replayed) -> None:
    done = replayed(HOUR, "--until", "2026-03-02T08:30:00Z")
    assert done.code == 0
    shown = json.loads(done.out)
    assert shown["at"] == "2026-03-02T08:30:00Z"
    assert [one["off_max_s"] for one in shown["interruptions"]] == [1800]
    assert done.err == "pumpwatch: the story goes on after --until; 1 of its lines was not played\n"


def test_a_story_that_ends_at_its_last_line_says_nothing(replayed: Replayed) -> None:
    done = replayed(HOUR, "--until", "2026-03-02T09:00:00Z")
    assert (done.code, done.err) == (0, "")
    assert [one["off_max_s"] for one in json.loads(done.out)["interruptions"]] == [3600]


def test_an_explanation_ends_where_its_story_is_to_end(
    replayed: Replayed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replayed(HOUR).code == 0
    of_story = ("explain", "p1-1", "--config", "home.toml", "--story", "told.jsonl")
    done = run_command(monkeypatch, capsys, *of_story, "--until", "2026-03-02T08:30:00Z", "--json")
    assert json.loads(done.out)["off_max_s"] == 1800
    assert "1 of its lines was not played" in done.err


def test_an_interruption_that_a_story_does_not_have_is_answered_with_those_that_it_has(
    replayed: Replayed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replayed(HOUR).code == 0
    done = run_command(monkeypatch, capsys, "explain", "zz", "--config", "home.toml", "--story", "told.jsonl")
    assert done == Done(1, "", "pumpwatch: the story has no interruption 'zz'; there are p1-1\n")


def test_an_end_without_a_story_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    done = run_command(monkeypatch, capsys, "explain", "p1-1", "--until", "2026-03-02T08:30:00Z")
    assert done.code == 2
    assert "is for a story" in done.err


def test_a_fault_of_ours_is_logged_beside_the_answer_and_ends_it(tmp_path: Path) -> None:
    (tmp_path / "home.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "told.jsonl").write_text(HOUR + told(("2026-03-02T09:01:00Z", MARK)), encoding="utf-8")
    broken = (
        "import monitor.service.processor as processor, sys\n"
        "def broken(*_): raise ZeroDivisionError\n"
        "processor.Processor._take_event = broken\n"
        "sys.argv = ['pumpwatch', 'replay', '--config', 'home.toml', 'told.jsonl']\n"
        "from monitor.cli import main; main()\n"
    )
    done = subprocess.run([sys.executable, "-c", broken], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "intake.fault" in done.stderr
    assert "pumpwatch: a fault of ours at 2026-03-02T09:01:00Z: ZeroDivisionError(); please report it" in done.stderr
