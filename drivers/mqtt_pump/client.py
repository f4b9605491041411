"""Makes paho's client for one connection and keeps what the broker answers.

paho has no thread here: it is given whole packets by the reader and calls back in the same thread.
"""

from __future__ import annotations

import socket
import ssl

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from drivers.mqtt_pump.buffered_socket import BufferedSocket
from drivers.mqtt_pump.link_errors import BrokerError, Cause
from drivers.mqtt_pump.options import MqttOptions

CONNECT_WAIT_S = 3.0
"""The longest wait for the TCP connection, and again for each step of the TLS handshake."""

# Reason codes of MQTT 5.0, section 2.4.
_TAKEN_OVER = 0x8E
_KEEP_ALIVE = 0x8D
_NOT_AUTHORISED = (0x86, 0x87)
_PROTOCOL = (0x81, 0x82)


class Answers:
    """What the broker has said on one connection.

    Attributes:
        is_connected: Whether it accepted the connection.
        is_resumed: Whether it still knew our session.
        keeps_retained: Whether it takes retained messages at all.
        session_expiry_s: How long it will keep the session, by its own account.
        granted: What it answered to each subscription; None before.
        refused_publish: Why it did not take the last of our markers; None where it did.
    """

    def __init__(self, client_id: str, session_expiry_s: int) -> None:
        self.is_connected = False
        self.is_resumed = False
        self.keeps_retained = True
        self.session_expiry_s = session_expiry_s
        self.granted: list[ReasonCode] | None = None
        self.refused_publish: str | None = None
        self._client_id = client_id
        self._lost: tuple[Cause, str] | None = None

    @property
    def is_lost(self) -> bool:
        """Whether the connection has come to an end."""
        return self._lost is not None

    def lose(self, cause: Cause, why: str) -> None:
        """Take note of the end; the first cause stands."""
        if self._lost is None:
            self._lost = cause, why

    def raise_if_lost(self) -> None:
        """Raise the end, if there is one.

        Raises:
            BrokerError: The connection has come to an end.
        """
        if self._lost is not None:
            raise BrokerError(*self._lost)

    def on_connect(
        self, _client: Client, _data: object, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        """Take CONNACK."""
        if reason.is_failure:
            cause: Cause = "not-authorised" if reason.value in _NOT_AUTHORISED else "refused-by-broker"
            self.lose(cause, f"The broker refuses the connection of client {self._client_id}: {reason}.")
            return
        self.is_connected = True
        self.is_resumed = flags.session_present
        self.keeps_retained = bool(getattr(properties, "RetainAvailable", True))
        self.session_expiry_s = getattr(properties, "SessionExpiryInterval", self.session_expiry_s)

    def on_subscribe(
        self, _client: Client, _data: object, _mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        """Take SUBACK."""
        self.granted = reasons

    def on_publish(
        self, _client: Client, _data: object, _mid: int, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        """Take PUBACK."""
        self.refused_publish = str(reason) if reason.is_failure else None

    def on_disconnect(
        self, _client: Client, _data: object, flags: DisconnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        """Take DISCONNECT, or paho's own finding that the line is gone."""
        is_said_by_broker = flags.is_disconnect_packet_from_server
        if is_said_by_broker and reason.value == _TAKEN_OVER:
            self.lose(
                "taken-over",
                f"Another client has connected with the client id {self._client_id};"
                " is a second monitor running with it?",
            )
        elif is_said_by_broker:
            cause: Cause = "not-authorised" if reason.value in _NOT_AUTHORISED else "connection-lost"
            self.lose(cause, f"The broker ended the connection: {reason}.")
        elif reason.value == _KEEP_ALIVE:
            self.lose("keep-alive", "The broker answers no ping: the line is dead or half open.")
        elif reason.value in _PROTOCOL:
            self.lose("protocol", f"The broker does not keep to MQTT 5: {reason}.")
        else:
            self.lose("connection-lost", f"The connection to the broker is lost: {reason}.")


class _BufferedClient(Client):
    """paho's client on a buffered socket.

    ``_create_socket`` is the one place where paho makes its socket, and what it returns may be any
    object with the methods of one. If a later paho no longer calls it, its own socket is used.
    """

    tls: ssl.SSLContext | None = None

    def _create_socket(self) -> BufferedSocket:
        line = socket.create_connection((self.host, self.port), self.connect_timeout)
        try:
            # Acknowledgements are small and joined already: nothing is won by waiting for more.
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is not None:
                line = self.tls.wrap_socket(line, server_hostname=self.host)
        except BaseException:
            # paho itself leaves a socket open whose handshake has failed.
            line.close()
            raise
        return BufferedSocket(line)


def make_client(
    options: MqttOptions, password: str | None, tls: ssl.SSLContext | None, answers: Answers, *, buffered: bool = True
) -> Client:
    """Return a client that has not connected and tells ``answers`` what it hears.

    Args:
        options: Where to connect, and as whom.
        password: The password itself.
        tls: The settings of TLS, or None for plain text.
        answers: Where the broker's answers go.
        buffered: False leaves paho its own socket.
    """
    kind = _BufferedClient if buffered else Client
    client = kind(
        CallbackAPIVersion.VERSION2,
        client_id=options.client_id,
        protocol=MQTTProtocolVersion.MQTTv5,
        reconnect_on_failure=False,
        manual_ack=True,
    )
    client.connect_timeout = CONNECT_WAIT_S
    client.on_connect = answers.on_connect
    client.on_subscribe = answers.on_subscribe
    client.on_publish = answers.on_publish
    client.on_disconnect = answers.on_disconnect
    if options.username is not None:
        client.username_pw_set(options.username, password)
    if isinstance(client, _BufferedClient):
        client.tls = tls
    if tls is not None:
        client.tls_set_context(tls)
    return client
