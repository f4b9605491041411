"""Takes webhooks and counts the alerts in them: the same program for both sides, as light as Python allows.

Started with the number of distinct alerts to wait for; prints its port, then the instant at which the
last new one came, how many requests there were and how many alerts in all, repeats included.
"""

from __future__ import annotations

import re
import selectors
import socket
import sys
import time

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_ALERT = re.compile(rb'"(?:fingerprint|key)": ?"([^"]+)"')
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Connection:
    """One sender's line; it may send one request after the other."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self._data = bytearray()

    def bodies(self) -> list[bytes] | None:
        """Return the bodies that are complete now, each answered; None at the end of the line."""
        piece = self.line.recv(1 << 20)
        if not piece:
            return None
        self._data += piece
        found: list[bytes] = []
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._data, 0, end)
            stop = end + 4 + (int(length[1]) if length else 0)
            if len(self._data) < stop:
                break
            found.append(bytes(self._data[end + 4 : stop]))
            del self._data[:stop]
            self.line.sendall(_ANSWER)
        return found


def main(wanted: int) -> None:
    """Serve until ``wanted`` distinct alerts have come."""
    selector = selectors.DefaultSelector()
    door = socket.create_server(("127.0.0.1", 0), backlog=1024)
    selector.register(door, selectors.EVENT_READ)
    sys.stdout.write(f"{door.getsockname()[1]}\n")
    sys.stdout.flush()
    seen: set[bytes] = set()
    requests = alerts = 0
    while len(seen) < wanted:
        for key, _ in selector.select():
            if key.fileobj is door:
                line, _address = door.accept()
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(line, selectors.EVENT_READ, Connection(line))
                continue
            connection: Connection = key.data
            bodies = connection.bodies()
            if bodies is None:
                selector.unregister(connection.line)
                connection.line.close()
                continue
            for body in bodies:
                names = _ALERT.findall(body)
                requests, alerts = requests + 1, alerts + len(names)
                seen.update(names)
    sys.stdout.write(f"{time.monotonic()} {requests} {alerts}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
