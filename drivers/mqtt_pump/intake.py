"""Reads the packets of one connection and acknowledges them: through the buffer, or as paho does alone.

``BufferedIntake`` is the rule. ``PlainIntake`` is there for a future paho that no longer lets its
socket be wrapped: slower, with the same outcome.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode

from drivers.mqtt_pump.buffered_socket import BufferedSocket
from drivers.mqtt_pump.packets import (
    DUP,
    PACKET_MAX_BYTES,
    RETAIN,
    Arrived,
    PacketError,
    head_of_publish,
    pack_acknowledgements,
    packet_at,
    take_publishes,
)

_PINGRESP = 0xD0
_PLAIN_PACKETS_MAX = 100


class Intake(Protocol):
    """One way to read messages and to acknowledge them.

    Attributes:
        has_more: Whether ``receive`` should be called without waiting for the socket.
        pings_sent: How many pings went out on this connection.
        pings_answered: How many answers to them came back.
    """

    has_more: bool
    pings_answered: int

    @property
    def pings_sent(self) -> int:
        """How many pings went out on this connection."""

    @property
    def wants_to_send(self) -> bool:
        """Whether ``send_rest`` should be called once the socket can be written to."""

    def receive(self, arrived: list[Arrived], count_max: int) -> None:
        """Read what is there and append its messages to ``arrived``; all else goes to paho.

        Raises:
            OSError: The line is lost.
            PacketError: The broker does not keep to MQTT 5.
        """

    def acknowledge(self, packet_ids: Sequence[int]) -> bool:
        """Acknowledge messages, from any thread; True if the reader must be woken to send the rest.

        Raises:
            OSError: Too much waits to be sent already, or the line was closed.
        """

    def send_rest(self) -> None:
        """Send what could not be sent at once; for the reader only. A lost line is told by ``receive``."""


class BufferedIntake:
    """Takes PUBLISH packets out of the buffer itself and offers each other packet to paho, whole."""

    def __init__(self, paho: Client, line: BufferedSocket) -> None:
        self.has_more = False
        self.pings_answered = 0
        self._paho = paho
        self._line = line
        self._skip_bytes = 0
        self._has_packets = False

    @property
    def pings_sent(self) -> int:
        """How many pings went out on this connection."""
        return self._line.pings_sent

    @property
    def wants_to_send(self) -> bool:
        """Whether ``send_rest`` should be called once the socket can be written to."""
        return self._line.has_unsent

    def receive(self, arrived: list[Arrived], count_max: int) -> None:
        """Read what is there; see ``Intake``."""
        line = self._line
        if not self._has_packets:
            line.fill()
            if self._skip_bytes:
                skipped = min(self._skip_bytes, len(line.data) - line.at)
                line.at += skipped
                self._skip_bytes -= skipped
        before = len(arrived)
        self._take_packets(arrived, count_max)
        if len(arrived) == before:
            # An answer to our own marker, say: no acknowledgement of ours follows it.
            line.confirm()
        line.release()
        # At the limit there may be whole packets left; else what is left is the beginning of one.
        self._has_packets = len(arrived) >= count_max and line.at < len(line.data)
        self.has_more = self._has_packets or line.has_pending

    def acknowledge(self, packet_ids: Sequence[int]) -> bool:
        """Send all acknowledgements in one write; see ``Intake``."""
        self._line.send(pack_acknowledgements(packet_ids))
        return self._line.has_unsent

    def send_rest(self) -> None:
        """Send what the system did not take at once; see ``Intake``."""
        self._line.flush()

    def _take_packets(self, arrived: list[Arrived], count_max: int) -> None:
        line = self._line
        while True:
            line.at = take_publishes(line.data, line.at, count_max, arrived)
            if len(arrived) >= count_max:
                return
            packet = packet_at(line.data, line.at)
            if packet is None:
                return
            first, end = packet
            if end > len(line.data):
                self._skip_if_oversize(arrived, end)
                return
            if first == _PINGRESP:
                self.pings_answered += 1
            line.offer(end)
            outcome = self._paho.loop_read()
            if outcome != MQTTErrorCode.MQTT_ERR_SUCCESS or self._paho.socket() is None:
                # paho has closed the line and has said why through its callback.
                return

    def _skip_if_oversize(self, arrived: list[Arrived], end: int) -> None:
        """Give up on a packet that is too long to be kept; it is reported, and skipped as it comes in."""
        line = self._line
        if end - line.at <= PACKET_MAX_BYTES or len(line.data) - line.at < PACKET_MAX_BYTES:
            return
        head = head_of_publish(line.data, line.at)
        if head is None:
            raise PacketError(f"The broker sent a packet of {end - line.at} bytes that is no PUBLISH.")
        arrived.append(head)
        self._skip_bytes = end - len(line.data)
        line.at = len(line.data)


class PlainIntake:
    """Leaves everything to paho and its callback."""

    def __init__(self, paho: Client, has_pending: Callable[[], bool]) -> None:
        self.has_more = False
        self.pings_answered = 0
        self.pings_sent = 0  # not seen on this way: nothing is proven by pings then
        self._paho = paho
        self._has_pending = has_pending
        self._arrived: list[Arrived] = []
        self._settled: list[int] = []
        self._lock = threading.Lock()

    @property
    def wants_to_send(self) -> bool:
        """Whether ``send_rest`` should be called once the socket can be written to."""
        return bool(self._settled) or self._paho.want_write()

    def receive(self, arrived: list[Arrived], count_max: int) -> None:
        """Let paho read packet by packet; see ``Intake``."""
        packets_max = min(count_max - len(arrived), _PLAIN_PACKETS_MAX)
        for _ in range(packets_max):
            before = len(self._arrived)
            if self._paho.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS or len(self._arrived) == before:
                break
        self.has_more = len(self._arrived) >= packets_max or self._has_pending()
        arrived += self._arrived
        self._arrived = []

    def take(self, message: MQTTMessage) -> None:
        """Keep a message that paho has read; its callback calls this."""
        try:
            topic = message.topic.encode()
        except UnicodeDecodeError:
            topic = b"\xff"
        flags = message.qos << 1 | (RETAIN if message.retain else 0) | (DUP if message.dup else 0)
        self._arrived.append((flags, topic, message.mid, bytes(message.payload)))

    def acknowledge(self, packet_ids: Sequence[int]) -> bool:
        """Leave the acknowledgements to the reader, since paho's packets may go out in halves."""
        with self._lock:
            self._settled += packet_ids
        return True

    def send_rest(self) -> None:
        """Acknowledge what was settled; see ``Intake``."""
        with self._lock:
            settled, self._settled = self._settled, []
        for packet_id in settled:
            self._paho.ack(packet_id, 1)
        self._paho.loop_write()
