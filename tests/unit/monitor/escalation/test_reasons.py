"""Which evidence set each instant of a stop is said for every kind of it, and the stops add up."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from monitor.escalation.explanation import explain, most_us, rule_of
from monitor.escalation.reasons import NOT_KEPT, Instant, Reason, in_words, reason_of
from monitor.interruption.offtime import STOPS_LISTED
from monitor.interruption.shown import InterruptionView
from monitor.interruption.why import Why
from told_history import HISTORY, History, followed
from told_stops import (
    awaited_after_a_free_interval,
    bagged_gap,
    bagged_onset,
    bagged_return,
    counted_gap,
    counted_onset,
    counted_return,
    down_for_unknown_time,
    occluded,
    occluded_after_a_check,
    occluded_at_the_beginning,
    reported,
    seen_standing,
    silent,
    slow,
    stalled,
    stopped_at_the_planned_end,
    stopped_by_key,
)
from watched import Watched

BERLIN = ZoneInfo("Europe/Berlin")
UTC = ZoneInfo("UTC")


def sentences(pump: Watched, view: InterruptionView | None = None) -> list[str]:
    """Return the explanation of the pump's only interruption, or of a view of it."""
    shown = pump.only if view is None else view
    return explain(shown, rule_of(shown, pump.policy), UTC)


def whole(pump: Watched, view: InterruptionView | None = None) -> str:
    return "\n".join(sentences(pump, view))


CASES: list[tuple[Callable[[], Watched], Instant, Reason, str]] = [
    (silent, Instant.ONSET_EARLIEST, Reason.FLOW_SEEN, "01:00:00 UTC at the earliest (the last flow evidence"),
    (silent, Instant.ONSET_LATEST, Reason.NONE, "at least 0 s, because no moment of it is certain"),
    (silent, Instant.RESUME_LATEST, Reason.NOW, "until 03:20:00 UTC at most (no flow is confirmed yet"),
    (stopped_by_key, Instant.ONSET_EARLIEST, Reason.STOP_SAID, "01:00:30 UTC at the earliest (the pump's own stop"),
    (stopped_by_key, Instant.ONSET_LATEST, Reason.STOP_SAID, "01:00:30 UTC at the latest (the pump's own stop"),
    (stopped_by_key, Instant.RESUME_EARLIEST, Reason.RUN_SAID, "01:06:00 UTC at least (the pump's own run event"),
    (stopped_by_key, Instant.RESUME_LATEST, Reason.RUN_SAID, "01:06:00 UTC at most (the pump's own run event"),
    (
        occluded,
        Instant.ONSET_EARLIEST,
        Reason.LATENCY,
        "00:46:00 UTC at the earliest (the pump's own stop or alarm time, less",
    ),
    (occluded_after_a_check, Instant.ONSET_EARLIEST, Reason.FLOW_CHECKED, "01:00:30 UTC at the earliest (a person"),
    (
        occluded_at_the_beginning,
        Instant.ONSET_EARLIEST,
        Reason.FLOW_CONFIRMED,
        "00:00:00 UTC at the earliest (flow was",
    ),
    (reported, Instant.ONSET_EARLIEST, Reason.PERSON_SAID, "01:00:00 UTC at the earliest (a person says"),
    (reported, Instant.ONSET_LATEST, Reason.PERSON_SAID, "01:00:00 UTC at the latest (a person says"),
    (reported, Instant.RESUME_EARLIEST, Reason.PERSON_SAID, "01:02:00 UTC at least (a person says"),
    (reported, Instant.RESUME_LATEST, Reason.PERSON_SAW_FLOW, "01:10:00 UTC at most (a person saw it running"),
    (
        seen_standing,
        Instant.ONSET_LATEST,
        Reason.STANDING_SEEN,
        "01:01:00 UTC at the latest (it was first seen standing",
    ),
    (seen_standing, Instant.RESUME_EARLIEST, Reason.STANDING_SEEN, "01:09:00 UTC at least (it was last seen standing"),
    (seen_standing, Instant.RESUME_LATEST, Reason.FLOW_CONFIRMED, "01:10:00 UTC at most (flow was confirmed then)"),
    (counted_onset, Instant.ONSET_LATEST, Reason.COUNTER, "02:01:12 UTC at the latest (the volume counter shows"),
    (bagged_onset, Instant.ONSET_LATEST, Reason.BAG, "02:10:48 UTC at the latest (what remains in the bag shows"),
    (counted_return, Instant.RESUME_EARLIEST, Reason.COUNTER, "01:59:48 UTC at least (the volume counter shows"),
    (counted_return, Instant.RESUME_LATEST, Reason.COUNTER, "02:02:12 UTC at most (the volume counter shows"),
    (bagged_return, Instant.RESUME_EARLIEST, Reason.BAG, "at least (what remains in the bag shows"),
    (bagged_return, Instant.RESUME_LATEST, Reason.BAG, "at most (what remains in the bag shows"),
    (
        counted_gap,
        Instant.ONSET_LATEST,
        Reason.COUNTER,
        "the volume counter shows that the motor ran for at least 1 h 58 min 48 s and at most 2 h 01 min 12 s",
    ),
    (bagged_gap, Instant.RESUME_EARLIEST, Reason.BAG, "what remains in the bag shows that the motor ran for at least"),
    (
        awaited_after_a_free_interval,
        Instant.ONSET_EARLIEST,
        Reason.PLAN,
        "02:00:00 UTC at the earliest (flow was to be there from then on by plan",
    ),
    (stalled, Instant.ONSET_EARLIEST, Reason.COUNTER_STOOD, "01:00:00 UTC at the earliest (the counter has not moved"),
    (slow, Instant.ONSET_EARLIEST, Reason.COUNTER_SLOW, "at the earliest (the counter kept up with the rate until"),
    (slow, Instant.RESUME_LATEST, Reason.COUNTER_SLOW, "(the counter showed then that it had moved too slowly"),
    (down_for_unknown_time, Instant.ONSET_EARLIEST, Reason.MONITOR_DOWN, "(the monitor was down for an unknown time"),
    (
        stopped_at_the_planned_end,
        Instant.RESUME_LATEST,
        Reason.PLAN,
        "01:30:00 UTC at most (therapy was to end or to pause then by plan",
    ),
]


