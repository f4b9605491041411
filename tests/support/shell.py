"""Runs the command line inside the test's own process, as a shell would see it: exit code and both streams."""

from __future__ import annotations

import sys
from typing import NamedTuple

import pytest
import structlog

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
    logs = structlog.get_config()
    try:
        main()
    except SystemExit as left:
        code = left.code
    finally:
        structlog.configure(**logs)
    found = capsys.readouterr()
    return Done(code if isinstance(code, int) else 0, found.out, found.err)
