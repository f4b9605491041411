"""A fault of the monitor itself at a pump is seen in its readiness and told to people until it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from breakable_house import AIR, RUNS, START_US, House, Settler, fail_for, faults_shown
from drivers.contract import Batch, LinkChanged
from monitor.clock import SECOND_US
from monitor.errors import StorageError
from monitor.escalation.ladder import advance_alert
from monitor.escalation.rungs import MONITOR_FAULT, Ladder
from monitor.escalation.turns import LadderState, LadderTurn
from monitor.feed.records import HealthCheck
from monitor.interruption.alarms import OwnCode
from monitor.interruption.events import Acknowledged, Event
from monitor.interruption.state import Alert
from monitor.interruption.transitions import step
from monitor.service.health import HealthWatch
from monitor.service.intake import BatchArrived, EventArrived, NoticesReported, Rang, Reply, SiteChanged
from monitor.service.own_faults import AFTER_FAULT_US, QUIET_US
from monitor.service.timers import Timers

MINUTE_US = 60 * SECOND_US
SKEW = SiteChanged(OwnCode.CLOCK_SKEW, active=True, detail="the wall clock stepped")
BROKEN_ACK = EventArrived("p1", lambda at_us: Acknowledged(at_us=at_us, what="air", by="ann"))


@pytest.fixture
def house() -> Iterator[House]:
    one = House()
    one.hear(("p1", RUNS), ("p2", RUNS))
    yield one
    one.store.close()


def core_check(house: House) -> HealthCheck:
    timers = Timers(house.clock, lambda: None, lambda: None)
    watch = HealthWatch(house.clock, house.engine.processor, timers, [], {}, dict)
    health = watch.health()
    checks = {check.name: check for check in health.checks}
    assert health.is_ready is all(check.is_ok for check in health.checks)
    return checks["core"]


def is_ready(house: House) -> bool:
    return core_check(house).is_ok


def pass_time(house: House, length_us: int) -> None:
    house.clock.move_to(house.clock.now_us() + length_us)
    house.engine.intake.submit(Rang(is_housekeeping=True))


def conditions(house: House) -> list[tuple[str, bool]]:
    """Return code and whether it stands, of each condition of the monitor itself."""
    rows = [row for _, row in house.store.reader.alerts(100) if not row.pump]
    return [(row.code, row.resolved_at_us is None) for row in reversed(rows)]


def failing_once(what: Callable[..., Any]) -> tuple[Callable[..., Any], list[Exception]]:
    """Return ``what`` failing at its first call, and the faults that are still to come."""
    faults: list[Exception] = [ArithmeticError("a fault of ours")]

    def fail(*given: Any, **named: Any) -> Any:
        if faults:
            raise faults.pop()
        return what(*given, **named)

    return fail, faults


def test_a_pump_at_which_the_core_fails_is_named_until_it_is_heard_without_a_fault(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_ready(house)
    with monkeypatch.context() as patch:
        fail_for("p1", patch)
        house.hear(("p1", RUNS))
        assert core_check(house) == HealthCheck(
            name="core",
            is_ok=False,
            why="the monitor itself fails at pump p1 (ArithmeticError when it was heard): "
            "what is shown of it may be wrong",
        )
        house.hear(("p2", RUNS))
        assert not is_ready(house)
    house.hear(("p2", RUNS))
    assert not is_ready(house)
    house.hear(("p1", LinkChanged(online=True, why="will")))
    assert not is_ready(house)
    house.hear(("p1", RUNS))
    assert core_check(house) == HealthCheck(name="core", is_ok=True)


def test_a_pump_of_which_one_word_of_two_fails_is_not_heard_without_a_fault(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, _ = failing_once(step)
    monkeypatch.setattr("monitor.service.processor.step", broken)
    house.hear(("p1", AIR), ("p1", RUNS))
    assert not is_ready(house)
    house.hear(("p1", AIR), ("p1", RUNS))
    assert is_ready(house)


def test_no_time_that_passes_makes_a_fault_at_a_pump_good(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        fail_for("p1", patch)
        house.hear(("p1", RUNS))
    for _ in range(5):
        pass_time(house, QUIET_US)
    assert not is_ready(house)
    assert (MONITOR_FAULT, True) in conditions(house)


def test_a_deadline_at_which_the_core_fails_is_made_good_by_a_deadline_only(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fail_for("p1", patch)
        pass_time(house, 20 * MINUTE_US)
        assert "pump p1 (ArithmeticError at a deadline of it)" in core_check(house).why
    house.hear(("p1", RUNS))
    assert not is_ready(house)
    pass_time(house, AFTER_FAULT_US)
    assert is_ready(house)


def test_an_event_at_which_the_core_fails_is_made_good_by_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fail_for("p1", patch)
        house.engine.intake.submit(BROKEN_ACK)
        assert "pump p1 (ArithmeticError at what people or its link said)" in core_check(house).why
    house.engine.intake.submit(BROKEN_ACK)
    assert is_ready(house)


def test_of_many_pumps_some_are_named_and_the_others_counted(house: House) -> None:
    faults = house.engine.processor.faults
    for number in range(8):
        faults.note("BatchArrived", ArithmeticError(), START_US, f"x{number}")
    why = core_check(house).why
    assert why.startswith("the monitor itself fails at pumps x0, x1, x2, x3, x4 and 3 more (ArithmeticError when")


def test_what_fails_at_no_pump_is_shown_while_it_is_recent(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(house.engine.outgoing, "note_outcomes", failing_once(print)[0])
        house.engine.intake.submit(NoticesReported([]))
    assert core_check(house).why == (
        "the monitor itself failed lately (ArithmeticError at NoticesReported): what it shows may be wrong"
    )
    pass_time(house, QUIET_US - SECOND_US)
    assert not is_ready(house)
    pass_time(house, 2 * SECOND_US)
    assert is_ready(house)


def test_people_are_told_of_a_fault_once_however_often_it_comes_and_goes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(10):
        with monkeypatch.context() as patch:
            fail_for("p1", patch)
            house.hear(("p1", RUNS))
        house.hear(("p1", RUNS), ("p2", RUNS))
        pass_time(house, 10 * SECOND_US)
        assert is_ready(house)
    assert conditions(house) == [(MONITOR_FAULT, True)]
    told = [notice for notice in house.told if MONITOR_FAULT in notice.text]
    assert {notice.rung for notice in told} == {"home-nurse", "on-call-nurse"}
    assert len([notice for notice in told if notice.rung == "home-nurse"]) == 1
    assert all("pump p1" in notice.text and "monitor itself" in notice.text for notice in told)
    (row,) = [row for _, row in house.store.reader.alerts(10) if row.code == MONITOR_FAULT]
    assert row.priority == "high"
    assert "p1" in row.detail


def test_the_condition_ends_when_nothing_has_failed_for_a_while(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        fail_for("p1", patch)
        house.hear(("p1", RUNS))
        pass_time(house, 5 * MINUTE_US)
    house.hear(("p1", RUNS), ("p2", RUNS))
    pass_time(house, QUIET_US - SECOND_US)
    house.hear(("p1", RUNS), ("p2", RUNS))
    assert conditions(house) == [(MONITOR_FAULT, True)]
    pass_time(house, 2 * SECOND_US)
    assert conditions(house) == [(MONITOR_FAULT, False)]


def test_a_condition_of_an_earlier_process_is_over_and_not_told_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fail_for("p1", patch)
        house.hear(("p1", RUNS))
    house.told.clear()
    house.restart()
    pass_time(house, SECOND_US)
    assert conditions(house) == [(MONITOR_FAULT, False)]
    assert house.told == []


def test_a_fault_at_the_monitor_s_own_conditions_keeps_nothing_from_being_stored(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.engine.intake.submit(SKEW)
    house.told.clear()
    settler = Settler()
    with monkeypatch.context() as patch:
        # What is raised meanwhile is to be told all the same.
        def failing(kept: LadderState | None, alert: Alert, ladder: Ladder, now_us: int) -> LadderTurn:
            if alert.code == OwnCode.CLOCK_SKEW:
                raise ArithmeticError("a fault of ours")
            return advance_alert(kept, alert, ladder, now_us)

        patch.setattr("monitor.service.site_board.advance_alert", failing)
        due_us = house.engine.board.next_us = house.clock.now_us()
        house.hear(("p1", AIR), settler=settler)
        house.engine.intake.submit(SiteChanged(OwnCode.CLIENT_TAKEOVER, active=True))
        assert len(settler.settled) == 1
        assert house.store.reader.alert("p1", 1) is not None
        assert any(OwnCode.CLIENT_TAKEOVER in notice.text for notice in house.told)
        assert 'at="SiteBoard",cause="ArithmeticError"' in faults_shown(house)
        assert not is_ready(house)
        # Not at once and for ever.
        assert house.engine.board.next_us == due_us + AFTER_FAULT_US
        assert house.engine.processor.deadline_us == due_us + AFTER_FAULT_US
    pass_time(house, AFTER_FAULT_US)
    assert house.engine.board.next_us != due_us + AFTER_FAULT_US


def test_a_fault_at_the_end_of_a_turn_keeps_the_doorbell_armed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    armed: list[int] = []
    house.engine.processor.on_deadline = armed.append
    monkeypatch.setattr(house.engine.processor.ledger, "commit", lambda _now_us: False)
    monkeypatch.setattr(house.engine.board, "change", failing_once(house.engine.board.change)[0])
    house.hear(("p1", AIR))
    assert armed != []
    assert 'at="SiteChanged",cause="ArithmeticError"' in faults_shown(house)


def test_a_driver_that_cannot_be_told_and_a_row_that_no_store_takes_are_counted(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.hear(("p1", RUNS), settler=Settler(fails=True))
    assert faults_shown(house) == {'at="settle",cause="RuntimeError"': 1.0}
    with monkeypatch.context() as patch:
        house.refuse(StorageError("out of range"), patch)
        house.hear(("p1", AIR))
    assert faults_shown(house)['at="commit",cause="StorageError"'] == 1.0


def test_notices_that_cannot_be_handed_on_keep_no_source_and_nobody_who_asked_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    settler, reply, woken = Settler(), Reply(), [0]
    house.engine.processor.ledger.subscribe(failing_once(print)[0])
    house.engine.processor.ledger.subscribe(lambda: woken.append(1))
    with monkeypatch.context() as patch:
        patch.setattr(house.engine.outgoing, "_offer", failing_once(house.offer)[0])
        house.engine.intake.submit(
            EventArrived("p1", lambda at_us: Acknowledged(at_us=at_us, what="air", by="ann"), reply),
            BatchArrived("line", Batch(items=[("p1", AIR)]), settler),
        )
    assert len(settler.settled) == 1
    assert reply.done.is_set()
    assert len(woken) > 1
    assert faults_shown(house) == {'at="tell",cause="ArithmeticError"': 1.0, 'at="wake",cause="ArithmeticError"': 1.0}
    assert not is_ready(house)
    assert house.told == []
    pass_time(house, SECOND_US)
    assert any("air" in notice.text for notice in house.told)


def test_a_fault_of_a_stranger_s_word_is_told_and_names_no_pump_under_watch(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(house.engine.board, "change", failing_once(house.engine.board.change)[0])
        house.engine.intake.submit(BatchArrived("line", Batch(items=[("stranger", RUNS)])))
    assert "stranger" not in core_check(house).why
    assert not is_ready(house)


def test_whoever_asked_is_told_of_the_fault(house: House) -> None:
    def broken(_at_us: int) -> Event:
        raise RuntimeError("a fault of ours")

    reply = Reply()
    house.engine.intake.submit(EventArrived("nobody", broken, reply))
    assert reply.done.is_set()
    assert not is_ready(house)
