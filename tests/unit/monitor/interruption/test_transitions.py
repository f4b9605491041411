"""The clock, event by event: what opens, bounds, merges and ends an interruption."""

from __future__ import annotations

import msgspec
import pytest

from drivers.contract import DeliveryStatus, LinkChanged, StatusObserved
from monitor.interruption.events import (
    Acknowledged,
    Closed,
    HoldChanged,
    Marked,
    MarkKind,
    MonitorRestarted,
    Order,
    Ordered,
    Outcome,
    Reported,
    Role,
    Swapped,
)
from monitor.interruption.policy import Threshold
from monitor.interruption.state import OffClass, Phase
from watched import BLINATUMOMAB, Watched, minutes


def test_a_known_stop_is_dated_by_the_pumps_own_events() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(60.5, "delivery-stop")
    pump.stands(61, 90)
    pump.event(90, "delivery-start")
    assert pump.off() == (29.5, 29.5)


def test_a_stop_that_is_only_seen_lies_between_two_looks() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.stands(61, 90)
    pump.runs(90, 95)
    assert pump.off() == (28, 30)


def test_while_it_stands_the_lower_bound_ends_at_the_last_look() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(60, "delivery-stop")
    pump.stands(61, 71)
    pump.wait(80)
    assert pump.off() == (10, 20)


def test_silence_is_dated_from_the_last_flow_and_claims_nothing() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.wait(75)
    assert pump.shown == []
    pump.wait(76)
    assert pump.off() == (0, 16)
    assert pump.only.silent_since_us == minutes(60)
    assert "silent" in pump.raised()


def test_silence_that_ends_in_a_stop_leaves_the_onset_open() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.status(240, "not-delivering")
    pump.event(275, "delivery-start")
    assert pump.off() == (35, 215)


def test_a_stop_event_after_silence_does_not_prove_that_it_ran_until_then() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(240, "delivery-stop")
    pump.event(275, "delivery-start")
    assert pump.off() == (35, 215)


def test_keep_vein_open_counts_into_the_upper_bound_only() -> None:
    pump = Watched()
    pump.runs(0, 60)
    for minute in range(61, 90):
        pump.status(minute, "kvo", rate=0.5)
    pump.runs(90, 91)
    assert pump.off() == (0, 30)


def test_under_rate_counts_into_the_upper_bound_only_and_does_not_fit_the_order() -> None:
    pump = Watched()
    pump.runs(0, 60)
    for minute in range(61, 90):
        pump.status(minute, rate=4.4)
    pump.runs(90, 91)
    assert pump.off() == (0, 30)
    assert "rate-mismatch" in pump.raised()


def test_a_rate_far_above_the_order_is_a_mismatch_and_no_interruption() -> None:
    pump = Watched(ordered_ml_per_h=0.6)
    pump.status(0, rate=5.0)
    assert pump.raised() == ["rate-mismatch"]
    assert pump.shown == []


def test_where_there_is_a_counter_only_its_movement_confirms_flow() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    pump.event(61, "delivery-stop")
    pump.event(73, "delivery-start")
    pump.status(73, counter=15)
    assert pump.only.is_max_running
    pump.status(74, counter=15.1)
    assert pump.off() == (12, 13)


def test_a_counter_that_was_reset_counts_from_nothing() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    pump.event(61, "delivery-stop")
    pump.event(73, "delivery-start")
    pump.status(73, counter=0)
    assert pump.only.is_max_running
    pump.status(74, counter=0.1)
    assert pump.off() == (12, 13)


def test_a_run_that_the_counter_never_bears_out_goes_on_as_doubt() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=10)
    pump.event(61, "delivery-stop")
    pump.event(70, "delivery-start")
    for minute in range(70, 80):
        pump.status(minute, counter=15)
    pump.event(80, "delivery-stop")
    pump.stands(81, 90)
    pump.event(90, "delivery-start")
    pump.status(90, counter=15.1)
    assert pump.off() == (9 + 10, 29)


@pytest.mark.parametrize("event", ["power-on", "power-off"])
def test_power_ends_nothing(event: str) -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.alarm(61, "batt-empty")
    pump.event(436, event)
    pump.wait(440)
    assert pump.only.is_max_running
    assert pump.off()[0] == 375


def test_an_alarm_that_ends_ends_no_interruption() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.alarm(61, "occl-up")
    pump.alarm(65, "occl-up", "end")
    pump.wait(70)
    assert pump.only.is_max_running


