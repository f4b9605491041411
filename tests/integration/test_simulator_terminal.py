"""The simulated pump's cable is a real pseudo-terminal that pyserial opens, loses and finds again."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import serial

from simulator.faces.zyno import ZynoFace
from simulator.fleet import members
from simulator.runner import Performance, Runner, StoryClock
from simulator.scenario import parse_scenario
from simulator.station import Station
from simulator.terminal import LineError, Terminal

GET_SERIAL = bytes.fromhex("02524E413003")
SERIAL_NUMBER = bytes.fromhex("02524E534E383030303039373203")

CABLE_STORY = """
description = "The cable is out for an hour."
duration = "3h"
[[actions]]
at = "+01:00"
action = "unplug"
[[actions]]
at = "+02:00"
action = "replug"
"""


HOUR_US = 3_600_000_000


class PushedClock(StoryClock):
    """Story time that runs with the computer's, and that the test pushes on; whoever waits for it looks often."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead_us = 0

    def now_us(self) -> int:
        return super().now_us() + self._ahead_us

    def real_s_of(self, at_us: int) -> float:
        return super().real_s_of(min(at_us - self._ahead_us, super().now_us() + 20_000))

    def push(self, by_us: int) -> None:
        self._ahead_us += by_us


def eventually(is_so: Callable[[], bool], what: str) -> None:
    """Wait for something that another thread does; a minute at most."""
    pause = threading.Event()
    for _ in range(6000):
        if is_so():
            return
        pause.wait(0.01)
    pytest.fail(f"never came: {what}")


@pytest.fixture
def link(tmp_path: Path) -> Path:
    return tmp_path / "pump"


@pytest.fixture
def terminal(link: Path) -> Iterator[Terminal]:
    terminal = Terminal(link)
    terminal.plug()
    yield terminal
    terminal.close()


def test_a_reader_gets_the_bytes_as_they_were_sent(terminal: Terminal, link: Path) -> None:
    with serial.Serial(str(link), timeout=60) as port:
        everything = bytes(range(256))
        terminal.send(everything)
        assert port.read(256) == everything, "a raw line changes no byte"
        port.write(everything)
        heard = bytearray()

        def has_all() -> bool:
            heard.extend(terminal.receive())
            return len(heard) >= len(everything)

        eventually(has_all, "what the reader wrote")
        assert heard == everything


def test_the_line_stays_raw_for_a_reader_who_sets_nothing(terminal: Terminal, link: Path) -> None:
    descriptor = os.open(link, os.O_RDWR | os.O_NOCTTY)
    try:
        terminal.send(b"\x02no line end\x03\r\x04")
        assert os.read(descriptor, 100) == b"\x02no line end\x03\r\x04"
    finally:
        os.close(descriptor)


def test_without_a_reader_nothing_can_be_sent_and_nothing_is_heard(terminal: Terminal, link: Path) -> None:
    seen = [terminal.can_send]
    assert terminal.receive() == b""
    with serial.Serial(str(link)):
        seen.append(terminal.can_send)
    seen.append(terminal.can_send)
    assert seen == [False, True, False]


def test_what_nobody_reads_is_lost_and_counted_and_nothing_blocks(terminal: Terminal, link: Path) -> None:
    with serial.Serial(str(link)):
        for _ in range(200):
            terminal.send(b"x" * 1000)
    assert terminal.lost_bytes > 0


def test_a_pulled_cable_ends_the_reading_and_a_new_one_has_the_old_name(terminal: Terminal, link: Path) -> None:
    with serial.Serial(str(link), timeout=60) as port:
        terminal.unplug()
        assert not os.path.lexists(link)
        with pytest.raises(serial.SerialException):
            port.read(1)
    terminal.plug()
    with serial.Serial(str(link), timeout=60) as port:
        terminal.send(b"back")
        assert port.read(4) == b"back"


def test_a_stale_link_is_replaced_and_a_file_is_not(link: Path) -> None:
    link.symlink_to("/dev/pts/999999")
    terminal = Terminal(link)
    terminal.plug()
    assert link.exists()
    terminal.close()
    terminal.close()
    link.write_text("somebody's", encoding="utf-8")
    with pytest.raises(LineError, match="stands in the way"):
        terminal.plug()
    assert link.read_text(encoding="utf-8") == "somebody's"


def test_the_runner_answers_over_a_cable_that_goes_and_comes(link: Path) -> None:
    member = next(members([parse_scenario(CABLE_STORY, "x", "x.toml")], "pump", 1, 0, 10_000_000))
    station = Station(member, ZynoFace(), Terminal(link), waits_for_reader=True)
    stop, over = threading.Event(), threading.Event()
    clock = PushedClock()
    runner = Runner([Performance(station, clock)], stop=stop, on_over=over.set)
    runner.open()
    thread = threading.Thread(target=runner.run)
    thread.start()
    try:
        assert ask(link) == SERIAL_NUMBER
        clock.push(HOUR_US)
        eventually(lambda: not os.path.lexists(link), "the cable is pulled")
        clock.push(HOUR_US)
        eventually(lambda: os.path.lexists(link), "the cable is back")
        assert ask(link) == SERIAL_NUMBER
        assert not over.is_set()
        clock.push(HOUR_US)
        assert over.wait(60)
    finally:
        stop.set()
        thread.join(60)
        runner.close()
    assert not thread.is_alive()
    assert not os.path.lexists(link)


def ask(link: Path) -> bytes:
    with serial.Serial(str(link), timeout=60) as port:
        port.write(GET_SERIAL)
        return port.read(len(SERIAL_NUMBER))
