"""Works out which rungs of an escalation are due.

Pure: the caller passes the time, and equal arguments give equal answers. Every call carries a reason,
and a turn that tells fewer than time alone would ask says why, so that the journal can say why a
nurse was called, or why she was not.

Rungs advance by time, whatever a provider answers. What holds them is, in this file and nowhere else:

- confirmed flow: a resolved stop pages nobody; when flow stops again within the same interruption, what
  came due meanwhile is due at once (a restart that came too late is an alert of its own);
- a clinician's hold, and a clinician's close;
- a planned mark, for the first rungs only (see ``due``);
- a person's acknowledgement, for one rung's repeats only, until it expires or the next rung is told.

When in doubt, somebody is told.
"""

from __future__ import annotations

from msgspec.structs import replace

from monitor.escalation.acknowledgement import acknowledge, hasten
from monitor.escalation.alert_ladder import advance_alert
from monitor.escalation.due import Due, dues_of, reached_at_us, rearmed
from monitor.escalation.rungs import Ladder, Rung
from monitor.escalation.turns import Call, LadderState, LadderTurn, Pause, Reason, RungState, told_again
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import Phase

__all__ = ["acknowledge", "advance", "advance_alert", "hasten"]


def advance(state: LadderState | None, view: InterruptionView, ladder: Ladder, now_us: int) -> LadderTurn:
    """Return who must be told of an interruption now, and when to ask again.

    Call it after every event of the pump and at ``next_at_us``. One turn tells each rung at most once,
    however much came due while nobody asked.
    """
    memory = _noted(state or LadderState(), view, now_us)
    pause = _pause_of(view)
    if pause is not None:
        memory = memory if memory.is_paused else replace(memory, is_paused=True)
        calls: tuple[Call, ...] = ()
        if view.found_late and pause is not Pause.HELD and view.phase is not Phase.CLOSED:
            memory, calls = _tell_found_late(memory, view, ladder, now_us)
        elif pause is Pause.FLOW_CONFIRMED:
            memory, calls = _tell_threshold(memory, view, ladder, now_us)
        return LadderTurn(memory, calls, None, pause)
    if memory.is_paused:
        memory = replace(memory, is_paused=False, resumed_at_us=now_us)
    calls = ()
    next_at_us, pause = _outlook(memory, view, ladder, now_us)
    if next_at_us is not None and next_at_us <= now_us:
        memory, calls = _tell_due(memory, view, ladder, now_us)
        next_at_us, pause = _outlook(memory, view, ladder, now_us)
    return LadderTurn(memory, calls, None if next_at_us is None else max(next_at_us, now_us + 1), pause)


def _noted(memory: LadderState, view: InterruptionView, now_us: int) -> LadderState:
    """Return the memory with what the view changes in it by itself: marks, and off-times put far away."""
    if view.mark is not None:
        quiet_us, window_us = view.mark.quiet_until_us, view.mark.window_until_us
    else:
        # A mark that ran out still dates what it delayed; one that was withdrawn delays no more.
        quiet_us = memory.quiet_until_us if memory.quiet_until_us <= now_us else 0
        window_us = memory.window_until_us if memory.window_until_us <= now_us else 0
    if quiet_us != memory.quiet_until_us or window_us != memory.window_until_us:
        memory = replace(memory, quiet_until_us=quiet_us, window_until_us=window_us)
    for old in memory.rungs:
        new = rearmed(old, view)
        if new is not old:
            memory = memory.with_rung(new)
    return memory


def _pause_of(view: InterruptionView) -> Pause | None:
    if view.phase is Phase.CLOSED:
        return Pause.OVER
    if view.is_held:
        return Pause.HELD
    if view.is_max_running:
        return None
    return Pause.OVER if view.phase is Phase.ENDED else Pause.FLOW_CONFIRMED


def _tell_due(
    memory: LadderState, view: InterruptionView, ladder: Ladder, now_us: int
) -> tuple[LadderState, tuple[Call, ...]]:
    calls: dict[str, Call] = {}
    # Telling one rung may make another due in the same instant (an acknowledgement that ends, a wait
    # of zero), so go round until a round tells nobody. Each rung is told once: the rounds are bounded.
    for _ in ladder.rungs:
        before = len(calls)
        for rung in ladder.rungs:
            if rung.rung in calls:
                continue
            ripe = [due for due in dues_of(rung, memory, view) if due.at_us <= now_us]
            if ripe:
                memory, calls[rung.rung] = _tell(memory, rung, ripe, ladder, now_us)
        if len(calls) == before:
            break
    order = [rung.rung for rung in ladder.rungs]
    return memory, tuple(sorted(calls.values(), key=lambda call: (call.due_at_us, order.index(call.rung))))


