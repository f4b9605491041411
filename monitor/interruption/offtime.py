"""What the folded clock says: the open stop, the finished ones, and the bounds at one instant.

The clock is data here; ``folding`` is what moves it. Nothing here knows what time it is.
"""

from __future__ import annotations

import msgspec

from monitor.interruption.off_patient import Stretches
from monitor.interruption.policy import Therapy
from monitor.interruption.reading import Reading
from monitor.interruption.why import Why

STOPS_LISTED = 32
"""How many finished stops of one interruption are kept one by one; older ones only in the sums."""


class OpenStop(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A stop whose end is not confirmed.

    Attributes:
        onset_earliest_us: Oldest instant at which flow may have stopped.
        onset_latest_us: First instant of the present certain stretch; None while nothing is certain.
        certain_to_us: Last instant at which no flow was observed in that stretch.
        run_us: The pump's run event since then, if any.
        is_flow_claimed: True once flow was claimed or doubtful after the certain stretch.
        certain_sum_us: Length of earlier certain stretches of the same stop.
        earliest_why, latest_why, certain_why: What set the first three instants.
        is_counter_still: True if it is one because the counter stands although the pump says it delivers.
        ran_least_us, ran_most_us: How long the motor ran inside the stop, by counter or bag.
        is_silence: True if nothing but silence speaks for it.
        is_doubted: True once doubtful flow was seen in it: a trickle that moves no counter may have flowed.
        is_slowed: True once the pump told of slow flow in it, which may move the counter too.
        is_denied: True if the pump's last word of itself was not flow, wherever its line was.
        put_on_at_us, put_on_ul: When the line was put on again, if nothing was said since; the counter before that.
    """

    onset_earliest_us: int
    onset_latest_us: int | None = None
    certain_to_us: int | None = None
    run_us: int | None = None
    is_flow_claimed: bool = False
    certain_sum_us: int = 0
    earliest_why: Why = Why.FLOW_SEEN
    latest_why: Why = Why.UNKNOWN
    certain_why: Why = Why.UNKNOWN
    is_counter_still: bool = False
    ran_least_us: int = 0
    ran_most_us: int = 0
    is_silence: bool = False
    is_doubted: bool = False
    is_denied: bool = False
    put_on_ul: int | None = None
    put_on_at_us: int | None = None
    is_slowed: bool = False


class Stop(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A finished stop: its four instants, what set each, and its bounds.

    Attributes:
        onset_earliest_us, onset_latest_us, resume_earliest_us, resume_latest_us: The four instants; the
            inner two are None where no moment of the stop is certain.
        min_us, max_us: Its bounds; narrower than the instants where a witness says that it ran in between.
        whys: What set each of the four.
        ran_least_us: How long the motor ran between the oldest onset and the return of flow, by counter or bag.
        is_silence: True if nothing but silence spoke for it.
    """

    onset_earliest_us: int
    onset_latest_us: int | None
    resume_earliest_us: int | None
    resume_latest_us: int
    min_us: int
    max_us: int
    whys: tuple[Why, Why, Why, Why]
    ran_least_us: int = 0
    is_silence: bool = False


class Group(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The finished stops of one interruption, summed.

    Attributes:
        opened_us: Earliest onset of the first stop.
        flow_us: When flow was last confirmed to have returned.
        stops: How many stops.
        min_us, max_us: Sums of their bounds.
        longest_min_us: The largest certain length of a single stop.
        listed: The last ``STOPS_LISTED`` of them, one by one.
        silence_us: The longest of the silences at the end between which a person saw it running.
    """

    opened_us: int
    flow_us: int
    stops: int
    min_us: int
    max_us: int
    longest_min_us: int
    listed: tuple[Stop, ...] = ()
    silence_us: int = 0


class Fold(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The clock after some evidence.

    Attributes:
        flow_from_us: Since when flow has been confirmed without a stop; None while it is not.
        last_flow_us: The last flow evidence; None before the first one.
        checked_us: The last flow check by a person: back-dating does not reach past it.
        stop: The stop that is open, if any.
        group: The finished stops of the interruption that may still go on, if any.
        done: Interruptions that ended, oldest first.
        reading: The last reading of counter and bag.
        covered_from_us, covered_to_us: Over which stretch the pump's log was read without a hole, last.
        reckoned_at_us: Where flow was reckoned with by a plan or a review, and not seen.
        blind_to_us: The end of the last latency window: no witness is asked about instants before it.
        bridged_us: The end of the last gap about which counter or bag were believed.
        off_patient: When the line was off the patient, by people's marks.
    """

    flow_from_us: int | None = None
    last_flow_us: int | None = None
    checked_us: int | None = None
    stop: OpenStop | None = None
    group: Group | None = None
    done: tuple[Group, ...] = ()
    reading: Reading | None = None
    covered_from_us: int = 0
    covered_to_us: int = 0
    bridged_us: int = 0
    blind_to_us: int = 0
    reckoned_at_us: int | None = None
    off_patient: Stretches = ()


class Bounds(msgspec.Struct, frozen=True, gc=False):
    """Off-time of one interruption at one instant.

    Attributes:
        opened_us: Earliest onset of its first stop.
        min_us, max_us: Bounds of the off-time, in microseconds.
        longest_min_us: The largest certain length of a single stop.
        stops: How many stops.
        is_max_running: True while no flow is confirmed.
        is_silence_only: True if the stop that is open rests on silence alone.
        flow_us: When flow was last confirmed to have returned; None while it has not.
        is_flow_claimed: True if the pump claims flow, confirmed or not.
        listed: The stops one by one, the open one last, as they stand now.
        counts_from_us: While no flow is confirmed, the instant from which the upper bound counts on.
    """

    opened_us: int
    min_us: int
    max_us: int
    longest_min_us: int
    stops: int
    is_max_running: bool
    is_silence_only: bool
    flow_us: int | None
    is_flow_claimed: bool
    listed: tuple[Stop, ...] = ()
    counts_from_us: int = 0


def certain_us(stop: OpenStop) -> int:
    """Return how long the stop has certainly lasted, in microseconds."""
    low = stop.certain_sum_us
    if stop.onset_latest_us is not None and stop.certain_to_us is not None:
        until = stop.certain_to_us if stop.run_us is None else max(stop.run_us, stop.certain_to_us)
        low += max(0, until - stop.onset_latest_us)
    return max(0, low - stop.ran_most_us)


def longest_us(stop: OpenStop, until_us: int) -> int:
    """Return how long the stop may have lasted by ``until_us``, in microseconds; never less than is certain."""
    return max(until_us - stop.onset_earliest_us - stop.ran_least_us, certain_us(stop))


def ran_inside(stop: OpenStop, least_us: int, most_us: int) -> OpenStop:
    """Return the stop with more time in it that the motor ran, by counter or bag."""
    ran_least_us, ran_most_us = stop.ran_least_us + least_us, stop.ran_most_us + most_us
    return msgspec.structs.replace(stop, ran_least_us=ran_least_us, ran_most_us=ran_most_us)


def why_flowed(fold: Fold, at_us: int) -> Why:
    """Return why flow is taken to have been at an instant: by the pump's word, a person's, or a plan."""
    if at_us == fold.reckoned_at_us:
        return Why.PLAN
    return Why.FLOW_CHECKED if at_us == fold.checked_us else Why.FLOW_SEEN


def finished(stop: OpenStop, at_us: int, why: Why) -> Stop:
    """Return the stop as it stands if flow is confirmed at ``at_us``."""
    resume_us, resume_why = stop.certain_to_us, stop.certain_why
    if stop.run_us is not None and (resume_us is None or stop.run_us > resume_us):
        resume_us, resume_why = stop.run_us, Why.RUN_SAID
    if stop.onset_latest_us is None:
        resume_us, resume_why = None, Why.UNKNOWN
    least_us = certain_us(stop)
    return Stop(
        onset_earliest_us=stop.onset_earliest_us,
        onset_latest_us=stop.onset_latest_us,
        resume_earliest_us=resume_us,
        resume_latest_us=at_us,
        min_us=least_us,
        max_us=max(at_us - stop.onset_earliest_us - stop.ran_least_us, least_us),
        whys=(stop.earliest_why, stop.latest_why, resume_why, why),
        ran_least_us=stop.ran_least_us,
        is_silence=stop.is_silence,
    )


def summed_us(group: Group | None, onset_why: Why, *, is_silence: bool) -> int:
    """Return what earlier stops add to the upper bound of the next one, whose oldest onset was set by ``onset_why``.

    Silences with nothing between them but persons who saw it running are alternatives: the longest
    counts, not their sum.
    """
    if group is None:
        return 0
    is_seen = is_silence and onset_why is Why.FLOW_CHECKED and bool(group.listed)
    last = group.listed[-1] if is_seen else None
    is_alternative = last is not None and last.is_silence and last.whys[3] is Why.PERSON_SAW_FLOW
    return group.max_us - group.silence_us if is_alternative else group.max_us


def joined(group: Group | None, stop: Stop) -> Group:
    """Return the interruption with one more finished stop."""
    group = group or Group(stop.onset_earliest_us, 0, 0, 0, 0, 0)
    before_us = summed_us(group, stop.whys[0], is_silence=stop.is_silence)
    silence_us = max(group.max_us - before_us, stop.max_us) if stop.is_silence else 0
    return Group(
        opened_us=group.opened_us,
        flow_us=stop.resume_latest_us,
        stops=group.stops + 1,
        min_us=group.min_us + stop.min_us,
        max_us=before_us + (silence_us if stop.is_silence else stop.max_us),
        longest_min_us=max(group.longest_min_us, stop.min_us),
        listed=(*group.listed, stop)[-STOPS_LISTED:],
        silence_us=silence_us,
    )


def known_until_us(fold: Fold) -> int:
    """Return the last instant of which the clock knows that it flowed or that it stood; 0 before therapy began."""
    if fold.last_flow_us is None:
        return 0
    stop = fold.stop or OpenStop(0)
    return max(fold.last_flow_us, stop.certain_to_us or 0, stop.run_us or 0)


def is_silent(fold: Fold, now_us: int, therapy: Therapy) -> bool:
    """Return whether flow has gone without evidence for strictly longer than the therapy allows."""
    if fold.stop is not None or fold.last_flow_us is None:
        return False
    return now_us - fold.last_flow_us > therapy.silence_max_us


def bounds(fold: Fold, now_us: int, therapy: Therapy) -> Bounds | None:
    """Return the interruption that is open at ``now_us``, or None if there is none."""
    stop = fold.stop
    silent = is_silent(fold, now_us, therapy)
    if silent and fold.last_flow_us is not None:
        stop = OpenStop(fold.last_flow_us, is_silence=True, earliest_why=why_flowed(fold, fold.last_flow_us))
    group = fold.group
    if stop is None:
        return None if group is None else group_bounds(group)
    before_us = summed_us(group, stop.earliest_why, is_silence=stop.is_silence)
    shown = joined(group, finished(stop, now_us, Why.UNKNOWN))
    return Bounds(
        opened_us=shown.opened_us,
        min_us=shown.min_us,
        max_us=shown.max_us,
        longest_min_us=shown.longest_min_us,
        stops=shown.stops,
        is_max_running=True,
        is_silence_only=silent,
        flow_us=None,
        is_flow_claimed=stop.run_us is not None or stop.is_flow_claimed,
        listed=shown.listed,
        counts_from_us=stop.onset_earliest_us + stop.ran_least_us - before_us,
    )


def group_bounds(group: Group) -> Bounds:
    """Return the bounds of an interruption whose stops have all ended."""
    return Bounds(
        opened_us=group.opened_us,
        min_us=group.min_us,
        max_us=group.max_us,
        longest_min_us=group.longest_min_us,
        stops=group.stops,
        is_max_running=False,
        is_silence_only=False,
        flow_us=group.flow_us,
        is_flow_claimed=True,
        listed=group.listed,
    )
