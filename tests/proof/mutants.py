"""Mutation testing of the core: changes one thing at a time in a copy, and lists what no fast test notices.

Run by ``make mutants``; names of files of ``monitor/interruption`` as arguments take those alone. All
of it happens in ``build/mutation``: mutmut wants its settings beside the sources and litters them.
What it found survives there, so that a second run goes on where the first one stopped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRATCH = ROOT / "build" / "mutation"
REPORT = ROOT / "build" / "mutants.txt"
CORE = Path("monitor") / "interruption"
COPIED = ("monitor", "drivers", "simulator", "migrations", "tests/unit/monitor", "tests/stories", "tests/support")
TESTS = (
    "tests/unit/monitor/interruption",
    "tests/unit/monitor/escalation",
    "tests/stories",
    "tests/proof/test_found.py",
    "tests/proof/test_permutations.py",
)
"""Tests that are fast and always the same; the long proofs would take a minute for each mutant."""

CONFTEST = '''"""Few and always the same examples: a mutant must not live or die by chance."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "mutants", max_examples=15, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.load_profile("mutants")
'''

PYTEST = """[pytest]
addopts = --import-mode=importlib -q -p no:cacheprovider
pythonpath = . tests/support
"""


def settings_for(files: list[str]) -> str:
    """Return mutmut's settings for these files of the core; none is all."""
    chosen = [str(CORE / name) for name in files] or [str(CORE / "*")]
    lines = [
        "[mutmut]",
        "source_paths=",
        "    monitor",
        "only_mutate=",
        *(f"    {path}" for path in chosen),
        "also_copy=",
        *(f"    {name}" for name in ("drivers", "simulator", "migrations", "tests", "conftest.py", "pytest.ini")),
        "pytest_add_cli_args_test_selection=",
        *(f"    {name}" for name in TESTS),
    ]
    return "\n".join(lines) + "\n"


def laid_out(files: list[str]) -> None:
    """Copy what is mutated and what tests it; a copy of the sources as they are now."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    for name in (*COPIED, "tests/proof"):
        target = SCRATCH / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    (SCRATCH / "setup.cfg").write_text(settings_for(files))
    (SCRATCH / "pytest.ini").write_text(PYTEST)
    (SCRATCH / "conftest.py").write_text(CONFTEST)


def mutmut(*arguments: str, is_shown: bool = True) -> str:
    """Run mutmut in the copy and return what it said."""
    program = Path(sys.executable).with_name("mutmut")
    # mutmut finds its copy by itself; a path of ours before it would import the sources unchanged.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(program), *arguments],
        cwd=SCRATCH,
        env=environment,
        stdout=None if is_shown else subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.stdout or ""


def main(files: list[str]) -> int:
    """Mutate, test, and list the survivors; 1 if there are any."""
    if not Path(sys.executable).with_name("mutmut").exists():
        sys.stderr.write("mutmut is not installed; it belongs to the development group\n")
        return 2
    laid_out(files)
    mutmut("run", "--max-children", str(min(2, os.cpu_count() or 1)))
    results = mutmut("results", "--all", "true", is_shown=False).splitlines()
    killed = sum(line.strip().endswith("killed") for line in results)
    if not killed:
        sys.stderr.write("not one mutant was killed: the tests did not run against the mutated copy\n")
        return 2
    survivors = sorted(line.strip() for line in results if line.strip().endswith(("survived", "no tests")))
    by_function = Counter(line.split("__mutmut_")[0] for line in survivors)
    summary = [f"{count:4} {name}" for name, count in by_function.most_common()]
    REPORT.write_text("\n".join([*summary, "", *survivors, ""]))
    sys.stdout.write(
        "\n".join([*summary, "", f"{killed} killed, {len(survivors)} survivors; see {REPORT.relative_to(ROOT)}", ""])
    )
    sys.stdout.write("Show one with: cd build/mutation && mutmut show NAME\n")
    return 1 if survivors else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
