"""Holds a pump's poll budget, also over crashes: so many queries and bytes a minute and no more.

What may be sent soon is reserved durably before the first byte of it goes out. A program that dies loses
its reservation, and one that dies again and again therefore sends less, never more.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from drivers.contract import DriverMemory

WINDOW_S = 60.0
"""The budget holds over every window of this length."""

BURST_S = 15.0
"""A pump that was left alone may be asked this much of its budget at once, in seconds' worth."""

RESERVE_S = 20.0
"""How much is reserved at a time, in seconds' worth: three durable writes a minute at full use."""

_Instant = Annotated[float, msgspec.Meta(ge=0, le=1e12)]


class _Saved(msgspec.Struct, frozen=True):
    """Until when the budget is spent, in seconds since 1970 of monitor time, once per thing that is counted."""

    queries_until_s: _Instant
    bytes_until_s: _Instant


_decoder = msgspec.json.Decoder(_Saved)


class _Meter:
    """Counts one thing: each unit keeps the line busy for a while, and it must never be busy far ahead."""

    def __init__(self, per_minute: int) -> None:
        # Over any window of a minute at most ``per_minute`` units go out, the burst at its start included.
        self.unit_s = (WINDOW_S + BURST_S) / per_minute
        self.until_s = 0.0
        self.reserved_until_s = 0.0

    def restore(self, until_s: float, now_s: float) -> None:
        """Take over what an earlier run reserved; nothing further ahead than one can have been is believed."""
        self.until_s = self.reserved_until_s = min(until_s, now_s + BURST_S + RESERVE_S)

    def wait_s(self, units: int, now_s: float) -> float:
        """Return how long to wait before so many units may go out."""
        return max(0.0, max(self.until_s, now_s) + units * self.unit_s - now_s - BURST_S)

    def has_reserved(self, units: int, now_s: float) -> bool:
        """Return whether so many units are already reserved."""
        return max(self.until_s, now_s) + units * self.unit_s <= self.reserved_until_s

    def reserve(self, units: int, now_s: float) -> None:
        """Reserve so many units and some more."""
        self.reserved_until_s = max(self.until_s, now_s) + max(units * self.unit_s, RESERVE_S)

    def spend(self, units: int, now_s: float) -> None:
        """Count units that go out now."""
        self.until_s = max(self.until_s, now_s) + units * self.unit_s


class PollBudget:
    """The budget of one pump.

    Args:
        memory: Where reservations are kept; only the owner of the link uses it.
        queries_per_minute: How many queries any minute may see.
        bytes_per_minute: How many bytes any minute may see.
    """

    def __init__(self, memory: DriverMemory, *, queries_per_minute: int, bytes_per_minute: int) -> None:
        self._memory = memory
        self._queries = _Meter(queries_per_minute)
        self._bytes = _Meter(bytes_per_minute)
        self._is_restored = False

    def take(self, size_bytes: int, now_s: float) -> float:
        """Book one query of ``size_bytes`` and return 0, or return how many seconds to wait and book nothing.

        When it returns 0, the query is durably accounted for and must be sent now or not at all.
        """
        self._restore(now_s)
        uses = ((self._queries, 1), (self._bytes, size_bytes))
        wait_s = max(meter.wait_s(units, now_s) for meter, units in uses)
        if wait_s > 0:
            return wait_s
        if not all(meter.has_reserved(units, now_s) for meter, units in uses):
            for meter, units in uses:
                meter.reserve(units, now_s)
            self._save()
        for meter, units in uses:
            meter.spend(units, now_s)
        return 0.0

    def _restore(self, now_s: float) -> None:
        if self._is_restored:
            return
        data = self._memory.load()
        if data is not None:
            try:
                saved = _decoder.decode(data)
            except msgspec.DecodeError:
                # Damaged: as if everything had just been spent.
                saved = _Saved(now_s + BURST_S + RESERVE_S, now_s + BURST_S + RESERVE_S)
            self._queries.restore(saved.queries_until_s, now_s)
            self._bytes.restore(saved.bytes_until_s, now_s)
        self._is_restored = True

    def _save(self) -> None:
        saved = _Saved(self._queries.reserved_until_s, self._bytes.reserved_until_s)
        self._memory.save(msgspec.json.encode(saved))
