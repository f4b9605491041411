"""Reads a story: what happens to one simulated pump, when, and what a person tells the monitor meanwhile.

Pure: text in, a checked ``Scenario`` out, or all faults at once. A story is TOML:

    description = "..."        one sentence
    duration = "8h30m"         how long it is told
    [pump]                     any attribute of PumpSetup
    [line_faults]              any attribute of FaultPlan
    [[actions]]                at = "+02:10", action = "stop", the act's arguments, times = 14, every = "90s"
    [[marks]]                  at, mark = "bag-change", by = "caregiver", minutes = 20
"""

from __future__ import annotations

import tomllib
from dataclasses import MISSING, dataclass, fields
from typing import Any

from simulator.acts import ACTS, LINE_FAULT_KEYS, Arguments
from simulator.durations import read_duration, read_offset
from simulator.faults import FaultPlan
from simulator.setup import PumpSetup, StartsAs
from simulator.table_reader import FileError, TableReader, suggestion
from simulator.units import US_PER_S

MARKS = ("bag-change", "maintenance", "disconnect", "reconnect", "flow-checked")
"""The marks that a person can set in the monitor."""

TIMES_MAX = 10_000
ACTIONS_MAX = 100_000


@dataclass(frozen=True, slots=True)
class StoryAction:
    """One thing that happens, so many microseconds after the start."""

    at_us: int
    act: str
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class StoryMark:
    """One mark that a person sets in the monitor, so many microseconds after the start."""

    at_us: int
    mark: str
    by: str
    minutes: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One story, checked, its actions in order.

    Attributes:
        name: Its short name.
        description: One sentence for people.
        duration_us: How long it is told; the pump lives on after it.
        setup: The pump at the beginning.
        actions: What happens; entries with ``times`` are written out.
        marks: What people tell the monitor; no pump knows of it.
        line_faults: How the line spoils messages from the beginning.
    """

    name: str
    description: str
    duration_us: int
    setup: PumpSetup
    actions: tuple[StoryAction, ...] = ()
    marks: tuple[StoryMark, ...] = ()
    line_faults: FaultPlan = FaultPlan()  # noqa: RUF009 - frozen, so one may be shared

    def as_record(self) -> dict[str, Any]:
        """Return what a demonstration needs to know, as plain data; instants in seconds from the start."""
        return {
            "name": self.name,
            "description": self.description,
            "duration_s": self.duration_us / US_PER_S,
            "serial": self.setup.serial,
            "rate_ml_per_h": self.setup.rate_ml_per_h,
            "bag_ml": self.setup.bag_ml,
            "marks": [
                {"at_s": each.at_us / US_PER_S, "mark": each.mark, "by": each.by}
                | ({} if each.minutes is None else {"minutes": each.minutes})
                for each in self.marks
            ],
        }


def parse_scenario(text: str, name: str, source: str) -> Scenario:
    """Return the story that a TOML text tells.

    Args:
        text: The file's content.
        name: The story's short name.
        source: The file's name, for messages.

    Raises:
        FileError: All faults, each with file, entry and key.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileError([f"{source}: not readable as TOML: {error}"]) from error
    faults: list[str] = []
    reader = TableReader(content, source, faults)
    description = reader.text("description")
    duration_us = reader.read("duration", read_duration, 0, is_required=True)
    setup = read_setup(reader.table("pump"))
    line_faults = _line_faults(reader.table("line_faults"))
    actions = [action for entry in reader.tables("actions") for action in _actions(entry)]
    marks = [_mark(entry) for entry in reader.tables("marks")]
    reader.close()
    if len(actions) > ACTIONS_MAX:
        reader.fault("actions", f"written out these are {len(actions)} actions, more than {ACTIONS_MAX}")
    late = sum(at_us > duration_us for at_us in (*(each.at_us for each in actions), *(each.at_us for each in marks)))
    if late and duration_us:
        reader.fault("duration", f"the story is over before {late} of its entries")
    if faults:
        raise FileError(faults)
    return Scenario(
        name=name,
        description=description,
        duration_us=duration_us,
        setup=setup,
        # Sorting is stable: of equal instants the first entry happens first.
        actions=tuple(sorted(actions, key=lambda action: action.at_us)),
        marks=tuple(sorted(marks, key=lambda mark: mark.at_us)),
        line_faults=line_faults,
    )


