"""Our reading of the Zyno event log against the maker's own parser, entry by entry.

The truth is not ours: ``tests/data/zyno/event-log-oracle.jsonl`` holds what the maker's package made of
each entry, and the last test asks the package itself about entries that Hypothesis makes up.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.serial_pump.protocols.zyno_blocks import BlockReader, InfusionData
from drivers.serial_pump.protocols.zyno_log import EntryType, LogEntry
from drivers.serial_pump.protocols.zyno_time import ClockForm, entry_time, from_calendar, from_counter

ORACLE = Path(__file__).parents[1] / "data" / "zyno" / "event-log-oracle.jsonl"

LIMITS_OF_THE_ORACLE = {
    # The maker's parser reads three of the four digits of a cancelled dose, so it finds 0 where the code is 2 or 4
    # in the last digit; ours reads the code in either place.
    "08CC0600F00002000000000000000000": ("extra dose",),
    "08F10600F00004000000000000000000": ("dose of unknown type",),
}

SAME_WORDS = {
    "MAX_PER_HR": "maximum per hour",
    "MAX_PER_INTERVAL": "maximum per interval",
    "CLEARED": "cleared",
    "AUTO_BOLUS": "automatic dose",
    "EXTRA_DOSE": "extra dose",
    "CLINICIAN_DOSE": "clinician dose",
    "STARTING_DOSE": "starting dose",
    "DOSE_TYPE_UNKNOWN": "dose of unknown type",
    "UPSTREAM_OCCLUSION": "upstream",
    "DOWNSTREAM_OCCLUSION": "downstream",
    "OCCLUSION_CLEARED": "cleared",
    "NORMAL_END": "normal end",
    "SKIPPED": "skipped",
    "PRODUCT_LIFE_REACHED_SEEK_REPLACEMENT_PUMP": "product life reached",
    "SERVICE_LIFE_REACHED_DUE_FOR_SERVICE": "service life reached",
    "PRODUCT_LIFE_REACHED_REPLACE_PUMP": "product life reached, replace pump",
    "FLASH_CRC_ERROR": "flash check",
    "CORRUPTED_LIB": "corrupted library",
    "EXTRA_DOSE_FINISH": "extra dose",
    "STARTING_DOSE_FINISH": "starting dose",
    "BATTERY_EMPTY_POST_CHECK": "empty at start-up",
    "BATTERY_DEPLETED_MOTOR_CHECK": "depleted under load",
    "BATTERY_EMPTY_MOTOR_CHECK": "empty under load",
    "UPSTREAM_PRESSURE_SENSOR_ERROR": "upstream pressure sensor",
    "SLOW_MOTOR_ERROR": "slow motor",
    "DOWNSTREAM_PRESSURE_SENSOR_ERROR": "downstream pressure sensor",
    "MOTOR_CONTROLLER_FAILURE": "motor controller",
    "VINF_LIMIT_REACHED": "infused volume limit",
    "MOTOR_RUNNING_WRONG_STATE_ERROR": "motor running in wrong state",
    "MOTOR_DRIVER_FAILURE": "motor driver",
    "TIMER_INTERRUPT_FAILURE": "timer interrupt",
    "POST_FAILURE": "power-on self-test",
    "FAST_MOTOR_ERROR": "fast motor",
    "UPSTREAM_SENSOR_FAILURE": "upstream sensor failure",
    "DOWNSTREAM_SENSOR_FAILURE": "downstream sensor failure",
    "MOTOR_SENSOR_FAILURE": "motor sensor failure",
    "PRIMARY_AUDIO_FAILURE": "primary audio",
    "SUPER_CAPACITOR_FAILURE": "super capacitor",
    "EXTERNAL_WATCHDOG_FAILURE": "external watchdog",
    "PROTECTION_CPU_FAILURE": "protection processor",
    "BACKUP_AUDIO_FAILURE": "backup audio",
    "BACKUP_VDD_LOSS": "backup supply lost",
    "PRESSURE_SENSOR_STUCK": "pressure sensor stuck",
    "LCD_FAILURE": "display",
    "BACKUP_BATTERY_FAILURE": "backup battery",
    "BIST_FAILURE": "built-in self-test",
    "MOTOR_ROTATE_FAST": "motor rotates fast",
}
BATTERY_WORDS = {
    "BATTERY_MEDIUM": "medium",
    "BATTERY_LOW": "low",
    "BATTERY_DEPLETED": "depleted",
    "BATTERY_RESET": "reset",
    "BATTERY_AC": "mains",
    "BATTERY_HIGH": "high",
    "BATTERY_NEW": "new",
    "BATTERY_OVER_UPPER_LIMIT": "over upper limit",
    "BATTERY_EMPTY": "empty",
    "BATTERY_UNDER_LOWER_LIMIT": "under lower limit",
    "BATTERY_CRITICAL": "critical",
    "BATTERY_OVERHEATED": "overheated",
}
SYSTEM_2_BATTERY = {
    "BATTERY_OVER_UPPER_LIMIT": "battery over upper limit",
    "BATTERY_UNDER_LOWER_LIMIT": "battery under lower limit",
}
PARAMETERS = ["STARTING_DOSE", "RATE", "EXTRA_DOSE_VOL", "EXTRA_DOSE_LCK", "VTBI", None, "NEAR_END", None, "STDOS_LCK"]
NO_DETAIL = "BATTERY_NO_UPDATE"


def rows() -> list[tuple[str, dict[str, Any]]]:
    lines = ORACLE.read_text().splitlines()
    return [(row["entry_hex"], row["vendor_client_parse"]) for row in map(json.loads, lines)]


def words_of(parsed: dict[str, Any], kind: EntryType) -> tuple[str, ...]:
    """Return the maker's sub-type in our words."""
    said = parsed.get("sub_type", parsed.get("battery_status", []))
    names = [re.sub(r" \(b'.*", "", name) for name in (said if isinstance(said, list) else [said])]
    table = SAME_WORDS | (SYSTEM_2_BATTERY if kind is EntryType.SYSTEM_ERROR2_ALARM else BATTERY_WORDS)
    return tuple(table[name] for name in names if name != NO_DETAIL and not name.startswith("Unknown"))


