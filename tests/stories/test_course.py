"""Stories of section E: what the care team does, and the course of a therapy."""

from __future__ import annotations

import pytest

from storybook import Tale


def test_e1_under_a_hold_nobody_is_paged_and_the_class_is_still_known() -> None:
    tale = Tale()
    tale.runs("17:00", "18:59")
    tale.say("19:00", hold="start", reason="CRS grade 3", by="oncologist")
    tale.stop("19:01")
    tale.stands("19:02", "23:05")
    told = tale.play(until="23:10")
    assert told.only["class"] == "reached"
    assert told.rungs() == []


def held_since_day_0(reason: str = "CRS grade 3") -> Tale:
    tale = Tale()
    tale.runs("17:00", "18:59")
    tale.say("19:00", hold="start", reason=reason, by="oncologist")
    tale.stop("19:01")
    return tale


@pytest.mark.parametrize(("until", "off_class"), [("23:01", "below"), ("23:02", "reached")])
def test_e1_the_class_is_certain_at_the_minute(until: str, off_class: str) -> None:
    tale = held_since_day_0()
    tale.stands("19:02", until, every=1)
    told = tale.play()
    assert told.only["class"] == off_class
    assert told.rungs() == []


def test_e1_a_restart_under_a_new_order_is_supervised_and_at_the_new_rate() -> None:
    tale = held_since_day_0()
    tale.stands("19:02", "2 09:00", every=10)
    tale.say("2 09:00", order={"rate_ml_per_h": 1.8, "bag_hours": 96}, by="oncologist")
    tale.stands("2 09:01", "2 10:00", every=10)
    tale.event("2 10:00", "delivery-start")
    tale.runs("2 10:00", "2 12:00", rate_ml_per_h=1.8)
    told = tale.play()
    assert told.only["class"] == "reached"
    assert told.codes() == []
    assert told.rungs() == []


def test_e1_a_restart_after_the_hold_was_ended_is_no_unsupervised_one() -> None:
    tale = held_since_day_0()
    tale.stands("19:02", "23:05", every=1)
    tale.say("23:06", order={"rate_ml_per_h": 1.8}, by="oncologist")
    tale.say("23:07", hold="end", reason="supervised", by="oncologist")
    tale.status("23:08", rate_ml_per_h=1.8)
    told = tale.play()
    assert told.only["class"] == "reached"
    assert told.codes() == []
    assert told.rungs() == []


def test_e1_a_week_after_the_restart_a_clinician_is_reminded_of_the_dose() -> None:
    tale = held_since_day_0()
    tale.stands("19:02", "1 10:00", every=10)
    tale.say("1 09:00", order={"rate_ml_per_h": 1.8}, by="oncologist")
    tale.event("1 10:00", "delivery-start")
    tale.runs("1 10:00", "8 10:10", rate_ml_per_h=1.8, every=10)
    told = tale.play()
    assert told.codes() == ["dose-review"]
    assert told.told("on-call-physician") == ["8 10:00"]


def test_a_hold_that_runs_out_leaves_the_ladder_to_the_clock_from_the_true_stop() -> None:
    tale = Tale()
    tale.runs("17:00", "18:59")
    tale.say("19:00", hold="start", reason="scan", until=tale.at("21:00").isoformat(), by="oncologist")
    tale.stop("19:01")
    tale.stands("19:02", "21:30")
    told = tale.play()
    assert told.told("on-call-nurse")[0] == "21:00"
    assert told.told("on-call-physician")[0] == "21:00"


def test_a_pump_that_runs_during_a_hold_is_an_alert_until_it_stops() -> None:
    tale = held_since_day_0()
    tale.stands("19:02", "20:00")
    tale.run("20:00")
    tale.runs("20:01", "20:10")
    tale.stop("20:11")
    tale.stands("20:12", "20:30")
    told = tale.play()
    (alert,) = told.result["alerts"]
    assert (alert["code"], alert["priority"]) == ("running-during-hold", "high")
    assert told.told("on-call-nurse")[0] == "20:00"
    assert alert["resolved_at"] is not None


def test_a_pump_that_is_never_stopped_runs_during_the_hold() -> None:
    tale = Tale()
    tale.runs("17:00", "19:00")
    tale.say("19:00", hold="start", reason="CRS grade 3", by="oncologist")
    tale.runs("19:05", "19:20")
    assert tale.play().codes() == ["running-during-hold"]


@pytest.mark.parametrize(
    ("reason", "days", "words"),
    [
        ("adverse-reaction", 5, "same cycle"),
        ("adverse-reaction", 8, "new cycle by label"),
        ("pump or supply", 8, "prescriber decides"),
    ],
)
def test_e2_e3_a_hold_says_what_the_label_says_of_its_length(reason: str, days: int, words: str) -> None:
    tale = Tale()
    tale.runs("08:00", "10:00")
    tale.say("10:00", hold="start", reason=reason, by="oncologist")
    tale.stop("10:00")
    told = tale.play(until=f"{days} 10:00")
    texts = list(told.texts("on-call-physician"))
    assert words in texts[-1]
    assert set(told.rungs()) == {"on-call-physician"}
    if "pump" in reason:
        assert "new cycle" not in str(texts)


def test_e5_an_empty_bag_at_the_planned_end_is_completion() -> None:
    tale = Tale(order="order = { rate_ml_per_h = 5.0, ends_at = 2026-03-02T14:00:00Z }")
    tale.runs("10:00", "13:50")
    tale.alarm("13:52", "res-empty")
    tale.stop("13:52")
    tale.stands("13:53", "15:00")
    told = tale.play(until="20:00")
    assert told.interruptions == []
    assert told.codes() == ["course-complete"]
    assert "Do not flush" in next(iter(told.texts("home-nurse")))


def test_e6_a_step_dose_accepts_the_new_rate_and_refuses_the_old_one() -> None:
    tale = Tale(rate_ml_per_h=1.8)
    tale.runs("08:00", "10:00")
    tale.mark("10:00", "maintenance", "nurse", minutes=30)
    tale.stop("10:00")
    tale.say("10:05", order={"rate_ml_per_h": 5.0}, by="oncologist")
    tale.event("10:15", "delivery-start")
    tale.status("10:15", rate_ml_per_h=5.0)
    tale.runs("10:16", "10:50", rate_ml_per_h=5.0)
    told = tale.play()
    assert told.off() == (15, 15)
    assert told.codes() == []
    tale.status("10:51", rate_ml_per_h=1.8)
    assert "rate-mismatch" in tale.play().codes()


def test_e7_a_disconnection_for_a_scan_with_a_flushed_line_opens_a_bolus_item() -> None:
    tale = Tale()
    tale.runs("14:00", "15:09")
    tale.mark("15:10", "disconnect", "patient")
    tale.mark("16:05", "reconnect", "patient", note="line flushed")
    tale.runs("16:06", "16:40")
    told = tale.play()
    assert told.off() == (55, 55)
    assert [code for code in told.codes() if code != "silent"] == ["bolus-risk"]
    assert told.told("on-call-physician") == ["16:05"]


def test_e7_a_disconnection_for_a_scan_is_counted_from_the_marks() -> None:
    tale = Tale()
    tale.runs("14:00", "15:09")
    tale.mark("15:10", "disconnect", "patient")
    tale.mark("16:05", "reconnect", "patient")
    tale.runs("16:06", "16:40")
    assert tale.play().off() == (55, 55)
