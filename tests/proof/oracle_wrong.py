"""Wrong designs of the interruption clock, each built around the right core: the oracle must catch every one.

Events are distorted before the core sees them, or the limits are; no inside of the core is touched.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from drivers.contract import DeliveryStatus, LogEventObserved, StatusObserved
from monitor.interruption.events import Acknowledged, Event, Marked, MonitorRestarted, PumpObserved, Reported
from monitor.interruption.policy import Therapy, Threshold
from tests.proof.oracle import MINUTE_US
from tests.proof.oracle_compare import Design


def _dated_by_arrival(events: Sequence[Event]) -> Sequence[Event]:
    return [
        msgspec.structs.replace(event, observation=msgspec.structs.replace(event.observation, age_s=0.0))
        if isinstance(event, PumpObserved) and getattr(event.observation, "age_s", 0.0) > 0
        else event
        for event in events
    ]


def _forgets_at_restart(events: Sequence[Event]) -> Sequence[Event]:
    """What stood when the monitor went down is gone: the first word afterwards is a new beginning."""
    out: list[Event] = []
    for event in events:
        if isinstance(event, MonitorRestarted):
            # A person who sees it running is the one word that ends a stop for good.
            out.append(Reported(at_us=event.at_us, running=True, by="the restart"))
        out.append(event)
    return out


def _silence_is_fine(events: Sequence[Event]) -> Sequence[Event]:
    out: list[Event] = []
    last: PumpObserved | None = None
    for event in events:
        if last is not None and isinstance(last.observation, StatusObserved):
            at_us = last.at_us + 10 * MINUTE_US
            while at_us < event.at_us:
                out.append(PumpObserved(at_us=at_us, observation=last.observation))
                at_us += 10 * MINUTE_US
        out.append(event)
        if isinstance(event, PumpObserved):
            is_running = getattr(event.observation, "delivery", None) == DeliveryStatus.DELIVERING
            last = event if is_running else None
    return out


def _acknowledgement_resets(events: Sequence[Event]) -> Sequence[Event]:
    return [
        Reported(at_us=event.at_us, running=True, by=event.by) if isinstance(event, Acknowledged) else event
        for event in events
    ]


def _log_is_ignored(events: Sequence[Event]) -> Sequence[Event]:
    return [e for e in events if not (isinstance(e, PumpObserved) and isinstance(e.observation, LogEventObserved))]


def _checks_are_ignored(events: Sequence[Event]) -> Sequence[Event]:
    return [e for e in events if not (isinstance(e, Marked) and e.mark == "flow-checked")]


def _late_is_dropped(events: Sequence[Event]) -> Sequence[Event]:
    return [e for e in events if not (isinstance(e, PumpObserved) and getattr(e.observation, "age_s", 0) > 0)]


def _exclusive(therapy: Therapy) -> Therapy:
    return msgspec.structs.replace(therapy, thresholds=(Threshold(therapy.thresholds[0].off_time_us, inclusive=False),))


def _half_latency(therapy: Therapy) -> Therapy:
    halved = tuple(msgspec.structs.replace(each, latency_us=each.latency_us // 2) for each in therapy.latency)
    return msgspec.structs.replace(therapy, latency=halved)


WRONG_DESIGNS = (
    Design("evidence is dated by its arrival", distort=_dated_by_arrival),
    Design("a restart takes the pump for running", distort=_forgets_at_restart),
    Design("silence counts as running", distort=_silence_is_fine),
    Design("an acknowledgement resets the clock", distort=_acknowledgement_resets),
    Design("the pump's log is ignored", distort=_log_is_ignored),
    Design("a flow check is ignored", distort=_checks_are_ignored),
    Design("late entries are dropped", distort=_late_is_dropped),
    Design("the latency is dropped", twist=lambda one: msgspec.structs.replace(one, latency=())),
    Design("the latency is halved", twist=_half_latency),
    Design("a brief run resets", twist=lambda one: msgspec.structs.replace(one, merge_run_us=MINUTE_US)),
    Design("keep-vein-open counts as flow", twist=lambda one: msgspec.structs.replace(one, kvo_counts=True)),
    Design("any rate counts as flow", twist=lambda one: msgspec.structs.replace(one, min_rate_fraction=0.1)),
    Design("silence opens too late", twist=lambda one: msgspec.structs.replace(one, silence_max_us=30 * MINUTE_US)),
    Design("more than the threshold instead of at least", twist=_exclusive, on_threshold=True),
)
"""Each must be caught; ``replace`` of the right limits, or a filter before the core."""
