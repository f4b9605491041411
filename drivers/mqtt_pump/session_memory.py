"""Keeps, over restarts of the monitor, what must be known of our session at the broker."""

from __future__ import annotations

import secrets

import msgspec

from drivers.contract import DriverMemory
from drivers.mqtt_pump.options import MqttOptions

SAVE_EVERY_S = 20.0
"""How often the bound is stored; a crash loses no more than this, and only makes messages count as older."""

INSTANCES_KEPT = 4
"""How many of our own names are remembered: the last to leave a marker is the one before us, or before that."""

_INSTANCE_BYTES = 6


class _Kept(msgspec.Struct, frozen=True):
    """What is stored; the session is that of one client id at one broker."""

    client_id: str
    host: str
    port: int
    floor_at_s: float
    topics: list[str]
    instances: list[str]


class SessionMemory:
    """What is stored of one session.

    Attributes:
        floor_at_s: The stored bound in seconds of monitor time; None where none fits this session.
        topics: What the session was subscribed to.
        instance: A random name of this run of the monitor, to tell our markers from another monitor's.
    """

    def __init__(self, memory: DriverMemory, options: MqttOptions) -> None:
        self._memory = memory
        self._options = options
        self._saved_at_s: float | None = None
        self._saved_floor_at_s: float | None = None
        self._has_begun = False
        kept = self._load()
        self._knows_others = kept is not None
        self.floor_at_s = None if kept is None else kept.floor_at_s
        self.topics = [] if kept is None else kept.topics
        self.instance = secrets.token_hex(_INSTANCE_BYTES)
        self._instances = [*([] if kept is None else kept.instances), self.instance][-INSTANCES_KEPT:]

    def _load(self) -> _Kept | None:
        data = self._memory.load()
        if data is None:
            return None
        try:
            kept = msgspec.json.decode(data, type=_Kept)
        except msgspec.MsgspecError:
            # Not knowing is always possible, and it is the safe side: the messages count as older.
            return None
        ours = (self._options.client_id, self._options.host, self._options.port)
        return kept if (kept.client_id, kept.host, kept.port) == ours else None

    def begin(self, floor_at_s: float, now_s: float) -> None:
        """Take note of a connection; our name is stored before the first marker carries it."""
        if self._has_begun:
            self._knows_others = True
        else:
            self._has_begun = True
            self.save(floor_at_s, now_s)

    def is_foreign(self, instance: str) -> bool:
        """Tell whether ``instance`` is the name of another monitor; without a past, nobody is."""
        return self._knows_others and instance not in self._instances

    def save_now_and_then(self, floor_at_s: float, now_s: float) -> None:
        """Store the bound, unless it was stored a short while ago."""
        if self._saved_at_s is None or not 0 <= now_s - self._saved_at_s < SAVE_EVERY_S:
            self.save(floor_at_s, now_s)

    def save(self, floor_at_s: float, now_s: float) -> None:
        """Store the bound, unless it is the one that is stored."""
        if floor_at_s == self._saved_floor_at_s:
            return
        options = self._options
        kept = _Kept(options.client_id, options.host, options.port, floor_at_s, options.subscriptions, self._instances)
        self._memory.save(msgspec.json.encode(kept))
        self._saved_at_s = now_s
        self._saved_floor_at_s = floor_at_s
