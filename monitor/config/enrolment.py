"""Makes the list of enrolled pumps out of [[pumps]] and [[fleets]]; no id and no serial number is there twice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from drivers.contract import PUMP_ID_PATTERN
from monitor.config.faults import Faults
from monitor.config.fields import TEXT_CHARACTERS_MAX
from monitor.config.orders import judged_misfit, order_of
from monitor.config.settings import PumpEnrolment
from monitor.config.tables.file import FileTable
from monitor.config.tables.pumps import FleetTable
from monitor.config.therapies import DEFAULT
from monitor.interruption.policy import Therapy
from monitor.refusals import Location, path_of, suggestion

FLEET_BYTES_MAX = 32 * 1024 * 1024
"""Longest file of ids."""

PUMPS_MAX = 250_000
"""Most enrolled pumps of one monitor."""

LINE_FAULTS_MAX = 20
"""How many faulty lines of one file of ids are named."""

HEADINGS = frozenset({"id", "ids", "pump", "pumps", "pump_id"})
"""What a spreadsheet may have written above the ids."""

_ID = re.compile(PUMP_ID_PATTERN.strip("^$"))


def enrolled(
    file: FileTable, base: Path, therapies: Mapping[str, Therapy], dropped: frozenset[str], faults: Faults
) -> tuple[PumpEnrolment, ...]:
    """Return every enrolled pump, in the order of the file; pumps of one fleet share their objects.

    Args:
        file: What was read.
        base: What the paths of files of ids are relative to.
        therapies: By name.
        dropped: Names of therapies that were left out for a fault.
        faults: Where faults are noted.
    """
    roll = _Roll(faults)
    for place, pump in file.pumps.items():
        where: Location = ("pumps", place)
        therapy = _therapy(where, pump.therapy, therapies, dropped, faults)
        order = order_of(pump)
        enrolment = PumpEnrolment(
            pump=pump.id,
            therapy=therapy,
            serial=pump.serial,
            order=order,
            forced_misfit=judged_misfit(where, pump, therapy, order, faults),
            forced_by=tuple(pump.forced_by or ()),
            driver=pump.driver,
            options=pump.options,
        )
        roll.enrol(where, enrolment)
    for place, fleet in file.fleets.items():
        where = ("fleets", place)
        therapy = _therapy(where, fleet.therapy, therapies, dropped, faults)
        _enrol_fleet(roll, where, fleet, therapy, base)
    if len(roll.pumps) > PUMPS_MAX:
        faults.add(("pumps",), f"{len(roll.pumps)} pumps are more than one monitor watches, {PUMPS_MAX}")
    return tuple(roll.pumps)


class _Roll:
    """The enrolled pumps so far."""

    def __init__(self, faults: Faults) -> None:
        self.pumps: list[PumpEnrolment] = []
        self.faults = faults
        self._ids: dict[str, Location] = {}
        self._serials: dict[str, Location] = {}

    def enrol(self, where: Location, enrolment: PumpEnrolment) -> None:
        """Take a pump, or note why not."""
        if fault := self.clash(where, enrolment.pump, enrolment.serial):
            self.faults.add((*where, fault[0]), fault[1])
        self.pumps.append(enrolment)

    def clash(self, where: Location, pump: str, serial: str | None) -> tuple[str, str] | None:
        """Return which key is there already, and a sentence; None, and remember both, if neither is."""
        if pump in self._ids:
            return "id", f"{pump} is enrolled already, by {path_of(self._ids[pump])}"
        if serial is not None and serial in self._serials:
            return "serial", f"{serial} is enrolled already, by {path_of(self._serials[serial])}"
        self._ids[pump] = where
        if serial is not None:
            self._serials[serial] = where
        return None


def _therapy(
    where: Location, name: str, therapies: Mapping[str, Therapy], dropped: frozenset[str], faults: Faults
) -> Therapy:
    if name not in therapies and name not in dropped:
        faults.add((*where, "therapy"), f"{name} is neither built in nor configured; {suggestion(name, therapies)}")
    return therapies.get(name, therapies[DEFAULT])


def _enrol_fleet(roll: _Roll, where: Location, fleet: FleetTable, therapy: Therapy, base: Path) -> None:
    path = base / fleet.ids_file
    order = order_of(fleet)
    forced_misfit = judged_misfit(where, fleet, therapy, order, roll.faults)
    forced_by = tuple(fleet.forced_by or ())
    wrong: list[str] = []
    before = len(roll.pumps)
    try:
        for line, pump, serial in _lines(path):
            fault = _line_fault(line, pump, serial) or roll.clash(where, pump, serial)
            if fault is not None:
                wrong.append(f"line {line} of {path}: {fault[1]}")
                continue
            enrolment = PumpEnrolment(
                pump=pump,
                therapy=therapy,
                serial=serial,
                order=order,
                forced_misfit=forced_misfit,
                forced_by=forced_by,
            )
            roll.pumps.append(enrolment)
    except OSError as fault:
        wrong = [f"{path} cannot be read: {fault.strerror}"]
    except UnicodeDecodeError as fault:
        wrong = [f"{path} cannot be read: it is not UTF-8 at byte {fault.start}"]
    except ValueError as fault:
        wrong = [f"{path} cannot be read: {fault}"]
    if not wrong and len(roll.pumps) == before:
        wrong = [f"{path} names no pump; write one id a line, with its serial number after a comma"]
    for sentence in wrong[:LINE_FAULTS_MAX]:
        roll.faults.add((*where, "ids_file"), sentence)
    if len(wrong) > LINE_FAULTS_MAX:
        roll.faults.add((*where, "ids_file"), f"{path} has {len(wrong) - LINE_FAULTS_MAX} more faulty lines")


def _lines(path: Path) -> Iterator[tuple[int, str, str | None]]:
    """Yield the number, the id and the serial number, if any, of every line that names a pump."""
    with path.open(encoding="utf-8-sig") as file:
        content = file.read(FLEET_BYTES_MAX + 1)
    if len(content) > FLEET_BYTES_MAX:
        raise ValueError(f"it is longer than {FLEET_BYTES_MAX} characters")
    for number, line in enumerate(content.split("\n"), start=1):
        words = line.partition("#")[0]
        if words.strip():
            pump, _, serial = words.partition(",")
            yield number, pump.strip(), serial.strip() or None


def _line_fault(line: int, pump: str, serial: str | None) -> tuple[str, str] | None:
    if line == 1 and pump.lower() in HEADINGS:
        return "id", f"{pump!r} looks like a heading and not like a pump; leave it out"
    if not _ID.fullmatch(pump):
        return "id", f"{pump[:64]!r} must be 1 to 64 of the characters A-Z a-z 0-9 . _ -"
    if serial is not None and not (serial.isprintable() and len(serial) <= TEXT_CHARACTERS_MAX):
        return "serial", f"the serial number of {pump} must be printable and at most {TEXT_CHARACTERS_MAX} long"
    return None
