"""What the pump's run event does: it goes on, ends a silence or a stop, or waits for the counter to bear it out."""

from __future__ import annotations

import msgspec
import pytest

from clock_parts import SILENCE_US, THERAPY, group_of, minute, read, told
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.folding import apply
from monitor.interruption.lookahead import Ahead
from monitor.interruption.offtime import Fold, OpenStop, Stop
from monitor.interruption.reading import Motion
from monitor.interruption.why import Why

replace = msgspec.structs.replace
FLOWING = Fold(flow_from_us=minute(-60), last_flow_us=minute(0))
COUNTED = replace(FLOWING, reading=read(minute(0)))
LATE_US = minute(0) + SILENCE_US + 1
SILENCE = OpenStop(minute(0), is_silence=True, earliest_why=Why.FLOW_SEEN)
STOOD = OpenStop(minute(0), minute(1), minute(2), latest_why=Why.STOP_SAID, certain_why=Why.STANDING_SEEN)


def run(at_us: int, unsure_us: int = 0) -> Evidence:
    return told(EvidenceKind.RUN, at_us, unsure_us=unsure_us)


def test_a_run_event_while_it_flows_carries_flow_on_where_there_is_no_counter() -> None:
    at_us = minute(0) + SILENCE_US
    assert apply(FLOWING, run(at_us), THERAPY) == replace(FLOWING, last_flow_us=at_us)
    counterless = replace(FLOWING, reading=read(minute(0), None, remaining_ul=5))
    assert apply(counterless, run(at_us), THERAPY) == replace(counterless, last_flow_us=at_us)
    assert apply(COUNTED, run(at_us), THERAPY) is COUNTED


def test_a_run_event_ends_a_silence_where_there_is_no_counter() -> None:
    whys = (Why.FLOW_SEEN, Why.UNKNOWN, Why.UNKNOWN, Why.RUN_SAID)
    stop = Stop(minute(0), None, None, LATE_US, 0, SILENCE_US + 1, whys, is_silence=True)
    ended = replace(FLOWING, flow_from_us=LATE_US, last_flow_us=LATE_US, group=group_of(stop))
    assert apply(FLOWING, run(LATE_US), THERAPY) == ended


def test_a_run_event_after_silence_waits_for_the_counter() -> None:
    claimed = replace(SILENCE, run_us=LATE_US, is_flow_claimed=True)
    assert apply(COUNTED, run(LATE_US), THERAPY) == replace(COUNTED, stop=claimed)


def test_a_bridge_excuses_the_silence_before_a_run_event() -> None:
    bridged = Ahead(bridges=((minute(0), LATE_US),))
    flows = replace(FLOWING, last_flow_us=LATE_US, bridged_us=LATE_US)
    assert apply(FLOWING, run(LATE_US), THERAPY, bridged) == flows
    assert apply(COUNTED, run(LATE_US), THERAPY, bridged) is COUNTED


def test_a_run_event_held_up_for_longer_than_silence_may_last_says_nothing_of_it() -> None:
    assert apply(FLOWING, run(minute(1), SILENCE_US + 1), THERAPY) is FLOWING
    by_us = minute(1) + SILENCE_US
    whys = (Why.FLOW_SEEN, Why.UNKNOWN, Why.UNKNOWN, Why.RUN_SAID)
    stop = Stop(minute(0), None, None, by_us, 0, by_us - minute(0), whys, is_silence=True)
    ended = replace(FLOWING, flow_from_us=by_us, last_flow_us=minute(1), group=group_of(stop))
    assert apply(FLOWING, run(minute(1), SILENCE_US), THERAPY) == ended


def stopped(stop: OpenStop, counter_ul: int | None = None) -> Fold:
    reading = None if counter_ul is None else read(minute(2), counter_ul, Motion.STANDING)
    return replace(FLOWING, stop=stop, reading=reading)


def test_the_first_run_event_after_a_certain_stretch_says_how_long_that_was() -> None:
    fold = stopped(STOOD, 1000)
    claimed = replace(fold, stop=replace(STOOD, run_us=minute(4), is_flow_claimed=True))
    assert apply(fold, run(minute(4)), THERAPY) == claimed
    assert apply(claimed, run(minute(5)), THERAPY) == claimed


@pytest.mark.parametrize("run_us", [None, minute(4)])
def test_a_run_event_after_flow_was_claimed_says_nothing_of_when_it_returned(run_us: int | None) -> None:
    fold = stopped(replace(STOOD, is_flow_claimed=True, run_us=run_us), 1000)
    assert apply(fold, run(minute(5)), THERAPY) == fold


def test_a_run_event_known_though_no_flow_was_claimed_since_is_kept() -> None:
    fold = stopped(replace(STOOD, run_us=minute(3)), 1000)
    assert apply(fold, run(minute(5)), THERAPY) == stopped(replace(STOOD, run_us=minute(3), is_flow_claimed=True), 1000)


def test_a_run_event_ends_a_stop_where_there_is_no_counter() -> None:
    whys = (Why.FLOW_SEEN, Why.STOP_SAID, Why.RUN_SAID, Why.RUN_SAID)
    ended = Stop(minute(0), minute(1), minute(4), minute(4), minute(4) - minute(1), minute(4) - minute(0), whys)
    after = replace(FLOWING, flow_from_us=minute(4), last_flow_us=minute(4), group=group_of(ended))
    assert apply(stopped(STOOD), run(minute(4)), THERAPY) == after


def test_a_run_event_that_was_held_up_ends_a_stop_when_it_must_have_happened_or_not_at_all() -> None:
    by_us = minute(4) + SILENCE_US
    whys = (Why.FLOW_SEEN, Why.STOP_SAID, Why.RUN_SAID, Why.RUN_SAID)
    ended = Stop(minute(0), minute(1), minute(4), by_us, minute(4) - minute(1), by_us - minute(0), whys)
    after = replace(FLOWING, flow_from_us=by_us, last_flow_us=minute(4), group=group_of(ended))
    assert apply(stopped(STOOD), run(minute(4), SILENCE_US), THERAPY) == after
    claimed = stopped(replace(STOOD, run_us=minute(4), is_flow_claimed=True))
    assert apply(stopped(STOOD), run(minute(4), SILENCE_US + 1), THERAPY) == claimed
