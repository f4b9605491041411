"""Turns a pump's log and state into messages of the observation format, version 1.

Pure. What the log holds and was not told yet goes first, each with its age by the pump's own clock; then
the state, if it is due or anything happened. A pump that cannot talk says nothing; an orderly switch-off
is its last word. Source: the observation table of the specification.
"""

from __future__ import annotations

from typing import Any

from simulator.log_ring import LogEntry, LogKind
from simulator.pump import SimulatedPump
from simulator.units import US_PER_S, text_of

FORMAT_VERSION = 1
VOLUME_STEP_ML = 0.01

_EVENTS = frozenset(
    {
        LogKind.DELIVERY_START,
        LogKind.DELIVERY_STOP,
        LogKind.DELIVERY_COMPLETE,
        LogKind.POWER_ON,
        LogKind.POWER_OFF,
    }
)
_PHASES = {LogKind.ALARM_START: "start", LogKind.ALARM_END: "end"}

Message = dict[str, Any]


class Reporter:
    """What one pump has told so far, and what it tells next."""

    def __init__(self, period_us: int, pump_id: str | None = None, phase_us: int = 0, run: str = "") -> None:
        """Make a pump that has told nothing.

        Args:
            period_us: How often the state is told when nothing happens.
            pump_id: The id in each message; left out if None.
            phase_us: Shifts the reports within the period, so that a fleet does not speak in chorus.
            run: What no other run of the simulator has, or whoever listens takes the second run for repeats.
        """
        self._period_us = period_us
        self._pump_id = pump_id
        self._phase_us = phase_us % period_us
        self._pump: SimulatedPump | None = None
        self._told = 0
        self._run = f"-{run}" if run else ""
        self._start: tuple[SimulatedPump, int] | None = None
        self._starts = self._seq = 0
        self._due_us = 0

    def next_due_us(self) -> int:
        """Return when the state is to be told again."""
        return self._due_us

    def report(self, pump: SimulatedPump) -> list[Message]:
        """Return what is to be told now, and take it for told."""
        if pump is not self._pump:
            self._pump, self._told = pump, 0
        entries = list(pump.log.since(self._told))
        is_last_word = not pump.is_on and bool(entries) and entries[-1].kind is LogKind.POWER_OFF
        if not (pump.can_talk or is_last_word):
            self._due_us = self._after(pump.now_us)
            return []
        self._told = pump.log.written
        messages = [self._entry_message(entry, pump) for entry in entries if _is_told(entry)]
        if entries or pump.now_us >= self._due_us:
            messages.append(self._status_message(pump))
            self._due_us = self._after(pump.now_us)
        return messages

    def _after(self, now_us: int) -> int:
        """Return the first instant of the report grid after now."""
        return (now_us - self._phase_us) // self._period_us * self._period_us + self._period_us + self._phase_us

    def _entry_message(self, entry: LogEntry, pump: SimulatedPump) -> Message:
        message = self._head("event" if entry.kind in _EVENTS else "alarm", pump)
        if entry.kind in _EVENTS:
            message["event"] = entry.kind.value
        elif entry.code is not None:
            message |= {"code": entry.code.value, "phase": _PHASES[entry.kind]}
        # A clock that was set back would make an entry younger than now; nobody is younger than now.
        message["age_s"] = max(0, pump.clock_us - entry.stamp_us) / US_PER_S
        return message

    def _status_message(self, pump: SimulatedPump) -> Message:
        message = self._head("status", pump)
        message["delivery"] = pump.delivery.value
        if pump.reason is not None:
            message["reason"] = pump.reason.value
        return message | {
            "rate_ml_per_h": pump.rate_ml_per_h,
            "volume_delivered_ml": pump.infused_ml(VOLUME_STEP_ML),
            "volume_remaining_ml": pump.remaining_ml(VOLUME_STEP_ML),
            "battery_percent": pump.battery.percent,
            "alarms": [code.value for code in pump.alarms],
        }

    def _head(self, kind: str, pump: SimulatedPump) -> Message:
        if self._start != (pump, pump.boots):
            # Not the pump's own count: one that was taken away and comes back would repeat itself.
            self._start = pump, pump.boots
            self._starts += 1
            self._seq = 0
        self._seq += 1
        boot = f"{pump.serial}{self._run}-{self._starts}"
        head: Message = {"v": FORMAT_VERSION, "kind": kind, "seq": self._seq, "boot": boot}
        if self._pump_id is not None:
            head["pump"] = self._pump_id
        return head | {"device_at": text_of(pump.clock_us), "serial": pump.serial}


def _is_told(entry: LogEntry) -> bool:
    """Return whether the format has words for an entry; programs have none."""
    return entry.kind in _EVENTS or entry.code is not None
