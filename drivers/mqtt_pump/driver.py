"""The link to one broker as the monitor sees it: open, read, settle, close, from whichever thread.

Nothing is published but markers on a topic of our own; the pumps' topics are only subscribed to. The
thread that calls ``read`` drives the network, so no queue stands between the socket and a batch.
"""

from __future__ import annotations

import ssl
import threading

from drivers.contract import Batch, DriverContext
from drivers.errors import OptionsError
from drivers.mqtt_pump.backlog import Backlog
from drivers.mqtt_pump.connection import Connection
from drivers.mqtt_pump.link_errors import BrokerError
from drivers.mqtt_pump.options import parse
from drivers.mqtt_pump.session import Session
from drivers.mqtt_pump.session_memory import SessionMemory
from drivers.mqtt_pump.tls import make_context

CLOSE_WAIT_S = 1.0
"""How long ``close`` waits for another thread's ``read`` or ``open``; that one cleans up if it takes longer."""


class MqttDriver:
    """One broker; see ``drivers.contract.Driver``."""

    def __init__(self, context: DriverContext, *, buffered: bool = True) -> None:
        """Make a closed link.

        Args:
            context: What the monitor gives.
            buffered: False leaves paho its own socket, as a future paho may force us to.

        Raises:
            OptionsError: An option is wrong, or a secret or a certificate cannot be read.
        """
        self._context = context
        self._options = parse(context.options)
        self._password = None if self._options.password is None else context.secret(self._options.password)
        if self._options.tls is not None:
            make_context(self._options.tls)  # what is missing is told now, not at the first connection
        self._buffered = buffered
        self._memory = SessionMemory(context.memory, self._options)
        self._backlog = Backlog()
        self._has_connected = False
        self._session: Session | None = None
        self._reading = threading.Lock()
        self._closing = threading.Event()

    def open(self, bookmark: bytes | None) -> None:
        """Connect and subscribe; where to go on is in the broker's session, so ``bookmark`` is not used.

        Raises:
            BrokerError: A ``LinkError`` with its cause.
        """
        del bookmark
        self._closing.clear()
        with self._reading:
            self._drop()
            connection = Connection(self._options, self._password, self._tls(), buffered=self._buffered)
            session = Session(connection, self._options, self._backlog, self._memory, self._context.now_s)
            try:
                session.begin(self._held_since_s(), self._is_wanted)
            except BaseException:
                connection.close()
                raise
            self._has_connected = True
            self._session = session

    def read(self, timeout_s: float) -> Batch | None:
        """Return what the broker sent, or None.

        Raises:
            BrokerError: A ``LinkError`` with its cause.
        """
        with self._reading:
            if self._session is None:
                raise BrokerError("closed", "The link to the broker is not open.")
            batch = self._session.read(timeout_s, self._is_wanted)
            self._memory.save_now_and_then(self._backlog.floor_at_s, self._session.read_at_s)
            return batch

    def settle(self, batch: Batch) -> None:
        """Acknowledge all messages of ``batch`` in one write; without effect if repeated or too late."""
        session = self._session
        # A packet id of an earlier connection may stand for another message by now.
        if session is not None and batch.token.session is session:
            session.settle(batch.token)

    def close(self) -> None:
        """Close the line, waking a waiting ``read``; the broker goes on collecting for us."""
        self._closing.set()
        session = self._session
        if session is not None:
            session.wake()
        if self._reading.acquire(timeout=CLOSE_WAIT_S):
            try:
                if self._session is not None:
                    self._drop()
                    self._memory.save(self._backlog.floor_at_s, self._context.now_s())
            finally:
                self._reading.release()

    def _tls(self) -> ssl.SSLContext | None:
        """Read the certificates anew, since they are renewed while the monitor runs."""
        if self._options.tls is None:
            return None
        try:
            return make_context(self._options.tls)
        except OptionsError as error:
            raise BrokerError("tls", str(error)) from error

    def _is_wanted(self) -> bool:
        return not self._closing.is_set()

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _held_since_s(self) -> float | None:
        """Return the bound for what the broker still holds; None where none is known."""
        held_since_s = self._backlog.floor_at_s if self._has_connected else self._memory.floor_at_s
        # A bound that lies ahead of us is none: the clock was set back while we were away.
        return held_since_s if held_since_s is not None and held_since_s <= self._context.now_s() else None
