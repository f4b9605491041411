"""The long proof, bounded in time: deep search, wrong designs, random homes, the oracle; and a short report of it.

Run by ``make prove``. ``PROVE_MINUTES`` (default 20) bounds the whole; ``PROVE_MUTANTS=1`` adds mutation
testing at the end, which takes its own time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PATHS = [str(ROOT), str(ROOT / "tests" / "support")]
sys.path[:0] = PATHS

from tests.proof.campaigns import CAMPAIGNS, SMALL, Campaign  # noqa: E402 - the path must be set before
from tests.proof.search import Search  # noqa: E402 - the same
from tests.proof.wrong_designs import WRONG  # noqa: E402 - the same

REPORT = ROOT / "build" / "prove-report.md"
MINUTES = float(os.environ.get("PROVE_MINUTES", "20"))
WORKERS = min(2, os.cpu_count() or 1)
STATES_MAX = 1_000_000
"""The states that one search keeps in memory at most; about 4 GB for each worker."""

SHARES = {"search": 0.5, "homes": 0.25, "oracle": 0.2}
"""How the time is parted; what is left over is for reports and slack."""


class Line(NamedTuple):
    """One line of the report, and whether it is good news."""

    text: str
    is_good: bool


def searched(campaign: Campaign, seconds: float) -> Line:
    """Search one campaign, deeper and deeper, until its time is over."""
    began = perf_counter()

    def is_over() -> bool:
        return perf_counter() - began > seconds

    found = campaign.run(campaign.long_depth, STATES_MAX, is_over)
    took = perf_counter() - began
    counts = f"{found.states:,} states, {found.transitions:,} transitions, depth {found.depth}, {took:.0f} s"
    if found.broken is None:
        return Line(f"| {campaign.name} | {counts} | holds |", is_good=True)
    known = f" (known: {campaign.is_open})" if campaign.is_open else ""
    why = f"**{found.broken}** after {', '.join(found.history)}{known}"
    return Line(f"| {campaign.name} | {counts} | {why} |", is_good=bool(known))


def all_searched(seconds: float) -> list[Line]:
    """Search all campaigns, two at a time."""
    each = seconds * WORKERS / len(CAMPAIGNS)
    with ProcessPoolExecutor(WORKERS) as pool:
        return list(pool.map(partial(searched, seconds=each), CAMPAIGNS))


def all_caught() -> list[Line]:
    """Search every wrong design until it is caught."""
    lines = []
    for wrong in WRONG:
        found = Search(wrong.alphabet.split(","), SMALL, wrong.design).run(wrong.depth)
        is_caught = found.broken is not None and found.broken.invariant == wrong.caught_by
        what = f"{found.broken} ({', '.join(found.history)})" if found.broken else "**nobody noticed**"
        lines.append(Line(f"| {wrong.name} | {what} | {found.states:,} |", is_caught))
    return lines


def ran(command: list[str], seconds: float, *, shown: int = 1, **environment: str) -> Line:
    """Run one more part as a process of its own and return the last lines that it said."""
    began = perf_counter()
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(PATHS), **environment},
            capture_output=True,
            text=True,
            timeout=seconds * 3 + 120,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Line(f"{' '.join(command[1:])}: not done in its time", is_good=False)
    said = (done.stdout.strip() or done.stderr.strip()).splitlines() or ["nothing said"]
    name = f"`{' '.join(Path(word).name for word in command[1:])}` ({perf_counter() - began:.0f} s)"
    last = said[-(40 if done.returncode else shown) :]
    text = f": {last[0]}" if len(last) == 1 else "\n\n" + "\n".join(f"      {line}" for line in last)
    return Line(f"{name}{' **failed**' if done.returncode else ''}{text}", done.returncode == 0)


def homes(seconds: float) -> Line:
    """Run the random homes with as many examples as fit into the time."""
    examples = max(100, int(seconds * HOMES_PER_S))
    tests = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--timeout=0",
        "tests/proof/test_stateful.py",
        "tests/proof/test_found.py",
    ]
    return ran(tests, seconds, PROVE_EXAMPLES=str(examples), PROVE_STEPS="60", PROVE_REPORTS="60")


HOMES_PER_S = 3
"""Random homes of 60 steps that one core follows in a second, reckoned low."""


def oracle(seconds: float) -> Line:
    """Run the oracle's long comparison, where there is one."""
    program = ROOT / "tests" / "proof" / "oracle_long.py"
    if not program.exists():
        return Line("no long run of the oracle is there", is_good=True)
    return ran([sys.executable, str(program), "--seconds", f"{seconds:.0f}"], seconds, shown=40)


def main() -> int:
    """Prove, write the report and print it; 1 if anything did not hold."""
    began = perf_counter()
    seconds = MINUTES * 60
    wrong = all_caught()
    deep = all_searched(seconds * SHARES["search"])
    with ProcessPoolExecutor(WORKERS) as pool:
        parts = [
            pool.submit(homes, seconds * SHARES["homes"] * 1.6),
            pool.submit(oracle, seconds * SHARES["oracle"] * 2),
        ]
        rest = [part.result() for part in parts]
    if os.environ.get("PROVE_MUTANTS") == "1":
        rest.append(ran(["make", "mutants"], seconds))
    text = "\n".join(
        [
            "# What was proved",
            "",
            f"{(perf_counter() - began) / 60:.1f} minutes, {WORKERS} processes, Python {sys.version.split()[0]}.",
            "",
            "## Exhaustive search of `step`",
            "",
            "| campaign | reached | outcome |",
            "| --- | --- | --- |",
            *(line.text for line in deep),
            "",
            "## Wrong designs",
            "",
            "| design | caught by | states until then |",
            "| --- | --- | --- |",
            *(line.text for line in wrong),
            "",
            "## Random homes and the oracle",
            "",
            *(f"- {line.text}" for line in rest),
            "",
        ]
    )
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(text)
    sys.stdout.write(text)
    return 0 if all(line.is_good for line in [*deep, *wrong, *rest]) else 1


if __name__ == "__main__":
    raise SystemExit(main())
