"""Stands between paho and its socket: reads in large pieces and writes whole packets from any thread.

paho asks its socket for one byte, then one more, then the rest, a system call each; and it may leave
half a packet unsent, into which no other thread may write. paho takes any object with ``recv``,
``send``, ``close``, ``fileno`` and ``setblocking`` for a socket, so both are mended here and paho is
left as it is.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading

RECEIVE_BYTES = 128 * 1024
"""How much is taken from the system at once."""

UNSENT_MAX_BYTES = 512 * 1024
"""How much may wait for a broker that does not read; all acknowledgements of a session need half of it."""

GOODBYE_WAIT_S = 0.5
"""How long a broker has to take our last words, and again to close its side."""

PINGREQ = b"\xc0\x00"

_DISCONNECT = 0xE0
_GOODBYE_READS_MAX = 32


class BufferedSocket:
    """A connected socket with a buffer on each side.

    Reading belongs to one thread. ``send`` and ``flush`` may be called from any.

    Attributes:
        data: What was read and not yet used up begins at ``at``.
        at: See ``data``.
        pings_sent: How many PINGREQ went through; paho sends them when it sees fit.
    """

    def __init__(self, line: socket.socket) -> None:
        self.data = b""
        self.at = 0
        self.pings_sent = 0
        self._line = line
        self._offered_end = 0
        self._unsent = bytearray()
        self._is_closed = False
        self._has_said_goodbye = False
        # One TLS object must not be read and written at the same time; a plain socket does not mind.
        self._lock = threading.Lock()

    # What paho uses.

    def recv(self, buffer_size: int) -> bytes:
        """Return bytes of the packet that was offered, and none of the one behind it."""
        stop = min(self.at + buffer_size, self._offered_end)
        if stop <= self.at:
            raise BlockingIOError
        piece = self.data[self.at : stop]
        self.at = stop
        return piece

    def send(self, buffer: bytes | bytearray) -> int:
        """Take all of ``buffer``, a number of whole packets, and send what the system will take now.

        That the line is lost is not said here but by ``fill``, once it has read what came before the end.

        Raises:
            OSError: The line was closed by us, or the broker has not read for so long that the buffer is full.
        """
        with self._lock:
            if self._is_closed:
                raise ConnectionError("the connection is closed")
            if len(self._unsent) + len(buffer) > UNSENT_MAX_BYTES:
                raise ConnectionError("the broker does not read what it is sent")
            if buffer == PINGREQ:
                self.pings_sent += 1
            self._has_said_goodbye = buffer[0] == _DISCONNECT
            if self._unsent:
                self._unsent += buffer
                self._send_unsent()
            else:
                sent = self._send_now(buffer)
                if sent < len(buffer):
                    self._unsent += buffer[sent:]
        return len(buffer)

    def close(self) -> None:
        """Close the line, after a DISCONNECT in an orderly way; harmless when repeated."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            try:
                if self._has_said_goodbye:
                    self._end_orderly()
            finally:
                self._line.close()

    def fileno(self) -> int:
        """Return the file descriptor, for a selector."""
        return self._line.fileno()

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - the signature is that of a socket
        """Set whether the line blocks; paho sets it to False."""
        self._line.setblocking(flag)

    # What the connection uses.

    @property
    def has_unsent(self) -> bool:
        """Whether ``flush`` should be called once the line can be written to."""
        return bool(self._unsent)

    @property
    def has_pending(self) -> bool:
        """Whether TLS holds decrypted bytes that no selector sees."""
        return isinstance(self._line, ssl.SSLSocket) and self._line.pending() > 0

    def flush(self) -> None:
        """Send what is left over; a lost line is told by ``fill``."""
        with self._lock:
            if not self._is_closed:
                self._send_unsent()

    def fill(self) -> int:
        """Read what has come, at most ``RECEIVE_BYTES``, and return how many bytes it was.

        Raises:
            OSError: The line is lost or was closed by the other side.
        """
        with self._lock:
            piece = self._receive_tls(self._line) if isinstance(self._line, ssl.SSLSocket) else self._receive_plain()
        if piece:
            self.data = self.data[self.at :] + piece if self.at < len(self.data) else piece
            self.at = 0
            self._offered_end = 0
        return len(piece)

    def confirm(self) -> None:
        """Let the system confirm at once what was read, where it can; to be called if nothing will be sent soon.

        Otherwise it waits for something to send along with that, 40 ms at the most. A broker that collects
        small packets (Mosquitto does, unless told otherwise) holds every message back until then.
        """
        quick = getattr(socket, "TCP_QUICKACK", None)
        if quick is not None:
            # A line that is lost meanwhile is told by the next ``fill``.
            with contextlib.suppress(OSError):
                self._line.setsockopt(socket.IPPROTO_TCP, quick, 1)

    def offer(self, end: int) -> None:
        """Let ``recv`` hand out bytes up to ``end``, a position in ``data`` where a packet ends."""
        self._offered_end = end

    def release(self) -> None:
        """Give the memory of a buffer back that is used up."""
        if self.at >= len(self.data):
            self.data = b""
            self.at = 0
            self._offered_end = 0

    def _end_orderly(self) -> None:
        """Wait until the broker has read everything and closes its side.

        A line that is closed over unread bytes is reset, and with it goes what the other side has not read
        yet: our last acknowledgements.
        """
        # A broker that hangs or is gone finds out by itself; what it misses it sends again.
        with contextlib.suppress(OSError):
            self._line.settimeout(GOODBYE_WAIT_S)
            self._line.sendall(self._unsent)
            self._line.shutdown(socket.SHUT_WR)
            for _ in range(_GOODBYE_READS_MAX):
                if not self._line.recv(RECEIVE_BYTES):
                    return

    def _receive_plain(self) -> bytes:
        try:
            piece = self._line.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return b""
        if not piece:
            raise ConnectionError("the broker closed the connection")
        return piece

    def _receive_tls(self, line: ssl.SSLSocket) -> bytes:
        """Read record after record: TLS hands out one at a time, of 16 KiB at the most."""
        pieces: list[bytes] = []
        left = RECEIVE_BYTES
        while left > 0:
            try:
                piece = line.recv(left)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                break
            except ssl.SSLEOFError as error:
                raise ConnectionError("the broker closed the connection") from error
            if not piece:
                # What came before the end is still worth reading; the end is found again at the next call.
                if pieces:
                    break
                raise ConnectionError("the broker closed the connection")
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)

    def _send_unsent(self) -> None:
        while self._unsent:
            sent = self._send_now(self._unsent)
            if not sent:
                return
            del self._unsent[:sent]

    def _send_now(self, packets: bytes | bytearray) -> int:
        try:
            return self._line.send(packets)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0
        except OSError:
            # The last messages of a broker that died may still wait to be read, and nobody else has them.
            return len(packets)
