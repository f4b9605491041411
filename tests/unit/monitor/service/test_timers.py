"""The doorbell ends at once, whatever is under way, and no housekeeping lost is lost for long."""

from __future__ import annotations

import threading

import pytest

from living import eventually
from monitor.clock import SystemClock
from monitor.service import timers
from monitor.service.timers import Timers


def test_a_ring_under_way_that_arms_the_next_does_not_hold_a_stop_up() -> None:
    clock = SystemClock()
    is_ringing, may_go_on, has_armed = threading.Event(), threading.Event(), threading.Event()

    def ring() -> None:
        is_ringing.set()
        may_go_on.wait(10)
        doorbell.arm(clock.now_us() + 60_000_000)
        has_armed.set()

    doorbell = Timers(clock, ring, lambda: None)
    doorbell.start()
    doorbell.arm(clock.now_us())
    assert is_ringing.wait(10)
    stopping = threading.Thread(target=doorbell.stop)
    stopping.start()
    eventually(lambda: not doorbell._scheduler.running)
    may_go_on.set()
    stopping.join(20)
    assert not stopping.is_alive()
    assert has_armed.is_set()


def test_a_housekeeping_that_fails_is_followed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timers, "HOUSEKEEPING_S", 0.05)
    count = 0
    enough = threading.Event()

    def keep() -> None:
        nonlocal count
        count += 1
        if count >= 3:
            enough.set()
        raise RuntimeError("a fault of ours")

    doorbell = Timers(SystemClock(), lambda: None, keep)
    doorbell.start()
    try:
        assert enough.wait(20)
    finally:
        doorbell.stop()


def test_nothing_rings_after_a_stop() -> None:
    rang: list[int] = []
    doorbell = Timers(SystemClock(), lambda: rang.append(1), lambda: None)
    doorbell.start()
    doorbell.stop()
    doorbell._ring()
    assert not rang
    assert doorbell.since_ring_s() >= 0
