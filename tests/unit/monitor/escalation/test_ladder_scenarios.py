"""The patient stories of the specification, played through the default ladder."""

from __future__ import annotations

import pytest

from ladder_stories import Play, Story, at, planned
from monitor.escalation.turns import Pause, Reason

PATIENT, HOME, ON_CALL = "patient", "home-nurse", "on-call-nurse"
PHYSICIAN, THRESHOLD = "on-call-physician", "restart-threshold"


def first_calls(play: Play) -> list[tuple[str, str]]:
    return play.told(repeats=False)


def test_a2_a_bag_change_that_drags_is_told_when_its_window_ends_with_the_clock_from_the_true_stop() -> None:
    story = Story(
        stops=((at("18:00"), at("18:12")), (at("18:13"), at("18:41"))),
        detected_us=at("18:00"),
        high_us=at("18:13"),
        mark=planned(at("18:00")),
    )
    play = Play(story).when_due(at("20:00"))
    assert first_calls(play) == [("18:20", PATIENT), ("18:30", HOME), ("18:30", ON_CALL)]


def test_a3_a_nurses_longer_window_keeps_everyone_quiet() -> None:
    story = Story(
        stops=((at("09:32"), at("10:07")),),
        detected_us=at("09:32"),
        mark=planned(at("09:30"), quiet_min=60, window_min=60),
    )
    assert Play(story).when_due(at("12:00")).told() == []


def test_a5_a_stop_in_the_night_tells_patient_and_nurse_and_nobody_after_flow_is_back() -> None:
    story = Story(stops=((at("03:05"), at("03:21")),), detected_us=at("03:05"))
    assert Play(story).when_due(at("06:00")).told() == [("03:07", PATIENT), ("03:15", HOME)]


@pytest.mark.parametrize(
    ("acknowledged", "expected"),
    [
        ({}, [("02:10", PATIENT), ("02:15", HOME), ("02:30", ON_CALL)]),
        ({at("02:20"): HOME}, [("02:10", PATIENT), ("02:15", HOME)]),
    ],
    ids=["nobody took note", "the home nurse took note"],
)
def test_b1_an_occlusion_pages_the_nurse_on_call_only_if_the_home_nurse_took_no_note(
    acknowledged: dict[int, str], expected: list[tuple[str, str]]
) -> None:
    story = Story(stops=((at("01:55"), at("02:40")),), detected_us=at("02:10"), high_us=at("02:10"))
    play = Play(story, acknowledgements=acknowledged).when_due(at("04:00"))
    assert first_calls(play) == expected


def test_b2_a_late_alarm_whose_onset_is_dated_back_calls_the_physician_ten_minutes_after_detection() -> None:
    story = Story(stops=((at("14:00"), at("17:50")),), detected_us=at("15:25"), high_us=at("15:25"))
    play = Play(story).when_due(at("19:00"))
    calls = first_calls(play)
    assert [call for call in calls if call[1] != ON_CALL] == [
        ("15:25", PATIENT),
        ("15:30", HOME),
        ("15:35", PHYSICIAN),
        ("17:00", PHYSICIAN),
        ("17:30", PHYSICIAN),
    ]
    assert play.calls[-1][0] < at("17:50")


def test_b4_a_toggling_alarm_adds_no_pages() -> None:
    starts = [at("07:00") + number * 112 * 1_000_000 for number in range(14)]
    story = Story(
        stops=tuple((start, start + 40_000_000) for start in starts), detected_us=at("07:00"), high_us=at("07:00")
    )
    assert Play(story).when_due(at("09:00")).told() == [("07:00", PATIENT), ("07:05", HOME)]


def test_c1_a_battery_that_died_overnight_climbs_the_whole_ladder() -> None:
    story = Story(stops=((at("23:30"), None),), detected_us=at("23:30"), high_us=at("23:30"))
    play = Play(story).when_due(at("05:45", day=1))
    assert first_calls(play) == [
        ("23:30", PATIENT),
        ("23:35", HOME),
        ("23:50", ON_CALL),
        ("01:00", PHYSICIAN),
        ("02:30", PHYSICIAN),
        ("03:00", PHYSICIAN),
        ("03:30", THRESHOLD),
    ]
    assert play.times(THRESHOLD)[:3] == ["03:30", "03:35", "03:40"]


