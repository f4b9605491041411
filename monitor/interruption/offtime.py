"""What the folded clock says: the open stop, the finished ones, and the bounds at one instant.

The clock is data here; ``folding`` is what moves it. Nothing here knows what time it is.
"""

from __future__ import annotations

import msgspec

from monitor.interruption.policy import Therapy


class OpenStop(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A stop whose end is not confirmed.

    Attributes:
        onset_earliest_us: Oldest instant at which flow may have stopped.
        onset_latest_us: First instant of the present certain stretch; None while nothing is certain.
        certain_to_us: Last instant at which no flow was observed in that stretch.
        run_us: The pump's run event since then, if any.
        is_flow_claimed: True once flow was claimed or doubtful after the certain stretch.
        certain_sum_us: Length of earlier certain stretches of the same stop.
    """

    onset_earliest_us: int
    onset_latest_us: int | None = None
    certain_to_us: int | None = None
    run_us: int | None = None
    is_flow_claimed: bool = False
    certain_sum_us: int = 0


class Group(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The finished stops of one interruption, summed.

    Attributes:
        opened_us: Earliest onset of the first stop.
        flow_us: When flow was last confirmed to have returned.
        stops: How many stops.
        min_us, max_us: Sums of their bounds.
        longest_min_us: The largest certain length of a single stop.
    """

    opened_us: int
    flow_us: int
    stops: int
    min_us: int
    max_us: int
    longest_min_us: int


class Fold(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The clock after some evidence.

    Attributes:
        flow_from_us: Since when flow has been confirmed without a stop; None while it is not.
        last_flow_us: The last flow evidence; None before the first one.
        checked_us: The last flow check by a person: back-dating does not reach past it.
        stop: The stop that is open, if any.
        group: The finished stops of the interruption that may still go on, if any.
        done: Interruptions that ended, oldest first.
        counter_ml: The last reading of the volume counter.
    """

    flow_from_us: int | None = None
    last_flow_us: int | None = None
    checked_us: int | None = None
    stop: OpenStop | None = None
    group: Group | None = None
    done: tuple[Group, ...] = ()
    counter_ml: float | None = None


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


def certain_us(stop: OpenStop) -> int:
    """Return how long the stop has certainly lasted, in microseconds."""
    if stop.onset_latest_us is None or stop.certain_to_us is None:
        return stop.certain_sum_us
    until = stop.certain_to_us if stop.run_us is None else max(stop.run_us, stop.certain_to_us)
    return stop.certain_sum_us + max(0, until - stop.onset_latest_us)


def known_until_us(fold: Fold) -> int:
    """Return the last instant of which the clock knows that it flowed or that it stood; 0 before therapy began."""
    if fold.last_flow_us is None:
        return 0
    seen = fold.last_flow_us
    if fold.stop is not None:
        seen = max(seen, fold.stop.certain_to_us or 0, fold.stop.run_us or 0)
    return seen


def is_silent(fold: Fold, now_us: int, therapy: Therapy) -> bool:
    """Return whether flow has gone without evidence for longer than the therapy allows.

    Strictly longer: evidence that arrives exactly on the limit is in time.
    """
    if fold.stop is not None or fold.last_flow_us is None:
        return False
    return now_us - fold.last_flow_us > therapy.silence_max_us


def bounds(fold: Fold, now_us: int, therapy: Therapy) -> Bounds | None:
    """Return the interruption that is open at ``now_us``, or None if there is none."""
    stop = fold.stop
    silent = is_silent(fold, now_us, therapy)
    if silent and fold.last_flow_us is not None:
        stop = OpenStop(fold.last_flow_us)
    group = fold.group
    if stop is None:
        return None if group is None else group_bounds(group)
    low, high = certain_us(stop), max(0, now_us - stop.onset_earliest_us)
    if group is None:
        group = Group(stop.onset_earliest_us, 0, 0, 0, 0, 0)
    return Bounds(
        opened_us=group.opened_us,
        min_us=group.min_us + low,
        max_us=group.max_us + high,
        longest_min_us=max(group.longest_min_us, low),
        stops=group.stops + 1,
        is_max_running=True,
        is_silence_only=silent,
        flow_us=None,
        is_flow_claimed=stop.run_us is not None or stop.is_flow_claimed,
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
    )
