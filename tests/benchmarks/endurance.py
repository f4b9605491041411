"""Lets one daemon take millions of changes: does it slow down, and does its write-ahead log grow?"""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.figures import Report, Spread, Target
from tests.benchmarks.fleet_daemon import broker, configured, daemon, measured
from tests.benchmarks.ingest import PUMPS, TABLES, rows, warm_up

MIB = 1024 * 1024
QUARTERS = 4
CHANGES = [
    f'"kind":"alarm","code":"{code}","phase":"{phase}"'
    for code in ("prog-changed", "prog-changed", "prog-changed", "batt-service")
    for phase in ("start", "end")
]
"""Every eighth change tells somebody."""


def run(report: Report, folder: Path, *, quick: bool) -> None:
    """Hand in 2,000,000 changes, a tenth of that in a hurry."""
    changes = 200_000 if quick else 2_000_000
    with broker(folder) as mosquitto, daemon(folder, configured(folder, PUMPS, mosquitto.port)) as living:
        ours = measured(living)
        warm_up(ours, mosquitto.port)
        before = rows(living)
        log = str(folder / "pumpwatch.db-wal")
        seen = ours.handle(mosquitto.port, CHANGES, changes, pumps=PUMPS, part=1_000, lead=8_000, watch=log)
        after = rows(living)
    made = ", ".join(f"{table} {(after[table] - before[table]) / changes:.2f}" for table in TABLES)
    report.say(f"{changes} changes; new rows a change: {made}")
    wall, cpu = _by_quarter(seen["samples"], 1), _by_quarter(seen["samples"], 2)
    report.say("changes a second, by quarters: " + " ".join(f"{one:.0f}" for one in wall))
    report.say("processor time a change, by quarters: " + " ".join(f"{1e6 / one:.1f} us" for one in cpu))
    report.figure("last quarter / first, changes a second", Spread.of([wall[-1] / wall[0]]), Target(0.8))
    report.figure("last quarter / first, changes a processor second", Spread.of([cpu[-1] / cpu[0]]), Target(0.8))
    largest = Spread.of([seen["watched_max"] / MIB])
    report.figure("largest write-ahead log", largest, Target(128, is_least=False, unit=" MiB"), "{:.0f}")


def _by_quarter(samples: list[tuple[int, float, float]], which: int) -> list[float]:
    """Return the rate in each quarter of the run, by the clock or by processor time."""
    first, last = samples[0][0], samples[-1][0]
    rates: list[float] = []
    start = samples[0]
    for quarter in range(1, QUARTERS + 1):
        end = next(one for one in samples if one[0] >= first + (last - first) * quarter // QUARTERS)
        rates.append((end[0] - start[0]) / (float(end[which]) - float(start[which])))
        start = end
    return rates
