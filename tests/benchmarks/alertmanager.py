"""Measures from event to webhook, beside Prometheus' Alertmanager on the same machine with the same receiver.

Ours: alarm observations of as many pumps over MQTT at QoS 1, each made durable, told once to one contact by
a signed webhook. Theirs: alerts posted to its API in batches, nothing made durable before they are taken.
A bare loop (paho, SQLite alone, a webhook) does ours without deciding or rendering anything: the floor.
None is pinned to a core.
"""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from living import Living, eventually
from mosquitto import Broker, free_port
from tests.benchmarks.figures import Report, Spread, Target
from tests.benchmarks.fleet_daemon import HERE, PlainBroker, configured
from tests.benchmarks.hose import connected, publish_packet

ALERTS = 10_000
READY_S = 30.0

WEBHOOK = """
[[contacts]]
id = "family"
role = "patient"
channels = ["webhook:receiver"]

[[contacts]]
id = "nurse"
role = "home-nurse"
channels = ["log"]

[channels.webhook.receiver]
url = "http://127.0.0.1:{port}/notices"
secret = "file:{folder}/key"
allow_loopback = true
"""

THEIR_CONFIG = """
route:
  receiver: bench
  group_by: {group_by}
  group_wait: 0s
  group_interval: {group_interval}
  repeat_interval: 4h
receivers:
  - name: bench
    webhook_configs:
      - url: http://127.0.0.1:{port}/alerts
        send_resolved: false
        max_alerts: 0
"""


class Way(NamedTuple):
    """One way to use Alertmanager.

    Attributes:
        group_by, group_interval: Of its configuration.
        at_once: How many alerts are posted in one request.
    """

    group_by: str
    group_interval: str
    at_once: int


THEIRS = {
    "a group for each alert": Way("['...']", "5m", 500),
    "a group for each, posted one by one as ours are": Way("['...']", "5m", 1),
    "one group, all told again each 100 ms": Way("[]", "100ms", 500),
}
"""Only a group of its own tells each alert once, as we do. With the interval that is recommended, one group would wait
five minutes for its second message, so it is given a much shorter one."""


def program() -> str | None:
    """Return where Alertmanager is."""
    return shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")


def run(report: Report, folder: Path, *, quick: bool) -> None:
    """Let both take turns."""
    theirs = program()
    if theirs is None:
        report.say("prometheus-alertmanager is not installed: nothing to compare with")
    else:
        said = subprocess.run([theirs, "--version"], capture_output=True, text=True, check=False)
        report.say((said.stdout or said.stderr).partition("\n")[0])
    ours_rates: list[float] = []
    bare_rates: list[float] = []
    their_rates: dict[str, list[float]] = {name: [] for name in THEIRS}
    for turn in range(1 if quick else 4):
        ours_rates.append(_ours(report, folder / f"ours-{turn}"))
        bare_rates.append(_bare(report, folder / f"bare-{turn}"))
        if theirs is not None:
            for number, (name, way) in enumerate(THEIRS.items()):
                their_rates[name].append(_theirs(report, theirs, folder / f"theirs-{turn}-{number}", way))
    report.say(f"ours: {Spread.of(ours_rates).text('{:.0f}')} alerts/s")
    report.say(f"the bare loop: {Spread.of(bare_rates).text('{:.0f}')} alerts/s")
    for name, rates in their_rates.items():
        if rates:
            report.say(f"Alertmanager, {name}: {Spread.of(rates).text('{:.0f}')} alerts/s")
    for name, rates in their_rates.items():
        if rates:
            found = Spread.of([one / other for one, other in zip(ours_rates, rates, strict=True)])
            report.figure(f"event to webhook, {ALERTS} alerts, ours / theirs with {name}", found, Target(4.0))
            floor = Spread.of([one / other for one, other in zip(bare_rates, rates, strict=True)])
            report.say(f"the bare loop / theirs with {name}: {floor.text()}")


