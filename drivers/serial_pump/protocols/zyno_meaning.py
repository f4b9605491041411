"""Says what an entry of the pump's log means for delivery, in the contract's words.

Pure. The mapping is inferred from the maker's client (the pump's papers are not public), so it leans
to the safe side: only a run entry opens delivery; an alarm that stops the pump closes it without a pause
entry; an alarm cleared, a dose or power coming back opens nothing; a type that nobody described is an
unknown alarm with its number kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from drivers.contract import AlarmCode, AlarmPhase, LogEvent, NotDeliveringReason
from drivers.serial_pump.protocols.zyno_log import EntryType, LogEntry

STOPPING_CODES = frozenset(
    (
        AlarmCode.OCCL_UP,
        AlarmCode.OCCL_DOWN,
        AlarmCode.RES_EMPTY,
        AlarmCode.SET_DETACHED,
        AlarmCode.BATT_EMPTY,
        AlarmCode.FAULT,
    )
)
"""Alarms that cannot be active while the pump runs: a run entry ends them."""

BATTERY_CODES = frozenset((AlarmCode.BATT_LOW, AlarmCode.BATT_EMPTY, AlarmCode.BATT_SERVICE))


@dataclass(frozen=True, slots=True)
class AlarmSaid:
    """An alarm began or ended, without its age yet."""

    code: AlarmCode
    phase: AlarmPhase
    raw_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What one entry says.

    Attributes:
        event: The log event, if it is one.
        alarms: Alarms that began or ended, ends first.
        opens: Delivery began.
        closes: Delivery ended or cannot be going on.
        reason: Why, where ``closes``.
        mains: The pump is (not) on mains; None where it is not told.
    """

    event: LogEvent | None = None
    alarms: tuple[AlarmSaid, ...] = ()
    opens: bool = False
    closes: bool = False
    reason: NotDeliveringReason | None = None
    mains: bool | None = None


_NOTHING = Meaning()
_SILENT_TYPES = frozenset(
    (
        EntryType.INFUSION_DATA,
        EntryType.AUTHENTICATION,
        EntryType.DOSE_GRANTED,
        EntryType.EXTRA_DOSE_DENIED,
        EntryType.DOSE_CANCEL,
        EntryType.DELAY_END,
        EntryType.TIME_STAMP,
        EntryType.DEBUG,
        EntryType.DOSE_FINISH,
        EntryType.STARTING_DOSE_SKIP,
    )
)
_CLOSING_ALARMS = {
    EntryType.CASSETTE_EMPTY_ALARM: AlarmCode.RES_EMPTY,
    EntryType.CASSETTE_DETACHED_ALARM: AlarmCode.SET_DETACHED,
    EntryType.FIRMWARE_ERROR_ALARM: AlarmCode.FAULT,
    EntryType.SYSTEM_ERROR_ALARM: AlarmCode.FAULT,
    EntryType.SYSTEM_ERROR2_ALARM: AlarmCode.FAULT,
    EntryType.PUMP_HARD_LIMIT_REACHED_ALARM: AlarmCode.FAULT,
    EntryType.BATTERY_DEPLETED_ALARM: AlarmCode.BATT_EMPTY,
}
_WARNINGS = {
    EntryType.CLEAR_SHIFT_TOTAL: AlarmCode.COUNTERS_RESET,
    EntryType.UNATTENDED_ALARM: AlarmCode.STOP_REMIND,
    EntryType.SETTING_CHANGE: AlarmCode.PROG_CHANGED,
    EntryType.BATTERY_LOW_ALARM: AlarmCode.BATT_LOW,
    # No word of the taxonomy fits these two: they are loud, with the pump's own text beside them.
    EntryType.PUMP_LIMIT_REACHED_ALARM: AlarmCode.UNKNOWN_ALARM,
    EntryType.PROGRAMMING_INCOMPLETE_ALARM: AlarmCode.UNKNOWN_ALARM,
    EntryType.BATTERY_CHECK_STATUS: AlarmCode.BATT_EMPTY,
}
_BATTERY_STARTS = {
    2: AlarmCode.BATT_LOW,
    4: AlarmCode.BATT_EMPTY,
    128: AlarmCode.BATT_SERVICE,
    256: AlarmCode.BATT_EMPTY,
    512: AlarmCode.BATT_LOW,
}
_BATTERY_GOOD = 1 | 8 | 16 | 32 | 64
_BATTERY_MAINS = 16
_POWER_ON_STARTS = {
    3: AlarmCode.BATT_LOW,
    4: AlarmCode.BATT_LOW,
    7: AlarmCode.BATT_EMPTY,
    8: AlarmCode.BATT_EMPTY,
}
_POWER_ON_MAINS = 5
_UPSTREAM, _DOWNSTREAM, _CLEARED = 1, 2, 4
_LIMITED, _LIMIT_CLEARED = 1 | 2, 4
_BATTERY_FAILED_EMPTY = 2


