"""Stories of section A: what happens to every patient, and must stay quiet or stay honest."""

from __future__ import annotations

from storybook import Tale


def test_a1_a_bag_change_of_twelve_minutes_is_quiet() -> None:
    tale = Tale()
    tale.runs("08:00", "10:00", volume_ml=100)
    tale.mark("10:00", "bag-change", "patient")
    tale.stop("10:01")
    tale.alarm("10:03", "set-detached")
    tale.stands("10:02", "10:13", every=1)
    tale.alarm("10:09", "set-detached", "end")
    tale.event("10:13", "delivery-start")
    tale.status("10:13", volume_delivered_ml=0.0)
    tale.runs("10:14", "11:00", volume_ml=0.1)
    told = tale.play()
    assert told.off() == (12, 13)
    assert told.only["class"] == "below"
    assert told.only["state"] == "ended"
    assert told.rungs() == []


def test_a2_a_bag_change_that_drags_is_told_with_the_clock_from_the_true_stop() -> None:
    tale = Tale()
    tale.runs("16:00", "17:59")
    tale.mark("18:00", "bag-change", "patient")
    tale.stop("18:00")
    tale.run("18:12")
    tale.alarm("18:13", "air")
    tale.run("18:41")
    tale.runs("18:42", "19:30")
    told = tale.play()
    assert told.off() == (40, 40)
    assert told.only["merged_stops"] == 2
    assert told.told("patient") == ["18:20"]
    assert told.told("home-nurse") == ["18:30"]
    assert told.told("on-call-nurse")[0] == "18:30"
    assert told.only["class"] == "below"


def test_a3_a_nurses_longer_window_overrides_the_default() -> None:
    tale = Tale()
    tale.runs("08:00", "09:30")
    tale.mark("09:30", "maintenance", "nurse", minutes=60)
    tale.stop("09:32")
    tale.stands("09:33", "10:07")
    tale.run("10:07")
    tale.runs("10:10", "11:00")
    told = tale.play()
    assert told.off() == (35, 35)
    assert told.rungs() == []


def test_a5_a_patient_stops_it_in_the_night_and_forgets() -> None:
    tale = Tale()
    tale.runs("01:00", "03:04")
    tale.stop("03:05")
    for minute in ("03:10", "03:15", "03:20"):
        tale.alarm(minute, "stop-remind")
    tale.run("03:21")
    tale.runs("03:22", "04:30")
    told = tale.play()
    assert told.off() == (16, 16)
    assert told.told("patient") == ["03:07"]
    assert told.told("home-nurse") == ["03:15"]
    assert told.rungs() == ["patient", "home-nurse"]
    assert told.only["class"] == "below"
