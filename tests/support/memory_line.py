"""A line in memory with a sound driver at its end, for tests that break that driver and run the kit on it.

A message is the observation as JSON, a star, the sum of the bytes before it as four hex digits, and a
line feed. The driver may listen only, or ask with ``?`` within a budget.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from drivers.contract import RAW_KEPT_BYTES, Batch, Driver, DriverContext, DriverPlugin, Observation, Refused
from drivers.errors import LinkError, OptionsError
from drivers.testing.bench import Disturbance

QUERY = b"?\n"
BUDGET_PER_MINUTE = 20
MESSAGE_BYTES_MAX = 1024
SHOWN_MAX = 5


def check(options: Mapping[str, Any]) -> list[str]:
    faults = [f"{key}: unknown" for key in options if key != "device"]
    return faults if isinstance(options.get("device"), str) else [*faults, "device: must be text"]


def encode(pump: str, observation: Observation) -> bytes:
    body = msgspec.json.encode((pump, observation))
    return b"%s*%04X\n" % (body, sum(body))


class MemoryBench:
    """Both ends of the line: what the kit does to it, and what the driver takes from it."""

    def __init__(
        self,
        make: Callable[[DriverContext, MemoryBench], Driver],
        check_options: Callable[[Mapping[str, Any]], list[str]] = check,
        pumps: Sequence[str] = ("one",),
    ) -> None:
        self._make = make
        self._arrived = bytearray()
        self._changed = threading.Condition()
        self._how = Disturbance.NONE
        self._corrupted = 0
        self._frames: list[bytes] = []
        self.unsettled: list[bytes] = []
        self.answer: bytes | None = None
        self.is_cut = False
        self.pumps = pumps
        self.options: Mapping[str, Any] = {"device": "memory"}
        self.plugin = DriverPlugin(
            name="memory", summary="in memory", check=check_options, create=self.create, many_pumps=len(pumps) > 1
        )

    def create(self, context: DriverContext) -> Driver:
        faults = self.plugin.check(context.options)
        if faults:
            raise OptionsError(faults)
        return self._make(context, self)

    def play(self, pump: str, observation: Observation) -> None:
        self.answer = encode(pump, observation)
        self.unsettled.append(self.answer)
        self._say(self.answer)

    def _say(self, message: bytes) -> None:
        half = len(message) // 2
        if self._how is Disturbance.CORRUPTED:
            self._corrupted += 1
            changed = bytearray(message)
            changed[7 * self._corrupted % len(message)] ^= 1
            message = bytes(changed)
        said = {Disturbance.DOUBLED: 2 * message, Disturbance.TORN: message[:half]}
        self.inject(said.get(self._how, message))

    def inject(self, junk: bytes) -> None:
        with self._changed:
            self._arrived += junk
            self._changed.notify_all()

    def hush(self) -> None:
        self.answer = None

    def disturb(self, how: Disturbance) -> None:
        self._how = how

    def cut(self) -> None:
        with self._changed:
            self.is_cut = True
            self._changed.notify_all()

    def mend(self) -> None:
        self.is_cut = False

    def sent(self) -> Sequence[bytes]:
        return self._frames

    def send(self, frame: bytes) -> None:
        self._frames.append(frame)
        if frame == QUERY and self.answer is not None:
            self._say(self.answer)

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def take(self, timeout_s: float, is_open: Callable[[], bool]) -> bytes:
        with self._changed:
            self._changed.wait_for(lambda: self._arrived or self.is_cut or not is_open(), timeout_s)
            if self.is_cut:
                raise LinkError("the line is cut")
            data = bytes(self._arrived)
            self._arrived.clear()
            return data


class SoundDriver:
    """Keeps the contract; a test overrides one method and breaks one promise."""

    asks = False

    def __init__(self, context: DriverContext, bench: MemoryBench) -> None:
        self.context = context
        self.bench = bench
        self.is_open = False
        self.rest = b""

    def open(self, bookmark: bytes | None) -> None:
        del bookmark
        if self.bench.is_cut:
            raise LinkError("the line is cut")
        self.is_open = True

    def read(self, timeout_s: float) -> Batch | None:
        if self.asks and self.may_ask():
            self.bench.send(QUERY)
        data = self.bench.take(timeout_s, lambda: self.is_open)
        return self.batch(data) if data else None

    def may_ask(self) -> bool:
        asked = int(self.context.memory.load() or b"0")
        self.context.memory.save(b"%d" % (asked + 1))
        return asked < BUDGET_PER_MINUTE

    def batch(self, data: bytes) -> Batch:
        *lines, self.rest = (self.rest + data).split(b"\n")
        if len(self.rest) > MESSAGE_BYTES_MAX:
            lines.append(self.rest)
            self.rest = b""
        items: list[tuple[str, Observation]] = []
        refused = []
        for line in lines:
            try:
                items.append(self.decode(line))
            except (ValueError, msgspec.MsgspecError):
                raw = line[:RAW_KEPT_BYTES]
                refused.append(Refused(source="memory", position="?", cause="nonsense", why="It is nonsense.", raw=raw))
        return Batch(items=items, refused=refused[:SHOWN_MAX], refused_count=len(refused))

    def decode(self, line: bytes) -> tuple[str, Observation]:
        body, _, check_sum = line.rpartition(b"*")
        if check_sum != b"%04X" % sum(body):
            raise ValueError(line)
        return msgspec.json.decode(body, type=tuple[str, Observation])

    def settle(self, batch: Batch) -> None:
        del batch

    def close(self) -> None:
        self.is_open = False
        self.bench.wake()
