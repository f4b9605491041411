"""Stories of section D: links, power and clocks in doubt."""

from __future__ import annotations

import random

from storybook import Tale


def test_d1_a_lost_link_over_a_pump_that_ran_leaves_nothing() -> None:
    tale = Tale()
    tale.runs("10:00", "13:00", volume_ml=100)
    tale.say("14:05", report="running", by="home-nurse")
    tale.say("16:00", report="running", by="home-nurse")
    tale.runs("18:00", "18:40", volume_ml=140)
    told = tale.play()
    assert told.off() == (0, 0)
    assert told.only["class"] == "below"
    assert told.told("home-nurse") == ["13:15"]
    assert told.told("on-call-nurse")[0] == "14:00"
    assert told.told("on-call-physician") == []
    assert told.told("restart-threshold") == []


def test_d2_found_stopped_after_three_hours_of_silence() -> None:
    tale = Tale()
    tale.runs("10:00", "13:00")
    tale.status("16:00", "not-delivering")
    tale.stands("16:01", "16:35")
    tale.run("16:35")
    tale.runs("16:36", "17:10")
    told = tale.play()
    assert told.off() == (35, 215)
    assert told.only["class"] == "below"
    assert told.told("home-nurse") == ["13:15"]
    assert told.told("on-call-nurse")[0] == "14:00"
    assert told.told("on-call-physician") == ["16:00", "16:30"]


def test_d4_the_volume_counter_narrows_the_gap() -> None:
    tale = Tale()
    tale.runs("10:00", "13:00", volume_ml=85)
    tale.status("16:00", "not-delivering", volume_delivered_ml=105.0)
    tale.event("17:05", "delivery-start")
    tale.status("17:05", volume_delivered_ml=105.0)
    tale.status("17:05:30", volume_delivered_ml=105.1)
    tale.runs("17:06", "17:40", volume_ml=105.1)
    low, high = tale.play().off()
    assert 182.5 <= low <= 184
    assert 186 <= high <= 188


def test_d5_a_radio_fault_that_stops_the_pump_is_known_by_a_report() -> None:
    tale = Tale()
    tale.runs("18:00", "20:00")
    tale.say("20:10", report="stopped", since=tale.at("20:00").isoformat(), by="home-nurse")
    tale.run("20:47")
    tale.runs("20:48", "21:20")
    told = tale.play()
    assert told.off() == (47, 47)
    assert told.only["class"] == "below"


def test_d5_a_reported_stop_is_on_the_nurses_queue_at_once() -> None:
    tale = Tale()
    tale.runs("18:00", "20:00")
    tale.say("20:10", report="stopped", since=tale.at("20:00").isoformat(), by="home-nurse")
    told = tale.play(until="20:45")
    assert told.told("home-nurse") == ["20:10"]
    assert told.told("on-call-nurse")[0] <= "20:40"


def test_d7_a_reboot_in_the_middle_keeps_the_interruption() -> None:
    tale = Tale()
    tale.runs("09:00", "10:59")
    tale.alarm("11:00", "occl-up")
    tale.stands("11:01", "11:20")
    tale.say("12:10", restart={"down_s": 50 * 60, "clock": "good"})
    tale.status("12:10", "not-delivering", alarms=["occl-up"])
    tale.run("12:20")
    tale.runs("12:21", "12:55")
    told = tale.play()
    assert told.off() == (80, 80)
    assert told.only["id"] == "p1-1"
    assert told.only["state"] == "ended"


def test_d8_duplicate_and_late_messages_give_the_ordered_result() -> None:
    events = [("alarm", "11:00", {"code": "air", "phase": "start"}), ("event", "11:00", {"event": "delivery-stop"})]
    events += [("event", "11:20", {"event": "delivery-start"}), ("event", "11:40", {"event": "delivery-stop"})]
    events += [("event", "11:55", {"event": "delivery-start"})]

    def told(seed: int | None) -> list[tuple[object, ...]]:
        tale = Tale()
        tale.runs("09:00", "10:59")
        arrivals = [(kind, when, fields, 12 * 60 * 60) for kind, when, fields in events]
        if seed is not None:
            arrivals = arrivals * 2
            random.Random(seed).shuffle(arrivals)  # noqa: S311 - an order of arrival, no secret
        for kind, when, fields, _ in arrivals:
            age_s = (tale.at("12:00") - tale.at(when)).total_seconds()
            tale.say("12:00", v=1, kind=kind, age_s=age_s, **fields)
        tale.runs("12:01", "12:40")
        result = tale.play()
        return [
            (one["opened_at"], one["off_min_s"], one["off_max_s"], one["merged_stops"]) for one in result.interruptions
        ]

    ordered = told(None)
    assert all(told(seed) == ordered for seed in range(5))


def test_d10_daylight_saving_forward_changes_no_duration() -> None:
    tale = Tale("2026-03-07", "America/Chicago")
    tale.runs("21:00", "23:09")
    tale.stop("23:10")
    tale.stands("23:11", "1 04:05")
    tale.run("1 04:05")
    told = tale.play()
    assert told.off() == (235, 235)
    assert told.only["class"] == "below"
    assert any("04:10 CDT" in text for text in told.texts("on-call-physician"))


def test_d12_a_flight_west_does_not_shorten_a_stop() -> None:
    tale = Tale("2026-03-02", "America/New_York")
    tale.runs("15:00", "17:39")
    tale.stop("17:40")
    tale.stands("17:41", "21:50")
    tale.run("21:50")
    assert tale.play().off() == (250, 250)
    assert tale.play().only["class"] == "reached"
