"""Mutation testing of the core: changes one thing at a time in a copy, and lists what no test notices.

Run by ``make mutants``; names of files of ``monitor/interruption`` as arguments take those alone, ``--quick``
asks the fast tests only, ``--scratch NAME`` keeps several runs apart. Every mutant is tried on the core's fast
unit tests first; what survives those is tried on the slow ones, the stories and the ladder too. A survivor
must be in ``tests/proof/equivalent/FILE.toml`` with the reason why no test can notice it. mutmut wants its
settings beside the sources and litters them, so all of it happens in a copy in ``build``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
LISTED = Path(__file__).with_name("equivalent")
CORE = Path("monitor") / "interruption"
COPIED = ("monitor", "drivers", "simulator", "migrations", "tests/unit/monitor", "tests/stories", "tests/support")
UNIT = ("tests/unit/monitor/interruption",)
ALL = (
    *UNIT,
    "tests/unit/monitor/escalation",
    "tests/unit/monitor/service",
    "tests/stories",
    "tests/proof/test_found.py",
    "tests/proof/test_permutations.py",
)
"""Tests that always do the same; the long proofs would take a minute for each mutant."""

CONFTEST = '''"""Few and always the same examples: a mutant must not live or die by chance."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "mutants", max_examples=15, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.load_profile("mutants")

SLOW = {slow!r}


def pytest_collection_modifyitems(items):
    items[:] = [item for item in items if item.originalname not in SLOW and item.path.name not in SLOW]