def test_an_occlusion_is_back_dated_by_its_latency_at_the_rate() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.alarm(60, "occl-down")
    pump.event(90, "delivery-start")
    assert pump.off() == (30, 45)


def test_a_flow_check_caps_the_back_dating() -> None:
    pump = Watched(ordered_ml_per_h=0.6)
    for minute in range(200):
        pump.status(minute, rate=0.6)
    pump.take(Marked(at_us=minutes(200), mark=MarkKind.FLOW_CHECKED, by="nurse", role=Role.NURSE))
    for minute in range(201, 285):
        pump.status(minute, rate=0.6)
    pump.alarm(285, "occl-down")
    pump.event(430, "delivery-start")
    assert pump.off() == (145, 230)


def test_flow_inside_the_latency_window_does_not_part_two_stops() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.event(60, "delivery-stop")
    pump.event(80, "delivery-start")
    pump.runs(80, 90)
    pump.alarm(90, "occl-down")
    pump.event(100, "delivery-start")
    view = pump.only
    assert view.merged_stops == 1
    assert pump.off() == (20 + 10, 40)


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


def test_acknowledging_marking_and_holding_touch_neither_clock_nor_class() -> None:
    def stopped(*, with_people: bool) -> tuple[float, float]:
        pump = Watched()
        pump.runs(0, 60)
        pump.event(60, "delivery-stop")
        if with_people:
            pump.take(Acknowledged(at_us=minutes(70), what="", by="nurse"))
            pump.take(Marked(at_us=minutes(71), mark=MarkKind.MAINTENANCE, by="nurse", role=Role.NURSE))
            pump.take(HoldChanged(at_us=minutes(72), started=True, reason="CRS", by="x"))
        pump.wait(330)
        assert pump.only.off_class is OffClass.POSSIBLE
        return pump.off()

    assert stopped(with_people=True) == stopped(with_people=False)


def test_a_report_of_a_stop_is_certain_from_its_since() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.take(Reported(at_us=minutes(70), running=False, by="nurse", since_us=minutes(60)))
    pump.event(107, "delivery-start")
    assert pump.off() == (47, 47)


def test_a_report_against_a_running_pump_is_certain_only_from_its_last_word() -> None:
    pump = Watched()
    pump.runs(0, 540)
    pump.take(Reported(at_us=minutes(540), running=False, by="patient", since_us=minutes(0)))
    pump.event(590, "delivery-start")
    assert pump.off() == (50, 590)


def test_a_report_of_flow_ends_a_silence() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.wait(125)
    pump.take(Reported(at_us=minutes(125), running=True, by="nurse"))
    assert pump.off() == (0, 65)
    assert not pump.only.is_max_running


def test_taken_off_and_put_on_again_is_a_stop_that_the_pump_cannot_see() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.take(Marked(at_us=minutes(60), mark=MarkKind.DISCONNECT, by="patient"))
    pump.runs(61, 84)
    pump.take(Marked(at_us=minutes(85), mark=MarkKind.RECONNECT, by="patient"))
    pump.runs(86, 90)
    assert pump.off() == (25, 25)


def test_no_interruption_is_counted_before_the_first_flow() -> None:
    pump = Watched()
    pump.stands(0, 60)
    pump.wait(600)
    assert pump.shown == []


def test_a_pump_that_was_never_heard_is_silent_and_not_running() -> None:
    pump = Watched()
    pump.wait(16)
    assert pump.raised() == ["silent"]


def test_with_a_planned_start_the_clock_begins_there_without_any_flow() -> None:
    pump = Watched(ordered_ml_per_h=None)
    pump.take(Ordered(at_us=0, order=Order(rate_ml_per_h=5, starts_at_us=minutes(30)), by="x"))
    pump.wait(60)
    assert pump.off() == (0, 30)


def test_nothing_is_counted_after_the_planned_end() -> None:
    pump = Watched(ordered_ml_per_h=None)
    pump.take(Ordered(at_us=0, order=Order(rate_ml_per_h=5, ends_at_us=minutes(120)), by="x"))
    pump.runs(0, 60)
    pump.event(60, "delivery-stop")
    pump.wait(600)
    assert pump.off() == (0, 60)
    assert pump.only.phase is Phase.ENDED


def test_an_empty_bag_near_the_planned_end_is_completion() -> None:
    pump = Watched(ordered_ml_per_h=None)
    pump.take(Ordered(at_us=0, order=Order(rate_ml_per_h=5, ends_at_us=minutes(120)), by="x"))
    pump.runs(0, 111)
    pump.alarm(112, "res-empty")
    pump.event(113, "delivery-stop")
    pump.wait(600)
    assert pump.shown == []


