"""Whatever is written about a built-in therapy is refused, or it watches no less closely than the profile."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from monitor.config.faults import Faults
from monitor.config.ladders import built_in_ladder
from monitor.config.reading import read
from monitor.config.therapies import BUILT_IN
from monitor.config.tightening import therapies_of
from monitor.interruption.daily_schedule import planned_off_around
from monitor.interruption.events import Order
from monitor.interruption.order_check import misfit
from monitor.interruption.policy import (
    HOUR_US,
    Therapy,
    occlusion_latency_us,
    restart_text,
    restart_threshold,
    thresholds_in_force,
)

MINUTES = st.sampled_from([1, 2, 3, 5, 10, 14, 15, 16, 20, 25, 30, 31, 59, 60, 61, 120, 179, 180, 239, 240, 241, 600])
DURATIONS = MINUTES.map(lambda minutes: f"{minutes}min") | st.sampled_from(["10s", "44s", "45s", "46s", "24h", "48h"])
THRESHOLDS = st.lists(
    DURATIONS
    | DURATIONS.map(lambda text: f"> {text}")
    | st.fixed_dictionaries(
        {"off_time": DURATIONS},
        optional={
            "inclusive": st.booleans(),
            "fallback": st.booleans(),
            "basis": st.just("label"),
            "audience": st.sampled_from(["physicians", "everyone"]),
            "action": st.just("call"),
        },
    ),
    min_size=1,
    max_size=4,
)
RATES = st.sampled_from(["0.01", "0.3", "0.6", "1", "1.8", "2.5", "3", "5", "10", "20"])
LATENCY = (
    st.dictionaries(RATES, DURATIONS, min_size=1, max_size=5)
    | st.sampled_from([8, 15, 40, 124, 200]).map(
        lambda minutes: {"0.6": f"{minutes}min", "1.8": "41min", "2.5": "30min", "5": "15min", "10": "8min"}
    )
    | st.sampled_from([15, 20, 124]).map(lambda minutes: {"5": f"{minutes}min"})
)
CLOCKS = st.sampled_from(["00:00", "02:30", "06:00", "08:00", "14:00", "16:00", "22:00", "23:59"])
KEYS: dict[str, st.SearchStrategy[Any]] = {
    "thresholds": THRESHOLDS,
    "volume_deficit_fraction": st.sampled_from([0.01, 0.05, 0.1, 0.11, 0.5]),
    "silence_max": DURATIONS,
    "merge_run": DURATIONS,
    "min_rate_fraction": st.sampled_from([0.5, 0.89, 0.9, 0.95, 1.0]),
    "max_rate_fraction": st.sampled_from([1.0, 1.05, 1.1, 1.11, 2.0]),
    "kvo_counts": st.booleans(),
    "maintenance_quiet": DURATIONS,
    "maintenance_max": DURATIONS,
    "latency": LATENCY,
    "counter_step_ml": st.sampled_from([0.01, 0.1, 1.0]),
    "bag_error_fraction": st.sampled_from([0.01, 0.06, 0.2]),
    "completion": DURATIONS,
    "amend": st.sampled_from(["1h", "24h", "30d"]),
    "schedule": st.fixed_dictionaries({"starts": CLOCKS, "ends": CLOCKS}),
    "cumulative": st.fixed_dictionaries({"window": DURATIONS}, optional={"advisory": DURATIONS}),
    "do_not": st.lists(st.sampled_from(["flush", "bathe"]), max_size=2),
    "rates": st.lists(
        st.fixed_dictionaries(
            {"rate_ml_per_h": st.sampled_from([0.6, 5.0, 7.0, 10.0])},
            optional={"bag_hours": st.sampled_from([24, 48, 96, 168])},
        ),
        min_size=1,
        max_size=3,
    ),
    "drugs": st.just(["epoprostenol"]),
    "hold_rules": st.just([]),
    "restart_texts": st.just([]),
    "bag_hours_max": st.sampled_from([1, 744]),
    "nurse_after": DURATIONS,
}
TABLES = st.sets(st.sampled_from(sorted(KEYS)), max_size=4).flatmap(
    lambda keys: st.fixed_dictionaries({key: KEYS[key] for key in sorted(keys)})
)
"""Few keys at a time: with many of them nearly every table is refused."""

ORDERS = [None] + [
    Order(rate_ml_per_h=rate, bag_hours=bag, drug=drug)
    for rate in (None, 0.6, 5.0, 7.0)
    for bag in (None, 16.0, 46.0, 168.0, 744.0)
    for drug in (None, "blinatumomab", "epoprostenol", "insulin")
]


def accepted(name: str, table: dict[str, Any]) -> Therapy | None:
    """Return the therapy that a table makes of a profile; None if it is refused."""
    faults = Faults()
    file = read({"therapies": {name: table}}, faults)
    therapies = therapies_of(file.therapies, faults, "Europe/Berlin")
    return None if faults.sentences else therapies[name]


def assert_as_close(name: str, found: Therapy) -> None:
    profile = BUILT_IN[name]
    usual = profile.therapy
    for order in ORDERS:
        now, before = thresholds_in_force(found, order), thresholds_in_force(usual, order)
        assert len(now) >= len(before)
        assert all(one.met_from_us() <= cap.met_from_us() for one, cap in zip(now, before, strict=False))
        assert all(first.met_from_us() <= second.met_from_us() for first, second in pairwise(now))
        assert restart_threshold(found, order) == now[0]
        assert restart_text(found, order) == restart_text(usual, order)
        # What does not fit the profile does not fit what was made of it.
        assert misfit(usual, order) is None or misfit(found, order) is not None
    for key in ("silence_max_us", "maintenance_quiet_us", "maintenance_max_us", "completion_us", "max_rate_fraction"):
        assert getattr(found, key) <= getattr(usual, key), key
    for key in ("merge_run_us", "amend_us", "min_rate_fraction", "counter_step_ml", "bag_error_fraction"):
        assert getattr(found, key) >= getattr(usual, key), key
    assert usual.kvo_counts or not found.kvo_counts
    assert set(usual.do_not) <= set(found.do_not)
    assert (found.hold_rules, found.drugs, found.source) == (usual.hold_rules, usual.drugs, usual.source)
    assert found.cumulative is not None
    assert usual.cumulative is not None
    assert found.cumulative.window_us >= usual.cumulative.window_us
    assert (found.cumulative.advisory_us or 0) <= usual.restart.off_time_us
    if found.schedule is not None:
        off_us = sum(ends - begins for begins, ends in planned_off_around(found.schedule, 1_772_000_000_000_000)[:1])
        assert profile.schedule_hours_min is not None
        assert off_us <= (24 - profile.schedule_hours_min) * HOUR_US
    labels = {one for one in found.thresholds if one.basis == "label"}
    assert all(any(one.off_time_us == cap.off_time_us for cap in usual.thresholds) for one in labels)


def assert_noticed_as_late(name: str, found: Therapy) -> None:
    usual = BUILT_IN[name].therapy
    for thousandths in range(5, 25_000, 47):
        rate_ml_per_h = thousandths / 1000
        assert occlusion_latency_us(found, rate_ml_per_h) >= occlusion_latency_us(usual, rate_ml_per_h), rate_ml_per_h


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(BUILT_IN)), TABLES, st.floats(min_value=0.005, max_value=50))
def test_no_accepted_table_is_looser_than_its_profile(name: str, table: dict[str, Any], rate_ml_per_h: float) -> None:
    found = accepted(name, table)
    event("refused" if found is None else "accepted")
    if found is None:
        return
    assert_as_close(name, found)
    assert_noticed_as_late(name, found)
    usual = BUILT_IN[name].therapy
    assert occlusion_latency_us(found, rate_ml_per_h) >= occlusion_latency_us(usual, rate_ml_per_h)
    slower, usual_ladder = built_in_ladder(found), built_in_ladder(usual)
    for mine, theirs in zip(slower.rungs, usual_ladder.rungs, strict=True):
        assert (mine.after_detection_us or 0) <= (theirs.after_detection_us or 0)
        assert all(
            first <= second for first, second in zip(mine.after_off_max_us, theirs.after_off_max_us, strict=False)
        )


@pytest.mark.parametrize("key", sorted(KEYS))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_key_by_itself_makes_a_therapy_looser(key: str, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(BUILT_IN)))
    found = accepted(name, {key: data.draw(KEYS[key])})
    if found is not None:
        assert_as_close(name, found)
        assert_noticed_as_late(name, found)
