"""What must hold for every history: bounds, duplicates, the short road, restarts of the packing."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract import AlarmObserved, AlarmPhase, DeliveryStatus, LogEvent, LogEventObserved, StatusObserved
from monitor.interruption import steady
from monitor.interruption.events import Marked, MarkKind, PumpObserved, Reported, Role, Ticked
from monitor.interruption.state import Phase, PumpState
from monitor.interruption.transitions import step, step_in_full
from watched import Watched, minutes

STATUSES = st.builds(
    StatusObserved,
    delivery=st.sampled_from(DeliveryStatus),
    rate_ml_per_h=st.sampled_from([None, 0.0, 4.4, 5.0, 41.0]),
    volume_delivered_ml=st.sampled_from([None, 0.0, 1.0, 1.1, 50.0]),
    alarms=st.sampled_from([None, (), ("occl-down",), ("batt-low", "weird")]),
)
ALARMS = st.builds(
    AlarmObserved,
    code=st.sampled_from(["occl-down", "occl-up", "batt-low", "kvo", "unknown-alarm", "stop-remind"]),
    phase=st.sampled_from(AlarmPhase),
    age_s=st.sampled_from([0.0, 0.0, 300.0, 7000.0]),
)
ENTRIES = st.builds(LogEventObserved, event=st.sampled_from(LogEvent), age_s=st.sampled_from([0.0, 0.0, 60.0, 9000.0]))
HEARD = st.one_of(STATUSES, STATUSES, ALARMS, ENTRIES)
PEOPLE = st.one_of(
    st.builds(Marked, at_us=st.just(0), mark=st.sampled_from(MarkKind), by=st.just("x"), role=st.sampled_from(Role)),
    st.builds(Reported, at_us=st.just(0), running=st.booleans(), by=st.just("x"), since_us=st.none()),
)
Said = StatusObserved | AlarmObserved | LogEventObserved | Marked | Reported
History = list[tuple[int, Said]]
HISTORY = st.lists(st.tuples(st.integers(0, 40), st.one_of(HEARD, HEARD, HEARD, PEOPLE)), max_size=40)


def followed(history: History) -> Watched:
    """Return a pump after a history of waits (in minutes) and things said or done."""
    pump = Watched()
    at = 0
    for wait, said in history:
        at += wait
        if isinstance(said, Marked | Reported):
            pump.take(msgspec.structs.replace(said, at_us=minutes(at)))
        else:
            pump.take(PumpObserved(at_us=minutes(at), observation=said))
    return pump


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
        assert after[number].off_max_us == view.off_max_us + minutes(wait)
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
