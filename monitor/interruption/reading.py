"""The pump's counter and its bag as witnesses: how long the motor ran between two readings.

The counter says how long the motor ran, exact to its step; what the pump reckons is left in the bag says
the same with a wider error. Both are blind to a closed line: inside the latency window of a later
occlusion neither is asked. Volumes are whole microlitres here, so that sums are exact.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.policy import HOUR_US, SECOND_US, Therapy

MARGIN_US = 10 * SECOND_US
"""How late one report may be against the one before it without the counter seeming to lag."""

CREDIBLE = 4
"""No motor runs at more than so many times the rate: a counter that came further was not moved by it."""

EXCESS = 1.1
"""More than this share of what a gap can hold does not fit the rate: such a reading witnesses nothing."""

replace = msgspec.structs.replace


class Motion(IntEnum):
    """What the pump said it did when its counter was read."""

    DOUBTFUL = 0
    FLOWING = 1
    STANDING = 2
    UNREAD = 3
    """A new pump's counter, which starts from nothing and was not read yet."""


_WITNESSING = (Motion.FLOWING, Motion.STANDING)


class Reading(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The last reading of the pump's counter and bag.

    Attributes:
        at_us: When it was read.
        still_us: When the counter was first seen at this value.
        motion: What the pump said it did; what was doubtful then cannot witness.
        counter_ul: The counter, in microlitres.
        remaining_ul: What is left in the bag.
        rate_ul_per_h: The last rate at which therapy flowed.
        step_ul: One step of the counter.
        is_odd: True if the counter cannot have come to what it showed last.
        kept_us, kept_ul: When flow had last kept up with this rate, and the counter then; 0 and None if none was read.
    """

    at_us: int
    still_us: int
    motion: Motion
    counter_ul: int | None
    remaining_ul: int | None
    rate_ul_per_h: int | None
    step_ul: int
    kept_us: int = 0
    kept_ul: int | None = None
    is_odd: bool = False


class Ran(msgspec.Struct, frozen=True, gc=False):
    """How long the motor ran in a gap, at least and at most, in microseconds; at most as long as the gap."""

    at_least_us: int
    at_most_us: int
    span_us: int
    by_counter: bool

    @property
    def is_throughout(self) -> bool:
        """Whether the witness knows of no time in the gap at which the motor stood."""
        return self.at_most_us >= self.span_us


def step_ul_of(therapy: Therapy, evidence: Evidence) -> int:
    """Return one step of the counter, the therapy's where the pump does not tell its own."""
    return evidence.step_ul if evidence.step_ul is not None else round(therapy.counter_step_ml * 1000)


def after(before: Reading | None, evidence: Evidence, therapy: Therapy, *, is_unbroken: bool = False) -> Reading | None:
    """Return the last reading once ``evidence`` (the whole of a stretch) is taken in.

    ``is_unbroken`` says that flow was claimed, and not denied, since ``before``.
    """
    if evidence.counter_ul is None and evidence.remaining_ul is None:
        return before
    motion = _motion(evidence)
    rate = evidence.rate_ul_per_h if motion is Motion.FLOWING else None
    counter = evidence.counter_to_ul if evidence.counter_to_ul is not None else evidence.counter_ul
    at_us = evidence.at_us if evidence.read_to_us is None else evidence.read_to_us
    still_us = at_us if evidence.still_us is None else evidence.still_us
    kept_us, kept_ul = _kept(evidence, (still_us, counter), therapy)
    is_odd = before is not None and is_incredible(before, evidence.counter_ul, evidence.at_us, evidence.rate_ul_per_h)
    if before is not None and (is_odd or before.counter_ul == evidence.counter_ul == counter):
        still_us = min(before.still_us, still_us)
    if is_odd and before is not None and before.counter_ul is not None and (counter or 0) < before.counter_ul:
        # It went back, and was not reset: what it had shown stands.
        counter, kept_us, kept_ul = before.counter_ul, before.kept_us, before.kept_ul
    step_ul = step_ul_of(therapy, evidence)
    if is_unbroken and before is not None and _goes_on(before, evidence, step_ul):
        lag = lag_of(before, kept_ul, kept_us, therapy.min_rate_fraction)
        if lag is not None and lag > 0:
            kept_us, kept_ul = before.kept_us, before.kept_ul
    return Reading(
        at_us=at_us,
        still_us=still_us,
        motion=motion,
        counter_ul=counter,
        remaining_ul=evidence.remaining_ul if evidence.remaining_to_ul is None else evidence.remaining_to_ul,
        rate_ul_per_h=rate if rate or before is None else before.rate_ul_per_h,
        step_ul=step_ul,
        kept_us=kept_us,
        kept_ul=kept_ul,
        is_odd=is_odd,
    )


def _kept(evidence: Evidence, last: tuple[int, int | None], therapy: Therapy) -> tuple[int, int | None]:
    """Return the reading of a stretch since which its counter lags most; ``last`` is the last one."""
    (last_us, last_ul), rate = last, evidence.rate_ul_per_h
    if last_ul is None or _motion(evidence) is not Motion.FLOWING:
        return 0, None
    from_us, from_ul = evidence.at_us, evidence.counter_ul
    if evidence.kept_us is not None:
        from_us, from_ul = evidence.kept_us, evidence.kept_ul
    if from_ul is None or from_ul > last_ul or not rate:
        return last
    due = due_ul_per_h(rate, therapy.min_rate_fraction) * (last_us - from_us)
    return (from_us, from_ul) if due > (last_ul - from_ul) * HOUR_US else last


def _goes_on(before: Reading, evidence: Evidence, step_ul: int) -> bool:
    """Return whether evidence of flow goes on with flow that was read before, so that their lags can be summed."""
    if before.motion is not Motion.FLOWING or _motion(evidence) is not Motion.FLOWING:
        return False
    if evidence.rate_ul_per_h != before.rate_ul_per_h or step_ul != before.step_ul:
        return False
    return (
        before.counter_ul is not None and evidence.counter_ul is not None and evidence.counter_ul >= before.counter_ul
    )


def _motion(evidence: Evidence) -> Motion:
    if evidence.unsure_us:
        return Motion.DOUBTFUL
    if evidence.kind is EvidenceKind.FLOW:
        return Motion.FLOWING
    return Motion.STANDING if evidence.kind is EvidenceKind.NO_FLOW else Motion.DOUBTFUL


def ran(before: Reading | None, evidence: Evidence, therapy: Therapy) -> Ran | None:
    """Return how long the motor ran between a reading and the one at the start of ``evidence``.

    None where the two cannot tell: no reading, an unknown or another rate, a counter that went back, more
    delivered than fits.
    """
    if before is None or before.motion not in _WITNESSING or evidence.unsure_us:
        return None
    rate = before.rate_ul_per_h
    if evidence.kind is EvidenceKind.FLOW:
        is_other = before.motion is Motion.FLOWING and evidence.rate_ul_per_h != rate
        if is_other:
            return None
        rate = evidence.rate_ul_per_h
    span_us = evidence.at_us - before.at_us
    if not rate or span_us < 0:
        return None
    bounds = _by_counter(before, evidence, rate)
    is_counter = bounds is not None
    if bounds is None:
        # Never narrower than the counter, so it is asked only where there is none.
        step_us = before.step_ul * HOUR_US // rate
        bounds = _by_bag(before, evidence, rate, max(step_us, int(span_us * therapy.bag_error_fraction)))
    if bounds is None or bounds[0] > span_us * EXCESS:
        return None
    low, high = bounds
    return Ran(min(max(0, low), span_us), min(high, span_us), span_us, is_counter)


def _by_counter(before: Reading, evidence: Evidence, rate_ul_per_h: int) -> tuple[int, int] | None:
    if before.counter_ul is None or evidence.counter_ul is None or evidence.counter_ul < before.counter_ul:
        return None
    moved = evidence.counter_ul - before.counter_ul
    low = (moved - before.step_ul) * HOUR_US // rate_ul_per_h
    return low, -(-(moved + before.step_ul) * HOUR_US // rate_ul_per_h)


def _by_bag(before: Reading, evidence: Evidence, rate_ul_per_h: int, error_us: int) -> tuple[int, int] | None:
    if before.remaining_ul is None or evidence.remaining_ul is None or evidence.remaining_ul > before.remaining_ul:
        return None
    ran_us = (before.remaining_ul - evidence.remaining_ul) * HOUR_US // rate_ul_per_h
    return ran_us - error_us, ran_us + error_us


def has_moved(before: Reading | None, evidence: Evidence) -> bool:
    """Return whether the counter moved on since the last reading.

    A counter that went back was reset, as people do at a bag change; what it shows above zero has been
    delivered since. What no motor can have moved did not move.
    """
    if evidence.counter_ul is None or before is None or before.counter_ul is None:
        return False
    if is_incredible(before, evidence.counter_ul, evidence.at_us, evidence.rate_ul_per_h):
        return False
    base = 0 if evidence.counter_ul < before.counter_ul else before.counter_ul
    return evidence.counter_ul > base


def is_incredible(before: Reading, counter_ul: int | None, at_us: int, rate_ul_per_h: int | None) -> bool:
    """Return whether the counter cannot have come to what it shows since it was read, at no rate that is known.

    One that went back counts from nothing; but not where it had come to what it went back from in such a way.
    """
    rate = max(before.rate_ul_per_h or 0, rate_ul_per_h or 0)
    if before.counter_ul is None or counter_ul is None or not rate or before.motion is Motion.UNREAD:
        return False
    is_back = counter_ul < before.counter_ul
    if is_back and before.is_odd:
        return True
    moved = counter_ul if is_back else counter_ul - before.counter_ul
    return (moved - before.step_ul) * HOUR_US > CREDIBLE * rate * (at_us - before.at_us + MARGIN_US)


def due_ul_per_h(rate_ul_per_h: int, fraction: float) -> int:
    """Return what must flow in an hour to be therapy, in whole microlitres: sums of it are exact."""
    return int(fraction * rate_ul_per_h)


def lag_of(before: Reading, counter_ul: int | None, at_us: int, fraction: float) -> int | None:
    """Return by how much the counter lags since it last kept up, in microlitres times microseconds per hour.

    Negative where it is ahead; None where nothing can be said, as of a counter that went back.
    """
    kept_ul, rate = before.kept_ul, before.rate_ul_per_h
    if kept_ul is None or counter_ul is None or counter_ul < kept_ul or not rate:
        return None
    return due_ul_per_h(rate, fraction) * (at_us - before.kept_us) - (counter_ul - kept_ul) * HOUR_US


def is_lag_due(before: Reading, lag: int, fraction: float) -> bool:
    """Return whether a lag is more than one step, and more than reports come late."""
    return lag > due_ul_per_h(before.rate_ul_per_h or 0, fraction) * MARGIN_US + before.step_ul * HOUR_US


def is_due(
    before: Reading | None, counter_ul: int | None, at_us: int, fraction: float, rate_ul_per_h: int | None = None
) -> bool:
    """Return whether the counter lags: more was due since the last reading than it shows, by over a step.

    False where nothing can be said. ``fraction`` of the rate is enough; ``rate_ul_per_h`` is that of now, where known.
    """
    if before is None or before.motion is not Motion.FLOWING or counter_ul is None:
        return False
    known, rate = before.counter_ul, before.rate_ul_per_h
    if known is None or not rate:
        return False
    if is_incredible(before, counter_ul, at_us, rate_ul_per_h):
        # It shows nothing: what it had shown stands.
        counter_ul = known
    if counter_ul < known:
        return False
    since_us = before.at_us if counter_ul > known else before.still_us
    due = fraction * rate * (at_us - since_us - MARGIN_US)
    return due > (counter_ul - known + before.step_ul) * HOUR_US
