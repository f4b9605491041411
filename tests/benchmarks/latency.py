"""Measures from publishing a change to its commit, at 1,000 changes a second, beside the disk's own fdatasync.

A bare loop takes turns with the daemon on the same broker, core and disk: paho and one SQLite transaction
that writes as many pages. What it needs nobody who stores in SQLite can do without: it is the floor.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from living import READY_S, Living
from tests.benchmarks.bare_commit import PUMPS
from tests.benchmarks.figures import Report, Spread, Target
from tests.benchmarks.fleet_daemon import HERE, broker, configured
from tests.benchmarks.hose import connected, publish_packet
from tests.benchmarks.machine import cores, fdatasync_s, on_core

PER_SECOND = 1_000
MS = 1e3
RUNS = '"kind":"status","delivery":"delivering","rate_ml_per_h":5.0'
FIRST_SEQ = 1_000
"""Of the changes; what comes before is for getting acquainted."""

Key = tuple[str, int]
"""A pump and the number of its message."""


@dataclass
class Side:
    """One of the two that make changes durable.

    Attributes:
        site: The part of the topic that it listens to.
        noted: The file in which it notes what was durable when.
        sent: By message: when it was published, in nanoseconds.
        turns: The messages of each turn.
        next_seq: Number of each pump's next message.
    """

    site: str
    noted: Path
    sent: dict[Key, int] = field(default_factory=dict)
    turns: list[list[Key]] = field(default_factory=list)
    next_seq: int = FIRST_SEQ

    def took_s(self) -> list[list[float]]:
        """Return how long each message took, turn by turn."""
        durable: dict[Key, int] = {}
        for line in self.noted.read_text().splitlines():
            pump, seq, at_ns = line.split()
            durable[pump, int(seq)] = int(at_ns)
        return [[(durable[key] - self.sent[key]) / 1e9 for key in keys] for keys in self.turns]


def run(report: Report, folder: Path, *, quick: bool) -> None:
    """Publish to both in turns, each time with syncing a file before."""
    turns, each_s = (3, 3) if quick else (6, 10)
    ours, bare = Side("home", folder / "noted"), Side("bare", folder / "bare-noted")
    syncs_s: list[float] = []
    with broker(folder) as mosquitto, _daemon(folder, mosquitto.port, ours), _bare(folder, mosquitto.port, bare):
        with on_core(cores()[1]):
            for side in (ours, bare):
                _publish(mosquitto.port, side, PUMPS, RUNS)
            for _ in range(turns):
                for side in (ours, bare):
                    syncs_s.append(statistics.median(fdatasync_s(folder)))
                    time.sleep(0.5)
                    side.turns.append(_publish(mosquitto.port, side, PER_SECOND * each_s))
        time.sleep(1)
    report.say(f"fdatasync, median: {Spread.of([one * MS for one in syncs_s]).text('{:.3f}')} ms")
    sync_s = statistics.median(syncs_s)
    _say(report, "the bare loop's", bare.took_s(), sync_s, None)
    _say(report, "publish to durable", ours.took_s(), sync_s, (3.0, 10.0))


def _say(
    report: Report, what: str, took_s: list[list[float]], sync_s: float, bounds: tuple[float, float] | None
) -> None:
    halves = [statistics.median(one) for one in took_s]
    tails = [statistics.quantiles(one, n=100)[98] for one in took_s]
    for place, (name, found) in enumerate((("median", halves), ("99th percentile", tails))):
        report.say(f"{what}, {name}: {Spread.of([one * MS for one in found]).text('{:.3f}')} ms")
        spread = Spread.of([one / sync_s for one in found])
        if bounds is None:
            report.say(f"{what}, {name}: {spread.text()} fdatasync")
        else:
            report.figure(f"{what}, {name}", spread, Target(bounds[place], is_least=False, unit=" fdatasync"))


@contextmanager
def _daemon(folder: Path, port: int, side: Side) -> Iterator[None]:
    living = Living(folder, configured(folder, PUMPS, port))
    with _serving(folder, "timed_daemon.py", str(living.config), str(side.noted)) as words:
        living.address, living.token = words[1], words[3]
        living.listen_to("broker")
        yield


@contextmanager
def _bare(folder: Path, port: int, side: Side) -> Iterator[None]:
    database = str(folder / "bare.db")
    with _serving(folder, "bare_commit.py", str(port), side.site, database, str(side.noted)):
        yield


@contextmanager
def _serving(folder: Path, program: str, *arguments: str) -> Iterator[list[str]]:
    """Run a program on the measured core and give what it says when it is ready; it writes its notes at the end."""
    with on_core(cores()[0]), (folder / f"{program}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(HERE / program), *arguments], stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()
        process.terminate()
        process.wait(READY_S)
    finally:
        process.kill()
        process.communicate()


def _publish(port: int, side: Side, count: int, body: str = "") -> list[Key]:
    """Publish ``count`` messages, one each millisecond, and return what they were.

    Without a body they are alarms that start and end.
    """
    first = side.next_seq if not body else 0
    keys = [(f"pump-{number % PUMPS:05d}", first + number // PUMPS) for number in range(count)]
    # Made before, as the publisher shares its core with the broker.
    packets = [_packet(side.site, key, number, body) for number, key in enumerate(keys)]
    line = connected(port, f"paced-{side.site}")
    begun_s = time.monotonic() + 0.05
    for number, key in enumerate(keys):
        wait_s = begun_s + number / PER_SECOND - time.monotonic()
        if wait_s > 0:
            time.sleep(wait_s)
        side.sent[key] = time.monotonic_ns()
        line.sendall(packets[number])
        if number % 100 == 99:
            # What is read are acknowledgements that nobody waits for; a handful lies there by now.
            line.recv(1 << 16)
    time.sleep(0.5)
    line.close()
    if not body:
        side.next_seq = keys[-1][1] + 1
    return keys


def _packet(site: str, key: Key, number: int, body: str) -> bytes:
    pump, seq = key
    word = "start" if seq % 2 == 0 else "end"
    said = body or f'"kind":"alarm","code":"prog-changed","phase":"{word}"'
    payload = f'{{"v":1,"seq":{seq},"boot":"b1",{said}}}'.encode()
    return publish_packet(f"pumpwatch/1/{site}/{pump}/observation", number % 60_000 + 1, payload)
