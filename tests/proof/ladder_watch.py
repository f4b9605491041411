"""Turns the pure ladder beside the search, and holds that nothing passes the threshold in silence."""

from __future__ import annotations

from typing import NamedTuple

from monitor.escalation.ladder import acknowledge, advance
from monitor.escalation.rungs import Ladder, PlannedDelay, Rung
from monitor.escalation.turns import LadderState
from monitor.interruption.policy import Policy
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import Phase, PumpState
from monitor.interruption.view import views
from tests.proof.invariants import Broken, Moment
from tests.proof.pump_world import TICK_US, Scale

REPEAT_US = TICK_US // 2
ACKNOWLEDGEMENT_US = TICK_US


class Turning(NamedTuple):
    """One interruption's ladder: what it remembers and when it wants to be asked again."""

    number: int
    memory: LadderState
    next_at_us: int | None


Ladders = tuple[Turning, ...]


def ladder_of(scale: Scale, name: str) -> Ladder:
    """Return a small ladder; ``late`` is the wrong one that speaks only once the threshold has passed."""
    lead_us = round((scale.threshold - 1) * TICK_US)
    if name == "late":
        lead_us = round((scale.threshold + 1) * TICK_US)
    nurse = Rung(
        rung="nurse",
        contacts=("nurse",),
        after_detection_us=TICK_US // 2,
        after_silence_us=2 * TICK_US,
        planned_delay=PlannedDelay.WINDOW,
    )
    physician = Rung(
        rung="physician", contacts=("physician",), after_off_max_us=(lead_us,), after_off_max_silence_us=(lead_us,)
    )
    all_of_them = Rung(rung="all", contacts=("nurse", "physician"), at_threshold=name != "late", repeat_us=REPEAT_US)
    return Ladder(name="imagined", rungs=(nurse, physician, all_of_them), acknowledgement_us=ACKNOWLEDGEMENT_US)


def turned_ladders(
    state: PumpState, old: Ladders, policy: Policy, scale: Scale, now_us: int, *, acknowledged: bool, name: str
) -> Ladders:
    """Return every interruption's ladder after one turn at ``now_us``, and a person's word if there was one."""
    ladder = ladder_of(scale, name)
    known = {turning.number: turning.memory for turning in old}
    turned = []
    for view in views(state, policy, now_us):
        memory = known.get(view.number)
        if acknowledged and memory is not None:
            for rung in ladder.rungs:
                memory = acknowledge(memory, rung.rung, "nurse", now_us, ladder)
        turn = advance(memory, view, ladder, now_us)
        turned.append(Turning(view.number, turn.state, turn.next_at_us))
    return tuple(turned)


def check_told(at: Moment, ladders: Ladders, scale: Scale) -> None:
    """I-9: no worst case comes near the threshold, or passes it, without people who are told and told again."""
    memories = {turning.number: turning for turning in ladders}
    for view in at.shown:
        if view.phase is not Phase.OPEN or not view.is_max_running or view.is_held:
            continue
        turning = memories.get(view.number)
        if turning is None:
            raise Broken("I-9", "an interruption has no ladder")
        _check_one(view, turning, scale, at.now_us)


def _check_one(view: InterruptionView, turning: Turning, scale: Scale, now_us: int) -> None:
    physician, all_of_them = turning.memory.rung("physician"), turning.memory.rung("all")
    if view.off_max_us >= (scale.threshold - 1) * TICK_US and (physician is None or not physician.told):
        raise Broken("I-9", f"nobody was told at {view.off_max_us / TICK_US:g} ticks")
    if view.off_max_us < scale.threshold * TICK_US:
        return
    if all_of_them is None or not all_of_them.told:
        raise Broken("I-9", "the threshold passed and not everybody was told")
    longest_us = max(REPEAT_US, ACKNOWLEDGEMENT_US)
    if turning.next_at_us is None or turning.next_at_us - now_us > longest_us:
        raise Broken("I-9", "past the threshold, nobody will be told again")
