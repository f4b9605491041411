"""The kit's checks of what comes before any line is opened: the plugin, its entry point and its options."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import pytest

from drivers.errors import OptionsError
from drivers.registry import GROUP, discover
from drivers.testing.bench import Bench
from drivers.testing.fixtures import KitFixtures

UNKNOWN_KEY = "no_such_option"
WRONG_TYPE = {"of": ["a", "type", "that", "nobody", "expects"]}

_IMPORTS_TOO_MUCH = """
import importlib.metadata, sys
(entry_point,) = importlib.metadata.entry_points(group=sys.argv[1], name=sys.argv[2])
entry_point.load()
print(*(name for name in sys.argv[3:] if name in sys.modules))
"""

_watchers: list[Callable[[str, tuple[object, ...]], None]] = []
_hooked: list[bool] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    for watcher in _watchers:
        watcher(event, arguments)


@contextmanager
def everything_opened(paths: frozenset[str]) -> Iterator[list[str]]:
    """Collect what is opened meanwhile: the named paths, sockets and programs."""
    opened: list[str] = []

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event in {"socket.connect", "socket.bind", "subprocess.Popen", "os.posix_spawn"} or (
            event == "open" and isinstance(arguments[0], str | bytes) and os.fsdecode(arguments[0]) in paths
        ):
            opened.append(f"{event} {arguments[0]!r}")

    if not _hooked:  # an audit hook stays for the life of the process, so there is one, and it is empty between checks
        sys.addaudithook(_hook)
        _hooked.append(True)
    _watchers.append(watch)
    try:
        yield opened
    finally:
        _watchers.remove(watch)


class PluginChecks(KitFixtures):
    """A driver is found, is light to find, and knows good options from bad ones without touching anything."""

    def test_the_registry_finds_the_driver_by_its_name(self, bench: Bench) -> None:
        """The package is installed, its entry point leads to this plugin, and nothing about it is refused."""
        registry = discover()
        refused = [refusal.why for refusal in registry.refused if refusal.name == bench.plugin.name]
        assert not refused, f"`pumpwatch drivers` refuses {bench.plugin.name!r}: {' '.join(refused)}"
        assert bench.plugin.name in registry.loaded, f"No entry point in {GROUP!r} is called {bench.plugin.name!r}."
        assert registry.loaded[bench.plugin.name].plugin == bench.plugin, "The entry point leads to another plugin."

    def test_finding_the_driver_does_not_import_its_library(self, bench: Bench) -> None:
        """Listing drivers is quick, and a missing library harms only who configures the driver."""
        libraries = self.capabilities.libraries
        if not libraries:
            pytest.skip("the driver names no library of its own")
        installed = importlib.metadata.entry_points(group=GROUP, name=bench.plugin.name)
        assert installed, f"No entry point in {GROUP!r} is called {bench.plugin.name!r}."
        command = [sys.executable, "-c", _IMPORTS_TOO_MUCH, GROUP, bench.plugin.name, *libraries]
        path = os.pathsep.join(entry for entry in sys.path if entry)
        environment = os.environ | {"PYTHONPATH": path}
        run = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)  # noqa: S603 - our own interpreter
        assert run.returncode == 0, f"Loading the entry point in a new process failed: {run.stderr[-500:]}"
        assert not run.stdout.split(), f"Loading the entry point imported {run.stdout.strip()}."

    def test_good_options_have_no_faults(self, bench: Bench) -> None:
        """The bench's own options pass the driver's own check."""
        assert bench.plugin.check(bench.options) == []

    def test_an_unknown_option_is_a_fault_that_names_it(self, bench: Bench) -> None:
        """A misspelt key is told, not passed over."""
        self.expect_fault(bench, UNKNOWN_KEY, 1)

    def test_each_option_of_a_wrong_type_is_a_fault_that_names_it(self, bench: Bench) -> None:
        """A fault begins with the key that it is about."""
        assert bench.options, "The bench gives no options, so nothing leads the driver to it."
        for key in bench.options:
            self.expect_fault(bench, key, WRONG_TYPE)

    def test_checking_and_making_open_nothing(self, bench: Bench) -> None:
        """``check`` reads the options and ``create`` makes a closed driver; only ``open`` touches the line."""
        values = frozenset(value for value in bench.options.values() if isinstance(value, str))
        with everything_opened(values) as opened:
            bench.plugin.check(bench.options)
            driver = bench.plugin.create(self.context(bench))
        driver.close()
        assert not opened, f"Before open, this was opened: {', '.join(opened)}."
        assert not bench.sent(), f"Before open, this was sent: {bench.sent()[:3]}."

    def expect_fault(self, bench: Bench, key: str, value: object) -> None:
        """Check that ``value`` under ``key`` is refused by both doors, each naming the key."""
        options = {**bench.options, key: value}
        faults = bench.plugin.check(options)
        assert any(fault.startswith(key) for fault in faults), f"No fault begins with {key!r}: {faults}"
        context = msgspec.structs.replace(self.context(bench), options=options)
        with pytest.raises(OptionsError) as raised:
            bench.plugin.create(context)
        named = raised.value.faults
        assert any(fault.startswith(key) for fault in named), f"create: no fault begins with {key!r}: {named}"
