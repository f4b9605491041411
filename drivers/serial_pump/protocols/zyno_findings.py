"""Collects what a poll found out, and dates it at the moment when it is handed over.

Pure. An age counts from the hand-over, so it cannot be worked out earlier.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from drivers.contract import AlarmCode, AlarmObserved, AlarmPhase, LogCovered, LogEventObserved, StatusObserved
from drivers.serial_pump.protocols.zyno_run import Told
from drivers.serial_pump.protocols.zyno_time import ClockReading, PumpTime, age_of

LIVE_S = 1.0
"""A status that took less than this to ask for is reported as of now."""


@dataclass(frozen=True, slots=True)
class _LogFinding:
    observation: LogEventObserved | AlarmObserved
    written: PumpTime | None
    clock: ClockReading
    newer_than_s: float

    def dated(self, now_s: float, drift: float) -> LogEventObserved | AlarmObserved:
        age = age_of(self.written, self.clock, now_s, self.newer_than_s, drift)
        return msgspec.structs.replace(self.observation, age_s=age.age_s, age_max_s=age.age_max_s)


@dataclass(frozen=True, slots=True)
class _LiveFinding:
    observation: StatusObserved | LogCovered
    oldest_at_s: float
    newest_at_s: float

    def dated(self, now_s: float, _drift: float) -> StatusObserved | LogCovered:
        if now_s - self.oldest_at_s < LIVE_S:
            return self.observation
        age_s = max(0.0, now_s - self.newest_at_s)
        age_max_s = max(0.0, now_s - self.oldest_at_s - age_s)
        return msgspec.structs.replace(self.observation, age_s=round(age_s, 3), age_max_s=round(age_max_s, 3))


@dataclass(slots=True)
class Findings:
    """What was found since it was last taken, in the order in which it is to be reported."""

    drift: float
    _found: list[_LogFinding | _LiveFinding] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._found)

    def add_told(
        self, told: Told, serial: str, written: PumpTime | None, clock: ClockReading, newer_than_s: float
    ) -> None:
        """Add what one entry of the log tells: the event first, then its alarms."""
        if told.event is not None:
            event = LogEventObserved(event=told.event, serial=serial)
            self._found.append(_LogFinding(event, written, clock, newer_than_s))
        for said in told.alarms:
            alarm = AlarmObserved(code=said.code, phase=said.phase, raw_code=said.raw_code, serial=serial)
            self._found.append(_LogFinding(alarm, written, clock, newer_than_s))

    def add_clock_changed(self, serial: str, clock: ClockReading, newer_than_s: float) -> None:
        """Add that the pump's clock jumped, at an instant that nobody knows."""
        raw = "the pump's clock jumped"
        alarm = AlarmObserved(code=AlarmCode.CLOCK_CHANGED, phase=AlarmPhase.START, raw_code=raw, serial=serial)
        self._found.append(_LogFinding(alarm, None, clock, newer_than_s))

    def add_covered(self, serial: str, covered_s: float, clock: ClockReading) -> None:
        """Add that the log was read without a hole over a stretch that ends at the clock's reading."""
        covered = LogCovered(covered_s=round(covered_s, 3), serial=serial)
        self._found.append(_LiveFinding(covered, clock.heard_at_s, clock.heard_at_s))

    def add_status(self, status: StatusObserved, oldest_at_s: float, newest_at_s: float) -> None:
        """Add a status that was asked for between two instants of monitor time."""
        self._found.append(_LiveFinding(status, oldest_at_s, newest_at_s))

    def take(self, now_s: float) -> list[LogEventObserved | AlarmObserved | StatusObserved | LogCovered]:
        """Return everything, dated from ``now_s``, and forget it."""
        found, self._found = self._found, []
        return [finding.dated(now_s, self.drift) for finding in found]
