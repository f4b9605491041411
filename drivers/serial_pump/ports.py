"""Opens a line by its URL and gives it one shape: wait for bytes, put bytes, wake, close.

pyserial opens and sets up everything but a plain socket; reading goes past it to the file descriptor
wherever there is one, because a read per byte or per line is what makes serial lines slow. A plain socket
is opened here: pyserial's reads it byte by byte and may leak it when the far end is gone.
"""

from __future__ import annotations

import os
import select
import socket
import threading
from typing import Protocol
from urllib.parse import urlsplit

import serial

from drivers.serial_pump.options import LineOptions

READ_BYTES_MAX = 65_536
"""The most that one read takes off the line."""

WRITE_S_MAX = 1.0
"""The longest that a write may be held up, in seconds; a query has a few bytes."""

CONNECT_S_MAX = 5.0
"""The longest wait for a socket to connect, in seconds."""

KEEPALIVE_IDLE_S, KEEPALIVE_EVERY_S, KEEPALIVE_TRIES = 15, 5, 3
"""A socket whose far end vanished is cut after idle + every * tries seconds: half an hour would be too long."""

_WAKE_SLICE_S = 0.1
_STRANGE_BYTES = 4096


class Port(Protocol):
    """An open line. Errors are those of the operating system or of pyserial; ``link`` translates them."""

    def read(self, wait_s: float) -> bytes:
        """Return what is there, or wait for it; nothing after ``wait_s`` seconds or when woken."""

    def write(self, data: bytes) -> None:
        """Put ``data`` on the line."""

    def wake(self) -> None:
        """End a waiting ``read``; may be called from any thread."""

    def close(self) -> None:
        """Close the line."""


class VanishedError(OSError):
    """The line says that it can be read and then holds nothing: the device was unplugged."""


def open_port(options: LineOptions) -> Port:
    """Open the line that ``options`` describe; a link in the file system is followed anew each time."""
    if options.device.lower().startswith("socket://"):
        return _SocketPort(options.device)
    # The lock is asked for where the line can be locked; other kinds of URL ignore it.
    line = serial.serial_for_url(
        options.device,
        baudrate=options.baud,
        bytesize=options.data_bits,
        parity=_PARITIES[options.parity],
        stopbits=options.stop_bits,
        timeout=0,
        write_timeout=WRITE_S_MAX,
        exclusive=True,
    )
    try:
        line.fileno()
    except OSError:
        return _StrangePort(line)
    return _SerialPort(line)


_PARITIES = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}


class _Waker:
    """Waits for a file descriptor or a call of ``wake``, whichever is first."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._is_closed = False
        self._heard, self._said = os.pipe()
        self._is_awake = False
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        self._poll.register(self._heard, select.POLLIN)

    def wait(self, wait_s: float) -> bool:
        """Return whether the descriptor can be read (or has failed); a wake-up lasts until ``close``."""
        ready = [descriptor for descriptor, _ in self._poll.poll(max(0.0, wait_s) * 1000)]
        return self._descriptor in ready and self._heard not in ready

    def wake(self) -> None:
        """End this wait and all later ones; nothing once closed, when the descriptor may be another's."""
        with self._lock:
            if self._is_closed or self._is_awake:
                return
            self._is_awake = True
            os.write(self._said, b"x")

    def close(self) -> None:
        """Give the pipe back."""
        with self._lock:
            self._is_closed = True
            os.close(self._heard)
            os.close(self._said)


class _SerialPort:
    """A terminal line: a device or a pseudo-terminal."""

    def __init__(self, line: serial.SerialBase) -> None:
        self._line = line
        self._waker = _Waker(line.fileno())

    def read(self, wait_s: float) -> bytes:
        if not self._waker.wait(wait_s):
            return b""
        try:
            data = os.read(self._line.fileno(), READ_BYTES_MAX)
        except BlockingIOError:
            return b""
        if not data:
            raise VanishedError("the device is ready and holds nothing")
        return data

    def write(self, data: bytes) -> None:
        self._line.write(data)

    def wake(self) -> None:
        self._waker.wake()

    def close(self) -> None:
        try:
            self._line.close()
        finally:
            self._waker.close()


class _SocketPort:
    """A plain TCP connection to a serial server."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._socket = socket.create_connection((address.hostname or "", address.port or 0), timeout=CONNECT_S_MAX)
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in _KEEPALIVE.items():
                # Linux has all of them, other systems some.
                if hasattr(socket, name):
                    self._socket.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
            self._socket.settimeout(WRITE_S_MAX)
            self._waker = _Waker(self._socket.fileno())
        except OSError:
            self._socket.close()
            raise

    def read(self, wait_s: float) -> bytes:
        if not self._waker.wait(wait_s):
            return b""
        data = self._socket.recv(READ_BYTES_MAX)
        if not data:
            raise VanishedError("the far end closed the connection")
        return data

    def write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def wake(self) -> None:
        self._waker.wake()

    def close(self) -> None:
        try:
            self._socket.close()
        finally:
            self._waker.close()


_KEEPALIVE = {
    "TCP_KEEPIDLE": KEEPALIVE_IDLE_S,
    "TCP_KEEPINTVL": KEEPALIVE_EVERY_S,
    "TCP_KEEPCNT": KEEPALIVE_TRIES,
    "TCP_USER_TIMEOUT": (KEEPALIVE_IDLE_S + KEEPALIVE_EVERY_S * KEEPALIVE_TRIES) * 1000,
}


class _StrangePort:
    """A line of pyserial without a file descriptor, such as ``loop://`` or ``rfc2217://``; waits in slices."""

    def __init__(self, line: serial.SerialBase) -> None:
        self._line = line
        self._is_awake = False

    def read(self, wait_s: float) -> bytes:
        left_s = max(0.0, wait_s)
        while not self._is_awake:
            self._line.timeout = min(left_s, _WAKE_SLICE_S)
            data = self._line.read(1)
            if data:
                self._line.timeout = 0
                return bytes(data + self._line.read(_STRANGE_BYTES))
            left_s -= _WAKE_SLICE_S
            if left_s <= 0:
                break
        return b""

    def write(self, data: bytes) -> None:
        self._line.write(data)

    def wake(self) -> None:
        self._is_awake = True

    def close(self) -> None:
        self._line.close()
