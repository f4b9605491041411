"""Simulated gateways publish to a real broker as the format's description demands."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from mosquitto import Broker

PATIENCE_S = 90

OUTAGE_STORY = """
description = "Stopped while the network is away."
duration = "4h"
[[actions]]
at = "+01:00"
action = "unplug"
[[actions]]
at = "+01:30"
action = "stop"
[[actions]]
at = "+02:00"
action = "replug"
"""


class Listener:
    """Somebody who subscribes to everything and remembers it."""

    def __init__(self, port: int) -> None:
        self.observations: list[tuple[str, dict[str, Any]]] = []
        self.links: list[tuple[str, str]] = []
        self.faults: list[str] = []
        self._news = threading.Condition()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.on_message = self._on_message
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert subscribed.wait(PATIENCE_S)

    def _on_message(self, _: Any, __: Any, message: mqtt.MQTTMessage) -> None:
        with self._news:
            if message.topic.endswith("/observation"):
                if message.qos != 1 or message.retain:
                    self.faults.append(f"{message.topic}: qos {message.qos}, retained {message.retain}")
                self.observations.append((message.topic, json.loads(message.payload)))
            else:
                self.links.append((message.topic, message.payload.decode()))
            self._news.notify_all()

    def wait_for(self, is_so: Callable[[], bool], what: str) -> None:
        with self._news:
            assert self._news.wait_for(is_so, PATIENCE_S), f"never came: {what}"

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        # Its callbacks hold us: without them it goes, and closes its sockets, with us and not at some later time.
        self._client.on_message = None


@pytest.fixture
def listener(broker: Broker) -> Iterator[Listener]:
    listener = Listener(broker.port)
    yield listener
    listener.close()


@pytest.fixture
def simulate(broker: Broker) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []

    def start(*options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "simulator", "--face", "mqtt", "--mqtt-port", str(broker.port), *options]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        guard = threading.Timer(2 * PATIENCE_S, processes[-1].kill)
        guards.append(guard)
        guard.start()
        stdout = processes[-1].stdout
        assert stdout is not None
        assert stdout.readline() == f"ready mqtt://127.0.0.1:{broker.port}\n"
        return processes[-1]

    guards: list[threading.Timer] = []
    yield start
    for guard in guards:
        guard.cancel()
    for process in processes:
        process.kill()
        with process:
            pass


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    assert process.wait(PATIENCE_S) == 0


def test_a_pump_publishes_observations_and_its_link(
    simulate: Callable[..., subprocess.Popen[str]], listener: Listener
) -> None:
    process = simulate("--story", "steady", "--speed", "600", "--site", "home", "--pump", "p-1")
    listener.wait_for(lambda: len(listener.observations) >= 20, "observations")
    stop(process)
    listener.wait_for(lambda: len(listener.links) >= 2, "both hints")
    assert listener.links == [("pumpwatch/1/home/p-1/link", "online"), ("pumpwatch/1/home/p-1/link", "offline")]
    assert {topic for topic, _ in listener.observations} == {"pumpwatch/1/home/p-1/observation"}
    assert listener.faults == []
    messages = [message for _, message in listener.observations]
    assert [each["seq"] for each in messages] == list(range(1, len(messages) + 1))
    assert {each["pump"] for each in messages} == {"p-1"}
    assert len({each["boot"] for each in messages}) == 1
    assert [each.get("event") for each in messages[:2]] == ["power-on", "delivery-start"]


def test_a_lost_network_shows_as_the_brokers_last_will_and_the_log_is_told_afterwards(
    simulate: Callable[..., subprocess.Popen[str]], listener: Listener, tmp_path: Path
) -> None:
    (tmp_path / "outage.toml").write_text(OUTAGE_STORY, encoding="utf-8")
    simulate("--story", str(tmp_path / "outage.toml"), "--speed", "2400", "--site", "home", "--pump", "p-1")
    listener.wait_for(lambda: len(listener.links) >= 3, "online, offline, online")
    assert [payload for _, payload in listener.links[:3]] == ["online", "offline", "online"]

    def stops() -> list[dict[str, Any]]:
        return [each for _, each in listener.observations if each.get("event") == "delivery-stop"]

    listener.wait_for(lambda: bool(stops()), "the stop")
    # The stop was half an hour before the network came back; connecting takes story time, too, and how much is the
    # machine's business. But the pump had run before, and had said so.
    told, first = stops()[0], listener.observations[0][1]
    watched_s = (datetime.fromisoformat(told["device_at"]) - datetime.fromisoformat(first["device_at"])).total_seconds()
    assert 1800 <= told["age_s"] < watched_s - 3600


def test_a_fleet_of_a_thousand_shares_few_connections(
    simulate: Callable[..., subprocess.Popen[str]], listener: Listener
) -> None:
    process = simulate("--story", "steady", "--story", "occlusion", "--pumps", "1000", "--site", "ward", "--speed", "6")
    pumps: set[str] = set()

    def all_heard_twice() -> bool:
        pumps.update(topic.split("/")[3] for topic, _ in listener.observations)
        return len(pumps) == 1000 and len(listener.observations) >= 6000

    listener.wait_for(all_heard_twice, "two reports of each pump")
    stop(process)
    listener.wait_for(lambda: sum(payload == "offline" for _, payload in listener.links) >= 1000, "all offline")
    assert pumps == {f"simulated-{number}" for number in range(1, 1001)}
    assert listener.faults == []
    assert len({message["serial"] for _, message in listener.observations}) == 1000
    assert sum(payload == "online" for _, payload in listener.links) == 1000
    assert all(topic.startswith("pumpwatch/1/ward/") for topic, _ in listener.links)


def test_the_same_seed_publishes_the_same_observations(
    simulate: Callable[..., subprocess.Popen[str]], listener: Listener
) -> None:
    """Not to the byte, as real time passes; but serial numbers, counters and words are the same."""
    seen = []
    for _ in range(2):
        listener.observations.clear()
        process = simulate("--story", "steady", "--pumps", "3", "--seed", "5")
        listener.wait_for(lambda: len(first_words(listener)) >= 9, "three messages of each pump")
        stop(process)
        # Whatever a gateway has said has come when its last word has.
        listener.wait_for(lambda: sum(payload == "offline" for _, payload in listener.links) >= 3, "all offline")
        seen.append(first_words(listener))
        listener.links.clear()
    assert seen[0] == seen[1]


def first_words(listener: Listener) -> list[tuple[str, int, str, str]]:
    found = ((topic, each["seq"], each["kind"], each["serial"]) for topic, each in listener.observations)
    return sorted(each for each in found if each[1] <= 3)


def test_a_broker_out_of_reach_is_a_failure_in_one_sentence() -> None:
    command = [sys.executable, "-m", "simulator", "--face", "mqtt", "--mqtt-port", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("mqtt://127.0.0.1:1: no connection: ")
    assert len(done.stderr.splitlines()) == 1
