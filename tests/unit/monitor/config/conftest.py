"""A handful of made-up drivers, and a short way from a text to its settings or its faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from drivers.contract import Driver, DriverContext, DriverPlugin
from drivers.registry import LoadedDriver, RefusedDriver, Registry
from monitor.config.findings import findings
from monitor.config.loading import parse
from monitor.config.settings import Config
from monitor.errors import ConfigurationError

NOW_US = 1_795_348_800_000_000
"""When these files are looked at: 2026-11-22, 12:00 UTC."""

Parse = Callable[[str], Config]
FaultsOf = Callable[[str], list[str]]
DoubtsAbout = Callable[[str], list[str]]


def never_created(context: DriverContext) -> Driver:
    raise AssertionError


def check_acme(options: Mapping[str, Any]) -> list[str]:
    return [] if "device" in options else ["device is missing."]


def plugin(name: str, **changes: Any) -> LoadedDriver:
    fields: dict[str, Any] = {"summary": name, "check": check_acme, "create": never_created}
    return LoadedDriver(DriverPlugin(name=name, **(fields | changes)), "acme", "1")


@pytest.fixture
def registry() -> Registry:
    nothing: dict[str, Any] = {"check": lambda options: []}
    loaded = {
        "acme": plugin("acme"),
        "bus": plugin("bus", many_pumps=True, **nothing),
        "toy": plugin("toy", simulated=True, **nothing),
    }
    return Registry(loaded=loaded, refused=[RefusedDriver("rusty", "rusty-pump 1", "Importing rusty failed.")])


@pytest.fixture
def parsed(registry: Registry, tmp_path: Path) -> Parse:
    """Return the settings in a text; the folder of its files is ``tmp_path``."""
    return lambda text: parse(text, tmp_path, registry)


@pytest.fixture
def faults_of(parsed: Parse) -> FaultsOf:
    """Return the faults in a text; there must be some."""

    def faults(text: str) -> list[str]:
        with pytest.raises(ConfigurationError) as refused:
            parsed(text)
        return refused.value.faults

    return faults


@pytest.fixture
def doubts_about(parsed: Parse, registry: Registry) -> DoubtsAbout:
    """Return what ``check`` warns of, as one line each."""
    return lambda text: [f"{found.path}: {found.text}" for found in findings(parsed(text), registry, NOW_US)]
