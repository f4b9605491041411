"""Breadth-first search of the production ``step``: every history of a small alphabet, up to a depth.

Each situation is the production state beside an imagined pump. Situations of equal future are one. The
deadlines that the core asks for are rung at their exact instants, between the ticks too, and at no
other. After every letter all invariants are held; the first history that breaks one ends the search.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from monitor.interruption.deadlines import next_deadline_us
from monitor.interruption.events import Event, Order, Ordered, Ticked
from monitor.interruption.policy import Policy
from monitor.interruption.state import PumpState
from monitor.interruption.transitions import Step, enrolled
from monitor.interruption.transitions import step as production_step
from tests.proof.canonical import key_of
from tests.proof.invariants import (
    Broken,
    Moment,
    check_class,
    check_growth,
    check_ignorance,
    check_latch,
    check_level,
    check_restart,
    check_soundness,
    check_sustained,
    moment,
)
from tests.proof.ladder_watch import Ladders, check_told, turned_ladders
from tests.proof.letters import ACTS, LETTERS, WHILE_DOWN
from tests.proof.people_aside import stripped, without_people
from tests.proof.pump_world import (
    ACT_US,
    START_US,
    TICK_US,
    Move,
    Nature,
    Scale,
    World,
    first_world,
    next_tick_us,
    passed,
)
from tests.proof.truth import settled, trimmed

Stepper = Callable[[PumpState, Event, Policy], Step]
Path = tuple[Any, str] | None
"""A history as a chain of letters, newest first."""

RINGS_MAX = 64
"""More deadlines than this within one tick are a fault of their own."""


class Design(NamedTuple):
    """What is searched: the production core, or one that was made wrong on purpose."""

    step: Stepper = production_step
    policy_of: Callable[[Policy], Policy] = lambda policy: policy
    ladder_name: str = "right"


class Situation(NamedTuple):
    """A state of the core beside the imagined pump, and how it came about."""

    state: PumpState
    world: World
    ladders: Ladders
    now_us: int
    path: Path


class Found(NamedTuple):
    """What a search came to."""

    states: int
    transitions: int
    depth: int
    broken: Broken | None
    history: tuple[str, ...]


class Search:
    """One search: an alphabet, a scale, and a design under test."""

    def __init__(self, alphabet: Sequence[str], scale: Scale | None = None, design: Design | None = None) -> None:
        self.scale = scale or Scale()
        self.policy = self.scale.policy()
        self.design = design or Design()
        self.core_policy = self.design.policy_of(self.policy)
        self.alphabet = tuple(letter for letter in alphabet if letter != "ladder")
        self.has_ladder = "ladder" in alphabet
        self.transitions = 0
        self.seen: set[int] = set()

    def run(self, depth: int, states_max: int = 1 << 62, is_over: Callable[[], bool] = lambda: False) -> Found:
        """Search all histories of at most ``depth`` letters, or until a bound is met or something breaks."""
        frontier = [self.begin()]
        reached = 0
        for reached in range(1, depth + 1):
            found: list[Situation] = []
            for situation in frontier:
                try:
                    found.extend(self._new(situation))
                except _BrokenAt as fault:
                    return Found(len(self.seen), self.transitions, reached, fault.broken, fault.history)
                if len(self.seen) >= states_max or is_over():
                    return Found(len(self.seen), self.transitions, reached - 1, None, ())
            frontier = found
            if not frontier:
                break
        return Found(len(self.seen), self.transitions, reached, None, ())

    def begin(self) -> Situation:
        """Return the pump under watch, ordered, running, and heard for as long as an occlusion may hide."""
        world = first_world(self.scale)
        state = enrolled(START_US)
        order = Order(rate_ml_per_h=self.scale.rate_ml_per_h)
        state = self.design.step(state, Ordered(at_us=START_US, order=order, by="x"), self.core_policy).state
        situation = Situation(state, world, (), START_US, None)
        first = "status" if "status" in self.alphabet else "bare"
        for letter in (first, *(["tick", first] * (math.ceil(self.scale.latency) + 1))):
            heard = self.taken(situation, letter)
            if heard is None:
                message = f"a pump that runs cannot {letter}"
                raise AssertionError(message)
            situation = heard
        return situation._replace(path=None)

    def _new(self, at: Situation) -> Iterator[Situation]:
        for name in ("tick", *self.alphabet):
            try:
                after = self.taken(at, name)
            except Broken as broken:
                raise _BrokenAt(broken, (*history_of(at.path), name)) from broken
            if after is None:
                continue
            self.transitions += 1
            key = key_of(after.state, after.world, after.ladders, after.now_us)
            if key not in self.seen:
                self.seen.add(key)
                yield after

    def taken(self, at: Situation, name: str) -> Situation | None:
        """Return the situation after one letter with all invariants held, or None if it cannot come now."""
        path = (at.path, name)
        if name == "tick":
            return self.later(at, next_tick_us(at.now_us), path)
        if at.world.down_from_us is not None and name not in WHILE_DOWN:
            return None
        if name in ACTS:
            return self._done(at, name, path)
        move = LETTERS[name](at.world, at.now_us)
        if move is None:
            return None
        if move.event is None:
            return at._replace(world=move.world, path=path)
        return self._heard(at, move, move.event)._replace(path=path)

    def _done(self, at: Situation, name: str, path: Path) -> Situation | None:
        """Let the pump do something, a moment later; at most once before the next tick."""
        if at.world.acted or (later := self.later(at, at.now_us + ACT_US, path)) is None:
            return None
        move = LETTERS[name](later.world, later.now_us)
        return None if move is None else later._replace(world=move.world)

    def later(self, at: Situation, now_us: int, path: Path = None) -> Situation | None:
        world = passed(at.world, at.now_us, now_us, self.scale)
        if world is None:
            return None
        if world.down_from_us is not None:
            return at._replace(world=world, now_us=now_us, path=path)
        before = moment(at.state, at.world.truth, self.core_policy, at.now_us)
        rung = self._rung(at._replace(world=world), now_us)
        return rung._replace(path=path, world=self._trimmed(self._held(before, rung, Nature.TIME)))

    def _rung(self, at: Situation, until_us: int) -> Situation:
        """Let time pass, ringing for the core and for the ladder exactly when they ask for it."""
        state, ladders = at.state, at.ladders
        for _ in range(RINGS_MAX):
            dues = [next_deadline_us(state, self.core_policy), *(ladder.next_at_us for ladder in ladders)]
            due_us = min((due for due in dues if due is not None), default=None)
            if due_us is None or due_us > until_us:
                return at._replace(state=state, ladders=ladders, now_us=until_us)
            due_us = max(due_us, at.now_us)
            state = self.design.step(state, Ticked(at_us=due_us), self.core_policy).state
            ladders = self._ladders(state, ladders, due_us)
        raise Broken("I-19", "deadlines ring without end")

    def _heard(self, at: Situation, move: Move, event: Event) -> Situation:
        before = moment(at.state, at.world.truth, self.core_policy, at.now_us)
        state = self.design.step(at.state, event, self.core_policy).state
        self._check_people(at.state, state, event, move.nature)
        world = move.world
        if move.nature is Nature.CLOSE:
            world = self._closed(before, state, world)
        ladders = self._ladders(state, at.ladders, at.now_us, acknowledged=move.letter == "ack")
        rung = self._rung(Situation(state, world, ladders, at.now_us, at.path), at.now_us)
        if move.nature is Nature.DUPLICATE:
            self._check_duplicate(at, rung, event)
        return rung._replace(world=self._trimmed(self._held(before, rung, move.nature)))

    def _held(self, before: Moment, at: Situation, nature: Nature) -> Situation:
        """Hold every invariant, and return the situation."""
        after = moment(at.state, at.world.truth, self.core_policy, at.now_us)
        check_soundness(after, self.policy, forgets_us=at.now_us - self.policy.therapy.amend_us)
        check_class(after, self.policy)
        check_growth(before, after, nature)
        check_latch(before, after, nature)
        check_sustained(before, after, self.policy, nature)
        check_level(before, after, nature)
        check_ignorance(before, after, nature, forgets_us=at.now_us - self.policy.therapy.amend_us)
        check_restart(after, nature)
        if self.has_ladder:
            check_told(after, at.ladders, self.scale)
        return at

    def _ladders(self, state: PumpState, old: Ladders, now_us: int, *, acknowledged: bool = False) -> Ladders:
        if not self.has_ladder:
            return ()
        return turned_ladders(
            state, old, self.core_policy, self.scale, now_us, acknowledged=acknowledged, name=self.design.ladder_name
        )

    def _check_people(self, before: PumpState, after: PumpState, event: Event, nature: Nature) -> None:
        """I-8: two runs, with and without what people did, are the same but for who is told."""
        if nature is Nature.HUMAN:
            other = self.design.step(before, Ticked(at_us=event.at_us), self.core_policy).state
        elif stripped(before) != before:
            other = self.design.step(stripped(before), event, self.core_policy).state
        else:
            return
        if without_people(after) != without_people(other):
            raise Broken("I-8", f"what people did changes what {type(event).__name__} does to the clock")

    def _check_duplicate(self, at: Situation, after: Situation, event: Event) -> None:
        """I-12: a duplicate is worth no more than the time that passed."""
        other = self.design.step(at.state, Ticked(at_us=event.at_us), self.core_policy).state
        bare = moment(other, after.world.truth, self.core_policy, after.now_us)
        with_it = moment(after.state, after.world.truth, self.core_policy, after.now_us)
        left = [
            (view.number, view.opened_at_us, view.off_min_us, view.off_max_us, view.phase, view.is_max_running)
            for view in bare.shown
        ]
        right = [
            (view.number, view.opened_at_us, view.off_min_us, view.off_max_us, view.phase, view.is_max_running)
            for view in with_it.shown
        ]
        if left != right:
            raise Broken("I-12", "a duplicate changed an interruption")

    def _closed(self, before: Moment, state: PumpState, world: World) -> World:
        """Note what a review settled: nothing of it is owed any more."""
        left = {incident.number for incident in state.incidents}
        gone = [incident for incident in before.state.incidents if incident.number not in left]
        if not gone:
            return world
        ended_us = gone[0].flow_us if gone[0].phase.value == "awaiting-review" else None
        truth = settled(world.truth, before.now_us if ended_us is None else ended_us)
        return world._replace(truth=truth, counted=world.counted._replace(kept=None, is_late=False))

    def _trimmed(self, at: Situation) -> World:
        horizon = [at.now_us - round((self.scale.amend + 1) * TICK_US)]
        horizon += [incident.opened_at_us for incident in at.state.incidents]
        return at.world._replace(truth=trimmed(at.world.truth, min(horizon)))


class _BrokenAt(Exception):  # noqa: N818 - a way out of the search, never leaves this file
    def __init__(self, broken: Broken, history: tuple[str, ...]) -> None:
        super().__init__(str(broken))
        self.broken = broken
        self.history = history


def history_of(path: Path) -> tuple[str, ...]:
    """Return a history's letters, oldest first."""
    letters: list[str] = []
    while path is not None:
        path, letter = path
        letters.append(letter)
    return tuple(reversed(letters))
