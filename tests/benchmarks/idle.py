"""Measures what the daemon costs while it watches one serial pump on which nothing happens."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from living import Living
from tests.benchmarks.figures import Report, Spread, Target
from tests.benchmarks.machine import cores, cpu_s, memory_bytes, on_core

MIB = 1024 * 1024
STARTED_S = 8.0
"""After this long what a start leaves to be done is over, and the first poll too."""

CONFIG = """
[site]
id = "home"
time_zone = "Europe/Berlin"
call_back_number = "+1 555 0100"

[storage]
url = "sqlite:///{folder}/pumpwatch.db"

[feed]
port = 0

[[pumps]]
id = "bed-1"
driver = "serial-{face}"
therapy = "blinatumomab"
order = {{ rate_ml_per_h = 5.0 }}
options = {{ device = "{folder}/line" }}
"""


def run(report: Report, folder: Path, *, quick: bool) -> None:
    """Watch a polled pump and one that speaks by itself each second, both at the same time."""
    watched_s = 20 if quick else 60
    faces = ("zyno", "json-lines")
    with _watching(folder / "zyno", "zyno") as asked, _watching(folder / "lines", "json-lines") as listened:
        pids = [living.process.pid for living in (asked, listened) if living.process is not None]
        time.sleep(STARTED_S)
        before = [cpu_s(pid) for pid in pids]
        begun_s = time.monotonic()
        time.sleep(watched_s)
        passed_s = time.monotonic() - begun_s
        shares = [(cpu_s(pid) - used_s) / passed_s * 100 for pid, used_s in zip(pids, before, strict=True)]
        sizes = [memory_bytes(pid) / MIB for pid in pids]
        for living in (asked, listened):
            assert living.get("/api/v1/pumps/bed-1")["delivery"] == "delivering"
        looked_at = [memory_bytes(pid) / MIB for pid in pids]
    report.say("resident memory after a first look at the feed: " + ", ".join(f"{one:.1f} MiB" for one in looked_at))
    for face, share, size in zip(faces, shares, sizes, strict=True):
        what = "asked each 5 s" if face == "zyno" else "which speaks each second"
        report.figure(
            f"share of a core over {watched_s} s, serial-{face}, {what}",
            Spread.of([share]),
            Target(1.0, is_least=False, unit=" %"),
        )
        report.figure(
            f"resident memory, serial-{face}", Spread.of([size]), Target(90, is_least=False, unit=" MiB"), "{:.1f}"
        )


@contextmanager
def _watching(folder: Path, face: str) -> Iterator[Living]:
    folder.mkdir(parents=True)
    command = [
        sys.executable, "-m", "simulator", "--story", "steady", "--face", face,
        "--link", str(folder / "line"), "--report", "1s", "--while-stdin",
    ]  # fmt: skip
    with on_core(cores()[1]):
        simulated = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert simulated.stdout is not None
    try:
        assert simulated.stdout.readline().startswith("ready")
        living = Living(folder, CONFIG.format(folder=folder, face=face))
        with on_core(cores()[0]):
            living.start()
        try:
            yield living
        finally:
            living.kill()
    finally:
        simulated.kill()
        simulated.communicate()
