"""A bench for the conformance kit: a hand-written Zyno pump on a pseudo-terminal, in quick time."""

from __future__ import annotations

import time
from pathlib import Path

from drivers.contract import (
    AlarmCode,
    AlarmObserved,
    AlarmPhase,
    DeliveryStatus,
    LogEvent,
    LogEventObserved,
    Observation,
    StatusObserved,
)
from drivers.serial_pump import zyno_plugin
from drivers.testing.serial_bench import SerialBench
from zyno_pump import ZynoPump, data_block, entry

SPEED = 40.0
"""How much faster than the computer's clock monitor time and the pump's clock go."""

RUN, PAUSE, LIMIT, OCCLUSION, BATTERY, POWER_OFF, POWER_ON = 1, 2, 4, 9, 13, 16, 24

EVENTS = {
    LogEvent.DELIVERY_START: RUN,
    LogEvent.DELIVERY_STOP: PAUSE,
    LogEvent.POWER_OFF: POWER_OFF,
    LogEvent.POWER_ON: POWER_ON,
}

ALARMS = {
    AlarmCode.OCCL_UP: (OCCLUSION, 1, 4),
    AlarmCode.OCCL_DOWN: (OCCLUSION, 2, 4),
    AlarmCode.FLOW_LOW: (LIMIT, 1, 4),
    AlarmCode.BATT_LOW: (BATTERY, 2, 1),
}
"""Type of the entry, sub-type of the start and of the end."""

START_S = 1_700_000_000.0
FIRMWARE_AGE_S = 30 * 86_400


class QuickClock:
    """Monitor time that goes ``SPEED`` times too fast and can be put forward."""

    def __init__(self) -> None:
        self._ahead_s = START_S - SPEED * time.monotonic()

    def __call__(self) -> float:
        """Return seconds since 1970."""
        return self._ahead_s + SPEED * time.monotonic()

    def advance(self, by_s: float) -> None:
        """Let time pass without waiting for it."""
        self._ahead_s += by_s


class ZynoBench(SerialBench):
    """A pump whose log is written as the kit plays."""

    def __init__(self, folder: Path) -> None:
        options = {"poll_s": 2.0, "reply_timeout_s": 0.2, "queries_per_minute": 200}
        super().__init__(folder, plugin=zyno_plugin, options=options, frame_end=b"\x03")
        self._talks = False
        self.clock = QuickClock()
        self._zyno = ZynoPump(now=lambda: self.clock() - START_S + FIRMWARE_AGE_S, volume_ml=0.0)
        self._zyno.write(entry(POWER_ON, FIRMWARE_AGE_S, 1, 3.1))

    def play(self, pump: str, observation: Observation) -> None:
        assert pump in self.pumps
        now = int(self._zyno.now())
        match observation:
            case StatusObserved(delivery=DeliveryStatus.DELIVERING):
                self._zyno.write(*data_block(now, observation.rate_ml_per_h or 1.0), entry(RUN, now))
            case StatusObserved():
                self._zyno.write(entry(PAUSE, now, first=observation.volume_delivered_ml or 0.0))
            case AlarmObserved():
                kind, start, end = ALARMS[AlarmCode(observation.code)]
                self._zyno.write(entry(kind, now, start if observation.phase is AlarmPhase.START else end))
            case LogEventObserved():
                # A log keeps its order: what is old now was written before the time that passes here.
                self._zyno.write(entry(EVENTS[observation.event], now))
                self.clock.advance(observation.age_s)
            case _:
                raise AssertionError(f"this pump cannot say {observation}")
        if isinstance(observation, StatusObserved):
            self._zyno.motor_turns = observation.delivery is DeliveryStatus.DELIVERING
            self._zyno.volume_ml = observation.volume_delivered_ml or self._zyno.volume_ml
        self._talks = True

    def hush(self) -> None:
        self._talks = False

    def reply(self, query: bytes) -> bytes | None:
        return self._zyno.hear(query) or None if self._talks else None
