"""A real daemon in a process of its own, and a hand that publishes to a broker: for end-to-end tests."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

READY_S = 90.0
STOP_S = 60.0
ANSWER_S = 60.0
COMMAND_S = 90.0
"""Bounds of waits, in seconds, for a machine that has much else to do; nothing is said of how fast anything is."""


def eventually(what: Any, within_s: float = 60.0) -> Any:
    """Return the first true answer of ``what``, asking again and again; fail after ``within_s``."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        answer = what()
        if answer:
            return answer
        time.sleep(0.02)
    message = f"did not come true within {within_s} s"
    raise AssertionError(message)


class Living:
    """`pumpwatch run` over one configuration file; may be killed and started again."""

    def __init__(self, folder: Path, config: str) -> None:
        self.folder = folder
        self.config = folder / "pumpwatch.toml"
        self.config.write_text(config)
        self.process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self.address = ""
        self.token = ""
        self.lines: queue.Queue[str] = queue.Queue(1000)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        log = (self.folder / "daemon.log").open("ab")
        command = [sys.executable, "-m", "monitor", "run", "--config", str(self.config)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        log.close()
        self._reader = threading.Thread(target=self._listen, args=(self.process,), daemon=True)
        self._reader.start()
        ready = self.lines.get(timeout=READY_S)
        if not ready.startswith("ready "):
            message = f"the daemon did not start: {ready!r}; {(self.folder / 'daemon.log').read_text()}"
            raise AssertionError(message)
        words = ready.split()
        self.address, self.token = words[1], words[3]

    def listen_to(self, source: str) -> None:
        """Wait until the daemon hears a source."""
        eventually(lambda: self._hears(f"driver:source:{source}"))

    def _hears(self, name: str) -> bool:
        return any(check["name"] == name and check["ok"] for check in self.health()["checks"])

    def _listen(self, process: subprocess.Popen[str]) -> None:
        if process.stdout is not None:
            with process.stdout as said:
                for line in said:
                    self.lines.put(line)
        self.lines.put("")

    def kill(self) -> None:
        """Kill it at once, wherever it is."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self._gone()

    def stop(self) -> int:
        """Stop it with SIGTERM and return its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(STOP_S)
        self._gone()
        return code

    def _gone(self) -> None:
        if self.process is not None:
            self.process.wait(STOP_S)
            self.process = None
            if self._reader is not None:
                self._reader.join(STOP_S)
            while not self.lines.empty():
                self.lines.get()

    def ask(self, path: str) -> httpx.Response:
        """Return the feed's answer, whatever it is."""
        return httpx.get(self.address + path, headers={"Authorization": f"Bearer {self.token}"}, timeout=ANSWER_S)

    def get(self, path: str) -> Any:
        """Return what the feed answers."""
        answer = self.ask(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def health(self) -> Any:
        """Return how its parts are, also while one of them is not well."""
        return self.ask("/readyz").json()

    def items(self, path: str) -> list[dict[str, Any]]:
        """Return every item of a list, page by page."""
        found: list[dict[str, Any]] = []
        joiner = "&" if "?" in path else "?"
        after = ""
        while True:
            page = self.get(f"{path}{joiner}limit=500{after}")
            found += page["items"]
            if page.get("next") is None:
                return found
            after = f"&after={page['next']}"

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the command line against this daemon."""
        env = {**os.environ, "PUMPWATCH_URL": self.address, "PUMPWATCH_TOKEN": self.token}
        command = [sys.executable, "-m", "monitor", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=COMMAND_S, env=env)


class Hand:
    """Publishes observations for pumps, numbered, at QoS 1, until the broker has taken them."""

    def __init__(self, port: int, name: str = "hand") -> None:
        self.seq: dict[str, int] = {}
        self._connected = threading.Event()
        self._taken: set[int] = set()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
        self._client.on_connect = lambda *_: self._connected.set()
        self._client.on_publish = lambda _client, _data, mid, *_: self._taken.add(mid)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()
        assert self._connected.wait(ANSWER_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        # Its callbacks hold us: without them it goes, and closes its sockets, with us and not at some later time.
        self._client.on_publish = self._client.on_connect = None

    def say(self, pump: str, *, wait: bool = True, retain: bool = False, again: bool = False, **fields: Any) -> None:
        """Publish one observation; ``again`` repeats the last message number."""
        seq = self.seq.get(pump, 0) + (0 if again else 1)
        self.seq[pump] = seq
        body = {"v": 1, "seq": seq, "boot": "one", **fields}
        # A message that is begun while the broker is away is sent again by paho when it is back.
        eventually(self._client.is_connected)
        done = self._client.publish(f"pumpwatch/1/home/{pump}/observation", json.dumps(body), qos=1, retain=retain)
        if wait:
            eventually(lambda: done.mid in self._taken)

    def status(self, pump: str, delivery: str = "delivering", **fields: Any) -> None:
        """Publish one status."""
        rate = 5.0 if delivery == "delivering" else 0.0
        self.say(pump, kind="status", delivery=delivery, **{"rate_ml_per_h": rate, **fields})

    def alarm(self, pump: str, code: str, phase: str = "start", **fields: Any) -> None:
        """Publish the start or end of an alarm."""
        self.say(pump, kind="alarm", code=code, phase=phase, **fields)
