"""Runs the command line inside the test's own process, as a shell would see it: exit code and both streams."""

from __future__ import annotations

import sys
from typing import NamedTuple

import pytest

from monitor.cli import main


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


def run_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> Done:
    """Run ``pumpwatch`` with ``arguments``; what it raises beyond an exit is a fault of the test."""
    monkeypatch.setattr(sys, "argv", ["pumpwatch", *arguments])
    code: object = 0
    try:
        main()
    except SystemExit as left:
        code = left.code
    found = capsys.readouterr()
    return Done(code if isinstance(code, int) else 0, found.out, found.err)
