"""Interruptions: what merges, ends and classes them, and what only a clinician may close."""

from __future__ import annotations

import msgspec

from monitor.interruption.events import (
    Closed,
    Outcome,
    Role,
)
from monitor.interruption.policy import Threshold
from monitor.interruption.state import OffClass, Phase
from watched import BLINATUMOMAB, Watched, minutes


def test_two_stops_with_a_short_run_between_are_one_interruption() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(60, "delivery-stop")
    pump.event(72, "delivery-start")
    pump.alarm(73, "air")
    pump.event(101, "delivery-start")
    assert pump.off() == (40, 40)
    assert pump.only.merged_stops == 2


def test_two_stops_with_a_long_run_between_are_two() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(60, "delivery-stop")
    pump.event(72, "delivery-start")
    pump.runs(73, 102)
    pump.event(103, "delivery-stop")
    assert [view.phase for view in pump.shown] == [Phase.ENDED, Phase.OPEN]


def test_exactly_the_threshold_is_reached() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(60, "delivery-stop")
    pump.event(300, "delivery-start")
    assert pump.only.off_class is OffClass.REACHED


def test_more_than_the_threshold_is_not_met_by_exactly_the_threshold() -> None:
    therapy = msgspec.structs.replace(BLINATUMOMAB, thresholds=(Threshold(minutes(240), inclusive=False),))
    pump = Watched(therapy)
    pump.runs(0, 60)
    pump.event(60, "delivery-stop")
    pump.event(300, "delivery-start")
    assert pump.only.off_class is OffClass.BELOW


def test_the_sum_of_merged_stops_is_at_most_possible() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(60, "delivery-stop")
    pump.event(200, "delivery-start")
    pump.event(201, "delivery-stop")
    pump.event(311, "delivery-start")
    assert pump.off() == (250, 250)
    assert pump.only.off_class is OffClass.POSSIBLE


def test_the_class_is_possible_as_soon_as_the_upper_bound_meets_the_threshold() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(60, "delivery-stop")
    classes = []
    for minute in (299.9, 300):
        pump.wait(minute)
        classes.append(pump.only.off_class)
    assert classes == [OffClass.BELOW, OffClass.POSSIBLE]


def test_a_late_restart_is_an_alarm_and_waits_for_a_review() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(60, "delivery-stop")
    pump.event(300, "delivery-start")
    pump.runs(301, 340)
    assert pump.raised() == ["silent", "unsupervised-restart"]
    assert pump.only.phase is Phase.AWAITING_REVIEW
    pump.runs(341, 2000)
    assert pump.only.phase is Phase.AWAITING_REVIEW


def test_only_a_clinician_with_a_note_closes_it() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(60, "delivery-stop")
    pump.event(300, "delivery-start")
    pump.runs(301, 340)
    for role, note in ((Role.NURSE, "seen"), (Role.CLINICIAN, " ")):
        pump.take(Closed(at_us=minutes(341), outcome=Outcome.SUPERVISED_RESTART, note=note, by="x", role=role))
        assert pump.only.phase is Phase.AWAITING_REVIEW
    pump.take(Closed(at_us=minutes(342), outcome=Outcome.SUPERVISED_RESTART, note="seen", by="x"))
    assert pump.shown == []
    assert pump.state.alerts == ()
    pump.runs(343, 400)
    assert pump.shown == []


def test_an_interruption_closed_while_it_stands_begins_anew_from_the_close() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(60, "delivery-stop")
    pump.stands(61, 100)
    pump.take(Closed(at_us=minutes(100), outcome=Outcome.OTHER, note="therapy paused", by="x"))
    pump.stands(101, 131)
    assert pump.off() == (29, 30)
    assert pump.only.number == 2