def read_setup(reader: TableReader) -> PumpSetup:
    """Return the pump that a table describes; faults go to the reader, a faulty table gives the standard pump."""
    found: dict[str, Any] = {}
    for each in fields(PumpSetup):
        standard = None if each.default is MISSING else each.default
        if isinstance(standard, StartsAs):
            found[each.name] = reader.read(each.name, _starts_as, standard)
        elif isinstance(standard, bool):
            found[each.name] = reader.flag(each.name, default=standard)
        elif isinstance(standard, str):
            found[each.name] = reader.text(each.name, standard)
        elif isinstance(standard, int):
            found[each.name] = reader.whole(each.name, standard)
        elif reader.has(each.name) or standard is not None:
            found[each.name] = reader.number(each.name, standard)
    reader.close()
    try:
        return PumpSetup(**found)
    except ValueError as error:
        reader.faults.extend(f"{reader.place}.{line}" for line in str(error).splitlines())
        return PumpSetup()


def _starts_as(text: str) -> StartsAs:
    try:
        return StartsAs(text)
    except ValueError:
        words = [each.value for each in StartsAs]
        raise ValueError(f"{text!r} is none of {', '.join(words)}{suggestion(text, words)}") from None


def _line_faults(reader: TableReader) -> FaultPlan:
    found = {key: reader.number(key) for key in LINE_FAULT_KEYS if reader.has(key)}
    reader.close()
    try:
        return FaultPlan(**found)
    except ValueError as error:
        reader.faults.extend(f"{reader.place}.{line}" for line in str(error).splitlines())
        return FaultPlan()


def _actions(reader: TableReader) -> list[StoryAction]:
    at_us = reader.read("at", read_offset, 0, is_required=True)
    name = reader.text("action")
    times = reader.whole("times", 1)
    every_us = reader.read("every", read_duration, 0)
    act = ACTS.get(name)
    if act is None:
        if name:
            reader.fault("action", f"{name!r} is no act{suggestion(name, list(ACTS))}")
        return []
    arguments: dict[str, str | float] = {key: reader.number(key) for key in act.needs}
    for key in act.may_have:
        if reader.has(key):
            arguments[key] = reader.text(key) if key == "serial" else reader.number(key)
    reader.close()
    _check_arguments(reader, name, arguments)
    if not 1 <= times <= TIMES_MAX:
        reader.fault("times", f"{times} lies outside 1 to {TIMES_MAX}")
        times = 1
    if times > 1 and not every_us:
        reader.fault("every", "is missing beside times")
    return [StoryAction(at_us + count * every_us, name, arguments) for count in range(times)]


def _check_arguments(reader: TableReader, name: str, arguments: dict[str, str | float]) -> None:
    """Try the arguments where they will be used, so that a story cannot fail while it is told."""
    try:
        if name == "line_faults":
            FaultPlan(**{key: float(value) for key, value in arguments.items()})
        changed: dict[str, Any] = {key: arguments[key] for key in ("serial", "rate_ml_per_h") if key in arguments}
        if "volume_ml" in arguments:
            changed["bag_ml"] = arguments["volume_ml"]
        PumpSetup(**changed)
    except ValueError as error:
        reader.faults.extend(f"{reader.place}.{line}" for line in str(error).splitlines())


def _mark(reader: TableReader) -> StoryMark:
    at_us = reader.read("at", read_offset, 0, is_required=True)
    mark, by = reader.text("mark"), reader.text("by")
    minutes = reader.number("minutes") if reader.has("minutes") else None
    reader.close()
    if mark and mark not in MARKS:
        reader.fault("mark", f"{mark!r} is no mark{suggestion(mark, list(MARKS))}")
    return StoryMark(at_us, mark, by, minutes)
