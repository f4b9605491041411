"""Cuts PUBLISH packets of MQTT 5 out of what a socket brought and packs their acknowledgements.

Touches no clock, thread or socket. paho spends some twenty microseconds of Python on each PUBLISH,
most of it on objects that are thrown away again. This is the one packet that comes ten thousands of
times a second, so it alone is read here; every other packet is left to paho. The tests hold both
readings of the same bytes side by side. Section numbers are those of the MQTT 5.0 standard.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TypeAlias

Arrived: TypeAlias = tuple[int, bytes, int, bytes]
"""One message: flags, topic, packet identifier (0 at QoS 0) and payload.

A plain tuple, since one is made for each message. The flags are the low four bits of the first byte
of the packet (3.3.1), with ``OVERSIZE`` where only the head of the payload was kept.
"""

RETAIN = 0x01
QOS = 0x06
DUP = 0x08
OVERSIZE = 0x10

PACKET_MAX_BYTES = 128 * 1024
"""A longer packet is not kept whole; the longest topic (65,535 bytes) fits in it."""

HEAD_KEPT_BYTES = 4096 + 1
"""How much of the payload of a longer packet is kept."""

_HIGH = 0x80
_LOW = 0x7F
_VARINT_BYTES_MAX = 4
_PUBLISH_MIN_BYTES = 3  # the length of the topic and that of the properties
_PUBLISH = 0x30
_PUBLISH_MASK = 0xF4  # the type and the upper bit of the QoS: set for QoS 2, which is never subscribed to
_PUBACK = 0x40020000  # type 4 without flags, remaining length 2: reason "success" is left out (3.4.2.1)


class PacketError(Exception):
    """The bytes are not MQTT 5; nothing after them can be trusted. One sentence."""


def take_publishes(data: bytes, at: int, count_max: int, arrived: list[Arrived]) -> int:
    """Append the whole PUBLISH packets of QoS 0 and 1 that stand at ``at`` to ``arrived``.

    Stops at the first packet that is something else or not there in full, and when ``arrived`` holds
    ``count_max``. Returns where it stopped.

    Raises:
        PacketError: A length inside a packet points beyond its end.
    """
    end = len(data)
    while at + 1 < end and len(arrived) < count_max:
        first = data[at]
        if first & _PUBLISH_MASK != _PUBLISH:
            return at
        length = data[at + 1]
        body = at + 2
        if length & _HIGH:
            # Two bytes, nearly always: written out, since the call below costs a tenth of the whole.
            if body < end and data[body] < _HIGH:
                length = length & _LOW | data[body] << 7
                body += 1
            else:
                length, body = _varint(data, at + 1)
                if body < 0:
                    return at
        stop = body + length
        if stop > end:
            return at
        arrived.append(_read_publish(data, first & 0x0F, body, stop))
        at = stop
    return at


def packet_at(data: bytes, at: int) -> tuple[int, int] | None:
    """Return the first byte of the packet at ``at`` and where it ends, be that beyond ``data`` or not.

    None where not even its length is there yet.

    Raises:
        PacketError: The length has more than four bytes (1.5.5).
    """
    if at >= len(data):
        return None
    length, body = _varint(data, at + 1)
    if body < 0:
        return None
    return data[at], body + length


def head_of_publish(data: bytes, at: int) -> Arrived | None:
    """Return what can be said of the oversize PUBLISH at ``at``, of which ``data`` holds the beginning.

    The payload is cut to ``HEAD_KEPT_BYTES`` and begins with the properties: nobody decodes it, but it
    can be shown. None where it is not a PUBLISH of QoS 0 or 1 at all.

    Raises:
        PacketError: Its topic reaches beyond ``PACKET_MAX_BYTES``.
    """
    first = data[at]
    if first & _PUBLISH_MASK != _PUBLISH:
        return None
    _length, body = _varint(data, at + 1)
    topic_end = body + 2 + (data[body] << 8 | data[body + 1])
    where = topic_end + 2 if first & QOS else topic_end
    if where > len(data):
        raise PacketError("The topic of a PUBLISH packet reaches beyond the longest packet.")
    packet_id = data[topic_end] << 8 | data[topic_end + 1] if first & QOS else 0
    return first & 0x0F | OVERSIZE, data[body + 2 : topic_end], packet_id, data[where : where + HEAD_KEPT_BYTES]


def pack_acknowledgements(packet_ids: Sequence[int]) -> bytes:
    """Return one PUBACK after the other (3.4), each saying "success", for one joined write."""
    return struct.pack(f">{len(packet_ids)}I", *[packet_id | _PUBACK for packet_id in packet_ids])


def _read_publish(data: bytes, flags: int, body: int, stop: int) -> Arrived:
    """Return the PUBLISH whose variable header begins at ``body`` and whose payload ends before ``stop``."""
    if stop - body < _PUBLISH_MIN_BYTES:
        raise PacketError("A PUBLISH packet is too short to hold a topic.")
    topic_end = body + 2 + (data[body] << 8 | data[body + 1])
    at = topic_end
    packet_id = 0
    if flags & QOS:
        at += 2
        if at < stop:
            packet_id = data[topic_end] << 8 | data[topic_end + 1]
    if at >= stop:
        raise PacketError("A PUBLISH packet ends before its properties.")
    properties_bytes = data[at]
    at += 1
    if properties_bytes:
        # None of them bears on the meaning: what counts is in the topic and in the payload.
        if properties_bytes & _HIGH:
            properties_bytes, at = _varint(data, at - 1)
        at += properties_bytes
        if at > stop or at < topic_end:
            raise PacketError("The properties of a PUBLISH packet reach beyond its end.")
    return flags, data[body + 2 : topic_end], packet_id, data[at:stop]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the variable byte integer at ``at`` (1.5.5) and where it ends; the end is -1 if it is cut off."""
    number = 0
    for index in range(_VARINT_BYTES_MAX):
        if at + index >= len(data):
            return 0, -1
        byte = data[at + index]
        number |= (byte & _LOW) << (7 * index)
        if not byte & _HIGH:
            return number, at + index + 1
    raise PacketError("A packet states a length of more than four bytes.")
