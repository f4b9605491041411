"""The Zyno driver on real pseudo-terminals: unplugging, swapping, noise, other programs; nothing sent but queries."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.contract import LogCovered, LogEventObserved, StatusObserved
from drivers.errors import LinkError
from drivers.serial_pump import zyno_plugin
from drivers.serial_pump.protocols.zyno_frames import is_allowed
from far_end import FarEnd, Kept, Listener, context_for
from zyno_pump import ZynoPump, data_block, entry, frame


class Clock:
    """Monitor time in the test's hands; the pump's counter follows it."""

    def __init__(self) -> None:
        self.at_s = 1_000_000.0

    def __call__(self) -> float:
        return self.at_s

    def pump_s(self) -> float:
        return self.at_s - 999_000

    def next_poll(self) -> None:
        self.at_s += 0.5


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pump(clock: Clock) -> ZynoPump:
    pump = ZynoPump(now=clock.pump_s)
    pump.write(entry(24, 100, 1, 3.1), *data_block(110, 5.0), entry(1, 120))
    return pump


@pytest.fixture
def far_end(tmp_path: Path, pump: ZynoPump) -> Iterator[FarEnd]:
    with FarEnd(tmp_path, pump.hear) as far_end:
        yield far_end


@pytest.fixture
def listener(far_end: FarEnd, clock: Clock) -> Iterator[Listener]:
    driver = zyno_plugin.create(context_for(far_end.path, now_s=clock, reply_timeout_s=2))
    driver.open(None)
    yield Listener(driver)
    driver.close()


def until_delivery(listener: Listener, clock: Clock, delivery: str) -> StatusObserved:
    """Read until a status says so, and return it; what was heard before does not count."""
    start = len(listener.heard)
    listener.until(
        lambda: any(isinstance(each, StatusObserved) and each.delivery == delivery for each in listener.heard[start:]),
        between=clock.next_poll,
    )
    return [each for each in listener.heard if isinstance(each, StatusObserved)][-1]


def test_a_running_pump_is_read_through_a_real_terminal(listener: Listener, clock: Clock, pump: ZynoPump) -> None:
    status = until_delivery(listener, clock, "delivering")
    assert (status.serial, status.rate_ml_per_h, status.volume_delivered_ml) == ("SN800009", 5.0, 12.34)
    pump.write(entry(9, int(clock.pump_s()), 2))
    status = until_delivery(listener, clock, "not-delivering")
    assert status.reason == "alarming"
    assert pump.strange == b""


def test_opening_sends_nothing(far_end: FarEnd, clock: Clock) -> None:
    driver = zyno_plugin.create(context_for(far_end.path, now_s=clock))
    for _ in range(5):
        driver.open(None)
    driver.close()
    far_end.catch_up()
    assert far_end.heard == b""


def test_an_unplugged_pump_comes_back_under_another_name_and_the_gap_is_filled(
    listener: Listener, far_end: FarEnd, clock: Clock, pump: ZynoPump
) -> None:
    until_delivery(listener, clock, "delivering")
    old_name = far_end.device
    far_end.unplug()
    assert "unplugged" in str(listener.until_cut())
    with pytest.raises(LinkError, match="not there"):
        listener.driver.open(listener.bookmark)
    clock.at_s += 3600
    pump.write(entry(2, int(clock.pump_s() - 3000)), entry(1, int(clock.pump_s() - 2000)))
    far_end.plug(as_another=True)
    assert far_end.device != old_name
    listener.heard.clear()
    listener.driver.open(listener.bookmark)
    until_delivery(listener, clock, "delivering")
    events = [each for each in listener.heard if isinstance(each, LogEventObserved)]
    assert [each.event.value for each in events] == ["delivery-stop", "delivery-start"]
    # The clock goes on with each read, and how many it takes is the machine's business.
    assert [each.age_s for each in events] == pytest.approx([3000, 2000], abs=200)
    assert [each for each in listener.heard if isinstance(each, LogCovered)]


def test_a_new_driver_goes_on_where_the_bookmark_says(
    listener: Listener, far_end: FarEnd, clock: Clock, pump: ZynoPump
) -> None:
    until_delivery(listener, clock, "delivering")
    listener.driver.close()
    clock.at_s += 600
    pump.write(entry(2, int(clock.pump_s() - 300)))
    pump.asked.clear()
    driver = zyno_plugin.create(context_for(far_end.path, now_s=clock, reply_timeout_s=5))
    driver.open(listener.bookmark)
    again = Listener(driver)
    until_delivery(again, clock, "not-delivering")
    driver.close()
    assert [each.event.value for each in again.heard if isinstance(each, LogEventObserved)] == ["delivery-stop"]
    # The entry of the bookmark, to see that it is still there, and the new one.
    assert sum(text.startswith("RE") for text in pump.asked) == 2


def test_a_pump_that_was_swapped_on_a_whole_line_says_its_own_serial(
    listener: Listener, clock: Clock, pump: ZynoPump
) -> None:
    until_delivery(listener, clock, "delivering")
    pump.serial = "SN800010"
    pump.clear()
    pump.write(entry(1, 50), entry(2, 60))
    status = until_delivery(listener, clock, "not-delivering")
    assert status.serial == "SN800010"


def test_a_second_program_is_refused_while_the_line_is_open(far_end: FarEnd, listener: Listener, clock: Clock) -> None:
    second = zyno_plugin.create(context_for(far_end.path, now_s=clock))
    with pytest.raises(LinkError, match="in use by another program"):
        second.open(None)
    until_delivery(listener, clock, "delivering")
    listener.driver.close()
    second.open(None)
    second.close()


def test_noise_and_half_frames_are_refused_and_cost_nothing(
    far_end: FarEnd, listener: Listener, clock: Clock, pump: ZynoPump
) -> None:
    until_delivery(listener, clock, "delivering")
    noise = random.Random(3)  # noqa: S311 - noise that is the same in every run
    plain = pump.hear
    far_end._answer = lambda data: noise.randbytes(20).replace(b"\x02", b"") + b"\x02half" + plain(data)
    pump.write(entry(2, int(clock.pump_s())))
    until_delivery(listener, clock, "not-delivering")
    assert listener.refused_count > 10
    assert {"junk", "half-frame"} <= set(listener.causes)


def test_a_reply_with_a_wrong_check_is_refused_and_asked_for_again(
    listener: Listener, clock: Clock, pump: ZynoPump, far_end: FarEnd
) -> None:
    until_delivery(listener, clock, "delivering")
    plain, bad = pump.hear, iter([b"\x02RI0000000000000003FF\x03"])
    far_end._answer = lambda data: next(bad, plain(data)) if b"RI" in data else plain(data)
    listener.heard.clear()
    until_delivery(listener, clock, "delivering")
    assert "checksum" in listener.causes


def test_a_pump_that_speaks_unasked_is_refused(listener: Listener, clock: Clock, far_end: FarEnd) -> None:
    until_delivery(listener, clock, "delivering")
    far_end.say(frame("S9413445138") * 3)
    listener.until(lambda: listener.refused_count >= 3)
    assert set(listener.causes) == {"unasked"}


def test_what_lay_on_the_line_before_the_question_is_no_answer(
    listener: Listener, clock: Clock, far_end: FarEnd
) -> None:
    until_delivery(listener, clock, "delivering")
    clock.at_s += 60
    far_end.say_and_wait(frame("RNSN800008"))
    until_delivery(listener, clock, "delivering")
    assert listener.causes == ["unasked"]


def test_an_echo_is_no_answer(far_end: FarEnd, clock: Clock) -> None:
    far_end._answer = lambda data: data
    listener = Listener(zyno_plugin.create(context_for(far_end.path, now_s=clock, reply_timeout_s=0.05)))
    listener.driver.open(None)
    listener.until(lambda: listener.refused_count >= 3, between=clock.next_poll)
    listener.driver.close()
    assert listener.heard == []
    assert set(listener.causes) == {"wrong-length"}


def test_a_silent_pump_is_none_and_on_a_loop_line_as_well(clock: Clock, tmp_path: Path) -> None:
    with FarEnd(tmp_path) as far_end:
        driver = zyno_plugin.create(context_for(far_end.path, now_s=clock))
        driver.open(None)
        assert [driver.read(timeout_s) for timeout_s in (0.0, 0.02, 0.1)] == [None] * 3
        driver.close()
    listener = Listener(zyno_plugin.create(context_for("loop://", now_s=clock, reply_timeout_s=0.05)))
    listener.driver.open(None)
    listener.until(lambda: "wrong-length" in listener.causes)
    listener.driver.close()


def test_close_wakes_a_waiting_read_and_is_harmless_when_repeated(tmp_path: Path, clock: Clock) -> None:
    with FarEnd(tmp_path) as far_end:
        driver = zyno_plugin.create(context_for(far_end.path, now_s=clock))
        driver.open(None)
        brought: list[object] = []
        reader = threading.Thread(target=lambda: brought.append(driver.read(60.0)))
        reader.start()
        far_end.until_heard(b"RN")
        driver.close()
        driver.close()
        reader.join(60)
        assert not reader.is_alive()
        assert brought == [None]
        with pytest.raises(LinkError, match="not open"):
            driver.read(0.0)


def test_a_line_that_comes_and_goes_again_and_again_is_survived(
    far_end: FarEnd, listener: Listener, clock: Clock
) -> None:
    """E12, shortened: each cycle ends in one ``LinkError``."""
    for cycle in range(100):
        listener.step(0.01)
        clock.next_poll()
        far_end.unplug()
        assert str(listener.until_cut())
        far_end.plug(as_another=cycle % 10 == 0)
        listener.driver.open(listener.bookmark)
    clock.at_s += 60
    until_delivery(listener, clock, "delivering")


def test_a_crash_loop_stays_within_the_budget(far_end: FarEnd, pump: ZynoPump, clock: Clock) -> None:
    """E12: bytes on the line under a crash loop, over an hour of monitor time."""
    memory, chance = Kept(), random.Random(5)  # noqa: S311 - the same pattern in every run
    started_at_s, minutes = clock.at_s, []
    for life in range(150):
        driver = zyno_plugin.create(context_for(far_end.path, now_s=clock, memory=memory, bytes_per_minute=2000))
        driver.open(None)
        before = pump.sent_bytes
        for _ in range(chance.randrange(8)):
            driver.read(0.005)
            clock.at_s += chance.random() * 2
        driver.close()  # no good order: nothing is given back
        far_end.catch_up()
        minutes.append((clock.at_s, pump.sent_bytes - before))
        clock.at_s += chance.random() * (1 if life % 10 else 200)
    assert pump.sent_bytes <= 2000 * (clock.at_s - started_at_s + 60) / 60
    for at_s, _ in minutes:
        assert sum(sent for when_s, sent in minutes if at_s - 60 < when_s <= at_s) <= 2000
    assert pump.sent_bytes > 0


def test_restarts_on_a_clock_that_stands_still_stop_asking(far_end: FarEnd, pump: ZynoPump, clock: Clock) -> None:
    memory = Kept()
    for _ in range(40):
        driver = zyno_plugin.create(context_for(far_end.path, now_s=clock, memory=memory))
        driver.open(None)
        driver.read(0.02)
        driver.close()
    assert 0 < len(pump.asked) <= 240


def test_whatever_the_pump_says_only_reading_commands_are_sent(far_end: FarEnd, pump: ZynoPump, clock: Clock) -> None:
    """E12: the set of transmitted frames under fuzz is a subset of the allow-list."""
    chance = random.Random(7)  # noqa: S311 - the same fuzz in every run

    def distort(query: str, answer: str | None) -> str | None:
        text = list(answer or query)
        for _ in range(chance.randrange(3)):
            text[chance.randrange(len(text))] = chance.choice("0123456789ABCDEFKWLE:?")
        return "".join(text)

    pump.distort = distort
    listener = Listener(zyno_plugin.create(context_for(far_end.path, now_s=clock, reply_timeout_s=0.05)))
    for opening in range(200):
        if opening >= 20 and len(pump.asked) > 100:
            break
        listener.driver.open(listener.bookmark if opening % 3 else None)
        for _ in range(15):
            listener.step(0.02)
            clock.at_s += 5
    listener.driver.close()
    assert len(pump.asked) > 100
    assert all(is_allowed(text) for text in pump.asked)
    assert pump.strange == b""
