"""What follows from one step of one pump: rows for the journal, turns of its ladders, its next deadline."""

from __future__ import annotations

from monitor.escalation.ladder import acknowledge, advance, advance_alert, hasten
from monitor.escalation.rungs import Ladder
from monitor.escalation.turns import LadderState, LadderTurn
from monitor.interruption.deadlines import next_deadline_us
from monitor.interruption.effects import AlertRaised, Effect, PersonActed, PhaseChanged, RungAcknowledged
from monitor.interruption.people import REPORT_STOPPED
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import Alert, Phase, PumpState
from monitor.interruption.view import view_of
from monitor.service.alert_turn import Active, after_effects
from monitor.service.book import NO_LADDERS, Entry, Ladders
from monitor.service.recording import interruption_row, record_effects, touched
from monitor.service.telling import Teller
from monitor.storage.work import Work

ON_REPORT = "home-nurse"
"""The rung that a person's report of a stop reaches at once."""


class PumpTurn:
    """Takes one pump on after a step; keeps nothing itself."""

    def __init__(self, ladders: dict[str, Ladder], default: Ladder, teller: Teller) -> None:
        self._ladders = ladders
        self._default = default
        self._teller = teller

    def take(self, work: Work, entry: Entry, state: PumpState, effects: tuple[Effect, ...], now_us: int) -> None:
        """Note a step's state and effects, tell whom the ladders say, and set the next deadline."""
        closed = [effect for effect in effects if type(effect) is PhaseChanged and effect.phase is Phase.CLOSED]
        # Not asked for without need: an idle pump's state is unpacked for it.
        before, ladders = (entry.state, entry.ladders) if closed else (None, NO_LADDERS)
        entry.put(state)
        if effects:
            record_effects(work, entry.policy.pump, now_us, effects)
        views = _views(entry, state, effects, now_us) if state.incidents else {}
        turned, _ = self._advance(work, entry, state, effects, views, now_us)
        if effects:
            _store_interruptions(work, entry, views, turned)
            if before is not None:
                _store_closed(work, entry, before, ladders, closed, now_us)
        work.state(entry.policy.pump, *entry.encoded(), entry.deadline_us)

    def ring(self, work: Work, entry: Entry, state: PumpState, now_us: int) -> None:
        """Advance the ladders because time passed; the core itself had nothing due."""
        ladders = entry.ladders
        views = _views(entry, state, (), now_us) if state.incidents else {}
        turned, told = self._advance(work, entry, state, (), views, now_us)
        if told or entry.ladders != ladders:
            _store_interruptions(work, entry, views, turned)
            work.state(entry.policy.pump, *entry.encoded(), entry.deadline_us)

    def _advance(
        self,
        work: Work,
        entry: Entry,
        state: PumpState,
        effects: tuple[Effect, ...],
        views: dict[int, InterruptionView],
        now_us: int,
    ) -> tuple[dict[int, LadderState], bool]:
        """Turn the ladders of interruptions and of alerts; return the former and whether anybody was told."""
        ladder = self._ladders.get(entry.policy.therapy.name, self._default)
        before = entry.ladders
        due = [next_deadline_us(state, entry.policy)]
        told = False
        turned: dict[int, LadderState] = {}
        kept: tuple[tuple[int, LadderState], ...] = ()
        if state.incidents:
            turned, told = self._advance_incidents(work, entry, ladder, state, effects, views, due, now_us)
            ended = {incident.number for incident in state.incidents if incident.phase is Phase.ENDED}
            kept = tuple([pair for pair in turned.items() if pair[0] not in ended])
        of_alerts: tuple[tuple[Alert, LadderState], ...] = ()
        if before.of_alerts or any(type(effect) is AlertRaised for effect in effects):
            active = after_effects(before.of_alerts, effects, ladder, now_us)
            open_now = next((view for view in views.values() if view.phase is Phase.OPEN), None)
            of_alerts, told_alerts = self._advance_alerts(work, entry, ladder, state, active, open_now, due, now_us)
            told = told or told_alerts
        entry.put_ladders(Ladders(kept, of_alerts) if kept or of_alerts else NO_LADDERS)
        known = [instant for instant in due if instant is not None]
        entry.deadline_us = min(known) if known else None
        return turned, told

    def _advance_incidents(
        self,
        work: Work,
        entry: Entry,
        ladder: Ladder,
        state: PumpState,
        effects: tuple[Effect, ...],
        views: dict[int, InterruptionView],
        due: list[int | None],
        now_us: int,
    ) -> tuple[dict[int, LadderState], bool]:
        """Turn the ladders of interruptions; return them and whether anybody was told."""
        told = False
        memory = _acknowledged(dict(entry.ladders.of_interruptions), effects, ladder, now_us)
        is_reported = any(isinstance(effect, PersonActed) and effect.what == REPORT_STOPPED for effect in effects)
        turned: dict[int, LadderState] = {}
        for incident in state.incidents:
            number = incident.number
            view = views.get(number)
            if view is not None:
                kept_state = memory.get(number)
                if is_reported and view.phase is Phase.OPEN:
                    # A person who says that it stands is not to be kept waiting for the ladder's minutes.
                    kept_state = hasten(kept_state, ON_REPORT, now_us)
                turn = advance(kept_state, view, ladder, now_us)
                told |= self._tell(work, ladder, entry, turn, view, None, now_us)
                due.append(turn.next_at_us)
                turned[number] = turn.state
            elif number in memory:
                turned[number] = memory[number]
        return turned, told

    def _advance_alerts(
        self,
        work: Work,
        entry: Entry,
        ladder: Ladder,
        state: PumpState,
        active: Active,
        view: InterruptionView | None,
        due: list[int | None],
        now_us: int,
    ) -> tuple[tuple[tuple[Alert, LadderState], ...], bool]:
        """Turn the ladders of alerts that are told by themselves; return them and whether anybody was told."""
        told = False
        still: list[tuple[Alert, LadderState]] = []
        for alert, memory in active.values():
            turn = advance_alert(memory, alert, ladder, now_us, has_interruption=view is not None)
            if turn.told:
                told |= self._tell(
                    work, ladder, entry, turn, _view_of_alert(entry, state, alert, view, now_us), alert, now_us
                )
            if turn.state.rungs or turn.next_at_us is not None:
                still.append((alert, turn.state))
                due.append(turn.next_at_us)
        return tuple(still), told

    def _tell(
        self,
        work: Work,
        ladder: Ladder,
        entry: Entry,
        turn: LadderTurn,
        view: InterruptionView | None,
        alert: Alert | None,
        now_us: int,
    ) -> bool:
        for call in turn.told:
            self._teller.tell(work, call, ladder, entry, view, alert, now_us)
        return bool(turn.told)


