"""An engine over a database in memory whose core a test can break, with what it tells and counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from drivers.contract import AlarmObserved, AlarmPhase, Batch, DeliveryStatus, Observation, StatusObserved
from drivers.registry import discover
from monitor.clock import ManualClock
from monitor.config.loading import parse
from monitor.escalation.channel import Notice
from monitor.feed.metrics import FeedMetrics
from monitor.feed.records import Health, Site
from monitor.interruption.events import Event
from monitor.interruption.policy import Policy
from monitor.interruption.state import PumpState
from monitor.interruption.transitions import Step, step
from monitor.service.engine import Engine
from monitor.service.feed_source import EngineSource
from monitor.service.intake import BatchArrived
from monitor.storage.rows import CommitResult
from monitor.storage.unit_of_work import Store
from monitor.storage.work import Work

CONFIG = '[site]\nid = "home"\n[[pumps]]\nid = "p1"\n[[pumps]]\nid = "p2"\n'
START_US = 1_790_000_000_000_000
RUNS = StatusObserved(delivery=DeliveryStatus.DELIVERING)
AIR = AlarmObserved(code="air", phase=AlarmPhase.START)


class House:
    """An engine over a database in memory, with a clock that the test moves and notices that it collects."""

    def __init__(self, room: int = 1_000) -> None:
        self.clock = ManualClock(START_US)
        self.store = Store.open("sqlite://", START_US)
        self.told: list[Notice] = []
        self.room = room
        self.restart()

    def restart(self) -> None:
        """Let another process take over from what is stored."""
        self.engine = Engine(parse(CONFIG, Path.cwd(), discover()), self.store, self.clock, self.offer)
        self.engine.load()

    def offer(self, notices: Sequence[Notice]) -> list[Notice]:
        """Take as many notices as there is room for."""
        taken, left = list(notices[: self.room]), list(notices[self.room :])
        self.told += taken
        return left

    def hear(self, *said: tuple[str, Observation], settler: Settler | None = None) -> None:
        """Hand in what pumps said, as one batch of one line."""
        self.engine.intake.submit(BatchArrived("line", Batch(items=list(said)), settler))

    def refuse(self, fault: Exception, patch: pytest.MonkeyPatch) -> None:
        """Let the store take nothing more."""

        def commit(_store: Store, _work: Work) -> CommitResult:
            raise fault

        patch.setattr(Store, "commit", commit)
        assert self.engine.store is self.store


class Settler:
    """Notes what it is told of, and may fail."""

    def __init__(self, *, fails: bool = False) -> None:
        self.settled: list[Batch] = []
        self.fails = fails

    def settle(self, batch: Batch) -> None:
        """Note the batch, or fail."""
        if self.fails:
            raise RuntimeError("the driver's own fault")
        self.settled.append(batch)


def fail_for(pump: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the core fail at everything that is about one pump."""

    def failing(state: PumpState, event: Event, policy: Policy) -> Step:
        if policy.pump == pump:
            raise ArithmeticError("a fault of ours")
        return step(state, event, policy)

    monkeypatch.setattr("monitor.service.processor.step", failing)


def faults_shown(house: House) -> dict[str, float]:
    """Return the faults of our own that the metrics show, by their labels."""
    source = EngineSource(house.engine, lambda: Health(at_us=0, checks=()), Site(id="home"))
    metrics = FeedMetrics()
    metrics.watch(source)
    found = re.findall(r"^pumpwatch_faults_total\{(.*)\} (.*)$", metrics.text().decode(), re.MULTILINE)
    return {labels: float(value) for labels, value in found}
