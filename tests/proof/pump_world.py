"""An imagined pump with its patient and its people: what may truly happen next, and what is said of it.

Time is counted in coarse ticks. Every letter of the alphabet turns one world into the next and gives
the event, if any, that the monitor hears. A pump says only what it believes; what it believes may be
wrong in the ways that the design allows for, and in no other.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from drivers.contract import Observation
from monitor.interruption.events import Event
from monitor.interruption.policy import HOUR_US, MINUTE_US, SECOND_US, Latency, Policy, Therapy, Threshold
from tests.proof.counted import Counted, Limits, resolution_us
from tests.proof.truth import AFTER, BEFORE, Flow, Span, Truth, now_flowing, turned

TICK_US = 6 * MINUTE_US
RATE_ML_PER_H = 10.0
START_US = 1_700_000_000 * 1_000_000
SERIAL = "S1"
COUNTER_START_ML = 1000.0
"""Far from zero, so that a reading can be told from a rate when states are compared."""
ACT_US = SECOND_US
"""What somebody does comes a moment after what was said before, so that no two things are about one instant."""


class Scale(NamedTuple):
    """Limits of the imagined therapy, in ticks, and the ordered rate."""

    threshold: float = 4
    silence: float = 1
    merge: float = 2
    latency: float = 2
    amend: float = 6
    quiet: float = 1
    window: float = 2
    rate_ml_per_h: float = RATE_ML_PER_H

    def policy(self) -> Policy:
        """Return the enrolment that the production core is given."""
        therapy = Therapy(
            name="imagined",
            thresholds=(Threshold(round(self.threshold * TICK_US)),),
            silence_max_us=round(self.silence * TICK_US),
            merge_run_us=round(self.merge * TICK_US),
            maintenance_quiet_us=round(self.quiet * TICK_US),
            maintenance_max_us=round(self.window * TICK_US),
            latency=(Latency(self.rate_ml_per_h, round(self.latency * TICK_US)),),
            amend_us=round(self.amend * TICK_US),
        )
        return Policy("p1", therapy, serial=SERIAL)


class Mode(Enum):
    """What the pump believes that it does."""

    RUN = "run"
    STOPPED = "stopped"
    KVO = "kvo"
    SLOW = "slow"
    STUCK = "stuck"
    """It says that it delivers, and its counter stands: nothing flows, and it never notices."""
    DRAGS = "drags"
    """It says that it delivers in full; flow and counter go at a share of that, and it never notices."""


class Entry(NamedTuple):
    """An entry of the pump's log that was not heard yet."""

    at_us: int
    kind: str


class World(NamedTuple):
    """One imagined pump.

    Attributes:
        truth: What flowed, and what was heard of it.
        mode: What the pump believes.
        counter_ml: Its volume counter.
        counted: What was read of it.
        pending: Entries of its log that were not heard, oldest first.
        last: What it said last, for duplicates.
        seq: Number of its last message.
        said: How many messages it sent at this instant.
        acted: Whether it did something at this instant; at most one thing, so that order is plain.
        down_from_us: Since when the monitor has been dead; None while it lives.
        is_held, is_marked: What people have in force.
        limits: What was ordered, and at what it runs; and how long a silence is no stop.
        is_time_lost: Whether the monitor was once dead for a time that nobody knows.
    """

    truth: Truth
    mode: Mode = Mode.RUN
    counter_ml: float = COUNTER_START_ML
    counted: Counted = Counted()
    pending: tuple[Entry, ...] = ()
    last: Observation | None = None
    seq: int = 0
    said: int = 0
    acted: bool = False
    down_from_us: int | None = None
    is_held: bool = False
    is_marked: bool = False
    is_time_lost: bool = False
    limits: Limits = Limits(RATE_ML_PER_H, TICK_US)

    @property
    def rate_ml_per_h(self) -> float:
        """What was ordered, and at what it runs or claims to."""
        return self.limits.rate_ml_per_h

    @property
    def flows(self) -> bool:
        """Whether the therapy reaches the patient now."""
        return now_flowing(self.truth) is Flow.FULL


class Nature(Enum):
    """What a letter is to the invariants."""

    TIME = "time"
    FLOW = "flow evidence, or a dated word that may narrow"
    NO_FLOW = "no flow, or doubt"
    READING = "no flow, or doubt, with a reading that may narrow what came before"
    HUMAN = "a human action that is no evidence"
    IGNORANT = "says nothing of flow"
    DUPLICATE = "said before"
    RESTART = "the monitor is back"
    RESTART_UNKNOWN = "the monitor is back, nobody knows after how long"
    CLOSE = "a clinician's review"
    UNHEARD = "the monitor hears nothing"


class Move(NamedTuple):
    """One letter taken: the world after it, what the monitor hears, and what kind of thing that is."""

    letter: str
    world: World
    event: Event | None
    nature: Nature


def first_world(scale: Scale) -> World:
    """Return a pump that runs and has not been heard yet."""
    truth = Truth(
        (Span(START_US, Flow.FULL),),
        blind_us=resolution_us(scale.rate_ml_per_h),
    )
    return World(truth, limits=Limits(scale.rate_ml_per_h, round(scale.silence * TICK_US)))


def acted(world: World, now_us: int, mode: Mode, flow: Flow, entry: str | None = None, lacks: float = 0.0) -> World:
    """Return the world after the pump, or somebody at it, did something; ``lacks`` of its rate from then on."""
    pending = world.pending if entry is None else (*world.pending, Entry(now_us, entry))
    return world._replace(truth=turned(world.truth, now_us, flow, lacks), mode=mode, pending=pending, acted=True)


def next_tick_us(now_us: int) -> int:
    """Return the next instant of the grid of ticks."""
    return now_us + TICK_US - (now_us - START_US) % TICK_US


def passed(world: World, now_us: int, to_us: int, scale: Scale) -> World | None:
    """Return the world after some time, or None if something must happen before."""
    last = world.truth.spans[-1]
    if last.flow is Flow.BLOCKED and world.mode is Mode.RUN and to_us - last.from_us > scale.latency * TICK_US:
        return None  # The pump's own limit: by then it must have noticed.
    share = {Mode.RUN: 1.0, Mode.SLOW: 0.5, Mode.DRAGS: 1.0 - last.lacks}.get(world.mode, 0.0)
    horizon_us = to_us - round(scale.amend * TICK_US)
    return world._replace(
        counter_ml=world.counter_ml + share * world.rate_ml_per_h * (to_us - now_us) / HOUR_US,
        pending=tuple(entry for entry in world.pending if entry.at_us > horizon_us),
        said=0,
        acted=False,
    )


def rank_now(world: World) -> int:
    """Return the rank of a word that is said now; the one after it is free for what it says of now alone."""
    return (AFTER if world.acted else BEFORE) + 2 * world.said
