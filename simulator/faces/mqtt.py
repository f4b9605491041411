"""Carries observations to an MQTT broker, as gateways at patients' homes do (MQTT 5, quality of service 1).

A gateway is one connection. A pump with a connection of its own has its link topic as the last will, so
that a pulled cable shows as the broker's "offline". Pumps that share a connection (fleets, up to 500 each)
cannot: a connection has one will. Theirs is a retained "offline" on ``pumpwatch/1/{site}/{gateway}/gateway``,
and each pump's link topic is written by the gateway as it comes and goes. The link topic is a hint only.
"""

from __future__ import annotations

import os
import ssl
import threading
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from simulator.terminal import LineError

CONNECT_S_MAX = 5.0
"""How long a first connection may take before the broker counts as out of reach."""

FLUSH_S_MAX = 5.0
QUEUED_MAX = 50_000
IN_FLIGHT_MAX = 1000
ONLINE, OFFLINE = b"online", b"offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerOptions:
    """Where to publish, and as whom.

    Attributes:
        host: The broker.
        port: Its port.
        topic: Where observations go; ``{site}`` and ``{pump}`` are filled in.
        site: The site's id.
        username: Empty for none.
        password: Belongs to the user name.
        ca_file: Certificate of the authority that signed the broker's; empty for no TLS.
    """

    host: str
    port: int
    topic: str
    site: str
    username: str = ""
    password: str = ""
    ca_file: str = ""

    def topic_of(self, pump_id: str) -> str:
        """Return the observation topic of a pump."""
        return self.topic.replace("{site}", self.site).replace("{pump}", pump_id)

    def link_topic_of(self, pump_id: str) -> str:
        """Return the link topic of a pump: the last level of its observation topic replaced."""
        return self.topic_of(pump_id).rpartition("/")[0] + "/link"


class Gateway:
    """One connection that carries one or many pumps.

    Attributes:
        lost_messages: How many messages found no room while the broker was away.
    """

    def __init__(self, options: BrokerOptions, name: str, will_topic: str) -> None:
        self.lost_messages = 0
        self._options = options
        self._lines: list[MqttLine] = []
        self._is_up = threading.Event()
        self._refusal = "no answer"
        self._is_looping = self._was_up = False
        self._client = self._new_client(name, will_topic)

    def _new_client(self, name: str, will_topic: str) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"simulated-{name}-{os.getpid()}", protocol=mqtt.MQTTv5
        )
        client.will_set(will_topic, OFFLINE, qos=1, retain=True)
        client.max_queued_messages_set(QUEUED_MAX)
        client.max_inflight_messages_set(IN_FLIGHT_MAX)
        client.reconnect_delay_set(min_delay=1, max_delay=30)
        if self._options.username:
            client.username_pw_set(self._options.username, self._options.password)
        if self._options.ca_file:
            client.tls_set(ca_certs=self._options.ca_file, tls_version=ssl.PROTOCOL_TLS_CLIENT)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        return client

    @property
    def is_up(self) -> bool:
        """Whether the broker is there."""
        return self._is_up.is_set()

    def add(self, line: MqttLine) -> None:
        """Carry one more pump; before the first connection only."""
        self._lines.append(line)

    @property
    def carries_one(self) -> bool:
        """Whether the connection belongs to a single pump."""
        return len(self._lines) == 1

    def connect(self) -> None:
        """Connect, and stay connected; harmless when connected. Waits the first time only.

        Raises:
            LineError: The broker did not take the first connection in time.
        """
        if self._is_looping:
            return
        where = f"{self._options.host}:{self._options.port}"
        self._is_looping = True
        self._client.connect_async(self._options.host, self._options.port, keepalive=30)
        self._client.loop_start()
        if not self._was_up and not self._is_up.wait(CONNECT_S_MAX):
            self._halt()
            raise LineError(f"mqtt://{where}: no connection: {self._refusal}")

    def drop(self) -> None:
        """Leave so that the broker publishes the last will, as after a lost connection."""
        self._client.disconnect(ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message"))
        self._halt()

    def close(self) -> None:
        """Say offline for each pump, wait for what is under way, and leave for good."""
        if not self._is_looping:
            return
        if self.is_up:
            said = [self.publish(line.link_topic, OFFLINE, is_retained=True) for line in self._lines]
            if said:
                said[-1].wait_for_publish(FLUSH_S_MAX)
        self._client.disconnect()
        self._halt()
        # Its callbacks hold us: without them it closes its sockets as we go, and not at some later time.
        self._client.on_connect = self._client.on_connect_fail = self._client.on_disconnect = None

    def publish(self, topic: str, payload: bytes, *, is_retained: bool = False) -> mqtt.MQTTMessageInfo:
        """Hand a message to the connection; counted as lost where there is no room for it."""
        info = self._client.publish(topic, payload, qos=1, retain=is_retained)
        if info.rc == mqtt.MQTT_ERR_QUEUE_SIZE:
            self.lost_messages += 1
        return info

    def _halt(self) -> None:
        self._is_looping = False
        self._client.loop_stop()
        self._is_up.clear()

    def _on_connect(self, _: mqtt.Client, __: Any, ___: Any, reason: ReasonCode, ____: Properties | None) -> None:  # noqa: ANN401 - paho's own signature
        if reason.is_failure:
            self._refusal = str(reason)
            return
        for line in self._lines:
            if line.is_plugged:
                self.publish(line.link_topic, ONLINE, is_retained=True)
        self._was_up = True
        self._is_up.set()

    def _on_connect_fail(self, _: mqtt.Client, __: Any) -> None:  # noqa: ANN401 - paho's own signature
        self._refusal = "the broker does not answer"

    def _on_disconnect(self, *_: object) -> None:
        self._is_up.clear()


class MqttLine:
    """One pump's way through its gateway.

    Attributes:
        can_hear: False: nobody sends a pump anything.
        is_plugged: Whether the pump is connected to the gateway.
        link_topic: Where the hint about the link goes.
        lost_bytes: How many bytes were sent while the way was barred.
    """

    can_hear = False

    def __init__(self, gateway: Gateway, topic: str, link_topic: str) -> None:
        self.is_plugged = False
        self.link_topic = link_topic
        self.lost_bytes = 0
        self._gateway = gateway
        self._topic = topic
        gateway.add(self)

    def plug(self) -> None:
        """Connect the pump, and the gateway if need be."""
        if self.is_plugged:
            return
        self.is_plugged = True
        if self._gateway.is_up:
            self._gateway.publish(self.link_topic, ONLINE, is_retained=True)
        else:
            self._gateway.connect()

    def unplug(self) -> None:
        """Disconnect the pump; its own connection breaks off without a word."""
        if not self.is_plugged:
            return
        self.is_plugged = False
        if self._gateway.carries_one:
            self._gateway.drop()
        else:
            self._gateway.publish(self.link_topic, OFFLINE, is_retained=True)

    def close(self) -> None:
        """Close the gateway, which closes for all its pumps."""
        self._gateway.close()

    def fileno(self) -> int | None:
        """Return None: the gateway's own thread reads."""
        return None

    @property
    def can_send(self) -> bool:
        """Whether the pump is connected and the broker is there."""
        return self.is_plugged and self._gateway.is_up

    def receive(self) -> bytes:
        """Return nothing."""
        return b""

    def send(self, data: bytes) -> None:
        """Publish one observation, not retained."""
        if self.can_send:
            self._gateway.publish(self._topic, data)
        else:
            self.lost_bytes += len(data)
