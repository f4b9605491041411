"""Stands in for monitor and pump around the driver ``mqtt``: a clock to move, a memory, a publisher."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from drivers.contract import Batch, DriverContext, Observation, Refused, StatusObserved
from drivers.errors import LinkError
from drivers.mqtt_pump.driver import MqttDriver
from mosquitto import Broker

PATIENCE_S = 60.0
STEP_S = 0.1


class Deadline:
    """A bound for a wait on real parts."""

    def __init__(self, wait_s: float = PATIENCE_S) -> None:
        self._at_s = time.monotonic() + wait_s

    def check(self, awaited: str) -> None:
        """Fail when the wait has lasted too long."""
        assert time.monotonic() < self._at_s, f"it did not come: {awaited}"


class Settler:
    """Settles batches in a thread of its own, as a monitor with a separate committer does; a context manager."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._batches: queue.Queue[Batch | None] = queue.Queue(maxsize=10_000)
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._batches.put(None)
        self._thread.join(PATIENCE_S)

    def until_seqs(self, wanted: Iterable[int]) -> None:
        """Read until all these numbers have come, handing each batch over to be settled."""
        missing, deadline = set(wanted), Deadline()
        while missing:
            deadline.check(f"{len(missing)} numbers")
            batch = self._link.step(settle=False)
            if batch is not None:
                self._batches.put(batch)
                missing.difference_update(self._link.seqs[-len(batch.items) :])

    def _work(self) -> None:
        while (batch := self._batches.get()) is not None:
            self._link.driver.settle(batch)


class MovableClock:
    """Monitor time that runs with the computer's and can be pushed forward."""

    def __init__(self) -> None:
        self._ahead_s = 0.0

    def __call__(self) -> float:
        """Return seconds since 1970."""
        return time.time() + self._ahead_s

    def advance(self, by_s: float) -> None:
        """Let time pass without waiting for it."""
        self._ahead_s += by_s


class KeptBytes:
    """A driver's memory that outlives the driver."""

    def __init__(self) -> None:
        self.data: bytes | None = None
        self.saves = 0

    def load(self) -> bytes | None:
        """Return what was saved last."""
        return self.data

    def save(self, data: bytes) -> None:
        """Keep ``data``."""
        self.data = data
        self.saves += 1


class Link:
    """A driver with everything that the monitor gives it; a context manager that closes it."""

    def __init__(
        self,
        broker: Broker,
        *,
        clock: MovableClock | None = None,
        memory: KeptBytes | None = None,
        buffered: bool = True,
        secrets: dict[str, str] | None = None,
        **options: Any,
    ) -> None:
        self.clock = clock or MovableClock()
        self.memory = memory or KeptBytes()
        self.items: list[tuple[str, Observation]] = []
        self.refused: list[Refused] = []
        self.batches: list[Batch] = []
        context = DriverContext(
            name="sources[0]",
            pump=None,
            serial=None,
            options={"host": "127.0.0.1", "port": broker.port, "client_id": "gateway-1"} | options,
            now_s=self.clock,
            memory=self.memory,
            secret=lambda reference: (secrets or {})[reference],
        )
        self.driver = MqttDriver(context, buffered=buffered)

    def __enter__(self) -> Self:
        self.driver.open(None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.driver.close()

    def step(self, wait_s: float = STEP_S, *, settle: bool = True) -> Batch | None:
        """Read once and keep what came."""
        batch = self.driver.read(wait_s)
        if batch is not None:
            self.batches.append(batch)
            self.items += batch.items
            self.refused += batch.refused
            if settle:
                self.driver.settle(batch)
        return batch

    def until(self, is_done: Callable[[], bool], *, settle: bool = True) -> None:
        """Read until ``is_done``, or fail after a while."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not is_done():
            assert time.monotonic() < deadline_s, f"it did not come; items {self.items[-3:]}, refused {self.refused}"
            self.step(settle=settle)

    def until_seqs(self, wanted: Iterable[int], *, settle: bool = True) -> None:
        """Read until all these numbers have come."""
        missing = set(wanted)
        self.until(lambda: missing.issubset(self.seqs), settle=settle)

    def until_live(self) -> None:
        """Read until the first marker has come back, so that the line is known to be live."""
        backlog = self.driver._backlog
        self.until(lambda: backlog.has_proof and backlog.age_max_s(self.clock()) == 0)

    def until_broker_knows(self) -> None:
        """Read until a marker has made the round, so that the broker has taken in all that was sent before."""
        self.clock.advance(10)
        self.until_live()

    def until_lost(self) -> LinkError:
        """Read until the link is lost and return how."""
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            try:
                self.step()
            except LinkError as error:
                return error
        raise AssertionError("the link was never lost")

    def reopen(self) -> None:
        """Open again as the supervisor does, until it works."""
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.driver.open(None)
            except LinkError:
                assert time.monotonic() < deadline_s, "the broker does not come back"
                time.sleep(0.05)
            else:
                return

    @property
    def statuses(self) -> list[StatusObserved]:
        """Return all statuses so far, in the order of their arrival."""
        return [said for _, said in self.items if isinstance(said, StatusObserved)]

    @property
    def seqs(self) -> list[int]:
        """Return their numbers."""
        return [said.seq for said in self.statuses if said.seq is not None]

    def ages(self, wanted: Iterable[int]) -> list[float]:
        """Return the ``age_max_s`` of the statuses with these numbers."""
        chosen = set(wanted)
        return [said.age_max_s for said in self.statuses if said.seq in chosen]

    @property
    def causes(self) -> list[str]:
        """Return why messages were refused, in order."""
        return [refusal.cause for refusal in self.refused]


def status(seq: int, **more: Any) -> bytes:
    """Return the payload of a healthy status."""
    said = {"v": 1, "kind": "status", "seq": seq, "boot": "b1", "delivery": "delivering", "rate_ml_per_h": 2.5}
    return json.dumps(said | more).encode()


class Sender:
    """A pump's adapter made with paho alone: publishes at QoS 1, again if need be; a context manager."""

    def __init__(self, broker: Broker, *, username: str | None = None, password: str | None = None) -> None:
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.username_pw_set(username, password)
        self._client.max_inflight_messages_set(0)
        self._client.reconnect_delay_set(0.05, 0.2)  # type: ignore[arg-type]  # only ever passed to a wait
        self._port = broker.port
        self._connected = threading.Event()
        self._confirmed: set[int] = set()
        self._client.on_publish = lambda _client, _data, mid, _reason, _properties: self._confirmed.add(mid)
        self._client.on_connect = lambda *_: self._connected.set()

    def __enter__(self) -> Self:
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        assert self._connected.wait(PATIENCE_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        # Its callbacks hold us: without them it goes, and closes its sockets, with us and not at some later time.
        self._client.on_publish = self._client.on_connect = None

    def say(
        self, payload: bytes, pump: str = "p1", *, site: str = "home-7", leaf: str = "observation", **more: Any
    ) -> MQTTMessageInfo:
        """Publish for one pump, without waiting."""
        return self._client.publish(f"pumpwatch/1/{site}/{pump}/{leaf}", payload, qos=more.pop("qos", 1), **more)

    def has_confirmed(self, said: Iterable[MQTTMessageInfo]) -> bool:
        """Tell whether the broker has taken all of these, over however many connections."""
        return all(info.mid in self._confirmed for info in said)

    def say_statuses(self, seqs: Iterable[int], pump: str = "p1") -> None:
        """Publish statuses with these numbers and wait until the broker has taken the last."""
        said = [self.say(status(seq), pump) for seq in seqs]
        for info in said:
            info.wait_for_publish(PATIENCE_S)
