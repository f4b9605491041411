"""Measures the pure core: a steady step beside decoding, and whether any cost grows faster than its cause."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import linear_regression

import msgspec

from drivers.contract import (
    AlarmObserved,
    AlarmPhase,
    Batch,
    DeliveryStatus,
    LogEvent,
    LogEventObserved,
    Observation,
    StatusObserved,
)
from drivers.registry import discover
from monitor.clock import ManualClock
from monitor.config.loading import load
from monitor.interruption.events import PumpObserved
from monitor.interruption.policy import Policy
from monitor.interruption.state import PumpState
from monitor.interruption.transitions import enrolled, step
from monitor.service.engine import Engine
from monitor.service.intake import BatchArrived
from monitor.storage.unit_of_work import Store
from tests.benchmarks.figures import Report, Spread, Target
from tests.benchmarks.fleet_daemon import configured, pump_ids

US = 1_000_000
START_US = 1_795_000_000 * US
RUNS = StatusObserved(delivery=DeliveryStatus.DELIVERING, rate_ml_per_h=5.0, battery_percent=83)
STANDS = StatusObserved(delivery=DeliveryStatus.NOT_DELIVERING, rate_ml_per_h=0.0)
MESSAGE = (
    b'{"v":1,"pump":"pump-00001","kind":"status","seq":1000017,"boot":"b1","serial":"SN-00012345","delivery":'
    b'"delivering","rate_ml_per_h":5.0,"volume_delivered_ml":118.4,"volume_remaining_ml":121.6,"battery_percent":83}'
)
LINEAR = Target(1.15, is_least=False)
"""1 is linear; the rest is left to caches and to noise."""


def steady_step(report: Report, folder: Path, *, quick: bool) -> None:
    """Compare a step that changes nothing with decoding a message, in turns."""
    policy = _policy(folder)
    state = step(enrolled(START_US), PumpObserved(at_us=START_US, observation=RUNS), policy).state
    event = PumpObserved(at_us=START_US + 5 * US, observation=RUNS)
    assert not step(state, event, policy).effects
    decoder = msgspec.json.Decoder(StatusObserved)
    count = 30_000 if quick else 100_000
    steps: list[float] = []
    decodes: list[float] = []
    for _ in range(7):
        steps.append(_each_us(lambda: step(state, event, policy), count))
        decodes.append(_each_us(lambda: decoder.decode(MESSAGE), count))
    report.say(f"msgspec decodes {len(MESSAGE)} bytes in {Spread.of(decodes).text()} us")
    report.say(f"a step that changes nothing takes {Spread.of(steps).text()} us")
    found = Spread.of([one / other for one, other in zip(steps, decodes, strict=True)])
    # 5 us where decoding takes 0.4 us.
    report.figure("step that changes nothing / decoding", found, Target(12.5, is_least=False))
    sizes = _state_sizes(policy, (1, 100, 10_000))
    report.say("bytes of a state, by unchanged observations: " + ", ".join(f"{n}: {size}" for n, size in sizes.items()))


def _state_sizes(policy: Policy, counts: Sequence[int]) -> dict[int, int]:
    """Return how long the stored state is after so many observations that change nothing, a minute apart."""
    sizes: dict[int, int] = {}
    state = step(enrolled(START_US), PumpObserved(at_us=START_US, observation=RUNS), policy).state
    for number in range(1, max(counts) + 1):
        state = step(state, PumpObserved(at_us=START_US + number * 60 * US, observation=RUNS), policy).state
        if number in counts:
            sizes[number] = len(msgspec.msgpack.encode(state))
    return sizes


def late_entry(report: Report, folder: Path, *, quick: bool) -> None:
    """Compare a late entry of an open interruption after little history with one after 28 days of it.

    What the last day may still amend is kept, so that the history is compared from where that is full.
    """
    policy = _policy(folder)
    days = (0, 3, 28)
    count = 300 if quick else 1_000
    costs: dict[int, list[float]] = {day: [] for day in days}
    states = {day: _interrupted(policy, day) for day in days}
    for _ in range(5):
        for day, (state, late) in states.items():
            costs[day].append(_each_us(_stepping(state, late, policy), count))
    for day, (state, _late) in states.items():
        report.say(
            f"late entry after {day} days with a stop each: {Spread.of(costs[day]).text('{:.0f}')} us,"
            f" {len(state.evidence)} pieces of evidence and {len(state.incidents)} interruptions kept"
        )
    report.say(
        f"late entry after 28 days / after an hour: {_ratio(costs[28], costs[0]).text('{:.2f}')}, for the day kept"
    )
    report.figure("late entry after 28 days / after 3 days", _ratio(costs[28], costs[3]), Target(1.2, is_least=False))


def _ratio(ones: list[float], others: list[float]) -> Spread:
    return Spread.of([one / other for one, other in zip(ones, others, strict=True)])


def _interrupted(policy: Policy, days: int) -> tuple[PumpState, PumpObserved]:
    """Return a pump that stands for ten minutes after so many days, and a late word from their middle."""
    state, at_us = enrolled(START_US), START_US
    for minute in range(days * 24 * 60 + 60):
        word = STANDS if minute % (24 * 60) in range(720, 735) else RUNS
        state = step(state, PumpObserved(at_us=at_us, observation=word), policy).state
        at_us += 60 * US
    for _ in range(10):
        state = step(state, PumpObserved(at_us=at_us, observation=STANDS), policy).state
        at_us += 60 * US
    late = LogEventObserved(event=LogEvent.DELIVERY_STOP, age_s=270.0)
    return state, PumpObserved(at_us=at_us, observation=late)


def linearity(report: Report, folder: Path, *, quick: bool) -> None:
    """Fit cost = fleet ** exponent, and the same for the evidence that a late entry is folded into."""
    sizes = (1_000, 5_000, 25_000) if quick else (1_000, 10_000, 100_000)
    words: dict[str, Sequence[Observation]] = {
        "steady": (RUNS, RUNS),
        "alarms": [AlarmObserved(code="prog-changed", phase=phase) for phase in (AlarmPhase.START, AlarmPhase.END)],
        "stops and runs": (STANDS, RUNS),
    }
    costs: dict[str, list[float]] = {name: [] for name in words}
    for size in sizes:
        for name, cost in _fleet_costs(folder / str(size), size, words).items():
            costs[name].append(cost)
    for name, found in costs.items():
        each = ", ".join(f"{size}: {cost:.1f} us" for size, cost in zip(sizes, found, strict=True))
        report.say(f"{name}, processor time an event by pumps: {each}")
        whole = [size * cost for size, cost in zip(sizes, found, strict=True)]
        report.figure(f"{name}: exponent over the fleet", Spread.of([_exponent(sizes, whole)]), LINEAR)
    kept, late = _late_entry_costs(_policy(folder), 300 if quick else 1_000)
    report.say(
        "late entry, by evidence kept: " + ", ".join(f"{n}: {cost:.0f} us" for n, cost in zip(kept, late, strict=True))
    )
    report.figure("late entry: exponent over the evidence", Spread.of([_exponent(kept, late)]), LINEAR)


def _fleet_costs(folder: Path, size: int, words: dict[str, Sequence[Observation]]) -> dict[str, float]:
    """Return processor microseconds an event through engine and store, each pump speaking twice."""
    path = folder / "pumpwatch.toml"
    config = configured(folder, size, None)
    path.write_text(config)
    clock = ManualClock(START_US)
    store = Store.open(f"sqlite:///{folder}/pumpwatch.db", START_US)
    try:
        engine = Engine(load(path, discover()), store, clock, lambda _: [])
        engine.load()
        pumps = pump_ids(size)[:-1]

        def say(word: Observation) -> None:
            for start in range(0, size, 1_000):
                clock.move_to(clock.now_us() + US // 100)
                items = [(pump, word) for pump in pumps[start : start + 1_000]]
                engine.intake.submit(BatchArrived("bench", Batch(items=items)))

        say(RUNS)
        costs: dict[str, float] = {}
        for name, pair in words.items():
            # A small fleet speaks more often, so that there is something to measure.
            rounds = max(1, 10_000 // size)
            gc.collect()
            begun_s = time.process_time()
            for _ in range(rounds):
                for word in pair:
                    say(word)
            costs[name] = (time.process_time() - begun_s) / (size * 2 * rounds) * US
        return costs
    finally:
        store.close()


def _late_entry_costs(policy: Policy, count: int) -> tuple[list[int], list[float]]:
    """Return how much evidence was kept, and what a late entry that is older than nearly all of it costs."""
    kept: list[int] = []
    costs: list[float] = []
    for pieces in (8, 16, 32, 60):
        state, at_us = _with_evidence(policy, pieces)
        age_s = (at_us - START_US) / US - 90
        late = PumpObserved(at_us=at_us + US, observation=LogEventObserved(event=LogEvent.DELIVERY_STOP, age_s=age_s))
        kept.append(len(state.evidence))
        costs.append(min(_each_us(_stepping(state, late, policy), count) for _ in range(3)))
    return kept, costs


def _stepping(state: PumpState, event: PumpObserved, policy: Policy) -> Callable[[], object]:
    return lambda: step(state, event, policy)


def _with_evidence(policy: Policy, pieces: int) -> tuple[PumpState, int]:
    """Return a pump that stopped and ran in turn until so many pieces of evidence are kept, and the instant."""
    state, at_us = enrolled(START_US), START_US
    while len(state.evidence) < pieces:
        for word in (RUNS, STANDS):
            state = step(state, PumpObserved(at_us=at_us, observation=word), policy).state
            at_us += 60 * US
    return state, at_us


def _policy(folder: Path) -> Policy:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "one.toml"
    path.write_text(configured(folder, 0, None))
    (pump,) = load(path, discover()).pumps
    return Policy(pump.pump, pump.therapy, pump.serial)


def _each_us(work: Callable[[], object], count: int) -> float:
    begun_s = time.process_time()
    for _ in range(count):
        work()
    return (time.process_time() - begun_s) / count * US


def _exponent(causes: Sequence[int], costs: Sequence[float]) -> float:
    """Return the slope of the costs over their causes on double logarithmic paper."""
    return linear_regression([math.log(one) for one in causes], [math.log(one) for one in costs]).slope
