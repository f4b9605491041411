"""Reads the entries of the Zyno MIVA family's event log: sixteen bytes each, a type and its details.

Pure. The names are the maker's, from its own client, so that what people read matches the pump's papers.
What an entry means for delivery is told in ``zyno_meaning``.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from enum import IntEnum

ENTRY_BYTES = 16
EMPTY = b"\xff" * ENTRY_BYTES
"""A place of the ring where nothing was written yet."""


class EntryType(IntEnum):
    """The first byte of an entry."""

    INFUSION_DATA = 0
    RUN_INFUSION = 1
    INFUSION_PAUSED = 2
    CASSETTE_EMPTY_ALARM = 3
    INFUSION_LIMIT_REACHED = 4
    AUTHENTICATION = 5
    DOSE_GRANTED = 6
    EXTRA_DOSE_DENIED = 7
    DOSE_CANCEL = 8
    OCCLUSION_ALARM = 9
    DELAY_END = 10
    PUMP_LIMIT_REACHED_ALARM = 11
    CLEAR_SHIFT_TOTAL = 12
    BATTERY = 13
    CASSETTE_DETACHED_ALARM = 14
    TIME_STAMP = 15
    POWER_OFF = 16
    FIRMWARE_ERROR_ALARM = 17
    SYSTEM_ERROR_ALARM = 18
    BATTERY_FAILURE = 19
    DEBUG = 20
    UNATTENDED_ALARM = 21
    SETTING_CHANGE = 22
    DOSE_FINISH = 23
    POWER_ON = 24
    STARTING_DOSE_SKIP = 25
    SYSTEM_ERROR2_ALARM = 26
    PUMP_HARD_LIMIT_REACHED_ALARM = 27
    BATTERY_DEPLETED_ALARM = 28
    PROGRAMMING_INCOMPLETE_ALARM = 29
    BATTERY_LOW_ALARM = 30
    BATTERY_CHECK_STATUS = 31


BATTERY_BITS = {
    1: "medium",
    2: "low",
    4: "depleted",
    8: "reset",
    16: "mains",
    32: "high",
    64: "new",
    128: "over upper limit",
    256: "empty",
    512: "under lower limit",
}

SYSTEM_ERROR_BITS = {
    1: "upstream pressure sensor",
    2: "slow motor",
    4: "downstream pressure sensor",
    8: "motor controller",
    16: "infused volume limit",
    32: "motor running in wrong state",
    64: "motor driver",
    128: "timer interrupt",
    256: "power-on self-test",
    512: "fast motor",
    1024: "upstream sensor failure",
    2048: "downstream sensor failure",
    4096: "motor sensor failure",
    8192: "primary audio",
    16384: "super capacitor",
    32768: "external watchdog",
}

SYSTEM_ERROR2_BITS = {
    1: "battery over upper limit",
    2: "battery under lower limit",
    4: "protection processor",
    8: "backup audio",
    16: "backup supply lost",
    32: "pressure sensor stuck",
    64: "display",
    128: "backup battery",
    256: "built-in self-test",
    512: "motor rotates fast",
}

_BITS = {
    EntryType.BATTERY: BATTERY_BITS,
    EntryType.SYSTEM_ERROR_ALARM: SYSTEM_ERROR_BITS,
    EntryType.SYSTEM_ERROR2_ALARM: SYSTEM_ERROR2_BITS,
    EntryType.OCCLUSION_ALARM: {1: "upstream", 2: "downstream", 4: "cleared"},
}

_CODES: dict[EntryType, dict[int, str]] = {
    EntryType.INFUSION_LIMIT_REACHED: {1: "maximum per hour", 2: "maximum per interval", 4: "cleared"},
    EntryType.DELAY_END: {1: "normal end", 2: "skipped"},
    EntryType.PUMP_LIMIT_REACHED_ALARM: {1: "product life reached", 2: "service life reached"},
    EntryType.FIRMWARE_ERROR_ALARM: {1: "flash check", 2: "corrupted library"},
    EntryType.BATTERY_FAILURE: {1: "overheated", 2: "empty"},
    EntryType.DOSE_FINISH: {1: "extra dose", 2: "starting dose"},
    EntryType.POWER_ON: {
        1: "high",
        2: "medium",
        3: "low",
        4: "critical",
        5: "mains",
        6: "new",
        7: "depleted",
        8: "empty",
    },
    EntryType.PUMP_HARD_LIMIT_REACHED_ALARM: {4: "product life reached, replace pump"},
    EntryType.BATTERY_CHECK_STATUS: {1: "empty at start-up", 2: "depleted under load", 3: "empty under load"},
}

_DOSES = {1: "automatic dose", 2: "extra dose", 8: "clinician dose"}
_CANCELLED = {1: "starting dose", 2: "extra dose", 4: "dose of unknown type"}


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of the ring: where it stands and its sixteen bytes."""

    index: int
    raw: bytes

    @property
    def type_number(self) -> int:
        """The first byte."""
        return self.raw[0]

    @property
    def type(self) -> EntryType | None:
        """What kind of entry it is; None for a type that nobody described."""
        return EntryType(self.raw[0]) if self.raw[0] in _KNOWN_TYPES else None

    @property
    def sub_type(self) -> int:
        """Bytes 5 and 6: a code or a mask."""
        return int.from_bytes(self.raw[5:7], "big")

    @property
    def details(self) -> tuple[str, ...]:
        """The sub-type in words; empty where the type has none or the number is not described."""
        kind = self.type
        if kind is None:
            return ()
        if kind in _BITS:
            return tuple(word for bit, word in _BITS[kind].items() if self.sub_type & bit)
        if kind is EntryType.DOSE_GRANTED:
            return tuple(filter(None, [_DOSES.get(self.raw[5])]))
        if kind is EntryType.DOSE_CANCEL:
            # The maker's parser reads three of the four digits, so both places of the code occur.
            return tuple(filter(None, [_CANCELLED.get(self.sub_type) or _CANCELLED.get(self.sub_type >> 4)]))
        return tuple(filter(None, [_CODES.get(kind, {}).get(self.sub_type)]))

    @property
    def first_number(self) -> float | None:
        """Bytes 7 to 10 as a number; None if they hold none."""
        return number(self.raw[7:11])

    @property
    def second_number(self) -> float | None:
        """Bytes 11 to 14 as a number; None if they hold none."""
        return number(self.raw[11:15])

    @property
    def title(self) -> str:
        """The entry in words for people: the maker's name, then the sub-type."""
        kind = self.type
        name = kind.name.lower().replace("_", " ") if kind is not None else "unknown entry"
        numbers = f"{self.type_number}/{self.sub_type}"
        return f"{numbers} {name}: {', '.join(self.details)}" if self.details else f"{numbers} {name}"


_KNOWN_TYPES = frozenset(EntryType)


def number(raw: bytes) -> float | None:
    """Return four bytes as a big-endian float, or None where that is not finite."""
    value: float = struct.unpack(">f", raw)[0]
    return value if math.isfinite(value) else None
