"""Holds one MQTT 5 connection to a broker, from CONNECT to its end; never used twice.

The reader's thread drives everything here: there is no thread of paho's. Only ``acknowledge`` and
``wake`` may be called from another one.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
from collections.abc import Callable, Sequence

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from drivers.mqtt_pump.buffered_socket import BufferedSocket
from drivers.mqtt_pump.client import Answers, make_client
from drivers.mqtt_pump.intake import BufferedIntake, Intake, PlainIntake
from drivers.mqtt_pump.link_errors import BrokerError
from drivers.mqtt_pump.options import MqttOptions
from drivers.mqtt_pump.packets import Arrived, PacketError

ANSWER_TURNS = 40
ANSWER_TURN_S = 0.25
"""The broker has this many idle turns of this length, 10 s, to answer CONNECT and SUBSCRIBE."""

EARLY_MAX = 70_000
"""How many messages may come before the subscription is answered; a session holds 65,535 on their way."""

_TAKEN_OVER = 0x8E
_KEEP_ALIVE = 0x8D
_NOT_AUTHORISED = (0x86, 0x87)
_PROTOCOL = (0x81, 0x82)


class Connection:
    """One connection.

    Attributes:
        early: Messages that came before the subscription was answered.
        answers: What the broker has answered so far.
    """

    def __init__(
        self, options: MqttOptions, password: str | None, tls: ssl.SSLContext | None, *, buffered: bool = True
    ) -> None:
        self.early: list[Arrived] = []
        self.answers = Answers(options.client_id, options.session_expiry_s)
        self._options = options
        self._has_tls = tls is not None
        self._intake: Intake | None = None
        self._selector = selectors.DefaultSelector()
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)  # noqa: FBT003 - sockets have no other way
        self._wake_writer.setblocking(False)  # noqa: FBT003 - the same
        self._selector.register(self._wake_reader, selectors.EVENT_READ)
        self._is_writing = False
        self._fd = -1
        self._paho = make_client(options, password, tls, self.answers, buffered=buffered)
        self._paho.on_message = self._on_message

    def establish(self, topics: Sequence[str], is_wanted: Callable[[], bool]) -> list[ReasonCode]:
        """Connect, subscribe to ``topics`` at QoS 1 and return the broker's answer to each.

        Args:
            topics: Topic filters.
            is_wanted: Asked between the steps; False gives up.

        Raises:
            BrokerError: Any step failed.
        """
        options = self._options
        new_properties: Callable[[int], Properties] = Properties
        properties = new_properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = options.session_expiry_s
        properties.ReceiveMaximum = options.receive_maximum
        where = f"{options.host}:{options.port}"
        try:
            self._paho.connect(
                options.host, options.port, options.keepalive_s, clean_start=False, properties=properties
            )
        except ssl.SSLError as error:
            raise BrokerError("tls", f"The TLS handshake with {where} failed: {_tls_reason(error)}.") from error
        except OSError as error:
            raise BrokerError("unreachable", f"The broker at {where} cannot be reached: {error}.") from error
        self._begin_reading()
        self._await(lambda: self.answers.is_connected, "CONNECT", is_wanted)
        # What a sender marks as retained is to be told apart, also where a bridge hands it on later as if it
        # were new. Of our own markers only the one from before this connection is to look retained.
        self._paho.subscribe(
            [(topic, SubscribeOptions(qos=1, retainAsPublished=topic != options.marker_topic)) for topic in topics]
        )
        self._await(lambda: self.answers.granted is not None, "SUBSCRIBE", is_wanted)
        return self.answers.granted or []

    def turn(self, wait_s: float, arrived: list[Arrived], count_max: int) -> bool:
        """Wait for the broker, read what has come, and append the messages to ``arrived``.

        Returns whether anything happened; False means that the whole of ``wait_s`` went by.

        Raises:
            BrokerError: The connection is lost. Messages may have been appended before.
        """
        self.answers.raise_if_lost()
        intake = self._intake
        if intake is None:
            raise BrokerError("closed", "The connection was never made.")
        happened: list[tuple[selectors.SelectorKey, int]] = []
        has_more = intake.has_more
        try:
            if self._is_writing != intake.wants_to_send:
                self._is_writing = intake.wants_to_send
                events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._is_writing else 0)
                self._selector.modify(self._fd, events)
            happened = self._selector.select(0 if has_more else wait_s)
            for key, events in happened:
                if key.fileobj is self._wake_reader:
                    self._drain_wakes()
                elif events & selectors.EVENT_WRITE:
                    intake.send_rest()
            if has_more or happened:
                intake.receive(arrived, count_max)
        except ssl.SSLError as error:
            self.answers.lose("tls", f"The broker ended the TLS connection: {_tls_reason(error)}.")
        except PacketError as error:
            self.answers.lose("protocol", f"The broker does not keep to MQTT 5: {error}")
        except (OSError, ValueError) as error:
            # ValueError is what a selector makes of a file descriptor that paho has closed meanwhile.
            self.answers.lose("connection-lost", f"The connection to the broker is lost: {error}.")
        self.answers.raise_if_lost()
        return has_more or bool(happened)

    def keep_alive(self) -> bool:
        """Let paho ping, or notice that its last ping was not answered; True if it pinged.

        Raises:
            BrokerError: The line is dead.
        """
        before = self.pings_sent
        self._paho.loop_misc()
        self.answers.raise_if_lost()
        return self.pings_sent != before

    @property
    def pings_sent(self) -> int:
        """How many pings went out."""
        return self._intake.pings_sent if self._intake is not None else 0

    @property
    def pings_answered(self) -> int:
        """How many of them were answered."""
        return self._intake.pings_answered if self._intake is not None else 0

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
        """Publish at QoS 1; a refusal shows later in ``answers``."""
        self._paho.publish(topic, payload, qos=1, retain=retain and self.answers.keeps_retained)

    def unsubscribe(self, topics: Sequence[str]) -> None:
        """Give topic filters up, without waiting for the answer."""
        if topics:
            self._paho.unsubscribe(list(topics))

    def acknowledge(self, packet_ids: Sequence[int]) -> None:
        """Acknowledge messages, from any thread; what fails is repeated by the broker later."""
        if not packet_ids or self._intake is None:
            return
        try:
            must_wake = self._intake.acknowledge(packet_ids)
        except OSError as error:
            # It is the reader's to report; without these acknowledgements the broker would fall silent one day.
            self.answers.lose("connection-lost", f"Nothing can be acknowledged any more: {error}.")
            must_wake = True
        if must_wake:
            self.wake()

    def wake(self) -> None:
        """End a wait in ``turn``, from any thread."""
        # A full pipe has woken the reader already; a closed one has no reader.
        with contextlib.suppress(OSError):
            self._wake_writer.send(b"w")

    def close(self) -> None:
        """Say goodbye if there is somebody to say it to; the broker keeps the session."""
        is_open = self.answers.is_connected and not self.answers.is_lost
        self.answers.lose("closed", "The connection was closed.")
        if is_open:
            # A broker that is gone meanwhile finds out by itself.
            with contextlib.suppress(OSError):
                if self._intake is not None and self._intake.wants_to_send:
                    self._intake.send_rest()
                self._paho.disconnect()
        self._selector.close()
        line = self._paho.socket()
        if line is not None:
            line.close()
        self._wake_reader.close()
        self._wake_writer.close()

    def _begin_reading(self) -> None:
        line = self._paho.socket()
        if line is None:
            if self._has_tls:
                why = "The broker cut the line after the TLS handshake; does it accept our certificate?"
                raise BrokerError("tls", why)
            raise BrokerError("connection-lost", "The broker cut the line at once.")
        if isinstance(line, BufferedSocket):
            self._intake = BufferedIntake(self._paho, line)
        else:
            pending: Callable[[], int] = getattr(line, "pending", int)
            self._intake = PlainIntake(self._paho, lambda: pending() > 0)
        self._fd = line.fileno()
        self._selector.register(self._fd, selectors.EVENT_READ)

    def _await(self, has_answered: Callable[[], bool], question: str, is_wanted: Callable[[], bool]) -> None:
        idle_turns = 0
        while not has_answered():
            if not is_wanted():
                raise BrokerError("closed", "The driver was closed while it connected.")
            if idle_turns >= ANSWER_TURNS or len(self.early) >= EARLY_MAX:
                raise BrokerError("no-answer", f"The broker does not answer {question}.")
            if not self.turn(ANSWER_TURN_S, self.early, EARLY_MAX):
                idle_turns += 1

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        if isinstance(self._intake, PlainIntake):
            self._intake.take(message)

    def _drain_wakes(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_reader.recv(4096)


def _tls_reason(error: ssl.SSLError) -> str:
    """Return the part of a TLS error that helps a person."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the broker's certificate is not trusted ({error.verify_message})"
    return str(error.reason or error)
