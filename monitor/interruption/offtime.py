"""The clock itself: evidence folded, in the order of the instants it is about, into off-time.

(being written)
"""

from __future__ import annotations

import msgspec


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
        first_stop_us: When the open group's first stop began, None if no group is open.
    """

    flow_from_us: int | None = None
    last_flow_us: int | None = None
    checked_us: int | None = None
    stop: OpenStop | None = None
    group: Group | None = None
    done: tuple[Group, ...] = ()
    counter_ml: float | None = None