'''

SLOW = (
    "test_properties.py",
    "test_evidence_is_a_set.py",
    "test_course_properties.py",
    "test_a_short_stop_every_day_is_one_interruption_each_and_no_more",
    "test_silence_after_silence_is_one_interruption_each_and_no_more",
    "test_synchronised_the_clock_is_what_it_would_have_been",
    "test_the_truth_is_always_inside",
    "test_a_late_find_among_much_that_is_kept_is_not_lost",
    "test_a_deficit_never_comes_later_than_its_share_of_the_dose",
    "test_what_is_off_is_off_by_the_wall_clock",
)
"""Tests of more than a twentieth of a second: asked only about what survives the others."""

PYTEST = """[pytest]
addopts = --import-mode=importlib -q -p no:cacheprovider -p no:playwright -p no:base_url
pythonpath = . tests/support
"""

DIFFS = """import json, sys
from mutmut.mutation.diff_apply import get_diff_for_mutant
print(json.dumps([[name, get_diff_for_mutant(name)] for name in sys.argv[1:]]))
"""

_CHANGED = re.compile(r"^(---|\+\+\+|@@)")


class Survivor(NamedTuple):
    """A mutant that no test noticed: which function, and the lines before and after."""

    name: str
    function: str
    was: str
    now: str


def settings_for(files: list[str], tests: tuple[str, ...]) -> str:
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
        *(f"    {name}" for name in tests),
    ]
    return "\n".join(lines) + "\n"


def laid_out(scratch: Path, files: list[str], *, is_quick: bool) -> None:
    """Copy what is mutated and what tests it; a copy of the sources as they are now."""
    scratch.mkdir(parents=True, exist_ok=True)
    for name in (*COPIED, "tests/proof"):
        target = scratch / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    (scratch / "setup.cfg").write_text(settings_for(files, UNIT if is_quick else ALL))
    (scratch / "pytest.ini").write_text(PYTEST)
    (scratch / "conftest.py").write_text(CONFTEST.format(slow=SLOW if is_quick else ()))


def mutmut(scratch: Path, *arguments: str, log: Path | None = None) -> str:
    """Run mutmut in the copy and return what it said, or put that into ``log``."""
    program = Path(sys.executable).with_name("mutmut")
    # mutmut finds its copy by itself; a path of ours before it would import the sources unchanged.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(program), *arguments], cwd=scratch, env=environment, capture_output=True, text=True, check=False
    )
    if log is not None:
        log.write_text(done.stdout + done.stderr)
    return done.stdout


def results(scratch: Path) -> dict[str, str]:
    """Return what became of each mutant."""
    lines = (line.strip() for line in mutmut(scratch, "results", "--all", "true").splitlines())
    return dict(line.rsplit(": ", 1) for line in lines if "__mutmut_" in line and ": " in line)


def surviving(found: dict[str, str]) -> list[str]:
    """Return the names of the mutants that no test noticed."""
    return sorted(name for name, result in found.items() if result in ("survived", "no tests"))


def described(scratch: Path, names: list[str]) -> list[Survivor]:
    """Return survivors with their changes, so that they are known again when numbers move."""
    done = subprocess.run(
        [sys.executable, "-c", DIFFS, *names], cwd=scratch, capture_output=True, text=True, check=True
    )
    return [_survivor(name, diff) for name, diff in json.loads(done.stdout)]


def _survivor(name: str, diff: str) -> Survivor:
    change = [line for line in diff.splitlines() if line[:1] in ("-", "+") and not _CHANGED.match(line)]
    was = "\n".join(line[1:].strip() for line in change if line.startswith("-"))
    now = "\n".join(line[1:].strip() for line in change if line.startswith("+"))
    function = name.split("__mutmut_", maxsplit=1)[0].removeprefix("monitor.interruption.")
    return Survivor(name, re.sub(r"\.x(_|ǁ)", ".", function, count=1).replace("ǁ", "."), was, now)


def excused() -> dict[tuple[str, str, str], str]:
    """Return the survivors that are listed, with their reasons; a reason must say something."""
    found = {}
    for path in sorted(LISTED.glob("*.toml")):
        for entry in tomllib.loads(path.read_text()).get("equivalent", []):
            if not entry["why"].strip():
                raise ValueError(f"{path.name}: {entry['function']}: no reason is given")
            for now in entry["now"] if isinstance(entry["now"], list) else [entry["now"]]:
                found[entry["function"], entry["was"].strip(), now.strip()] = entry["why"]
    return found


def report(scratch: Path, found: dict[str, str]) -> int:
    """Write what survived and say how many are listed; 1 if one is not."""
    reasons = excused()
    survivors = described(scratch, surviving(found))
    unlisted = [one for one in survivors if (one.function, one.was, one.now) not in reasons]
    by_result = Counter(found.values())
    summary = [f"{count:4} {name}" for name, count in Counter(one.function for one in unlisted).most_common()]
    counts = ", ".join(f"{count} {result}" for result, count in by_result.most_common())
    summary.append(f"{len(found)} mutants: {counts}; {len(survivors) - len(unlisted)} listed as equivalent")
    text = [f"# {one.name}\nfunction = {one.function!r}\nwas = {one.was!r}\nnow = {one.now!r}\n" for one in unlisted]
    path = scratch / "survivors.txt"
    path.write_text("\n".join([*summary, "", *text]))
    sys.stdout.write("\n".join([*summary, f"{len(unlisted)} not listed; see {path.relative_to(ROOT)}", ""]))
    return 1 if unlisted else 0


def main(arguments: list[str]) -> int:
    """Mutate, test, and list the survivors; 1 if one is not listed with its reason."""
    parser = argparse.ArgumentParser(prog="make mutants", description="Mutation testing of the core.")
    parser.add_argument("files", nargs="*", help="files of monitor/interruption; none is all")
    parser.add_argument("--quick", action="store_true", help="ask the fast unit tests only")
    parser.add_argument("--scratch", default="mutation", help="name of the copy below build/")
    parser.add_argument("--children", type=int, default=min(2, os.cpu_count() or 1), help="how many at a time")
    chosen = parser.parse_args(arguments)
    if not Path(sys.executable).with_name("mutmut").exists():
        sys.stderr.write("mutmut is not installed; it belongs to the development group\n")
        return 2
    scratch, children = ROOT / "build" / chosen.scratch, str(chosen.children)
    shutil.rmtree(scratch, ignore_errors=True)
    laid_out(scratch, chosen.files, is_quick=True)
    mutmut(scratch, "run", "--max-children", children, log=scratch / "quick.log")
    found = results(scratch)
    if "killed" not in found.values():
        sys.stderr.write(f"not one mutant was killed; see {(scratch / 'quick.log').relative_to(ROOT)}\n")
        return 2
    reasons = excused()
    left = [one.name for one in described(scratch, surviving(found)) if one[1:] not in reasons]
    if left and not chosen.quick:
        laid_out(scratch, chosen.files, is_quick=False)
        mutmut(scratch, "run", "--max-children", children, *left, log=scratch / "slow.log")
        again = results(scratch)
        found |= {name: again[name] for name in left}
    return report(scratch, found)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
