"""The serial drivers keep the contract, on pseudo-terminals with hand-written pumps at the far end."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from pathlib import Path

import pytest

from drivers.contract import DeliveryStatus, DriverContext, NotDeliveringReason, Observation
from drivers.serial_pump import json_lines_plugin
from drivers.testing.bench import Bench
from drivers.testing.capabilities import Capabilities
from drivers.testing.conformance import DriverConformance
from drivers.testing.reader import context_for
from drivers.testing.serial_bench import SerialBench
from observation_text import as_text
from zyno_bench import ALARMS, EVENTS, ZynoBench

PATIENCE_S = 50.0
"""For a machine that has much else to do; only a failing check waits so long."""

POLYNOMIAL = 0x1021


def crc_of(text: bytes) -> int:
    """Return CRC-16/CCITT-FALSE, bit by bit as its definition has it."""

    def shifted(crc: int, _bit: int) -> int:
        return (crc << 1 ^ POLYNOMIAL if crc & 0x8000 else crc << 1) & 0xFFFF

    return reduce(lambda crc, byte: reduce(shifted, range(8), crc ^ byte << 8), text, 0xFFFF)


def json_line(observation: Observation) -> bytes:
    text = as_text(observation)
    return b"%s *%04X\n" % (text, crc_of(text))


def test_the_check_value_of_the_definition() -> None:
    assert crc_of(b"123456789") == 0x29B1


class TestJsonLines(DriverConformance):
    capabilities = Capabilities(libraries=("serial",), patience_s=PATIENCE_S)

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[Bench]:
        with SerialBench(tmp_path, plugin=json_lines_plugin, encode=json_line) as bench:
            yield bench


class TestZyno(DriverConformance):
    capabilities = Capabilities(
        deliveries=frozenset({DeliveryStatus.DELIVERING, DeliveryStatus.NOT_DELIVERING}),
        reasons=frozenset({NotDeliveringReason.STOPPED_BY_USER}),
        alarms=frozenset(ALARMS),
        log_events=frozenset(EVENTS),
        status_alarms=False,  # its alarms are entries of the log
        status_volume_remaining=False,
        status_battery=False,
        volume_step_ml=0.01,
        fillers=b"\r\n\x00",
        queries=(rb"\x02(RN|RI|RC|RS|RL|RM|R3|R7|R9|RD|S9|Q0|Q3|Q4|Q5|Q6|RE0000[0-9A-F]{4})[0-9A-F]{2}\x03",),
        queries_per_minute_max=200,
        libraries=("serial",),
        patience_s=PATIENCE_S,
    )

    def context(self, bench: Bench) -> DriverContext:
        assert isinstance(bench, ZynoBench)
        return context_for(bench, now_s=bench.clock)

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[Bench]:
        with ZynoBench(tmp_path) as bench:
            yield bench
