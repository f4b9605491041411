"""Feeds bytes through a real socket pair to the buffered intake and to paho behind it."""

from __future__ import annotations

import random
import select
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from drivers.mqtt_pump.buffered_socket import PINGREQ, UNSENT_MAX_BYTES, BufferedSocket
from drivers.mqtt_pump.client import Answers, make_client
from drivers.mqtt_pump.intake import BufferedIntake
from drivers.mqtt_pump.link_errors import BrokerError
from drivers.mqtt_pump.options import parse
from drivers.mqtt_pump.packets import OVERSIZE, Arrived, PacketError
from mqtt_link import Deadline

PINGRESP = b"\xd0\x00"
TAKEN_OVER = b"\xe0\x01\x8e"


def publish(payload: bytes, packet_id: int, topic: bytes = b"a/b") -> bytes:
    body = struct.pack(">H", len(topic)) + topic + struct.pack(">H", packet_id) + b"\x00" + payload
    length, head = len(body), bytearray([0x32])
    while True:
        length, low = divmod(length, 128)
        head.append(low | (0x80 if length else 0))
        if not length:
            return bytes(head) + body


class CountingSocket(BufferedSocket):
    """Counts how often what was read was confirmed at once."""

    def __init__(self, line: socket.socket) -> None:
        super().__init__(line)
        self.confirmed = 0

    def confirm(self) -> None:
        super().confirm()
        self.confirmed += 1


class Wire:
    """Our end as the connection holds it, and the broker's end as a bare socket."""

    def __init__(self) -> None:
        ours, self.broker = socket.socketpair()
        self.broker.settimeout(5)
        self.line = CountingSocket(ours)
        self.line.setblocking(False)  # noqa: FBT003 - sockets have no other way
        self.answers = Answers("gateway-1", 60)
        options = parse({"host": "localhost", "client_id": "gateway-1"})
        self.paho = make_client(options, None, None, self.answers)
        self.paho._sock = self.line
        self.intake = BufferedIntake(self.paho, self.line)
        self.arrived: list[Arrived] = []

    def take(self, count_max: int = 1000) -> None:
        self.intake.receive(self.arrived, count_max)

    @property
    def payloads(self) -> list[bytes]:
        return [payload for *_, payload in self.arrived]


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.line.close()
    wire.broker.close()


def test_packets_are_the_same_however_the_bytes_are_cut(wire: Wire) -> None:
    sent = [publish(str(number).encode() * 40, number) for number in range(1, 60)]
    stream = b"".join(packet + (PINGRESP if index % 7 == 0 else b"") for index, packet in enumerate(sent))
    cuts = random.Random(3)  # noqa: S311 - the same cuts in every run
    while stream:
        size = cuts.choice([1, 2, 3, 50, 400])
        wire.broker.sendall(stream[:size])
        stream = stream[size:]
        wire.take()
    assert wire.payloads == [str(number).encode() * 40 for number in range(1, 60)]
    assert wire.intake.pings_answered == 9


def test_only_what_no_acknowledgement_follows_is_confirmed_at_once(wire: Wire) -> None:
    wire.broker.sendall(publish(b"a message", 1))
    wire.take()
    assert wire.line.confirmed == 0
    wire.broker.sendall(PINGRESP)
    wire.take()
    assert wire.line.confirmed == 1
    wire.broker.sendall(publish(b"a message in two halves", 2)[:9])
    wire.take()
    assert wire.line.confirmed == 2


def test_a_batch_is_bounded_and_the_rest_waits(wire: Wire) -> None:
    wire.broker.sendall(b"".join(publish(b"%d" % number, number) for number in range(1, 11)))
    wire.take(4)
    assert wire.payloads == [b"1", b"2", b"3", b"4"]
    assert wire.intake.has_more
    for _ in range(3):
        more: list[Arrived] = []
        wire.intake.receive(more, 4)
        wire.arrived += more
    assert len(wire.payloads) == 10
    assert not wire.intake.has_more


def test_other_packets_reach_paho_one_by_one(wire: Wire) -> None:
    wire.broker.sendall(publish(b"before", 1) + TAKEN_OVER + publish(b"after", 2))
    wire.take()
    assert wire.payloads == [b"before"]
    with pytest.raises(BrokerError, match="second monitor") as raised:
        wire.answers.raise_if_lost()
    assert raised.value.cause == "taken-over"


