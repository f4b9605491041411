"""Faults spoil messages as planned, and the same way for the same seed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.faults import FaultPlan, spoil
from simulator.fleet import chance_of

chances = st.integers(0, 100).map(lambda each: each / 100)
plans = st.builds(FaultPlan, tear=chances, drop=chances, repeat=chances, late=chances, corrupt=chances)


@given(plan=plans, seed=st.integers(), messages=st.lists(st.binary(min_size=1, max_size=60), max_size=20))
def test_the_same_seed_spoils_alike(plan: FaultPlan, seed: int, messages: list[bytes]) -> None:
    one, other = chance_of(seed, 0), chance_of(seed, 0)
    assert [spoil(each, plan, one) for each in messages] == [spoil(each, plan, other) for each in messages]


@given(plan=plans, seed=st.integers(), message=st.binary(min_size=1, max_size=60))
def test_what_arrives_is_no_longer_no_earlier_and_not_more_than_twice(
    plan: FaultPlan, seed: int, message: bytes
) -> None:
    passages = spoil(message, plan, chance_of(seed, 0))
    assert len(passages) <= 2
    for each in passages:
        assert 0 < len(each.data) <= len(message)
        assert 0 <= each.delay_us <= plan.late_s_max * 1_000_000 + 100_000
        assert sum(a != b for a, b in zip(each.data, message, strict=False)) <= 1


@pytest.mark.parametrize(
    ("plan", "arrivals"),
    [
        (FaultPlan(), [b"message"]),
        (FaultPlan(drop=1), []),
        (FaultPlan(repeat=1), [b"message", b"message"]),
    ],
    ids=["harmless", "drop", "repeat"],
)
def test_a_certain_fault_always_strikes(plan: FaultPlan, arrivals: list[bytes]) -> None:
    for seed in range(20):
        assert [each.data for each in spoil(b"message", plan, chance_of(seed, 0))] == arrivals


def test_a_torn_message_is_a_beginning() -> None:
    for seed in range(20):
        for each in spoil(b"message", FaultPlan(tear=1), chance_of(seed, 0)):
            assert b"message".startswith(each.data)
            assert each.data != b"message"


def test_a_corrupt_message_differs_in_one_byte() -> None:
    for seed in range(20):
        (passage,) = spoil(b"message", FaultPlan(corrupt=1), chance_of(seed, 0))
        assert sum(a != b for a, b in zip(passage.data, b"message", strict=True)) == 1


@pytest.mark.parametrize("changed", [{"tear": 1.1}, {"drop": -0.1}, {"late_s_max": -1.0}, {"late": float("nan")}])
def test_what_is_no_probability_is_refused_by_name(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"^{next(iter(changed))}: "):
        FaultPlan(**changed)
