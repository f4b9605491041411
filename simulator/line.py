"""Says what a line is: the way out of a simulated pump, which can be pulled out and plugged in again."""

from __future__ import annotations

from collections import deque
from typing import Protocol

MESSAGES_KEPT = 1_000_000


class Line(Protocol):
    """One pump's cable or connection. All methods return at once and may be repeated.

    Attributes:
        can_hear: Whether anything can ever come in.
    """

    can_hear: bool

    def plug(self) -> None:
        """Connect; raises LineError if that can never work."""

    def unplug(self) -> None:
        """Disconnect as an accident would."""

    def close(self) -> None:
        """Disconnect in an orderly way, for good."""

    def fileno(self) -> int | None:
        """Return a descriptor to wait on for bytes, or None if there is none now."""

    @property
    def can_send(self) -> bool:
        """Whether somebody is at the other end."""

    def receive(self) -> bytes:
        """Return what has come; nothing if nothing has."""

    def send(self, data: bytes) -> None:
        """Send one message in one piece; what cannot be taken is lost and counted."""


class MemoryLine:
    """A line into a list, for stories that are played in virtual time.

    Attributes:
        can_hear: False.
        is_plugged: Whether the cable is in.
        sent: The newest messages that went out and were not taken yet.
        lost_bytes: How many bytes were sent into nothing.
    """

    can_hear = False

    def __init__(self) -> None:
        self.is_plugged = False
        self.sent: deque[bytes] = deque(maxlen=MESSAGES_KEPT)
        self.lost_bytes = 0

    def plug(self) -> None:
        """Connect."""
        self.is_plugged = True

    def unplug(self) -> None:
        """Disconnect."""
        self.is_plugged = False

    close = unplug

    def fileno(self) -> int | None:
        """Return None: nothing comes in."""
        return None

    @property
    def can_send(self) -> bool:
        """Whether the cable is in."""
        return self.is_plugged

    def receive(self) -> bytes:
        """Return nothing."""
        return b""

    def send(self, data: bytes) -> None:
        """Keep a message."""
        if self.is_plugged:
            self.sent.append(data)
        else:
            self.lost_bytes += len(data)

    def take(self) -> list[bytes]:
        """Return what went out since the last call."""
        messages = list(self.sent)
        self.sent.clear()
        return messages
