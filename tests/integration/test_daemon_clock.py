"""A real daemon whose wall clock is put back, put on by years, never set, and stopped in its tracks."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import tty
from pathlib import Path
from typing import Any

import pytest

from living import READY_S, Living, eventually
from source_tree import ROOT

CONFIG = """
[site]
id = "home"
call_back_number = "+1 555 0100"
[storage]
url = "sqlite:///{folder}/pumpwatch.db"
[feed]
port = 0
[[pumps]]
id = "wired"
driver = "serial-json-lines"
order = {{ rate_ml_per_h = 5.0 }}
options = {{ device = "{folder}/line" }}
"""

RUNS = b'{"v":1,"kind":"status","delivery":"delivering","rate_ml_per_h":5.0}\n'
STANDS = b'{"v":1,"kind":"status","delivery":"not-delivering","rate_ml_per_h":0}\n'


class OddLiving(Living):
    """A daemon under ``odd_clock``, with a pump on a pseudo-terminal."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, CONFIG.format(folder=folder))
        self.offsets = folder / "offsets"
        self.put_off(0)
        self._ends = os.openpty()
        tty.setraw(self._ends[1])
        (folder / "line").symlink_to(os.ttyname(self._ends[1]))

    def put_off(self, wall_s: float, boot_s: float = 0.0, boot: str = "") -> None:
        """Put the clocks ahead of the true ones."""
        fresh = self.offsets.with_suffix(".new")
        fresh.write_text(f"{wall_s} {boot_s} {boot}")
        fresh.replace(self.offsets)

    def start(self) -> None:
        log = (self.folder / "daemon.log").open("ab")
        lie = ROOT / "tests" / "support" / "odd_clock.py"
        command = [sys.executable, str(lie), str(self.offsets), "run", "--config", str(self.config)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        log.close()
        self.lines = queue.Queue(1000)
        self._reader = threading.Thread(target=self._listen, args=(self.process,), daemon=True)
        self._reader.start()
        ready = self.lines.get(timeout=READY_S)
        assert ready.startswith("ready "), (self.folder / "daemon.log").read_text()
        self.address, self.token = ready.split()[1], ready.split()[3]

    def say(self, line: bytes) -> None:
        os.write(self._ends[0], line)

    def runs(self) -> bool:
        """Say that it delivers, and return whether the monitor knows."""
        self.say(RUNS)
        return bool(self.delivery() == "delivering")

    def delivery(self) -> Any:
        return self.get("/api/v1/pumps/wired")["delivery"]

    def open_codes(self) -> list[tuple[str, str]]:
        return sorted((alert["pump"] or "", alert["code"]) for alert in self.items("/api/v1/alerts?open=true"))

    def off_max_s(self) -> float:
        found = self.items("/api/v1/interruptions")
        return float(found[0]["off_max_s"]) if found else 0.0

    def resident_kib(self) -> int:
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])


@pytest.mark.parametrize("step_s", [-3600.0, 3652 * 86_400.0, -1.7e9])
def test_a_stepped_wall_clock_is_told_and_the_daemon_goes_on_in_time_and_memory(tmp_path: Path, step_s: float) -> None:
    with OddLiving(tmp_path) as living:
        eventually(living.runs)
        before_kib = living.resident_kib()
        living.put_off(step_s)
        eventually(lambda: any(code == "clock-skew" for _, code in living.open_codes()))
        living.say(STANDS)
        eventually(lambda: living.delivery() == "not-delivering")
        eventually(lambda: living.health()["status"] == "ready")
        assert living.resident_kib() - before_kib < 50_000
        # Nothing that the step took or gave: only what has really passed.
        assert living.off_max_s() < 600
        assert living.stop() == 0


def test_a_machine_that_sleeps_two_hours_wakes_to_a_stop_of_two_hours(tmp_path: Path) -> None:
    with OddLiving(tmp_path) as living:
        eventually(living.runs)
        living.put_off(7200.0, 7200.0)
        eventually(lambda: 7200 <= living.off_max_s() < 7800)
        assert not any(code == "clock-skew" for _, code in living.open_codes())


def test_a_board_without_a_battery_clock_is_critical_until_its_clock_is_set(tmp_path: Path) -> None:
    with OddLiving(tmp_path) as living:
        eventually(living.runs)
        assert living.stop() == 0
        living.put_off(-1.7e9, boot="another")
        living.start()
        eventually(lambda: ("wired", "clock-skew") in living.open_codes())
        eventually(lambda: living.off_max_s() >= 4 * 3600)
        living.say(RUNS)
        living.put_off(3000.0, boot="another")
        eventually(lambda: not any(code == "clock-skew" for _, code in living.open_codes()))
        eventually(lambda: 2990 <= living.off_max_s() < 3600)
        assert living.stop() == 0


def test_a_process_that_is_stopped_and_goes_on_takes_up_what_came_due(tmp_path: Path) -> None:
    with OddLiving(tmp_path) as living:
        eventually(living.runs)
        assert living.process is not None
        living.process.send_signal(signal.SIGSTOP)
        # What passes while it is stopped is put on both clocks: ten minutes and more of silence in a moment.
        living.put_off(1200.0, 1200.0)
        living.process.send_signal(signal.SIGCONT)
        eventually(lambda: 1200 <= living.off_max_s() < 1800)
        eventually(lambda: ("wired", "silent") in living.open_codes())
        assert not any(code == "clock-skew" for _, code in living.open_codes())
