"""Stories of section F and G5: delivery without flow, wrong delivery, wrong profile."""

from __future__ import annotations

from storybook import Tale


def test_f2_a_leak_is_known_by_a_report_alone() -> None:
    tale = Tale()
    tale.runs("21:00", "1 07:00")
    tale.say("1 07:00", report="stopped", since=tale.at("22:00").isoformat(), by="patient")
    tale.run("1 07:50")
    tale.runs("1 07:51", "1 08:25")
    told = tale.play()
    assert told.off() == (50, 590)
    assert told.only["class"] == "possible"


def test_f3_taken_off_for_a_shower_with_the_pump_running() -> None:
    tale = Tale()
    tale.runs("17:00", "18:59", volume_ml=50)
    tale.mark("19:00", "disconnect", "patient")
    tale.runs("19:01", "19:24", volume_ml=60)
    tale.mark("19:25", "reconnect", "patient")
    tale.runs("19:26", "20:00", volume_ml=62)
    assert tale.play().off() == (25, 25)


def test_f4_a_wrong_rate_after_a_swap_is_told_to_the_physician_at_once() -> None:
    tale = Tale(rate_ml_per_h=0.6)
    tale.runs("10:00", "11:50")
    tale.stop("11:51")
    tale.event("12:00", "delivery-start")
    tale.status("12:00", rate_ml_per_h=5.0)
    told = tale.play()
    assert "rate-mismatch" in told.codes()
    assert told.told("on-call-physician")[0] == "12:00"


def test_f5_a_bag_that_is_empty_early_is_an_alert_of_its_own() -> None:
    tale = Tale(order="order = { rate_ml_per_h = 5.0, bag_hours = 48, ends_at = 2026-03-04T18:00:00Z }")
    tale.runs("08:00", "2 02:00", every=10)
    tale.alarm("2 02:00", "res-empty")
    told = tale.play(until="2 02:40")
    assert "early-empty" in told.codes()
    assert told.told("on-call-nurse")[0] == "2 02:00"
    assert told.off() == (0, 40)


def test_f5_a_bag_of_unknown_hours_is_empty_early_by_the_planned_end() -> None:
    tale = Tale(order="order = { rate_ml_per_h = 5.0, ends_at = 2026-03-02T18:00:00Z }")
    tale.runs("08:00", "12:00")
    tale.alarm("12:00", "res-empty")
    told = tale.play(until="12:10")
    assert sorted(told.codes()) == ["early-empty", "res-empty"]
    assert told.told("on-call-nurse")[0] == "12:00"


def test_f5_a_bag_that_is_empty_in_time_is_a_stop_and_no_more() -> None:
    tale = Tale(order="order = { rate_ml_per_h = 5.0, bag_hours = 48 }")
    tale.runs("08:00", "2 07:00", every=10)
    tale.alarm("2 07:00", "res-empty")
    assert tale.play(until="2 07:10").codes() == ["res-empty"]


def test_f7_a_long_pause_lets_the_bag_expire() -> None:
    tale = Tale(order="order = { rate_ml_per_h = 5.0, bag_hours = 48 }")
    tale.runs("08:00", "1 20:00", every=10)
    tale.stop("1 20:00")
    tale.stands("1 20:05", "2 06:00")
    told = tale.play(until="2 06:00")
    assert "bag-expired" in told.codes()
    assert "2 06:00" in told.told("on-call-physician")


def test_f7_a_new_bag_is_not_expired() -> None:
    tale = Tale(order="order = { rate_ml_per_h = 5.0, bag_hours = 48 }")
    tale.runs("08:00", "1 20:00", every=10)
    tale.mark("1 20:00", "bag-change", "nurse")
    tale.stop("1 20:00")
    tale.run("1 20:10")
    tale.runs("1 20:20", "2 12:00", every=10)
    assert "bag-expired" not in tale.play().codes()


def test_f2_a_pump_that_says_it_delivers_does_not_overrule_the_person_who_sees_that_it_does_not() -> None:
    tale = Tale()
    tale.runs("21:00", "1 07:00")
    tale.say("1 07:00", report="stopped", since=tale.at("1 04:30").isoformat(), by="home-nurse")
    tale.runs("1 07:05", "1 08:40")
    tale.say("1 08:45", report="running", by="home-nurse")
    tale.runs("1 08:50", "1 09:30")
    told = tale.play()
    assert told.off()[1] >= 255
    assert told.only["class"] == "possible"
    assert "unsupervised-restart" in told.codes()