def _view_of_alert(
    entry: Entry, state: PumpState, alert: Alert, open_now: InterruptionView | None, now_us: int
) -> InterruptionView | None:
    """Return the interruption that a notice about an alert tells of: its own, even if it only waits for review."""
    for incident in state.incidents:
        if incident.number == alert.interruption:
            return view_of(state, incident, entry.policy, now_us)
    return open_now


def _views(entry: Entry, state: PumpState, effects: tuple[Effect, ...], now_us: int) -> dict[int, InterruptionView]:
    """Return the interruptions that are open or that the effects are about, as they stand now."""
    numbers = touched(state, effects)
    return {
        incident.number: view_of(state, incident, entry.policy, now_us)
        for incident in state.incidents
        if incident.number in numbers
    }


def _acknowledged(
    memory: dict[int, LadderState], effects: tuple[Effect, ...], ladder: Ladder, now_us: int
) -> dict[int, LadderState]:
    for effect in effects:
        if isinstance(effect, RungAcknowledged):
            memory = {
                number: acknowledge(kept, effect.what, effect.by, now_us, ladder) for number, kept in memory.items()
            }
    return memory


def _store_interruptions(
    work: Work, entry: Entry, views: dict[int, InterruptionView], ladders: dict[int, LadderState]
) -> None:
    for number, view in views.items():
        work.interruption(interruption_row(view, entry.policy, ladders.get(number)))


def _store_closed(
    work: Work,
    entry: Entry,
    before: PumpState,
    ladders: Ladders,
    closed: list[PhaseChanged],
    now_us: int,
) -> None:
    """Store what a clinician closed: it is no longer in the state."""
    known = dict(ladders.of_interruptions)
    for effect in closed:
        for incident in before.incidents:
            if incident.number == effect.number:
                view = view_of(before, incident, entry.policy, now_us)
                work.interruption(interruption_row(view, entry.policy, known.get(incident.number), effect))
