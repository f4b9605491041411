"""What moved without a change is written down in parts, so that news does not wait behind a whole fleet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.contract import Batch, DeliveryStatus, StatusObserved
from drivers.registry import discover
from monitor.clock import SECOND_US, ManualClock
from monitor.config.loading import parse
from monitor.service.book import Entry
from monitor.service.engine import Engine
from monitor.service.intake import BatchArrived, Rang
from monitor.storage.unit_of_work import Store

PUMPS = [f"p{number}" for number in range(5)]
CONFIG = '[site]\nid = "home"\n' + "".join(f'[[pumps]]\nid = "{pump}"\n' for pump in PUMPS)
START_US = 1_790_000_000_000_000
RUNS = StatusObserved(delivery=DeliveryStatus.DELIVERING)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Five pumps that were heard a second ago and wait to be written down, two in each turn."""
    monkeypatch.setattr("monitor.service.upkeep.FLUSHED_PER_TURN", 2)
    store = Store.open("sqlite://", START_US)
    clock = ManualClock(START_US)
    one = Engine(parse(CONFIG, Path.cwd(), discover()), store, clock, lambda _: [])
    one.load()
    hear(one, *PUMPS)
    clock.move_to(START_US + 10 * SECOND_US)
    hear(one, *PUMPS)
    clock.move_to(START_US + 11 * SECOND_US)
    yield one
    store.close()


def hear(engine: Engine, *pumps: str) -> None:
    engine.intake.submit(BatchArrived("line", Batch(items=[(pump, RUNS) for pump in pumps])))


def written(engine: Engine) -> list[str]:
    """Return the pumps whose stored state is what is known of them."""
    entries = engine.book.entries
    return [kept.pump for kept in engine.store.load_states() if kept.state == state_of(entries[kept.pump])]


def state_of(entry: Entry) -> bytes:
    return entry.encoded()[0]


def test_one_turn_writes_down_a_part_and_says_that_there_is_more(engine: Engine) -> None:
    bell = Rang(is_housekeeping=True)
    alive_us = engine.store.last_alive_us()
    counts: list[int] = []
    while not counts or bell.has_more:
        engine.processor.handle([bell])
        counts.append(len(written(engine)))
        if bell.has_more:
            # A crash now would leave states that are older than this instant would claim.
            assert engine.store.last_alive_us() == alive_us
    assert counts == [2, 4, 5]
    assert engine.store.last_alive_us() == engine.clock.now_us()


def test_whoever_asks_for_housekeeping_has_it_done_when_the_intake_answers(engine: Engine) -> None:
    assert written(engine) == []
    engine.intake.submit(Rang(is_housekeeping=True))
    assert written(engine) == PUMPS


def test_the_monitor_is_known_to_be_alive_from_the_first_part_on_and_no_later(engine: Engine) -> None:
    bell = Rang(is_housekeeping=True)
    begun_us = engine.clock.now_us()
    engine.processor.handle([bell])
    assert isinstance(engine.clock, ManualClock)
    engine.clock.move_to(begun_us + SECOND_US)
    engine.intake.submit(bell)
    assert engine.store.last_alive_us() == begun_us


def test_a_pump_that_is_heard_between_two_parts_is_written_down_as_it_was_heard_last(engine: Engine) -> None:
    bell = Rang(is_housekeeping=True)
    engine.processor.handle([bell])
    hear(engine, *PUMPS)
    while bell.has_more:
        engine.processor.handle([bell])
    engine.intake.submit(Rang(is_housekeeping=True))
    assert written(engine) == PUMPS
