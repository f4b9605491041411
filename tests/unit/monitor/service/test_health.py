"""Readiness by rung: a rung works while one of its channels does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.registry import discover
from monitor.clock import ManualClock
from monitor.config.loading import parse
from monitor.escalation.outcomes import ChannelHealth
from monitor.service.engine import Engine
from monitor.service.health import HealthWatch, rungs_of
from monitor.service.timers import Timers
from monitor.storage.unit_of_work import Store

CONFIG = """
[site]
id = "home"
[[pumps]]
id = "p1"
[[contacts]]
id = "ann"
role = "home-nurse"
channels = ["log", "console"]
[[contacts]]
id = "bea"
role = "patient"
channels = ["console"]
"""
START_US = 1_790_000_000_000_000


def doing(*, failing: bool) -> ChannelHealth:
    return ChannelHealth(
        waiting=0, accepted=0, failed=0, failing_since_us=START_US if failing else None, last_error="no line"
    )


@pytest.fixture
def store() -> Iterator[Store]:
    one = Store.open("sqlite://", START_US)
    yield one
    one.close()


def test_a_rung_is_down_when_every_channel_of_its_people_fails(store: Store) -> None:
    config = parse(CONFIG, Path.cwd(), discover())
    clock = ManualClock(START_US)
    engine = Engine(config, store, clock, lambda _: [])
    timers = Timers(clock, lambda: None, lambda: None)
    channels = {"console": doing(failing=True), "log": doing(failing=False)}
    watch = HealthWatch(clock, engine.processor, timers, [], rungs_of(config), lambda: channels)
    checks = {check.name: check for check in watch.health().checks}
    assert checks["rung:home-nurse"].is_ok
    assert not checks["rung:patient"].is_ok
    assert "no line" in checks["rung:patient"].why
    assert not watch.health().is_ready
