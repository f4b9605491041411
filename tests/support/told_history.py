"""Histories of a pump for properties: anything that a pump may say and people may do, minute by minute."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st

from drivers.contract import AlarmObserved, AlarmPhase, DeliveryStatus, LogEvent, LogEventObserved, StatusObserved
from monitor.interruption.events import Marked, MarkKind, PumpObserved, Reported, Role
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