def test_c6_confirmed_flow_at_minute_ninety_wins_over_the_page_of_the_same_instant() -> None:
    story = Story(stops=((at("06:00"), at("07:30")),), detected_us=at("06:00"))
    assert PHYSICIAN not in {rung for _, rung in Play(story).when_due(at("09:00")).told()}


def test_d2_silence_has_times_of_its_own_and_no_patient() -> None:
    story = Story(stops=((at("13:00"), at("16:35")),), silent_us=at("13:00"), detected_us=at("16:00"))
    play = Play(story).when_due(at("18:00"))
    assert first_calls(play) == [
        ("13:15", HOME),
        ("14:00", ON_CALL),
        ("16:00", PHYSICIAN),
        ("16:02", PATIENT),
        ("16:30", PHYSICIAN),
    ]


def test_silence_alone_calls_the_physician_at_three_hours_and_never_the_patient_before_the_threshold() -> None:
    story = Story(stops=((at("13:00"), None),), silent_us=at("13:00"))
    play = Play(story).when_due(at("17:00"))
    assert first_calls(play) == [
        ("13:15", HOME),
        ("14:00", ON_CALL),
        ("16:00", PHYSICIAN),
        ("16:30", PHYSICIAN),
        ("17:00", THRESHOLD),
    ]


def test_e1_a_hold_pages_nobody_until_it_ends() -> None:
    story = Story(stops=((at("19:01"), None),), detected_us=at("19:01"), holds=((at("19:00"), at("23:30")),))
    play = Play(story).when_due(at("23:29"))
    assert play.told() == []
    assert {turn.pause for turn in play.turns} == {Pause.HELD}
    play.ask(at("23:30"))
    assert [call.rung for _, call in play.calls] == [PATIENT, HOME, ON_CALL, PHYSICIAN, THRESHOLD]


def test_g3_pages_move_to_the_next_contact_after_two_tries_and_stop_only_for_a_person() -> None:
    story = Story(stops=((at("02:00"), None),), detected_us=at("02:00"), high_us=at("02:00"))
    play = Play(story, acknowledgements={at("02:50"): ON_CALL}).when_due(at("03:14"))
    pages = [(now_us, call) for now_us, call in play.calls if call.rung == ON_CALL]
    assert play.times(ON_CALL) == ["02:20", "02:25", "02:30", "02:35", "02:40", "02:45", "02:50", "03:10"]
    assert [call.turn for _, call in pages] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert [call.reason for _, call in pages[:2]] == [Reason.UNACKNOWLEDGED, Reason.REPEAT]


def test_a_monitor_that_was_down_tells_each_rung_once_when_it_is_back() -> None:
    story = Story(stops=((at("06:00"), None),), detected_us=at("06:00"), high_us=at("06:00"))
    play = Play(story)
    play.ask(at("06:00"))
    turn = play.ask(at("11:00"))
    assert [call.rung for call in turn.told] == [HOME, ON_CALL, PHYSICIAN, THRESHOLD]
    assert [call.attempt for call in turn.told] == [1, 1, 1, 1]
    assert turn.next_at_us == at("11:05")


def test_an_interruption_that_is_found_late_and_over_tells_only_the_rungs_its_off_time_crossed() -> None:
    story = Story(stops=((at("01:00"), at("03:00")),), detected_us=at("08:00"), found_late=True)
    turn = Play(story).ask(at("08:00"))
    assert [(call.rung, call.reason) for call in turn.told] == [(PHYSICIAN, Reason.FOUND_LATE)]
    assert Play(story, state=turn.state).ask(at("08:01")).told == ()


def test_what_came_due_while_flow_was_back_is_due_when_it_stops_again() -> None:
    story = Story(stops=((at("03:05"), at("03:09")), (at("03:30"), at("03:32"))), detected_us=at("03:05"))
    play = Play(story).when_due(at("06:00"))
    assert play.told() == [("03:07", PATIENT), ("03:15", HOME)]
    assert play.times(HOME) == ["03:30"]
