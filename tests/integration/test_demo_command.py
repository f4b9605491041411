"""Starts the demonstration as a person or a script does: to the end, with a summary, out with exit code 0."""

from __future__ import annotations

import subprocess
import sys

import pytest


def demo(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "monitor", "demo", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("story", ["occlusion"])
def test_without_a_terminal_it_tells_the_story_in_lines_and_ends_with_a_summary(story: str) -> None:
    done = demo("--story", story, "--speed", "400")
    assert done.returncode == 0, done.stderr
    assert "Dashboard: http://127.0.0.1:" in done.stdout
    assert "interrupted" in done.stdout
    summary = done.stdout.partition("Summary")[2]
    assert "demo-1" in summary
    assert "below" in summary
    assert "patient" in summary
    assert "Traceback" not in done.stderr


def test_an_unknown_story_is_wrong_usage_and_one_sentence() -> None:
    done = demo("--story", "no-such-story")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "no-such-story" in done.stderr
    assert "Traceback" not in done.stderr
