"""Stations put the parts together, fleets make them differ, and the same seed repeats all of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.faces.json_lines import ObservationFace
from simulator.faces.observation import Reporter
from simulator.faces.zyno import ZynoFace
from simulator.fleet import members, pump_ids
from simulator.group import FaceName, group_of, groups_of
from simulator.line import MemoryLine
from simulator.playback import Playback
from simulator.scenario import parse_scenario
from simulator.station import Member, Station
from simulator.stories import load_story
from simulator.table_reader import FileError
from simulator.units import US_PER_H, US_PER_MIN, US_PER_S
from simulator.virtual import VIRTUAL_EPOCH_US, play

PERIOD_US = 10 * US_PER_S


def member_of(story: str, seed: int = 0) -> Member:
    return next(members([load_story(story)], "pump", 1, seed, PERIOD_US))


def words(transcript: Any) -> list[tuple[str, str]]:
    """Return hours and words of everything that is no periodic state."""
    return [
        (line["at"][11:19], line.get("event") or line.get("mark") or f"{line['code']}:{line['phase']}")
        for line in transcript.lines
        if line.get("kind") != "status"
    ]


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    runs = [play(member_of("noisy-line", seed), PERIOD_US) for seed in (1, 1, 2)]
    assert json.dumps(runs[0].lines) == json.dumps(runs[1].lines)
    assert runs[0].spoilt == runs[1].spoilt
    assert runs[0].lines != runs[2].lines
    assert runs[0].spoilt, "this story spoils messages"


def test_a_story_looks_from_outside_as_its_author_meant() -> None:
    assert words(play(member_of("bag-change"), PERIOD_US)) == [
        ("08:00:00", "power-on"),
        ("08:00:00", "delivery-start"),
        ("08:30:00", "bag-change"),
        ("08:31:00", "delivery-stop"),
        ("08:33:00", "set-detached:start"),
        ("08:37:00", "counters-reset:start"),
        ("08:39:00", "set-detached:end"),
        ("08:41:00", "stop-remind:start"),
        ("08:43:00", "stop-remind:end"),
        ("08:43:00", "delivery-start"),
    ]


def test_after_an_outage_the_log_is_told_with_its_age() -> None:
    lines = play(member_of("stopped-in-silence"), PERIOD_US).lines
    during = [line for line in lines if "09:00:00" < line["at"][11:19] < "12:00:00"]
    assert during == []
    stop = next(line for line in lines if line.get("event") == "delivery-stop")
    assert (stop["at"][11:19], stop["age_s"]) == ("12:00:00", 7200.0)


def test_a_story_runs_to_its_end_and_the_truth_with_it() -> None:
    transcript = play(member_of("steady"), PERIOD_US)
    assert transcript.truth.segments[-1].end_us == VIRTUAL_EPOCH_US + 24 * US_PER_H
    assert len(transcript.lines) == 24 * 360 + 1 + 2


def test_the_first_pump_of_a_fleet_is_the_storys_own_and_the_others_differ() -> None:
    fleet = list(members([load_story("steady"), load_story("liar")], "pump", 20, 7, PERIOD_US))
    assert fleet[0].setup == fleet[0].scenario.setup
    assert [each.scenario.name for each in fleet[:3]] == ["steady", "liar", "steady"]
    assert len({each.setup.serial for each in fleet}) == 20
    assert len({each.phase_us for each in fleet}) == 20
    assert [each.pump_id for each in fleet] == pump_ids("pump", 20)
    again = list(members([load_story("steady"), load_story("liar")], "pump", 20, 7, PERIOD_US))
    assert [each.setup for each in again] == [each.setup for each in fleet]


def test_a_swap_in_a_fleet_never_gives_a_number_twice() -> None:
    fleet = list(members([load_story("swap")], "pump", 3, 0, PERIOD_US))
    serials = set()
    for each in fleet:
        playback = Playback(each.scenario, 0, each.setup)
        playback.advance(playback.end_us)
        serials.add(playback.pump.serial)
    assert len(serials) == 3


def test_a_story_waits_for_the_first_question() -> None:
    line = AnsweringLine()
    station = Station(member_of("steady"), ZynoFace(), line, waits_for_reader=True)
    station.open(0)
    station.wake(US_PER_H)
    assert station.next_due_us() is None
    assert station.truth_record() == {"pump": "pump", "story": "steady"}, "nothing has happened yet"
    line.incoming = bytes.fromhex("02524E413003")
    station.listen(2 * US_PER_H)
    assert station.playback is not None
    assert station.playback.start_us == 2 * US_PER_H
    assert line.take() == [bytes.fromhex("02524E534E383030303039373203")]


def test_before_the_story_begins_the_pump_is_there_and_its_clock_moves() -> None:
    line = AnsweringLine()
    station = Station(member_of("late-restart"), ZynoFace(), line, start_us=US_PER_H)
    station.open(0)
    # The story's pump runs for ten minutes before it begins.
    assert station.next_due_us() == 50 * US_PER_MIN
    clocks = []
    for minute in (49, 52, 58, 60, 119, 121):
        station.wake(minute * US_PER_MIN)
        line.incoming = bytes.fromhex("025243393503")
        station.listen(minute * US_PER_MIN)
        clocks += [int(answer[4:11], 16) - 30 * 86_400 for answer in line.take()]
    assert clocks == [-480, -120, 0, 3540, 3660]
    assert station.playback is not None
    assert not station.playback.pump.motor_turns, "stopped an hour after the beginning"
    assert station.playback.pump.truth.off_us(US_PER_H, 121 * US_PER_MIN) == US_PER_MIN


def test_a_story_whose_beginning_lies_back_is_caught_up_with() -> None:
    station = Station(member_of("late-restart"), ZynoFace(), MemoryLine(), start_us=US_PER_H)
    station.open(3 * US_PER_H)
    station.wake(3 * US_PER_H)
    assert station.playback is not None
    assert station.playback.pump.truth.off_us(US_PER_H, 3 * US_PER_H) == US_PER_H


class AnsweringLine(MemoryLine):
    """A line on which a question can come in."""

    incoming = b""

    def receive(self) -> bytes:
        data, self.incoming = self.incoming, b""
        return data


def test_a_late_message_comes_late_and_a_pulled_cable_loses_it() -> None:
    story = parse_scenario(
        'description = "x"\nduration = "2h"\n[line_faults]\nlate = 1\nlate_s_max = 60\n'
        '[[actions]]\nat = "+01:00"\naction = "line_faults"\n[[actions]]\nat = "+01:10"\naction = "unplug"\n',
        "x",
        "x.toml",
    )
    member = next(members([story], "pump", 1, 0, PERIOD_US))
    line = MemoryLine()
    station = Station(member, ObservationFace(Reporter(PERIOD_US)), line)
    station.open(0)
    station.wake(0)
    assert line.take() == []
    station.wake(US_PER_MIN)
    assert len(line.take()) >= 3
    station.wake(US_PER_H)
    line.take()
    station.wake(US_PER_H + 2 * US_PER_MIN)
    assert line.take(), "from now on the line is clean"
    station.wake(US_PER_H + 11 * US_PER_MIN)
    assert not line.take()
    assert not line.can_send


def test_a_file_may_hold_many_groups_beside_other_tables() -> None:
    text = """
