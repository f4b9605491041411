"""Whatever happens to a pump, its arithmetic holds: properties over random histories."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contract import AlarmCode, DeliveryStatus
from simulator.pump import SimulatedPump
from simulator.setup import PumpSetup
from simulator.truth import FlowKind
from simulator.units import US_PER_H, ml_of

START_US = 1_767_600_000_000_000


def make_pump(**changed: Any) -> SimulatedPump:
    return SimulatedPump(PumpSetup(**{"lead_s": 0.0, **changed}), START_US)


def delivery_of(pump: SimulatedPump) -> DeliveryStatus:
    """Ask through a function, because a type checker takes a property that was asserted once for settled."""
    return pump.delivery


rates = st.integers(1, 100_000).map(lambda each: each / 1000)
strides_us = st.lists(st.integers(0, 10 * US_PER_H), min_size=1, max_size=20)


@given(rate_ml_per_h=rates, strides=strides_us, resolution_ml=st.sampled_from([0.01, 0.1]))
def test_the_counter_never_shows_more_than_rate_times_time(
    rate_ml_per_h: float, strides: list[int], resolution_ml: float
) -> None:
    pump = make_pump(rate_ml_per_h=rate_ml_per_h)
    for stride in strides:
        pump.advance(pump.now_us + stride)
        due_ml = rate_ml_per_h * (pump.now_us - START_US) / US_PER_H
        shown_ml = pump.infused_ml(resolution_ml)
        assert shown_ml <= due_ml + 1e-6
        if pump.delivery is DeliveryStatus.DELIVERING:
            assert shown_ml > due_ml - resolution_ml - 1e-6


@given(rate_ml_per_h=rates, occlusion_volume_ml=st.integers(1, 3000).map(lambda each: each / 1000))
def test_an_occlusion_is_noticed_after_its_volume_over_the_rate(
    rate_ml_per_h: float, occlusion_volume_ml: float
) -> None:
    pump = make_pump(rate_ml_per_h=rate_ml_per_h, occlusion_volume_ml=occlusion_volume_ml, battery_life_s=365 * 86_400)
    pump.occlude_downstream()
    latency_us = occlusion_volume_ml / rate_ml_per_h * US_PER_H
    pump.advance(START_US + int(latency_us) - 1)
    assert AlarmCode.OCCL_DOWN not in pump.alarms
    assert delivery_of(pump) is DeliveryStatus.DELIVERING
    pump.advance(START_US + int(latency_us) + 2)
    assert AlarmCode.OCCL_DOWN in pump.alarms
    assert delivery_of(pump) is DeliveryStatus.NOT_DELIVERING


ACTS = [
    SimulatedPump.run,
    SimulatedPump.stop,
    SimulatedPump.acknowledge,
    SimulatedPump.power_on,
    SimulatedPump.power_off,
    SimulatedPump.lose_power,
    SimulatedPump.detach_set,
    SimulatedPump.attach_set,
    SimulatedPump.change_bag,
    SimulatedPump.clear_counter,
    SimulatedPump.clear_air,
    SimulatedPump.let_air_in,
    SimulatedPump.change_battery,
    SimulatedPump.empty_battery,
    SimulatedPump.plug_mains,
    SimulatedPump.unplug_mains,
    SimulatedPump.occlude_downstream,
    SimulatedPump.occlude_upstream,
    SimulatedPump.release,
    SimulatedPump.disconnect_line,
    SimulatedPump.reconnect_line,
    SimulatedPump.stall_drive,
    SimulatedPump.free_drive,
    SimulatedPump.break_down,
    SimulatedPump.break_radio,
]
histories = st.lists(st.tuples(st.integers(0, 3 * US_PER_H), st.sampled_from(ACTS)), max_size=25)
setups = st.fixed_dictionaries(
    {
        "rate_ml_per_h": st.sampled_from([0.6, 5.0, 50.0]),
        "kvo_rate_ml_per_h": st.sampled_from([0.0, 0.2]),
        "has_air_detector": st.booleans(),
        "resumes_by_itself": st.booleans(),
        "flow_error": st.sampled_from([-0.06, 0.0, 0.06]),
        "battery_life_s": st.sampled_from([5 * 3600.0, 96 * 3600.0]),
    }
)


def portrait(pump: SimulatedPump) -> tuple[Any, ...]:
    entries = [pump.log.entry(index) for index in range(pump.log.written)]
    return entries, pump.truth.as_record(), pump.alarms, pump.delivery, pump.infused_ml(0.01), pump.battery.left_us


@given(setup=setups, history=histories, cuts=st.lists(st.integers(1, 60), min_size=1, max_size=5))
def test_time_in_one_stride_or_in_many_gives_the_same_pump(
    setup: dict[str, Any], history: list[tuple[int, Any]], cuts: list[int]
) -> None:
    in_one, in_many = make_pump(**setup), make_pump(**setup)
    at_us = START_US
    for stride, act in history:
        for cut in cuts:
            in_many.advance(max(in_many.now_us, at_us + stride * cut // 60))
        at_us += stride
        in_one.advance(at_us)
        in_many.advance(at_us)
        assert act(in_one) == act(in_many)
    assert portrait(in_one) == portrait(in_many)


@given(setup=setups, history=histories)
def test_the_truth_is_one_unbroken_story_and_no_more_than_the_bags_held(
    setup: dict[str, Any], history: list[tuple[int, Any]]
) -> None:
    pump = make_pump(**setup)
    bags = 1
    for stride, act in history:
        pump.advance(pump.now_us + stride)
        if act(pump) and act is SimulatedPump.change_bag:
            bags += 1
    segments = pump.truth.segments
    assert not segments or segments[0].start_us == START_US
    assert all(one.end_us == other.start_us for one, other in pairwise(segments))
    assert all(each.end_us > each.start_us for each in segments)
    assert all((each.kind is FlowKind.NONE) == (each.nl_per_h == 0) for each in segments)
    assert pump.truth.received_ml() <= bags * 250 + 1e-6
    assert pump.truth.off_us(START_US, pump.now_us) >= 0


@given(setup=setups, history=histories)
def test_a_pump_that_flows_says_so_but_not_the_other_way_round(
    setup: dict[str, Any], history: list[tuple[int, Any]]
) -> None:
    pump = make_pump(**setup)
    for stride, act in history:
        pump.advance(pump.now_us + stride)
        act(pump)
        pump.advance(pump.now_us + 1)
        flowing = pump.truth.segments[-1].kind
        if flowing is FlowKind.THERAPY:
            assert delivery_of(pump) is DeliveryStatus.DELIVERING
        elif flowing is FlowKind.KVO:
            assert delivery_of(pump) is DeliveryStatus.KVO


ON_THE_PATIENT = [each for each in ACTS if each not in {SimulatedPump.change_bag, SimulatedPump.disconnect_line}]


@given(
    setup=setups,
    history=st.lists(st.tuples(st.integers(0, 3 * US_PER_H), st.sampled_from(ON_THE_PATIENT)), max_size=25),
)
def test_what_leaves_the_bag_is_in_the_line_or_in_the_patient(
    setup: dict[str, Any], history: list[tuple[int, Any]]
) -> None:
    pump = make_pump(**setup)
    for stride, act in history:
        pump.advance(pump.now_us + stride)
        act(pump)
        held_ml = ml_of(pump.tubing.bag) + ml_of(pump.tubing.stored)
        assert held_ml + pump.truth.received_ml() == pytest.approx(250, abs=1e-6)
