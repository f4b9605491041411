"""Frames of the Zyno serial protocol, from the pump's side: 02, text, two hex digits of the sum, 03.

Pure. Source: the protocol description in the specification (manufacturer's client, version 0.0.9).
"""

from __future__ import annotations

from dataclasses import dataclass

START = 0x02
END = 0x03
PAYLOAD_BYTES_MAX = 64
"""The longest request is an SCPI text of some forty characters; more without an end is noise."""

_HELD_MAX = PAYLOAD_BYTES_MAX + 2


@dataclass(frozen=True, slots=True)
class Request:
    """One frame as it was heard.

    Attributes:
        raw: All its bytes.
        payload: Its text, or None where the check digits are wrong or missing.
    """

    raw: bytes
    payload: str | None


def frame_of(payload: str) -> bytes:
    """Return the frame that carries a text."""
    body = payload.encode("ascii")
    return bytes((START,)) + body + b"%02X" % (sum(body) % 256) + bytes((END,))


class FrameListener:
    """Cuts frames out of a stream of bytes, however they are split; never holds more than one frame.

    Attributes:
        stray: How many bytes belonged to no frame.
    """

    def __init__(self) -> None:
        self.stray = 0
        self._held: bytearray | None = None

    def hear(self, data: bytes) -> list[Request]:
        """Return the frames that are complete now, good or bad."""
        requests = []
        for byte in data:
            if byte == START:
                self._drop()
                self._held = bytearray()
            elif self._held is None:
                self.stray += 1
            elif byte == END:
                requests.append(_request(bytes(self._held)))
                self._held = None
            elif len(self._held) >= _HELD_MAX:
                self._drop()
                self.stray += 1
            else:
                self._held.append(byte)
        return requests

    def _drop(self) -> None:
        if self._held is not None:
            self.stray += 1 + len(self._held)
            self._held = None


def _request(held: bytes) -> Request:
    raw = bytes((START,)) + held + bytes((END,))
    body, check = held[:-2], held[-2:]
    is_good = bool(body) and check == b"%02X" % (sum(body) % 256) and body.isascii()
    return Request(raw, body.decode("ascii") if is_good else None)
