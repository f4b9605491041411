"""Measures how fast the daemon takes MQTT messages in, beside a client that only counts them."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from living import Living
from tests.benchmarks.figures import Report, Spread, Target, ratios
from tests.benchmarks.fleet_daemon import Measured, bare_client, broker, configured, daemon, measured, per_second
from tests.benchmarks.machine import cpu_s

PUMPS = 10_000
STEADY = [
    '"kind":"status","delivery":"delivering","rate_ml_per_h":5.0,"volume_delivered_ml":VOLUME,"battery_percent":83'
]
ALARMS_QUIET = [f'"kind":"alarm","code":"prog-changed","phase":"{phase}"' for phase in ("start", "end")]
ALARMS_TOLD = [f'"kind":"alarm","code":"res-low","phase":"{phase}"' for phase in ("start", "end")]
TOGGLES = [
    '"kind":"status","delivery":"delivering","rate_ml_per_h":5.0',
    '"kind":"status","delivery":"not-delivering","reason":"stopped-by-user","rate_ml_per_h":0.0',
]
TABLES = ("journal", "alerts", "outbox", "interruptions")


@dataclass(frozen=True)
class Plan:
    """What is compared, and for how long.

    Attributes:
        name: In the figures.
        bodies: What the pumps say in turn.
        target: Of the daemon's rate over the bare client's.
        messages: In each turn of each side.
        turns: How many each side has.
        part: Messages between two marks of progress.
    """

    name: str
    bodies: list[str]
    target: Target
    messages: int
    turns: int
    part: int

    @property
    def lead(self) -> int:
        """How many messages are on their way at the most: a second or two, so that none counts as old."""
        return 4 * self.part + 4_000


def steady(report: Report, folder: Path, *, quick: bool) -> None:
    """Compare the steady state with bare reception."""
    messages, turns = (60_000, 3) if quick else (150_000, 6)
    compare(report, folder, Plan("steady", STEADY, Target(0.75), messages, turns, 5_000))


def durable(report: Report, folder: Path, *, quick: bool) -> None:
    """Compare messages that all change something with bare reception."""
    messages, turns = (20_000, 2) if quick else (60_000, 5)
    kinds = {"alarms, nobody told": ALARMS_QUIET, "alarms, told over the log": ALARMS_TOLD, "stops and runs": TOGGLES}
    for number, (name, bodies) in enumerate(kinds.items()):
        compare(report, folder / str(number), Plan(name, bodies, Target(0.5), messages, turns, 1_000))


def compare(report: Report, folder: Path, plan: Plan) -> None:
    """Let daemon and bare client take turns on the same broker."""
    rates: dict[str, list[float]] = {"bare": [], "daemon": []}
    costs: dict[str, list[float]] = {"bare": [], "daemon": []}
    busy: dict[str, list[float]] = {"bare": [], "daemon": []}
    leads: dict[str, list[int]] = {"bare": [], "daemon": []}
    with (
        broker(folder) as mosquitto,
        daemon(folder, configured(folder, PUMPS, mosquitto.port)) as living,
        bare_client(folder, mosquitto.port) as bare,
    ):
        ours = measured(living)
        warm_up(ours, mosquitto.port)
        before = rows(living)
        for _ in range(plan.turns):
            for who, process in (("bare", bare), ("daemon", ours)):
                begun_s, used_s = time.monotonic(), cpu_s(mosquitto.pid)
                seen = process.handle(
                    mosquitto.port, plan.bodies, plan.messages, pumps=PUMPS, part=plan.part, lead=plan.lead
                )
                busy[who].append((cpu_s(mosquitto.pid) - used_s) / (time.monotonic() - begun_s) * 100)
                rate, cost = per_second(seen)
                rates[who].append(rate)
                costs[who].append(cost)
                leads[who].append(seen["lead_min"])
        after = rows(living)
    for who, found in rates.items():
        report.say(
            f"{plan.name}, {who}: {Spread.of(found).text('{:.0f}')} msg/s,"
            f" {Spread.of(costs[who]).text('{:.1f}')} us processor time a message;"
            f" broker busy {Spread.of(busy[who]).text('{:.0f}')} % of its core, lead never below {min(leads[who])}"
        )
    made = {table: (after[table] - before[table]) / plan.turns / plan.messages for table in TABLES}
    report.say(f"{plan.name}: new rows a message: " + ", ".join(f"{table} {one:.2f}" for table, one in made.items()))
    what = f"{plan.name}: daemon / bare paho"
    report.figure(f"{what}, messages a second", ratios(rates["daemon"], rates["bare"]), plan.target)
    report.figure(f"{what}, messages a processor second", ratios(costs["bare"], costs["daemon"]), plan.target)


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
