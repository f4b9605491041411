"""The polling conversation: who is asked first, what a status says, and how often a query is repeated."""

from __future__ import annotations

import pytest

from drivers.contract import AlarmObserved, LogEventObserved, Observation, StatusObserved
from drivers.serial_pump.protocols.zyno import Conversation
from drivers.serial_pump.protocols.zyno_asking import PollSettings
from drivers.serial_pump.protocols.zyno_frames import RING_ENTRIES
from drivers.serial_pump.protocols.zyno_replies import ReplyError
from zyno_pump import ZynoPump, data_block, entry
from zyno_talk import Talk


def running() -> ZynoPump:
    pump = ZynoPump()
    pump.write(entry(24, 100, 1, 3.1), *data_block(110, 5.0), entry(1, 120))
    return pump


def status_of(observations: list[Observation]) -> StatusObserved:
    (status,) = [each for each in observations if isinstance(each, StatusObserved)]
    return status


def test_the_serial_number_is_asked_first_and_goes_with_everything() -> None:
    talk = Talk(running())
    observations = talk.poll()
    assert talk.pump.asked[0] == "RN"
    assert {getattr(each, "serial", None) for each in observations} == {"SN800009"}


def test_a_steady_poll_asks_five_things() -> None:
    talk = Talk(running())
    talk.polls(2)
    talk.pump.asked.clear()
    talk.poll()
    assert talk.pump.asked == ["RN", "RC", "RI", "S9", "Q5"]


def test_a_running_pump_is_delivering_with_rate_and_counter() -> None:
    status = status_of(Talk(running()).poll())
    assert (status.delivery, status.reason, status.rate_ml_per_h) == ("delivering", None, 5.0)
    assert (status.volume_delivered_ml, status.volume_resolution_ml) == (12.34, 0.01)
    assert (status.age_s, status.age_max_s) == (0.0, 0.0)


def test_the_total_counter_is_read_in_tenths_where_it_is_chosen() -> None:
    status = status_of(Talk(running(), settings=PollSettings(counter="R3")).poll())
    assert (status.volume_delivered_ml, status.volume_resolution_ml) == (12.3, 0.1)


@pytest.mark.parametrize("unit", ["mg/min", "ERROR", "", "mL/min"])
def test_a_rate_in_another_unit_is_no_rate(unit: str) -> None:
    pump = running()
    pump.rate_unit = unit
    assert status_of(Talk(pump).poll()).rate_ml_per_h is None


def test_a_pump_that_does_not_tell_the_unit_has_no_rate() -> None:
    pump = running()
    pump.mute = ("Q4",)
    assert status_of(Talk(pump).poll()).rate_ml_per_h is None


def test_a_stop_is_told_with_its_age_and_then_the_status() -> None:
    talk = Talk(running())
    talk.polls(3)
    talk.wait(2)
    talk.pump.write(entry(2, int(talk.pump.now()), first=12.34))
    stop, status = talk.poll()
    assert isinstance(stop, LogEventObserved)
    assert stop.event == "delivery-stop"
    assert stop.age_s <= 3 <= stop.age_s + stop.age_max_s
    assert isinstance(status, StatusObserved)
    assert (status.delivery, status.reason, status.rate_ml_per_h) == ("not-delivering", "stopped-by-user", None)


def test_an_alarm_that_stops_needs_no_pause_entry() -> None:
    talk = Talk(running())
    talk.poll()
    talk.pump.write(entry(9, int(talk.pump.now()), 2))
    alarm, status = talk.poll()
    assert isinstance(alarm, AlarmObserved)
    assert (alarm.code, alarm.phase, alarm.raw_code) == ("occl-down", "start", "9/2 occlusion alarm: downstream")
    assert isinstance(status, StatusObserved)
    assert (status.delivery, status.reason) == ("not-delivering", "alarming")


@pytest.mark.parametrize("later", [entry(9, 990, 4), entry(24, 990, 1), entry(23, 990, 1)])
def test_only_a_run_entry_opens_delivery_again(later: str) -> None:
    talk = Talk(running())
    talk.poll()
    talk.pump.write(entry(9, 980, 2), later)
    assert [status_of(talk.poll()).delivery for _ in range(5)] == ["not-delivering"] * 5


def test_a_silent_pump_brings_nothing_and_each_query_is_repeated_so_often() -> None:
    talk = Talk(ZynoPump(mute=("RN",)), settings=PollSettings(tries=4))
    assert talk.poll() == []
    assert talk.pump.asked == ["RN"] * 4