def test_a_message_that_nobody_could_keep_is_skipped_and_told(wire: Wire) -> None:
    wire.broker.sendall(publish(b"before", 1))
    huge = publish(b"x" * 900_000, 2)
    for start in range(0, len(huge), 60_000):
        wire.broker.sendall(huge[start : start + 60_000])
        wire.take()
        assert len(wire.line.data) < 400_000
    wire.broker.sendall(publish(b"after", 3))
    wire.take()
    assert [payload[:6] for payload in wire.payloads] == [b"before", b"\x00xxxxx", b"after"]
    flags, topic, packet_id, _ = wire.arrived[1]
    assert (flags & OVERSIZE, topic, packet_id) == (OVERSIZE, b"a/b", 2)


def test_an_endless_packet_of_another_kind_ends_the_connection(wire: Wire) -> None:
    wire.broker.sendall(b"\x90\xff\xff\x7f" + bytes(100_000))
    wire.take()
    wire.broker.sendall(bytes(100_000))
    with pytest.raises(PacketError, match="is no PUBLISH"):
        wire.take()


def test_the_end_of_the_line_is_an_error_after_the_last_message(wire: Wire) -> None:
    wire.broker.sendall(publish(b"last", 1))
    wire.broker.close()
    wire.take()
    assert wire.payloads == [b"last"]
    with pytest.raises(OSError, match="closed"):
        wire.take()


def test_what_a_broker_said_before_it_died_is_read_although_nothing_can_be_sent_to_it_any_more() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        broker, _ = server.accept()
    line = BufferedSocket(ours)
    line.setblocking(False)  # noqa: FBT003 - sockets have no other way
    line.send(b"never read by the broker, so that its end is a reset")
    broker.sendall(b"last words")
    broker.close()
    deadline = Deadline(5)
    while select.select([ours], [], [], 0)[0] == []:
        deadline.check("last words")
    for _ in range(3):
        line.send(PINGREQ)
    assert line.fill() == len(b"last words")
    with pytest.raises(OSError, match=r"closed|reset"):
        line.fill()
    line.close()


def test_acknowledgements_go_out_in_one_write(wire: Wire) -> None:
    assert not wire.intake.acknowledge([1, 2, 300])
    assert wire.broker.recv(100) == b"\x40\x02\x00\x01\x40\x02\x00\x02\x40\x02\x01\x2c"


def test_what_the_broker_does_not_read_waits_within_bounds_and_in_order(wire: Wire) -> None:
    first = b"a" * 400_000
    wire.line.send(first)
    waited = wire.line.has_unsent
    assert waited
    wire.line.send(PINGREQ)
    with pytest.raises(ConnectionError, match="does not read"):
        wire.line.send(bytes(UNSENT_MAX_BYTES))
    received = b""
    while len(received) < len(first) + 2:
        received += wire.broker.recv(65_536)
        wire.line.flush()
    assert received == first + PINGREQ
    assert not wire.line.has_unsent
    assert wire.line.pings_sent == 1


def test_a_closed_line_takes_nothing_more(wire: Wire) -> None:
    wire.line.close()
    wire.line.close()
    with pytest.raises(ConnectionError, match="closed"):
        wire.line.send(b"x")
    wire.line.flush()


def test_after_a_goodbye_the_last_words_are_read_before_the_line_is_closed(wire: Wire) -> None:
    wire.broker.sendall(publish(b"never read", 1))
    wire.intake.acknowledge([1, 2, 3])
    closing = threading.Thread(target=wire.paho.disconnect)
    closing.start()
    received = b""
    while piece := wire.broker.recv(1000):
        received += piece
    wire.broker.close()
    closing.join(60)
    assert not closing.is_alive()
    assert received.endswith(b"\xe0\x00")
    assert received.startswith(b"\x40\x02\x00\x01")


def test_a_broker_that_hangs_does_not_hold_up_the_end(wire: Wire) -> None:
    wire.line.send(b"a" * 400_000)
    closing = threading.Thread(target=wire.paho.disconnect)
    closing.start()
    closing.join(60)
    assert not closing.is_alive()
