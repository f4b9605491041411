"""Measures from publishing a change to its commit, at 1,000 changes a second, beside the disk's own fdatasync."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from living import READY_S, Living
from tests.benchmarks.figures import Report, Spread, Target
from tests.benchmarks.fleet_daemon import HERE, broker, configured
from tests.benchmarks.hose import connected, publish_packet
from tests.benchmarks.machine import cores, fdatasync_s, on_core

PUMPS = 2_000
PER_SECOND = 1_000
MS = 1e3


def run(report: Report, folder: Path, *, quick: bool) -> None:
    """Publish in turns with syncing a file."""
    turns, each_s = (3, 3) if quick else (6, 10)
    noted = folder / "noted"
    with broker(folder) as mosquitto:
        living = Living(folder, configured(folder, PUMPS, mosquitto.port))
        with on_core(cores()[0]):
            process = subprocess.Popen(
                [sys.executable, str(HERE / "timed_daemon.py"), str(living.config), str(noted)],
                stdout=subprocess.PIPE,
                stderr=(folder / "daemon.log").open("wb"),
                text=True,
            )
        assert process.stdout is not None
        words = process.stdout.readline().split()
        living.address, living.token = words[1], words[3]
        living.listen_to("broker")
        sent: dict[tuple[str, int], int] = {}
        syncs_s, turns_of = [], []
        with on_core(cores()[1]):
            _publish(mosquitto.port, '"kind":"status","delivery":"delivering","rate_ml_per_h":5.0', PUMPS, 0, {})
            for turn in range(turns):
                syncs_s.append(statistics.median(fdatasync_s(folder)))
                time.sleep(0.5)
                count = PER_SECOND * each_s
                turns_of.append(_publish(mosquitto.port, "", count, 1_000 + turn * each_s, sent))
        time.sleep(1)
        process.terminate()
        process.wait(READY_S)
        process.stdout.close()
    durable = {}
    for line in noted.read_text().splitlines():
        pump, seq, at_ns = line.split()
        durable[pump, int(seq)] = int(at_ns)
    took = [[(durable[key] - sent[key]) / 1e9 for key in keys] for keys in turns_of]
    _say(report, took, syncs_s)


def _say(report: Report, took: list[list[float]], syncs_s: list[float]) -> None:
    halves = [statistics.median(one) for one in took]
    tails = [statistics.quantiles(one, n=100)[98] for one in took]
    report.say(f"fdatasync, median: {Spread.of([one * MS for one in syncs_s]).text('{:.3f}')} ms")
    report.say(f"publish to durable, median: {Spread.of([one * MS for one in halves]).text('{:.3f}')} ms")
    report.say(f"publish to durable, 99th percentile: {Spread.of([one * MS for one in tails]).text('{:.3f}')} ms")
    sync_s = statistics.median(syncs_s)
    target = Target(3.0, is_least=False, unit=" fdatasync")
    report.figure("publish to durable, median", Spread.of([one / sync_s for one in halves]), target)
    target = Target(10.0, is_least=False, unit=" fdatasync")
    report.figure("publish to durable, 99th percentile", Spread.of([one / sync_s for one in tails]), target)


def _publish(
    port: int, body: str, count: int, first_seq: int, sent: dict[tuple[str, int], int]
) -> list[tuple[str, int]]:
    """Publish ``count`` messages, one each millisecond, and return what they were.

    Without a body they are alarms that start and end.
    """
    line = connected(port, "paced")
    keys: list[tuple[str, int]] = []
    begun_s = time.monotonic() + 0.05
    for number in range(count):
        pump, seq = f"pump-{number % PUMPS:05d}", first_seq + number // PUMPS
        word = "start" if (seq - first_seq) % 2 == 0 else "end"
        said = body or f'"kind":"alarm","code":"prog-changed","phase":"{word}"'
        payload = f'{{"v":1,"seq":{seq},"boot":"b1",{said}}}'.encode()
        packet = publish_packet(f"pumpwatch/1/home/{pump}/observation", number % 60_000 + 1, payload)
        wait_s = begun_s + number / PER_SECOND - time.monotonic()
        if wait_s > 0:
            time.sleep(wait_s)
        sent[pump, seq] = time.monotonic_ns()
        line.sendall(packet)
        keys.append((pump, seq))
        if number % 100 == 99:
            # What is read are acknowledgements that nobody waits for; a handful lies there by now.
            line.recv(1 << 16)
    time.sleep(0.5)
    line.close()
    return keys
