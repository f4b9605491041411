"""Lays a log entry out in the 16 bytes of the Zyno event log.

Pure. Source: the event log tables of the protocol description. What the published table has no type
for is written as type 20 (debug), which says nothing of delivery; air, which it has no type for either
but which stops the pump, is written as the upstream occlusion that a nurse would look for first.
"""

from __future__ import annotations

import struct
from datetime import datetime

from drivers.contract import AlarmCode
from simulator.log_ring import LogEntry, LogKind
from simulator.units import instant_of

EMPTY_ENTRY = b"\xff" * 16

_INFUSION_DATA, _RUN, _PAUSED, _CASSETTE_EMPTY, _OCCLUSION, _SHIFT_CLEARED, _BATTERY = 0, 1, 2, 3, 9, 12, 13
_DETACHED, _TIME_STAMP, _POWER_OFF, _SYSTEM_ERROR, _DEBUG, _UNATTENDED = 14, 15, 16, 18, 20, 21
_SETTING_CHANGE, _POWER_ON, _BATTERY_DEPLETED, _BATTERY_LOW = 22, 24, 28, 30

_CLEARED = 4
_ALARM_STARTS: dict[AlarmCode, tuple[int, int]] = {
    AlarmCode.OCCL_UP: (_OCCLUSION, 1),
    AlarmCode.AIR: (_OCCLUSION, 1),
    AlarmCode.OCCL_DOWN: (_OCCLUSION, 2),
    AlarmCode.RES_EMPTY: (_CASSETTE_EMPTY, 0),
    AlarmCode.SET_DETACHED: (_DETACHED, 0),
    AlarmCode.BATT_LOW: (_BATTERY_LOW, 0),
    AlarmCode.BATT_EMPTY: (_BATTERY_DEPLETED, 0),
    AlarmCode.STOP_REMIND: (_UNATTENDED, 0),
    AlarmCode.FAULT: (_SYSTEM_ERROR, 8),
    AlarmCode.COMM_MODULE: (_SYSTEM_ERROR, 64),
    AlarmCode.COUNTERS_RESET: (_SHIFT_CLEARED, 0),
    AlarmCode.CLOCK_CHANGED: (_TIME_STAMP, 0),
    AlarmCode.PROG_CHANGED: (_SETTING_CHANGE, 1),
    AlarmCode.MAINS_LOST: (_BATTERY, 32),
}
_PLAIN = {LogKind.DELIVERY_START: _RUN, LogKind.DELIVERY_STOP: _PAUSED, LogKind.POWER_OFF: _POWER_OFF}
_ALARM_ENDS = {AlarmCode.OCCL_UP, AlarmCode.OCCL_DOWN, AlarmCode.AIR}
_PROGRAM_FRAMES = {LogKind.PROGRAM_BEGIN: 0x0100, LogKind.PROGRAM_END: 0x0200}
_PROGRAM_DATA = {LogKind.PROGRAM_FIRST: slice(0, 16), LogKind.PROGRAM_SECOND: slice(16, 32)}
_PROGRAMME_DAILY_1 = 2
_HIGH_V, _MEDIUM_V = 2.9, 2.6


def entry_bytes(entry: LogEntry, time_field: bytes) -> bytes:
    """Return the 16 bytes of an entry; ``time_field`` is bytes 1 to 4.

    A program is four entries: begin, two that hold its figures and nothing else, end.
    """
    if entry.values is not None and entry.kind in _PROGRAM_DATA:
        return _program_data(entry.values)[_PROGRAM_DATA[entry.kind]]
    kind, sub_type = _type_of(entry)
    first, second = _values_of(entry, kind)
    return bytes((kind,)) + time_field + struct.pack(">H", sub_type) + first + second + b"\x00"


def relative_time(seconds: int) -> bytes:
    """Return bytes 1 to 4 in the relative form: little-endian seconds, top nibble set to F."""
    return struct.pack("<I", 0xF0000000 | seconds & 0x0FFFFFFF)


def absolute_time(reading_us: int) -> bytes:
    """Return bytes 1 to 4 in the absolute form: big-endian, year since 2000 down to the second."""
    at: datetime = instant_of(reading_us)
    packed = at.year - 2000
    for value, bits in ((at.month, 4), (at.day, 5), (at.hour, 5), (at.minute, 6), (at.second, 6)):
        packed = packed << bits | value
    return struct.pack(">I", packed & 0xFFFFFFFF)


def _type_of(entry: LogEntry) -> tuple[int, int]:
    """Return type and sub-type."""
    if entry.kind is LogKind.POWER_ON:
        return _POWER_ON, _battery_state(entry.battery_volts)
    if entry.kind is LogKind.ALARM_START and entry.code in _ALARM_STARTS:
        return _ALARM_STARTS[entry.code]
    if entry.kind is LogKind.ALARM_END and entry.code in _ALARM_ENDS:
        return _OCCLUSION, _CLEARED
    if entry.kind in _PROGRAM_FRAMES:
        return _INFUSION_DATA, _PROGRAM_FRAMES[entry.kind]
    # Anything without a type of its own is debug; the sub-type tells one from another.
    return _PLAIN.get(entry.kind, _DEBUG), 0 if entry.kind in _PLAIN else sum(f"{entry.kind}:{entry.code}".encode())


def _values_of(entry: LogEntry, kind: int) -> tuple[bytes, bytes]:
    nothing = bytes(4)
    if kind == _PAUSED:
        return struct.pack(">f", entry.infused_ml), nothing
    if kind in {_POWER_ON, _POWER_OFF, _BATTERY}:
        return struct.pack(">f", entry.battery_volts), struct.pack(">f", entry.infused_ml)
    if kind == _SETTING_CHANGE and entry.values is not None:
        old, new = entry.values
        return struct.pack(">f", old), struct.pack(">f", new)
    return nothing, nothing


def _program_data(values: tuple[float, float]) -> bytes:
    """Return the 32 bytes of a short program: rate and volume, and no doses on request."""
    rate_ml_per_h, volume_ml = values
    return struct.pack(">IffffI8x", _PROGRAMME_DAILY_1, rate_ml_per_h, volume_ml, 0.0, 0.0, 0)


def _battery_state(volts: float) -> int:
    """Return the state at power-on: 1 high, 2 medium, 3 low."""
    if volts >= _HIGH_V:
        return 1
    return 2 if volts >= _MEDIUM_V else 3
