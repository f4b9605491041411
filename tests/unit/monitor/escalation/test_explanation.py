"""The numbers of an interruption, its sums, its class and its end are explained in sentences."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
import pytest

from drivers.contract import LogEvent, LogEventObserved
from monitor.escalation.explanation import Rule, explain, rule_of
from monitor.interruption.events import Closed, Order, Ordered, Outcome
from monitor.interruption.policy import HOUR_US, MINUTE_US, Policy, Therapy, Threshold
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import Phase
from told_stops import (
    seen_running,
    silent,
    stopped_at_the_planned_end,
    stopped_by_key,
)
from watched import BLINATUMOMAB, Watched

BERLIN = ZoneInfo("Europe/Berlin")
UTC = ZoneInfo("UTC")


def sentences(pump: Watched, view: InterruptionView | None = None) -> list[str]:
    """Return the explanation of the pump's only interruption, or of a view of it."""
    shown = pump.only if view is None else view
    return explain(shown, rule_of(shown, pump.policy), UTC)


def whole(pump: Watched, view: InterruptionView | None = None) -> str:
    return "\n".join(sentences(pump, view))


def test_what_a_clinician_closed_while_it_stood_counts_up_to_the_review() -> None:
    pump = silent()
    view = msgspec.structs.replace(
        pump.only, phase=Phase.CLOSED, ended_at_us=pump.now_us, is_max_running=False, deadline_at_us=None
    )
    text = whole(pump, view)
    assert "until 03:20:00 UTC at most (no flow had been confirmed when a clinician closed the interruption)" in text
    assert text.endswith("A clinician closed it at 03:20:00 UTC.")


def test_of_silences_between_which_a_person_saw_it_running_the_longest_counts() -> None:
    pump = Watched()
    pump.runs(0, 60)
    seen_running(pump, 100)
    seen_running(pump, 125)
    text = whole(pump)
    assert "Stop 1 of 2: at most 40 min, from its earliest beginning to its latest end." in text
    assert "Stop 2 of 2: at most 25 min" in text
    assert "at most 40 min, class below" in text
    assert "Of silences between which a person saw it run, only the longest counts into the upper one." in text


def test_a_motor_that_ran_between_two_looks_is_taken_off_both_bounds() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    pump.status(61, "not-delivering", rate_ml_per_h=0, counter=15)
    pump.status(241, "not-delivering", rate_ml_per_h=0, counter=20)
    text = whole(pump)
    assert "without 1 h 01 min 12 s for which counter or bag let the motor have run in between" in text
    assert "without 58 min 48 s for which the motor ran by counter or bag" in text


def test_a_stop_with_a_claim_of_flow_inside_names_its_earlier_certain_stretch() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.stands(61, 70)
    pump.status(71, "kvo", rate_ml_per_h=0.5)
    pump.stands(75, 80)
    text = whole(pump)
    assert "Stop 1 of 1: it began at 01:00:00 UTC at the earliest (the last flow evidence is of then)." in text
    assert (
        "Stop 1 of 1: it had stood already when flow was claimed in between, and was seen standing again at "
        "01:15:00 UTC." in text
    )
    assert "01:15:00 UTC at the latest" not in text
    assert "first seen standing" not in text
    assert "from when it stood again, with 8 min for which it stood before flow was claimed in between" in text


def test_a_stop_whose_word_was_under_way_is_not_told_as_an_alarm_that_noticed_late() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.say(61, LogEventObserved(event=LogEvent.DELIVERY_STOP, age_s=20, age_max_s=5))
    assert (
        "it began at 01:00:35 UTC at the earliest (the pump's own stop or alarm time, less the longest time for which "
        "its word may have been under way, or an alarm may not have noticed)" in whole(pump)
    )


def test_a_pump_that_says_itself_that_it_stopped_again_is_dated_by_that() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.stands(61, 70)
    pump.status(71, "kvo", rate_ml_per_h=0.5)
    pump.event(75, "delivery-stop")
    pump.stands(76, 80)
    assert "and stood again from 01:15:00 UTC on (the pump's own stop or alarm time)." in whole(pump)


@pytest.mark.parametrize(
    ("stood", "said"),
    [
        (
            100,
            "Class below: at most 1 h 40 min does not meet the restart threshold of 4 h 00 min (met at exactly that).",
        ),
        (240, "Class possible: at most 4 h 00 min meets the restart threshold of 4 h 00 min (met at exactly that), "),
        (250, "Class reached: at least 4 h 08 min meets the restart threshold of 4 h 00 min (met at exactly that)."),
    ],
)
def test_the_class_names_the_threshold_and_the_bound_that_made_it(stood: int, said: str) -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.stands(61, 60 + stood)
    pump.wait(60 + stood)
    assert said in whole(pump)


def test_a_threshold_that_is_not_inclusive_says_so() -> None:
    pump = Watched(Therapy(name="other", thresholds=(Threshold(4 * HOUR_US, inclusive=False),)))
    pump.runs(0, 60)
    pump.stands(61, 300)
    pump.wait(300)
    text = whole(pump)
    assert "Class below: at most 4 h 00 min does not meet the restart threshold of 4 h 00 min (met only by more" in text


