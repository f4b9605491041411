"""Keeps, over restarts of the monitor, the bound for what the broker may still hold for us."""

from __future__ import annotations

import msgspec

from drivers.contract import DriverMemory
from drivers.mqtt_pump.options import MqttOptions

SAVE_EVERY_S = 20.0
"""How often the bound is stored; a crash loses no more than this, and only makes messages count as older."""


class _Kept(msgspec.Struct, frozen=True):
    """What is stored; the session is that of one client id at one broker."""

    client_id: str
    host: str
    port: int
    floor_at_s: float


class SessionMemory:
    """The stored bound of one session."""

    def __init__(self, memory: DriverMemory, options: MqttOptions) -> None:
        self._memory = memory
        self._options = options
        self._saved_at_s: float | None = None
        self._saved_floor_at_s: float | None = None

    def load(self) -> float | None:
        """Return the stored bound in seconds of monitor time; None where nothing fits this session."""
        data = self._memory.load()
        if data is None:
            return None
        try:
            kept = msgspec.json.decode(data, type=_Kept)
        except msgspec.MsgspecError:
            # Not knowing is always possible, and it is the safe side: the messages count as older.
            return None
        ours = (self._options.client_id, self._options.host, self._options.port)
        return kept.floor_at_s if (kept.client_id, kept.host, kept.port) == ours else None

    def save_now_and_then(self, floor_at_s: float, now_s: float) -> None:
        """Store the bound, unless it was stored a short while ago."""
        if self._saved_at_s is None or not 0 <= now_s - self._saved_at_s < SAVE_EVERY_S:
            self.save(floor_at_s, now_s)

    def save(self, floor_at_s: float, now_s: float) -> None:
        """Store the bound, unless it is the one that is stored."""
        if floor_at_s == self._saved_floor_at_s:
            return
        options = self._options
        kept = _Kept(options.client_id, options.host, options.port, floor_at_s)
        self._memory.save(msgspec.json.encode(kept))
        self._saved_at_s = now_s
        self._saved_floor_at_s = floor_at_s
