"""A small HTTP server on loopback that takes notices, for tests of the ways out."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answer:
    """What the receiver says to one request.

    Attributes:
        status: The status code; 0 closes the connection without an answer.
        headers: Beside the length of the body.
        body: Sent after the headers.
        hold: If set, the answer waits until it is set or the server is closed.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    hold: threading.Event | None = None


@dataclass
class Receiver:
    """What was received, and what is answered next; the last answer is given again and again.

    Attributes:
        port: Where it listens on 127.0.0.1.
        answers: In order.
        choose: If set, it chooses the answer by the body of the request.
        requests: Path, headers in lower case, and body of each request.
        connections: How many connections were made.
    """

    port: int = 0
    answers: list[Answer] = field(default_factory=lambda: [Answer()])
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    connections: int = 0
    choose: Callable[[bytes], Answer] | None = None

    @property
    def url(self) -> str:
        """The address of the receiver."""
        return f"http://127.0.0.1:{self.port}/notices?from=pumpwatch"

    def answer_to(self, body: bytes) -> Answer:
        """Return what a request is answered with."""
        if self.choose is not None:
            return self.choose(body)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Handler(BaseHTTPRequestHandler):
    """Takes one connection's requests."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    receiver: Receiver

    def setup(self) -> None:
        """Count the connection."""
        super().setup()
        self.receiver.connections += 1

    def do_POST(self) -> None:
        """Keep the request and give the next answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.receiver.requests.append((self.path, headers, body))
        answer = self.receiver.answer_to(body)
        if answer.hold is not None:
            answer.hold.wait(60)
        if answer.status == 0:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def receiving(context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run a receiver on a free port of 127.0.0.1 for as long as the block lasts."""
    receiver = Receiver()
    handler = type("OneHandler", (Handler,), {"receiver": receiver})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        for answer in receiver.answers:
            if answer.hold is not None:
                answer.hold.set()
        server.shutdown()
        server.server_close()
        thread.join(30)
