"""Speaks the observation format as one JSON object per line, as a pump with a serial port might.

Pure. Each object is followed, if wanted, by a space, an asterisk and the CRC-16/CCITT-FALSE of the
object's bytes as four upper-case hex digits, before the line feed.
"""

from __future__ import annotations

import json

from simulator.faces.observation import Message, Reporter
from simulator.pump import SimulatedPump
from simulator.received import ReceiveLog

_POLYNOMIAL = 0x1021
_START = 0xFFFF


def crc_of(data: bytes) -> int:
    """Return the CRC-16/CCITT-FALSE: polynomial 1021, start FFFF, not reflected, no final xor."""
    crc = _START
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ _POLYNOMIAL if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def object_of(message: Message) -> bytes:
    """Return a message as compact JSON in ASCII."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def line_of(message: Message, *, has_crc: bool) -> bytes:
    """Return a message as one line."""
    data = object_of(message)
    return data + (b" *%04X\n" % crc_of(data) if has_crc else b"\n")


class JsonLinesFace:
    """One pump that reports by itself and listens to nothing.

    Attributes:
        received: What it heard all the same; only bytes, they mean nothing to it.
        only_answers: False.
    """

    only_answers = False

    def __init__(self, reporter: Reporter, *, has_crc: bool = True) -> None:
        self.received = ReceiveLog()
        self._reporter = reporter
        self._has_crc = has_crc

    def hear(self, data: bytes, _: SimulatedPump) -> list[bytes]:
        """Count the bytes; there is no request in this protocol."""
        self.received.bytes_heard += len(data)
        self.received.stray_bytes += len(data)
        return []

    def speak(self, pump: SimulatedPump) -> list[bytes]:
        """Return the lines that are due."""
        return [line_of(message, has_crc=self._has_crc) for message in self._reporter.report(pump)]

    def next_due_us(self) -> int | None:
        """Return when the state is to be told again."""
        return self._reporter.next_due_us()


class ObservationFace(JsonLinesFace):
    """The same for a line that carries whole messages, such as a broker: objects without line ends."""

    def speak(self, pump: SimulatedPump) -> list[bytes]:
        """Return the objects that are due."""
        return [object_of(message) for message in self._reporter.report(pump)]
