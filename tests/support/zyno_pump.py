"""A hand-written Zyno pump for tests: a log, a clock and a counter that the test sets, and answers in frames.

Written from the protocol's description and apart from the driver's codec and the simulator's, so that
no mistake is shared.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

RING = 43_264
EMPTY = "FF" * 16


def frame(payload: str) -> bytes:
    """Return a payload between 02 and 03 with the sum of its characters."""
    return b"\x02" + payload.encode() + b"%02X" % (sum(payload.encode()) % 256) + b"\x03"


def entry(kind: int, seconds: int, sub_type: int = 0, first: float = 0.0, second: float = 0.0) -> str:
    """Return an entry of the log in the relative form, as 32 hexadecimal digits."""
    raw = bytes([kind]) + struct.pack("<I", 0xF0000000 | seconds) + struct.pack(">Hff", sub_type, first, second) + b"\0"
    return raw.hex().upper()


def data_block(seconds: int, rate_ml_per_h: float, programme: int = 2) -> list[str]:
    """Return a short block of infusion data."""
    raw = struct.pack(">IffffIq", programme, rate_ml_per_h, 240.0, 0.0, 0.0, 60, 0)
    return [entry(0, seconds, 0x0100), raw[:16].hex().upper(), raw[16:].hex().upper(), entry(0, seconds, 0x0200)]


@dataclass
class ZynoPump:
    """The far end of a line.

    Attributes:
        now: Seconds that the pump's clock shows.
        log: Entries by index, oldest first from ``tail``.
        asked: Every query that it understood, in order.
        strange: Bytes that were no good frame.
        distort: Changes an answer on its way, given the query and the answer.
        mute: Queries that it does not answer, by their beginning.
    """

    serial: str = "SN800009"
    now: Callable[[], float] = lambda: 1000.0
    log: dict[int, str] = field(default_factory=dict)
    tail: int = 0
    head: int = RING - 1
    volume_ml: float = 12.34
    motor_turns: bool = True
    rate_unit: str = "mL/hr"
    mute: tuple[str, ...] = ()
    distort: Callable[[str, str | None], str | None] = lambda _query, answer: answer
    asked: list[str] = field(default_factory=list)
    strange: bytes = b""
    sent_bytes: int = 0

    def write(self, *entries: str) -> None:
        """Append entries to the log."""
        for each in entries:
            self.head = (self.head + 1) % RING
            if len(self.log) == RING:
                self.tail = (self.tail + 1) % RING
            self.log[self.head] = each

    def clear(self) -> None:
        """Empty the log."""
        self.log, self.tail, self.head = {}, 0, RING - 1

    def hear(self, data: bytes) -> bytes:
        """Return the answers to the queries in ``data``."""
        answers = b""
        for payload in re.findall(rb"\x02([^\x02\x03]*)..\x03", data, re.DOTALL):
            text = payload.decode("latin-1")
            self.asked.append(text)
            answer = self.answer(text)
            answers += frame(answer) if answer is not None else b""
        self.sent_bytes += len(data)
        self.strange += re.sub(rb"\x02[^\x02\x03]*..\x03", b"", data, flags=re.DOTALL)
        return answers

    def answer(self, text: str) -> str | None:
        """Return the payload of the answer to one query; None for silence."""
        if self.mute and text.startswith(self.mute):
            return None
        return self.distort(text, self._plain_answer(text))

    def _plain_answer(self, text: str) -> str | None:
        if text.startswith("RE") and len(text) == 10:
            return text + self.log.get(int(text.removeprefix("RE"), 16), EMPTY)
        plain = {
            "RN": self.serial,
            "RI": f"{self.tail:08X}{self.head:08X}",
            "RC": f"{0xF0000000 | int(self.now()):08X}",
            "S9": f"{4 if self.motor_turns else 0}12345138",
            "Q5": f"{round(self.volume_ml * 100):04X}",
            "R3": f"{round(self.volume_ml * 10):04X}",
            "Q4": self.rate_unit,
        }
        return text + plain[text] if text in plain else None
