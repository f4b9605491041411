"""What is heard after a planned end or pause about the time before it still counts, and nothing beyond it does."""

from __future__ import annotations

import pytest

from drivers.contract import AlarmObserved, AlarmPhase, LogCovered
from monitor.interruption.effects import InterruptionAmended
from monitor.interruption.events import Closed, FreeInterval, Marked, MarkKind, Order, Ordered, Outcome, Reported, Role
from watched import Watched, minutes

FREE = (FreeInterval(minutes(120), minutes(300)),)
LATER = (*FREE, FreeInterval(minutes(420), minutes(480)))


def watched(*, ends: float | None = None, free: tuple[FreeInterval, ...] = ()) -> Watched:
    pump = Watched(ordered_ml_per_h=None)
    ends_at_us = None if ends is None else minutes(ends)
    pump.take(Ordered(at_us=0, order=Order(rate_ml_per_h=5, free=free, ends_at_us=ends_at_us), by="test"))
    return pump


def late(pump: Watched, minute: float, about: float, event: str) -> None:
    pump.event(minute, event, age_s=(minute - about) * 60)


def shown(pump: Watched) -> list[tuple[float, float, float]]:
    return [
        (view.opened_at_us / minutes(1), view.off_min_us / minutes(1), view.off_max_us / minutes(1))
        for view in pump.shown
        if view.merged_stops
    ]


def amendments(pump: Watched) -> list[tuple[int, int, bool]]:
    return [
        (effect.off_min_us, effect.off_max_us, effect.found_late)
        for _, effect in pump.effects
        if isinstance(effect, InterruptionAmended)
    ]


def test_a_log_read_after_the_planned_end_takes_back_the_silence_before_it() -> None:
    pump = watched(ends=120)
    pump.runs(0, 60)
    pump.wait(130)
    assert shown(pump) == [(60, 0, 60)]
    pump.say(130, LogCovered(covered_s=130 * 60))
    assert shown(pump) == []
    assert amendments(pump)[-1] == (0, 0, True)


def test_what_was_taken_back_after_it_ended_is_told_as_found_late() -> None:
    pump = watched()
    pump.runs(0, 60)
    pump.runs(120, 200)
    pump.say(201, LogCovered(covered_s=201 * 60))
    assert (pump.only.off_max_us, pump.only.merged_stops) == (0, 0)
    assert amendments(pump)[-1] == (0, 0, True)


@pytest.mark.parametrize(("ends", "free"), [(120, ()), (None, FREE)])
def test_a_stop_before_a_planned_end_that_is_heard_after_it_counts_until_it(
    ends: float | None, free: tuple[FreeInterval, ...]
) -> None:
    pump = watched(ends=ends, free=free)
    pump.runs(0, 100)
    pump.stands(101, 110)
    late(pump, 125, 100.5, "delivery-stop")
    assert shown(pump) == [(100.5, 8.5, 19.5)]


def test_it_is_no_other_when_it_is_heard_in_time_of_the_next_stretch() -> None:
    pump = watched(free=FREE)
    pump.runs(0, 100)
    pump.runs(111, 120)
    pump.runs(300, 330)
    late(pump, 331, 100.5, "delivery-stop")
    late(pump, 332, 110.5, "delivery-start")
    assert shown(pump) == [(100.5, 10, 10)]
    pump.event(333, "delivery-stop")
    pump.wait(340)
    assert shown(pump) == [(100.5, 10, 10), (333, 0, 7)]


def test_each_of_several_pauses_keeps_what_came_before_it() -> None:
    pump = watched(free=LATER)
    pump.runs(0, 100)
    pump.runs(104, 120)
    pump.runs(300, 400)
    pump.runs(406, 420)
    pump.runs(480, 500)
    late(pump, 501, 100.5, "delivery-stop")
    late(pump, 501.5, 103.5, "delivery-start")
    late(pump, 502, 400.5, "delivery-stop")
    late(pump, 502.5, 405.5, "delivery-start")
    assert shown(pump) == [(100.5, 3, 3), (400.5, 5, 5)]
    assert "late-evidence" not in pump.raised()


def test_what_is_about_a_planned_pause_is_nothing() -> None:
    pump = watched(free=FREE)
    pump.runs(0, 120)
    pump.runs(300, 330)
    late(pump, 331, 200.5, "delivery-stop")
    assert shown(pump) == []
    assert "late-evidence" not in pump.raised()


def test_an_occlusion_heard_after_the_end_reaches_back_by_its_latency() -> None:
    pump = watched(ends=120)
    pump.runs(0, 109)
    pump.stands(111, 120)
    pump.say(125, AlarmObserved(code="occl-down", phase=AlarmPhase.START, age_s=15 * 60))
    assert shown(pump) == [(95, 9, 25)]


def test_an_empty_bag_heard_after_the_planned_end_dates_it() -> None:
    pump = watched(ends=120)
    pump.runs(0, 60)
    pump.wait(121)
    assert shown(pump) == [(60, 0, 60)]
    pump.say(121, AlarmObserved(code="res-empty", phase=AlarmPhase.START, age_s=7 * 60))
    assert pump.state.completed_at_us == minutes(114)
    assert shown(pump) == [(60, 0, 54)]


def test_an_empty_bag_heard_after_a_pause_began_dates_that_and_is_no_interruption() -> None:
    pump = watched(free=FREE)
    pump.runs(0, 110)
    pump.wait(121)
    pump.say(121, AlarmObserved(code="res-empty", phase=AlarmPhase.START, age_s=10 * 60))
    assert pump.state.completed_at_us == minutes(111)
    course = pump.state.course
    assert course is not None
    assert (course.off_min_us, course.off_max_us) == (minutes(9), minutes(9))
    assert course.free_until_us == minutes(300)


def test_a_second_word_of_the_empty_bag_moves_nothing() -> None:
    pump = watched(ends=120)
    pump.runs(0, 118)
    pump.alarm(118.5, "res-empty")
    pump.alarm(119.5, "res-empty")
    assert pump.state.completed_at_us == minutes(118.5)
    assert len(pump.state.pasts) == 1


def test_what_a_clinician_has_reviewed_does_not_come_back() -> None:
    pump = watched(free=FREE)
    pump.runs(0, 60)
    pump.event(60.5, "delivery-stop")
    pump.wait(310)
    pump.runs(310, 315)
    number = pump.state.incidents[0].number
    pump.take(
        Closed(at_us=minutes(316), outcome=Outcome.OTHER, note="seen", by="dr", role=Role.CLINICIAN, number=number)
    )
    assert pump.state.pasts == ()
    late(pump, 317, 70.5, "delivery-start")
    assert number not in [incident.number for incident in pump.state.incidents]


def test_a_person_who_says_after_the_end_that_it_stood_before_it_is_believed() -> None:
    pump = watched(ends=120)
    pump.runs(0, 120)
    pump.take(Reported(at_us=minutes(130), running=False, by="nurse", since_us=minutes(90)))
    assert shown(pump) == [(90, 0, 30)]


def test_a_line_that_is_off_stays_off_over_a_planned_pause() -> None:
    pump = watched(free=FREE)
    pump.runs(0, 110)
    pump.take(Marked(at_us=minutes(110.5), mark=MarkKind.DISCONNECT, by="nurse"))
    pump.runs(111, 400)
    assert shown(pump) == [(110.5, 0, 9.5), (300, 0, 100)]
    pump.take(Marked(at_us=minutes(400.5), mark=MarkKind.RECONNECT, by="nurse"))
    pump.runs(401, 440)
    assert shown(pump) == [(110.5, 0, 9.5), (300, 0, 100.5)]
