"""Makes up what a monitor heard of a made-up truth: reports, silences, late and repeated words, people, restarts."""

from __future__ import annotations

from random import Random

from drivers.contract import (
    AlarmObserved,
    AlarmPhase,
    DeliveryStatus,
    LogEvent,
    LogEventObserved,
    Observation,
    StatusObserved,
)
from monitor.interruption.events import (
    Acknowledged,
    Event,
    HoldChanged,
    Marked,
    MarkKind,
    MonitorRestarted,
    PumpObserved,
    Reported,
    Role,
)
from tests.proof.oracle import MINUTE_US, SECOND_US
from tests.proof.oracle_stories import FLOWS, NONE, TURNS, Story, Taste, odd, truth_told


def made_up(seed: int, taste: Taste) -> Story:
    """Return the story of a seed: what was true, and what was heard of it."""
    chance = Random(seed)  # noqa: S311 - a made-up story is no secret
    story = truth_told(chance, seed, taste)
    end_s = story.end_us // SECOND_US
    silences = _silences(chance, end_s) if taste.has_silence else []
    said = [*_statuses(story, chance, taste, end_s, silences), *_words(story, chance, end_s, silences)]
    if taste.has_repeats:
        said += _repeated(said, chance, end_s)
    heard: list[Event] = [*said, *_showers(story, end_s)]
    if taste.has_people:
        heard += _people(story, chance, end_s)
    if taste.has_restarts:
        heard = _restarted(heard, silences)
    story.events = sorted(heard, key=lambda event: event.at_us)
    return story


def _silences(chance: Random, end_s: int) -> list[tuple[int, int]]:
    out = []
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        from_s = chance.randrange(600, max(601, end_s))
        out.append((from_s, from_s + chance.choice((5, 14, 16, 40, 100, 200)) * 60 + chance.randrange(3, 57)))
    return out


def _is_in(at_s: float, stretches: list[tuple[int, int]]) -> int | None:
    """Return the end of the stretch that holds an instant."""
    ends = [until for start, until in stretches if start <= at_s < until]
    return max(ends) if ends else None


def _statuses(
    story: Story, chance: Random, taste: Taste, end_s: int, silences: list[tuple[int, int]]
) -> list[PumpObserved]:
    usual_s = (120, 240, 600) if taste.is_on_grid else (60, 120, 300, 600)
    period_s = chance.choice(taste.periods_s or usual_s)
    out = []
    base_ml = chance.randrange(0, 50) / 10
    for at_s in range(120 if taste.is_on_grid else 60, end_s + 1, period_s):
        phase = next(each for each in story.phases if each.from_s <= at_s < each.until_s)
        if _is_in(at_s, silences) is not None or phase.says == "off":
            continue
        volume = None
        if taste.has_counter:
            exact_ml = base_ml + story.motor_s(at_s) * story.rate_ml_per_h / 3600
            volume = round(int(exact_ml / taste.step_ml + 1e-9) * taste.step_ml, 6)
        # Reports come late now and then, but not after the next thing that happens.
        is_late = bool(taste.slow_times or taste.is_slow_only) and phase.until_s - at_s > LATE_MAX_S + 1
        late_s = chance.choice((0, 0, 0, 2, LATE_MAX_S)) if is_late and not taste.is_on_grid else 0
        status = _status(story, phase.says, volume, taste.step_ml)
        out.append(PumpObserved(at_us=(at_s + late_s) * SECOND_US, observation=status))
    return out


LATE_MAX_S = 6
"""How late a report of a slow pump may come; less than lies between two things that happen."""


def _status(story: Story, says: str, volume_ml: float | None, step_ml: float) -> StatusObserved:
    shown = {"under": "delivering"}.get(says, says)
    return StatusObserved(
        delivery=DeliveryStatus(shown),
        rate_ml_per_h=round(TURNS[says] * story.rate_ml_per_h, 3),
        volume_delivered_ml=volume_ml,
        volume_resolution_ml=None if volume_ml is None else step_ml,
    )


def _words(story: Story, chance: Random, end_s: int, silences: list[tuple[int, int]]) -> list[PumpObserved]:
    """What the log says: live, or late after a silence with its age, or never."""
    out = []
    fate = chance.choice(("late", "late", "lost", "later"))
    for phase in story.phases:
        at_s = round(phase.from_s)
        until_s = _is_in(at_s, silences)
        for word in phase.first_words:
            heard_s = at_s
            if until_s is not None:
                if fate == "lost" or (fate == "later" and chance.random() < 0.3):
                    continue
                heard_s = until_s + (chance.randrange(0, 3000) if fate == "later" else 1)
                heard_s = _is_in(heard_s, silences) or heard_s
            elif chance.random() < 0.08:
                heard_s = at_s + chance.randrange(1, 1800)
            if heard_s <= end_s:
                out.append(PumpObserved(at_us=heard_s * SECOND_US, observation=_word(word, heard_s - at_s)))
    return out


