"""The bag to the microsecond: what is hung, when it is empty, when it must not be used, and what is told when."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from drivers.contract import AlarmCode
from monitor.interruption.alarms import AlertPriority, OwnCode
from monitor.interruption.alerts import raise_alert
from monitor.interruption.bags import due_us, empty_at_us, expires_at_us, hung, tolerance_us, watched
from monitor.interruption.effects import AlertRaised, AlertResolved, Effect
from monitor.interruption.events import Order, Ordered
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.offtime import Fold, OpenStop
from monitor.interruption.policy import HOUR_US, MINUTE_US, Policy
from monitor.interruption.state import Alert, Bag, Course, PumpState
from watched import BLINATUMOMAB, Watched

POLICY = Policy("p1", BLINATUMOMAB)
ERROR_US = int(0.06 * 48 * HOUR_US)
"""What the end of a bag of 48 hours may be off."""

FLOWING = Fold(flow_from_us=HOUR_US, last_flow_us=100 * HOUR_US)
SEEN = (Evidence(EvidenceKind.FLOW, HOUR_US, HOUR_US, HOUR_US),)
BAG = Bag(hung_us=0, hours=48.0)
LATE = OwnCode.BAG_EXPIRED
EARLY = OwnCode.EARLY_EMPTY


def alert(number: int, code: str, at_us: int = 5) -> Alert:
    return Alert(number=number, code=code, priority=AlertPriority.LOW, raised_at_us=at_us)


OLD = (alert(1, LATE), alert(2, AlarmCode.RES_LOW), alert(3, EARLY))


def hanging(bag: Bag | None, off: tuple[int, int] = (0, 0), **fields: Any) -> PumpState:
    course = Course(began_us=0, off_min_us=off[0], off_max_us=off[1], bag=bag)
    known: dict[str, Any] = {"fold": FLOWING, "base": Fold(), "evidence": SEEN, "course": course, "next_alert": 9}
    return PumpState(enrolled_at_us=0, **known | fields)


def codes(state: PumpState) -> list[str]:
    return [str(one.code) for one in state.alerts]


def bag_of(state: PumpState) -> Bag | None:
    assert state.course is not None
    return state.course.bag


@pytest.mark.parametrize(
    ("hours", "expected_us"),
    [(None, 0), (0.0, 0), (10.0, 36 * 60_000_000), (83.0, int(0.06 * 83 * HOUR_US)), (84.0, 5 * HOUR_US)],
)
def test_the_end_of_a_bag_is_known_to_the_pump_s_accuracy_and_to_five_hours(
    hours: float | None, expected_us: int
) -> None:
    assert tolerance_us(BLINATUMOMAB, Bag(hung_us=7, hours=hours)) == expected_us


@pytest.mark.parametrize(
    ("bag", "expected_us"),
    [
        (Bag(hung_us=7), None),
        (Bag(hung_us=7, hours=2.5), 7 + 5 * HOUR_US // 2),
        (Bag(hung_us=7, hours=2.5, expires_us=3), 3),
        (Bag(hung_us=7, expires_us=0), 0),
        (Bag(hung_us=7, hours=0.0), 7),
    ],
)
def test_a_bag_expires_when_the_order_says_or_after_its_hours(bag: Bag, expected_us: int | None) -> None:
    assert expires_at_us(bag) == expected_us


def test_a_bag_is_empty_after_its_hours_and_the_off_time_since_it_was_hung() -> None:
    bag = Bag(hung_us=7, hours=2.0, off_min_us=10, off_max_us=30)
    assert empty_at_us(hanging(bag, (110, 330)), BLINATUMOMAB, 0) == (7 + 2 * HOUR_US + 100, 7 + 2 * HOUR_US + 300)
    assert empty_at_us(hanging(Bag(hung_us=7)), BLINATUMOMAB, 0) is None
    assert empty_at_us(hanging(None), BLINATUMOMAB, 0) is None
    assert empty_at_us(hanging(bag, course=None), BLINATUMOMAB, 0) is None


def test_an_order_s_bag_is_hung_with_the_off_time_so_far() -> None:
    order = Order(bag_hours=24, bag_expires_at_us=77)
    effects: list[Effect] = []
    found = hung(hanging(BAG, (110, 330), alerts=OLD), POLICY, order, 8 * HOUR_US, effects)
    assert bag_of(found) == Bag(hung_us=8 * HOUR_US, hours=24, expires_us=77, off_min_us=110, off_max_us=330)
    assert codes(found) == [AlarmCode.RES_LOW]
    at_us = 8 * HOUR_US
    assert effects == [AlertResolved(alert=msgspec.structs.replace(OLD[n], resolved_at_us=at_us)) for n in (0, 2)]


@pytest.mark.parametrize(("order", "hours"), [(None, None), (Order(bag_hours=24, bag_expires_at_us=77), 24)])
def test_another_bag_of_the_same_order_has_its_hours_and_not_its_expiry(
    order: Order | None, hours: float | None
) -> None:
    found = hung(hanging(BAG, (1, 2), order=order), POLICY, None, 9, [])
    assert bag_of(found) == Bag(hung_us=9, hours=hours, off_min_us=1, off_max_us=2)


def test_the_off_time_of_a_stop_that_lasts_is_counted_until_the_bag_is_hung() -> None:
    fold = Fold(last_flow_us=10, stop=OpenStop(onset_earliest_us=10, onset_latest_us=12, certain_to_us=15))
    found = hung(hanging(BAG, fold=fold), POLICY, None, 110, [])
    assert bag_of(found) == Bag(hung_us=110, hours=None, off_min_us=3, off_max_us=100)


def test_without_a_course_there_is_no_bag() -> None:
    state = hanging(None, course=None, alerts=OLD)
    assert hung(state, POLICY, None, 9, []) is state
    assert watched(state, POLICY, 9, []) is state
    assert due(state) == ()


def test_after_the_end_of_the_course_no_bag_is_told_of() -> None:
    state = hanging(Bag(hung_us=0, expires_us=5), completed_at_us=6, alerts=OLD)
    effects: list[Effect] = []
    assert codes(watched(state, POLICY, 9, effects)) == [AlarmCode.RES_LOW]
    assert [one.alert.resolved_at_us for one in effects if isinstance(one, AlertResolved)] == [9, 9]
    assert due(state) == ()


def test_flow_that_was_seen_hangs_a_bag_where_none_hung() -> None:
    order = Order(bag_hours=24)
    effects: list[Effect] = []
    found = watched(hanging(None, (4, 5), order=order, alerts=OLD), POLICY, 2 * HOUR_US, effects)
    assert bag_of(found) == Bag(hung_us=HOUR_US, hours=24, off_min_us=4, off_max_us=5)
    assert [one.alert.resolved_at_us for one in effects if isinstance(one, AlertResolved)] == [HOUR_US, HOUR_US]


@pytest.mark.parametrize(
    "changes",
    [
        {"evidence": ()},
        {"fold": Fold(last_flow_us=5)},
        {"fold": Fold(flow_from_us=3, last_flow_us=5, stop=OpenStop(onset_earliest_us=5))},
    ],
)
def test_without_flow_that_was_seen_no_bag_is_hung(changes: dict[str, Any]) -> None:
    state = hanging(None, **changes)
    assert watched(state, POLICY, 2 * HOUR_US, []) == state


EMPTY = (alert(4, AlarmCode.BATT_LOW), alert(5, AlarmCode.RES_EMPTY), alert(6, LATE))


@pytest.mark.parametrize(("early_us", "count"), [(1, 1), (0, 0), (-1, 0)])
def test_an_empty_bag_is_taken_down_and_told_when_it_is_earlier_than_the_pump_s_error(
    early_us: int, count: int
) -> None:
    # It was due at 48 to 58 hours; its two hours before hanging are another bag's.
    bag = Bag(hung_us=0, hours=48.0, off_min_us=2 * HOUR_US, off_max_us=2 * HOUR_US)
    now_us = 48 * HOUR_US - ERROR_US - early_us
    state = hanging(bag, (2 * HOUR_US, 12 * HOUR_US), alerts=EMPTY)
    effects: list[Effect] = []
    found = watched(state, POLICY, now_us, effects)
    raised = msgspec.structs.replace(alert(9, EARLY, now_us), priority=AlertPriority.HIGH)
    resolved = AlertResolved(alert=msgspec.structs.replace(EMPTY[2], resolved_at_us=now_us))
    assert bag_of(found) is None
    assert found.alerts == (*EMPTY[:2], raised)[: 2 + count]
    assert effects == [resolved, AlertRaised(alert=raised)][: 1 + count]


def test_an_empty_bag_of_unknown_hours_is_taken_down_and_no_more() -> None:
    found = watched(hanging(Bag(hung_us=0), alerts=EMPTY), POLICY, 5, [])
    assert (bag_of(found), codes(found)) == (None, [AlarmCode.BATT_LOW, AlarmCode.RES_EMPTY])


@pytest.mark.parametrize(
    ("left_us", "count"),
    [
        (-1, 0),
        (30 * MINUTE_US, 0),
        (30 * MINUTE_US + 1, 1),
        (24 * HOUR_US - 1, 1),
        (24 * HOUR_US, 0),
        (None, 0),
    ],
)
def test_an_empty_bag_of_unknown_hours_is_early_where_no_other_was_due_before_the_planned_end(
    left_us: int | None, count: int
) -> None:
    now_us = 100 * HOUR_US
    order = Order(ends_at_us=None if left_us is None else now_us + left_us)
    found = watched(hanging(Bag(hung_us=0), order=order, alerts=EMPTY[:2]), POLICY, now_us, [])
    raised = msgspec.structs.replace(alert(9, EARLY, now_us), priority=AlertPriority.HIGH)
    assert found.alerts == (*EMPTY[:2], raised)[: 2 + count]


def late(now_us: int, bag: Bag = BAG, off_max_us: int = ERROR_US + 1) -> list[Effect]:
    effects: list[Effect] = []
    watched(hanging(bag, (0, off_max_us)), POLICY, now_us, effects)
    return effects


@pytest.mark.parametrize(("now_us", "count"), [(46 * HOUR_US - 1, 0), (46 * HOUR_US, 1), (48 * HOUR_US, 1)])
def test_a_bag_that_outlives_its_time_is_told_of_from_two_hours_before(now_us: int, count: int) -> None:
    wanted: list[Effect] = []
    raise_alert(hanging(BAG), LATE, now_us, wanted)
    assert late(now_us) == wanted[:count]


@pytest.mark.parametrize(("off_max_us", "count"), [(ERROR_US, 0), (ERROR_US + 1, 1)])
def test_a_bag_that_outlives_its_time_by_no_more_than_the_pump_s_error_is_not_told_of(
    off_max_us: int, count: int
) -> None:
    assert len(late(47 * HOUR_US, off_max_us=off_max_us)) == count


@pytest.mark.parametrize(("late_us", "count"), [(0, 1), (1, 0)])
def test_a_bag_that_must_have_been_another_one_for_long_is_not_told_of(late_us: int, count: int) -> None:
    empty_us = 48 * HOUR_US + ERROR_US + 1
    assert len(late(empty_us + ERROR_US + late_us)) == count


def test_a_bag_of_unknown_hours_is_told_of_before_it_expires() -> None:
    bag = Bag(hung_us=0, expires_us=10 * HOUR_US)
    assert [len(late(now_us, bag)) for now_us in (8 * HOUR_US - 1, 8 * HOUR_US, 900 * HOUR_US)] == [0, 1, 1]
    assert late(900 * HOUR_US, Bag(hung_us=0)) == []


def due(state: PumpState, now_us: int = 40 * HOUR_US) -> tuple[int, ...]:
    return due_us(state, BLINATUMOMAB, now_us)


def test_time_alone_has_a_bag_looked_at_two_hours_before_it_expires() -> None:
    assert due(hanging(BAG)) == (46 * HOUR_US,)
    assert due(hanging(Bag(hung_us=0, hours=48, expires_us=20 * HOUR_US))) == (18 * HOUR_US,)
    assert due(hanging(Bag(hung_us=0))) == ()
    assert due(hanging(None)) == ()


@pytest.mark.parametrize(
    "fold",
    [
        Fold(last_flow_us=39 * HOUR_US, stop=OpenStop(onset_earliest_us=39 * HOUR_US)),
        Fold(flow_from_us=1, last_flow_us=39 * HOUR_US),
    ],
)
def test_while_nothing_flows_a_bag_is_looked_at_when_it_comes_to_be_empty_too_late(fold: Fold) -> None:
    state = hanging(BAG, fold=fold)
    too_late_us = 39 * HOUR_US + ERROR_US + 1
    assert due(state) == (46 * HOUR_US, too_late_us)
    # Off-time since it was hung is behind it already.
    assert due(hanging(BAG, (0, 3 * HOUR_US), fold=fold)) == (46 * HOUR_US, too_late_us - 3 * HOUR_US)
    assert due(hanging(Bag(hung_us=0, expires_us=48 * HOUR_US), fold=fold)) == (46 * HOUR_US,)


def test_an_interruption_of_the_course_before_moves_no_bag() -> None:
    fold = Fold(last_flow_us=39 * HOUR_US, stop=OpenStop(onset_earliest_us=39 * HOUR_US))
    at_us = 39 * HOUR_US + 1
    state = hanging(None, fold=fold, course=Course(began_us=at_us, bag=Bag(hung_us=at_us, hours=48)))
    assert due(state) == (at_us + 46 * HOUR_US,)


def test_a_bag_that_waits_in_silence_is_told_of_when_it_comes_to_be_empty_too_late() -> None:
    pump = Watched(ordered_ml_per_h=None)
    pump.take(Ordered(at_us=0, order=Order(rate_ml_per_h=5, bag_hours=48), by="test"))
    for minute in range(0, 46 * 60 + 31, 10):
        pump.status(minute)
    pump.event(46 * 60 + 30, "delivery-stop")
    pump.wait(50 * 60)
    told = [minute for minute, one in pump.effects if isinstance(one, AlertRaised) and one.alert.code == LATE]
    assert [round(minute * MINUTE_US) for minute in told] == [46 * HOUR_US + 30 * MINUTE_US + ERROR_US + 1]
