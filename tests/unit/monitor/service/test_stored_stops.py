"""The stops of an interruption are stored with it, and found again when memory has let go of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from drivers.contract import Batch, DeliveryStatus, LogEvent, LogEventObserved, StatusObserved
from drivers.registry import discover
from monitor.clock import ManualClock
from monitor.config.loading import parse
from monitor.escalation.explanation import Rule, explain
from monitor.escalation.turns import LadderState
from monitor.feed.records import Health, InterruptionRecord, Site
from monitor.feed.render import interruption_answer
from monitor.feed.wire import instant
from monitor.interruption.events import Closed, Outcome
from monitor.interruption.policy import HOUR_US, MINUTE_US
from monitor.interruption.state import Phase, PumpState
from monitor.service.engine import Engine
from monitor.service.feed_source import EngineSource
from monitor.service.intake import BatchArrived, EventArrived, Rang
from monitor.service.recording import Body, RungSummary, body_of, interruption_row, stored_view
from monitor.storage.rows import InterruptionRow
from monitor.storage.unit_of_work import Store
from told_stops import counted_gap, silent
from watched import minutes

CONFIG = '[site]\nid = "home"\n[[pumps]]\nid = "p1"\norder = { rate_ml_per_h = 5.0 }\n'
START_US = 1_790_000_000_000_000


class Ward:
    """An engine over a database in memory that is started again at will."""

    def __init__(self) -> None:
        self.clock = ManualClock(START_US)
        self.store = Store.open("sqlite://", START_US)
        self.start()

    def start_again(self) -> None:
        self.engine.intake.submit(Rang(is_housekeeping=True))
        self.start()

    def start(self) -> None:
        self.engine = Engine(parse(CONFIG, Path.cwd(), discover()), self.store, self.clock, lambda _notices: [])
        self.engine.load()
        site = Site(id="home")
        self.source = EngineSource(self.engine, lambda: Health(at_us=0, checks=()), site)

    def hear(self, minute: float, said: StatusObserved | LogEventObserved) -> None:
        self.wait(minute)
        self.engine.intake.submit(BatchArrived("line", Batch(items=[("p1", said)])))

    def wait(self, minute: float) -> None:
        at_us = START_US + round(minute * MINUTE_US)
        while (next_us := self.engine.processor.next_us()) is not None and next_us <= at_us:
            self.clock.move_to(max(next_us, self.clock.now_us()))
            self.engine.intake.submit(Rang())
        self.clock.move_to(at_us)

    def runs(self, first: int, last: int, every: int = 5) -> None:
        for minute in range(first, last + 1, every):
            self.hear(minute, StatusObserved(delivery=DeliveryStatus.DELIVERING, rate_ml_per_h=5.0))

    def stands(self, first: int, last: int) -> None:
        self.hear(first, LogEventObserved(event=LogEvent.DELIVERY_STOP))
        for minute in range(first, last, 5):
            self.hear(minute, StatusObserved(delivery=DeliveryStatus.NOT_DELIVERING, rate_ml_per_h=0.0))

    @property
    def record(self) -> InterruptionRecord:
        found = self.source.interruption("p1-1")
        assert found is not None
        return found

    def phase(self) -> Phase:
        return self.record.view.phase

    @property
    def state(self) -> PumpState:
        found = self.engine.book.entries["p1"].state
        assert found is not None
        return found


@pytest.fixture
def ward() -> Iterator[Ward]:
    one = Ward()
    yield one
    one.store.close()


def spans(record: InterruptionRecord) -> list[tuple[int, int]]:
    return [(stop.min_us // MINUTE_US, stop.max_us // MINUTE_US) for stop in record.view.stops]


def test_what_ended_keeps_its_stops_when_it_has_left_memory_and_after_a_restart(ward: Ward) -> None:
    ward.runs(0, 60)
    ward.stands(60, 80)
    ward.runs(80, 90)
    ward.stands(90, 100)
    ward.runs(100, 100 + 26 * 60)
    expected = [(15, 20), (5, 10)]
    assert ward.phase() == Phase.ENDED
    assert spans(ward.record) == expected
    ward.start_again()
    ward.hear(1663, LogEventObserved(event=LogEvent.DELIVERY_START))
    ward.runs(1665, 1663 + 25 * 60)
    ward.hear(1664 + 25 * 60, LogEventObserved(event=LogEvent.DELIVERY_START))
    assert spans(ward.record) == expected
    assert ward.state.fold.done == ()
    sentences = explain(ward.record.view, ward.record.rule, UTC)
    assert sentences[-1].endswith("flow had then been confirmed for 30 min.")


def test_what_waits_for_review_keeps_its_stops_through_restart_and_close(ward: Ward) -> None:
    ward.runs(0, 60)
    ward.stands(60, 310)
    ward.runs(310, 310 + 50 * 60)
    assert ward.phase() == Phase.AWAITING_REVIEW
    assert spans(ward.record) == [(245, 250)]
    ward.start_again()
    assert spans(ward.record) == [(245, 250)]
    close = Closed(at_us=ward.clock.now_us(), outcome=Outcome.SUPERVISED_RESTART, note="seen", by="Dr. Sol")
    ward.engine.intake.submit(EventArrived("p1", lambda _at_us: close))
    assert ward.state.incidents == ()
    assert ward.phase() == Phase.CLOSED
    assert spans(ward.record) == [(245, 250)]
    assert ward.record.rule == Rule(4 * HOUR_US, is_inclusive=True, merge_run_us=30 * MINUTE_US)


def test_what_is_closed_met_the_threshold_when_it_did_while_it_was_open(ward: Ward) -> None:
    # 20 minutes of the four hours, ten of flow that do not part them, and the rest.
    met_at_us = START_US + 310 * MINUTE_US
    ward.runs(0, 60)
    ward.stands(60, 80)
    ward.runs(80, 90)
    ward.stands(90, 330)
    while_open = ward.record.view
    assert (while_open.phase, while_open.threshold_met_at_us) == (Phase.OPEN, met_at_us)
    ward.runs(330, 330 + 50 * 60)
    waiting = ward.record.view
    assert (waiting.phase, waiting.threshold_met_at_us) == (Phase.AWAITING_REVIEW, met_at_us)
    ward.start_again()
    close = Closed(at_us=ward.clock.now_us(), outcome=Outcome.SUPERVISED_RESTART, note="seen", by="Dr. Sol")
    ward.engine.intake.submit(EventArrived("p1", lambda _at_us: close))
    closed = ward.record
    assert (closed.view.phase, closed.view.threshold_met_at_us) == (Phase.CLOSED, met_at_us)
    assert interruption_answer(closed).threshold_met_at == instant(met_at_us)
    assert (closed.view.ended_at_us or 0) > met_at_us


def met_row(**changes: Any) -> InterruptionRow:
    pump = silent()
    pump.wait(400)
    row = interruption_row(pump.only, pump.policy, None)
    assert pump.only.threshold_met_at_us == minutes(300)
    older = {key: value for key, value in json.loads(row.body).items() if key != "threshold_met_at_us"}
    return row._replace(**{"body": json.dumps(older), "ended_at_us": minutes(400), **changes})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, minutes(300)),
        ({"body": "[]"}, minutes(300)),
        ({"body": "[]", "threshold_us": None}, minutes(60) + 1),
        ({"ended_at_us": minutes(200)}, minutes(200)),
        ({"ended_at_us": None}, minutes(300)),
        ({"off_max_us": 4 * HOUR_US - 1}, None),
    ],
)
def test_an_older_row_is_dated_as_early_as_it_can_have_met_the_threshold(
    changes: dict[str, Any], expected: int | None
) -> None:
    row = met_row(**changes)
    assert stored_view(row, body_of(row)).threshold_met_at_us == expected


def test_a_row_holds_rungs_stops_and_rule_and_gives_the_same_view_back() -> None:
    for pump in (silent(), counted_gap()):
        row = interruption_row(pump.only, pump.policy, LadderState())
        body = body_of(row)
        rule = Rule(4 * HOUR_US, is_inclusive=True, merge_run_us=30 * MINUTE_US)
        assert body == Body((), pump.only.stops, rule, pump.only.threshold_met_at_us)
        again = stored_view(row, body)
        assert (again.stops, again.off_min_us, again.off_max_us) == (
            pump.only.stops,
            pump.only.off_min_us,
            pump.only.off_max_us,
        )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[["patient",5,"ann",6]]', Body((RungSummary("patient", 5, "ann", 6),))),
        ("[]", Body()),
        ("{}", Body()),
        ('{"rungs":[["patient",5,null,null]],"later":1}', Body((RungSummary("patient", 5, None, None),))),
    ],
)
def test_older_and_newer_forms_of_a_body_are_read(text: str, expected: Body) -> None:
    pump = silent()
    row = interruption_row(pump.only, pump.policy, None)._replace(body=text)
    assert body_of(row) == expected