def test_a_sum_of_merged_stops_alone_is_at_most_possible() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.stands(60, 190)
    pump.runs(190, 200)
    pump.stands(200, 330)
    pump.runs(330, 340)
    text = whole(pump)
    assert "Class possible: at least 4 h 18 min meets the restart threshold" in text
    assert "only as a sum of stops, which is at most possible" in text
    assert "Its bounds are the sums of the bounds of its 2 stops." in text
    assert "They are one interruption because less than 30 min of confirmed flow lay between them." in text


def test_the_deadline_is_explained_by_what_is_left() -> None:
    pump = silent()
    assert (
        "The deadline is 05:00:00 UTC: if no flow is confirmed, the upper bound meets the threshold in 1 h 40 min."
        in (sentences(pump))
    )
    pump.wait(301)
    assert "The upper bound met the threshold at 05:00:00 UTC." in sentences(pump)


def test_the_end_says_how_long_flow_was_confirmed() -> None:
    pump = stopped_by_key()
    assert "ends once that has lasted 30 min, at 01:36:00 UTC." in whole(pump)
    pump.runs(67, 97)
    assert pump.only.phase is Phase.ENDED
    assert sentences(pump)[-1] == "It ended at 01:36:00 UTC: flow had then been confirmed for 30 min."


def test_the_end_by_plan_says_so() -> None:
    assert sentences(stopped_at_the_planned_end())[-1] == (
        "It ended at 01:30:00 UTC, where therapy was to end or to pause by plan."
    )


def test_what_waits_for_review_keeps_its_stops_when_its_evidence_is_let_go() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.stands(61, 310)
    before = pump
    for minute in range(310, 310 + 50 * 60, 10):
        before.status(minute)
        if minute % 600 == 0:
            before.event(minute, "delivery-start")
    assert not before.state.fold.done
    view = before.only
    assert view.phase is Phase.AWAITING_REVIEW
    assert [stop.max_us for stop in view.stops] == [250 * MINUTE_US]
    assert "It waits for a clinician's review" in whole(before)
    before.take(Closed(at_us=before.now_us, outcome=Outcome.SUPERVISED_RESTART, note="seen", by="Dr. Sol"))
    assert before.shown == []


def test_stops_that_are_not_listed_any_more_are_told_as_sums() -> None:
    pump = silent()
    view = msgspec.structs.replace(
        pump.only, merged_stops=3, off_min_us=10 * MINUTE_US, off_max_us=pump.only.off_max_us + 20 * MINUTE_US
    )
    text = whole(pump, view)
    assert "The first 2 stops are kept only as sums: at least 10 min, at most 20 min." in text
    assert "Stop 3 of 3: it began" in text
    bare = msgspec.structs.replace(view, stops=())
    assert "Its stops (3) are not kept one by one, only their sums." in whole(pump, bare)


def test_an_interruption_of_which_nothing_is_left_says_so() -> None:
    pump = silent()
    view = msgspec.structs.replace(pump.only, merged_stops=0, stops=(), off_min_us=0, off_max_us=0)
    assert "No stop is left of it" in whole(pump, view)


def test_wall_times_carry_their_zone_and_the_day_where_it_is_another() -> None:
    pump = silent()
    pump.wait(24 * 60)
    text = "\n".join(explain(pump.only, rule_of(pump.only, pump.policy), BERLIN))
    assert "as of 1970-01-02 01:00:00 CET" in text
    assert "at 1 Jan 02:00:00 CET at the earliest" in text
    assert "until 01:00:00 CET at most" in text


def test_fractions_of_a_second_are_rounded_so_that_no_stop_is_told_too_short_or_too_certain() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(60 + 0.5 / 60, "delivery-stop")
    pump.status(70 + 0.25 / 60, "not-delivering", rate_ml_per_h=0)
    pump.status(80 + 0.25 / 60)
    text = whole(pump)
    assert "off for at least 9 min 59 s, at most 19 min 60 s" not in text
    assert "began at 01:00:00 UTC at the earliest" in text
    assert "and at 01:00:01 UTC at the latest" in text
    assert "until 01:10:00 UTC at least" in text
    assert "until 01:20:01 UTC at most" in text


def test_the_rule_of_an_older_record_may_be_missing() -> None:
    pump = silent()
    text = "\n".join(explain(pump.only, None, UTC))
    assert "class below" in text
    assert "threshold" not in text


def test_the_rule_is_the_threshold_in_force_under_the_order() -> None:
    therapy = msgspec.structs.replace(BLINATUMOMAB, volume_deficit_fraction=0.05)
    pump = Watched(therapy, ordered_ml_per_h=None)
    pump.take(Ordered(at_us=0, order=Order(rate_ml_per_h=5.0, bag_hours=48), by="x"))
    pump.runs(0, 60)
    pump.wait(100)
    assert rule_of(pump.only, pump.policy) == Rule(int(2.4 * HOUR_US), is_inclusive=False, merge_run_us=30 * MINUTE_US)
    bare = msgspec.structs.replace(pump.only, threshold=None)
    assert rule_of(bare, Policy("p1", BLINATUMOMAB)).threshold == BLINATUMOMAB.restart


def test_flow_after_the_threshold_is_said_to_wait_for_a_review() -> None:
    pump = Watched()
    pump.runs(0, 10)
    pump.event(11, "delivery-stop")
    pump.stands(12, 260)
    pump.event(260, "delivery-start")
    pump.status(260)
    assert "waits for a clinician's review" in whole(pump)
    assert "the interruption ends once" not in whole(pump)