def _word(word: str, age_s: float) -> Observation:
    if word.startswith(("delivery-", "power-")):
        return LogEventObserved(event=LogEvent(word), age_s=age_s)
    return AlarmObserved(code=word, phase=AlarmPhase.START, age_s=age_s)


def _repeated(heard: list[PumpObserved], chance: Random, end_s: int) -> list[PumpObserved]:
    """The same words again, each as much older as it comes later."""
    out = []
    for event in chance.sample(heard, len(heard) // 6):
        later_s = chance.choice((0, 1, 50, 900))
        at_us = event.at_us + later_s * SECOND_US
        if at_us <= end_s * SECOND_US:
            out.append(PumpObserved(at_us=at_us, observation=_aged(event.observation, later_s)))
    return out


def _aged(observation: Observation, by_s: float) -> Observation:
    if isinstance(observation, StatusObserved):
        return StatusObserved(
            delivery=observation.delivery,
            rate_ml_per_h=observation.rate_ml_per_h,
            volume_delivered_ml=observation.volume_delivered_ml,
            volume_resolution_ml=observation.volume_resolution_ml,
            age_s=observation.age_s + by_s,
        )
    if isinstance(observation, AlarmObserved):
        return AlarmObserved(code=observation.code, phase=observation.phase, age_s=observation.age_s + by_s)
    if isinstance(observation, LogEventObserved):
        return LogEventObserved(event=observation.event, age_s=observation.age_s + by_s)
    return observation


def _people(story: Story, chance: Random, end_s: int) -> list[Event]:
    """What people see (evidence), and what they do (which must move no clock)."""
    out: list[Event] = []
    for _ in range(chance.choice((0, 1, 2, 4))):
        at_s = odd(chance.randrange(300, end_s)) // 10 * 10 + 9
        phase = next((each for each in story.phases if each.from_s <= at_s < each.until_s), story.phases[-1])
        at_us = at_s * SECOND_US + 500_000
        if at_s >= end_s or at_s >= phase.until_s - 1 or at_s <= phase.from_s + 1:
            continue
        if chance.random() < 0.4:
            out.append(chance.choice(_idle(at_us)))
        elif phase.truth == FLOWS:
            seen = Marked(at_us=at_us, mark=MarkKind.FLOW_CHECKED, by="nurse", role=Role.NURSE)
            out.append(seen if chance.random() < 0.5 else Reported(at_us=at_us, running=True, by="nurse"))
        elif phase.truth == NONE and phase.says != "delivering":
            is_known = phase.first_words[:1] not in {(), ("power-on",), ("power-off",), ("occl-down",)}
            since_us = round(phase.from_s) * SECOND_US if chance.random() < 0.5 and is_known else None
            out.append(Reported(at_us=at_us, running=False, by="nurse", since_us=since_us))
    return out


def _showers(story: Story, end_s: int) -> list[Event]:
    """Where the line is off the patient while the pump runs on, the patient marks both ends."""
    out: list[Event] = []
    for phase in story.phases:
        if phase.truth == NONE and phase.says == "delivering":
            for at_s, mark in ((phase.from_s, MarkKind.DISCONNECT), (phase.until_s, MarkKind.RECONNECT)):
                if at_s < end_s:
                    out.append(Marked(at_us=round(at_s * SECOND_US), mark=mark, by="patient"))
    return out


def _idle(at_us: int) -> list[Event]:
    return [
        Acknowledged(at_us=at_us, what="home-nurse", by="nurse"),
        Marked(at_us=at_us, mark=MarkKind.BAG_CHANGE, by="patient"),
        Marked(at_us=at_us, mark=MarkKind.MAINTENANCE, by="nurse", role=Role.NURSE, quiet_us=60 * MINUTE_US),
        HoldChanged(at_us=at_us, started=True, reason="scan", by="doctor"),
        HoldChanged(at_us=at_us, started=False, reason="scan", by="doctor"),
    ]


def _restarted(heard: list[Event], silences: list[tuple[int, int]]) -> list[Event]:
    """In one silence in two it was the monitor that was down: people's words are not heard then either."""
    for from_s, until_s in silences[::2]:
        down_us, up_us = from_s * SECOND_US, until_s * SECOND_US
        heard = [event for event in heard if not down_us <= event.at_us < up_us]
        heard.append(MonitorRestarted(at_us=up_us, down_from_us=down_us))
    return heard
