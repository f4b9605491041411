"""Stories of section B: alarms that resolve, and what they hide."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storybook import Tale


def test_b1_an_occlusion_is_back_dated_and_shown_as_a_pair() -> None:
    tale = Tale()
    tale.runs("00:00", "02:09")
    tale.alarm("02:10", "occl-down")
    tale.stands("02:11", "02:40")
    tale.run("02:40")
    tale.runs("02:41", "03:30")
    told = tale.play()
    assert told.off() == (30, 45)
    assert told.told("patient") == ["02:10"]
    assert told.told("home-nurse") == ["02:15"]
    assert told.told("on-call-nurse") == ["02:30", "02:35"]
    assert told.only["class"] == "below"
    assert "at least 0 min, at most 15 min" in next(iter(told.texts("patient")))


def test_b1_acknowledged_by_the_nurse_does_not_page() -> None:
    tale = Tale()
    tale.runs("00:00", "02:09")
    tale.alarm("02:10", "occl-down")
    tale.acknowledge("02:16", "home-nurse")
    tale.stands("02:11", "02:39")
    tale.run("02:39")
    tale.runs("02:41", "03:30")
    told = tale.play()
    assert told.told("on-call-nurse") == []


def test_b2_a_late_alarm_at_a_low_rate_is_capped_by_the_nurses_flow_check() -> None:
    tale = Tale(rate_ml_per_h=0.6)
    tale.runs("12:00", "14:00")
    tale.mark("14:00", "flow-checked", "nurse")
    tale.runs("14:05", "15:24")
    tale.alarm("15:25", "occl-down")
    tale.stands("15:26", "17:50")
    tale.run("17:50")
    tale.runs("17:51", "18:30")
    told = tale.play()
    assert told.off() == (145, 230)
    assert told.only["class"] == "below"
    assert told.told("patient") == ["15:25"]
    assert told.told("home-nurse") == ["15:30"]
    assert told.told("on-call-physician") == ["15:35", "17:00", "17:30"]
    assert told.told("restart-threshold") == []


def test_b4_an_alarm_storm_is_one_interruption_and_one_thread() -> None:
    tale = Tale()
    tale.runs("06:00", "06:59")
    first = tale.at("07:00")
    gap_s = (25 * 60 - 40) / 13
    for number in range(14):
        begins = first + timedelta(seconds=round(number * gap_s))
        ends = begins + timedelta(seconds=40)
        tale.say(begins, v=1, kind="alarm", code="occl-up", phase="start")
        tale.say(ends, v=1, kind="alarm", code="occl-up", phase="end")
        tale.say(ends, v=1, kind="event", event="delivery-start")
        tale.status(ends)
    tale.runs("07:26", "08:10")
    told = tale.play()
    assert told.only["off_min_s"] == told.only["off_max_s"] == 560
    assert told.only["merged_stops"] == 14
    assert told.told("patient") == ["07:00"]
    assert len(told.told("home-nurse")) == 1
    assert told.told("home-nurse")[0].startswith("07:05")
    assert told.told("on-call-nurse") == []


def test_b6_an_auto_resume_after_the_threshold_is_an_alarm() -> None:
    tale = Tale()
    tale.runs("00:00", "00:59")
    tale.alarm("01:00", "occl-down")
    tale.stands("01:01", "05:10")
    tale.run("05:10")
    tale.runs("05:11", "06:00")
    told = tale.play()
    assert told.off() == (250, 265)
    assert told.only["class"] == "reached"
    assert told.only["state"] == "awaiting-review"
    assert "unsupervised-restart" in told.codes()
    assert told.told("on-call-physician")[-1] >= "05:10"


@pytest.mark.parametrize("order", ["as it came", "twice", "backwards"])
def test_b4_does_not_depend_on_repeats(order: str) -> None:
    tale = Tale()
    tale.runs("06:00", "06:59")
    tale.alarm("07:00", "occl-up")
    if order != "as it came":
        tale.alarm("07:00", "occl-up")
    tale.run("07:10")
    if order == "backwards":
        tale.run("07:10")
    tale.runs("07:11", "07:45")
    assert tale.play().off() == (10, 10)
