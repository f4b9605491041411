"""Plays random stories through the simulated pump, its physics and a faulty line, and holds the core against the truth.

The simulator knows what reached the patient; the oracle only lends its readings of what no observer could tell (a
stop between two flow evidences close together, for one). Soundness alone is judged here: I-1.
"""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any

import msgspec

from drivers.contract import AlarmObserved, LogEventObserved, StatusObserved
from monitor.interruption.events import Event, PumpObserved
from simulator.faults import FaultPlan
from simulator.scenario import Scenario, StoryAction
from simulator.setup import PumpSetup
from simulator.station import Member
from simulator.truth import FlowKind
from simulator.virtual import Transcript, play
from tests.proof.oracle import SECOND_US
from tests.proof.oracle_compare import Difference, Tally, against_truth, rows_of, rules_of, text_of_rows, therapy_of
from tests.proof.oracle_stories import DOUBTS, FLOWS, NONE, Phase, Story
from watched import Watched

START_US = 7200 * SECOND_US
NOTICED_S = 40 * 60
QUIET_END_S = 45 * 60
"""Each story ends with a run, so that no blockage is still unnoticed when the truth is asked."""

MISHAPS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "stop": (("stop",), ("run",)),
    "occlusion": (("occlude_downstream",), ("release", "run")),
    "air": (("air",), ("clear_air", "run")),
    "power": (("power_off",), ("power_on", "run")),
    "loss": (("power_loss",), ("power_on", "run")),
    "fault": (("fault",), ("power_off", "power_on", "run")),
    "bag": (("stop", "change_bag"), ("run",)),
    "radio": (("comm_fault",), ("power_off", "power_on", "run")),
    "clear": (("stop", "clear_counter"), ("run",)),
}
"""What happens to the pump, and what people do to get it running again."""


def simulated(seed: int, *, is_line_faulty: bool) -> tuple[Scenario, Transcript, int]:
    """Return a random story, what a monitor receives of it, and how often the pump speaks."""
    chance = Random(seed)  # noqa: S311 - a made-up story is no secret
    actions: list[StoryAction] = []
    now_s = chance.randrange(20, 90) * 60 + chance.randrange(7, 50)
    for _ in range(chance.randrange(1, 6)):
        mishap = chance.choice(sorted(MISHAPS))
        first, then = MISHAPS[mishap]
        length_s = int(chance.choice((4, 20, 70, 250)) * 60 * chance.uniform(0.6, 1.2))
        # A blockage that opens before the pressure alarm leaves no trace that anybody could find.
        length_s = max(length_s, NOTICED_S) if mishap == "occlusion" else length_s
        actions += [StoryAction((now_s + k) * SECOND_US, act, {}) for k, act in enumerate(first)]
        now_s += max(length_s, 10)
        actions += [StoryAction((now_s + k) * SECOND_US, act, {}) for k, act in enumerate(then)]
        now_s += int(chance.choice((5, 25, 60)) * 60 * chance.uniform(0.6, 1.2))
    for _ in range(chance.choice((0, 0, 1, 2))):
        from_s = chance.randrange(600, now_s)
        until_s = from_s + int(chance.choice((8, 20, 90)) * 60 * chance.uniform(0.6, 1.2))
        actions += [StoryAction(from_s * SECOND_US, "unplug", {}), StoryAction(until_s * SECOND_US, "replug", {})]
        now_s = max(now_s, until_s)
    scenario = Scenario(
        name=f"oracle-{seed}",
        description="A story made up for the oracle.",
        duration_us=(now_s + QUIET_END_S) * SECOND_US,
        setup=PumpSetup(rate_ml_per_h=chance.choice((5.0, 2.5)), kvo_rate_ml_per_h=chance.choice((0.0, 0.2))),
        actions=tuple(sorted(actions, key=lambda action: action.at_us)),
        line_faults=FaultPlan(drop=0.05, repeat=0.1, tear=0.02) if is_line_faulty else FaultPlan(),
    )
    period_us = chance.choice((60, 120, 300)) * SECOND_US
    member = Member("p1", scenario, scenario.setup, chance, 0)
    return scenario, play(member, period_us, START_US), period_us


def heard(lines: list[dict[str, Any]]) -> list[Event]:
    """Return the lines as events; the pump's clock is left out, for it is another witness."""
    out: list[Event] = []
    for line in lines:
        at_us = round(datetime.fromisoformat(line["at"]).timestamp() * SECOND_US)
        fields = {key: value for key, value in line.items() if key not in {"at", "v", "pump", "device_at"}}
        observation = msgspec.convert(fields, type=StatusObserved | AlarmObserved | LogEventObserved)
        out.append(PumpObserved(at_us=at_us, observation=observation))
    return out


def compare_simulated(seed: int, tally: Tally, *, is_line_faulty: bool) -> None:
    """Play one random story through simulator and core, and check that the bounds hold what reached the patient."""
    scenario, transcript, _ = simulated(seed, is_line_faulty=is_line_faulty)
    story = Story(seed, scenario.setup.rate_ml_per_h, has_counter=True)
    kinds = {FlowKind.THERAPY: FLOWS, FlowKind.KVO: DOUBTS, FlowKind.NONE: NONE}
    story.phases = [
        Phase(each.start_us / SECOND_US, each.end_us / SECOND_US, kinds[each.kind], "")
        for each in transcript.truth.segments
    ]
    story.events = heard(transcript.lines)
    story.end_us = START_US + scenario.duration_us
    rules = rules_of(story)
    watched = Watched(therapy_of(rules), story.rate_ml_per_h)
    for event in story.events:
        watched.take(event)
    watched.wait_until_us(story.end_us)
    got = rows_of(watched)
    tally.histories += 1
    tally.judgements += 1
    tally.interruptions += len(got)
    tally.by_class.update(row[3] for row in got)
    rule = against_truth(story, story.events, story.end_us, rules, got)
    if rule is not None:
        truth = " ".join(f"{p.truth} {p.from_s / 60:.2f}..{p.until_s / 60:.2f}" for p in story.phases)
        tally.differences.append((story, Difference(rule, story.end_us, truth, text_of_rows(got))))
