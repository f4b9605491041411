"""Flow after a gap: what excuses a silence, what counter and bag say of it, and a counter that stands."""

from __future__ import annotations

import msgspec
import pytest

from clock_parts import MERGE_US, SILENCE_US, STEP_US, THERAPY, ended, flow, group_of, minute, read
from monitor.interruption.folding import apply
from monitor.interruption.lookahead import NOTHING_AHEAD, Ahead
from monitor.interruption.offtime import Fold, OpenStop, Stop
from monitor.interruption.policy import HOUR_US, MINUTE_US
from monitor.interruption.why import Why

replace = msgspec.structs.replace
FLOWING = Fold(flow_from_us=minute(-20), last_flow_us=minute(0))
COUNTED = replace(FLOWING, reading=read(minute(0)))
LIMIT_US = minute(0) + SILENCE_US


def silent(at_us: int, last_us: int = minute(0)) -> Stop:
    """Return the stop that is a silence until flow was confirmed at ``at_us``."""
    whys = (Why.FLOW_SEEN, Why.UNKNOWN, Why.UNKNOWN, Why.FLOW_CONFIRMED)
    return Stop(last_us, None, None, at_us, 0, at_us - last_us, whys, is_silence=True)


def after_silence(fold: Fold, at_us: int) -> Fold:
    return replace(fold, flow_from_us=at_us, last_flow_us=at_us, group=group_of(silent(at_us)))


def test_flow_within_the_time_that_silence_may_last_goes_on() -> None:
    assert apply(FLOWING, flow(LIMIT_US), THERAPY) == replace(FLOWING, last_flow_us=LIMIT_US)
    assert apply(FLOWING, flow(minute(1), to_us=minute(9)), THERAPY) == replace(FLOWING, last_flow_us=minute(9))
    ahead_of_it = replace(FLOWING, last_flow_us=minute(3))
    assert apply(ahead_of_it, flow(minute(1)), THERAPY) == ahead_of_it
    read_on = apply(COUNTED, flow(minute(1), counter_ul=1083), THERAPY)
    assert read_on == replace(COUNTED, last_flow_us=minute(1), reading=read(minute(1), 1083))


def test_flow_after_more_than_that_ends_a_silence() -> None:
    assert apply(FLOWING, flow(LIMIT_US + 1), THERAPY) == after_silence(FLOWING, LIMIT_US + 1)


def test_the_limit_is_the_same_from_the_first_instant_on() -> None:
    begun = Fold(flow_from_us=0, last_flow_us=0)
    assert apply(begun, flow(SILENCE_US), THERAPY) == Fold(flow_from_us=0, last_flow_us=SILENCE_US)
    ended_silence = Fold(SILENCE_US + 1, SILENCE_US + 1, group=group_of(silent(SILENCE_US + 1, 0)))
    assert apply(begun, flow(SILENCE_US + 1), THERAPY) == ended_silence
    covered = replace(begun, covered_to_us=SILENCE_US + 1)
    flows = replace(covered, last_flow_us=SILENCE_US + 1, bridged_us=SILENCE_US + 1)
    assert apply(covered, flow(SILENCE_US + 1), THERAPY) == flows


def test_what_has_flowed_for_the_merge_time_is_settled_with_the_next_claim() -> None:
    group = group_of(ended(minute(-21), minute(-20)))
    fold = replace(FLOWING, group=group)
    settled_us = minute(-20) + MERGE_US
    assert apply(fold, flow(settled_us - 1), THERAPY) == replace(fold, last_flow_us=settled_us - 1)
    done = replace(fold, last_flow_us=settled_us, group=None, done=(group,))
    assert apply(fold, flow(settled_us), THERAPY) == done


def test_silence_is_excused_by_a_log_that_was_read_from_the_last_flow_until_not_long_before() -> None:
    covered = replace(FLOWING, covered_from_us=minute(0), covered_to_us=minute(20))
    by_us = minute(20) + SILENCE_US
    assert apply(covered, flow(by_us), THERAPY) == replace(covered, last_flow_us=by_us, bridged_us=by_us)
    assert apply(covered, flow(by_us + 1), THERAPY) == after_silence(covered, by_us + 1)
    too_late = replace(covered, covered_from_us=minute(0) + 1)
    assert apply(too_late, flow(by_us), THERAPY) == after_silence(too_late, by_us)


def test_silence_is_excused_by_a_bridge() -> None:
    bridge = Ahead(bridges=((minute(0), minute(20)),))
    bridged = replace(FLOWING, last_flow_us=minute(20), bridged_us=minute(20))
    assert apply(FLOWING, flow(minute(20)), THERAPY, bridge) == bridged
    assert apply(FLOWING, flow(minute(20) + 1), THERAPY, bridge) == after_silence(FLOWING, minute(20) + 1)


def test_flow_that_was_held_up_is_late_by_as_much_or_says_nothing_of_the_silence() -> None:
    assert apply(FLOWING, flow(minute(1), unsure_us=SILENCE_US + 1), THERAPY) is FLOWING
    by_us = minute(1) + SILENCE_US
    late = replace(FLOWING, flow_from_us=by_us, last_flow_us=minute(1), group=group_of(silent(by_us)))
    assert apply(FLOWING, flow(minute(1), unsure_us=SILENCE_US), THERAPY) == late


def test_the_counter_shows_that_it_ran_throughout_a_silence() -> None:
    at_us = minute(60)
    flows = replace(COUNTED, last_flow_us=at_us, bridged_us=at_us, reading=read(at_us, 6000))
    assert apply(COUNTED, flow(at_us, counter_ul=6000), THERAPY) == flows


