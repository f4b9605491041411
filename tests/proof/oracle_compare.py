"""Plays a made-up story to the production core and compares what it shows with the oracle and with the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from random import Random

from monitor.interruption.events import Event
from monitor.interruption.policy import Latency, Therapy, Threshold
from tests.proof.oracle import EXCEPTIONS, MINUTE_US, SECOND_US, Dossier, Kind, Rules
from tests.proof.oracle_intervals import Found, judged
from tests.proof.oracle_slow import certain_us, owed_us
from tests.proof.oracle_stories import BLOCKED, DOUBTS, NONE, Phase, Story, Taste
from tests.proof.oracle_trust import dossier
from watched import Watched

SLACK_US = SECOND_US
"""I-2: within one second."""

Distort = Callable[[Sequence[Event]], Sequence[Event]]
Twist = Callable[[Therapy], Therapy]


@dataclass(frozen=True)
class Design:
    """A wrong design of the core, built around the right one.

    Attributes:
        name: What it gets wrong.
        distort: What becomes of the events before the core sees them.
        twist: What becomes of the therapy's limits.
        on_threshold: Judge it at the very instant at which the threshold is met.
        taste: The family whose stories catch it.
    """

    name: str
    distort: Distort = list
    twist: Twist = lambda therapy: therapy
    on_threshold: bool = False
    taste: Taste = field(default_factory=Taste)


RIGHT = Design("right")


@dataclass
class Difference:
    """One disagreement: which rule, when, and both sides."""

    rule: str
    at_us: int
    expected: str
    got: str


@dataclass
class Tally:
    """What a run of comparisons came to."""

    histories: int = 0
    judgements: int = 0
    interruptions: int = 0
    by_class: Counter[str] = field(default_factory=Counter)
    exceptions: Counter[str] = field(default_factory=Counter)
    differences: list[tuple[Story, Difference]] = field(default_factory=list)


def rules_of(story: Story) -> Rules:
    """Return the oracle's limits for a story."""
    silence_min, merge_min, threshold_min = story.limits
    return Rules(
        ordered_ml_per_h=story.rate_ml_per_h,
        silence_max_us=silence_min * MINUTE_US,
        merge_run_us=merge_min * MINUTE_US,
        threshold_us=threshold_min * MINUTE_US,
    )


def therapy_of(rules: Rules) -> Therapy:
    """Return the same limits in the core's words."""
    return Therapy(
        name="blinatumomab",
        thresholds=(Threshold(rules.threshold_us, inclusive=rules.is_inclusive),),
        silence_max_us=rules.silence_max_us,
        merge_run_us=rules.merge_run_us,
        min_rate_fraction=rules.min_rate_fraction,
        latency=tuple(Latency(rate, minutes * MINUTE_US) for rate, minutes in rules.latency),
    )


def compare(story: Story, tally: Tally, design: Design = RIGHT, looks: int = 4) -> None:
    """Play a story, stop at some instants, and note every disagreement."""
    rules = rules_of(story)
    if design.on_threshold:
        found = judged([event for event in story.events if event.at_us <= story.end_us], story.end_us, rules)
        rules = replace(rules, threshold_us=max((each.high_us for each in found), default=0) or rules.threshold_us)
    watched = Watched(design.twist(therapy_of(rules)), story.rate_ml_per_h)
    chance = Random(story.seed)  # noqa: S311 - instants to look at are no secret
    instants = sorted({*(chance.randrange(story.end_us) for _ in range(looks)), story.end_us})
    told = iter(design.distort(story.events))
    waiting = next(told, None)
    for at_us in instants:
        while waiting is not None and waiting.at_us <= at_us:
            watched.take(waiting)
            waiting = next(told, None)
        watched.wait_until_us(at_us)
        heard = [event for event in story.events if event.at_us <= at_us]
        _judge(story, heard, at_us, watched, rules, tally)
    tally.histories += 1


