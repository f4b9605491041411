"""Wrong designs of the interruption clock, each built around the right core: the oracle must catch every one.

Events are distorted before the core sees them, or the limits are; no inside of the core is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import msgspec

from drivers.contract import DeliveryStatus, LogEventObserved, StatusObserved
from monitor.interruption.events import Acknowledged, Event, Marked, MonitorRestarted, PumpObserved, Reported
from monitor.interruption.policy import Therapy, Threshold
from tests.proof.oracle import MINUTE_US, Rules
from tests.proof.oracle_compare import Design
from tests.proof.oracle_lags import Lag, LagRule, Run, lags_of
from tests.proof.oracle_slow import SLOW_ALONE


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


def _read(event: Event, **fields: float | None) -> Event:
    """Return a report with other figures; anything else as it is."""
    if not (isinstance(event, PumpObserved) and isinstance(event.observation, StatusObserved)):
        return event
    return msgspec.structs.replace(event, observation=msgspec.structs.replace(event.observation, **fields))


def _sees_no_counter(events: Sequence[Event]) -> Sequence[Event]:
    return [_read(event, volume_delivered_ml=None, volume_resolution_ml=None) for event in events]


def _looks_back_once(events: Sequence[Event]) -> Sequence[Event]:
    """Each report tells another rate by a hair, so that nothing is summed beyond it."""
    out: list[Event] = []
    for index, event in enumerate(events):
        said = event.observation if isinstance(event, PumpObserved) else None
        rate = said.rate_ml_per_h if isinstance(said, StatusObserved) else None
        out.append(_read(event, rate_ml_per_h=rate * (1 + index % 2 * 0.01)) if rate else event)
    return out


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
    Design("the counter is not asked", distort=_sees_no_counter, taste=SLOW_ALONE),
    Design("a counter's lag is judged from the last reading only", distort=_looks_back_once, taste=SLOW_ALONE),
    Design("more than the threshold instead of at least", twist=_exclusive, on_threshold=True),
)
"""Each must be caught; ``replace`` of the right limits, or a filter before the core."""


def _not_begun_anew(run: Run, rules: Rules) -> list[Lag]:
    """What was found to lack once is found again with each later reading."""
    found: list[Lag] = []
    for last in range(2, len(run) + 1):
        lags = lags_of(run[:last], rules)
        found += [lag for lag in lags if lag.until_us == run[last - 1].at_us]
        found += lags[:1] if lags and lags[0].until_us < run[last - 1].at_us else []
    return found


def _gap_by_gap(run: Run, rules: Rules) -> list[Lag]:
    return [lag for pair in pairwise(run) for lag in lags_of(list(pair), rules)]


def _all_is_due(run: Run, rules: Rules) -> list[Lag]:
    return lags_of(run, replace(rules, min_rate_fraction=1.0))


def _since_the_first(run: Run, rules: Rules) -> list[Lag]:
    """A counter that ran well for long has credit: the lag is judged from the first reading alone."""
    return lags_of([run[0], run[-1]], rules)


WRONG_LAGS: dict[str, LagRule] = {
    "the sum is not begun anew after a stop": _not_begun_anew,
    "a lag is judged from the last reading only": _gap_by_gap,
    "a pump a tenth too slow is one that lags": _all_is_due,
    "a lag is judged from the first reading only": _since_the_first,
}
"""Rules that differ from the right one: where the core meets the right one exactly it cannot meet these."""
