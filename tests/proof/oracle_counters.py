"""Compares the core with brute force where the pump tells a volume counter; on a grid, so that cells are exact.

Soundness (I-1): the hull of all fitting histories must lie inside the core's bounds. One exception has a name and is
counted: a counter is not asked about a gap that reaches into a latency window, not even for what lacks before it. Where
the core is wider than the hull (I-2), the cause is named and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations

from tests.proof.oracle import MINUTE_US, Rules
from tests.proof.oracle_brute import brute_sums
from tests.proof.oracle_compare import SLACK_US, rows_of, rules_of, therapy_of
from tests.proof.oracle_hearing import made_up
from tests.proof.oracle_intervals import judged
from tests.proof.oracle_lags import LagRule
from tests.proof.oracle_stories import Story, Taste
from watched import Watched

WITHOUT = Taste(is_on_grid=True, has_people=False, rates=(10.0, 5.0, 2.5), hours=4, has_repeats=False)
COUNTING = replace(WITHOUT, has_counter=True, has_doubt=False, rates=(6.0,))
"""At 6 mL/h a step of 0.1 mL is one minute, which is one cell."""

SLOW_ON_GRID = replace(COUNTING, slow_times=8)
SLOW_ALONE_ON_GRID = replace(COUNTING, is_slow_only=True, has_silence=False)
"""Pumps that go slower than they claim: alone every story must be met exactly."""

UNASKED = "no-witness-in-window"
NAMED = ("event-before-window", UNASKED, "no-witness-over-event")
OTHER = "wider for another cause"


@dataclass
class Sums:
    """What a run of comparisons with brute force came to.

    Attributes:
        histories: How many were compared.
        equal: How many agree to a second, both bounds.
        wider: How many are sound but wider than the hull, by cause.
        narrower: How many break I-1 by the one exception that may.
        unsound: Disagreements that break I-1 otherwise, in words.
    """

    histories: int = 0
    equal: int = 0
    wider: Counter[str] = field(default_factory=Counter)
    narrower: int = 0
    unsound: list[str] = field(default_factory=list)


def compare_sums(seed: int, taste: Taste, sums: Sums) -> None:
    """Compare the sums of all bounds at the end of one story."""
    story = made_up(seed, taste)
    rules = rules_of(story)
    events = [event for event in story.events if event.at_us <= story.end_us]
    watched = Watched(therapy_of(rules), story.rate_ml_per_h)
    for event in events:
        watched.take(event)
    watched.wait_until_us(story.end_us)
    rows = rows_of(watched)
    got = sum(row[1] for row in rows), sum(row[2] for row in rows)
    hull = brute_sums(events, story.end_us, rules)
    sums.histories += 1
    if _is_equal(got, hull):
        sums.equal += 1
    elif got[0] > hull[0] + SLACK_US or got[1] < hull[1] - SLACK_US:
        is_named = got[0] <= hull[0] + SLACK_US and next(_named(story, rules, got), OTHER) == UNASKED
        sums.narrower += is_named
        sums.unsound += [] if is_named else [f"seed {seed}: hull {_text(hull)}, core {_text(got)}"]
    else:
        sums.wider[next(_named(story, rules, got), OTHER)] += 1


def lags_told_by(rule: LagRule, seed: int, taste: Taste = SLOW_ALONE_ON_GRID) -> bool:
    """Whether the hull of a story is another one where lags of the counter are judged by another rule."""
    story = made_up(seed, taste)
    rules = rules_of(story)
    events = [event for event in story.events if event.at_us <= story.end_us]
    return not _is_equal(brute_sums(events, story.end_us, rules, lags=rule), brute_sums(events, story.end_us, rules))


def _named(story: Story, rules: Rules, got: tuple[int, int]) -> Iterator[str]:
    events = [event for event in story.events if event.at_us <= story.end_us]
    for count in range(1, len(NAMED) + 1):
        for names in combinations(NAMED, count):
            if _is_equal(got, brute_sums(events, story.end_us, replace(rules, exceptions=frozenset(names)))):
                yield "+".join(names)


def brute_and_intervals(seed: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the sums by brute force and by interval arithmetic of one story without a counter."""
    story = made_up(seed, WITHOUT)
    rules = rules_of(story)
    events = [event for event in story.events if event.at_us <= story.end_us]
    found = judged(events, story.end_us, rules)
    by_intervals = sum(each.low_us for each in found), sum(each.high_us for each in found)
    return brute_sums(events, story.end_us, rules), by_intervals


def _is_equal(one: tuple[int, int], two: tuple[int, int]) -> bool:
    return abs(one[0] - two[0]) <= SLACK_US and abs(one[1] - two[1]) <= SLACK_US


def _text(bounds: tuple[int, int]) -> str:
    return f"[{bounds[0] / MINUTE_US:.2f}..{bounds[1] / MINUTE_US:.2f}]"