@pytest.mark.parametrize(("entry_hex", "parsed"), rows(), ids=[entry for entry, _ in rows()])
def test_every_row_of_the_oracle_is_read_alike(entry_hex: str, parsed: dict[str, Any]) -> None:
    entry = LogEntry(0, bytes.fromhex(entry_hex))
    assert entry.type is not None
    # The maker reports its second set of system errors under the name of the first.
    name = entry.type.name.replace("SYSTEM_ERROR2", "SYSTEM_ERROR")
    assert name == parsed["event_type"]
    time = entry_time(entry.raw, ClockForm.COUNTER)
    assert time is not None
    assert parsed["time"] == f"0x{time.seconds:X} ({time.seconds} sec)"
    assert entry.details == LIMITS_OF_THE_ORACLE.get(entry_hex, words_of(parsed, entry.type))
    check_values(entry, parsed)


def check_values(entry: LogEntry, parsed: dict[str, Any]) -> None:
    """Compare the figures, rounded as the maker rounds them."""
    first, second = entry.first_number, entry.second_number
    whole = int.from_bytes(entry.raw[7:11], "big")
    expected: dict[str, Any] = {}
    if "vinf (mL)" in parsed:
        expected["vinf (mL)"] = round(first or 0.0, 2)
    if "battery_voltage (V)" in parsed:
        expected["battery_voltage (V)"] = round(first or 0.0, 2)
        expected["battery_vinf (mL)"] = round(second or 0.0, 1)
    if "life_time (sec)" in parsed:
        expected["life_time (sec)"] = whole
        expected["life_volume (mL)"] = round(second or 0.0, 1)
    if "parameter_index" in parsed and isinstance(parsed["old_value"], float):
        expected["old_value"], expected["new_value"] = first, second
    if "parameter_index" in parsed:
        assert PARAMETERS[entry.raw[6]] == parsed["parameter_index"]
        assert ["Daily 1", "Nightly", "Daily 2"][entry.raw[5] >> 4] == parsed["protocol_name"]
        assert ["Value", "Upper Limit", "Lower Limit"][entry.raw[5] & 7] == parsed["node_type"]
    assert {key: parsed[key] for key in expected} == expected


def test_every_known_limit_is_still_needed() -> None:
    differing = {
        entry_hex
        for entry_hex, parsed in rows()
        if (entry := LogEntry(0, bytes.fromhex(entry_hex))).type is not None
        and entry.details != words_of(parsed, entry.type)
    }
    assert differing == set(LIMITS_OF_THE_ORACLE)


def vendor_parse(entry_hex: str, offset: int) -> dict[str, Any]:
    module = pytest.importorskip("pyZynoUnifiedDrivers.miva.module_miva")
    with contextlib.redirect_stdout(io.StringIO()):
        parsed: dict[str, Any] = module.parse_event_log(entry_hex, pump_time_offset=offset)
    return parsed


@settings(deadline=None)
@given(kind=st.integers(0, 40), seconds=st.integers(0, 2**28 - 1), rest=st.binary(min_size=11, max_size=11))
def test_the_makers_package_finds_the_same_type_and_time(kind: int, seconds: int, rest: bytes) -> None:
    # Only types whose values the maker's parser reads without falling over on any bytes.
    kind = kind if kind not in (0, 2, 11, 13, 16, 19, 22, 24, 27) else 1
    raw = bytes([kind]) + (0xF0000000 | seconds).to_bytes(4, "little") + rest
    parsed = vendor_parse(raw.hex().upper(), 0)
    entry = LogEntry(0, raw)
    name = entry.type.name if entry.type is not None else f"Unknown Type ({kind})"
    assert name.replace("SYSTEM_ERROR2", "SYSTEM_ERROR") == parsed["event_type"]
    assert parsed["time"] == f"0x{seconds:X} ({seconds} sec)"


@settings(deadline=None)
@given(st.datetimes())
def test_the_makers_package_finds_the_same_date(at: Any) -> None:
    year = at.year % 64
    time = from_calendar(year, at.month, at.day, at.hour, at.minute, at.second)
    packed = (year << 26 | at.month << 22 | at.day << 17 | at.hour << 12 | at.minute << 6 | at.second).to_bytes(
        4, "big"
    )
    raw = b"\x01" + packed + bytes(11)
    assert entry_time(raw, ClockForm.CALENDAR) == time
    parsed = vendor_parse(raw.hex().upper(), -1)
    assert parsed["time"] == f"{2000 + year}-{at:%m-%d %H:%M:%S}"


def test_the_makers_package_finds_the_same_rate_in_a_short_block_of_infusion_data() -> None:
    module = pytest.importorskip("pyZynoUnifiedDrivers.miva.module_miva")
    raws = ["00000002" + "40A00000" + "43700000" + "00000000", "00000000" + "0000003C" + "FF" * 8]
    parsed = module.parse_infusion_data_log("".join(raws))
    reader, clock = BlockReader(is_start_known=True), from_counter(2000)
    begin, end = ("00E80300F0" + part + "00" * 9 for part in ("0100", "0200"))
    items = [
        item
        for index, raw in enumerate([begin, *raws, end])
        for item in reader.feed(LogEntry(index, bytes.fromhex(raw)), clock)
    ]
    assert items == [InfusionData(0, parsed["cont_dose_rate"])]
    assert parsed["name"] == "Daily 1"