def test_a_pump_that_falls_silent_in_the_middle_of_a_poll_brings_no_status() -> None:
    talk = Talk(running())
    talk.poll()
    talk.pump.mute = ("RI",)
    assert talk.poll() == []
    talk.pump.mute = ("S9", "Q5", "RN")
    assert talk.poll() == []


def test_a_pump_without_sensors_is_spared_the_question_for_a_while() -> None:
    pump = running()
    pump.mute = ("S9",)
    talk = Talk(pump)
    assert status_of(talk.poll()).delivery == "delivering"
    pump.asked.clear()
    talk.polls(12)
    assert pump.asked.count("S9") == 0
    talk.poll()
    assert pump.asked.count("S9") == 3


def test_a_pump_with_neither_sensors_nor_counter_still_has_a_status() -> None:
    pump = running()
    pump.mute = ("S9", "Q5")
    status = status_of(Talk(pump).poll())
    assert (status.delivery, status.volume_delivered_ml) == ("delivering", None)


def test_another_serial_number_is_heard_twice_before_it_is_believed() -> None:
    talk = Talk(running())
    talk.poll()
    answers = iter(["SN800008", "SN800009", "SN800008", "SN800008"])
    talk.pump.distort = lambda query, answer: "RN" + next(answers) if query == "RN" else answer
    harvest = talk.harvest()
    assert harvest.observations == []
    assert [doubt.cause for doubt in harvest.doubts] == ["inconsistent"]
    assert status_of(talk.poll()).serial == "SN800008"


def test_a_swapped_pump_starts_from_its_own_log() -> None:
    talk = Talk(running())
    talk.polls(2)
    other = ZynoPump(serial="SN800010", now=talk.pump.now)
    other.write(*[entry(15, 10 + second) for second in range(7)], entry(2, 400, first=3.0))
    talk.pump = other
    stop, status = talk.poll()
    assert isinstance(stop, LogEventObserved)
    assert (stop.serial, stop.event) == ("SN800010", "delivery-stop")
    assert isinstance(status, StatusObserved)
    assert (status.serial, status.delivery) == ("SN800010", "not-delivering")


def test_the_bookmark_of_another_pump_is_not_applied() -> None:
    talk = Talk(running())
    talk.polls(2)
    other = ZynoPump(serial="SN800010")
    other.write(entry(24, 100, 1))
    swapped = Talk(other, bookmark=talk.bookmark, at_s=talk.at_s)
    observations = swapped.poll()
    assert not any(type(each).__name__ == "LogCovered" for each in observations)
    assert status_of(observations).delivery == "not-delivering"


def test_a_start_is_believed_only_when_it_was_read_twice() -> None:
    talk = Talk(running())
    talk.poll()
    talk.pump.write(entry(2, 1001))
    assert status_of(talk.poll()).delivery == "not-delivering"
    talk.pump.write(entry(15, 1006))
    newest = f"RE{talk.pump.head:08X}"
    damaged = iter([entry(1, 1006)])
    talk.pump.distort = lambda query, answer: query + next(damaged, str(answer)[10:]) if query == newest else answer
    assert talk.poll() == []
    assert status_of(talk.poll()).delivery == "not-delivering"


def test_a_counter_that_jumps_is_read_again_before_it_is_reported() -> None:
    talk = Talk(running())
    talk.poll()
    talk.pump.volume_ml = 300.0
    talk.pump.asked.clear()
    assert status_of(talk.poll()).volume_delivered_ml == 300.0
    assert talk.pump.asked.count("Q5") == 2


def test_an_unasked_reply_is_refused() -> None:
    conversation = Conversation(PollSettings(), None)
    with pytest.raises(ReplyError, match="without being asked"):
        conversation.hear("RNSN800009", 0.0)


def test_polls_keep_their_pace_and_nothing_is_due_in_between() -> None:
    talk = Talk(running(), settings=PollSettings(poll_s=10))
    started_at_s = talk.at_s
    talk.poll()
    assert talk.conversation.next_query(started_at_s + 9.9) is None
    assert talk.conversation.due_at_s == started_at_s + 10


def test_an_index_outside_the_ring_is_refused() -> None:
    pump = running()
    pump.head = RING_ENTRIES
    talk = Talk(pump)
    assert talk.poll() == []
    assert set(talk.refused) == {"out-of-range"}
