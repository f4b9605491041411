"""The pumps under watch, in memory: state, ladders, deadline. What is idle is kept packed.

One entry per enrolled pump. Only the holder of the intake's pen changes an entry; others may read a
state at any time, because a state is never changed but replaced.
"""

from __future__ import annotations

import heapq

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


IDLE_US = 120_000_000
"""A pump that was not heard for two minutes is kept packed."""

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
        armed_us: When the book rings for it; None if it does not.
    """

    __slots__ = ("_ladders", "_state", "armed_us", "deadline_us", "packed_ladders", "packed_state", "policy")

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.packed_state: bytes | None = None
        self.packed_ladders: bytes | None = None
        self.deadline_us: int | None = None
        self.armed_us: int | None = None
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
    def is_known(self) -> bool:
        """Whether the pump was ever enrolled before."""
        return self._state is not None or self.packed_state is not None

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

    def enrol(self, policy: Policy) -> Entry:
        """Return the entry of a pump, making it if it is new."""
        entry = self.entries.get(policy.pump)
        if entry is None:
            entry = self.entries[policy.pump] = Entry(policy)
        entry.policy = policy
        return entry

    def pack_idle(self, now_us: int) -> None:
        """Pack every pump that has not been heard for a while."""
        for entry in self.entries.values():
            state = entry.state if entry.is_unpacked else None
            if state is not None and now_us - (state.last_contact_at_us or 0) > IDLE_US:
                entry.pack()

    def arm(self, entry: Entry) -> None:
        """Ring for a pump at its deadline, or earlier if an earlier ring was asked for before.

        A ring that comes too early finds nothing due and arms the next one, so that a deadline which
        moves on with every message costs nothing.
        """
        deadline_us, armed_us = entry.deadline_us, entry.armed_us
        if deadline_us is not None and (armed_us is None or armed_us > deadline_us):
            entry.armed_us = deadline_us
            heapq.heappush(self._heap, (deadline_us, entry.policy.pump))

    def arm_all(self) -> None:
        """Arm every entry's deadline at once, at start."""
        self._heap = []
        for pump, entry in self.entries.items():
            entry.armed_us = entry.deadline_us
            if entry.armed_us is not None:
                self._heap.append((entry.armed_us, pump))
        heapq.heapify(self._heap)

    def next_us(self) -> int | None:
        """Return the earliest deadline, or None."""
        heap, entries = self._heap, self.entries
        while heap and entries[heap[0][1]].armed_us != heap[0][0]:
            # An earlier ring was asked for since.
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def due(self, now_us: int, most: int) -> list[Entry]:
        """Return up to ``most`` entries whose deadline has come, and disarm them."""
        due: list[Entry] = []
        while len(due) < most:
            next_us = self.next_us()
            if next_us is None or next_us > now_us:
                break
            entry = self.entries[heapq.heappop(self._heap)[1]]
            entry.armed_us = None
            due.append(entry)
        return due
