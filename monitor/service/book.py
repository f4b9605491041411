"""The pumps under watch, in memory: state, ladders, deadline. What is idle is kept packed.

One entry per enrolled pump. Only the holder of the intake's pen changes an entry; others may read a
state at any time, because a state is never changed but replaced.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import msgspec

from monitor.escalation.turns import LadderState
from monitor.interruption.policy import Policy
from monitor.interruption.state import Alert, PumpState


class Ladders(msgspec.Struct, frozen=True, gc=False, array_like=True, omit_defaults=True):
    """What the ladders remember of one pump.

    Attributes:
        of_interruptions: Pairs of an interruption's number and its ladder.
        of_alerts: Pairs of an alert condition and its ladder.
    """

    of_interruptions: tuple[tuple[int, LadderState], ...] = ()
    of_alerts: tuple[tuple[Alert, LadderState], ...] = ()


NO_LADDERS = Ladders()

_state_encoder = msgspec.msgpack.Encoder()
_state_decoder = msgspec.msgpack.Decoder(PumpState)
_ladder_decoder = msgspec.msgpack.Decoder(Ladders)


class Entry:
    """One pump under watch.

    Attributes:
        policy: What holds for it.
        packed_state, packed_ladders: The state as it is stored, while the pump is idle.
        deadline_us: When time alone changes something next; None if never.
    """

    __slots__ = ("_ladders", "_state", "deadline_us", "is_stale", "packed_ladders", "packed_state", "policy")

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.packed_state: bytes | None = None
        self.packed_ladders: bytes | None = None
        self.deadline_us: int | None = None
        self.is_stale = False
        self._state: PumpState | None = None
        self._ladders: Ladders | None = None

    @property
    def state(self) -> PumpState | None:
        """The pump's state; None before it was enrolled for the first time."""
        state, packed = self._state, self.packed_state
        if state is None and packed is not None:
            return _state_decoder.decode(packed)
        return state

    @property
    def ladders(self) -> Ladders:
        """What its ladders remember."""
        if self._ladders is not None:
            return self._ladders
        return NO_LADDERS if self.packed_ladders is None else _ladder_decoder.decode(self.packed_ladders)

    @property
    def is_unpacked(self) -> bool:
        """Whether the state is held as objects."""
        return self._state is not None

    def put(self, state: PumpState) -> None:
        """Replace the state."""
        self._state = state
        self.packed_state = None

    def put_ladders(self, ladders: Ladders) -> None:
        """Replace what the ladders remember."""
        self._ladders = None if ladders == NO_LADDERS else ladders
        self.packed_ladders = None

    def encoded(self) -> tuple[bytes, bytes | None]:
        """Return state and ladders as they are to be stored."""
        packed = self.packed_state
        if packed is None:
            packed = _state_encoder.encode(self._state)
        ladders = self.packed_ladders
        if ladders is None and self._ladders is not None:
            ladders = _state_encoder.encode(self._ladders)
        return packed, ladders

    def pack(self) -> None:
        """Keep the state as bytes until it is needed: a third of the memory."""
        if self._state is not None:
            self.packed_state, self.packed_ladders = self.encoded()
            self._state, self._ladders = None, None


class Book:
    """All entries by pump id, and their deadlines in order."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self._heap: list[tuple[int, str]] = []
        self._armed: dict[str, int] = {}

    def enrol(self, policy: Policy) -> Entry:
        """Return the entry of a pump, making it if it is new."""
        entry = self.entries.get(policy.pump)
        if entry is None:
            entry = self.entries[policy.pump] = Entry(policy)
        entry.policy = policy
        return entry

    def arm(self, pump: str, deadline_us: int | None) -> None:
        """Ring for a pump at ``deadline_us``, or earlier if an earlier ring was asked for before.

        A ring that comes too early finds nothing due and arms the next one, so that a deadline which
        moves on with every message costs nothing.
        """
        if deadline_us is None:
            return
        armed = self._armed.get(pump)
        if armed is not None and armed <= deadline_us:
            return
        self._armed[pump] = deadline_us
        heapq.heappush(self._heap, (deadline_us, pump))

    def arm_all(self, deadlines: Iterator[tuple[str, int]]) -> None:
        """Arm many deadlines at once, at start."""
        for pump, deadline_us in deadlines:
            self._armed[pump] = deadline_us
            self._heap.append((deadline_us, pump))
        heapq.heapify(self._heap)

    def next_us(self) -> int | None:
        """Return the earliest deadline, or None."""
        heap, armed = self._heap, self._armed
        while heap and armed.get(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def due(self, now_us: int, most: int) -> list[str]:
        """Return up to ``most`` pumps whose deadline has come, and disarm them."""
        due: list[str] = []
        while len(due) < most:
            next_us = self.next_us()
            if next_us is None or next_us > now_us:
                break
            _, pump = heapq.heappop(self._heap)
            del self._armed[pump]
            due.append(pump)
        return due