def test_an_empty_bag_long_before_the_planned_end_is_a_stop() -> None:
    pump = Watched(ordered_ml_per_h=None)
    pump.take(Ordered(at_us=0, order=Order(rate_ml_per_h=5, ends_at_us=minutes(480)), by="x"))
    pump.runs(0, 111)
    pump.alarm(112, "res-empty")
    pump.wait(120)
    assert pump.only.is_max_running


def test_a_strangers_word_never_counts() -> None:
    pump = Watched()
    pump.say(0, StatusObserved(delivery=DeliveryStatus.DELIVERING, serial="A1"))
    pump.event(1, "delivery-stop")
    for minute in range(2, 40):
        pump.say(minute, StatusObserved(delivery=DeliveryStatus.DELIVERING, serial="B2"))
    assert pump.only.is_max_running
    assert "pump-changed" in pump.raised()
    pump.take(Swapped(at_us=minutes(40), serial="B2", by="nurse"))
    pump.say(41, StatusObserved(delivery=DeliveryStatus.DELIVERING, serial="B2"))
    assert pump.off() == (0, 40)


def test_an_interruption_goes_on_over_a_confirmed_swap() -> None:
    pump = Watched()
    pump.runs(0, 60, counter=100)
    pump.alarm(61, "fault")
    pump.take(Swapped(at_us=minutes(280), serial="B2", by="nurse"))
    pump.event(299, "delivery-start")
    pump.status(299, counter=0.1)
    assert pump.off() == (238, 238)
    assert pump.only.off_class is OffClass.BELOW


def test_an_unknown_alarm_is_urgent_and_may_stop() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.alarm(61, "unknown-alarm")
    pump.wait(70)
    assert pump.off() == (0, 10)
    assert pump.only.high_priority_at_us == minutes(61)


def test_transitioning_is_neither_flow_nor_its_absence() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.status(61, "transitioning")
    pump.runs(62, 63)
    assert pump.shown == []
    for minute in range(64, 80):
        pump.status(minute, "transitioning")
    assert pump.off() == (0, 16)


def test_a_hint_about_the_line_is_no_evidence() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.say(61, LinkChanged(online=False, why="last will"))
    pump.say(70, LinkChanged(online=True, why="online"))
    pump.wait(77)
    assert pump.off() == (0, 17)


def test_a_message_number_seen_before_changes_nothing() -> None:
    pump = Watched()
    pump.runs(0, 60)
    stop = StatusObserved(delivery=DeliveryStatus.NOT_DELIVERING, seq=5, boot="a")
    pump.say(61, stop)
    pump.say(62, StatusObserved(delivery=DeliveryStatus.DELIVERING, seq=6, boot="a"))
    before = pump.off()
    pump.say(63, stop)
    assert pump.off() == before
    pump.say(64, StatusObserved(delivery=DeliveryStatus.NOT_DELIVERING, seq=6, boot="a"))
    assert pump.off() == before


def test_a_message_number_that_was_skipped_is_taken_when_it_comes_late() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.say(61, StatusObserved(delivery=DeliveryStatus.NOT_DELIVERING, seq=5, boot="a"))
    pump.say(63, StatusObserved(delivery=DeliveryStatus.DELIVERING, seq=4, boot="a", age_s=150))
    assert pump.off() == (0, 2.5)


def test_flow_that_a_broker_held_back_is_dated_by_its_oldest_instant() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.say(120, StatusObserved(delivery=DeliveryStatus.DELIVERING, age_max_s=3600))
    assert pump.only.is_max_running
    assert pump.off() == (0, 60)


def test_a_late_stop_from_the_log_amends_what_was_believed() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.status(120, "not-delivering")
    pump.event(120.5, "delivery-stop", age_s=55.5 * 60)
    assert pump.off() == (55, 55.5)


def test_known_downtime_of_the_monitor_is_width() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.take(MonitorRestarted(at_us=minutes(130), down_from_us=minutes(60)))
    assert pump.off() == (0, 70)


def test_downtime_without_an_upper_bound_is_critical_at_once() -> None:
    pump = Watched()
    pump.runs(0, 60)
    pump.take(MonitorRestarted(at_us=minutes(60), down_from_us=minutes(60), is_downtime_known=False))
    assert pump.only.off_class is OffClass.POSSIBLE
