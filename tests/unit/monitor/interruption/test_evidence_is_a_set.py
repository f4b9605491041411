"""Any order, any duplicates and any lateness of the pump's log give the interruptions of ordered delivery."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.contract import (
    AlarmObserved,
    AlarmPhase,
    DeliveryStatus,
    LogEvent,
    LogEventObserved,
    Observation,
    StatusObserved,
)
from monitor.interruption.events import FreeInterval, Order, Ordered
from monitor.interruption.policy import MINUTE_US
from watched import Watched, minutes

END_MINUTE = 300
"""Every story ends here, with everything delivered."""


@dataclass(frozen=True)
class Story:
    """When it ran and stopped, how often it is heard, and what the line did to the log."""

    turns: list[tuple[int, int]]
    period: int
    has_counter: bool
    outage: tuple[int, int]
    alarm: str | None
    delays: list[int]
    twice: list[bool]
    free: tuple[int, int] | None = None
    ends: int | None = None
    slow: tuple[int, int, float] | None = None
    """From when, for how many minutes and at which share of its rate it goes while it claims the whole."""


def _stories() -> st.SearchStrategy[Story]:
    def made(cuts: list[int]) -> list[tuple[int, int]]:
        ordered = sorted(set(cuts))
        return list(zip(ordered[::2], ordered[1::2], strict=False))

    return st.builds(
        Story,
        turns=st.lists(st.integers(31, 200), min_size=2, max_size=8).map(made),
        period=st.sampled_from([3, 5, 7]),
        has_counter=st.booleans(),
        outage=st.tuples(st.integers(20, 200), st.integers(0, 90)),
        alarm=st.sampled_from([None, "air", "occl-down"]),
        delays=st.lists(st.integers(0, 90), min_size=10, max_size=10),
        twice=st.lists(st.booleans(), min_size=10, max_size=10),
        free=st.none() | st.tuples(st.integers(60, 160), st.integers(5, 60)),
        ends=st.none() | st.integers(150, 290),
        slow=st.none() | st.tuples(st.integers(0, 200), st.integers(5, 100), st.sampled_from([0.5, 0.6, 0.7, 0.8])),
    )


def _order(story: Story) -> Order:
    """Return the order with its planned pause and end, if the story has them."""
    free = () if story.free is None else (FreeInterval(minutes(story.free[0]), minutes(sum(story.free))),)
    return Order(rate_ml_per_h=5, free=free, ends_at_us=None if story.ends is None else minutes(story.ends))


def _statuses(story: Story) -> list[tuple[float, StatusObserved]]:
    """Return the statuses that are heard: none during the outage."""
    said = []
    for minute in range(0, END_MINUTE + 1, story.period):
        if story.outage[0] <= minute < story.outage[0] + story.outage[1]:
            continue
        stands = any(start + 0.5 <= minute < end + 0.5 for start, end in story.turns)
        ran = minute - _off(story, minute)
        counter = round(int(ran * 5 / 60 / 0.1 + 1e-6) * 0.1, 1) if story.has_counter else None
        delivery = DeliveryStatus.NOT_DELIVERING if stands else DeliveryStatus.DELIVERING
        rate = 0.0 if stands else 5.0
        said.append((float(minute), StatusObserved(delivery=delivery, rate_ml_per_h=rate, volume_delivered_ml=counter)))
    return said


def _off(story: Story, minute: float) -> float:
    """Return how many minutes of its rate lack until ``minute``: what it stood, and what it went too slowly."""
    stops = [(start + 0.5, end + 0.5) for start, end in story.turns]
    off = sum(_common((0, minute), stop) for stop in stops)
    if story.slow is None:
        return off
    start, length, share = story.slow
    until = min(minute, start + length)
    return off + (1 - share) * (max(0, until - start) - sum(_common((start, until), stop) for stop in stops))


def _common(one: tuple[float, float], other: tuple[float, float]) -> float:
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))


def _entries(story: Story) -> list[tuple[float, str]]:
    """Return the pump's log: half a minute after the whole minute, so that no status has the same instant."""
    entries = []
    for start, end in story.turns:
        entries.append((start + 0.5, "stop" if story.alarm is None else story.alarm))
        entries.append((end + 0.5, "start"))
    return entries


def _observation(what: str, age_s: float) -> LogEventObserved | AlarmObserved:
    if what in ("stop", "start"):
        return LogEventObserved(event=LogEvent(f"delivery-{what}"), age_s=age_s)
    return AlarmObserved(code=what, phase=AlarmPhase.START, age_s=age_s)


def _told(story: Story, *, is_late: bool) -> list[tuple[object, ...]]:
    arrivals: list[tuple[float, int, Observation]] = [(at, 1, status) for at, status in _statuses(story)]
    for place, (at, what) in enumerate(_entries(story)):
        delay = story.delays[place % 10] if is_late else 0
        heard = min(at + delay + (0.25 if is_late and delay else 0), END_MINUTE)
        arrivals.append((heard, 0, _observation(what, (heard - at) * 60)))
        if is_late and story.twice[place % 10]:
            again = min(heard + 7.25, END_MINUTE)
            arrivals.append((again, 0, _observation(what, (again - at) * 60)))
    pump = Watched(ordered_ml_per_h=None)
    pump.take(Ordered(at_us=0, order=_order(story), by="test"))
    for at, _, said in sorted(arrivals, key=lambda arrival: arrival[:2]):
        pump.say(at, said)
    pump.wait(END_MINUTE + 1)
    return [
        (
            view.opened_at_us / MINUTE_US,
            view.off_min_us / MINUTE_US,
            view.off_max_us / MINUTE_US,
            view.off_class,
            view.merged_stops,
        )
        for view in pump.shown
        if view.merged_stops and view.off_max_us
    ]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_stories())
def test_a_log_that_comes_late_and_twice_tells_what_it_would_have_told_at_once(story: Story) -> None:
    assert _told(story, is_late=True) == _told(story, is_late=False)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_stories())
def test_what_a_slow_pump_lacks_is_told_but_for_a_tenth_and_a_step_of_its_counter(story: Story) -> None:
    story = replace(story, has_counter=True, free=None, ends=None, outage=(0, 0), period=1)
    told = sum(float(str(view[2])) for view in _told(story, is_late=False))
    lacking = _off(story, END_MINUTE)
    # Each run between two stops may hide one step more, and the margin for late reports.
    steps = (len(story.turns) + 1) * (0.1 / 5 * 60 / 0.9 + 0.2)
    assert told >= lacking - 0.1 * END_MINUTE - steps