LEAST_US, MOST_US = 30 * MINUTE_US - STEP_US, 30 * MINUTE_US + STEP_US
"""How long it ran, by a counter that moved by half an hour's dose; and so, of an hour, how long it stood."""


def counted(stop: Stop, at_us: int, to_us: int | None = None) -> Fold:
    last_us = at_us if to_us is None else to_us
    return Fold(at_us, last_us, group=group_of(stop), reading=read(at_us, 3500), bridged_us=at_us)


def test_the_counter_says_how_long_it_stood_somewhere_in_a_gap() -> None:
    whys = (Why.FLOW_SEEN, Why.COUNTER, Why.COUNTER, Why.FLOW_CONFIRMED)
    stop = Stop(minute(0), None, None, minute(60), LEAST_US, MOST_US, whys)
    assert apply(COUNTED, flow(minute(60), counter_ul=3500), THERAPY) == counted(stop, minute(60))
    later = flow(minute(60), to_us=minute(63), counter_ul=3500)
    assert apply(COUNTED, later, THERAPY) == counted(stop, minute(60), minute(63))


@pytest.mark.parametrize(("last", "least_us"), [(30, 0), (20, 40 * MINUTE_US - MOST_US)])
def test_it_stood_no_longer_than_since_it_was_last_known_to_flow_and_some_of_it_maybe_before(
    last: float, least_us: int
) -> None:
    whys = (Why.FLOW_SEEN, Why.COUNTER, Why.COUNTER, Why.FLOW_CONFIRMED)
    seen = replace(COUNTED, last_flow_us=minute(last))
    most_us = min(minute(60) - minute(last), MOST_US)
    stop = Stop(minute(last), None, None, minute(60), least_us, most_us, whys)
    assert apply(seen, flow(minute(60), counter_ul=3500), THERAPY) == counted(stop, minute(60))


def test_the_bag_says_so_with_its_wider_error_and_its_own_name() -> None:
    bagged = replace(FLOWING, reading=read(minute(0), None, remaining_ul=50_000))
    error_us = int(HOUR_US * THERAPY.bag_error_fraction)
    whys = (Why.FLOW_SEEN, Why.BAG, Why.BAG, Why.FLOW_CONFIRMED)
    stop = Stop(minute(0), None, None, minute(60), 30 * MINUTE_US - error_us, 30 * MINUTE_US + error_us, whys)
    reading = read(minute(60), None, still_us=minute(0), remaining_ul=47_500)
    expected = Fold(minute(60), minute(60), group=group_of(stop), reading=reading, bridged_us=minute(60))
    assert apply(bagged, flow(minute(60), remaining_ul=47_500), THERAPY) == expected


@pytest.mark.parametrize(
    ("fold", "ahead"),
    [
        (replace(COUNTED, blind_to_us=minute(0) + 1), NOTHING_AHEAD),
        (COUNTED, Ahead(windows=((minute(59), minute(61)),))),
        (replace(COUNTED, flow_from_us=minute(0) + 1), NOTHING_AHEAD),
    ],
)
def test_over_a_closed_line_or_a_gap_that_was_parted_the_counter_is_no_witness(fold: Fold, ahead: Ahead) -> None:
    found = apply(fold, flow(minute(60), counter_ul=6000), THERAPY, ahead)
    assert found == replace(after_silence(fold, minute(60)), reading=read(minute(60), 6000))


def test_it_may_have_stood_from_the_first_instant_on() -> None:
    whys = (Why.FLOW_SEEN, Why.COUNTER, Why.COUNTER, Why.FLOW_CONFIRMED)
    stop = Stop(0, None, None, HOUR_US, LEAST_US, MOST_US, whys)
    expected = Fold(HOUR_US, HOUR_US, group=group_of(stop), reading=read(HOUR_US, 3500), bridged_us=HOUR_US)
    begun = Fold(flow_from_us=0, last_flow_us=0, reading=read(0))
    assert apply(begun, flow(HOUR_US, counter_ul=3500), THERAPY) == expected


def test_flow_with_a_counter_that_stands_opens_a_stop_back_to_its_last_movement() -> None:
    fold = replace(COUNTED, reading=read(minute(0), still_us=minute(-2)))
    stop = OpenStop(minute(-2), is_flow_claimed=True, earliest_why=Why.COUNTER_STOOD, is_counter_still=True)
    expected = replace(fold, stop=stop, reading=read(minute(1), still_us=minute(-2), kept_us=minute(1)))
    assert apply(fold, flow(minute(1), counter_ul=1000), THERAPY) == expected


def test_what_had_ended_by_flow_that_the_counter_denies_goes_on() -> None:
    group = group_of(ended(minute(-21), minute(-20)))
    fold = replace(COUNTED, reading=read(minute(11), still_us=minute(5)), last_flow_us=minute(11), done=(group,))
    found = apply(fold, flow(minute(12), counter_ul=1000), THERAPY)
    assert (found.group, found.done) == (group, ())


@pytest.mark.parametrize("counter_ul", [1000, 3500])
def test_claims_without_a_counter_that_the_next_reading_denies_are_taken_back_first(counter_ul: int) -> None:
    claimed = replace(COUNTED, last_flow_us=minute(59))
    found = apply(claimed, flow(minute(60), counter_ul=counter_ul), THERAPY)
    assert found == apply(COUNTED, flow(minute(60), counter_ul=counter_ul), THERAPY)
