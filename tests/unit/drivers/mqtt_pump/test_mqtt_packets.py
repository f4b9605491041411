"""Holds our reading of PUBLISH packets beside paho's reading of the same bytes."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from drivers.mqtt_pump.packets import (
    DUP,
    OVERSIZE,
    PACKET_MAX_BYTES,
    RETAIN,
    Arrived,
    PacketError,
    head_of_publish,
    pack_acknowledgements,
    packet_at,
    take_publishes,
)

MANY = 1_000_000


def varint(number: int) -> bytes:
    out = bytearray()
    while True:
        number, low = divmod(number, 128)
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def publish(
    topic: bytes, payload: bytes, *, qos: int = 1, packet_id: int = 1, flags: int = 0, properties: bytes = b"\x00"
) -> bytes:
    body = struct.pack(">H", len(topic)) + topic + (struct.pack(">H", packet_id) if qos else b"") + properties + payload
    return bytes([0x30 | qos << 1 | flags]) + varint(len(body)) + body


class OneWay:
    """A socket for paho that only hands out given bytes and keeps what is sent."""

    def __init__(self, data: bytes) -> None:
        self.left = data
        self.sent = b""

    def recv(self, buffer_size: int) -> bytes:
        if not self.left:
            raise BlockingIOError
        piece, self.left = self.left[:buffer_size], self.left[buffer_size:]
        return piece

    def send(self, buffer: bytes | bytearray) -> int:
        self.sent += bytes(buffer)
        return len(buffer)

    def close(self) -> None:
        """Nothing to close."""

    def fileno(self) -> int:
        return -1

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - the signature is that of a socket
        """Nothing blocks."""


def paho_on(line: OneWay) -> Client:
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True)
    client._sock = line
    return client


def read_by_paho(data: bytes) -> list[Arrived]:
    seen: list[Arrived] = []

    def keep(_client: Client, _data: object, message: MQTTMessage) -> None:
        flags = message.qos << 1 | (DUP if message.dup else 0) | (RETAIN if message.retain else 0)
        seen.append((flags, message._topic, message.mid, bytes(message.payload)))

    line = OneWay(data)
    client = paho_on(line)
    client.on_message = keep
    while line.left:
        client.loop_read()
    return seen


def properties_bytes(chosen: dict[str, Any]) -> bytes:
    new: Callable[[int], Properties] = Properties
    properties = new(PacketTypes.PUBLISH)
    for name, value in chosen.items():
        setattr(properties, name, value)
    packed: bytes = properties.pack()  # type: ignore[no-untyped-call]  # paho does not type it
    return packed


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
some_properties = st.fixed_dictionaries(
    {},
    optional={
        "PayloadFormatIndicator": st.integers(0, 1),
        "MessageExpiryInterval": st.integers(0, 2**32 - 1),
        "TopicAlias": st.integers(1, 65_535),
        "ContentType": text,
        "ResponseTopic": text,
        "CorrelationData": st.binary(max_size=200),
        "UserProperty": st.lists(st.tuples(text, text), min_size=1, max_size=4),
    },
)
packets = st.builds(
    publish,
    topic=text.map(str.encode),
    payload=st.binary(max_size=300),
    qos=st.integers(0, 1),
    packet_id=st.integers(1, 65_535),
    flags=st.sampled_from([0, DUP, RETAIN, DUP | RETAIN]),
    properties=st.one_of(st.just(b"\x00"), some_properties.map(properties_bytes)),
)


@given(st.lists(packets, max_size=6))
def test_we_read_what_paho_reads(sent: list[bytes]) -> None:
    data = b"".join(sent)
    arrived: list[Arrived] = []
    stopped_at = take_publishes(data, 0, MANY, arrived)
    assert stopped_at == len(data)
    assert arrived == read_by_paho(data)


@given(st.lists(packets, min_size=1, max_size=4), st.data())
def test_a_packet_that_is_not_all_there_is_left_for_later(sent: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(sent)
    cut = data.draw(st.integers(0, len(whole)))
    arrived: list[Arrived] = []
    stopped_at = take_publishes(whole[:cut], 0, MANY, arrived)
    take_publishes(whole, stopped_at, MANY, arrived)
    assert arrived == read_by_paho(whole)


@given(st.binary(max_size=400))
def test_no_bytes_at_all_do_worse_than_a_packet_error(noise: bytes) -> None:
    arrived: list[Arrived] = []
    try:
        stopped_at = take_publishes(noise, 0, MANY, arrived)
        packet_at(noise, stopped_at)
    except PacketError:
        return
    assert 0 <= stopped_at <= len(noise)


@given(st.lists(st.integers(1, 65_535), max_size=50))
def test_acknowledgements_are_the_bytes_that_paho_sends(packet_ids: list[int]) -> None:
    line = OneWay(b"")
    client = paho_on(line)
    for packet_id in packet_ids:
        client.ack(packet_id, 1)
    assert pack_acknowledgements(packet_ids) == line.sent


def test_reading_stops_at_another_packet_and_at_the_limit() -> None:
    pingresp = b"\xd0\x00"
    data = publish(b"a", b"1") + publish(b"a", b"2") + pingresp + publish(b"a", b"3")
    arrived: list[Arrived] = []
    at = take_publishes(data, 0, 1, arrived)
    assert len(arrived) == 1
    at = take_publishes(data, at, MANY, arrived)
    assert [payload for *_, payload in arrived] == [b"1", b"2"]
    assert packet_at(data, at) == (0xD0, at + 2)


@pytest.mark.parametrize(
    "broken",
    [
        b"\x32\x02\x00\x00",
        b"\x32\x05\x00\x09abc",
        b"\x32\x05\x00\x01a\x00\x01",
        b"\x30\x05\x00\x01a\x09x",
        b"\x30\x05\x00\x01a\xff\xff",
        b"\x30\xff\xff\xff\xff\x01",
    ],
    ids=["short", "topic", "no-properties", "properties", "properties-length", "length"],
)
def test_lengths_that_do_not_fit_are_packet_errors(broken: bytes) -> None:
    with pytest.raises(PacketError):
        take_publishes(broken + bytes(200), 0, MANY, [])


def test_the_head_of_an_endless_packet_names_its_topic_and_its_number() -> None:
    packet = publish(b"a/b", b"x" * 300_000, packet_id=77)
    head = head_of_publish(packet[:PACKET_MAX_BYTES], 0)
    assert head is not None
    flags, topic, packet_id, payload = head
    assert (flags & OVERSIZE, topic, packet_id) == (OVERSIZE, b"a/b", 77)
    assert len(payload) < 5000
    assert head_of_publish(b"\x90" + packet[1:PACKET_MAX_BYTES], 0) is None
