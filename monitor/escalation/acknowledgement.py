"""Takes note that a person took note, or that a person's word makes a rung due at once.

Pure. An acknowledgement pauses the repeats of rungs that were told and nothing else: it touches no
clock and no class, it expires, and the next rung that is told ends it (``ladder``).
"""

from __future__ import annotations

from msgspec.structs import replace

from monitor.escalation.rungs import Ladder
from monitor.escalation.turns import LadderState, RungState
from monitor.interruption.alarms import MEANINGS, OwnCode, Stops


def acknowledge(state: LadderState, what: str, by: str, now_us: int, ladder: Ladder) -> LadderState:
    """Return the state after a person took note.

    Doing it again renews it. A rung that was not told yet cannot be acknowledged.

    Args:
        state: Of an interruption, or of an alert condition.
        what: A rung's name: that rung. The code of an alarm that may stop delivery, or of silence, or
            "": every rung that was told so far. Anything else (an alarm that leaves delivery alone, a
            word that nobody knows): nothing, and the same object comes back.
        by: Who.
        now_us: When.
        ladder: Says how long it holds.
    """
    if ladder.rung(what) is not None:
        chosen = {what}
    elif what == "" or is_about_delivery(what):
        chosen = {rung.rung for rung in state.rungs}
    else:
        return state
    until_us = now_us + ladder.acknowledgement_us
    rungs = tuple(
        replace(rung, acknowledged_by=by, acknowledged_at_us=now_us, acknowledged_until_us=until_us)
        if rung.told and rung.rung in chosen
        else rung
        for rung in state.rungs
    )
    return (
        state if all(new is old for new, old in zip(rungs, state.rungs, strict=True)) else replace(state, rungs=rungs)
    )


def is_about_delivery(code: str) -> bool:
    """Return whether an alert of this code belongs to the interruption, so that who notes one notes both."""
    meaning = MEANINGS.get(code)
    return code == OwnCode.SILENT or (meaning is not None and meaning.stops is not Stops.NO)


def hasten(state: LadderState | None, rung: str, now_us: int) -> LadderState:
    """Return the state with a rung due now whatever its rules; the next turn tells it.

    For a stop that a person reports: the nurse who has to act need not wait for a detection time
    that was made for machines. A rung that was told already stays as it is.
    """
    state = state or LadderState()
    if state.rung(rung) is not None:
        return state
    return state.with_rung(RungState(rung=rung, due_at_us=now_us))
