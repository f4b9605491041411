"""Checks every driver that the file names, and its options by the driver's own plugin, before any line is opened."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from drivers.registry import LoadedDriver, Registry
from monitor.config.faults import Faults
from monitor.config.fields import is_reference
from monitor.config.references import resolve_secret
from monitor.errors import ConfigurationError
from monitor.refusals import Location, suggestion

_KEY = re.compile(r"(?!the\b)([A-Za-z_][\w-]*(?:\.[\w-]+)*):?\s+(.*)", re.DOTALL | re.IGNORECASE)
"""A driver's sentence begins with the key it is about; that of the registry itself with "the"."""


class Links:
    """Looks at one link after the other; remembers which lines are taken.

    Args:
        registry: The drivers that are installed, and those that were refused.
        base: What relative references are relative to.
        allow_simulated: Whether drivers that talk to no real pump are let in.
        faults: Where faults are noted.
    """

    def __init__(self, registry: Registry, base: Path, faults: Faults, *, allow_simulated: bool) -> None:
        self._registry = registry
        self._base = base
        self._faults = faults
        self._allow_simulated = allow_simulated
        self._taken: dict[str, Location] = {}

    def check(self, where: Location, table: Mapping[str, Any], *, many_pumps: bool) -> None:
        """Note every fault in ``driver`` and ``options`` of the raw table at ``where``."""
        name, options = table.get("driver"), table.get("options", {})
        if not isinstance(options, Mapping) or not isinstance(name, (str, type(None))):
            return  # the wrong type was noted where the table was read
        if name is None:
            if options and not many_pumps:
                self._faults.add((*where, "options"), "belong to a driver; name it, or leave them out")
            return
        loaded = self._loaded((*where, "driver"), name, many_pumps=many_pumps)
        if loaded is None:
            return
        for sentence in loaded.faults(options):
            self._add_drivers_own((*where, "options"), sentence)
        for inner, value in _texts(options):
            if is_reference(value):
                self._check_reference((*where, "options", *inner), value)
        self._refuse_taken(where, name, options)

    def _loaded(self, where: Location, name: str, *, many_pumps: bool) -> LoadedDriver | None:
        loaded = self._registry.loaded.get(name)
        if loaded is None:
            refused = [driver.why for driver in self._registry.refused if driver.name == name]
            fitting = [key for key, it in self._registry.loaded.items() if it.plugin.many_pumps == many_pumps]
            unknown = f"{name} is no driver that is installed; {suggestion(name, fitting)}"
            self._faults.add(where, f"{name} was refused: {refused[0]}" if refused else unknown)
            return None
        if loaded.plugin.many_pumps != many_pumps:
            right = "[[sources]]: it serves many pumps" if loaded.plugin.many_pumps else "[[pumps]]: it serves one pump"
            self._faults.add(where, f"{name} belongs under {right}")
            return None
        if loaded.plugin.simulated and not self._allow_simulated:
            self._faults.add(where, f"{name} talks to no real pump; write allow_simulated = true if that is meant")
        return loaded

    def _add_drivers_own(self, where: Location, sentence: str) -> None:
        match = _KEY.fullmatch(sentence.strip())
        if match is None:
            self._faults.add(where, sentence)
        else:
            self._faults.add((*where, *match[1].split(".")), match[2])

    def _check_reference(self, where: Location, reference: str) -> None:
        try:
            resolve_secret(reference, self._base)
        except ConfigurationError as error:
            for fault in error.faults:
                self._faults.add(where, fault)

    def _refuse_taken(self, where: Location, name: str, options: Mapping[str, Any]) -> None:
        # Two readers of one line steal each other's bytes.
        device = _line_of(options.get("device"))
        other = where if device is None else self._taken.setdefault(device, where)
        if other != where:
            sentence = f"is the line of {other[0]}[{other[1]}] already: one line, two readers"
            self._faults.add((*where, "options", "device"), sentence)
            return
        line = f"{name} {sorted(options.items(), key=str)!r}"
        other = self._taken.setdefault(line, where)
        if other != where:
            self._faults.add(
                (*where, "options"), f"are the same as those of {other[0]}[{other[1]}]: one line, two readers"
            )


def _line_of(device: object) -> str | None:
    """Return the one name of the line that the option ``device`` names, however it is written; None without one."""
    if not isinstance(device, str) or "\0" in device:
        return None
    return device.lower() if "://" in device else os.path.realpath(device)


def _texts(options: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    """Yield every text in ``options``, however deep, with its place."""
    for key, value in options.items():
        match value:
            case str():
                yield (key,), value
            case Mapping():
                for inner, text in _texts(value):
                    yield (key, *inner), text
            case _:
                continue
