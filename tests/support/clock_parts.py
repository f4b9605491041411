"""Parts of the clock for its direct tests: evidence, readings and stops, with plain numbers of microseconds.

Each builder takes what matters to a test by name; the rest is what a pump at 5 mL/h without trouble would show.
"""

from __future__ import annotations

from typing import Any

from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.offtime import Group, Stop
from monitor.interruption.policy import HOUR_US, MINUTE_US, SECOND_US
from monitor.interruption.reading import Motion, Reading
from monitor.interruption.why import Why
from watched import BLINATUMOMAB

THERAPY = BLINATUMOMAB
SILENCE_US = THERAPY.silence_max_us
MERGE_US = THERAPY.merge_run_us
RATE_UL_PER_H = 5000
STEP_UL = 100
STEP_US = 72 * SECOND_US
"""One step of 0.1 mL at 5 mL/h."""

HALF_HOUR_US = 30 * MINUTE_US
"""How long it ran by a counter that moved by 2.5 mL, give or take a step."""

START_US = 1000 * HOUR_US
"""When things happen in the tests: far from zero, so that no default passes for an instant."""


def minute(count: float) -> int:
    """Return an instant, in minutes from the start."""
    return START_US + round(count * MINUTE_US)


def told(kind: EvidenceKind, at_us: int, **changes: Any) -> Evidence:
    """Return evidence of an instant."""
    fields: dict[str, Any] = {"to_us": at_us, "earliest_us": at_us}
    if kind is EvidenceKind.FLOW:
        fields["rate_ul_per_h"] = RATE_UL_PER_H
    return Evidence(kind, at_us, **{**fields, **changes})


def flow(at_us: int, **changes: Any) -> Evidence:
    """Return a claim of flow at the usual rate."""
    return told(EvidenceKind.FLOW, at_us, **changes)


def read(at_us: int, counter_ul: int | None = 1000, motion: Motion = Motion.FLOWING, **changes: Any) -> Reading:
    """Return a reading of the counter."""
    fields: dict[str, Any] = {
        "still_us": at_us,
        "remaining_ul": None,
        "rate_ul_per_h": RATE_UL_PER_H,
        "step_ul": STEP_UL,
    }
    fields = {**fields, **changes}
    is_kept = motion is Motion.FLOWING and counter_ul is not None
    kept = {"kept_us": fields["still_us"], "kept_ul": counter_ul} if is_kept else {}
    return Reading(at_us=at_us, motion=motion, counter_ul=counter_ul, **{**kept, **fields})


def ended(from_us: int, to_us: int, **changes: Any) -> Stop:
    """Return a stop that was seen at both ends and has ended."""
    fields: dict[str, Any] = {
        "onset_earliest_us": from_us,
        "onset_latest_us": from_us,
        "resume_earliest_us": to_us,
        "resume_latest_us": to_us,
        "min_us": to_us - from_us,
        "max_us": to_us - from_us,
        "whys": (Why.STOP_SAID, Why.STOP_SAID, Why.RUN_SAID, Why.RUN_SAID),
    }
    return Stop(**{**fields, **changes})


def group_of(stop: Stop, **changes: Any) -> Group:
    """Return the interruption that is this stop alone."""
    fields: dict[str, Any] = {
        "opened_us": stop.onset_earliest_us,
        "flow_us": stop.resume_latest_us,
        "stops": 1,
        "min_us": stop.min_us,
        "max_us": stop.max_us,
        "longest_min_us": stop.min_us,
        "listed": (stop,),
        "silence_us": stop.max_us if stop.is_silence else 0,
    }
    return Group(**{**fields, **changes})
