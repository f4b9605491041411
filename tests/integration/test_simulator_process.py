"""The simulator's command: one line when ready, all faults in sentences, a clean end on request."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import serial

PROCESS_S_MAX = 110

SHORT_STORY = """
description = "Stopped for half an hour."
duration = "2h"
[[actions]]
at = "+01:00"
action = "stop"
[[actions]]
at = "+01:30"
action = "run"
"""


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=PROCESS_S_MAX, check=False)


@pytest.fixture
def story(tmp_path: Path) -> str:
    (tmp_path / "short.toml").write_text(SHORT_STORY, encoding="utf-8")
    return str(tmp_path / "short.toml")


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []

    def begin(*options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "simulator", *options]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        guards.append(threading.Timer(PROCESS_S_MAX, process.kill))
        guards[-1].start()
        return process

    guards: list[threading.Timer] = []
    yield begin
    for guard in guards:
        guard.cancel()
    for process in processes:
        process.kill()
        # Closes its pipes and waits for it.
        with process:
            pass


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_story_is_told_to_its_end_and_the_truth_is_left_behind(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, story: str
) -> None:
    link, truth = tmp_path / "pump", tmp_path / "truth.jsonl"
    options = ["--story", story, "--speed", "7200", "--link", str(link), "--until-over", "--truth", str(truth)]
    process = start("--face", "zyno", *options)
    assert next_line(process) == f"ready {link}"
    assert next_line(process) == "over"
    assert process.wait(PROCESS_S_MAX) == 0
    record = json.loads(truth.read_text(encoding="utf-8"))
    assert (record["pump"], record["story"]) == ("simulated", "short")
    assert [each["kind"] for each in record["segments"]] == ["therapy", "none", "therapy"]
    assert not os.path.lexists(link)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, number: signal.Signals
) -> None:
    link = tmp_path / "pump"
    process = start("--face", "zyno", "--link", str(link))
    assert next_line(process) == f"ready {link}"
    process.send_signal(number)
    assert process.wait(PROCESS_S_MAX) == 0
    assert not os.path.lexists(link)


def test_it_does_not_outlive_the_parent_that_held_its_input(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = start("--face", "zyno", "--link", str(tmp_path / "pump"), "--while-stdin")
    assert next_line(process).startswith("ready")
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(PROCESS_S_MAX) == 0


def test_json_lines_begin_when_somebody_opens_the_line(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, story: str
) -> None:
    link = tmp_path / "pump"
    # So seldom that the terminal's buffer holds what a reader who is kept waiting for seconds has not read.
    options = ["--story", story, "--speed", "3600", "--link", str(link), "--report", "300s", "--wait-until-opened"]
    process = start("--face", "json-lines", *options)
    assert next_line(process).startswith("ready")
    lines: list[bytes] = []
    with serial.Serial(str(link), timeout=60) as port:
        while not lines or b'"reason":"stopped-by-user"' not in lines[-1]:
            lines.append(port.readline())
    first = json.loads(lines[0].split(b" *")[0])
    assert (first["kind"], first["event"], first["seq"]) == ("event", "power-on", 1)
    assert all(line.endswith(b"\n") and line[-7:-5] == b" *" for line in lines)
    counters = [json.loads(line.split(b" *")[0])["seq"] for line in lines]
    assert counters == list(range(1, len(lines) + 1)), "no line is lost between opening and reading"


def test_a_pump_that_is_started_a_second_time_is_not_taken_for_the_first(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    link, boots = tmp_path / "pump", []
    for _ in range(2):
        process = start("--face", "json-lines", "--link", str(link), "--wait-until-opened", "--epoch", "1767600000")
        assert next_line(process).startswith("ready")
        with serial.Serial(str(link), timeout=60) as port:
            said = json.loads(port.readline().split(b" *")[0])
        boots.append(said["boot"])
        assert said["seq"] == 1
        process.terminate()
        assert process.wait(PROCESS_S_MAX) == 0
    assert boots[0] != boots[1]


def test_a_file_may_ask_for_several_pumps(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, story: str
) -> None:
    config = tmp_path / "pumps.toml"
    config.write_text(
        f'[[simulated]]\nface = "zyno"\nlink = "{tmp_path}/one"\nstory = "{story}"\n'
        f'[[simulated]]\nface = "zyno"\nlink = "{tmp_path}/more"\npumps = 2\n',
        encoding="utf-8",
    )
    process = start("--config", str(config))
    assert next_line(process) == f"ready {tmp_path}/one {tmp_path}/more-1 {tmp_path}/more-2"
    numbers = set()
    for name in ("one", "more-1", "more-2"):
        with serial.Serial(str(tmp_path / name), timeout=60) as port:
            port.write(bytes.fromhex("02524E413003"))
            numbers.add(port.read(14))
    assert len(numbers) == 2, "the first pump of each group is the story's own, the others are not"


def test_wrong_usage_is_told_in_sentences_all_at_once(tmp_path: Path) -> None:
    done = run("--face", "zino", "--pumps", "0", "--speed", "-1")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "command line.face: 'zino' is none of zyno, json-lines, mqtt; did you mean 'zyno'?",
        "command line.link: is missing",
        "command line.pumps: 0 lies outside 1 to 256",
        "command line.speed: -1 lies outside 0.001 to 100000",
    ]
    assert run("--config", str(tmp_path / "none.toml")).returncode == 2
    assert run("--face", "zyno", "--link", "x", "--story", "demo-dya").returncode == 2


def test_a_link_that_cannot_be_made_is_a_failure_without_a_traceback(tmp_path: Path) -> None:
    done = run("--face", "zyno", "--link", str(tmp_path / "no-folder" / "pump"))
    assert done.returncode == 1
    assert "no pseudo-terminal can be put there" in done.stderr
    assert "Traceback" not in done.stderr


def test_stories_can_be_listed_described_and_played_at_once(story: str) -> None:
    assert "demo-day" in run("--list").stdout
    assert "occlude_downstream" in run("--acts").stdout
    described = json.loads(run("--describe", "demo-day").stdout)
    assert described["marks"] == [{"at_s": 1800.0, "mark": "bag-change", "by": "caregiver", "minutes": 20.0}]
    assert described["duration_s"] == 30_600
    lines = [json.loads(line) for line in run("--virtual", "--story", story, "--pumps", "2").stdout.splitlines()]
    assert {line["pump"] for line in lines} == {"simulated-1", "simulated-2"}
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)


def test_a_story_that_lies_back_is_ready_before_it_is_over(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, story: str
) -> None:
    link = tmp_path / "pump"
    process = start("--face", "zyno", "--story", story, "--link", str(link), "--epoch", "1767600000", "--until-over")
    assert next_line(process) == f"ready {link}"
    assert next_line(process) == "over"
    assert process.wait(PROCESS_S_MAX) == 0
