"""One turn of the intake: a fault in one part loses nothing of the others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from breakable_house import AIR, CONFIG, RUNS, START_US, House, Settler, fail_for, faults_shown
from drivers.contract import Batch, DeliveryStatus
from drivers.registry import discover
from monitor.config.loading import parse
from monitor.errors import StorageDegraded, StorageError
from monitor.interruption.events import Acknowledged, Event
from monitor.service.engine import Engine
from monitor.service.intake import BatchArrived, EventArrived, Rang, Reply
from monitor.service.own_faults import AFTER_FAULT_US


@pytest.fixture
def house() -> Iterator[House]:
    one = House()
    yield one
    one.store.close()


def test_a_driver_that_fails_to_settle_keeps_no_notice_and_no_other_source_waiting(house: House) -> None:
    good = Settler()
    house.engine.intake.submit(
        BatchArrived("bad", Batch(items=[("p1", RUNS), ("p1", AIR)]), Settler(fails=True)),
        BatchArrived("good", Batch(items=[("p2", RUNS)]), good),
    )
    assert house.told != []
    assert len(good.settled) == 1


def test_an_item_that_fails_loses_none_behind_it_and_is_answered(house: House) -> None:
    def broken(_at_us: int) -> Event:
        raise RuntimeError("a fault of ours")

    reply = Reply()
    house.engine.intake.submit(EventArrived("p1", broken, reply), BatchArrived("line", Batch(items=[("p2", RUNS)])))
    assert reply.done.is_set()
    assert isinstance(reply.fault, RuntimeError)
    state = house.engine.book.entries["p2"].state
    assert state is not None
    assert state.delivery is DeliveryStatus.DELIVERING


def test_faults_of_our_own_are_counted_by_cause(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults_shown(house) == {}
    fail_for("p1", monkeypatch)
    house.hear(("p1", RUNS))
    house.hear(("p1", RUNS))

    def broken(_at_us: int) -> Event:
        raise RuntimeError("a fault of ours")

    house.engine.intake.submit(EventArrived("p2", broken, Reply()))
    assert faults_shown(house) == {
        'at="BatchArrived",cause="ArithmeticError"': 2.0,
        'at="EventArrived",cause="RuntimeError"': 1.0,
    }


def test_an_observation_that_fails_keeps_no_other_pump_s_out_and_is_not_settled(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    settler = Settler()
    arrived = BatchArrived("line", Batch(items=[("p1", RUNS), ("p2", RUNS)], bookmark=b"9"), settler)
    with monkeypatch.context() as patch:
        fail_for("p1", patch)
        house.engine.intake.submit(arrived)
    other = house.engine.book.entries["p2"].state
    assert other is not None
    assert other.delivery is DeliveryStatus.DELIVERING
    assert settler.settled == []
    assert house.engine.processor.ledger.bookmarks == {}
    house.engine.intake.submit(arrived)
    assert len(settler.settled) == 1
    assert house.engine.processor.ledger.bookmarks == {"line": b"9"}


def test_a_deadline_that_fails_keeps_no_other_pump_s_from_being_taken_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.hear(("p1", RUNS), ("p2", RUNS))
    with monkeypatch.context() as patch:
        fail_for("p1", patch)
        house.clock.move_to(START_US + 20 * 60_000_000)
        house.engine.intake.submit(Rang())
        assert {pump for pump, _ in opened(house)} == {"p2"}
        assert faults_shown(house) == {'at="Rang",cause="ArithmeticError"': 1.0}
        house.engine.intake.submit(Rang())
        assert faults_shown(house) == {'at="Rang",cause="ArithmeticError"': 1.0}
    next_us = house.engine.processor.next_us()
    assert next_us == house.clock.now_us() + AFTER_FAULT_US
    house.clock.move_to(next_us)
    house.engine.intake.submit(Rang())
    assert {pump for pump, _ in opened(house)} == {"p1", "p2"}


def opened(house: House) -> list[tuple[str, int]]:
    return [(row.pump, row.number) for _, row in house.store.reader.interruptions(10)]


def test_while_the_store_refuses_people_are_told_once_and_sources_wait(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    settler = Settler()
    with monkeypatch.context() as patch:
        house.refuse(StorageDegraded("the disk is full"), patch)
        house.hear(("p1", RUNS), ("p1", AIR), settler=settler)
        house.engine.intake.submit(Rang())
        first = [(notice.contact, notice.text) for notice in house.told]
        assert any("storage" in notice.title for notice in house.told)
        assert len(first) == len(set(first))
        assert settler.settled == []
        assert house.engine.processor.ledger.fault == "the disk is full"
    told = len(house.told)
    house.engine.intake.submit(Rang())
    assert len(settler.settled) == 1
    assert len(house.told) == told
    assert house.engine.processor.ledger.is_sound
    house.engine.intake.submit(Rang())
    codes = {row.code: row.resolved_at_us for _, row in house.store.reader.alerts(10)}
    assert codes["air"] is None
    assert {notice.state for notice in house.store.reader.notices(100)} <= {"offered", "accepted"}


def test_a_row_that_no_store_can_take_stops_no_later_commit(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        house.refuse(StorageError("out of range"), patch)
        house.hear(("p1", RUNS), ("p1", AIR))
        assert house.told != []
    house.hear(("p2", RUNS), ("p2", AIR))
    assert any(row.pump == "p2" for _, row in house.store.reader.alerts(10))


def test_what_finds_no_room_while_the_store_refuses_is_offered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(room=1)
    with monkeypatch.context() as patch:
        house.refuse(StorageDegraded("the disk is full"), patch)
        house.hear(("p1", RUNS), ("p1", AIR))
        few = len(house.told)
        house.room = 1_000
        house.engine.intake.submit(Rang(is_housekeeping=True))
        assert len(house.told) > few
    house.store.close()


def test_a_command_is_answered_when_it_is_durable(house: House) -> None:
    house.hear(("p1", RUNS), ("p1", AIR))
    reply = Reply()
    house.engine.intake.submit(EventArrived("p1", lambda at_us: Acknowledged(at_us=at_us, what="air", by="ann"), reply))
    assert reply.done.is_set()
    assert reply.fault is None
    assert reply.cursor == house.store.reader.last_journal_id()


def test_after_a_downtime_a_pump_that_is_heard_at_once_alarms_nobody() -> None:
    house = House()
    house.hear(("p1", RUNS), ("p2", RUNS))
    house.engine.intake.submit(Rang(is_housekeeping=True))
    house.clock.move_to(START_US + 20 * 60_000_000)
    again = Engine(parse(CONFIG, Path.cwd(), discover()), house.store, house.clock, house.offer)
    again.load(grace_us=8_000_000)
    assert house.told == []
    house.clock.move_to(house.clock.now_us() + 5_000_000)
    again.intake.submit(BatchArrived("line", Batch(items=[("p1", RUNS)])))
    assert house.told == []
    house.clock.move_to(house.clock.now_us() + 5_000_000)
    again.intake.submit(Rang())
    assert {notice.key for notice in house.told} != set()
    assert all("p2" in notice.text for notice in house.told)
    house.store.close()
