"""Whatever stands in the file, it is refused with sentences, or it is safe to run with."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.registry import Registry
from monitor.config.loading import settings_of
from monitor.config.settings import Config
from monitor.errors import ConfigurationError
from monitor.interruption.policy import HOUR_US, MINUTE_US

FILE = tomllib.loads(
    """
    allow_simulated = false
    site = { id = "ward", time_zone = "UTC", call_back_number = "112" }
    storage.url = "sqlite://"
    feed = { host = "::1", port = 0 }
    [[pumps]]
    id = "p"
    driver = "acme"
    serial = "SN1"
    plan = { ends_at = 2026-03-30T12:00:00Z }
    forced_by = ["A", "B"]
    options = { device = "/dev/a" }
    [pumps.order]
    rate_ml_per_h = 5
    bag_hours = 48
    starts_at = 2026-03-02T12:00:00Z
    drug = "blinatumomab"
    indication = "mrd-positive"
    age_group = "adult"
    cycle = 2
    infusion_days = 28
    bag_expires_at = 2026-03-04T12:00:00Z
    free = [{ from = 2026-03-10T12:00:00Z, until = 2026-03-11T12:00:00Z }]
    [[sources]]
    driver = "bus"
    name = "broker"
    [therapies.blinatumomab]
    thresholds = ["4h", { off_time = "2h", inclusive = false, action = "call" }]
    silence_max = "15min"
    merge_run = "30min"
    min_rate_fraction = 0.9
    kvo_counts = false
    maintenance_quiet = "20min"
    maintenance_max = "30min"
    latency = { "5" = "15min", "0.6" = "124min" }
    latency_source = "the test report"
    counter_step_ml = 0.1
    bag_error_fraction = 0.06
    cumulative = { window = "24h", advisory = "4h" }
    rates = [{ rate_ml_per_h = 5, bag_hours = 48 }]
    do_not = ["flush"]
    [therapies.own]
    thresholds = [{ off_time = "1h", audience = "everyone", basis = "label", fallback = true }]
    volume_deficit_fraction = 0.1
    source = "us"
    drugs = ["something"]
    bag_hours_max = 48
    schedule = { starts = "08:00", ends = "20:00" }
    hold_rules = [{ reasons = ["surgery"], over_days = 1, up_to_days = 3, text = "wait" }]
    [[therapies.own.restart_texts]]
    indication = "any"
    age_group = "child"
    cycles = "first"
    text = "ask"
    restart_named = false
    [[contacts]]
    id = "anna"
    role = "home-nurse"
    channels = ["log", "webhook:pager"]
    hours = "08:00-20:00"
    pumps = ["p"]
    [[contacts]]
    id = "desk"
    role = "on-call-nurse"
    [channels.webhook.pager]
    url = "https://pager.example.org/"
    [[ladders.blinatumomab.rungs]]
    rung = "nurse"
    contacts = ["anna"]
    after_detection = "5min"
    [[ladders.blinatumomab.rungs]]
    rung = "all"
    contacts = ["anna", "desk"]
    after_off_max = ["90min", "4h"]
    after_unacknowledged = { rung = "nurse", after = "10min" }
    repeat = "5min"
    """
)

LIBRARY_WORDS = re.compile(r"Input|List|String|Dict|Value error|should|valid |validation|pattern|\bitems?\b")
"""What our own sentences never say, and those of the library that reads tables do."""

DURATIONS = st.sampled_from(["0s", "4", "40h", "4min", "-4h", "nanh", "72h", "1s", "1h30", "4H", "90min", "1e9h"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | DURATIONS
    | st.sampled_from([datetime(2026, 3, 2, 12, 0), date(2026, 3, 2), time(4, 0)])  # noqa: DTZ001 - TOML has them
)
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=8), SCALARS, max_size=3)


def places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every key of every table, and every place of every list, with what holds it."""
    for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
        yield tree, key
        if isinstance(tree[key], dict | list):
            yield from places(tree[key])


@st.composite
def mutilated(draw: st.DrawFn) -> dict[str, Any]:
    """The file with one to three of its values replaced, removed or renamed."""
    tree = copy.deepcopy(FILE)
    for _ in range(draw(st.integers(min_value=1, max_value=3))):
        holder, key = draw(st.sampled_from(list(places(tree))))
        deed = draw(st.sampled_from(["replace", "remove", "rename"]))
        if deed == "replace" or isinstance(holder, list):
            holder[key] = draw(VALUES)
        else:
            value = holder.pop(key)
            if deed == "rename":
                holder[draw(st.text(max_size=12))] = value
        if not tree:
            return tree
    return tree


def assert_safe(config: Config) -> None:
    assert config.pumps
    for pump in config.pumps:
        assert pump.therapy.restart.off_time_us <= 4 * HOUR_US
        assert pump.therapy.silence_max_us <= 15 * MINUTE_US
        assert pump.therapy.maintenance_max_us <= 30 * MINUTE_US
        ladder = config.ladder_for(pump.therapy)
        assert ladder.rungs
        assert config.roster_for(pump.pump).contacts
        if pump.order is not None and pump.order.rate_ml_per_h is not None:
            assert 0 < pump.order.rate_ml_per_h <= 2_000
    assert all(contact.channels for contact in config.roster.contacts)


def test_the_file_itself_is_safe(registry: Registry, tmp_path: Path) -> None:
    assert_safe(settings_of(copy.deepcopy(FILE), tmp_path, registry))


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(mutilated())
def test_a_file_with_slips_is_refused_with_sentences_or_is_safe(
    registry: Registry, tmp_path: Path, raw: dict[str, Any]
) -> None:
    faults: list[str] = []
    try:
        assert_safe(settings_of(raw, tmp_path, registry))
    except ConfigurationError as error:
        faults = error.faults or [""]
    assert all(fault and fault.isprintable() for fault in faults)
    assert not [fault for fault in faults if LIBRARY_WORDS.search(fault)]


@pytest.mark.parametrize("wrong", [[], {}, "", "x" * 2000, -1, 10**30, 1e300, True, ["x"] * 300, [[]], [{}], {"x": 1}])
def test_every_key_is_refused_in_our_own_words(wrong: object, registry: Registry, tmp_path: Path) -> None:
    faults: list[str] = []
    for place in range(len(list(places(FILE)))):
        tree = copy.deepcopy(FILE)
        holder, key = list(places(tree))[place]
        holder[key] = copy.deepcopy(wrong)
        try:
            settings_of(tree, tmp_path, registry)
        except ConfigurationError as error:
            faults += error.faults
    assert faults
    assert not [fault for fault in faults if LIBRARY_WORDS.search(fault)]
