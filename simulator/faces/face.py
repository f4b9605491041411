"""Says what a face is: one pump's side of a protocol, bytes in and bytes out, without any port.

Pure.
"""

from __future__ import annotations

from typing import Protocol

from simulator.pump import SimulatedPump
from simulator.received import ReceiveLog


class Face(Protocol):
    """One pump's side of a protocol. The pump has been advanced to the present before each call.

    Attributes:
        received: What it heard.
        only_answers: Whether it says nothing unasked.
    """

    received: ReceiveLog
    only_answers: bool

    def hear(self, data: bytes, pump: SimulatedPump) -> list[bytes]:
        """Take bytes as they come off the line and return the answers, each to be sent in one piece."""

    def speak(self, pump: SimulatedPump) -> list[bytes]:
        """Return what the pump sends unasked now; what is returned counts as sent."""

    def next_due_us(self) -> int | None:
        """Return when ``speak`` will have something to say by itself, or None for a pump that only answers."""
