"""Holes in the pump's log: cleared, overwritten or half written, and what may not be claimed then."""

from __future__ import annotations

from drivers.contract import AlarmObserved
from drivers.serial_pump.protocols.zyno_asking import PollSettings
from drivers.serial_pump.protocols.zyno_bookmark import decode_bookmark
from zyno_pump import RING, ZynoPump, entry
from zyno_talk import Talk, covered, events, last_status, running


def test_an_empty_place_before_the_head_is_a_hole_and_leaves_doubt() -> None:
    talk = Talk(running())
    talk.polls(3)
    talk.wait(100)
    talk.pump.write(entry(15, int(talk.pump.now())), "FF" * 16, entry(15, int(talk.pump.now())))
    talk.open()
    observations = talk.polls(2)
    assert covered(observations) == []
    assert last_status(observations).delivery == "transitioning"


def test_an_entry_that_is_written_after_its_index_was_told_is_not_missed() -> None:
    talk = Talk(running())
    talk.polls(3)
    stopped_s = int(talk.pump.now())
    talk.pump.write("FF" * 16)
    assert events(talk.polls(2)) == []
    talk.pump.log[talk.pump.head] = entry(2, stopped_s)
    observations = talk.poll()
    assert events(observations) == ["delivery-stop"]
    assert last_status(observations).delivery == "not-delivering"


def test_an_entry_that_is_never_written_leaves_doubt_once_another_follows() -> None:
    talk = Talk(running())
    talk.polls(3)
    talk.pump.write("FF" * 16)
    assert last_status(talk.polls(2)).delivery == "delivering"
    talk.pump.write(entry(15, int(talk.pump.now())))
    assert last_status(talk.polls(2)).delivery == "transitioning"
    talk.pump.write(entry(1, int(talk.pump.now())))
    assert last_status(talk.polls(2)).delivery == "delivering"


def test_a_log_that_was_cleared_is_read_and_nothing_is_claimed() -> None:
    talk = Talk(running())
    talk.polls(3)
    talk.wait(600)
    talk.pump.clear()
    talk.pump.write(entry(24, int(talk.pump.now() - 300), 1), entry(1, int(talk.pump.now() - 200)))
    talk.open()
    observations = talk.poll()
    assert events(observations) == ["power-on", "delivery-start"]
    assert covered(observations) == []
    assert last_status(observations).delivery == "delivering"


def test_a_log_that_was_cleared_and_is_empty_leaves_doubt() -> None:
    talk = Talk(running())
    talk.polls(3)
    talk.wait(600)
    talk.pump.clear()
    talk.open()
    observations = talk.polls(2)
    assert covered(observations) == []
    assert last_status(observations).delivery == "transitioning"


def test_an_empty_log_is_read_from_its_first_entry_on() -> None:
    talk = Talk(ZynoPump())
    assert last_status(talk.polls(3)).delivery == "transitioning"
    talk.pump.write(entry(1, int(talk.pump.now())))
    observations = talk.poll()
    assert events(observations) == ["delivery-start"]
    assert last_status(observations).delivery == "delivering"


def test_an_empty_log_whose_indices_do_not_tell_it_is_read_from_its_first_entry_on() -> None:
    pump = ZynoPump()
    pump.head = 0
    talk = Talk(pump)
    talk.polls(3)
    pump.log[0] = entry(1, int(pump.now()))
    assert events(talk.polls(2)) == ["delivery-start"]


def test_a_head_that_went_backwards_is_a_hole() -> None:
    pump = running()
    pump.write(entry(2, 200), entry(1, 300))
    talk = Talk(pump)
    talk.polls(3)
    pump.log = {index: raw for index, raw in pump.log.items() if index <= 4}
    pump.head = 4
    pump.write(entry(3, int(talk.pump.now())))
    observations = talk.polls(2)
    assert [each.code for each in observations if isinstance(each, AlarmObserved)] == ["res-empty"]
    assert covered(observations) == []
    assert last_status(observations).delivery == "not-delivering"


def test_a_ring_that_was_overwritten_is_read_from_its_newest_end() -> None:
    talk = Talk(running(), settings=PollSettings(poll_s=5))
    talk.polls(3)
    bookmark = decode_bookmark(talk.bookmark)
    assert bookmark is not None
    talk.wait(RING)
    now = int(talk.pump.now())
    for index in range(RING):
        talk.pump.log[(bookmark.index + 1 + index) % RING] = entry(15, now - (RING - index) // 2)
    talk.pump.head = (bookmark.index + RING) % RING
    talk.pump.tail = (talk.pump.head + 1) % RING
    talk.pump.log[talk.pump.head] = entry(2, now - 1)
    talk.open()
    observations = talk.polls(80)
    assert events(observations) == ["delivery-stop"]
    assert covered(observations) == []
    assert last_status(observations).delivery == "not-delivering"
