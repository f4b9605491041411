"""Measures how fast the daemon takes MQTT messages in, beside a client that only counts them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from living import Living
from tests.benchmarks.figures import Report, Spread, Target, ratios
from tests.benchmarks.fleet_daemon import Measured, bare_client, broker, configured, daemon, measured, per_second

PUMPS = 10_000
STEADY = [
    '"kind":"status","delivery":"delivering","rate_ml_per_h":5.0,"volume_delivered_ml":VOLUME,"battery_percent":83'
]
ALARMS_QUIET = [
    f'"kind":"alarm","code":"prog-changed","phase":"{phase}"' for phase in ("start", "end")
]
ALARMS_TOLD = [f'"kind":"alarm","code":"res-low","phase":"{phase}"' for phase in ("start", "end")]
TOGGLES = [
    '"kind":"status","delivery":"delivering","rate_ml_per_h":5.0',
    '"kind":"status","delivery":"not-delivering","reason":"stopped-by-user","rate_ml_per_h":0.0',
]
TABLES = ("journal", "alerts", "outbox", "interruptions")


def steady(report: Report, folder: Path, *, quick: bool) -> None:
    """Compare the steady state with bare reception."""
    compare(report, folder, "steady", STEADY, Target(0.75), messages=60_000 if quick else 150_000, turns=3 if quick else 6)


def durable(report: Report, folder: Path, *, quick: bool) -> None:
    """Compare messages that all change something with bare reception."""
    kinds = [("alarms, nobody told", ALARMS_QUIET), ("alarms, told", ALARMS_TOLD), ("stops and runs", TOGGLES)]
    for name, bodies in kinds:
        place = folder / name.replace(" ", "-").replace(",", "")
        compare(
            report, place, name, bodies, Target(0.5), messages=20_000 if quick else 60_000, turns=2 if quick else 5
        )


def compare(
    report: Report, folder: Path, name: str, bodies: list[str], target: Target, *, messages: int, turns: int
) -> None:
    """Let daemon and bare client take turns on the same broker."""
    config = configured(folder, PUMPS, None)
    with (
        broker(folder) as mosquitto,
        daemon(folder, configured(folder, PUMPS, mosquitto.port) or config) as living,
        bare_client(folder, mosquitto.port) as bare,
    ):
        ours = measured(living)
        warm_up(ours, mosquitto.port)
        part = 5_000 if name == "steady" else 1_000
        before = rows(living)
        rates: dict[str, list[float]] = {"daemon": [], "bare": []}
        costs: dict[str, list[float]] = {"daemon": [], "bare": []}
        leads: dict[str, int] = {}
        for _ in range(turns):
            for who, process in (("bare", bare), ("daemon", ours)):
                seen = process.handle(
                    mosquitto.port, bodies, messages, pumps=PUMPS, part=part, lead=4 * part + 4_000
                )
                rate, cost = per_second(seen)
                rates[who].append(rate)
                costs[who].append(cost)
                leads[who] = min(seen["lead_min"], leads.get(who, messages))
        after = rows(living)
        for who in ("bare", "daemon"):
            report.say(
                f"{name}, {who}: {Spread.of(rates[who]).text('{:.0f}')} msg/s,"
                f" {Spread.of(costs[who]).text('{:.1f}')} us processor time a message,"
                f" never less than {leads[who]} messages ahead"
            )
        made = ", ".join(f"{table} {(after[table] - before[table]) / turns / messages:.2f}" for table in TABLES)
        report.say(f"{name}: new rows a message: {made}")
        report.figure(f"{name}: daemon / bare paho, messages a second", ratios(rates["daemon"], rates["bare"]), target)
        report.figure(
            f"{name}: daemon / bare paho, messages a processor second", ratios(costs["bare"], costs["daemon"]), target
        )


def rows(living: Living) -> dict[str, int]:
    """Return how many rows each table has."""
    database = sqlite3.connect(f"file:{living.folder}/pumpwatch.db?mode=ro", uri=True)
    try:
        return {
            table: database.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0]  # noqa: S608 - ours
            for table in TABLES
        }
    finally:
        database.close()


def warm_up(ours: Measured, port: int) -> None:
    """Let every pump be heard delivering twice, so that nothing is new."""
    ours.handle(port, STEADY, 2 * PUMPS, pumps=PUMPS, part=1_000, lead=5_000)
