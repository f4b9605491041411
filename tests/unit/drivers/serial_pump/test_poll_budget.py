"""The poll budget: never exceeded in any minute, whatever restarts, and durable before the first byte."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.serial_pump.budget import BURST_S, RESERVE_S, WINDOW_S, PollBudget

QUERY_BYTES = 6


class Memory:
    """Keeps what was saved, and how often."""

    def __init__(self, data: bytes | None = None) -> None:
        self.data = data
        self.saves: list[bytes] = []

    def load(self) -> bytes | None:
        return self.data

    def save(self, data: bytes) -> None:
        self.data = data
        self.saves.append(data)


def budget(memory: Memory, queries_per_minute: int = 240, bytes_per_minute: int = 4000) -> PollBudget:
    return PollBudget(memory, queries_per_minute=queries_per_minute, bytes_per_minute=bytes_per_minute)


def greedy(
    memory: Memory, until_s: float, *, life_s: float, step_s: float = 0.05, start_s: float = 1000.0
) -> list[float]:
    """Send whenever it is allowed, dying every ``life_s``; return the instants of sending."""
    sent, at_s, born_s = [], start_s, start_s
    each = budget(memory)
    while at_s < start_s + until_s:
        if at_s - born_s >= life_s:
            each, born_s = budget(memory), at_s
        if each.take(QUERY_BYTES, at_s) == 0:
            sent.append(at_s)
        else:
            at_s += step_s
    return sent


def most_in_a_minute(sent: list[float]) -> int:
    return max((sum(start <= at_s < start + WINDOW_S for at_s in sent) for start in sent), default=0)


def test_no_minute_sees_more_than_the_budget() -> None:
    assert most_in_a_minute(greedy(Memory(), 300, life_s=1e9)) <= 240


def test_the_budget_can_be_used() -> None:
    sent = greedy(Memory(), 600, life_s=1e9)
    assert len(sent) >= 0.75 * 240 * 10


@pytest.mark.parametrize("life_s", [0.01, 0.3, 1.0, 5.0, 17.0, 61.0])
def test_a_crash_loop_sends_less_and_never_more(life_s: float) -> None:
    sent = greedy(Memory(), 900, life_s=life_s)
    assert most_in_a_minute(sent) <= 240
    assert len(sent) <= 240 * 15


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(0, 40), st.integers(0, 100)), min_size=1, max_size=25))
def test_no_pattern_of_restarts_exceeds_the_budget(lives: list[tuple[float, int]]) -> None:
    """Each life begins after a pause and asks for so many queries as fast as it may."""
    memory, at_s, sent = Memory(), 1000.0, []
    for pause_s, wanted in lives:
        at_s += pause_s
        each = budget(memory)
        for _ in range(wanted):
            wait_s = each.take(QUERY_BYTES, at_s)
            if wait_s > 0:
                break
            sent.append(at_s)
    assert most_in_a_minute(sent) <= 240


def test_bytes_are_held_as_well() -> None:
    memory, at_s, sent_bytes = Memory(), 1000.0, 0
    each = budget(memory, queries_per_minute=1200, bytes_per_minute=600)
    while at_s < 1060:
        if each.take(14, at_s) == 0:
            sent_bytes += 14
        else:
            at_s += 0.05
    assert 400 <= sent_bytes <= 600


def test_what_goes_out_was_durable_before() -> None:
    memory = Memory()
    each = budget(memory)
    assert each.take(QUERY_BYTES, 1000.0) == 0
    assert len(memory.saves) == 1


def test_there_are_only_a_few_durable_writes_a_minute() -> None:
    memory = Memory()
    greedy(memory, 600, life_s=1e9)
    assert len(memory.saves) <= 10 * 4
    quiet = Memory()
    each = budget(quiet)
    for poll in range(120):
        for _ in range(5):
            assert each.take(QUERY_BYTES, 1000.0 + 5 * poll) == 0
    assert len(quiet.saves) <= 10 * 3


def test_the_wait_that_is_told_is_enough() -> None:
    memory, at_s = Memory(), 1000.0
    each = budget(memory)
    waits: list[float] = []
    while len(waits) < 50:
        wait_s = each.take(QUERY_BYTES, at_s)
        waits += [wait_s] if wait_s > 0 else []
        at_s += wait_s * 1.000001
    assert all(wait_s <= 1 for wait_s in waits)


def test_a_restart_in_good_order_waits_a_few_seconds_at_most() -> None:
    memory = Memory()
    first = budget(memory)
    for poll in range(20):
        for _ in range(5):
            first.take(QUERY_BYTES, 1000.0 + 5 * poll)
    assert budget(memory).take(QUERY_BYTES, 1096.0) <= RESERVE_S


@pytest.mark.parametrize(
    "damaged", [b"", b"nonsense", b"{}", b'{"queries_until_s":-1,"bytes_until_s":0}', b"\xff" * 50]
)
def test_a_damaged_memory_counts_as_a_spent_budget(damaged: bytes) -> None:
    wait_s = budget(Memory(damaged)).take(QUERY_BYTES, 1000.0)
    assert 0 < wait_s <= RESERVE_S + 1


def test_a_reservation_far_in_the_future_does_not_silence_the_pump_for_ever() -> None:
    far = Memory(b'{"queries_until_s":99999999999,"bytes_until_s":99999999999}')
    assert budget(far).take(QUERY_BYTES, 1000.0) <= BURST_S + RESERVE_S


def test_reservations_only_grow() -> None:
    memory = Memory()
    greedy(memory, 120, life_s=7.0)
    ends = [json.loads(data)["queries_until_s"] for data in memory.saves]
    assert all(one < two for one, two in pairwise(ends))
