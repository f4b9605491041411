"""Keeps what the pump's log says last: whether delivery is open, which alarms are active, at which rate.

Pure: the state is a value, small enough for a bookmark, and ``after`` returns the next one with what is
to be reported. Alarms are reported when they change: a repeated start or an end of what never began is
told to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from drivers.contract import AlarmCode, AlarmPhase, LogEvent, NotDeliveringReason
from drivers.serial_pump.protocols.zyno_blocks import InfusionData
from drivers.serial_pump.protocols.zyno_log import EntryType, LogEntry
from drivers.serial_pump.protocols.zyno_meaning import (
    STOPPING_CODES,
    AlarmSaid,
    Meaning,
    meaning_of,
)

_RATE_PARAMETER = 1
_NODE_VALUE = 0


class Run(StrEnum):
    """Whether the log says that delivery is going on."""

    UNKNOWN = "unknown"
    OPEN = "open"
    CLOSED = "closed"


class RunState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the log says last.

    Attributes:
        run: Whether delivery is open.
        reason: Why not, where it is closed.
        alarms: Codes of the alarms that began and did not end.
        is_on_mains: None until the log tells.
        programme: 0, 1 or 2; None until the log tells.
        rate_programmed: In the pump's rate unit; None until the log tells.
    """

    run: Run = Run.UNKNOWN
    reason: NotDeliveringReason | None = None
    alarms: tuple[AlarmCode, ...] = ()
    is_on_mains: bool | None = None
    programme: int | None = None
    rate_programmed: float | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What one entry gives to report: an event first, then alarms."""

    event: LogEvent | None
    alarms: tuple[AlarmSaid, ...]


_SILENT = Told(None, ())


def after(state: RunState, item: LogEntry | InfusionData) -> tuple[RunState, Told]:
    """Return the state after one more item of the log, and what to report of it."""
    if isinstance(item, InfusionData):
        return msgspec.structs.replace(state, programme=item.programme, rate_programmed=item.rate_programmed), _SILENT
    if item.type is EntryType.SETTING_CHANGE:
        state = _with_setting(state, item)
    return _with_meaning(state, meaning_of(item), item)


def _with_meaning(state: RunState, meaning: Meaning, entry: LogEntry) -> tuple[RunState, Told]:
    said = list(meaning.alarms)
    if meaning.opens:
        # The pump cannot run with a stopping alarm, so the run entry ends those that it never cleared.
        said += [AlarmSaid(code, AlarmPhase.END, entry.title) for code in state.alarms if code in STOPPING_CODES]
    if meaning.mains is not None and state.is_on_mains is not None and meaning.mains != state.is_on_mains:
        phase = AlarmPhase.END if meaning.mains else AlarmPhase.START
        said.append(AlarmSaid(AlarmCode.MAINS_LOST, phase, entry.title))
    alarms, told = _changed(state.alarms, said)
    return msgspec.structs.replace(
        state,
        run=Run.OPEN if meaning.opens else Run.CLOSED if meaning.closes else state.run,
        reason=_reason(state, meaning, alarms),
        alarms=alarms,
        is_on_mains=state.is_on_mains if meaning.mains is None else meaning.mains,
    ), Told(meaning.event, told)


_MOMENTARY = frozenset(
    (AlarmCode.PROG_CHANGED, AlarmCode.COUNTERS_RESET, AlarmCode.STOP_REMIND, AlarmCode.UNKNOWN_ALARM)
)
"""Alarms whose end the log never tells: each entry is reported by itself and none is kept as active."""


def _changed(
    active: tuple[AlarmCode, ...], said: list[AlarmSaid]
) -> tuple[tuple[AlarmCode, ...], tuple[AlarmSaid, ...]]:
    """Return the alarms that are active then, and those of ``said`` that change something."""
    now = list(active)
    told = []
    for alarm in said:
        if alarm.phase is AlarmPhase.START:
            if alarm.code not in _MOMENTARY:
                if alarm.code in now:
                    continue
                now.append(alarm.code)
            told.append(alarm)
        elif alarm.code in now:
            now.remove(alarm.code)
            told.append(alarm)
    return tuple(now), tuple(told)


def _reason(state: RunState, meaning: Meaning, alarms: tuple[AlarmCode, ...]) -> NotDeliveringReason | None:
    """Return why the pump does not deliver; an alarm outweighs the pause entry that may come with it."""
    if meaning.opens:
        return None
    if not meaning.closes:
        return state.reason
    if meaning.reason is NotDeliveringReason.POWERED_OFF:
        return meaning.reason
    return NotDeliveringReason.ALARMING if STOPPING_CODES.intersection(alarms) else meaning.reason


def _with_setting(state: RunState, entry: LogEntry) -> RunState:
    """Take over a changed rate, if it is that of the programme that is known to be in force."""
    if entry.raw[6] != _RATE_PARAMETER or entry.raw[5] & 0x7 != _NODE_VALUE:
        return state
    is_in_force = state.programme is not None and entry.raw[5] >> 4 == state.programme
    rate = entry.second_number if is_in_force else None
    return msgspec.structs.replace(state, rate_programmed=rate if rate is not None and rate >= 0 else None)
