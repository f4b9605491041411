"""The lowest layer of a serial line: opens, waits, and sends nothing but queries of the allow-list.

Every error of the operating system or of pyserial becomes a ``LinkError`` with one sentence for people.
One thread reads; another may call ``close`` at any time, which ends a waiting read.
"""

from __future__ import annotations

import contextlib
import errno
import termios
import threading

import serial

from drivers.errors import LinkError
from drivers.serial_pump.options import LineOptions
from drivers.serial_pump.ports import Port, VanishedError, open_port
from drivers.serial_pump.protocols.zyno_frames import Check, Query

_FOREIGN = (OSError, serial.SerialException, termios.error, ValueError)
"""What pyserial and the system raise when a line cannot be used; ``ValueError`` for a URL or speed it does not know."""

_SENTENCES = {
    errno.ENOENT: "is not there; it may be unplugged",
    errno.ENODEV: "is not there; it may be unplugged",
    errno.ENXIO: "is not there; it may be unplugged",
    errno.EACCES: "may not be opened; this user lacks the permission",
    errno.EPERM: "may not be opened; this user lacks the permission",
    errno.EBUSY: "is in use by another program",
    errno.EAGAIN: "is in use by another program",
    errno.EIO: "has gone; it may be unplugged",
}


class ListeningLink:
    """A line that is only listened to."""

    def __init__(self, options: LineOptions) -> None:
        self._options = options
        self._port: Port | None = None
        self._reading = threading.Lock()
        self._closing = threading.Event()

    @property
    def device(self) -> str:
        """The device as it was configured."""
        return self._options.device

    @property
    def is_open(self) -> bool:
        """Whether the line is open and nobody is closing it."""
        return self._port is not None and not self._closing.is_set()

    def open(self) -> None:
        """Open the line, closing it first if it is open; nothing is sent.

        Raises:
            LinkError: It cannot be opened now, or another program holds it.
        """
        self.close()
        with self._reading:
            try:
                self._port = open_port(self._options)
            except _FOREIGN as error:
                raise self._error(error) from error
            self._closing.clear()

    def receive(self, wait_s: float) -> bytes:
        """Return the bytes that are there, waiting at most ``wait_s`` seconds for the first; none on silence.

        Raises:
            LinkError: The line failed or is not open.
        """
        with self._reading:
            port = self._usable()
            try:
                return port.read(wait_s)
            except _FOREIGN as error:
                raise self._error(error) from error

    def close(self) -> None:
        """Close the line and end a waiting ``receive``. Harmless when repeated."""
        self._closing.set()
        port = self._port
        if port is not None:
            port.wake()
        with self._reading:
            port, self._port = self._port, None
            if port is not None:
                # A line that was torn away may complain; its descriptor is given back all the same.
                with contextlib.suppress(*_FOREIGN):
                    port.close()

    def _usable(self) -> Port:
        if self._port is None:
            raise LinkError(f"The line {self.device} is not open.")
        return self._port

    def _error(self, error: BaseException) -> LinkError:
        if isinstance(error, VanishedError):
            return LinkError(f"The line {self.device} has gone; it may be unplugged ({error}).")
        if "exclusively lock" in str(error):
            return LinkError(f"The line {self.device} is in use by another program.")
        sentence = _SENTENCES.get(getattr(error, "errno", None) or 0)
        if sentence is not None:
            return LinkError(f"The line {self.device} {sentence}.")
        return LinkError(f"The line {self.device} failed: {error}.")


class AskingLink(ListeningLink):
    """A line on which queries of the allow-list are sent, and nothing else can be."""

    def ask(self, query: Query, check: Check) -> None:
        """Put one query on the line.

        Raises:
            LinkError: The line failed or is not open.
            TypeError: ``query`` is not a ``Query``; nothing is sent.
            ValueError: ``query`` was tampered with and is none of the allow-list; nothing is sent.
        """
        if type(query) is not Query:
            raise TypeError("Only a Query can be sent to a pump.")
        # Made anew from its text, so that the allow-list is applied at the very last moment.
        frame = Query(query.payload).frame(check)
        with self._reading:
            port = self._usable()
            try:
                port.write(frame)
            except _FOREIGN as error:
                raise self._error(error) from error
