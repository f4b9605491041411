"""A serial line for benches: a pseudo-terminal whose far end is in the test's hands.

The driver opens ``path``, a symbolic link that stays the same when the line is cut and mended. One thread
listens to what the driver sends while the line is whole; ``close`` ends it. POSIX only.
"""

from __future__ import annotations

import os
import select
import threading
import time
import tty
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from drivers.testing.bench import Disturbance

WRITE_S_MAX = 10.0
"""How long a write may wait for the driver to read, in seconds."""

BYTE_PAUSE_S = 0.001
"""The pause between bytes that arrive alone; longer than a read takes to return."""

HALF_PAUSE_S = 0.1
"""The pause in the middle of a delayed message."""

CORRUPT_STRIDE = 7
"""How far the changed byte moves from one message to the next."""

READ_BYTES = 4096
WAKE_S = 0.05


class PseudoTerminal:
    """The far end of a serial line.

    Args:
        folder: An empty folder of the test's own, in which ``path`` is made.
        frame_end: The mark that ends each frame of the driver.
        answer: Returns what a frame of the driver is answered with, or None for silence; called from the
            listening thread. Left out for a pump that speaks by itself.
    """

    def __init__(
        self,
        folder: Path,
        *,
        frame_end: bytes = b"\n",
        answer: Callable[[bytes], bytes | None] | None = None,
    ) -> None:
        self.path = folder / "line"
        self._frame_end = frame_end
        self._answer = answer
        self._disturbance = Disturbance.NONE
        self._corrupted = 0
        self._frames: list[bytes] = []
        self._rest = b""
        self._writing = threading.Lock()
        self._ends: tuple[int, int] | None = None
        self._stop = threading.Event()
        self._listener: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Lay the line."""
        self.mend()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the line away."""
        self.cut()

    def say(self, message: bytes) -> None:
        """Put one message on the line, as the present disturbance lets it through.

        Raises:
            TimeoutError: Nobody read the line for ``WRITE_S_MAX``.
        """
        half = (len(message) + 1) // 2
        match self._disturbance:
            case Disturbance.NONE:
                self.inject(message)
            case Disturbance.BYTE_BY_BYTE:
                for position in range(len(message)):
                    self.inject(message[position : position + 1])
                    time.sleep(BYTE_PAUSE_S)
            case Disturbance.DOUBLED:
                self.inject(message + message)
            case Disturbance.DELAYED:
                self.inject(message[:half])
                time.sleep(HALF_PAUSE_S)
                self.inject(message[half:])
            case Disturbance.TORN:
                self.inject(message[:half])
            case Disturbance.CORRUPTED:
                self._corrupted += 1
                changed = bytearray(message)
                changed[self._corrupted * CORRUPT_STRIDE % len(message)] ^= 1
                self.inject(bytes(changed))

    def inject(self, junk: bytes) -> None:
        """Put bytes on the line as they are.

        Raises:
            TimeoutError: Nobody read the line for ``WRITE_S_MAX``.
        """
        deadline_s = time.monotonic() + WRITE_S_MAX
        with self._writing:
            while junk and self._ends is not None:
                far_end = self._ends[0]
                left_s = deadline_s - time.monotonic()
                if left_s <= 0 or not select.select([], [far_end], [], left_s)[1]:
                    raise TimeoutError(f"The driver left {len(junk)} bytes on the line for {WRITE_S_MAX:g} s.")
                try:
                    junk = junk[os.write(far_end, junk) :]
                except BlockingIOError:
                    time.sleep(BYTE_PAUSE_S)

    def disturb(self, how: Disturbance) -> None:
        """Treat every message from now on as ``how`` tells."""
        self._disturbance = how

    def sent(self) -> Sequence[bytes]:
        """Return the driver's frames, each with its end; bytes without an end are one more frame."""
        with self._writing:
            return [*self._frames, *([self._rest] if self._rest else [])]

    def cut(self) -> None:
        """Cut the line: the driver's port fails, and ``path`` is gone."""
        self._stop.set()
        if self._listener is not None:
            self._listener.join()
            self._listener = None
        with self._writing:
            for end in self._ends or ():
                os.close(end)
            self._ends = None
        self.path.unlink(missing_ok=True)

    def mend(self) -> None:
        """Lay a new line under the same ``path``."""
        if self._ends is not None:
            return
        far_end, near_end = os.openpty()
        tty.setraw(near_end)
        os.set_blocking(far_end, False)
        # The near end is held open here too, or the far end would fail whenever the driver is closed.
        self._ends = (far_end, near_end)
        self.path.symlink_to(os.ttyname(near_end))
        self._stop.clear()
        self._listener = threading.Thread(target=self._listen, args=(far_end,), name="far end", daemon=True)
        self._listener.start()

    def _listen(self, far_end: int) -> None:
        while not self._stop.is_set():
            if not select.select([far_end], [], [], WAKE_S)[0]:
                continue
            for frame in self._split(os.read(far_end, READ_BYTES)):
                message = self._answer(frame) if self._answer is not None else None
                if message is not None:
                    self.say(message)

    def _split(self, data: bytes) -> list[bytes]:
        with self._writing:
            *frames, self._rest = (self._rest + data).split(self._frame_end)
            frames = [frame + self._frame_end for frame in frames]
            self._frames += frames
            return frames
