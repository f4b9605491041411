"""A bench for the conformance kit: pumps that publish through a real Mosquitto."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from drivers.contract import DriverPlugin, Observation
from drivers.mqtt_pump import plugin
from drivers.testing.bench import Disturbance
from mosquitto import Broker
from observation_text import as_text

PATIENCE_S = 60.0
QUALITY = 1
UNHEARD_MAX = 5
"""How many messages of its own the bench may have ahead of its listener."""


class MqttBench:
    """Two pumps and a listener that sees everything that anybody publishes."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._is_cut = False
        self._said: Counter[tuple[str, bytes]] = Counter()
        self._counting = threading.Lock()
        self._foreign: list[bytes] = []
        self._marks: dict[bytes, threading.Event] = {}
        self._client = self._connected()
        self.plugin: DriverPlugin = plugin
        self.options: Mapping[str, Any] = {"host": "127.0.0.1", "port": broker.port, "client_id": "bench"}
        self.pumps: Sequence[str] = ("left", "right")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def play(self, pump: str, observation: Observation) -> None:
        self._say(f"pumpwatch/1/bench/{pump}/observation", as_text(observation))

    def hush(self) -> None:
        """Do nothing: the pumps speak only when they play."""

    def inject(self, junk: bytes) -> None:
        self._say("pumpwatch/1/bench/left/observation", junk)

    def disturb(self, how: Disturbance) -> None:
        raise AssertionError(f"a line of whole messages cannot be {how}")

    def cut(self) -> None:
        self._leave()
        self._broker.kill()
        self._is_cut = True

    def mend(self) -> None:
        if self._is_cut:
            self._broker.start()
            self._client = self._connected()
            self._is_cut = False

    def sent(self) -> Sequence[bytes]:
        mark = uuid.uuid4().bytes
        heard = self._marks[mark] = threading.Event()
        self._client.publish("pumpwatch/bench/mark", mark, qos=QUALITY)
        assert heard.wait(PATIENCE_S), "the bench does not hear itself"
        return tuple(self._foreign)

    def _say(self, topic: str, payload: bytes) -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while len(self._said) > UNHEARD_MAX and time.monotonic() < deadline_s:
            time.sleep(0.001)  # so that what the bench itself holds back is no memory of the driver's
        with self._counting:
            self._said[topic, payload] += 1
        self._client.publish(topic, payload, qos=QUALITY).wait_for_publish(PATIENCE_S)

    def _heard(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        payload = bytes(message.payload)
        said = (message.topic, payload)
        if payload in self._marks:
            self._marks.pop(payload).set()
            return
        with self._counting:
            if said in self._said:
                self._said -= Counter([said])  # what is down to nothing is forgotten
            else:
                self._foreign.append(b"%s %s" % (message.topic.encode(), payload))

    def _connected(self) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        is_subscribed = threading.Event()
        client.on_subscribe = lambda *_: is_subscribed.set()
        client.on_message = self._heard
        client.connect("127.0.0.1", self._broker.port)
        client.loop_start()
        client.subscribe("#", qos=QUALITY)
        assert is_subscribed.wait(PATIENCE_S), "the broker does not answer the bench"
        return client

    def _leave(self) -> None:
        if not self._is_cut:
            self._client.disconnect()
            self._client.loop_stop()
            # Its callbacks hold us: without them it goes, and closes its sockets, with us and not at some later time.
            self._client.on_message = None
