"""What must hold for every history: bounds, duplicates, the short road, restarts of the packing."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract import StatusObserved
from monitor.interruption import steady
from monitor.interruption.events import Marked, PumpObserved, Reported, Ticked
from monitor.interruption.state import Phase, PumpState
from monitor.interruption.transitions import step, step_in_full
from monitor.interruption.why import Why
from told_history import HISTORY, STATUSES, History, followed
from watched import Watched, minutes


@given(HISTORY)
def test_bounds_are_ordered_and_never_negative(history: History) -> None:
    for view in followed(history).shown:
        assert 0 <= view.off_min_us <= view.off_max_us


@given(HISTORY, st.integers(1, 600))
def test_without_evidence_the_upper_bound_grows_with_time_and_the_lower_one_stands(history: History, wait: int) -> None:
    pump = followed(history)
    before = {view.number: view for view in pump.shown if view.is_max_running and view.phase is Phase.OPEN}
    pump.wait_until_us(pump.now_us + minutes(wait))
    after = {view.number: view for view in pump.shown}
    for number, view in before.items():
        grown_us = after[number].off_max_us - view.off_max_us
        # Of silences between which a person saw it running the longest counts: it may stand for a while.
        is_seen = any(stop.is_silence and stop.whys[3] is Why.PERSON_SAW_FLOW for stop in view.stops)
        assert grown_us == minutes(wait) or (is_seen and 0 <= grown_us < minutes(wait))
        assert after[number].off_min_us == view.off_min_us


@given(HISTORY)
def test_what_came_to_the_threshold_stays_until_a_clinician_closes_it(history: History) -> None:
    pump = Watched()
    critical: set[int] = set()
    at = 0
    for wait, said in history:
        at += wait * 10
        if isinstance(said, Marked | Reported):
            pump.take(msgspec.structs.replace(said, at_us=minutes(at)))
        else:
            pump.take(PumpObserved(at_us=minutes(at), observation=said))
        critical |= {incident.number for incident in pump.state.incidents if incident.was_critical}
        kept = {incident.number for incident in pump.state.incidents if incident.phase is not Phase.ENDED}
        assert critical <= kept


@given(HISTORY)
def test_a_state_comes_back_from_its_bytes_unchanged(history: History) -> None:
    state = followed(history).state
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=PumpState) == state


@given(HISTORY)
def test_a_tick_without_a_deadline_changes_no_bound(history: History) -> None:
    pump = followed(history)
    before = pump.shown
    pump.state = step(pump.state, Ticked(at_us=pump.now_us), pump.policy).state
    assert [(view.off_min_us, view.off_max_us, view.phase) for view in pump.shown] == [
        (view.off_min_us, view.off_max_us, view.phase) for view in before
    ]


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 16), STATUSES), min_size=2, max_size=30))
def test_the_short_road_does_what_the_long_road_does(history: list[tuple[int, StatusObserved]]) -> None:
    pump = Watched()
    at = 0
    for wait, said in history:
        at += wait
        pump.wait(at)
        event = PumpObserved(at_us=minutes(at), observation=said)
        short = steady.steadied(pump.state, event, pump.policy)
        if short is not None:
            assert short == step_in_full(pump.state, event, pump.policy).state
        pump.take(event)
