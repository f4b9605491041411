"""The doorbell ends at once, whatever is under way, and no housekeeping lost is lost for long."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import apscheduler.schedulers.base
import apscheduler.triggers.interval
import pytest

from living import eventually
from monitor.clock import SystemClock, wall_us
from monitor.service import timers
from monitor.service.timers import Timers


def test_a_ring_under_way_that_arms_the_next_does_not_hold_a_stop_up() -> None:
    clock = SystemClock()
    is_ringing, may_go_on, has_armed = threading.Event(), threading.Event(), threading.Event()

    def ring() -> None:
        is_ringing.set()
        may_go_on.wait(60)
        doorbell.arm(clock.now_us() + 60_000_000)
        has_armed.set()

    doorbell = Timers(clock, ring, lambda: None)
    doorbell.start()
    doorbell.arm(clock.now_us())
    assert is_ringing.wait(60)
    stopping = threading.Thread(target=doorbell.stop)
    stopping.start()
    eventually(lambda: not doorbell._scheduler.running)
    may_go_on.set()
    stopping.join(60)
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
        assert enough.wait(60)
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


def test_a_wall_clock_that_goes_back_holds_no_deadline_up(monkeypatch: pytest.MonkeyPatch) -> None:
    step = [0.0]

    class SteppedTime(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return cls.fromtimestamp(wall_us() / 1e6 + step[0], tz)

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", SteppedTime)
    monkeypatch.setattr(apscheduler.triggers.interval, "datetime", SteppedTime)
    monkeypatch.setattr(timers, "wall_us", lambda: wall_us() + int(step[0] * 1e6))
    monkeypatch.setattr(timers, "HOUSEKEEPING_S", 0.5)
    rang, kept = threading.Event(), threading.Event()
    clock = SystemClock()
    doorbell = timers.Timers(clock, rang.set, kept.set)
    doorbell.start()
    try:
        doorbell.arm(clock.now_us() + 2_000_000)
        step[0] = -3600.0
        kept.clear()
        assert rang.wait(60)
        assert kept.wait(60)
    finally:
        doorbell.stop()


def test_a_stop_while_the_scheduler_is_at_a_job_is_no_fault_of_its_thread() -> None:
    is_inside, is_over = threading.Event(), threading.Event()
    clock = SystemClock()
    doorbell = Timers(clock, lambda: None, lambda: None)
    doorbell.start()
    executor = doorbell._scheduler._lookup_executor("default")
    submit = executor.submit_job

    def submit_slowly(*arguments: Any) -> None:
        is_inside.set()
        # As long as a stop that does not wait for us needs, or as one that does needs not.
        is_over.wait(1)
        submit(*arguments)

    executor.submit_job = submit_slowly
    doorbell.arm(clock.now_us())
    assert is_inside.wait(60)
    doorbell.stop()
    is_over.set()
    at_work = [thread for thread in threading.enumerate() if thread.name == "APScheduler"]
    for thread in at_work:
        thread.join(60)
    # What a thread raised would fail this test.
    assert not any(thread.is_alive() for thread in at_work)
