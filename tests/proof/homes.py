"""A home under watch in a real therapy's limits: any waits, any rate, and every event kept as a line of a story.

The invariants, letters and truth are those of the exhaustive search; only time and numbers are richer.
"""

from __future__ import annotations

import json
from typing import Any

from monitor.feed.wire import rfc3339
from monitor.interruption.events import (
    Acknowledged,
    Closed,
    Event,
    HoldChanged,
    Marked,
    MonitorRestarted,
    Ordered,
    PumpObserved,
    Reported,
    Ticked,
)
from monitor.interruption.policy import MINUTE_US, Policy
from monitor.interruption.state import PumpState
from monitor.interruption.transitions import Step, step
from observation_text import as_text
from tests.proof.pump_world import ACT_US, TICK_US, Scale
from tests.proof.search import Design, Search, Situation
from tests.proof.truth import lacked, missed, stood_us

LATENCIES_MIN = {0.6: 124, 1.8: 41, 2.5: 30, 5.0: 15, 10.0: 8}
"""How late an occlusion is noticed at each rate: the table of the clinical requirements."""


def blinatumomab(rate_ml_per_h: float) -> Scale:
    """Return the limits of blinatumomab at one rate, in ticks of the imagined pump."""
    minute = MINUTE_US / TICK_US
    return Scale(
        threshold=240 * minute,
        silence=15 * minute,
        merge=30 * minute,
        latency=LATENCIES_MIN[rate_ml_per_h] * minute,
        amend=24 * 60 * minute,
        quiet=20 * minute,
        window=30 * minute,
        rate_ml_per_h=rate_ml_per_h,
    )


class Home:
    """One patient's pump, letter by letter; breaks off with ``Broken`` when an invariant does."""

    def __init__(self, rate_ml_per_h: float) -> None:
        self.lines: list[dict[str, Any]] = []
        self.letters: list[str] = []
        self.search = Search(["status", "bare"], blinatumomab(rate_ml_per_h), Design(step=self._step))
        self.is_kept = True
        self.at: Situation = self.search.begin()

    def _step(self, state: PumpState, event: Event, policy: Policy) -> Step:
        """Step the production core, and keep what a story would say of the event."""
        if self.is_kept and not isinstance(event, Ticked):
            self.lines.append(line_of(event))
        return step(state, event, policy)

    def take(self, letter: str) -> bool:
        """Take one letter; return whether it could come now."""
        self.letters.append(letter)
        after = self.search.taken(self.at, letter)
        self.at = self.at if after is None else after
        return after is not None

    def wait(self, minutes: float) -> bool:
        """Let time pass; return whether it could, or something had to happen before."""
        self.letters.append(f"wait {minutes:g}")
        to_us = self.at.now_us + max(ACT_US, round(minutes * MINUTE_US))
        after = self.search.later(self.at, to_us)
        self.at = self.at if after is None else after
        return after is not None

    def say(self, letter: str) -> bool:
        """Take one word of a written history: a letter, or ``wait`` and minutes."""
        return self.wait(float(letter[5:])) if letter.startswith("wait ") else self.take(letter)

    def story(self) -> str:
        """Return everything so far as JSON lines; the last one also carries the truth, for whoever checks it."""
        now_us = self.at.now_us
        truth = self.at.world.truth
        owed = missed(truth, now_us, self.search.policy.therapy.silence_max_us)
        # What was lacking may lie anywhere in its stretch; the end of it is as good a place as any.
        owed += [(round(end - lacks * (end - start)), end) for start, end, lacks in lacked(truth, now_us)]
        last = {
            "at": rfc3339(now_us),
            "pump": "p1",
            "acknowledge": "truth",
            "by": "proof",
            "letters": self.letters,
            "since": rfc3339(truth.spans[0].from_us),
            "owed": [[rfc3339(start), rfc3339(end)] for start, end in owed],
            "stood_s": stood_us(truth, 0, now_us) / 1e6,
        }
        return "".join(json.dumps(line) + "\n" for line in [*_unique(self.lines), last])


def _unique(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines without the twins that a second run for comparison leaves behind."""
    kept: list[dict[str, Any]] = []
    for line in lines:
        if not kept or line != kept[-1]:
            kept.append(line)
    return kept


def line_of(event: Event) -> dict[str, Any]:
    """Return one event as a story writes it."""
    line: dict[str, Any] = {"at": rfc3339(event.at_us), "pump": "p1"}
    if isinstance(event, PumpObserved):
        return line | _observed(event)
    if isinstance(event, MonitorRestarted):
        down_s = (event.at_us - event.down_from_us) / 1e6
        return line | {"restart": {"down_s": down_s, "clock": "good" if event.is_downtime_known else "unknown"}}
    return line | _acted(event)


def _observed(event: PumpObserved) -> dict[str, Any]:
    said = event.observation
    fields = json.loads(as_text(said))
    fields |= {name: value for name in ("seq", "boot", "serial") if (value := getattr(said, name, None)) is not None}
    age_s = getattr(said, "age_s", 0.0)
    return {**fields, "age_s": age_s} if age_s else dict(fields)


def _acted(event: Event) -> dict[str, Any]:
    match event:
        case Ordered():
            return {"order": {"rate_ml_per_h": event.order.rate_ml_per_h}, "by": event.by}
        case Marked():
            return {"mark": event.mark.value, "by": event.by, "role": event.role.value}
        case Reported():
            since = {} if event.since_us is None else {"since": rfc3339(event.since_us)}
            return {"report": "running" if event.running else "stopped", "by": event.by, **since}
        case HoldChanged():
            return {"hold": "start" if event.started else "end", "reason": event.reason, "by": event.by}
        case Acknowledged():
            return {"acknowledge": event.what or "silent", "by": event.by, "role": event.role.value}
        case Closed():
            return {"close": event.outcome.value, "note": event.note, "by": event.by, "role": event.role.value}
        case _:
            raise AssertionError(f"a story has no line for {event}")
