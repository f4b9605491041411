"""Serves one connection: markers out, batches in, acknowledgements back.

All of it runs in the thread that reads, but for ``settle``.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import NamedTuple

from drivers.contract import Batch, Refused
from drivers.mqtt_pump.backlog import MARKER_WAIT_S, Backlog
from drivers.mqtt_pump.connection import Connection
from drivers.mqtt_pump.link_errors import BrokerError
from drivers.mqtt_pump.options import MqttOptions
from drivers.mqtt_pump.packets import RETAIN, Arrived
from drivers.mqtt_pump.payloads import Ages, Sorter
from drivers.mqtt_pump.session_memory import SessionMemory

BATCH_MAX = 1_000
"""How many messages one batch holds at the most; more wait in the buffer, 256 KiB in all."""

TURN_S = 0.5
"""The longest wait before markers and keep-alive are looked after."""

_MARKER_BYTES = 16


class _Token(NamedTuple):
    """What ``settle`` needs: whose batch it is, which one, and what to acknowledge."""

    session: Session
    number: int
    packet_ids: list[int]


class Session:
    """One connection in service."""

    def __init__(
        self,
        connection: Connection,
        options: MqttOptions,
        backlog: Backlog,
        memory: SessionMemory,
        now_s: Callable[[], float],
    ) -> None:
        self._memory = memory
        self._connection = connection
        self._options = options
        self._backlog = backlog
        self._clock_s = now_s
        self._now_s = now_s()
        self._sorter = Sorter(options.topic, options.link_topic, options.site, options.marker_topic, self._marker_came)
        self._markers_sent = 0
        self._notices: list[Refused] = []
        self._pings_answered = 0
        self._batches = 0
        self._unsettled: dict[int, float] = {}
        self._lock = threading.Lock()

    def begin(self, held_since_s: float | None, is_wanted: Callable[[], bool]) -> None:
        """Connect and subscribe.

        Args:
            held_since_s: The bound for what the broker kept for us; None where it is not known.
            is_wanted: Asked between the steps; False gives up.

        Raises:
            BrokerError: Any step failed.
        """
        options, at_s = self._options, self._clock_s()
        topics = options.subscriptions
        granted = self._connection.establish(topics, is_wanted)
        observations, marker, *links = granted
        if observations.is_failure or not observations.value:
            # QoS 0 would lose messages in silence.
            why = f"The broker does not let us read {topics[0]} at QoS 1: {observations}."
            raise BrokerError("subscription-denied", why)
        answers = self._connection.answers
        if not answers.is_resumed and held_since_s is not None:
            self._notice("session-lost", "The broker has forgotten our session; what it held for us is lost.")
        if answers.session_expiry_s < options.session_expiry_s:
            self._notice("session-short", f"The broker keeps our session for {answers.session_expiry_s} s only.")
        self._connection.unsubscribe([topic for topic in self._memory.topics if topic not in topics])
        oldest_at_s = at_s - options.session_expiry_s if held_since_s is None else held_since_s
        self._backlog.connected(at_s, held_since_s=oldest_at_s if answers.is_resumed else None)
        if marker.is_failure:
            self._give_markers_up(f"it does not let us read it ({marker})", denied=True)
        if links and links[0].is_failure:
            self._notice("link-denied", f"The broker does not let us read {topics[2]}: {links[0]}.")
        self._memory.begin(self._backlog.floor_at_s, at_s)
        if not is_wanted():
            raise BrokerError("closed", "The driver was closed while it connected.")

    def read(self, timeout_s: float, is_wanted: Callable[[], bool]) -> Batch | None:
        """Return what comes within ``timeout_s``, as soon as it comes; None for silence or if not wanted.

        Raises:
            BrokerError: The connection is lost.
        """
        left_s = timeout_s
        started_at_s = self._now_s = self._clock_s()
        while is_wanted():
            self._send_marker(self._now_s)
            wait_s = min(left_s, TURN_S)
            batch, happened = self._turn(wait_s)
            if batch is not None:
                return batch
            # What was waited counts even under a clock that stands still.
            elapsed_s = self._now_s - started_at_s
            left_s = min(left_s if happened else left_s - wait_s, timeout_s - elapsed_s)
            if left_s <= 0:
                return None
        return None

    @property
    def read_at_s(self) -> float:
        """When the last ``read`` looked at the line."""
        return self._now_s

    def settle(self, token: _Token) -> None:
        """Acknowledge a batch of this session, once."""
        with self._lock:
            if self._unsettled.pop(token.number, None) is None:
                return
        self._connection.acknowledge(token.packet_ids)

    def wake(self) -> None:
        """End a wait in ``read``, from any thread."""
        self._connection.wake()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _turn(self, wait_s: float) -> tuple[Batch | None, bool]:
        """Read once; return the batch, if any, and whether anything happened at all."""
        connection = self._connection
        arrived, connection.early = connection.early[:BATCH_MAX], connection.early[BATCH_MAX:]
        try:
            happened = connection.turn(0.0 if arrived else wait_s, arrived, BATCH_MAX) or bool(arrived)
            self._now_s = self._clock_s()
            if connection.keep_alive():
                self._backlog.ping_sent(self._now_s, self._oldest_unsettled_at_s())
        except BrokerError:
            # What came before the line was cut counts; the cut is found again at the next turn.
            if not arrived:
                raise
            happened = True
            self._now_s = self._clock_s()
        batch = self._batch(arrived)
        self._weigh_proof()
        return batch, happened

    def _batch(self, arrived: list[Arrived]) -> Batch | None:
        if not arrived and not self._notices:
            return None
        oldest_at_s = self._backlog.proven_at_s  # before a marker among these moves it
        sorted_ = self._sorter.sort(arrived, self._ages())
        if sorted_.has_resent:
            oldest_at_s = min(oldest_at_s, self._backlog.resent_at_s)
        packet_ids = [message[2] for message in arrived if message[2]]
        notices, self._notices = self._notices, []
        refused_count = sorted_.refused_count + len(notices)
        if not sorted_.items and not refused_count:
            self._connection.acknowledge(packet_ids)  # only markers
            return None
        self._backlog.messages_came(self._now_s)
        self._batches += 1
        with self._lock:
            self._unsettled[self._batches] = oldest_at_s
        token = _Token(self, self._batches, packet_ids)
        return Batch(items=sorted_.items, refused=notices + sorted_.refused, refused_count=refused_count, token=token)

    def _ages(self) -> Ages:
        return Ages(self._backlog.age_max_s(self._now_s), self._backlog.resent_age_max_s(self._now_s))

    def _marker_came(self, flags: int, word: bytes) -> Ages:
        if not flags & RETAIN:
            self._backlog.marker_returned(word)
        elif self._memory.is_foreign(word.decode(errors="replace").partition("-")[0]):
            # Many brokers cut the line of a client that is pushed off without a word (Mosquitto before 2.0.15).
            # But the last marker that was left on our topic shows whose it was.
            client_id = self._options.client_id
            why = f"Another client has used our client id {client_id} meanwhile; is a second monitor running with it?"
            self._connection.answers.lose("taken-over", why)
        return self._ages()

    def _oldest_unsettled_at_s(self) -> float | None:
        with self._lock:
            return min(self._unsettled.values(), default=None)

    def _send_marker(self, now_s: float) -> None:
        if self._backlog.is_marker_due(now_s):
            word = f"{self._memory.instance}-{secrets.token_hex(_MARKER_BYTES)}".encode()
            self._backlog.marker_sent(word, now_s, self._oldest_unsettled_at_s())
            # The first one stays at the broker, as the name on the door.
            self._connection.publish(self._options.marker_topic, word, retain=not self._markers_sent)
            self._markers_sent += 1

    def _weigh_proof(self) -> None:
        connection = self._connection
        if connection.pings_answered != self._pings_answered:
            self._pings_answered = connection.pings_answered
            self._backlog.ping_answered(self._now_s)
        refusal = connection.answers.refused_publish
        if refusal is not None:
            connection.answers.refused_publish = None
            self._give_markers_up(f"it does not let us publish there ({refusal})", denied=True)
        elif self._backlog.is_marker_overdue(self._now_s):
            self._give_markers_up(f"none has come back within {MARKER_WAIT_S:g} s", denied=False)

    def _give_markers_up(self, why: str, *, denied: bool) -> None:
        is_news = not self._backlog.is_waiting_for_quiet
        self._backlog.markers_failed(self._now_s, denied=denied)
        if is_news:
            self._notice(
                "no-marker",
                f"The broker does not hand back our markers on {self._options.marker_topic}: {why}."
                " Messages count as old until the queue has been quiet.",
            )

    def _notice(self, cause: str, why: str) -> None:
        """Report something of the link itself with the next batch, where refusals are counted and logged."""
        source = f"{self._options.host}:{self._options.port}"
        self._notices.append(Refused(source=source, position="the connection", cause=cause, why=why))
