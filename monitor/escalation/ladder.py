"""Works out which rungs of an escalation are due.

Pure: the caller passes the time. (being written)
"""

from __future__ import annotations

from monitor.escalation.rungs import Ladder
from monitor.escalation.turns import LadderState, LadderTurn
from monitor.interruption.state import Alert, InterruptionView


def advance(state: LadderState | None, view: InterruptionView, ladder: Ladder, now_us: int) -> LadderTurn:
    """Return who must be told of an interruption now, and when to ask again.

    Equal arguments give equal answers. Call it after every event of the pump and at ``next_at_us``.
    """
    raise NotImplementedError


def advance_alert(
    state: LadderState | None, alert: Alert, ladder: Ladder, now_us: int, *, has_interruption: bool = False
) -> LadderTurn:
    """Return who must be told of an alert condition by itself, and when to ask again."""
    raise NotImplementedError


def acknowledge(state: LadderState, what: str, by: str, now_us: int, ladder: Ladder) -> LadderState:
    """Return the state after a person took note of ``what`` (a rung, an alarm code, or "" for all told rungs).

    The same object comes back if ``what`` belongs to none of the rungs that were told.
    """
    raise NotImplementedError


def hasten(state: LadderState | None, rung: str, now_us: int) -> LadderState:
    """Return the state with a rung made due now whatever its rules (a person reported a stop)."""
    raise NotImplementedError
