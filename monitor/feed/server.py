"""Runs the feed in a thread of its own, on its own event loop, apart from everything that tells people."""

from __future__ import annotations

import socket
import threading
from collections.abc import Collection
from ipaddress import ip_address

import structlog
import uvicorn
from prometheus_client import CollectorRegistry

from monitor.errors import ConfigurationError
from monitor.feed.access import Access
from monitor.feed.api import create_app
from monitor.feed.guard import LOOPBACK_HOSTS
from monitor.feed.source import FeedSource
from monitor.feed.stream import HEARTBEAT_S, StreamHub

START_WAIT_S = 10.0
STOP_WAIT_S = 2.0
DRAIN_S = 1
"""How long open answers may go on when the feed stops, in seconds."""

CONNECTIONS_MAX = 512
BACKLOG = 128
UNREAD_MAX_MS = 20_000
"""The system drops a connection that leaves sent bytes unacknowledged for this long."""

_logger = structlog.get_logger("feed")


class FeedServer:
    """The feed as a service: start it once, stop it once.

    Args:
        source: The monitor.
        access: Who may do what.
        host: Where to listen; an address or a name.
        port: 0 takes a free one.
        names: Further names by which a loopback feed may be called: those of a proxy before it.
        registry: Where other parts of the monitor count for Prometheus.
        heartbeat_s: Between two heartbeats of the stream, in seconds of real time.

    Raises:
        ConfigurationError: Everybody would be let in from beyond this machine.
    """

    def __init__(
        self,
        source: FeedSource,
        access: Access,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        names: Collection[str] = (),
        registry: CollectorRegistry | None = None,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        is_local = is_loopback(host)
        if access.anonymous_role is not None and not is_local:
            raise ConfigurationError([f"feed.host: {host} is not loopback, so nobody may be let in without a token"])
        hosts = LOOPBACK_HOSTS | {host, *names} if is_local else None
        app = create_app(source, access, registry=registry, hosts=hosts, heartbeat_s=heartbeat_s)
        self._host = host
        self._port = port
        self._server = _Server(
            uvicorn.Config(
                app,
                loop="asyncio",
                http="h11",
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=CONNECTIONS_MAX,
                backlog=BACKLOG,
                timeout_keep_alive=5,
                timeout_graceful_shutdown=DRAIN_S,
            ),
            app.state.parts.hub,
        )
        self._thread: threading.Thread | None = None

    def start(self) -> str:
        """Listen, serve in a thread, and return the address as a URL.

        Raises:
            ConfigurationError: The address cannot be listened on.
        """
        listener = _listen(self._host, self._port)
        host, port = listener.getsockname()[:2]
        self._thread = threading.Thread(target=self._run, args=(listener,), name="feed", daemon=True)
        self._thread.start()
        if not self._server.has_begun.wait(START_WAIT_S) or not self._server.started:
            self.stop()
            raise ConfigurationError(["feed: the server did not start; its log says why"])
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def stop(self) -> bool:
        """End every stream and stop within ``STOP_WAIT_S``; return False if it took longer. Harmless twice."""
        thread, self._thread = self._thread, None
        self._server.should_exit = True
        if thread is None:
            return True
        thread.join(STOP_WAIT_S)
        if thread.is_alive():
            _logger.warning("feed did not stop in time; it ends with the process")
        return not thread.is_alive()

    def _run(self, listener: socket.socket) -> None:
        try:
            self._server.run(sockets=[listener])
        finally:
            self._server.has_begun.set()
            listener.close()


class _Server(uvicorn.Server):
    """A server that says when it has begun and lets its streams end before it waits for them."""

    def __init__(self, config: uvicorn.Config, hub: StreamHub) -> None:
        super().__init__(config)
        self._hub = hub
        self.has_begun = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        self.has_begun.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams first: waiting for them would last for ever."""
        self._hub.close()
        await super().shutdown(sockets)


def is_loopback(host: str) -> bool:
    """Return whether ``host`` can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Inherited by every connection. Closing a connection waits until the far end has read what was sent;
        # without this a client that never reads would keep its socket for ever.
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MAX_MS)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as fault:
        raise ConfigurationError([f"feed: cannot listen on {host} port {port}: {fault.strerror or fault}"]) from fault
    return listener
