"""Remembers every frame that reached a simulated pump, so that a test can prove what a monitor sent.

Pure. Bounded: the newest frames are kept whole, all are counted.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from enum import StrEnum

from simulator.units import text_of

FRAMES_KEPT = 50_000
"""How many frames are kept; polled once a second, half a day."""


class Verdict(StrEnum):
    """What the pump did with a frame."""

    ANSWERED = "answered"
    PRESSED = "pressed"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SPOILT = "spoilt"
    UNHEARD = "unheard"


@dataclass(frozen=True, slots=True)
class Received:
    """One frame: when it came by the story's time, all its bytes, and what became of it."""

    at_us: int
    raw: bytes
    verdict: Verdict

    def as_record(self) -> dict[str, str]:
        """Return it as plain data for a file; bytes in hex."""
        return {"at": text_of(self.at_us), "raw": self.raw.hex().upper(), "verdict": self.verdict.value}


class ReceiveLog:
    """Everything that one pump heard.

    Attributes:
        counts: Frames by verdict, since the beginning.
        bytes_heard: Bytes in all, frames or not.
        stray_bytes: Bytes that belonged to no frame.
    """

    def __init__(self) -> None:
        self.counts: Counter[Verdict] = Counter()
        self.bytes_heard = 0
        self.stray_bytes = 0
        self._frames: deque[Received] = deque(maxlen=FRAMES_KEPT)

    def add(self, frame: Received) -> None:
        """Remember a frame."""
        self.counts[frame.verdict] += 1
        self._frames.append(frame)

    @property
    def frames(self) -> tuple[Received, ...]:
        """The newest frames, oldest first."""
        return tuple(self._frames)