@contextmanager
def _receiver() -> Iterator[tuple[int, subprocess.Popen[str]]]:
    process = subprocess.Popen(
        [sys.executable, str(HERE / "receiver.py"), str(ALERTS)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline()), process
    finally:
        process.kill()
        process.communicate()


def _finished(report: Report, who: str, process: subprocess.Popen[str], begun_s: float) -> float:
    """Return alerts a second from ``begun_s`` to the receiver's last."""
    said, _ = process.communicate(timeout=300)
    ended_s, requests, alerts = said.split()
    rate = ALERTS / (float(ended_s) - begun_s)
    report.say(f"{who}: {rate:.0f} alerts/s in {requests} requests, {alerts} alerts told in all")
    return rate


def _ours(report: Report, folder: Path) -> float:
    broker: Broker = PlainBroker(folder / "broker")
    with broker, _receiver() as (port, process):
        more = WEBHOOK.format(port=port, folder=folder)
        (folder / "key").touch(mode=0o600)
        (folder / "key").write_text("a key for the benchmark alone")
        living = Living(folder, configured(folder, ALERTS, broker.port, more))
        with living:
            living.listen_to("broker")
            line = connected(broker.port, "pumps")
            _publish(line, '"kind":"status","delivery":"delivering","rate_ml_per_h":5.0', 1)
            eventually(lambda: f"pumpwatch_observations_total {ALERTS}.0" in _metrics(living))
            time.sleep(1)
            begun_s = time.monotonic()
            _publish(line, '"kind":"alarm","code":"batt-low","phase":"start"', 2)
            rate = _finished(report, "ours", process, begun_s)
            line.close()
            return rate


def _bare(report: Report, folder: Path) -> float:
    folder.mkdir(parents=True)
    broker: Broker = PlainBroker(folder / "broker")
    with broker, _receiver() as (port, process):
        command = [sys.executable, "-m", "tests.benchmarks.bare_alerts"]
        bare = subprocess.Popen(
            [*command, str(broker.port), "home", str(folder / "bare.db"), str(port)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=HERE.parents[1],
        )
        try:
            assert bare.stdout is not None
            assert bare.stdout.readline() == "ready\n"
            line = connected(broker.port, "pumps")
            begun_s = time.monotonic()
            _publish(line, '"kind":"alarm","code":"batt-low","phase":"start"', 2)
            rate = _finished(report, "the bare loop", process, begun_s)
            line.close()
            return rate
        finally:
            bare.kill()
            bare.communicate()


def _metrics(living: Living) -> str:
    host = living.address.removeprefix("http://")
    line = http.client.HTTPConnection(host, timeout=30)
    line.request("GET", "/metrics", headers={"Authorization": f"Bearer {living.token}"})
    return line.getresponse().read().decode()


def _publish(line: socket.socket, body: str, seq: int) -> None:
    """Let each pump say the same; the broker acknowledges everything before this returns."""
    packets = []
    for pump in range(ALERTS):
        payload = f'{{"v":1,"seq":{seq},"boot":"b1",{body}}}'.encode()
        packets.append(publish_packet(f"pumpwatch/1/home/pump-{pump:05d}/observation", pump + 1, payload))
    begun = 0
    acknowledged = 0
    while acknowledged < 4 * ALERTS:
        if begun < ALERTS:
            line.sendall(b"".join(packets[begun : begun + 500]))
            begun += 500
        if begun - acknowledged // 4 > 2_000 or begun >= ALERTS:
            acknowledged += len(line.recv(1 << 16))


def _theirs(report: Report, theirs: str, folder: Path, way: Way) -> float:
    folder.mkdir(parents=True)
    with _receiver() as (port, process):
        config = folder / "alertmanager.yml"
        config.write_text(THEIR_CONFIG.format(port=port, group_by=way.group_by, group_interval=way.group_interval))
        where = free_port()
        with (folder / "log").open("wb") as log:
            running = subprocess.Popen(
                [theirs, f"--config.file={config}", f"--storage.path={folder / 'data'}",
                 f"--web.listen-address=127.0.0.1:{where}", "--cluster.listen-address=", "--log.level=error"],
                stdout=log, stderr=log,
            )  # fmt: skip
        try:
            eventually(lambda: _is_ready(where), READY_S)
            bodies = [_posted(start, way.at_once) for start in range(0, ALERTS, way.at_once)]
            line = http.client.HTTPConnection("127.0.0.1", where, timeout=60)
            begun_s = time.monotonic()
            for body in bodies:
                line.request("POST", "/api/v2/alerts", body, {"Content-Type": "application/json"})
                answer = line.getresponse()
                answer.read()
                assert answer.status == http.client.OK, answer.status
            who = f"Alertmanager, group_by {way.group_by}, {way.at_once} alerts a request"
            return _finished(report, who, process, begun_s)
        finally:
            running.kill()
            running.wait()


def _is_ready(port: int) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/-/ready")
        return line.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        line.close()


def _posted(start: int, count: int) -> bytes:
    """Return a batch of alerts that differ in the pump."""
    alerts = [
        {"labels": {"alertname": "batt-low", "pump": f"pump-{pump:05d}", "severity": "low"},
         "annotations": {"text": "the battery is low"}}
        for pump in range(start, start + count)
    ]  # fmt: skip
    return json.dumps(alerts).encode()
