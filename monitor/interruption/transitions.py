"""The one function that changes a pump's state: ``step(state, event, policy) -> (state, effects)``.

Theory of operation. An event is first weighed: what the pump said (``hearing``), what people did
(``people``), or time alone. Evidence moves the clock (``evidence_log``, ``folding``); the plan bounds it
(``plan``). Then incidents and alert conditions are fitted to the clock (``incidents``, ``alerts``).

Rules of the house:

- Everything that changes a pump's state is reached from here; nothing here knows which driver spoke.
- Equal arguments give equal answers: no clock is read, nothing is kept.
- A steady "delivering" takes the short road at the top and leaves no effect behind.
"""

from __future__ import annotations

from typing import NamedTuple, assert_never

import msgspec

from monitor.interruption import people
from monitor.interruption.alarms import OWN_PRIORITIES, OwnCode
from monitor.interruption.alerts import raise_alert, resolve_code
from monitor.interruption.conditions import fitted
from monitor.interruption.deadlines import has_plan
from monitor.interruption.downtime import judged, restarted, synchronised
from monitor.interruption.effects import Effect, Told
from monitor.interruption.events import (
    Acknowledged,
    ClockSynchronised,
    Closed,
    Enrolled,
    Event,
    HoldChanged,
    Marked,
    MonitorRestarted,
    Ordered,
    OwnAlertChanged,
    PumpObserved,
    Reported,
    Swapped,
    Ticked,
    WallClockStepped,
)
from monitor.interruption.hearing import hear
from monitor.interruption.holds import hold_changed, run_out
from monitor.interruption.offtime import Fold
from monitor.interruption.plan import accept_order, follow_plan
from monitor.interruption.policy import Policy
from monitor.interruption.review import closed
from monitor.interruption.state import PumpState
from monitor.interruption.steady import steadied

replace = msgspec.structs.replace

NOTHING: tuple[Effect, ...] = ()


class Step(NamedTuple):
    """A state and what must be recorded or done about the way to it."""

    state: PumpState
    effects: tuple[Effect, ...]


def enrolled(at_us: int) -> PumpState:
    """Return the state of a pump that has just come under watch: nothing is known of it."""
    return PumpState(enrolled_at_us=at_us, fold=Fold(), base=Fold())


def step(state: PumpState, event: Event, policy: Policy) -> Step:
    """Return the state after ``event`` and what must be done about it.

    Reads no clock and keeps nothing: equal arguments give equal answers. Instants in events are monitor
    time, which never runs backwards.
    """
    if type(event) is PumpObserved:
        steady = steadied(state, event, policy)
        if steady is not None:
            return Step(steady, NOTHING)
    return step_in_full(state, event, policy)


def step_in_full(state: PumpState, event: Event, policy: Policy) -> Step:
    """Return what ``step`` returns, without its short road for a steady course."""
    effects: list[Effect] = []
    now_us = event.at_us
    state = _begun(state, event, policy, effects)
    state = _weighed(state, event, policy, effects)
    return Step(fitted(state, policy, now_us, effects), tuple(effects))


def _begun(state: PumpState, event: Event, policy: Policy, effects: list[Effect]) -> PumpState:
    """Return the state with everything that time brought before the event."""
    now_us = event.at_us
    if type(event) is ClockSynchronised:
        # What was heard and marked until now is dated anew first: time put it on, too.
        state = synchronised(state, event, policy, effects)
    if has_plan(state, policy):
        state = follow_plan(state, policy, now_us, effects)
    if state.mark is not None and now_us >= state.mark.window_until_us:
        state = replace(state, mark=None)
    return run_out(state, now_us, effects)


def _weighed(  # noqa: C901, PLR0911, PLR0912 - one flat branch for each kind of event
    state: PumpState, event: Event, policy: Policy, effects: list[Effect]
) -> PumpState:
    match event:
        case PumpObserved():
            return hear(state, event.observation, event.at_us, policy, effects)
        case Ticked() | ClockSynchronised():
            return state
        case Enrolled():
            if event.order is None:
                return state
            return accept_order(state, event.order, "configuration", policy, event.at_us, effects)
        case Marked():
            return people.marked(state, event, policy, effects)
        case Reported():
            return people.reported(state, event, policy, effects)
        case HoldChanged():
            return hold_changed(state, event, policy, effects)
        case Ordered():
            return accept_order(state, event.order, event.by, policy, event.at_us, effects)
        case Swapped():
            return people.swapped(state, event, policy, effects)
        case Acknowledged():
            return people.acknowledged(state, event, effects)
        case Closed():
            return judged(closed(state, event, policy, effects), event.at_us, effects)
        case MonitorRestarted():
            return restarted(state, event, policy, effects)
        case WallClockStepped():
            detail = f"the wall clock stepped by {event.step_s:+.1f} s; no duration changes"
            effects.append(Told(code=OwnCode.CLOCK_SKEW, priority=OWN_PRIORITIES[OwnCode.CLOCK_SKEW], detail=detail))
            return state
        case OwnAlertChanged():
            if event.active:
                return raise_alert(state, event.code, event.at_us, effects, detail=event.detail)
            return resolve_code(state, event.code, event.at_us, effects)
    assert_never(event)
