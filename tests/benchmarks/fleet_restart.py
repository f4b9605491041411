"""Measures what a large clinic costs: memory for each pump, the time of a restart, deadlines that come at once."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from pathlib import Path

from living import Living
from tests.benchmarks.figures import Report, Spread, Target
from tests.benchmarks.fleet_daemon import configured, pump_ids
from tests.benchmarks.machine import cores, memory_bytes, on_core
from tests.benchmarks.prepared_fleet import DUE, SECOND_US, STOPPED, Dues, prepare

PUMPS = 100_000
DUE_IN_S = 12.0
SETTLED_S = 6.0
"""A little longer than the daemon's housekeeping takes to come round."""

KIB = 1024


def run(report: Report, folder: Path, *, quick: bool) -> None:
    """Start an empty daemon and one of a fleet in turn."""
    full = Living(folder, configured(folder, PUMPS, None))
    few = Living(folder / "few", configured(folder / "few", DUE + STOPPED, None))
    begun_s = time.monotonic()
    dues = prepare(few.config, full.config, folder / "pumpwatch.db", pump_ids(PUMPS)[:-1], DUE_IN_S)
    report.say(f"{PUMPS} pumps mid-interruption prepared in {time.monotonic() - begun_s:.0f} s")
    none = Living(folder / "none", configured(folder / "none", 0, None))
    _started(none)
    _stop(none)
    starts = {"fleet": [_started(full)], "none": []}
    _deadlines(report, full, dues)
    _stop(full)
    memory: dict[str, list[float]] = {"fleet": [], "none": []}
    for _ in range(2 if quick else 4):
        for name, living in (("none", none), ("fleet", full)):
            starts[name].append(_started(living))
            assert living.process is not None
            time.sleep(SETTLED_S / 3 if quick else SETTLED_S)
            memory[name].append(memory_bytes(living.process.pid))
            _stop(living)
    report.say(
        f"start to ready, fleet: {Spread.of(starts['fleet']).text()} s, none: {Spread.of(starts['none']).text()} s"
    )
    more_s = [one - other for one, other in zip(starts["fleet"][1:], starts["none"], strict=True)]
    report.figure(
        f"start of {PUMPS} pumps beyond an empty one", Spread.of(more_s), Target(2.0, is_least=False, unit=" s")
    )
    for name, values in memory.items():
        report.say(f"resident, {name}: {Spread.of([one / KIB / KIB for one in values]).text('{:.1f}')} MiB")
    each = [(one - other) / PUMPS for one, other in zip(memory["fleet"], memory["none"], strict=True)]
    report.figure("resident bytes a pump", Spread.of(each), Target(KIB, is_least=False, unit=" B"), "{:.0f}")


def _started(living: Living) -> float:
    begun_s = time.perf_counter()
    with on_core(cores()[0]):
        living.start()
    return time.perf_counter() - begun_s


def _stop(living: Living) -> None:
    """Stop it in order; where that takes too long, by force: this is not what is measured here."""
    try:
        living.stop()
    except subprocess.TimeoutExpired:
        living.kill()


def _deadlines(report: Report, living: Living, dues: Dues) -> None:
    """Say how late each of the deadlines was taken up, and when the last was durable."""
    left_s = dues.first_us / SECOND_US - time.time()
    if left_s < 0:
        report.say(f"the daemon was ready {-left_s:.1f} s after the first deadline: prepare them for later")
    database = sqlite3.connect(f"file:{living.folder}/pumpwatch.db?mode=ro", uri=True)
    told = "SELECT count(DISTINCT pump_key) FROM outbox WHERE id > ?"
    try:
        while database.execute(told, (dues.outbox_id,)).fetchone()[0] < DUE:
            if time.time() > dues.last_us / SECOND_US + 60:
                raise TimeoutError("a minute after the last deadline not all were told")
            time.sleep(0.01)
        durable_s = time.time() - dues.last_us / SECOND_US
        late = database.execute(
            "SELECT o.created_at_us - i.detected_at_us - 120000000 FROM outbox o"
            " JOIN interruptions i ON i.pump_key = o.pump_key WHERE o.id > ?",
            (dues.outbox_id,),
        ).fetchall()
    finally:
        database.close()
    lateness_s = [one / SECOND_US for (one,) in late]
    report.say(f"{DUE} deadlines in one second; all were durable {durable_s:.3f} s after the last was due")
    report.figure(
        "latest deadline of these", Spread.of([max(lateness_s)]), Target(1.0, is_least=False, unit=" s"), "{:.3f}"
    )
