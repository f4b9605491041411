"""The log ring keeps the newest entries under indices that wrap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.log_ring import RING_ENTRIES, LogEntry, LogKind, LogRing


def entry(number: int) -> LogEntry:
    return LogEntry(LogKind.DELIVERY_START, number, None, 0.0, 3.0)


@given(size=st.integers(1, 9), first=st.integers(0, 8), written=st.integers(0, 40))
def test_the_ring_agrees_with_a_plain_list(size: int, first: int, written: int) -> None:
    first %= size
    ring = LogRing(size, first)
    for number in range(written):
        ring.append(entry(number))
    kept = list(range(max(0, written - size), written))
    assert len(ring) == len(kept)
    assert ring.written == written
    assert ring.head_index == (first + written - 1) % size
    assert ring.tail_index == ((first + kept[0]) % size if kept else (first + written) % size)
    for number in kept:
        held = ring.entry(first + number)
        assert held is not None
        assert held.stamp_us == number
    assert [each.stamp_us for each in ring.since(0)] == kept
    assert [each.stamp_us for each in ring.since(written - 1)] == kept[-1:]
    assert not list(ring.since(written))


def test_the_ring_of_the_best_described_pump_has_43264_entries() -> None:
    assert RING_ENTRIES == 4096 * 169 // 16 == 43_264


def test_an_entry_that_was_never_written_is_none() -> None:
    ring = LogRing()
    ring.append(entry(1))
    assert ring.entry(0) is not None
    assert ring.entry(1) is None
    assert ring.entry(RING_ENTRIES) is not None, "indices are taken modulo the size"


@pytest.mark.parametrize(("size", "first"), [(0, 0), (4, 4), (4, -1)])
def test_an_impossible_ring_is_refused(size: int, first: int) -> None:
    with pytest.raises(ValueError, match="has no index"):
        LogRing(size, first)