def _judge(story: Story, heard: list[Event], at_us: int, watched: Watched, rules: Rules, tally: Tally) -> None:
    expected = judged(heard, at_us, rules)
    got = rows_of(watched)
    want = [row_of(found, rules) for found in expected]
    tally.judgements += 1
    tally.interruptions += len(want)
    tally.by_class.update(row[3] for row in want)
    rule = _first_difference(want, got)
    if story.has_counter:
        rule = against_truth(story, heard, at_us, rules, got)
    elif rule is not None:
        name = _excepted(heard, at_us, rules, got)
        if name is not None:
            tally.exceptions[name] += 1
            return
    if rule is None and not story.has_counter:
        rule = against_truth(story, heard, at_us, rules, got)
    if rule is not None:
        tally.differences.append((story, Difference(rule, at_us, text_of_rows(want), text_of_rows(got))))


def _excepted(heard: list[Event], at_us: int, rules: Rules, got: list[Row]) -> str | None:
    """Return the fewest named exceptions that explain what the core shows, or None."""
    for count in range(1, len(EXCEPTIONS) + 1):
        for names in combinations(sorted(EXCEPTIONS), count):
            other = replace(rules, exceptions=frozenset(names))
            if _first_difference([row_of(found, rules) for found in judged(heard, at_us, other)], got) is None:
                return "+".join(names)
    return None


Row = tuple[int, int, int, str, int]


def rows_of(watched: Watched) -> list[Row]:
    """Return the interruptions that the core shows and that still have a stop, in order of their onset."""
    shown = sorted((v for v in watched.shown if v.merged_stops), key=lambda view: view.opened_at_us)
    return [(v.opened_at_us, v.off_min_us, v.off_max_us, str(v.off_class), v.merged_stops) for v in shown]


def row_of(found: Found, rules: Rules) -> Row:
    return found.opened_us, found.low_us, found.high_us, found.off_class(rules), len(found.stops)


def text_of_rows(rows: list[Row]) -> str:
    return "; ".join(
        f"from {opened / MINUTE_US:.2f} [{low / MINUTE_US:.2f}..{high / MINUTE_US:.2f}] {name} x{stops}"
        for opened, low, high, name, stops in rows
    )


def _first_difference(want: list[Row], got: list[Row]) -> str | None:
    if len(want) != len(got):
        return "number of interruptions"
    for one, two in zip(want, got, strict=True):
        faults = {
            "I-1: off_max below the hull": two[2] < one[2] - SLACK_US,
            "I-1: off_min above the hull": two[1] > one[1] + SLACK_US,
            "I-2: off_max too wide": two[2] > one[2] + SLACK_US,
            "I-2: off_min too low": two[1] < one[1] - SLACK_US,
            "onset": abs(two[0] - one[0]) > SLACK_US,
            "class": one[3] != two[3],
            "merged stops": one[4] != two[4],
        }
        found = next((rule for rule, is_so in faults.items() if is_so), None)
        if found is not None:
            return found
    return None


def against_truth(story: Story, heard: list[Event], at_us: int, rules: Rules, got: list[Row]) -> str | None:
    """Check I-1 against what truly happened, as far as the readings let a history be that way."""
    file = dossier(heard, rules)
    none_us, doubt_us = truth_within(story, file, at_us, rules, is_most=False)
    # A counter may reveal what readings 1 and 3 do not claim; the snap to "ran throughout" may hide two steps a gap.
    full_us, part_us = truth_within(story, file, at_us, rules, is_most=True)
    # Nobody heard of slow flow in a gap between two readings: the counter takes it for a stop (reading 22).
    full_us += part_us if story.has_counter else []
    slack_us = SLACK_US + (round(2 * rules.step_ml / story.rate_ml_per_h * 60 * MINUTE_US) if story.has_counter else 0)
    for index, row in enumerate(got):
        from_us = row[0]
        until_us = got[index + 1][0] if index + 1 < len(got) else at_us
        most_us = _overlap(none_us, from_us, until_us) + _overlap(doubt_us, from_us, until_us)
        slow_us = certain_us(story, file, (from_us, until_us), rules)
        if row[1] > _overlap(full_us, from_us, until_us) + slow_us + SLACK_US:
            return "I-1: off_min above the truth"
        if row[2] < most_us - slack_us:
            return "I-1: off_max below the truth"
    first_us = got[0][0] if got else at_us
    if _overlap(none_us, 0, first_us) > slack_us:
        return "I-1: an interruption is missing"
    lacking_us = owed_us(story, file, at_us, rules)
    if lacking_us and sum(row[2] for row in got) < lacking_us + _overlap(none_us, 0, at_us) - slack_us * len(got):
        return "I-1: off_max below what a slow pump lacked"
    return None


