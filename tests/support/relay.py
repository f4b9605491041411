"""Stands between a client and a server and stops passing bytes on, as a line does that is half open."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

PIECE_BYTES = 65_536
WAIT_S = 0.2


class Relay:
    """A TCP relay on a free port; a context manager.

    Attributes:
        port: Where it listens.
        handed_over: All bytes that went from the server to its clients.
    """

    def __init__(self, target_port: int) -> None:
        self.handed_over = bytearray()
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(WAIT_S)
        self.port: int = self._listener.getsockname()[1]
        self._flows = threading.Event()
        self._flows.set()
        self._ends = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lines: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.set()
        self._flows.set()
        for thread in self._threads:
            thread.join(30)
        for line in [self._listener, *self._lines]:
            line.close()

    def stall(self) -> None:
        """Pass nothing on from now on; nobody is told."""
        self._flows.clear()

    def flow(self) -> None:
        """Pass on what has piled up, and go on."""
        self._flows.set()

    def _start(self, work: object, *arguments: object) -> None:
        assert callable(work)
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._ends.is_set():
            with contextlib.suppress(TimeoutError):
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self._target_port))
                except OSError:
                    client.close()
                    continue
                for line in (client, server):
                    line.settimeout(WAIT_S)
                    self._lines.append(line)
                self._start(self._pass_on, client, server, None)
                self._start(self._pass_on, server, client, self.handed_over)

    def _pass_on(self, source: socket.socket, sink: socket.socket, tap: bytearray | None) -> None:
        with contextlib.suppress(OSError):
            while piece := self._receive(source):
                self._flows.wait()
                if tap is not None:
                    tap += piece
                sink.sendall(piece)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def _receive(self, source: socket.socket) -> bytes:
        while not self._ends.is_set():
            with contextlib.suppress(TimeoutError):
                return source.recv(PIECE_BYTES)
        return b""
