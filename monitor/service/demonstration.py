"""Joins a simulated pump, as a process of its own, with a monitor that reads it through the real driver.

Both sides run on one scaled clock: the story's instants and the monitor's agree.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from drivers.registry import discover
from monitor.clock import SECOND_US, SystemClock, wall_us
from monitor.config.loading import parse
from monitor.config.settings import Config
from monitor.errors import ConfigurationError, MonitorError
from monitor.feed.access import Access
from monitor.feed.live import NOTICES_SHOWN, LiveFrame, LiveView
from monitor.interruption.events import Marked, MarkKind, Role
from monitor.service.daemon import Daemon
from monitor.service.intake import EventArrived
from monitor.service.narration import narrate, summed_up
from monitor.service.people import role_of_word
from monitor.service.ways_out import channels_of
from monitor.storage.unit_of_work import Store

PUMP = "demo"
LEAD_S = 4.0
"""The story begins this long after the simulator is started, in real seconds."""

FRAMES_PER_S = 4
READY_S_MAX = 20.0
_WRONG_USAGE = 2
"""Exit code of the simulator: the story is none."""

AFTER_STORY_S = 2 * 60
"""How long the story is followed beyond its end, in story seconds."""

_CONFIG = """
[site]
id = "demo"
time_zone = "UTC"
call_back_number = "+1 555 0100"

[storage]
url = "sqlite:///{folder}/demo.db"

[feed]
port = {port}

[[pumps]]
id = "demo"
driver = "serial-zyno"
therapy = "blinatumomab"
serial = "{serial}"
order = {{ rate_ml_per_h = {rate} }}

[pumps.options]
device = "{folder}/pump"
poll_s = {poll_s}
queries_per_minute = {queries_per_minute}
"""


class Demonstration:
    """One story told to one monitor."""

    def __init__(self, folder: Path, story: str, speed: float, port: int) -> None:
        self._folder = folder
        self._speed = speed
        self._story = self._describe(story)
        epoch_us = wall_us() + int(LEAD_S * SECOND_US)
        self._epoch_us = epoch_us
        self._simulator = self._start_simulator(story, epoch_us)
        self._end_us = epoch_us + int((self._story["duration_s"] + AFTER_STORY_S) * SECOND_US)
        self._waiting = threading.Event()
        registry = discover()
        self._config = self._configured(port, registry)
        access, self.token = Access.generated(Role.CLINICIAN, anonymous_role=Role.VIEWER)
        ahead_us = epoch_us - wall_us()
        self._clock = SystemClock(speed=speed, epoch_us=epoch_us - int(ahead_us * speed))
        self._daemon = Daemon(
            config=self._config,
            registry=registry,
            store=Store.open(self._config.storage_url, self._clock.now_us()),
            clock=self._clock,
            channels=channels_of(self._config, self._clock),
            access=access,
        )

    def _describe(self, story: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "simulator", "--describe", story]
        done = subprocess.run(  # noqa: S603 - our own simulator, no shell
            command, capture_output=True, text=True, check=False, timeout=READY_S_MAX
        )
        if done.returncode != 0:
            message = done.stderr.strip() or f"the simulator knows no story {story!r}"
            raise ConfigurationError([message]) if done.returncode == _WRONG_USAGE else MonitorError(message)
        described: dict[str, Any] = json.loads(done.stdout)
        return described

    def _start_simulator(self, story: str, epoch_us: int) -> subprocess.Popen[str]:
        command = [
            sys.executable, "-m", "simulator", "--story", story, "--face", "zyno",
            "--link", str(self._folder / "pump"), "--speed", str(self._speed),
            "--epoch", str(epoch_us / SECOND_US), "--while-stdin",
        ]  # fmt: skip
        process = subprocess.Popen(  # noqa: S603 - our own simulator, no shell
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        said = "" if process.stdout is None else process.stdout.readline()
        if not said.startswith("ready"):
            process.kill()
            message = f"the simulated pump did not start: {said.strip()!r}"
            raise MonitorError(message)
        return process

    def _configured(self, port: int, registry: Any) -> Config:  # noqa: ANN401 - the drivers' registry, passed on
        # Polls and their budget are in monitor time, which runs faster here.
        text = _CONFIG.format(
            folder=self._folder,
            port=port,
            serial=self._story["serial"],
            rate=self._story["rate_ml_per_h"],
            poll_s=20,
            queries_per_minute=240,
        )
        return parse(text, self._folder, registry)

    def run(self, console: Console) -> list[str]:
        """Follow the story on ``console`` to its end; on a terminal stay until Ctrl-C. Return the summary."""
        self._daemon.start()
        console.print(f"Story: {self._story['description']}")
        console.print(f"Time runs {self._speed:g} times as fast. Dashboard: {self._daemon.address}")
        console.print(
            f"To acknowledge or mark from another shell: --url {self._daemon.address} --token {self.token}",
            soft_wrap=True,
        )
        marks = sorted(self._story["marks"], key=lambda mark: float(mark["at_s"]))
        cursor, narration = 0, ""
        with LiveView(console, ZoneInfo(self._config.site.time_zone)) as view:
            while True:
                now_us = self._clock.now_us()
                while marks and self._epoch_us + marks[0]["at_s"] * SECOND_US <= now_us:
                    self._mark(marks.pop(0))
                for record in self._daemon.source.records_after(cursor, 500):
                    cursor = record.cursor
                    narration = narrate(record) or narration
                view.show(self._frame(now_us, narration))
                is_over = now_us >= self._end_us
                if is_over and not console.is_terminal:
                    return self.summary()
                self._waiting.wait(1 / FRAMES_PER_S)

    def _mark(self, mark: dict[str, Any]) -> None:
        minutes = mark.get("minutes")
        quiet_us = None if minutes is None else int(minutes * 60 * SECOND_US)
        by = str(mark["by"])
        role = role_of_word(by) or Role.CAREGIVER
        kind = MarkKind(mark["mark"])

        def make(at_us: int) -> Marked:
            return Marked(at_us=at_us, mark=kind, by=by, role=role, quiet_us=quiet_us)

        self._daemon.engine.intake.submit(EventArrived(PUMP, make))

    def _frame(self, now_us: int, narration: str) -> LiveFrame:
        source = self._daemon.source
        notices = tuple(reversed(source.recent_notices(NOTICES_SHOWN)))
        return LiveFrame(
            now_us=now_us,
            pumps=tuple(source.pumps()),
            notices=notices,
            narration=narration,
            address=self._daemon.address,
        )

    def summary(self) -> list[str]:
        """Return what the story came to, one line for each interruption."""
        source = self._daemon.source
        found = source.interruptions(open_only=False, after=None, limit=100).items
        lines = ["", "Summary", *(f"  {summed_up(one)}" for one in found)]
        alerts = source.alerts(open_only=True, after=None, limit=100).items
        lines.extend(f"  open alert: {alert.code} ({alert.priority})" for alert in alerts)
        return lines

    def stop(self) -> None:
        """Stop monitor and simulator."""
        self._daemon.stop()
        process = self._simulator
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
