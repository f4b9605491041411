"""The same dated evidence gives the same interruptions, in whatever order and however often it arrives (I-12)."""

from __future__ import annotations

from itertools import combinations, permutations, product

import msgspec
import pytest

from drivers.contract import (
    AlarmObserved,
    AlarmPhase,
    DeliveryStatus,
    LogEvent,
    LogEventObserved,
    Observation,
    StatusObserved,
)
from monitor.interruption.events import Order, Ordered, PumpObserved, Ticked
from monitor.interruption.state import PumpState
from monitor.interruption.transitions import enrolled, step
from monitor.interruption.view import views
from tests.proof.campaigns import SMALL
from tests.proof.pump_world import RATE_ML_PER_H, START_US, TICK_US

POLICY = SMALL.policy()
NOW_US = START_US + 12 * TICK_US
Dated = tuple[float, Observation]


def status(delivery: DeliveryStatus, counter_ml: float | None = None) -> Observation:
    rate = RATE_ML_PER_H if delivery is DeliveryStatus.DELIVERING else 0.0
    return StatusObserved(delivery=delivery, rate_ml_per_h=rate, volume_delivered_ml=counter_ml)


RUNS, STANDS, DRIPS = (
    status(DeliveryStatus.DELIVERING),
    status(DeliveryStatus.NOT_DELIVERING),
    status(DeliveryStatus.KVO),
)
STARTS, STOPS = LogEventObserved(event=LogEvent.DELIVERY_START), LogEventObserved(event=LogEvent.DELIVERY_STOP)
OCCLUDED = AlarmObserved(code="occl-down", phase=AlarmPhase.START)
FIRST: Dated = (0.0, RUNS)

PIECES: tuple[Dated, ...] = tuple(product((4.5, 6.0, 8.5, 10.0), (RUNS, STANDS, STARTS, STOPS)))
ODD_PIECES: tuple[Dated, ...] = tuple(product((5.0, 9.0), (DRIPS, OCCLUDED)))


def heard(pieces: tuple[Dated, ...]) -> PumpState:
    """Return the state after all pieces were delivered now, each with its age, in this order."""
    state = step(
        enrolled(START_US), Ordered(at_us=START_US, order=Order(rate_ml_per_h=RATE_ML_PER_H), by="x"), POLICY
    ).state
    for ticks, said in pieces:
        age_s = 12 * TICK_US / 1e6 - ticks * TICK_US / 1e6
        observation = msgspec.structs.replace(said, age_s=age_s)
        state = step(state, PumpObserved(at_us=NOW_US, observation=observation), POLICY).state
    return step(state, Ticked(at_us=NOW_US), POLICY).state


def told(pieces: tuple[Dated, ...]) -> list[tuple[object, ...]]:
    """Return what is shown of every interruption that has a stop."""
    shown = views(heard(pieces), POLICY, NOW_US)
    return sorted(
        (view.opened_at_us, view.ended_at_us or 0, view.off_min_us, view.off_max_us, view.off_class, view.merged_stops)
        for view in shown
        if view.merged_stops
    )


def in_order(pieces: tuple[Dated, ...]) -> tuple[Dated, ...]:
    return tuple(sorted(pieces, key=lambda piece: piece[0]))


def sets_of(count: int) -> list[tuple[Dated, ...]]:
    """Return every set of so many pieces about different instants, after the first sign of flow."""
    return [
        (FIRST, *chosen)
        for chosen in combinations((*PIECES, *ODD_PIECES), count)
        if len({ticks for ticks, _ in chosen}) == count
    ]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_any_order_of_the_same_evidence_gives_the_same_interruptions(count: int) -> None:
    for chosen in sets_of(count):
        expected = told(in_order(chosen))
        for order in permutations(chosen[1:]):
            assert told((FIRST, *order)) == expected, f"in this order: {(FIRST, *order)}"


def test_the_first_sign_of_flow_may_come_last_of_all() -> None:
    for chosen in sets_of(2):
        assert told((*chosen[1:], FIRST)) == told(in_order(chosen)), f"{chosen}"


def test_evidence_that_comes_twice_counts_once() -> None:
    for chosen in sets_of(2):
        ordered = in_order(chosen)
        assert told((*ordered, *ordered)) == told(ordered), f"{chosen}"
