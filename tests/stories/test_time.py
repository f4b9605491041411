"""Stories of time: a monitor that was down for an unknown time, until its clock is put right."""

from __future__ import annotations

from storybook import Tale


def _down_for_an_unknown_time(*, is_put_right: bool) -> Tale:
    tale = Tale()
    tale.runs("08:00", "10:00")
    tale.say("10:20", restart={"down_s": 600, "clock": "unknown"})
    tale.status("10:21")
    if is_put_right:
        tale.say("10:25", wall_step_s=86_400)
    tale.runs("10:26", "11:30")
    return tale


def test_an_unknown_downtime_is_critical_at_once() -> None:
    told = _down_for_an_unknown_time(is_put_right=False).play()
    assert told.only["class"] == "possible"
    assert told.only["state"] == "awaiting-review"
    assert told.told("restart-threshold") != []


def test_a_clock_that_is_put_right_gives_the_downtime_its_bound() -> None:
    told = _down_for_an_unknown_time(is_put_right=True).play()
    assert told.only["off_max_s"] <= 21 * 60
    assert told.only["class"] == "below"
    assert told.only["state"] == "awaiting-review"
