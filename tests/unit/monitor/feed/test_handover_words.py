"""The hand-over sheet says what nobody may do while it stands, and states no end of a course that nobody saw."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.contract import DeliveryStatus
from fake_feed import NOON_US, snapshot, view
from monitor.config.therapies import BUILT_IN
from monitor.feed.handover import handover_of
from monitor.feed.plan_answers import HandoverAnswer
from monitor.feed.records import Site
from monitor.interruption.policy import HOUR_US, MINUTE_US, Policy
from monitor.interruption.transitions import enrolled

ENDED_US = NOON_US - 55 * 24 * HOUR_US
HEARD_US = NOON_US - 3 * MINUTE_US


def sheet(**changes: Any) -> HandoverAnswer:
    return handover_of(snapshot("p1", **changes), Site(id="home"), is_clinician=False)


def test_while_it_is_interrupted_nobody_restarts_it_however_far_the_threshold_is() -> None:
    told = sheet(interruption=view("p1"))
    assert told.do_not == ["flush", "change settings", "restart"]
    assert "Do not restart." in told.lines
    assert "Do not restart." not in sheet().lines


def test_a_therapy_that_must_go_on_is_not_kept_from_it_far_from_the_threshold() -> None:
    going_on = next(one.therapy for one in BUILT_IN.values() if "restart" not in one.therapy.do_not)
    told = sheet(interruption=view("p1"), core=(Policy("p1", going_on), enrolled(0)))
    assert "Do not restart." not in told.lines


@pytest.mark.parametrize("last_flow_us", [None, HEARD_US])
def test_a_course_that_is_over_by_plan_alone_is_not_told_as_complete(last_flow_us: int | None) -> None:
    told = sheet(
        completed_at_us=ENDED_US,
        last_contact_at_us=HEARD_US,
        last_flow_at_us=last_flow_us,
        delivery=DeliveryStatus.DELIVERING,
    )
    assert (
        "The course ended by plan at 28 Sep 12:00 UTC; the pump was last heard at 11:57 UTC, and its last word was "
        "delivering: since when nothing flows, if it is so, is not known." in told.lines
    )
    assert "complete" not in " ".join(told.lines)
    assert "treatment-free" not in " ".join(told.lines)
    assert told.plan.treatment_free_days is None


def test_a_pump_that_fell_silent_before_its_planned_end_is_not_told_as_complete() -> None:
    silent_us = ENDED_US - HOUR_US
    for delivery, word in ((None, "nothing"), (DeliveryStatus.NOT_DELIVERING, "not-delivering")):
        told = sheet(completed_at_us=ENDED_US, last_contact_at_us=silent_us, delivery=delivery)
        assert f"last heard at 28 Sep 11:00 UTC, and its last word was {word}:" in " ".join(told.lines)
    told = sheet(completed_at_us=ENDED_US, last_contact_at_us=None, delivery=None)
    assert "ended by plan at 28 Sep 12:00 UTC; the pump was never heard: since when" in " ".join(told.lines)


def test_a_pump_that_says_after_its_planned_end_that_it_stands_is_complete() -> None:
    told = sheet(
        completed_at_us=ENDED_US,
        last_contact_at_us=HEARD_US,
        last_flow_at_us=ENDED_US,
        delivery=DeliveryStatus.NOT_DELIVERING,
    )
    assert "Course complete by plan since 28 Sep 12:00 UTC: 55.0 treatment-free days so far." in told.lines
