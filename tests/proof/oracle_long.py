"""Runs the oracle's comparisons for as long as asked and prints counts, seeds and the smallest failing story.

From the root: ``PYTHONPATH=tests/support python -m tests.proof.oracle_long --seconds 600`` (or ``--histories N``).
Ends with 1 if anything disagrees that is no named exception.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import msgspec

from monitor.interruption.events import Event, PumpObserved
from tests.proof.oracle import EXCEPTIONS, MINUTE_US
from tests.proof.oracle_compare import RIGHT, Design, Tally, compare
from tests.proof.oracle_counters import (
    COUNTING,
    SLOW_ALONE_ON_GRID,
    SLOW_ON_GRID,
    WITHOUT,
    Sums,
    brute_and_intervals,
    compare_sums,
)
from tests.proof.oracle_hearing import made_up
from tests.proof.oracle_simulator import compare_simulated
from tests.proof.oracle_slow import SLOW_ALONE, SLOW_AMONG_ALL, SLOW_OFF_PATIENT
from tests.proof.oracle_stories import Story, Taste
from tests.proof.oracle_wrong import WRONG_DESIGNS

TASTES = {
    "everything": Taste(),
    "other limits": Taste(has_other_limits=True),
    "no silence": Taste(has_silence=False),
    "long": Taste(hours=14),
    "warnings": Taste(has_warnings=True),
    "counter": Taste(has_counter=True, has_doubt=False),
    "counter, heard throughout": Taste(has_counter=True, has_silence=False),
    "off the patient": Taste(has_showers=True, has_restarts=False),
    "off the patient, other limits": Taste(has_showers=True, has_other_limits=True, has_restarts=False),
    "off the patient, counter": Taste(has_showers=True, has_counter=True, has_doubt=False, has_restarts=False),
    "warnings, other limits": Taste(has_warnings=True, has_other_limits=True),
    "slow alone": SLOW_ALONE,
    "slow among all": SLOW_AMONG_ALL,
    "slow, off the patient": SLOW_OFF_PATIENT,
}
"""Marks that nobody heard, as in a monitor's downtime, leave no trace: where marks matter nothing is unheard."""

GRIDS = {
    "with counters": COUNTING,
    "without": WITHOUT,
    "slow pumps": SLOW_ON_GRID,
    "slow pumps and nothing else": SLOW_ALONE_ON_GRID,
}

SHARES = 3 + len(TASTES)
SHOWN_MAX = 3
CAUGHT_WITHIN = 400
TRIES_MAX = 60


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all parts; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long in all, about")
    parser.add_argument("--histories", type=int, default=None, help="how many of each family instead")
    parser.add_argument("--seed", type=int, default=1_000_000, help="the first seed")
    asked = parser.parse_args(arguments)
    share_s = asked.seconds / SHARES
    failures = 0
    for name, taste in TASTES.items():
        failures += _made_up(name, taste, asked, share_s)
    for is_faulty in (False, True):
        failures += _simulated(asked, share_s / 2, is_line_faulty=is_faulty)
    failures += _brute(asked, share_s)
    failures += _wrong_designs()
    _say(f"oracle: {'all agree' if not failures else f'{failures} disagreements'}")
    return 1 if failures else 0


def _made_up(name: str, taste: Taste, asked: argparse.Namespace, share_s: float) -> int:
    tally = Tally()
    last = _repeat(lambda seed: compare(made_up(seed, taste), tally), asked, share_s)
    return _told(f"made up, {name}", asked.seed, last, tally)


def _simulated(asked: argparse.Namespace, share_s: float, *, is_line_faulty: bool) -> int:
    tally = Tally()
    last = _repeat(lambda seed: compare_simulated(seed, tally, is_line_faulty=is_line_faulty), asked, share_s)
    return _told(f"simulator, {'faulty' if is_line_faulty else 'good'} line", asked.seed, last, tally)


