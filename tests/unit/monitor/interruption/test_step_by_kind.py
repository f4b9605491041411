"""One step for each kind of event: what time brought before it, the event itself, and what is fitted after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from clock_parts import SILENCE_US, ended, group_of, minute
from drivers.contract import DeliveryStatus, LogEvent, LogEventObserved, StatusObserved
from monitor.interruption import people
from monitor.interruption.alarms import AlertPriority, OwnCode
from monitor.interruption.conditions import fitted
from monitor.interruption.downtime import restarted, synchronised
from monitor.interruption.effects import (
    AlertRaised,
    AlertResolved,
    Effect,
    EvidenceAdmitted,
    InterruptionOpened,
    PersonActed,
    PlanChanged,
    Told,
)
from monitor.interruption.events import (
    Acknowledged,
    ClockSynchronised,
    Closed,
    Enrolled,
    Event,
    HoldChanged,
    Marked,
    MarkKind,
    MonitorRestarted,
    Order,
    Ordered,
    Outcome,
    OwnAlertChanged,
    PumpObserved,
    Reported,
    Swapped,
    Ticked,
    WallClockStepped,
)
from monitor.interruption.hearing import hear
from monitor.interruption.holds import hold_changed
from monitor.interruption.offtime import Fold
from monitor.interruption.plan import accept_order, follow_plan
from monitor.interruption.policy import Policy
from monitor.interruption.review import closed
from monitor.interruption.state import Alert, Hold, Incident, Mark, Phase, PumpState
from monitor.interruption.transitions import NOTHING, Step, enrolled, step
from watched import BLINATUMOMAB, Watched

POLICY = Policy("p1", BLINATUMOMAB)
NOW_US = minute(6)
ORDER = Order(rate_ml_per_h=5.0, ends_at_us=minute(9000))

replace = msgspec.structs.replace


def steady(**changes: Any) -> PumpState:
    """Return the state of a pump that ran until a minute ago."""
    state = replace(enrolled(0), order=Order(rate_ml_per_h=5.0))
    for count in range(6):
        status = StatusObserved(delivery=DeliveryStatus.DELIVERING, rate_ml_per_h=5.0)
        state = step(state, PumpObserved(at_us=minute(count), observation=status), POLICY).state
    return replace(state, **changes)


def composed(state: PumpState, weigh: Callable[[PumpState, list[Effect]], PumpState]) -> Step:
    """Return what a step must come to: the event weighed, and everything fitted to it."""
    effects: list[Effect] = []
    weighed = weigh(state, effects)
    return Step(fitted(weighed, POLICY, NOW_US, effects), tuple(effects))


STOPPED = LogEventObserved(event=LogEvent.DELIVERY_STOP)
MARKED = Marked(at_us=NOW_US, mark=MarkKind.BAG_CHANGE, by="nurse", note="flushed")
REPORTED = Reported(at_us=NOW_US, running=False, by="nurse", since_us=minute(5.5))
HELD = HoldChanged(at_us=NOW_US, started=True, reason="fever", by="d", until_us=minute(60))
SWAPPED = Swapped(at_us=NOW_US, serial="B2", by="nurse")
TAKEN = Acknowledged(at_us=NOW_US, what="home-nurse", by="nurse")
RESTARTED = MonitorRestarted(at_us=NOW_US, down_from_us=minute(5))
SYNCHRONISED = ClockSynchronised(at_us=NOW_US, down_from_us=minute(3), down_to_us=minute(4))


@pytest.mark.parametrize(
    ("event", "weigh"),
    [
        (PumpObserved(at_us=NOW_US, observation=STOPPED), lambda s, e: hear(s, STOPPED, NOW_US, POLICY, e)),
        (Ticked(at_us=NOW_US), lambda s, _: s),
        (Enrolled(at_us=NOW_US), lambda s, _: s),
        (
            Enrolled(at_us=NOW_US, order=ORDER),
            lambda s, e: accept_order(s, ORDER, "configuration", POLICY, NOW_US, e),
        ),
        (MARKED, lambda s, e: people.marked(s, MARKED, POLICY, e)),
        (REPORTED, lambda s, e: people.reported(s, REPORTED, POLICY, e)),
        (HELD, lambda s, e: hold_changed(s, HELD, POLICY, e)),
        (
            Ordered(at_us=NOW_US, order=ORDER, by="clinician"),
            lambda s, e: accept_order(s, ORDER, "clinician", POLICY, NOW_US, e),
        ),
        (SWAPPED, lambda s, e: people.swapped(s, SWAPPED, POLICY, e)),
        (TAKEN, lambda s, e: people.acknowledged(s, TAKEN, e)),
        (RESTARTED, lambda s, e: restarted(s, RESTARTED, POLICY, e)),
        (SYNCHRONISED, lambda s, e: synchronised(s, SYNCHRONISED, POLICY, e)),
    ],
)
def test_a_step_weighs_its_event_and_fits_everything_to_it(
    event: Event, weigh: Callable[[PumpState, list[Effect]], PumpState]
) -> None:
    assert step(steady(), event, POLICY) == composed(steady(), weigh)


def test_a_pump_just_under_watch_is_known_by_that_instant_alone() -> None:
    assert enrolled(7) == PumpState(enrolled_at_us=7, fold=Fold(), base=Fold())


def test_a_tick_of_a_pump_with_which_nothing_is_changes_nothing() -> None:
    assert step(steady(), Ticked(at_us=NOW_US), POLICY) == (steady(), NOTHING)


def test_an_order_of_the_configuration_says_that_it_is_one() -> None:
    (planned,) = step(steady(), Enrolled(at_us=NOW_US, order=ORDER), POLICY).effects
    assert isinstance(planned, PlanChanged)
    assert planned.by == "configuration"


def test_a_stop_that_is_heard_is_on_record_and_opens_an_interruption_in_the_same_step() -> None:
    result = step(steady(), PumpObserved(at_us=NOW_US, observation=STOPPED), POLICY)
    assert result.effects == (
        EvidenceAdmitted(kind="stop", about_us=NOW_US, detail="event:delivery-stop"),
        InterruptionOpened(number=1, opened_at_us=NOW_US),
    )


def test_a_review_closes_the_incident_and_is_on_record() -> None:
    done = ended(minute(-300), minute(-40))
    waiting = Incident(
        number=1,
        opened_at_us=minute(-300),
        noticed_at_us=minute(-300),
        phase=Phase.AWAITING_REVIEW,
        flow_us=minute(-40),
        was_critical=True,
        stops=1,
        min_us=done.min_us,
        max_us=done.max_us,
        longest_min_us=done.min_us,
        is_return_judged=True,
    )
    fold = replace(steady().fold, done=(group_of(done),), flow_from_us=minute(-40))
    before = steady(incidents=(waiting,), fold=fold)
    event = Closed(at_us=NOW_US, outcome=Outcome.OTHER, note="seen", by="d")
    assert step(before, event, POLICY) == composed(before, lambda s, e: closed(s, event, POLICY, e))
    assert step(before, event, POLICY).state.incidents == ()


def test_a_review_judges_a_downtime_of_unknown_length_too() -> None:
    pump = Watched()
    pump.runs(0, 300)
    pump.take(MonitorRestarted(at_us=minute(0), down_from_us=minute(0) - 60_000_000, is_downtime_known=False))
    was_unknown = pump.state.undated is not None
    pump.take(Closed(at_us=minute(1), outcome=Outcome.OTHER, note="seen", by="d"))
    assert (was_unknown, pump.state.undated) == (True, None)
    resolved = [one.alert for _, one in pump.effects if isinstance(one, AlertResolved)]
    assert [one.resolved_at_us for one in resolved if one.code == OwnCode.CLOCK_SKEW] == [minute(1)]


@pytest.mark.parametrize(
    ("step_s", "text"),
    [
        (7200.04, "the wall clock stepped by +7200.0 s; no duration changes"),
        (-3.25, "the wall clock stepped by -3.2 s; no duration changes"),
    ],
)
def test_a_wall_clock_that_steps_is_told_and_changes_nothing(step_s: float, text: str) -> None:
    told = Told(code="clock-skew", priority=AlertPriority.MEDIUM, detail=text)
    assert step(steady(), WallClockStepped(at_us=NOW_US, step_s=step_s), POLICY) == (steady(), (told,))


LOST = Alert(number=1, code=OwnCode.STORAGE_DEGRADED, priority=AlertPriority.HIGH, raised_at_us=NOW_US)


def test_a_condition_that_the_shell_finds_is_an_alert_and_over_when_it_says_so() -> None:
    found = OwnAlertChanged(at_us=NOW_US, code=OwnCode.STORAGE_DEGRADED, active=True, detail="disk full")
    raised = step(steady(), found, POLICY)
    assert raised == Step(steady(alerts=(LOST,), next_alert=2), (AlertRaised(alert=LOST, detail="disk full"),))
    over = OwnAlertChanged(at_us=NOW_US + 1, code=OwnCode.STORAGE_DEGRADED, active=False)
    resolved = AlertResolved(alert=replace(LOST, resolved_at_us=NOW_US + 1))
    assert step(raised.state, over, POLICY) == (steady(next_alert=2), (resolved,))


MARK = Mark(kind=MarkKind.BAG_CHANGE, by="n", at_us=0, quiet_until_us=0, window_until_us=NOW_US)


def test_a_mark_is_over_with_the_end_of_its_window() -> None:
    assert step(steady(mark=MARK), Ticked(at_us=NOW_US), POLICY).state == steady()
    longer = steady(mark=replace(MARK, window_until_us=NOW_US + 1))
    assert step(longer, Ticked(at_us=NOW_US), POLICY).state == longer


def test_a_hold_that_ran_out_is_over_before_the_event_is_weighed() -> None:
    hold = Hold(reason="fever", by="d", at_us=0, until_us=NOW_US)
    expired = PersonActed(what="hold:expired", by="d", detail="fever")
    assert step(steady(hold=hold), Ticked(at_us=NOW_US), POLICY) == (steady(), (expired,))


def test_a_plan_that_has_come_is_followed_before_the_event_is_weighed() -> None:
    over = steady(order=Order(rate_ml_per_h=5.0, ends_at_us=NOW_US))
    effects: list[Effect] = []
    after = follow_plan(over, POLICY, NOW_US, effects)
    assert after.completed_at_us == NOW_US
    result = step(over, PumpObserved(at_us=NOW_US, observation=STOPPED), POLICY)
    assert result.state.completed_at_us == NOW_US
    assert result.effects[0] == effects[0]
    assert isinstance(result.effects[0], PlanChanged)


def test_silence_is_found_at_the_instant_of_the_event() -> None:
    due_us = minute(5) + SILENCE_US
    assert step(steady(), Ticked(at_us=due_us), POLICY) == (steady(), NOTHING)
    silent = step(steady(), Ticked(at_us=due_us + 1), POLICY)
    assert [type(effect) for effect in silent.effects] == [AlertRaised, InterruptionOpened]
    assert silent.state.incidents[0].noticed_at_us == due_us + 1
