"""Starts the real daemon on a fleet, the broker and the bare client, each on its core."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from living import Living
from mosquitto import Broker
from tests.benchmarks.hose import SENTINEL, Seen, Task
from tests.benchmarks.machine import cores, on_core

HERE = Path(__file__).parent

CONFIG = """
[site]
id = "home"
time_zone = "Europe/Berlin"
call_back_number = "+1 555 0100"

[storage]
url = "sqlite:///{folder}/pumpwatch.db"

[feed]
port = 0

[[fleets]]
ids_file = "{folder}/pumps.txt"
therapy = "blinatumomab"
order = {{ rate_ml_per_h = 5.0 }}
"""

SOURCE = """
[[sources]]
name = "broker"
driver = "mqtt"

[sources.options]
host = "127.0.0.1"
port = {port}
client_id = "monitor"
site = "home"
"""


class PlainBroker(Broker):
    """A Mosquitto that writes no log of each packet and holds nobody back: 0 is no limit."""

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def _configuration(self) -> str:
        lines = [f"listener {self.port} 127.0.0.1", "allow_anonymous true", "user root", "log_type error"]
        return "\n".join([*lines, "max_queued_messages 0", "max_inflight_messages 0"]) + "\n"


def pump_ids(count: int) -> list[str]:
    """Return the ids of the pumps that the hose lets speak, and its sentinel's."""
    return [*(f"pump-{number:05d}" for number in range(count)), SENTINEL]


def configured(folder: Path, pumps: int, port: int | None, more: str = "") -> str:
    """Write the fleet's ids and return the configuration; without ``port`` nothing is listened to."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pumps.txt").write_text("".join(f"{pump}\n" for pump in pump_ids(pumps)))
    source = "" if port is None else SOURCE.format(port=port)
    return CONFIG.format(folder=folder) + source + more


@dataclass
class Measured:
    """One process that handles messages.

    Attributes:
        pid: The process.
        site: The part of the topic that it listens to.
        database: Where its sentinel is, or "".
        counter: The file with its count, or "".
        round: Number of the next round of messages.
        marks: Sentinels handled so far.
    """

    pid: int
    site: str
    database: str = ""
    counter: str = ""
    round: int = 0
    marks: int = 0

    def handle(
        self,
        port: int,
        bodies: list[str],
        messages: int,
        *,
        pumps: int,
        part: int = 5_000,
        lead: int = 20_000,
        watch: str = "",
    ) -> Seen:
        """Let the hose publish ``messages`` to it and return what was seen."""
        task: Task = {
            "port": port,
            "site": self.site,
            "pumps": pumps,
            "bodies": bodies,
            "first_round": self.round,
            "messages": messages,
            "slice": part,
            "lead": lead,
            "pid": self.pid,
            "database": self.database,
            "counter": self.counter,
            "marks_before": self.marks,
            "watch": watch,
        }
        self.round += -(-messages // pumps)
        self.marks += messages // part
        with on_core(cores()[1]):
            done = subprocess.run(
                [sys.executable, str(HERE / "hose.py"), json.dumps(task)], capture_output=True, text=True, check=False
            )
        if done.returncode:
            raise RuntimeError(done.stderr)
        seen: Seen = json.loads(done.stdout)
        return seen


def per_second(seen: Seen) -> tuple[float, float]:
    """Return messages per second and processor microseconds per message between the first and the last sample."""
    (count, at_s, cpu_s), (last, until_s, cpu_until_s) = seen["samples"][0], seen["samples"][-1]
    handled = last - count
    return handled / (until_s - at_s), (cpu_until_s - cpu_s) / handled * 1e6


@contextmanager
def broker(folder: Path) -> Iterator[PlainBroker]:
    """Run Mosquitto on the other core."""
    with on_core(cores()[1]):
        running = PlainBroker(folder / "broker")
        running.start()
    try:
        yield running
    finally:
        running.kill()


@contextmanager
def daemon(folder: Path, config: str, *, is_listening: bool = True) -> Iterator[Living]:
    """Run the daemon on the measured core."""
    living = Living(folder, config)
    with on_core(cores()[0]):
        living.start()
    try:
        if is_listening:
            living.listen_to("broker")
        yield living
    finally:
        living.kill()


def measured(living: Living) -> Measured:
    """Return the daemon as something that handles messages."""
    assert living.process is not None
    return Measured(living.process.pid, "home", database=str(living.folder / "pumpwatch.db"))


@contextmanager
def bare_client(folder: Path, port: int) -> Iterator[Measured]:
    """Run the client that only counts, on the measured core."""
    counter = folder / "count"
    with on_core(cores()[0]):
        process = subprocess.Popen(
            [sys.executable, str(HERE / "bare_client.py"), str(port), "bare", str(counter)],
            stdout=subprocess.PIPE,
            text=True,
        )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Measured(process.pid, "bare", counter=str(counter))
    finally:
        process.kill()
        process.communicate()
