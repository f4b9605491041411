"""Stories are read whole or refused whole, with every fault named; the shipped ones can all be played."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.durations import read_duration, read_offset
from simulator.playback import Playback
from simulator.scenario import parse_scenario
from simulator.stories import DEFAULT_STORY, load_story, story_names
from simulator.table_reader import FileError
from simulator.units import US_PER_H, US_PER_MIN, US_PER_S

STORY = """
description = "All there is."
duration = "8h30m"
[pump]
rate_ml_per_h = 2
starts = "stopped"
[line_faults]
drop = 0.5
[[actions]]
at = "+02:10"
action = "set_rate"
rate_ml_per_h = 5
[[actions]]
at = "+01:00:30"
action = "stop"
times = 3
every = "90s"
[[marks]]
at = "+00:30"
mark = "bag-change"
by = "caregiver"
minutes = 20
"""

FAULTY = """
description = 7
durration = "8h"
[pump]
rate_ml_per_hour = 5
bag_ml = -1
starts = "runing"
[[actions]]
at = "2:10"
action = "stopp"
[[actions]]
at = "+02:10"
action = "set_rate"
[[actions]]
at = "+02:10"
action = "set_rate"
rate_ml_per_h = -5
colour = "red"
[[actions]]
at = "+02:10"
action = "line_faults"
drop = 2
[[actions]]
at = "+02:10"
action = "stop"
times = 4
[[marks]]
at = "+00:30"
mark = "bag-chnge"
"""


def faults_of(text: str) -> list[str]:
    with pytest.raises(FileError) as caught:
        parse_scenario(text, "mine", "mine.toml")
    return caught.value.faults


def test_a_story_is_read_with_its_actions_in_order() -> None:
    story = parse_scenario(STORY, "mine", "mine.toml")
    assert story.duration_us == 8.5 * US_PER_H
    assert story.setup.rate_ml_per_h == 2.0
    assert story.setup.starts == "stopped"
    assert story.line_faults.drop == 0.5
    assert [(each.at_us // US_PER_S, each.act) for each in story.actions] == [
        (3630, "stop"),
        (3720, "stop"),
        (3810, "stop"),
        (7800, "set_rate"),
    ]
    assert story.actions[-1].arguments == {"rate_ml_per_h": 5.0}
    assert story.as_record()["marks"] == [{"at_s": 1800.0, "mark": "bag-change", "by": "caregiver", "minutes": 20.0}]


def test_all_faults_are_named_at_once_with_entry_key_and_suggestion() -> None:
    assert sorted(faults_of(FAULTY)) == sorted(
        [
            "mine.toml.description: must be text in quotes",
            "mine.toml.durration: unknown key; did you mean 'duration'?",
            "mine.toml.duration: is missing",
            "mine.toml.pump.rate_ml_per_hour: unknown key; did you mean 'rate_ml_per_h'?",
            "mine.toml.pump.starts: 'runing' is none of running, stopped, off; did you mean 'running'?",
            "mine.toml.pump.bag_ml: -1 lies outside 0.001 to 10000",
            "mine.toml.pump.infused_ml: 0 leaves nothing of a container of -1 mL",
            "mine.toml.actions[0].at: '2:10' is not an instant such as +02:10 or +02:10:30",
            "mine.toml.actions[0].action: 'stopp' is no act; did you mean 'stop'?",
            "mine.toml.actions[1].rate_ml_per_h: is missing",
            "mine.toml.actions[2].colour: unknown key",
            "mine.toml.actions[2].rate_ml_per_h: -5 lies outside 0.001 to 1000",
            "mine.toml.actions[3].drop: 2 is no probability from 0 to 1",
            "mine.toml.actions[4].every: is missing beside times",
            "mine.toml.marks[0].by: is missing",
            "mine.toml.marks[0].mark: 'bag-chnge' is no mark; did you mean 'bag-change'?",
        ]
    )


def test_what_is_no_toml_is_refused_with_its_place() -> None:
    (fault,) = faults_of("duration = \n")
    assert fault.startswith("mine.toml: not readable as TOML: ")
    assert "line 1" in fault


@pytest.mark.parametrize(
    "text",
    [
        "actions = 3",
        "actions = [3]",
        "pump = 3",
        "marks = {}",
        'description = "x"\nduration = "1h"\n[pump]\nbag_ml = true',
    ],
)
def test_a_table_of_the_wrong_shape_is_a_fault_and_no_accident(text: str) -> None:
    assert faults_of(text)


def test_an_entry_after_the_end_is_a_fault() -> None:
    story = 'description = "x"\nduration = "1h"\n[[actions]]\nat = "+01:01"\naction = "stop"\n'
    assert faults_of(story) == ["mine.toml.duration: the story is over before 1 of its entries"]


@pytest.mark.parametrize(
    ("text", "seconds"), [("4h", 14_400), ("8h30m", 30_600), ("90s", 90), ("1d12h", 129_600), ("0.5s", 0.5)]
)
def test_durations_carry_their_units(text: str, seconds: float) -> None:
    assert read_duration(text) == seconds * US_PER_S


@pytest.mark.parametrize("text", ["", "4", "4 h", "h", "30m4h", "-1h", "4h\n"])
def test_a_duration_without_unit_or_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        read_duration(text)


def test_an_offset_may_go_beyond_a_day() -> None:
    assert read_offset("+30:00:01") == 30 * US_PER_H + US_PER_S
    with pytest.raises(ValueError, match="is not an instant"):
        read_offset("+02:60")


def test_the_stories_that_people_rely_on_are_there() -> None:
    needed = "demo-day steady bag-change occlusion battery-overnight alarm-storm kvo-at-end"
    needed += " silent-cable liar swap late-restart"
    assert set(needed.split()) <= set(story_names())
    assert DEFAULT_STORY in story_names()


@pytest.mark.parametrize("name", story_names())
def test_every_act_of_a_shipped_story_is_taken_by_the_pump(name: str) -> None:
    play = Playback(load_story(name), 0)
    play.advance(play.end_us)
    assert play.refused == []
    assert play.scenario.description.endswith(".")


@pytest.mark.parametrize(
    ("name", "off_min"),
    [
        ("steady", 0),
        ("silent-cable", 0),
        ("bag-change", 12),
        ("occlusion", 45),
        ("occlusion-low-rate", 225),
        ("auto-resume", 265),
        ("late-restart", 245),
        ("swap", 238),
        ("kvo-at-end", 123),
        ("battery-overnight", 480),
        # 25 minutes off the patient, 90 with a slipping drive.
        ("liar", 115),
        # 12 for the bag, 46 for the kink, 260 for the forgotten stop.
        ("demo-day", 318),
    ],
)
def test_the_truth_of_a_story_is_what_its_author_meant(name: str, off_min: int) -> None:
    play = Playback(load_story(name), 0)
    play.advance(play.end_us)
    assert play.pump.truth.off_us(0, play.end_us) == off_min * US_PER_MIN


def test_the_demonstration_takes_two_minutes_at_speed_240() -> None:
    assert 100 <= load_story("demo-day").duration_us / US_PER_S / 240 <= 140


def test_an_unknown_story_is_refused_with_a_suggestion() -> None:
    with pytest.raises(FileError, match="did you mean 'demo-day'"):
        load_story("demo-dya")


def test_a_story_of_the_user_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(STORY, encoding="utf-8")
    assert load_story(str(tmp_path / "mine.toml")).name == "mine"
    with pytest.raises(FileError, match="cannot be read"):
        load_story(str(tmp_path / "none.toml"))


def test_a_swapped_pump_has_its_own_number_and_log_and_the_same_patient() -> None:
    play = Playback(load_story("swap"), 0)
    before = play.pump
    play.advance(play.end_us)
    assert play.pump is not before
    assert play.pump.serial == "SN800010"
    assert play.pump.truth is before.truth
    assert play.pump.infused_ml(0.1) < 10