def meaning_of(entry: LogEntry) -> Meaning:
    """Return what ``entry`` says of delivery, alarms and power."""
    kind = entry.type
    if kind in _SILENT_TYPES:
        return _NOTHING
    if kind in _CLOSING_ALARMS:
        return _stopped_by(entry, _CLOSING_ALARMS[kind])
    if kind in _WARNINGS:
        return Meaning(alarms=(_start(entry, _WARNINGS[kind]),))
    reader = _READERS.get(kind) if kind is not None else None
    return reader(entry) if reader is not None else Meaning(alarms=(_start(entry, AlarmCode.UNKNOWN_ALARM),))


def _start(entry: LogEntry, code: AlarmCode) -> AlarmSaid:
    return AlarmSaid(code, AlarmPhase.START, entry.title)


def _end(entry: LogEntry, code: AlarmCode) -> AlarmSaid:
    return AlarmSaid(code, AlarmPhase.END, entry.title)


def _stopped_by(entry: LogEntry, *codes: AlarmCode) -> Meaning:
    starts = tuple(_start(entry, code) for code in codes)
    return Meaning(alarms=starts, closes=True, reason=NotDeliveringReason.ALARMING)


def _occlusion(entry: LogEntry) -> Meaning:
    """Read a mask: an occlusion above, one below, or both cleared. Cleared does not mean running."""
    codes = [
        code
        for bit, code in ((_UPSTREAM, AlarmCode.OCCL_UP), (_DOWNSTREAM, AlarmCode.OCCL_DOWN))
        if entry.sub_type & bit
    ]
    if entry.sub_type == _CLEARED:
        return Meaning(alarms=(_end(entry, AlarmCode.OCCL_UP), _end(entry, AlarmCode.OCCL_DOWN)))
    return _stopped_by(entry, *(codes or [AlarmCode.UNKNOWN_ALARM]))


def _limit(entry: LogEntry) -> Meaning:
    """A dose limit holds delivery back; the pump does not say by how much."""
    if entry.sub_type == _LIMIT_CLEARED:
        return Meaning(alarms=(_end(entry, AlarmCode.FLOW_LOW),))
    code = AlarmCode.FLOW_LOW if entry.sub_type & _LIMITED else AlarmCode.UNKNOWN_ALARM
    return Meaning(alarms=(_start(entry, code),))


def _battery(entry: LogEntry) -> Meaning:
    """Read a mask of battery states; a good one ends what a bad one began."""
    starts = dict.fromkeys(code for bit, code in _BATTERY_STARTS.items() if entry.sub_type & bit)
    mains = bool(entry.sub_type & _BATTERY_MAINS) if entry.sub_type else None
    if starts:
        return Meaning(alarms=tuple(_start(entry, code) for code in starts), mains=mains)
    if entry.sub_type & _BATTERY_GOOD:
        return Meaning(alarms=tuple(_end(entry, code) for code in sorted(BATTERY_CODES)), mains=mains)
    code = AlarmCode.UNKNOWN_ALARM
    return Meaning(alarms=(_start(entry, code),)) if entry.sub_type else _NOTHING


def _powered_on(entry: LogEntry) -> Meaning:
    """A pump that was switched on does not run until it says so, whatever it did before."""
    bad = _POWER_ON_STARTS.get(entry.sub_type)
    return Meaning(
        event=LogEvent.POWER_ON,
        alarms=(_start(entry, bad),) if bad is not None else (),
        closes=True,
        reason=NotDeliveringReason.NOT_SPECIFIED,
        mains=entry.sub_type == _POWER_ON_MAINS,
    )


def _running(_entry: LogEntry) -> Meaning:
    return Meaning(event=LogEvent.DELIVERY_START, opens=True)


def _paused(_entry: LogEntry) -> Meaning:
    return Meaning(event=LogEvent.DELIVERY_STOP, closes=True, reason=NotDeliveringReason.STOPPED_BY_USER)


def _powered_off(_entry: LogEntry) -> Meaning:
    return Meaning(event=LogEvent.POWER_OFF, closes=True, reason=NotDeliveringReason.POWERED_OFF)


def _battery_failed(entry: LogEntry) -> Meaning:
    is_empty = entry.sub_type == _BATTERY_FAILED_EMPTY
    return _stopped_by(entry, AlarmCode.BATT_EMPTY if is_empty else AlarmCode.FAULT)


_READERS: dict[EntryType, Callable[[LogEntry], Meaning]] = {
    EntryType.RUN_INFUSION: _running,
    EntryType.INFUSION_PAUSED: _paused,
    EntryType.POWER_OFF: _powered_off,
    EntryType.POWER_ON: _powered_on,
    EntryType.OCCLUSION_ALARM: _occlusion,
    EntryType.INFUSION_LIMIT_REACHED: _limit,
    EntryType.BATTERY: _battery,
    EntryType.BATTERY_FAILURE: _battery_failed,
}
