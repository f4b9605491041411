"""Wrong designs kept as negative controls: small faults put into the production core from outside.

Each is one that a real product has had, or nearly. The search must catch every one of them; a search
that does not is no proof. None is a copy of the core: each changes what the core is given, or what it
gives back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from drivers.contract import AlarmObserved, AlarmPhase, LinkChanged, LogEvent, LogEventObserved, StatusObserved
from monitor.interruption.events import Acknowledged, Event, HoldChanged, MonitorRestarted, PumpObserved, Reported
from monitor.interruption.policy import Policy, Threshold
from monitor.interruption.state import Phase, PumpState
from monitor.interruption.transitions import Step, step
from tests.proof.canonical import moved
from tests.proof.search import Design

replace = msgspec.structs.replace


class WrongDesign(NamedTuple):
    """A fault, the letters that it takes to show it, and the invariant that catches it."""

    name: str
    design: Design
    alphabet: str
    caught_by: str
    depth: int = 9


def _therapy(**changes: object) -> Callable[[Policy], Policy]:
    return lambda policy: replace(policy, therapy=replace(policy.therapy, **changes))


def _heard(change: Callable[[PumpObserved], Event | None]) -> Design:
    """Return the core behind an ear that changes what the pump says."""

    def wrong(state: PumpState, event: Event, policy: Policy) -> Step:
        if isinstance(event, PumpObserved):
            changed = change(event)
            return Step(state, ()) if changed is None else step(state, changed, policy)
        return step(state, event, policy)

    return Design(step=wrong)


def _with(event: PumpObserved, **changes: object) -> PumpObserved:
    return replace(event, observation=replace(event.observation, **changes))


def _dated_by_arrival(event: PumpObserved) -> Event:
    return event if isinstance(event.observation, LinkChanged) else _with(event, age_s=0.0)


def _unnumbered(event: PumpObserved) -> Event:
    return event if isinstance(event.observation, LinkChanged) else _with(event, seq=None, boot=None)


def _anybody(event: PumpObserved) -> Event:
    return event if isinstance(event.observation, LinkChanged) else _with(event, serial="S1", seq=None)


def _runs(event: PumpObserved) -> Event:
    said = LogEventObserved(event=LogEvent.DELIVERY_START, serial="S1")
    return replace(event, observation=said)


def _alarm_end_is_flow(event: PumpObserved) -> Event:
    said = event.observation
    ends = isinstance(said, AlarmObserved) and said.phase is AlarmPhase.END
    return _runs(event) if ends else event


def _link_is_flow(event: PumpObserved) -> Event:
    return _runs(event) if isinstance(event.observation, LinkChanged) else event


def _power_is_flow(event: PumpObserved) -> Event:
    said = event.observation
    return _runs(event) if isinstance(said, LogEventObserved) and said.event is LogEvent.POWER_ON else event


def _counter_ignored(event: PumpObserved) -> Event:
    is_status = isinstance(event.observation, StatusObserved)
    return _with(event, volume_delivered_ml=None) if is_status else event


def _stands_still_while_down(state: PumpState, event: Event, policy: Policy) -> Step:
    if isinstance(event, MonitorRestarted):
        return step(moved(state, event.at_us - event.down_from_us), event, policy)
    return step(state, event, policy)


def _unknown_downtime_is_none(state: PumpState, event: Event, policy: Policy) -> Step:
    if isinstance(event, MonitorRestarted):
        event = replace(event, is_downtime_known=True)
    return step(state, event, policy)


def _acknowledged_is_reset(state: PumpState, event: Event, policy: Policy) -> Step:
    if isinstance(event, Acknowledged):
        state = step(state, Reported(at_us=event.at_us, running=True, by=event.by), policy).state
    return step(state, event, policy)


def _hold_stops_the_clock(state: PumpState, event: Event, policy: Policy) -> Step:
    if isinstance(event, HoldChanged) and not event.started and state.hold is not None:
        state = moved(state, event.at_us - state.hold.at_us)
    return step(state, event, policy)


def _mark_hides_stops(state: PumpState, event: Event, policy: Policy) -> Step:
    if state.mark is not None and isinstance(event, PumpObserved):
        return Step(state, ())
    return step(state, event, policy)


def _late_resume_clears(state: PumpState, event: Event, policy: Policy) -> Step:
    after = step(state, event, policy)
    left = tuple(one for one in after.state.incidents if one.phase is not Phase.AWAITING_REVIEW)
    return Step(replace(after.state, incidents=left), after.effects)


def _no_alarm_on_late_resume(state: PumpState, event: Event, policy: Policy) -> Step:
    after = step(state, event, policy)
    left = tuple(alert for alert in after.state.alerts if alert.code != "unsupervised-restart")
    return Step(replace(after.state, alerts=left), after.effects)


def _exclusive(policy: Policy) -> Policy:
    limits = tuple(Threshold(limit.off_time_us, inclusive=False) for limit in policy.therapy.thresholds)
    return replace(policy, therapy=replace(policy.therapy, thresholds=limits))


_FOREVER_US = 1 << 50


def _lag_forgotten(state: PumpState, event: Event, policy: Policy) -> Step:
    done = step(state, event, policy)
    reading = done.state.fold.reading
    if reading is None:
        return done
    reading = replace(reading, kept_us=reading.at_us, kept_ul=reading.counter_ul)
    return done._replace(state=replace(done.state, fold=replace(done.state.fold, reading=reading)))


WRONG = (
    WrongDesign("evidence is dated by arrival", _heard(_dated_by_arrival), "halt,start,bare,log", "I-1"),
    WrongDesign("a restart forgets the downtime", Design(step=_stands_still_while_down), "halt,bare,down,up", "I-3"),
    WrongDesign(
        "an unknown downtime is none", Design(step=_unknown_downtime_is_none), "halt,bare,down,up-unknown", "I-5"
    ),
    WrongDesign(
        "silence counts as running",
        Design(policy_of=_therapy(silence_max_us=_FOREVER_US)),
        "halt,start,bare",
        "I-1",
    ),
    WrongDesign("an acknowledgement resets the clock", Design(step=_acknowledged_is_reset), "halt,bare,ack", "I-8"),
    WrongDesign("the alarm comes after the threshold", Design(ladder_name="late"), "halt,bare,ladder", "I-9"),
    WrongDesign("a brief run resets", Design(policy_of=_therapy(merge_run_us=1)), "halt,start,bare", "I-7"),
    WrongDesign("keep-vein-open counts as flow", Design(policy_of=_therapy(kvo_counts=True)), "kvo,bare", "I-11"),
    WrongDesign("an under-rate counts as flow", Design(policy_of=_therapy(min_rate_fraction=0.0)), "slow,bare", "I-11"),
    WrongDesign("a late resume clears", Design(step=_late_resume_clears), "halt,start,bare", "I-6", 12),
    WrongDesign("a late resume is no alarm", Design(step=_no_alarm_on_late_resume), "halt,start,bare", "I-6"),
    WrongDesign("the latency is dropped", Design(policy_of=_therapy(latency=())), "block,occlude,bare,log", "I-1"),
    WrongDesign("more than, for at least", Design(policy_of=_exclusive), "halt,bare", "I-9"),
    WrongDesign("a duplicate counts twice", _heard(_unnumbered), "halt,bare,dup", "I-12"),
    WrongDesign("a hold stops the clock", Design(step=_hold_stops_the_clock), "halt,bare,hold,unhold", "I-8"),
    WrongDesign("a mark hides stops", Design(step=_mark_hides_stops), "halt,start,bare,mark", "I-8"),
    WrongDesign("an alarm that ends is flow", _heard(_alarm_end_is_flow), "halt,bare,alarm-end", "I-11"),
    WrongDesign("a link that is back is flow", _heard(_link_is_flow), "halt,bare,link", "I-11"),
    WrongDesign("power that is back is flow", _heard(_power_is_flow), "halt,bare,power-on", "I-11"),
    WrongDesign("anybody's word counts", _heard(_anybody), "halt,bare,stranger", "I-1"),
    WrongDesign("the counter is not read", _heard(_counter_ignored), "stick,start,status", "I-1"),
    WrongDesign("each report is weighed by itself", Design(step=_lag_forgotten), "drag-85,status", "I-1"),
)
"""Every wrong design, with the smallest alphabet that shows it."""
