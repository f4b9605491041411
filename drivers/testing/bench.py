"""What the kit needs at the far end of a line: a pump, real or simulated, that says what it is told to.

A bench is made by the driver's author. It knows how the pump encodes, from the pump's description and
not from the driver's code, or a mistake that both share would pass. ``drivers.testing.pseudo_terminal``
has a line for benches of serial drivers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

from drivers.contract import DriverPlugin, Observation


class Disturbance(StrEnum):
    """What a line may do to the bytes that the far end puts on it."""

    NONE = "none"
    BYTE_BY_BYTE = "byte-by-byte"
    """Every byte arrives alone."""
    DOUBLED = "doubled"
    """Every message arrives twice in a row."""
    DELAYED = "delayed"
    """Every message arrives in two pieces, with a pause in the middle."""
    TORN = "torn"
    """Every message loses its second half."""
    CORRUPTED = "corrupted"
    """In every message one bit of one byte is changed, each time of another byte."""


class Bench(Protocol):
    """A line with a driver at this end and something that the kit controls at the other.

    The far end starts hushed, on a whole and undisturbed line. Every method returns within seconds.
    """

    @property
    def plugin(self) -> DriverPlugin:
        """The driver under test, as its entry point names it."""

    @property
    def options(self) -> Mapping[str, Any]:
        """Valid options that lead the driver to this bench."""

    @property
    def pumps(self) -> Sequence[str]:
        """The ids of the pumps at the far end: one, or two where the plugin serves many."""

    def play(self, pump: str, observation: Observation) -> None:
        """Let ``pump`` say ``observation``.

        On a line that pushes, it is said once, now. On a polled line, it is the answer to every later poll
        (an event: to the next one) until the far end is hushed or plays something else.
        """

    def hush(self) -> None:
        """Let the far end say nothing more, on a line that stays whole."""

    def inject(self, junk: bytes) -> None:
        """Put bytes on the line that no pump would say.

        On a line of messages, ``junk`` is one message. Where the line ends its messages with a mark, the mark may be
        left out: the driver may then lose the one message that follows, and no other.
        """

    def disturb(self, how: Disturbance) -> None:
        """Treat what is said from now on as ``how`` tells; only called on a stream of bytes."""

    def cut(self) -> None:
        """Cut the line. Harmless when repeated."""

    def mend(self) -> None:
        """Mend the line, so that ``open`` works again. Harmless when repeated."""

    def sent(self) -> Sequence[bytes]:
        """Return every frame that the driver has put on the line since the bench was made.

        Split by the far end's own understanding of the protocol; what it does not understand is a frame too.
        A line of messages counts what the driver published, not the hand-shake of its broker.
        """