Stretches = list[tuple[int, int]]


def truth_within(
    story: Story, file: Dossier, at_us: int, rules: Rules, *, is_most: bool
) -> tuple[Stretches, Stretches]:
    """Return where there was truly no flow, and where doubtful flow, made to fit readings 1, 2 and 3.

    ``is_most`` asks for the truth that the lower bound must not exceed: there, unseen runs count as stops
    (reading 2). The upper bound must not fall below the other one, where unseen stops count as runs (readings
    1 and 3). A counter tells some of what is unseen, so with one neither is put in where it would narrow.
    """
    told = [p for p in story.phases if p.truth != BLOCKED or _is_noticed(p, file) or not story.has_counter]
    none_us = [_stretch(p) for p in told if p.truth in {NONE, BLOCKED}]
    # Slow flow that nobody heard of is not claimed where a counter is told (reading 22).
    is_all = is_most or not story.has_counter
    doubt_us = [_stretch(p) for p in told if p.truth == DOUBTS and (is_all or _is_heard(p, file))]
    if not file.claims:
        return [], []
    none_us = _without(none_us, 0, file.claims[0].at_us)
    doubt_us = _without(doubt_us, 0, file.claims[0].at_us)
    may_take, may_fill = not (story.has_counter and is_most), not story.has_counter or is_most
    ends = [*file.claims[1:], None]
    for one, two in zip(file.claims, ends, strict=True):
        until_us = at_us if two is None else two.at_us
        is_near = until_us - one.at_us <= rules.silence_max_us
        if one.kind is Kind.FLOW and (two is None or two.kind is Kind.FLOW) and is_near and may_take:
            none_us = _without(none_us, one.at_us, until_us)
            doubt_us = _without(doubt_us, one.at_us, until_us)
        is_one_stretch = two is not None and (two.kind is Kind.NO_FLOW or two.is_run_event)
        if one.kind is Kind.NO_FLOW and is_one_stretch and may_fill:
            none_us = [*_without(none_us, one.at_us, until_us), (one.at_us, until_us)]
            doubt_us = _without(doubt_us, one.at_us, until_us)
    return none_us, doubt_us


def _stretch(phase: Phase) -> tuple[int, int]:
    return round(phase.from_s * SECOND_US), round(phase.until_s * SECOND_US)


def _is_noticed(phase: Phase, file: Dossier) -> bool:
    """Whether the alarm of a blockage was heard: what never alarms is nothing that a counter could deny."""
    return any(from_us < phase.until_s * SECOND_US <= until_us for from_us, until_us in file.windows)


def _is_heard(phase: Phase, file: Dossier) -> bool:
    """Whether anybody was told of a stretch of doubtful flow."""
    from_us, until_us = _stretch(phase)
    return any(claim.kind is Kind.DOUBT and from_us <= claim.at_us < until_us for claim in file.claims)


def _without(stretches: Stretches, from_us: int, until_us: int) -> Stretches:
    out = []
    for start, end in stretches:
        out += [(start, min(end, from_us)), (max(start, until_us), end)]
    return [(start, end) for start, end in out if end > start]


def _overlap(stretches: Stretches, from_us: int, until_us: int) -> int:
    return sum(max(0, min(end, until_us) - max(start, from_us)) for start, end in stretches)
