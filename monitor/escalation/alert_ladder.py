"""Works out who is told of an alert condition by itself, beside any interruption.

Pure. An alert is told at once to the rungs that the ladder lists for its code, and repeated like a page
where the ladder says so, until it is resolved. A person's acknowledgement pauses the repeats for a while.
"""

from __future__ import annotations

from msgspec.structs import replace

from monitor.escalation.rungs import AlertRule, Ladder, Rung
from monitor.escalation.turns import Call, LadderState, LadderTurn, Pause, Reason, told_again
from monitor.interruption.alarms import AlertPriority
from monitor.interruption.state import Alert


def advance_alert(
    state: LadderState | None, alert: Alert, ladder: Ladder, now_us: int, *, has_interruption: bool = False
) -> LadderTurn:
    """Return who must be told of an alert condition by itself, and when to ask again.

    Call it when the alert is raised, acknowledged or resolved, and at ``next_at_us``.

    Args:
        state: What the last turn of the same alert gave; None at first.
        alert: As it stands.
        ladder: Lists the codes.
        now_us: Monitor time.
        has_interruption: Whether an interruption of the pump is open, whose own rungs take care of
            alerts that are not told ``beside`` it.
    """
    memory = state or LadderState()
    rule = rule_for(alert, ladder)
    if alert.resolved_at_us is not None:
        return LadderTurn(memory, (), None, Pause.OVER)
    if rule is None:
        return LadderTurn(memory, (), None)
    if not rule.beside and (has_interruption or memory.is_paused):
        # Once the interruption's rungs were told of it, it is not told again when that is over.
        return LadderTurn(memory if memory.is_paused else replace(memory, is_paused=True), (), None)
    return _tell(memory, alert, rule, ladder, now_us)


def rule_for(alert: Alert, ladder: Ladder) -> AlertRule | None:
    """Return what the ladder lays down for an alert, or None if nobody is told of it by itself."""
    listed = ladder.alert_rungs.get(alert.code)
    if listed is None and alert.priority is AlertPriority.HIGH:
        return ladder.unlisted_high
    return listed


def _tell(memory: LadderState, alert: Alert, rule: AlertRule, ladder: Ladder, now_us: int) -> LadderTurn:
    calls: list[Call] = []
    next_at_us: int | None = None
    pause: Pause | None = None
    for rung in _rungs_of(rule, ladder):
        old = memory.rung(rung.rung)
        due_at_us: int | None
        if old is None:
            due_at_us, reason = alert.raised_at_us, Reason.ALERT
        else:
            due_at_us, reason = old.repeat_at_us, Reason.REPEAT
            until_us = max(old.acknowledged_until_us, _noted_until_us(alert, ladder))
            if due_at_us is not None and due_at_us < until_us:
                pause = Pause.ACKNOWLEDGED if due_at_us <= now_us < until_us else pause
                due_at_us = until_us
        if due_at_us is not None and due_at_us <= now_us:
            new, call = told_again(old, rung, due_at_us, reason, now_us, rule.repeat_us)
            memory = memory.with_rung(new)
            calls.append(call)
            due_at_us = new.repeat_at_us
        if due_at_us is not None:
            next_at_us = due_at_us if next_at_us is None else min(next_at_us, due_at_us)
    return LadderTurn(memory, tuple(calls), next_at_us, pause)


def _rungs_of(rule: AlertRule, ladder: Ladder) -> list[Rung]:
    """Return the rungs of a rule; the ladder's last one stands in for a name that it does not have."""
    if len(rule.rungs) == 1:
        return [ladder.rung(rule.rungs[0]) or ladder.rungs[-1]]
    rungs: dict[str, Rung] = {}
    for name in rule.rungs:
        rung = ladder.rung(name) or ladder.rungs[-1]
        rungs[rung.rung] = rung
    return list(rungs.values())


def _noted_until_us(alert: Alert, ladder: Ladder) -> int:
    return 0 if alert.acknowledged_at_us is None else alert.acknowledged_at_us + ladder.acknowledgement_us
