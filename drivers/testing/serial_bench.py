"""A ready bench for serial drivers: an author adds one function that encodes, or one that answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from drivers.contract import DriverPlugin, Observation, StatusObserved
from drivers.testing.bench import Disturbance
from drivers.testing.pseudo_terminal import PseudoTerminal


class SerialBench:
    """A pump at the far end of a pseudo-terminal.

    Args:
        folder: An empty folder of the test's own.
        plugin: The driver under test.
        options: The driver's options; ``device`` is added, the path of the line.
        encode: For a pump that speaks by itself: returns the bytes that say an observation.
        answer: For a pump that is asked: returns what the query is answered with while the observation
            holds, or None for silence. An event that was played holds for one query that it answers.
        frame_end: The mark that ends each frame that the driver sends.
        pump: The enrolled id of the pump.
    """

    def __init__(
        self,
        folder: Path,
        *,
        plugin: DriverPlugin,
        options: Mapping[str, Any] | None = None,
        encode: Callable[[Observation], bytes] | None = None,
        answer: Callable[[bytes, Observation], bytes | None] | None = None,
        frame_end: bytes = b"\n",
        pump: str = "bench-pump",
    ) -> None:
        self._line = PseudoTerminal(folder, frame_end=frame_end, answer=self.reply)
        self._encode = encode
        self._answer = answer
        self._status: StatusObserved | None = None
        self._event: Observation | None = None
        self.plugin = plugin
        self.options: Mapping[str, Any] = {**(options or {}), "device": str(self._line.path)}
        self.pumps: Sequence[str] = (pump,)

    def __enter__(self) -> Self:
        """Lay the line."""
        self._line.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the line away."""
        self._line.__exit__(kind, error, trace)

    def play(self, pump: str, observation: Observation) -> None:
        """Say ``observation`` now, or have it ready for the next query."""
        assert pump in self.pumps, f"There is no {pump!r} on this line."
        if isinstance(observation, StatusObserved):
            self._status = observation
        else:
            self._event = observation
        if self._encode is not None:
            self._line.say(self._encode(observation))

    def hush(self) -> None:
        """Answer no more; a pump that speaks by itself has nothing more to say anyway."""
        self._status = None
        self._event = None

    def inject(self, junk: bytes) -> None:
        """Put bytes on the line that no pump would say."""
        self._line.inject(junk)

    def disturb(self, how: Disturbance) -> None:
        """Treat what is said from now on as ``how`` tells."""
        self._line.disturb(how)

    def cut(self) -> None:
        """Cut the line."""
        self._line.cut()

    def mend(self) -> None:
        """Mend the line."""
        self._line.mend()

    def sent(self) -> Sequence[bytes]:
        """Return every frame that the driver has sent."""
        return self._line.sent()

    def reply(self, query: bytes) -> bytes | None:
        """Return the answer to one frame of the driver; called from the line's own thread."""
        if self._answer is None:
            return None
        if self._event is not None:
            reply = self._answer(query, self._event)
            if reply is not None:
                self._event = None
                return reply
        return None if self._status is None else self._answer(query, self._status)