def _tell(memory: LadderState, rung: Rung, ripe: list[Due], ladder: Ladder, now_us: int) -> tuple[LadderState, Call]:
    """Tell one rung of everything that is ripe, in one call that is dated from the oldest news."""
    news = [due for due in ripe if due.reason is not Reason.REPEAT] or ripe
    first = min(news, key=lambda due: due.at_us)
    old = memory.rung(rung.rung)
    new, call = told_again(old, rung, first.at_us, first.reason, now_us)
    new = replace(
        new,
        off_max_us=max(new.off_max_us, *(due.off_max_us for due in ripe)),
        is_threshold_told=new.is_threshold_told or any(due.reason is Reason.THRESHOLD for due in ripe),
    )
    if old is None or not old.told:
        memory = _end_acknowledgements_below(memory, rung, ladder, call.due_at_us)
    return memory.with_rung(new), call


def _end_acknowledgements_below(memory: LadderState, rung: Rung, ladder: Ladder, at_us: int) -> LadderState:
    """Return the memory with every acknowledgement of lower rungs ended: it never reaches past the next rung."""
    for lower in ladder.rungs:
        if lower.rung == rung.rung:
            break
        state = memory.rung(lower.rung)
        if state is not None and state.acknowledged_at_us is not None and state.acknowledged_until_us > at_us:
            until_us = max(at_us, state.acknowledged_at_us)
            memory = memory.with_rung(replace(state, acknowledged_until_us=until_us))
    return memory


def _tell_found_late(
    memory: LadderState, view: InterruptionView, ladder: Ladder, now_us: int
) -> tuple[LadderState, tuple[Call, ...]]:
    """Tell the rungs whose off-times an interruption had crossed that was over before we learned of it.

    One that was found late may have grown since, by stops that were over before they were heard, too.
    """
    since_us = view.noticed_at_us if view.detected_at_us is None else view.detected_at_us
    calls = []
    for rung in ladder.rungs:
        old = memory.rung(rung.rung) or RungState(rung=rung.rung, due_at_us=since_us)
        crossed = [value for value in rung.after_off_max_us if old.off_max_us < value <= view.off_max_us]
        met_us = None if not rung.at_threshold or old.is_threshold_told else view.threshold_met_at_us
        is_met = met_us is not None
        if not crossed and not is_met:
            continue
        ripe = [Due(max(since_us, reached_at_us(view, value)), Reason.FOUND_LATE, value) for value in crossed]
        ripe += [Due(max(since_us, met_us), Reason.FOUND_LATE)] if met_us is not None else []
        memory, call = _tell(memory, rung, ripe, ladder, now_us)
        if is_met and (new := memory.rung(rung.rung)) is not None:
            memory = memory.with_rung(replace(new, is_threshold_told=True))
        calls.append(call)
    return memory, tuple(calls)


def _tell_threshold(
    memory: LadderState, view: InterruptionView, ladder: Ladder, now_us: int
) -> tuple[LadderState, tuple[Call, ...]]:
    """Tell of a threshold that was met in the very instant in which flow came back: it counts as met."""
    calls: list[Call] = []
    is_met_now = view.threshold is not None and view.off_max_us == view.threshold.met_from_us()
    if view.threshold_met_at_us is None or not is_met_now:
        return memory, ()
    for rung in ladder.rungs:
        old = memory.rung(rung.rung)
        if rung.at_threshold and not (old is not None and old.is_threshold_told):
            ripe = [Due(view.threshold_met_at_us, Reason.THRESHOLD)]
            memory, call = _tell(memory, rung, ripe, ladder, now_us)
            calls.append(call)
    return memory, tuple(calls)


def _outlook(
    memory: LadderState, view: InterruptionView, ladder: Ladder, now_us: int
) -> tuple[int | None, Pause | None]:
    """Return when the next rung is due, and what keeps one waiting that would be due already."""
    next_at_us, pause = None, None
    for rung in ladder.rungs:
        for due in dues_of(rung, memory, view):
            if next_at_us is None or due.at_us < next_at_us:
                next_at_us = due.at_us
            if due.reason is Reason.REPEAT:
                state = memory.rung(rung.rung)
                repeat_at_us = None if state is None else state.repeat_at_us
                if repeat_at_us is not None and repeat_at_us <= now_us < due.at_us:
                    pause = pause or Pause.ACKNOWLEDGED
            elif 0 < due.undelayed_us <= now_us < due.at_us:
                pause = Pause.PLANNED
    return next_at_us, pause
