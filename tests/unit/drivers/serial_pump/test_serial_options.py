"""Options of the serial drivers: all faults at once, each with its key and a hint, before anything is opened."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from drivers.contract import DriverContext
from drivers.errors import OptionsError
from drivers.serial_pump import json_lines_plugin, zyno_plugin
from drivers.serial_pump.options import JSON_LINES_KEYS, ZYNO_KEYS, check_json_lines, check_zyno, read_zyno

DEVICE = {"device": "/dev/serial/by-id/usb-acme"}


def test_a_device_is_enough() -> None:
    options = read_zyno(DEVICE)
    assert (options.line.baud, options.line.data_bits, options.line.parity, options.line.stop_bits) == (
        9600,
        8,
        "none",
        1,
    )
    assert (options.poll_s, options.queries_per_minute, options.bytes_per_minute) == (5.0, 240, 4000)
    assert check_json_lines(DEVICE) == []


def test_the_default_budget_carries_the_shortest_poll() -> None:
    options = read_zyno(DEVICE | {"poll_s": 1})
    assert options.queries_per_minute == 375
    assert options.bytes_per_minute == 4000


def test_all_faults_are_told_at_once_and_each_begins_with_its_key() -> None:
    faults = check_zyno({"baud": "fast", "pol_s": 5, "parity": "evn", "tries": 0, "reply_timeout_s": True})
    assert [fault.split(":")[0] for fault in faults] == [
        "pol_s",
        "device",
        "parity",
        "baud",
        "reply_timeout_s",
        "tries",
    ]
    assert all(fault.endswith((".", "?")) for fault in faults)


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"pol_s": 5}, "did you mean poll_s?"),
        ({"colour": "red"}, "the options are baud, bytes_per_minute"),
        ({"parity": "evn"}, "Did you mean 'even'?"),
        ({"device": "soket://host:1"}, "did you mean socket://?"),
        ({"device": "socket://host"}, "socket://HOST:PORT"),
        ({"device": "socket://host:99999"}, "socket://HOST:PORT"),
        ({"device": ""}, "must be the path"),
        ({"device": 5}, "must be the path"),
        ({"data_bits": 9}, "one of 7, 8"),
        ({"data_bits": True}, "one of 7, 8"),
        ({"baud": 10}, "from 300 to"),
        ({"baud": 9600.0}, "a whole number"),
        ({"poll_s": 0.5}, "from 1 to 300"),
        ({"poll_s": float("nan")}, "must be a number"),
        ({"poll_s": "5s"}, "must be a number"),
        ({"queries_per_minute": 60}, "needs 75"),
        ({"bytes_per_minute": 300}, "needs 450"),
        ({"volume_counter": "totl"}, "Did you mean 'total'?"),
        ({"checksum": "crc"}, "one of 'sum', 'xor'"),
    ],
)
def test_a_fault_says_what_would_be_right(options: dict[str, Any], hint: str) -> None:
    (fault,) = check_zyno(DEVICE | options)
    assert fault.startswith(next(iter(options)) + ": ")
    assert hint in fault


@pytest.mark.parametrize(
    "device", ["/dev/ttyUSB0", "COM7", "socket://10.0.0.7:4001", "loop://", "rfc2217://h:1", "hwgrep://x"]
)
def test_paths_and_urls_are_devices(device: str) -> None:
    assert check_json_lines({"device": device}) == []


def test_an_option_of_the_other_driver_is_unknown() -> None:
    assert check_json_lines(DEVICE | {"poll_s": 5})[0].startswith("poll_s: there is no such option")
    assert set(JSON_LINES_KEYS) < set(ZYNO_KEYS)


def context(pump: str | None, options: dict[str, Any]) -> DriverContext:
    class Memory:
        def load(self) -> bytes | None:
            return None

        def save(self, data: bytes) -> None:
            raise AssertionError

    return DriverContext(
        name="pumps[0]", pump=pump, serial=None, options=options, now_s=lambda: 0.0, memory=Memory(), secret=str
    )


@pytest.mark.parametrize("plugin", [zyno_plugin, json_lines_plugin], ids=lambda plugin: plugin.name)
def test_wrong_options_fail_before_any_line_is_opened(plugin: Any) -> None:
    with pytest.raises(OptionsError, match="device"):
        plugin.create(context("p1", {}))
    with pytest.raises(OptionsError, match=r"\[\[pumps\]\]"):
        plugin.create(context(None, DEVICE))


def test_importing_the_plugins_does_not_import_pyserial() -> None:
    program = "import sys, drivers.serial_pump; sys.exit('serial' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
