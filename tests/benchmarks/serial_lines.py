"""Measures how fast lines are taken off a pseudo-terminal and decoded, beside pyserial's readline()."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import serial

from drivers.contract import DriverContext
from drivers.serial_pump import json_lines_plugin
from drivers.serial_pump.protocols.json_lines import LineReader
from tests.benchmarks.figures import Report, Spread, Target, ratios
from tests.benchmarks.machine import cores, on_core

LINE = (
    b'{"v":1,"pump":"bed-1","kind":"status","seq":1000017,"boot":"b1","delivery":"delivering","rate_ml_per_h":5.0,'
    b'"volume_delivered_ml":118.4,"battery_percent":83}\n'
)
AT_ONCE = 25
WRITER = "import os, sys\nwhile True:\n    os.write(int(sys.argv[1]), sys.argv[2].encode() * int(sys.argv[3]))\n"
BUFFER_BYTES = 4095
"""What a pseudo-terminal hands over at the most."""


class Rate:
    """Lines a second by the clock and by the reader's own processor time."""

    def __init__(self, lines: int, begun: tuple[float, float]) -> None:
        self.by_clock = lines / (time.perf_counter() - begun[0])
        self.by_processor = lines / (time.thread_time() - begun[1])


def run(report: Report, folder: Path, *, quick: bool) -> None:
    """Let the three take turns; each has a pseudo-terminal that a process on the other core keeps full."""
    del folder
    turns, few, many = (3, 1_500, 100_000) if quick else (7, 4_000, 300_000)
    ways: dict[str, tuple[Callable[[int], Rate], int]] = {
        "readline()": (_readline, few),
        "driver over the pseudo-terminal, decoded": (_driver, many),
        "line reader on such buffers, decoded": (_line_reader, many),
        "line reader on such buffers, split only": (_splitter, many),
    }
    rates: dict[str, list[Rate]] = {name: [] for name in ways}
    with on_core(cores()[0]):
        for _ in range(turns):
            for name, (way, lines) in ways.items():
                rates[name].append(way(lines))
    report.say(f"lines of {len(LINE)} bytes")
    for name, found in rates.items():
        clock, used = Spread.of([one.by_clock for one in found]), Spread.of([one.by_processor for one in found])
        report.say(f"{name}: {clock.text('{:.0f}')} lines/s, {used.text('{:.0f}')} lines a processor second")
    theirs = rates.pop("readline()")
    for name, found in rates.items():
        spread = ratios([one.by_processor for one in found], [one.by_processor for one in theirs])
        report.figure(f"{name} / readline(), lines a processor second", spread, Target(100), "{:.0f}")


@contextmanager
def _full_line() -> Iterator[str]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    with on_core(cores()[1]):
        writer = subprocess.Popen(
            [sys.executable, "-S", "-c", WRITER, str(master), LINE.decode(), str(AT_ONCE)], pass_fds=[master]
        )
    try:
        yield os.ttyname(slave)
    finally:
        writer.kill()
        writer.wait()
        os.close(master)
        os.close(slave)


def _readline(lines: int) -> Rate:
    with _full_line() as device, serial.Serial(device, 115_200, timeout=1) as line:
        line.readline()
        begun = time.perf_counter(), time.thread_time()
        for _ in range(lines):
            assert len(line.readline()) == len(LINE)
        return Rate(lines, begun)


class _NoMemory:
    """Remembers nothing: a stream has nothing to remember."""

    def load(self) -> bytes | None:
        return None

    def save(self, data: bytes) -> None:
        del data


def _driver(lines: int) -> Rate:
    with _full_line() as device:
        context = DriverContext(
            name="bench", pump="bed-1", serial=None, options={"device": device}, now_s=time.monotonic,
            memory=_NoMemory(), secret=str,
        )  # fmt: skip
        driver = json_lines_plugin.create(context)
        driver.open(None)
        driver.read(5)
        seen = 0
        begun = time.perf_counter(), time.thread_time()
        while seen < lines:
            batch = driver.read(5)
            assert batch is not None
            assert not batch.refused
            seen += len(batch.items)
        rate = Rate(seen, begun)
        driver.close()
        return rate


def _buffers(lines: int) -> list[bytes]:
    """Return ``lines`` lines as a pseudo-terminal would hand them over."""
    whole = LINE * lines
    return [whole[start : start + BUFFER_BYTES] for start in range(0, len(whole), BUFFER_BYTES)]


def _line_reader(lines: int) -> Rate:
    reader, buffers, seen = LineReader("bed-1"), _buffers(lines), 0
    begun = time.perf_counter(), time.thread_time()
    for buffer in buffers:
        reader.feed(buffer)
        seen += len(reader.read(512)[0])
    assert seen == lines
    return Rate(lines, begun)


def _splitter(lines: int) -> Rate:
    buffers = _buffers(lines)
    begun = time.perf_counter(), time.thread_time()
    reader = LineReader("bed-1")
    for buffer in buffers:
        reader.feed(buffer)
    return Rate(lines, begun)
