"""Following the pump's log: back-fill after a gap, what is claimed as covered, and blocks that are being written."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract import AlarmObserved, LogEventObserved
from zyno_pump import RING, ZynoPump, data_block, entry
from zyno_talk import Talk, after_gap, covered, events, last_status, running


def test_a_gap_is_filled_in_order_and_claimed_as_covered() -> None:
    talk = Talk(running())
    talk.polls(5)
    observations = after_gap(talk, 3600, (2, 3000), (1, 2400), (2, 1000), (1, 500))
    assert events(observations) == ["delivery-stop", "delivery-start", "delivery-stop", "delivery-start"]
    ages = [each.age_s for each in observations if isinstance(each, LogEventObserved)]
    assert ages == pytest.approx([3000, 2400, 1000, 500], abs=3)
    (cover,) = covered(observations)
    # Since the reading that the bookmark knows, which is a minute older at most.
    assert 3600 <= cover.covered_s <= 3600 + 90
    assert last_status(observations).delivery == "delivering"
    assert [type(each).__name__ for each in observations][-2:] == ["LogCovered", "StatusObserved"]


def test_a_gap_in_which_nothing_happened_is_covered_too() -> None:
    talk = Talk(running())
    talk.polls(5)
    observations = after_gap(talk, 7200)
    assert events(observations) == []
    assert covered(observations)[0].covered_s == pytest.approx(7245, abs=45)


def test_nothing_is_claimed_before_the_first_contact() -> None:
    talk = Talk(running())
    assert covered(talk.poll()) == []
    # Right after it, there is no more than the time since.
    assert all(each.covered_s <= 5 for each in covered(talk.poll()))


def test_steady_polls_claim_nothing_since_there_is_no_gap() -> None:
    talk = Talk(running())
    talk.polls(3)
    assert covered(talk.polls(10)) == []


def test_the_stretch_reaches_back_over_the_last_reading_so_that_no_second_is_missing() -> None:
    talk = Talk(running())
    talk.polls(60)
    read_at_s = talk.at_s
    observations = after_gap(talk, 900)
    assert talk.at_s - covered(observations)[0].covered_s <= read_at_s - 0.2


def test_no_more_is_claimed_than_was_read_since_the_first_contact() -> None:
    talk = Talk(running())
    started_at_s = talk.at_s
    talk.poll()
    (cover,) = covered(after_gap(talk, 100))
    assert talk.at_s - cover.age_s - cover.covered_s >= started_at_s


def test_the_ring_is_followed_round_its_end() -> None:
    pump = ZynoPump(tail=RING - 4, head=RING - 5)
    pump.write(*data_block(110, 5.0), entry(1, 120))
    assert pump.head == 0
    talk = Talk(pump)
    talk.polls(2)
    observations = after_gap(talk, 100, (2, 50), (1, 20))
    assert events(observations) == ["delivery-stop", "delivery-start"]
    assert covered(observations)


def test_while_there_is_more_to_read_delivery_is_in_doubt() -> None:
    talk = Talk(running())
    talk.polls(3)
    first = after_gap(talk, 3600, *[(15, 3000 - number) for number in range(50)], (2, 100))
    assert last_status(first).delivery == "transitioning"
    assert covered(first) == []
    second = talk.poll()
    assert last_status(second).delivery == "not-delivering"
    assert covered(second)


def test_a_long_gap_is_read_in_pieces_without_waiting_for_the_next_poll() -> None:
    talk = Talk(running())
    talk.polls(3)
    after_gap(talk, 3600, *[(15, 3000 - number) for number in range(100)])
    at_s = talk.at_s
    talk.polls(3)
    assert talk.at_s - at_s < 3 * 5


@pytest.mark.parametrize("kept", [0, 1, 2, 3])
def test_a_block_that_is_being_written_is_not_read_as_events_and_not_lost(kept: int) -> None:
    talk = Talk(running())
    talk.polls(3)
    now = int(talk.pump.now())
    block = data_block(now, 10.0)
    talk.pump.write(*block[:kept])
    talk.poll()
    # A restart in the middle of the block.
    talk.open()
    talk.poll()
    talk.pump.write(*block[kept:], entry(1, now + 1))
    observations = talk.polls(2)
    assert [each for each in observations if isinstance(each, AlarmObserved)] == []
    assert events(observations) == ["delivery-start"]
    assert last_status(observations).rate_ml_per_h == 10.0


def test_a_first_contact_learns_the_state_and_tells_no_older_story() -> None:
    pump = ZynoPump()
    pump.write(entry(9, 50, 2), entry(2, 60), *data_block(110, 5.0), entry(1, 120), entry(30, 400))
    observations = Talk(pump).poll()
    assert events(observations) == ["delivery-start"]
    assert [each.code for each in observations if isinstance(each, AlarmObserved)] == ["batt-low"]


def test_a_first_contact_with_a_log_without_any_start_tells_the_warnings_in_it() -> None:
    pump = ZynoPump()
    pump.write(entry(30, 400))
    observations = Talk(pump).poll()
    assert [each.code for each in observations if isinstance(each, AlarmObserved)] == ["batt-low"]
    assert last_status(observations).delivery == "transitioning"


def test_a_first_contact_looks_back_a_bounded_way_and_then_says_doubt() -> None:
    pump = running()
    pump.write(*[entry(15, 200 + number) for number in range(200)])
    talk = Talk(pump)
    observations = talk.polls(4)
    assert events(observations) == []
    assert last_status(observations).delivery == "transitioning"
    assert sum(text.startswith("RE") for text in pump.asked) < 80


def test_a_damaged_bookmark_is_a_first_contact() -> None:
    talk = Talk(running(), bookmark=b'{"v":1,"bookmark":{"serial":"SN800009"}}')
    observations = talk.poll()
    assert covered(observations) == []
    assert last_status(observations).delivery == "delivering"


def test_a_clock_that_jumps_is_told_once_and_ages_stay_within_the_last_contact() -> None:
    talk = Talk(running())
    talk.polls(5)
    talk.offset_s -= 86_400
    talk.pump.write(entry(2, int(talk.pump.now())))
    observations = talk.polls(3)
    changed = [each for each in observations if isinstance(each, AlarmObserved)]
    assert [each.code for each in changed] == ["clock-changed"]
    (stop,) = [each for each in observations if isinstance(each, LogEventObserved)]
    assert stop.age_s + stop.age_max_s <= 10


def test_the_bookmark_is_renewed_when_something_was_written_and_now_and_then() -> None:
    talk = Talk(running())
    kept = [talk.harvest().bookmark is not None for _ in range(40)]
    assert kept[0]
    assert 2 <= sum(kept) <= 5
    talk.pump.write(entry(2, int(talk.pump.now())))
    assert talk.harvest().bookmark is not None


def test_a_bookmark_is_small() -> None:
    talk = Talk(running())
    talk.polls(2)
    assert talk.bookmark is not None
    assert len(talk.bookmark) < 600
    assert msgspec.json.decode(talk.bookmark)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from([1, 2, 3, 9, 14, 15, 24, 30]), st.integers(1, 900)), max_size=12),
    st.lists(st.booleans(), max_size=12),
)
def test_however_often_the_line_is_opened_the_same_story_is_told(
    entries: list[tuple[int, int]], reopenings: list[bool]
) -> None:
    """A gap at any place changes no event, no order and no state."""

    def story(*, with_gaps: bool) -> tuple[list[str], str]:
        talk = Talk(running())
        told = talk.polls(2)
        for number, (kind, wait_s) in enumerate(entries):
            talk.wait(wait_s)
            talk.pump.write(entry(kind, int(talk.pump.now()), 2 if kind == 9 else 0))
            if with_gaps and number < len(reopenings) and reopenings[number]:
                continue
            if with_gaps:
                talk.open()
            told += talk.poll()
        told += talk.polls(2)
        said = [
            f"{getattr(each, 'event', '')}{getattr(each, 'code', '')}{getattr(each, 'phase', '')}"
            for each in told
            if isinstance(each, LogEventObserved | AlarmObserved)
        ]
        return said, last_status(told).delivery

    assert story(with_gaps=True) == story(with_gaps=False)
