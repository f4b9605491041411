"""Whatever is ordered, held, hung and reported: counters stay in their bounds, and every deadline changes something."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract import DeliveryStatus, StatusObserved
from monitor.interruption.course import counters
from monitor.interruption.events import (
    Closed,
    Event,
    FreeInterval,
    HoldChanged,
    Marked,
    MarkKind,
    Order,
    Ordered,
    Outcome,
    PumpObserved,
    Ticked,
)
from monitor.interruption.policy import HOUR_US
from monitor.interruption.state import PumpState
from monitor.interruption.therapy_rules import Cumulative, HoldRule, Schedule
from monitor.interruption.transitions import step, step_in_full
from watched import BLINATUMOMAB, Watched, minutes

SCHEDULED = msgspec.structs.replace(
    BLINATUMOMAB,
    schedule=Schedule(starts_min=360, ends_min=1320, zone="UTC"),
    cumulative=Cumulative(window_us=24 * HOUR_US),
    hold_rules=(HoldRule(reasons=("crs",), up_to_days=1, text="same cycle"),),
)
DECODER = msgspec.msgpack.Decoder(PumpState)
PLAIN = msgspec.structs.replace(SCHEDULED, schedule=None)

gaps = st.sampled_from([0, 1, 5, 14, 16, 30, 95, 240, 700, 3000])
later = st.none() | st.integers(0, 4000)


@st.composite
def events(draw: st.DrawFn, minute: int) -> Event:
    """Draw one event at a minute: orders speak of the near future."""
    at_us = minutes(minute)
    match draw(st.sampled_from(["run", "run", "run", "stand", "order", "hold", "end", "mark", "close", "tick"])):
        case "run" | "stand" as what:
            delivery = DeliveryStatus.DELIVERING if what == "run" else DeliveryStatus.NOT_DELIVERING
            rate_ml_per_h = draw(st.sampled_from([5.0, 1.8])) if what == "run" else 0.0
            return PumpObserved(at_us=at_us, observation=StatusObserved(delivery=delivery, rate_ml_per_h=rate_ml_per_h))
        case "order":
            starts, ends, from_min = draw(later), draw(later), draw(later)
            free = None
            if from_min is not None:
                begins_us = minutes(minute + from_min - 600)
                free = (FreeInterval(begins_us, begins_us + minutes(draw(st.integers(1, 1500)))),)
            order = Order(
                rate_ml_per_h=draw(st.sampled_from([5.0, 1.8])),
                bag_hours=draw(st.sampled_from([None, 2.0, 48.0])),
                starts_at_us=None if starts is None else minutes(minute + starts - 60),
                ends_at_us=None if ends is None else minutes(minute + ends),
                cycle=draw(st.sampled_from([None, 1, 2])),
                infusion_days=draw(st.sampled_from([None, 2.0])),
                free=free,
            )
            return Ordered(at_us=at_us, order=order, by="x")
        case "hold" | "end" as what:
            until = draw(later)
            until_us = None if until is None else minutes(minute + until)
            return HoldChanged(at_us=at_us, started=what == "hold", reason="CRS", by="x", until_us=until_us)
        case "mark":
            kind = draw(st.sampled_from([MarkKind.BAG_CHANGE, MarkKind.FLOW_CHECKED]))
            return Marked(at_us=at_us, mark=kind, by="nurse", note=draw(st.sampled_from(["", "flushed"])))
        case "close":
            outcome = draw(st.sampled_from([Outcome.NEW_CYCLE, Outcome.SUPERVISED_RESTART]))
            return Closed(at_us=at_us, outcome=outcome, note="seen", by="x")
        case _:
            return Ticked(at_us=at_us)


@settings(max_examples=120, deadline=None)
@given(st.data(), st.sampled_from([PLAIN, SCHEDULED]))
def test_counters_stay_in_bounds_and_both_roads_agree(data: st.DataObject, therapy: object) -> None:
    assert isinstance(therapy, type(BLINATUMOMAB))
    pump = Watched(therapy)
    minute = 0
    for _ in range(data.draw(st.integers(1, 25))):
        minute += data.draw(gaps)
        event = data.draw(events(minute))
        pump.wait_until_us(event.at_us)
        assert step(pump.state, event, pump.policy).state == step_in_full(pump.state, event, pump.policy).state
        pump.take(event)
        check(pump)
        assert DECODER.decode(msgspec.msgpack.encode(pump.state)) == pump.state


def check(pump: Watched) -> None:
    found = counters(pump.state, pump.policy, pump.now_us)
    if found is None:
        return
    wall_us = pump.now_us - found.began_at_us
    assert 0 <= found.infused_min_us <= found.infused_max_us <= max(0, wall_us)
    assert found.off_min_us <= found.off_max_us
    assert found.day == max(0, wall_us) // (24 * HOUR_US) + 1
    if found.remaining_min_us is not None and found.remaining_max_us is not None:
        assert found.remaining_min_us <= found.remaining_max_us
    if pump.state.completed_at_us is not None:
        assert pump.state.fold.stop is None
