"""The far end of a serial line in a test: a real pseudo-terminal that can be unplugged and come back renamed.

One thread answers what arrives; it ends when the line is unplugged. The path that a driver opens is a
symbolic link, as udev makes them by the device's id.
"""

from __future__ import annotations

import os
import select
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from drivers.contract import Batch, Driver, DriverContext, Observation
from drivers.errors import LinkError

PATIENCE_S = 60.0
READ_S = 0.05
CAUGHT_UP = b"\xfe"
"""A byte that no driver sends: what was sent before it has been heard when it is."""

_READ_BYTES = 65_536
_WALL_MINUS_STEADY_S = time.time() - time.monotonic()


def steady_now_s() -> float:
    """Return seconds since 1970 that never run backwards."""
    return _WALL_MINUS_STEADY_S + time.monotonic()


class FarEnd:
    """A pump's plug: ``answer`` is given what arrived and returns what goes back.

    Attributes:
        path: The symbolic link that a driver opens.
        heard: Everything that arrived, over all pluggings.
    """

    def __init__(self, folder: Path, answer: Callable[[bytes], bytes] = lambda _heard: b"") -> None:
        self.path = folder / "usb-pump-port0"
        self.heard = b""
        self._answer = answer
        self._ends: tuple[int, int] | None = None
        self._stop: tuple[int, int] | None = None
        self._thread: threading.Thread | None = None
        self._decoys: list[tuple[int, int]] = []
        self._name = ""
        self._has_caught_up = threading.Event()

    def __enter__(self) -> Self:
        """Plug it in."""
        self.plug()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Unplug it and give everything back."""
        self.unplug()
        for each in self._decoys:
            os.close(each[0])
            os.close(each[1])

    @property
    def device(self) -> str:
        """The device that the link points to now."""
        return str(self.path.readlink())

    def plug(self, *, as_another: bool = False) -> None:
        """Come on line; ``as_another`` under a device name that differs from the last one."""
        ends = os.openpty()
        while as_another and os.ttyname(ends[1]) == self._name:
            self._decoys.append(ends)
            ends = os.openpty()
        self._ends, self._name = ends, os.ttyname(ends[1])
        tty.setraw(ends[1])
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(self._name)
        self._stop = os.pipe()
        self._thread = threading.Thread(target=self._listen, args=(self._ends[0], self._stop[0]), daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """Go off line, as a cable that is pulled. Harmless when repeated."""
        if self._ends is None or self._stop is None or self._thread is None:
            return
        os.write(self._stop[1], b"x")
        self._thread.join(PATIENCE_S)
        self.path.unlink(missing_ok=True)
        for descriptor in (*self._ends, *self._stop):
            os.close(descriptor)
        self._ends = self._stop = self._thread = None

    def say(self, data: bytes) -> None:
        """Put bytes on the line."""
        assert self._ends is not None
        while data:
            data = data[os.write(self._ends[0], data[:4096]) :]

    def say_and_wait(self, data: bytes) -> None:
        """Put bytes on the line and wait until they lie at the near end, unread."""
        self.say(data)
        assert self._ends is not None
        assert select.select([self._ends[1]], [], [], PATIENCE_S)[0]

    def until_heard(self, what: bytes) -> None:
        """Wait until the driver has sent ``what``."""
        ends_s = time.monotonic() + PATIENCE_S
        while what not in self.heard:
            assert time.monotonic() < ends_s, f"{what!r} was never heard, only {self.heard!r}"
            time.sleep(READ_S)

    def catch_up(self) -> None:
        """Wait until everything that the driver has sent so far was heard."""
        assert self._ends is not None
        self._has_caught_up.clear()
        os.write(self._ends[1], CAUGHT_UP)
        assert self._has_caught_up.wait(PATIENCE_S), f"the far end hears nothing more after {self.heard[-40:]!r}"

    def _listen(self, line: int, stop: int) -> None:
        while True:
            ready, _, _ = select.select([line, stop], [], [])
            if stop in ready:
                return
            arrived = os.read(line, _READ_BYTES)
            if data := arrived.replace(CAUGHT_UP, b""):
                self.heard += data
                if answer := self._answer(data):
                    os.write(line, answer)
            if CAUGHT_UP in arrived:
                self._has_caught_up.set()


class Kept:
    """A driver's durable memory, as far as a test cares."""

    def __init__(self) -> None:
        self.data: bytes | None = None

    def load(self) -> bytes | None:
        """Return what was saved last."""
        return self.data

    def save(self, data: bytes) -> None:
        """Keep ``data``."""
        self.data = data


def context_for(
    path: Path | str, *, now_s: Callable[[], float] = steady_now_s, memory: Kept | None = None, **options: object
) -> DriverContext:
    """Return what the monitor would give a driver of one pump."""
    return DriverContext(
        name="pumps[0]",
        pump="p1",
        serial=None,
        options={"device": str(path), **options},
        now_s=now_s,
        memory=memory if memory is not None else Kept(),
        secret=str,
    )


class Listener:
    """Reads a driver in bounded steps and keeps what it brought.

    Attributes:
        heard: Observations in order.
        causes: Causes of what was refused, in order, as far as the samples go.
        refused_count: How many were refused in all.
        bookmark: The last bookmark.
    """

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.heard: list[Observation] = []
        self.causes: list[str] = []
        self.refused_count = 0
        self.bookmark: bytes | None = None

    def step(self, timeout_s: float = READ_S) -> Batch | None:
        """Read once."""
        batch = self.driver.read(timeout_s)
        if batch is not None:
            self.heard += [observation for _, observation in batch.items]
            self.causes += [refused.cause for refused in batch.refused]
            self.refused_count += batch.refused_count
            self.bookmark = batch.bookmark or self.bookmark
            self.driver.settle(batch)
        return batch

    def until(self, what: Callable[[], bool], *, between: Callable[[], object] = lambda: None) -> None:
        """Read until ``what`` holds."""
        ends_s = time.monotonic() + PATIENCE_S
        while not what():
            brought = f"only {self.heard[-5:]}, refused: {self.causes[-5:]}"
            assert time.monotonic() < ends_s, f"{PATIENCE_S:g} s of reading brought {brought}"
            between()
            self.step()

    def until_cut(self) -> LinkError:
        """Read until the line is said to have failed."""
        ends_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends_s:
            try:
                self.step()
            except LinkError as error:
                return error
        raise AssertionError("no read said that the line failed")
