"""The command `pumpwatch simulate` is the simulator: whatever ends the command ends the pumps as well."""

from __future__ import annotations

import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PATIENCE_S = 60


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_no_simulated_pump_outlives_the_command(tmp_path: Path, number: signal.Signals, code: int) -> None:
    command = [sys.executable, "-m", "monitor", "simulate", "--face", "zyno", "--link", str(tmp_path / "pump")]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"ready")
        process.send_signal(number)
        assert process.wait(PATIENCE_S) == code
        # Whoever is left over still holds the other end.
        assert select.select([process.stdout], [], [], PATIENCE_S)[0], "somebody still holds the line open"
        assert process.stdout.read() == b""


def test_its_exit_codes_are_those_of_the_simulator() -> None:
    command = [sys.executable, "-m", "monitor", "simulate", "--face", "zino"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert done.returncode == 2
    assert "'zino' is none of zyno" in done.stderr