@pytest.mark.parametrize(
    ("history", "place", "reason", "said"), CASES, ids=[f"{case[0].__name__}-{case[1].name}" for case in CASES]
)
def test_each_instant_says_which_evidence_set_it(
    history: Callable[[], Watched], place: Instant, reason: Reason, said: str
) -> None:
    pump = history()
    view = pump.only
    assert reason_of(place, view.stops[0].whys[place], view.phase) is reason
    assert said in whole(pump)


def test_every_reason_that_the_core_knows_is_produced_by_one_of_these_histories() -> None:
    shown = {case[2] for case in CASES}
    assert shown == {Reason[why.name] for why in Why if why is not Why.UNKNOWN} | {Reason.NONE, Reason.NOW}


@given(HISTORY)
def test_no_history_leaves_a_number_without_its_reason(history: History) -> None:
    pump = followed(history)
    for view in pump.shown:
        assert view.merged_stops == 0 or view.stops
        assert NOT_KEPT not in whole(pump, view)


@given(HISTORY)
def test_the_bounds_of_the_stops_add_up_to_those_of_the_interruption(history: History) -> None:
    for view in followed(history).shown:
        if view.merged_stops <= STOPS_LISTED:
            assert len(view.stops) == view.merged_stops
            assert sum(stop.min_us for stop in view.stops) == view.off_min_us
            assert most_us(view.stops) == view.off_max_us


@given(HISTORY)
def test_the_instants_of_a_stop_are_in_order_and_hold_its_bounds(history: History) -> None:
    for view in followed(history).shown:
        for stop in view.stops:
            assert stop.onset_earliest_us <= stop.resume_latest_us
            assert 0 <= stop.min_us <= stop.max_us
            if stop.onset_latest_us is not None and stop.resume_earliest_us is not None:
                assert stop.onset_earliest_us <= stop.onset_latest_us
                assert stop.resume_earliest_us <= stop.resume_latest_us


def test_every_sentence_of_a_reason_fits_into_one_and_gives_no_advice() -> None:
    for place in Instant:
        for reason in Reason:
            words = in_words(place, reason)
            assert words == words.strip()
            assert not words.endswith(".")
            assert not any(word in words for word in ("should", "must", "dose", "call", "flush"))
