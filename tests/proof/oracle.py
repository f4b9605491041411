"""The independent oracle's readings, limits and words, from the text of the interruption clock alone.

Written without sight of the core. Where the text leaves a choice, these are the readings taken:

 1. Two flow evidences at most ``silence_max`` apart: no stop between them (an unseen one is not claimed).
 2. Two no-flow observations without flow evidence or doubt between them: one stretch, certain throughout.
 3. A stop time (or an alarm's, less its latency) says that flow lasted until then, if flow was last heard at
    most ``silence_max`` before; after a longer silence the onset may lie anywhere since the last flow evidence.
 4. Flow claims of the pump in the latency window of a later downstream occlusion are doubtful flow: into the
    upper bound, not into the lower one. A person's flow check cuts the window off; a person's word is never distrusted.
 5. Silence of exactly ``silence_max`` is not yet an interruption; one instant more is, dated from the last flow.
 6. A run event ends the certain part of a stop at its instant; a "delivering" only says that it ended before.
 7. Doubt between two no-flow observations breaks the certainty from the one before it to the one after it.
 8. ``transitioning`` is no evidence of any kind. Alarms that may stop (unknown ones too) are doubt at their instant.
 9. Therapy begins with the first claim of flow, even where a later occlusion makes that claim doubtful.
10. A person's "stopped since S" puts the onset at S at the earliest, at the pump's last later claim of flow at the
    latest; claims of flow after S are doubtful. Without S it is a stop seen, not a stop time.
11. "Reached" needs one single stop with off_min >= T; the sum of merged stops reaches "possible" at most.
12. Stops belong together if less than ``merge_run`` lies between resume latest and the last flow evidence heard
    before the next onset: the flow that a stop time merely implies is no confirmed flow. Up to the begin of a latency
    window flow is confirmed if the pump claimed to deliver before and after that instant.
13. Between disconnect and reconnect there is no flow, whatever the pump claims; that it stands counts as ever. A
    reconnect ends nothing: it flows from there on if that was the last claim before it, and is the next thing said,
    at most ``silence_max`` later; else it is doubtful, or, where the pump last said that it stands, it still stands.
    No flow check: latency windows reach past it. Without a disconnect the line was seen off; since when is not known.
14. The rate of an occlusion alarm is the last one that a delivering pump told before it; else the ordered one.
15. Power-on is a no-flow observation (the pump was off until then). Ends of alarms, keys and links are nothing.
16. A counter that stands although more than one step is due makes the claims since it last moved doubtful.
17. Where the pump tells a counter, flow after a no-flow observation is confirmed (resume latest) by the first reading
    above the last one before it, or by a person; until then its claims are doubtful. The run event still
    ends the certain part.
18. An alarm that stops delivery holds its stop for as long as nobody claims flow; it is not repeated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US

STOPPING = frozenset(
    {
        "occl-down",
        "occl-up",
        "air",
        "set-detached",
        "set-bad",
        "flowstop-open",
        "res-empty",
        "batt-empty",
        "stop-user",
        "stop-remind",
        "emerg-stop",
        "fault",
    }
)
"""Alarms that stop delivery: the lines marked Y in the taxonomy."""

MAY_STOP = frozenset({"flow-low", "comm-module", "key-stuck", "temp", "kvo", "unknown-alarm"})


@dataclass(frozen=True)
class Rules:
    """The limits that the oracle works with; minutes where the text gives minutes.

    ``exceptions`` are readings that the oracle does not hold, kept so that what they explain is counted by name.
    """

    silence_max_us: int = 15 * MINUTE_US
    merge_run_us: int = 30 * MINUTE_US
    threshold_us: int = 240 * MINUTE_US
    is_inclusive: bool = True
    min_rate_fraction: float = 0.9
    ordered_ml_per_h: float = 5.0
    step_ml: float = 0.1
    exceptions: frozenset[str] = frozenset()
    latency: tuple[tuple[float, int], ...] = ((0.6, 124), (1.8, 41), (2.5, 30), (5.0, 15), (10.0, 8))

    def latency_us(self, rate_ml_per_h: float) -> int:
        """Return how late an occlusion may be noticed: the table, and beyond its slow end in proportion."""
        slow_ml_per_h, slow_min = self.latency[0]
        if rate_ml_per_h < slow_ml_per_h:
            return int(slow_min * MINUTE_US * slow_ml_per_h / rate_ml_per_h)
        return min(minutes for rate, minutes in self.latency if rate <= rate_ml_per_h) * MINUTE_US


EXCEPTIONS = {
    "vouched": "of silences between which nothing was said but that a person saw it running, only the longest counts",
    "since-in-silence": "a person's since that is told after a silence caps no onset",
    "event-before-window": "with a run event as the last word before a latency window the onset is that event",
    "no-witness-in-window": "a counter narrows nothing in a gap that touches a latency window",
    "no-witness-over-event": "a counter narrows nothing in a gap that holds an entry of the log",
    "since-after-word": "a person's since is not used once the pump was known to stand, or its flow was doubtful",
    "put-on-after-stop": "a reconnect dates no return where the pump stood when the line came off",
}
"""Where the core was seen to differ, by name: each is reported; the tests say which ones are allowed."""


class Kind(Enum):
    """What a claim says of the flow at its instant."""

    FLOW = "flow"
    DOUBT = "doubt"
    NO_FLOW = "no-flow"


@dataclass
class Claim:
    """One thing claimed about one instant.

    Attributes:
        at_us: The instant that it is about.
        kind: Flow, doubt or none.
        is_stop_time: It is the pump's own time of stopping; flow lasted until ``back_us`` before it.
        is_run_event: It is the pump's own time of starting.
        by_person: A person's word.
        back_us: How much earlier the flow may have ended.
        volume_ml: The counter at that instant.
        rate_ml_per_h: The rate told with it.
        is_implied: Put in by the oracle, not heard.
        is_distrusted: It was a claim of flow before a later occlusion; implied: such a claim follows.
        is_kvo: The pump keeps the vein open.
        told_us: When a person told of it, where that was later.
    """

    at_us: int
    kind: Kind
    is_stop_time: bool = False
    is_run_event: bool = False
    by_person: bool = False
    back_us: int = 0
    volume_ml: float | None = None
    rate_ml_per_h: float | None = None
    is_implied: bool = False
    is_distrusted: bool = False
    is_kvo: bool = False
    told_us: int | None = None


@dataclass
class Dossier:
    """All claims in order of the instants they are about, after distrust; and when therapy began."""

    claims: list[Claim] = field(default_factory=list)
    windows: list[tuple[int, int]] = field(default_factory=list)
