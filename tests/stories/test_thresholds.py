"""Stories of section C: at and around the restart threshold."""

from __future__ import annotations

from storybook import Tale


def test_c1_a_battery_that_died_overnight() -> None:
    tale = Tale()
    tale.runs("20:00", "22:39")
    tale.alarm("22:40", "batt-low")
    tale.runs("22:44", "23:29")
    tale.alarm("23:30", "batt-empty")
    tale.event("1 05:45", "power-on")
    told = tale.play()
    assert told.off() == (375, 375)
    assert told.only["class"] == "reached"
    assert told.only["state"] == "open"
    assert told.told("patient")[:2] == ["22:40", "23:30"]
    assert told.told("home-nurse") == ["23:35"]
    assert told.told("on-call-nurse")[0] == "23:50"
    assert told.told("on-call-physician") == ["1 01:00", "1 02:30", "1 03:00"]
    assert told.told("restart-threshold")[0] == "1 03:30"
    assert all("do not restart" in text for text in told.texts("restart-threshold"))


def test_c1_while_it_is_silent_only_the_upper_bound_grows() -> None:
    tale = Tale()
    tale.runs("20:00", "23:29")
    tale.alarm("23:30", "batt-empty")
    told = tale.play(until="1 05:00")
    assert told.off() == (0, 330)
    assert told.only["class"] == "possible"


def test_c2_exactly_240_minutes_is_reached() -> None:
    tale = Tale()
    tale.runs("06:00", "07:59")
    tale.stop("08:00:00")
    tale.stands("08:01", "12:00")
    tale.run("12:00:00")
    told = tale.play()
    assert told.off() == (240, 240)
    assert told.only["class"] == "reached"
    assert "unsupervised-restart" in told.codes()


def test_c2_a_second_less_is_below() -> None:
    tale = Tale()
    tale.runs("06:00", "07:59")
    tale.stop("08:00:00")
    tale.stands("08:01", "11:59")
    tale.run("11:59:59")
    told = tale.play()
    assert told.only["class"] == "below"
    assert "unsupervised-restart" not in told.codes()


def test_c4_a_pump_swap_at_the_last_minute_stays_below() -> None:
    tale = Tale()
    tale.runs("11:00", "12:59", volume_ml=50, serial="OLD00001")
    tale.alarm("13:00", "fault")
    tale.say("16:40", swap={"serial": "NEW00002"}, by="courier")
    tale.say("16:58", v=1, kind="event", event="delivery-start", serial="NEW00002")
    tale.status("16:58", serial="NEW00002", volume_delivered_ml=0.1)
    tale.status("17:00", serial="NEW00002", volume_delivered_ml=0.3)
    told = tale.play()
    assert told.off() == (238, 238)
    assert told.only["class"] == "below"
    assert told.told("on-call-physician")[0] == "14:30"
    assert told.only["merged_stops"] == 1


def test_c6_three_pauses_in_a_day_are_three_interruptions() -> None:
    tale = Tale()
    tale.runs("04:00", "05:59")
    for begins, ends, until in (
        ("06:00", "07:30", "13:59"),
        ("14:00", "15:30", "21:59"),
        ("22:00", "23:30", "1 01:00"),
    ):
        tale.stop(begins)
        tale.stands(begins, ends)
        tale.run(ends)
        tale.runs(ends, until)
    told = tale.play()
    assert [told.off(place) for place in range(3)] == [(90, 90)] * 3
    assert {one["class"] for one in told.interruptions} == {"below"}
    assert told.told("on-call-physician") == []
    assert told.told("on-call-nurse") != []


def test_c2_the_threshold_that_is_met_in_the_instant_flow_returns_is_told() -> None:
    tale = Tale()
    tale.runs("06:00", "07:59")
    tale.stop("08:00:00")
    tale.stands("08:01", "12:00")
    tale.run("12:00:00")
    assert tale.play().told("restart-threshold") == ["12:00"]


def test_every_page_of_a_late_restart_carries_both_bounds_and_the_deadline() -> None:
    tale = Tale()
    tale.runs("07:00", "08:00")
    tale.stop("08:00")
    tale.stands("08:01", "12:30")
    tale.run("12:30")
    tale.runs("12:31", "13:30")
    told = tale.play()
    pages = [text for text in told.texts("on-call-physician") if "nobody supervised it" in text]
    # The interruption itself waits for its review half an hour after the restart; the pages go on.
    assert len(pages) > 10
    assert all("at least 4 h" in text and "deadline was" in text for text in pages)
