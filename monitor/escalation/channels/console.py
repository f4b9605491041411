"""Hands notices as lines to whoever shows them: a terminal, the live view of the demonstration."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import msgspec

from monitor.escalation.channel import ACCEPTED, Delivery, DeliveryState, Notice


class ConsoleSettings(msgspec.Struct, frozen=True):
    """Where the lines go.

    Attributes:
        write: Takes one line without its end; None writes to standard output.
    """

    write: Callable[[str], object] | None = None


def open_channel(settings: ConsoleSettings) -> ConsoleChannel:
    """Return the channel."""
    return ConsoleChannel(settings.write or _print)


class ConsoleChannel:
    """One line for each notice: rung, contact and text."""

    batch_max = 500

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write

    def send_many(self, notices: Sequence[Notice]) -> list[Delivery]:
        """Write each notice; a line that cannot be written is tried again."""
        return [self._send(notice) for notice in notices]

    def close(self) -> None:
        """There is nothing to let go of."""

    def _send(self, notice: Notice) -> Delivery:
        try:
            self._write(f"[{notice.rung} -> {notice.contact}] {notice.text}")
        except OSError as fault:
            return Delivery(DeliveryState.FAILED, why=f"the console does not take lines: {fault.strerror}")
        return ACCEPTED


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
