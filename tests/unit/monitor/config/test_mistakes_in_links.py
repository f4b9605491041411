"""Slips in drivers and their options are found before any line is opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.config.settings import Config

FaultsOf = Callable[[str], list[str]]
Parse = Callable[[str], Config]
PUMP = '[[pumps]]\nid = "p"\n'
DEVICE = 'options = { device = "/dev/a" }\n'


def test_an_unknown_driver_is_refused_with_the_nearest_one(faults_of: FaultsOf) -> None:
    assert faults_of(PUMP + 'driver = "acmee"') == [
        "pumps[0].driver: acmee is no driver that is installed; did you mean acme?"
    ]


def test_a_refused_driver_says_why_it_was_refused(faults_of: FaultsOf) -> None:
    assert faults_of(PUMP + 'driver = "rusty"') == ["pumps[0].driver: rusty was refused: Importing rusty failed."]


def test_options_are_checked_by_the_driver_and_prefixed_with_the_path(faults_of: FaultsOf) -> None:
    assert faults_of(PUMP + 'driver = "acme"') == ["pumps[0].options.device: is missing."]


def test_a_driver_of_many_pumps_under_pumps_is_refused(faults_of: FaultsOf) -> None:
    assert faults_of(PUMP + 'driver = "bus"') == [
        "pumps[0].driver: bus belongs under [[sources]]: it serves many pumps"
    ]


def test_a_driver_of_one_pump_under_sources_is_refused(faults_of: FaultsOf) -> None:
    assert faults_of(PUMP + '[[sources]]\ndriver = "acme"\n' + DEVICE) == [
        "sources[0].driver: acme belongs under [[pumps]]: it serves one pump"
    ]


def test_options_without_a_driver_are_refused(faults_of: FaultsOf) -> None:
    assert faults_of(PUMP + DEVICE) == ["pumps[0].options: belong to a driver; name it, or leave them out"]


def test_a_simulated_pump_is_refused_unless_the_file_lets_it_in(faults_of: FaultsOf, parsed: Parse) -> None:
    (fault,) = faults_of(PUMP + 'driver = "toy"')
    assert fault == "pumps[0].driver: toy talks to no real pump; write allow_simulated = true if that is meant"
    assert parsed("allow_simulated = true\n" + PUMP + 'driver = "toy"').pumps[0].driver == "toy"


def test_two_readers_of_one_line_are_refused(faults_of: FaultsOf) -> None:
    text = f'[[pumps]]\nid = "p"\ndriver = "acme"\n{DEVICE}[[pumps]]\nid = "q"\ndriver = "acme"\n{DEVICE}'
    assert faults_of(text) == ["pumps[1].options.device: is the line of pumps[0] already: one line, two readers"]
    text = PUMP + '[[sources]]\ndriver = "bus"\n' + '[[sources]]\nname = "b"\ndriver = "bus"\n'
    assert faults_of(text) == ["sources[1].options: are the same as those of sources[0]: one line, two readers"]


def with_devices(*devices: str) -> str:
    pumps = (
        f'[[pumps]]\nid = "p{place}"\ndriver = "acme"\noptions = {{ device = "{device}", baud = {place} }}\n'
        for place, device in enumerate(devices)
    )
    return "".join(pumps)


def test_one_line_under_two_names_is_one_line(faults_of: FaultsOf, tmp_path: Path) -> None:
    (tmp_path / "usb-pump").symlink_to(tmp_path / "ttyUSB0")
    for first, second in [
        ("x", "./x"),
        ("/dev/a", "/dev/../dev//a"),
        (f"{tmp_path}/ttyUSB0", f"{tmp_path}/usb-pump"),
        ("socket://192.0.2.7:4000", "Socket://192.0.2.7:4000"),
    ]:
        (fault,) = faults_of(with_devices(first, second))
        assert fault == "pumps[1].options.device: is the line of pumps[0] already: one line, two readers"


def test_two_sources_of_one_name_are_refused(faults_of: FaultsOf, parsed: Parse) -> None:
    first, second = "[[sources]]\ndriver = 'bus'\n", "[[sources]]\ndriver = 'bus'\noptions = { a = 1 }\n"
    assert faults_of(PUMP + first + second) == [
        "sources[1].name: bus is there already; give every source a name of its own"
    ]
    assert [source.name for source in parsed(PUMP + first + second + 'name = "two"').sources] == ["bus", "two"]


def test_a_secret_of_a_driver_that_is_not_there_is_refused(faults_of: FaultsOf) -> None:
    options = 'options = { tls = { key = "file:nowhere" } }'
    (fault,) = faults_of(PUMP + f"[[sources]]\ndriver = 'bus'\n{options}")
    assert fault.startswith("sources[0].options.tls.key: ")
    assert "cannot be read" in fault


def test_a_secret_of_a_driver_that_others_may_read_is_refused(faults_of: FaultsOf, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter2")
    (tmp_path / "password").chmod(0o644)
    (fault,) = faults_of(PUMP + "[[sources]]\ndriver = 'bus'\noptions = { password = 'file:password' }")
    assert fault.startswith("sources[0].options.password: ")
    assert "open to others" in fault
    assert "hunter2" not in fault


def test_options_of_a_pump_with_other_faults_are_checked_too(faults_of: FaultsOf) -> None:
    faults = faults_of('[[pumps]]\nid = "a b"\ndriver = "acme"\n')
    assert [fault.partition(": ")[0] for fault in faults] == ["pumps[0].id", "pumps[0].options.device"]


@pytest.mark.parametrize("therapy", ["blinatumomab", "insulin"])
def test_a_pump_that_a_source_reads_has_no_driver(parsed: Parse, therapy: str) -> None:
    (pump,) = parsed(PUMP + f'therapy = "{therapy}"\n[[sources]]\ndriver = "bus"\n').pumps
    assert pump.driver is None
    assert not pump.options
