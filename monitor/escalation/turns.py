"""What a ladder remembers of one interruption and what one turn of it asks for.

There may be 100,000 ladders in mid-interruption at once, so the state holds only rungs that were
reached, as tuples. Everything here is a value; ``ladder.advance`` makes new ones.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec
from msgspec.structs import replace

from monitor.escalation.rungs import Rung


class Reason(StrEnum):
    """Why a rung was told."""

    DETECTED = "detected"
    HIGH_PRIORITY = "high-priority"
    SILENCE = "silence"
    OFF_MAX = "off-max"
    THRESHOLD = "threshold"
    UNACKNOWLEDGED = "unacknowledged"
    REPEAT = "repeat"
    REPORTED = "reported"
    ALERT = "alert"
    FOUND_LATE = "found-late"


class Pause(StrEnum):
    """Why nobody was told."""

    FLOW_CONFIRMED = "flow-confirmed"
    HELD = "held"
    OVER = "over"
    PLANNED = "planned"
    ACKNOWLEDGED = "acknowledged"


class RungState(msgspec.Struct, frozen=True, gc=False, kw_only=True, array_like=True, omit_defaults=True):
    """What happened at one rung that was reached.

    Attributes:
        rung: Its name.
        due_at_us: When it was first due.
        told: How often it was told.
        told_at_us: When it was told last.
        repeat_at_us: When the next repeat is due, acknowledgements apart; None if there is none.
        off_max_us: The longest listed off-time that was told.
        is_threshold_told: Whether the restart threshold was told.
        acknowledged_by: Who took note last.
        acknowledged_at_us: When.
        acknowledged_until_us: Until then the repeats wait.
    """

    rung: str
    due_at_us: int
    told: int = 0
    told_at_us: int = 0
    repeat_at_us: int | None = None
    off_max_us: int = 0
    is_threshold_told: bool = False
    acknowledged_by: str | None = None
    acknowledged_at_us: int | None = None
    acknowledged_until_us: int = 0


class LadderState(msgspec.Struct, frozen=True, gc=False, kw_only=True, array_like=True, omit_defaults=True):
    """What the ladder remembers of one interruption, or of one alert condition.

    Attributes:
        rungs: The rungs that were reached, in the order in which they were.
        is_paused: Whether flow was confirmed, or a hold in force, at the last turn.
        resumed_at_us: When that ended last.
        quiet_until_us, window_until_us: The last planned mark, after it has run out.
    """

    rungs: tuple[RungState, ...] = ()
    is_paused: bool = False
    resumed_at_us: int = 0
    quiet_until_us: int = 0
    window_until_us: int = 0

    def rung(self, name: str) -> RungState | None:
        """Return what happened at the rung of this name, or None if it was not reached."""
        for rung in self.rungs:
            if rung.rung == name:
                return rung
        return None

    def with_rung(self, new: RungState) -> LadderState:
        """Return the state with ``new`` in the place of the rung of its name, or at the end."""
        if self.rung(new.rung) is None:
            return replace(self, rungs=(*self.rungs, new))
        return replace(self, rungs=tuple([new if old.rung == new.rung else old for old in self.rungs]))


class Call(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One telling of one rung.

    Attributes:
        rung: Its name.
        due_at_us: When it was due by the rules; it may be told later than that.
        contacts: Contact ids or roles, as the rung lists them.
        turn: None: all of them; else the place in the list of contacts, counted from 0 without end,
            so that the caller takes it modulo the number of people on duty.
        attempt: Which telling of this rung it is, from 1.
        reason: Why.
    """

    rung: str
    due_at_us: int
    contacts: tuple[str, ...]
    turn: int | None
    attempt: int
    reason: Reason


class LadderTurn(msgspec.Struct, frozen=True, gc=False):
    """The answer of one turn.

    Attributes:
        state: What is to be remembered; the same object if nothing changed.
        told: Who is to be told now.
        next_at_us: When to ask again if nothing else happens; None if only an event can change it.
        pause: Why fewer were told than time alone would ask, if so.
    """

    state: LadderState
    told: tuple[Call, ...]
    next_at_us: int | None
    pause: Pause | None = None


def told_again(
    old: RungState | None, rung: Rung, due_at_us: int, reason: Reason, now_us: int, repeat_us: int | None = None
) -> tuple[RungState, Call]:
    """Return a rung's state after one more telling, and the call.

    Repeats keep to the grid of the instant at which the first was due, unless the telling came so late
    that the next one would follow on its heels.

    Args:
        old: What happened so far; None if nothing.
        rung: Whom it is about.
        due_at_us: Since when it was due.
        reason: Why.
        now_us: When it is told.
        repeat_us: Repeats for a rung that has none of its own.
    """
    told = (0 if old is None else old.told) + 1
    every_us = repeat_us if rung.repeat_us is None else rung.repeat_us
    repeat_at_us = None
    if every_us is not None:
        repeat_at_us = due_at_us + every_us
        if repeat_at_us < now_us + every_us // 2:
            repeat_at_us = now_us + every_us
    first_us = due_at_us if old is None or not old.told else old.due_at_us
    if old is None:
        new = RungState(rung=rung.rung, due_at_us=first_us, told=told, told_at_us=now_us, repeat_at_us=repeat_at_us)
    else:
        new = replace(old, due_at_us=first_us, told=told, told_at_us=now_us, repeat_at_us=repeat_at_us)
    turn = (told - 1) // max(rung.tries, 1) if rung.in_turn else None
    call = Call(rung=rung.rung, due_at_us=due_at_us, contacts=rung.contacts, turn=turn, attempt=told, reason=reason)
    return new, call
