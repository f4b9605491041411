"""The driver ``mqtt`` keeps the contract, at a real broker."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.testing.bench import Bench
from drivers.testing.capabilities import Capabilities
from drivers.testing.conformance import DriverConformance
from mosquitto import Broker, mosquitto_path
from mqtt_bench import MqttBench


class TestMqtt(DriverConformance):
    capabilities = Capabilities(
        byte_stream=False,
        repeats_unsettled=True,
        # Markers that the monitor writes to itself; no pump listens to them.
        queries=(rb"pumpwatch/1/monitor/bench/marker .*",),
        libraries=("paho",),
        patience_s=50.0,  # for a machine that has much else to do; only a failing check waits so long
    )

    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[Bench]:
        if mosquitto_path() is None:
            if os.environ.get("CI"):
                pytest.fail("Mosquitto is not installed on the build server.")
            pytest.skip("Mosquitto is not installed.")
        with Broker(tmp_path / "broker") as broker, MqttBench(broker) as bench:
            yield bench