[site]
id = "home"
[[simulated]]
face = "zyno"
link = "/tmp/pump"
story = "demo-day"
speed = 240
[[simulated]]
face = "mqtt"
story = ["steady", "occlusion"]
pumps = 1000
report = "30s"
"""
    zyno, mqtt = groups_of(text, "x.toml")
    assert (zyno.face, zyno.link, zyno.speed) == (FaceName.ZYNO, "/tmp/pump", 240.0)  # noqa: S108 - only compared
    assert (mqtt.face, mqtt.stories, mqtt.pumps) == (FaceName.MQTT, ("steady", "occlusion"), 1000)
    assert mqtt.report_us == 30 * US_PER_S


def test_faults_of_a_group_are_named_at_once() -> None:
    with pytest.raises(FileError) as caught:
        group_of({"face": "mqtt", "link": "x", "sped": 2, "speed": 0, "topic": "all", "pump": "a b"}, "x.toml")
    assert sorted(caught.value.faults) == sorted(
        [
            "x.toml.sped: unknown key; did you mean 'speed'?",
            "x.toml.speed: 0 lies outside 0.001 to 100000",
            "x.toml.link: a pump with the face mqtt has no link; give topic and site",
            "x.toml.topic: must hold {pump}, or the pumps cannot be told apart",
            "x.toml.pump: 'a b' is not 1 to 56 letters, digits, dots, dashes or underlines",
        ]
    )


@pytest.mark.parametrize("face", ["mqtt", "zyno", "json-lines"])
def test_every_story_has_a_pump_of_its_own_unless_more_are_asked_for(face: str) -> None:
    two = {"face": face, "story": ["steady", "occlusion"]} | ({} if face == "mqtt" else {"link": "pump"})
    assert group_of(two, "x").pumps == 2
    assert group_of(two | {"pumps": 5}, "x").pumps == 5
    with pytest.raises(FileError, match=r"^x\.pumps: 1 pump cannot tell 2 stories; leave it out, or give 2 or more$"):
        group_of(two | {"pumps": 1}, "x")


def test_a_file_without_a_group_is_refused() -> None:
    with pytest.raises(FileError, match=r"there is no \[\[simulated\]\] table"):
        groups_of("[site]\nid = 1\n", "x.toml")
