"""Makes up what truly happened to a pump and what a monitor heard of it; seeded, for the oracle's comparisons."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from monitor.interruption.events import Event
from tests.proof.oracle import MAY_STOP, SECOND_US, Rules

FLOWS, DOUBTS, NONE, BLOCKED, SLOW = "flows", "doubts", "none", "blocked", "slow"
BLIND_S = 4 * 60 * 60


@dataclass
class Phase:
    """One stretch of the truth: what the patient got, and what the pump said of it at its beginning.

    ``share`` is how much of the rate that the pump claims its motor really gives, and its counter counts.
    """

    from_s: float
    until_s: float
    truth: str
    says: str
    first_words: tuple[str, ...] = ()
    share: float = 1.0


@dataclass
class Story:
    """One made-up history.

    Attributes:
        rate_ml_per_h: The ordered rate.
        phases: The truth, without gap or overlap.
        events: What the monitor heard, in order of arrival.
        end_us: When it is judged last.
        has_counter: Whether the pump tells its counter.
        limits: ``silence_max``, ``merge_run`` and the threshold, in minutes.
    """

    seed: int
    rate_ml_per_h: float
    phases: list[Phase] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    end_us: int = 0
    has_counter: bool = False
    limits: tuple[int, int, int] = (15, 30, 240)

    def motor_s(self, until_s: float) -> float:
        """Return how long the motor has turned at the ordered rate by an instant."""
        return sum(
            max(0.0, min(until_s, each.until_s) - each.from_s) * TURNS[each.says] * each.share
            for each in self.phases
            if each.from_s < until_s
        )


TURNS = {"delivering": 1.0, "under": 0.8, "kvo": 0.02, "not-delivering": 0.0, "off": 0.0}


@dataclass(frozen=True)
class Taste:
    """What a family of stories is made of.

    ``slow_times`` is how often a pump that claims its rate goes slowly, beside the other mishaps; ``is_slow_only`` says
    that nothing else happens. ``periods_s`` are the times between two reports; empty leaves the usual ones.
    """

    has_counter: bool = False
    step_ml: float = 0.1
    rates: tuple[float, ...] = (10.0, 5.0, 5.0, 2.5, 0.6)
    has_occlusion: bool = True
    has_doubt: bool = True
    has_people: bool = True
    has_restarts: bool = True
    has_silence: bool = True
    has_repeats: bool = True
    hours: float = 7.0
    is_on_grid: bool = False
    has_other_limits: bool = False
    has_showers: bool = False
    has_warnings: bool = False
    slow_times: int = 0
    is_slow_only: bool = False
    periods_s: tuple[int, ...] = ()


def truth_told(chance: Random, seed: int, taste: Taste) -> Story:
    """Return a story with its truth and its end, and nothing heard of it yet."""
    story = Story(seed, chance.choice(taste.rates), has_counter=taste.has_counter)
    end_s = int(chance.uniform(0.4, 1) * taste.hours * 60) * 60
    story.end_us = end_s * SECOND_US
    if taste.has_other_limits:
        story.limits = chance.choice((5, 15, 30)), chance.choice((10, 30, 60)), chance.choice((30, 60, 240))
    _tell_truth(story, chance, taste, end_s)
    if taste.is_on_grid:
        _put_on_grid(story)
    return story


def _tell_truth(story: Story, chance: Random, taste: Taste, end_s: int) -> None:
    now_s = _run(story, 0, chance.choice((8, 25, 70, 140)) * 60 + chance.randrange(7, 53))
    while now_s < end_s:
        kinds = ["stop", "stop", "alarm", "power"]
        kinds += ["occlusion"] * 2 if taste.has_occlusion else []
        kinds += ["kvo", "under"] if taste.has_doubt else []
        kinds += ["shower"] * 3 if taste.has_showers else []
        kinds += ["warning"] * 3 if taste.has_warnings else []
        kinds = ["slow"] if taste.is_slow_only else kinds + ["slow"] * taste.slow_times
        kind = chance.choice(kinds)
        length_s = int(chance.choice((4, 12, 40, 130, 250)) * 60 * chance.uniform(0.5, 1.1))
        length_s = chance.randrange(10 * 60, 180 * 60) if kind == "slow" else length_s
        now_s = _mishap(story, chance, kind, now_s, now_s + length_s)
        start = () if story.phases[-1].says in {"under", "delivering"} else ("delivery-start",)
        now_s = _run(story, now_s, now_s + int(chance.choice((3, 20, 45, 90)) * 60 * chance.uniform(0.6, 1.2)), start)


def _put_on_grid(story: Story) -> None:
    """Let everything happen at odd minutes, at least two apart; the pump speaks at even ones."""
    last_s = 0.0
    for phase in story.phases:
        phase.from_s = last_s
        last_s = phase.until_s = max(last_s + 120 if last_s else 60, phase.until_s // 120 * 120 + 60)


def _run(story: Story, from_s: int, until_s: int, words: tuple[str, ...] = ()) -> int:
    until_s = odd(until_s)
    story.phases.append(Phase(from_s, until_s, FLOWS, "delivering", words))
    return until_s


def odd(at_s: int) -> int:
    """Keep what happens away from whole minutes, at which the pump speaks: no two words of one instant."""
    return at_s + 13 if at_s % 60 < 7 or at_s % 60 > 53 else at_s


def _mishap(story: Story, chance: Random, kind: str, now_s: int, until_s: int) -> int:
    until_s = odd(until_s)
    add = story.phases.append
    if kind == "occlusion":
        late_us = Rules().latency_us(story.rate_ml_per_h)
        alarm_s = odd(now_s + int(chance.choice((0.1, 0.5, 0.95)) * late_us / SECOND_US))
        alarm_s = min(alarm_s, now_s + late_us // SECOND_US)
        until_s = odd(max(until_s, alarm_s + 61))
        add(Phase(now_s, alarm_s, BLOCKED, "delivering"))
        add(Phase(alarm_s, until_s, NONE, "not-delivering", ("occl-down",)))
    elif kind == "shower":
        add(Phase(now_s, until_s, NONE, "delivering"))
    elif kind == "warning":
        add(Phase(now_s, until_s, FLOWS, "delivering", (chance.choice(sorted(MAY_STOP)),)))
    elif kind == "slow":
        add(Phase(now_s, until_s, SLOW, "delivering", share=round(chance.uniform(0.5, 0.85), 3)))
    elif kind == "kvo":
        add(Phase(now_s, until_s, DOUBTS, "kvo"))
    elif kind == "under":
        add(Phase(now_s, until_s, DOUBTS, "under"))
    elif kind == "power":
        on_s = odd((now_s + until_s) // 2)
        on_s = min(max(on_s, now_s + 1), until_s - 1)
        add(Phase(now_s, on_s, NONE, "off", ("power-off",) if chance.random() < 0.5 else ()))
        add(Phase(on_s, until_s, NONE, "not-delivering", ("power-on",)))
    else:
        word = "delivery-stop" if kind == "stop" else chance.choice(("air", "occl-up", "fault", "set-detached"))
        add(Phase(now_s, until_s, NONE, "not-delivering", (word,)))
    return until_s
