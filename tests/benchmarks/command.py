"""Reads the command line and runs the benchmarks one after the other."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import traceback
from pathlib import Path

from tests.benchmarks.figures import Report
from tests.benchmarks.machine import conditions, folder

BENCHMARKS = {
    "ingest-steady": ("ingest", "steady"),
    "ingest-durable": ("ingest", "durable"),
    "endurance": ("endurance", "run"),
    "latency": ("latency", "run"),
    "alertmanager": ("alertmanager", "run"),
    "fleet-memory-and-restart": ("fleet_restart", "run"),
    "idle": ("idle", "run"),
    "serial-lines": ("serial_lines", "run"),
    "course": ("course", "run"),
    "linearity": ("core", "linearity"),
    "core": ("core", "steady_step"),
    "late-entry": ("core", "late_entry"),
}
"""By name: the module and the function that takes report, folder and quick."""


def run() -> None:
    """Run what the command line asks for; a figure that misses its target is no failure."""
    parser = argparse.ArgumentParser(prog="run.py")
    parser.add_argument("--quick", action="store_true", help="shorter runs, wider spreads: about three minutes")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=list(BENCHMARKS), metavar="NAME")
    chosen = parser.parse_args()
    begun_s = time.monotonic()
    with folder() as base:
        for line in conditions(base):
            sys.stdout.write(f"{line}\n")
        reports = [_run_one(name, base / name, quick=chosen.quick) for name in chosen.only]
    missed = [f"{one.name}: {what}" for one in reports for what, is_met in one.met.items() if not is_met]
    figures = sum(len(one.met) for one in reports)
    sys.stdout.write(f"\n{figures - len(missed)} of {figures} targets met; not met:\n")
    sys.stdout.writelines(f"    {one}\n" for one in missed or ["none"])
    sys.stdout.write(f"\n{time.monotonic() - begun_s:.0f} s in all\n")


def _run_one(name: str, base: Path, *, quick: bool) -> Report:
    module, function = BENCHMARKS[name]
    sys.stdout.write(f"\n{name}\n")
    sys.stdout.flush()
    begun_s = time.monotonic()
    base.mkdir()
    report = Report(name)
    try:
        getattr(importlib.import_module(f"tests.benchmarks.{module}"), function)(report, base, quick=quick)
    except Exception:  # noqa: BLE001 - one that fails must not hide the others' figures
        report.say("FAILED")
        traceback.print_exc(file=sys.stdout)
    report.say(f"({time.monotonic() - begun_s:.0f} s)")
    return report