def _repeat(do: Callable[[int], None], asked: argparse.Namespace, share_s: float) -> int:
    """Call with one seed after the other until the share is used up; return the last seed."""
    began_s, seed = time.perf_counter(), asked.seed
    while seed - asked.seed < asked.histories if asked.histories else time.perf_counter() - began_s < share_s:
        do(seed)
        seed += 1
    return int(seed) - 1


def _told(family: str, first: int, last: int, tally: Tally) -> int:
    _say(
        f"{family}: seeds {first}..{last}, {tally.histories} histories, {tally.judgements} judgements,"
        f" {tally.interruptions} interruptions {dict(tally.by_class)}, named exceptions {dict(tally.exceptions)},"
        f" disagreements {len(tally.differences)}"
    )
    for story, difference in tally.differences[:SHOWN_MAX]:
        _say(f"  seed {story.seed} at minute {difference.at_us / MINUTE_US:.2f}: {difference.rule}")
        _say(f"    expected {difference.expected}\n    got      {difference.got}")
        if not family.startswith("simulator"):
            for line in story_lines(shrunk(story, RIGHT)):
                _say(f"    {line}")
    return len(tally.differences)


def _brute(asked: argparse.Namespace, share_s: float) -> int:
    unsound: list[str] = []
    unequal = Counter[str]()
    for name, taste in GRIDS.items():
        sums = Sums()
        last = _repeat(partial(compare_sums, taste=taste, sums=sums), asked, share_s / 4)
        _say(
            f"brute force, {name}: seeds {asked.seed}..{last}, {sums.histories} histories, {sums.equal} equal,"
            f" wider {dict(sums.wider)}, narrower before a window {sums.narrower}, unsound {len(sums.unsound)}"
        )
        unsound += sums.unsound

    def cross(seed: int) -> None:
        one, two = brute_and_intervals(seed)
        unequal["equal" if one == two else "unequal"] += 1

    _repeat(cross, asked, share_s / 4)
    _say(f"brute force against interval arithmetic: {dict(unequal)}")
    for line in unsound[:SHOWN_MAX]:
        _say(f"  {line}")
    return len(unsound) + unequal["unequal"]


def _wrong_designs() -> int:
    missed = 0
    for design in WRONG_DESIGNS:
        seed = caught_at(design)
        missed += seed is None
        _say(f"wrong design: {design.name}: {'NOT CAUGHT' if seed is None else f'caught with seed {seed}'}")
    return missed


def caught_at(design: Design, within: int = CAUGHT_WITHIN) -> int | None:
    """Return the first seed whose story shows that a design is wrong, or None."""
    for seed in range(within):
        tally = Tally()
        compare(made_up(seed, design.taste), tally, design, looks=1)
        if tally.differences:
            return seed
    return None


def shrunk(story: Story, design: Design) -> Story:
    """Leave out what the oracle and the core disagree without; only for disagreements with the hull."""

    def disagrees(events: list[Event]) -> bool:
        tally = Tally()
        compare(replace(story, events=events), tally, design)
        return any("truth" not in each.rule for _, each in tally.differences)

    kept, size = list(story.events), max(1, len(story.events) // 2)
    for _ in range(TRIES_MAX):
        if not disagrees(kept):
            break
        at = next((k for k in range(0, len(kept), size) if disagrees(kept[:k] + kept[k + size :])), None)
        if at is not None:
            kept = kept[:at] + kept[at + size :]
        elif size == 1:
            break
        else:
            size //= 2
    return replace(story, events=kept)


def story_lines(story: Story) -> list[str]:
    """Return a story as lines that a person can read and play again."""
    lines = [
        f"ordered {story.rate_ml_per_h} mL/h, limits in minutes {story.limits}, until {story.end_us / MINUTE_US:.2f}"
    ]
    for event in story.events:
        said = event.observation if isinstance(event, PumpObserved) else event
        told = ", ".join(f"{name}={value}" for name, value in msgspec.structs.asdict(said).items() if value)
        lines.append(f"{event.at_us / MINUTE_US:.2f} {type(said).__name__} {told}")
    return lines


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _say("named exceptions: " + "; ".join(f"{name}: {why}" for name, why in EXCEPTIONS.items()))
    sys.exit(main())
