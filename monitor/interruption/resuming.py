"""What confirmed flow does to the clock: it ends a stop, and once it has lasted, the interruption."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from monitor.interruption.evidence import Evidence
from monitor.interruption.off_patient import is_off
from monitor.interruption.offtime import Fold, OpenStop, Stop, certain_us, finished, joined, ran_inside, why_flowed
from monitor.interruption.policy import Therapy
from monitor.interruption.reading import Motion, Ran, Reading, has_moved, is_due
from monitor.interruption.why import Why

replace = msgspec.structs.replace


class Confirmed(NamedTuple):
    """When flow is confirmed, and by what; or that it ran throughout, so that there was no stop at all."""

    at_us: int
    why: Why = Why.FLOW_CONFIRMED
    is_throughout: bool = False


def narrowed_resume(stop: OpenStop, evidence: Evidence, found: Ran, confirmed: Confirmed) -> tuple[OpenStop, Confirmed]:
    """Date the return of flow by how long the motor has run since it was last read standing."""
    why = Why.COUNTER if found.by_counter else Why.BAG
    stop = moved_inside(stop, evidence, found, is_blind=False)
    if stop.onset_latest_us is not None and stop.certain_to_us is not None and stop.run_us is None:
        stood_us = evidence.at_us - found.at_most_us
        if stood_us > stop.certain_to_us:
            stop = replace(stop, certain_to_us=stood_us, certain_why=why)
    since_us = max(stop.certain_to_us or 0, stop.run_us or 0)
    resumed_us = max(evidence.at_us - found.at_least_us, since_us)
    return stop, Confirmed(resumed_us, why) if resumed_us < confirmed.at_us else confirmed


def moved_inside(stop: OpenStop, evidence: Evidence, found: Ran, *, is_blind: bool) -> OpenStop:
    """Take off what the motor must have run before it was last said to stand, or to start.

    Over a closed line it only makes less certain that it stood.
    """
    since_us = max(stop.certain_to_us or 0, stop.run_us or 0)
    after_us = evidence.at_us - since_us
    if not since_us or found.at_least_us <= after_us:
        return stop
    return ran_inside(stop, 0 if is_blind else found.at_least_us - after_us, found.at_most_us - after_us)


def ran_after(stop: OpenStop, read_us: int, found: Ran) -> OpenStop:
    """Make less of a stop certain that began after a reading, where the motor ran for longer than that leaves."""
    if read_us > stop.onset_earliest_us or found.at_least_us + certain_us(stop) <= found.span_us:
        return stop
    return ran_inside(stop, 0, found.at_most_us)


def confirmed_at(reading: Reading | None, evidence: Evidence) -> int | None:
    """Return when a claim of flow was borne out by the counter, or at once if there is no counter."""
    has_counter = reading is not None and reading.counter_ul is not None
    is_unread = reading is not None and reading.motion is Motion.UNREAD
    if evidence.counter_ul is None and (is_unread or not has_counter):
        return evidence.flow_by_us
    if has_counter and has_moved(reading, evidence):
        return evidence.flow_by_us
    return evidence.moved_us


def confirm(fold: Fold, at_us: int, last_us: int, therapy: Therapy, why: Why) -> Fold:
    """Close the open stop: flow is confirmed at ``at_us`` at the latest and surely known until ``last_us``."""
    stop = fold.stop
    if stop is None:
        return fold
    if is_off(fold.off_patient, last_us):
        return _off_patient(fold, stop, at_us, therapy, why)
    put_on_at_us = stop.put_on_at_us
    if put_on_at_us is not None and why not in _DATED and _is_back_since_put_on(fold, stop, at_us, therapy):
        at_us = put_on_at_us
    return resumed(fold, finished(stop, at_us, why), last_us, therapy)


def _off_patient(fold: Fold, stop: OpenStop, at_us: int, therapy: Therapy, why: Why) -> Fold:
    """Return the clock after flow that was claimed while the line was off.

    What the pump moves reaches nobody; it is only known to run. What a person saw flow flowed at that instant, and
    counts no longer than that until the line is put on again.
    """
    if why is not Why.PERSON_SAW_FLOW:
        return replace(fold, stop=replace(stop, is_denied=False, is_flow_claimed=False, run_us=None))
    seen = resumed(fold, finished(stop, at_us, why), at_us, therapy)
    return replace(seen, stop=OpenStop(at_us, earliest_why=why_flowed(seen, at_us), is_denied=stop.is_denied))


_DATED = (Why.PERSON_SAW_FLOW, Why.RUN_SAID)
"""Flow that is said to have begun at its instant, or was seen there only."""


def _is_back_since_put_on(fold: Fold, stop: OpenStop, at_us: int, therapy: Therapy) -> bool:
    """Return whether the pump's first word after the line was put on, ``at_us``, says that it flowed from there on.

    A reconnect ends nothing by itself. It dates the return of flow where the pump's last word before it was not
    against flow, its first word after it comes in time, and the counter does not say that the motor stood.
    """
    put_on_at_us = stop.put_on_at_us
    if put_on_at_us is None or at_us - put_on_at_us > therapy.silence_max_us:
        return False
    reading = fold.reading
    if reading is None or stop.put_on_ul is None:
        return True
    before = replace(
        reading, at_us=put_on_at_us, still_us=put_on_at_us, motion=Motion.FLOWING, counter_ul=stop.put_on_ul
    )
    return not is_due(before, reading.counter_ul, at_us, therapy.min_rate_fraction)


def resumed(fold: Fold, stop: Stop, last_us: int, therapy: Therapy) -> Fold:
    """Return the clock with a finished stop: flow was surely seen until ``last_us`` since."""
    group = joined(fold.group, stop)
    flowing = replace(fold, stop=None, group=group, flow_from_us=stop.resume_latest_us, last_flow_us=last_us)
    return settle(flowing, therapy)


def settle(fold: Fold, therapy: Therapy) -> Fold:
    """End the interruption once flow has been confirmed for the merge time."""
    if fold.group is None or fold.flow_from_us is None or fold.last_flow_us is None:
        return fold
    if fold.last_flow_us - fold.flow_from_us < therapy.merge_run_us:
        return fold
    return replace(fold, group=None, done=(*fold.done, fold.group))
