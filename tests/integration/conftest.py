"""Gives the tests of real parts a broker, or skips them where none is installed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mosquitto import Broker, mosquitto_path

BrokerFactory = Callable[..., Broker]


@pytest.fixture
def make_broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BrokerFactory]:
    """Make and start brokers with the arguments of ``mosquitto.Broker``; all are killed at the end.

    Our side gives them the time that they need on a machine that has much else to do.
    """
    monkeypatch.setattr("drivers.mqtt_pump.connection.ANSWER_TURNS", 240)
    monkeypatch.setattr("drivers.mqtt_pump.client.CONNECT_WAIT_S", 30.0)
    if mosquitto_path() is None:
        if os.environ.get("CI"):
            pytest.fail("Mosquitto is not installed on the build server.")
        pytest.skip("Mosquitto is not installed.")
    with contextlib.ExitStack() as brokers:
        count = 0

        def make(**settings: Any) -> Broker:
            nonlocal count
            count += 1
            return brokers.enter_context(Broker(tmp_path / f"broker-{count}", **settings))

        yield make


@pytest.fixture
def long_goodbye(monkeypatch: pytest.MonkeyPatch) -> None:
    """Close no line before a broker, however slow, has read what we acknowledged."""
    monkeypatch.setattr("drivers.mqtt_pump.buffered_socket.GOODBYE_WAIT_S", 30.0)


@pytest.fixture
def broker(make_broker: BrokerFactory) -> Broker:
    """Return a plain broker that lets everybody in and keeps nothing on disk."""
    return make_broker()
