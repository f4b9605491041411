"""Turns effects into rows: the journal's facts, and interruptions and alerts as they now stand; and rows into views."""

from __future__ import annotations

import msgspec

from monitor.escalation.explanation import Rule, rule_of
from monitor.escalation.turns import LadderState
from monitor.feed.ids import interruption_id
from monitor.interruption.effects import (
    AlertAcknowledged,
    AlertRaised,
    AlertResolved,
    Effect,
    PhaseChanged,
    kind_of,
)
from monitor.interruption.offtime import Stop
from monitor.interruption.policy import Policy, Threshold
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import Alert, OffClass, Phase, PumpState
from monitor.storage.rows import AlertRow, InterruptionRow
from monitor.storage.work import Work

_encoder = msgspec.json.Encoder()


class RungSummary(msgspec.Struct, frozen=True, array_like=True):
    """One rung that was reached, as it is stored with its interruption."""

    rung: str
    due_at_us: int
    acknowledged_by: str | None
    acknowledged_at_us: int | None


class Body(msgspec.Struct, frozen=True, gc=False):
    """What is stored of an interruption beside its columns.

    Attributes:
        rungs: Reached so far, lowest first.
        stops: One by one, as they stood when it was stored; see ``InterruptionView``.
        rule: By which figures it was judged; None in the older form, which had rungs alone.
        threshold_met_at_us: When ``off_max`` met the threshold; None if it has not, and in older forms.
        is_unbounded: Whether a downtime of unknown length lay in it; see ``InterruptionView``.
    """

    rungs: tuple[RungSummary, ...] = ()
    stops: tuple[Stop, ...] = ()
    rule: Rule | None = None
    threshold_met_at_us: int | None = None
    is_unbounded: bool = False


_ABOUT_AN_ALERT = (AlertAcknowledged, AlertResolved)

_body_decoder = msgspec.json.Decoder(Body | tuple[RungSummary, ...])


def record_effects(work: Work, pump: str, at_us: int, effects: tuple[Effect, ...]) -> None:
    """Add each effect to the journal, and the alert it is about to the alerts."""
    encode, journals = _encoder.encode, work.journals
    for effect in effects:
        journals.append((pump, at_us, kind_of(effect), encode(effect).decode()))
        if isinstance(effect, AlertRaised):
            work.alert(alert_row(pump, effect.alert, effect.detail))
        elif isinstance(effect, _ABOUT_AN_ALERT):
            work.alert(alert_row(pump, effect.alert))


def record_fact(work: Work, pump: str | None, at_us: int, kind: str, body: dict[str, object]) -> None:
    """Add a fact that is no effect of a step, such as a notice that was queued."""
    work.journal(pump, at_us, kind, _encoder.encode(body))


def alert_row(pump: str, alert: Alert, detail: str = "") -> AlertRow:
    """Return an alert condition as it is stored."""
    # By place, and as the database takes them: a name and a type of our own cost as much as the row.
    return AlertRow(
        pump,
        alert.number,
        str(alert.code),
        str(alert.priority),
        alert.raised_at_us,
        alert.acknowledged_by,
        alert.acknowledged_at_us,
        alert.resolved_at_us,
        alert.raw_code,
        alert.latched,
        alert.interruption,
        detail,
    )


def interruption_row(
    view: InterruptionView, policy: Policy, ladder: LadderState | None, closed: PhaseChanged | None = None
) -> InterruptionRow:
    """Return an interruption as it is stored, with what a clinician said at its close, if it is closed."""
    reached = () if ladder is None else ladder.rungs
    rungs = tuple(RungSummary(one.rung, one.due_at_us, one.acknowledged_by, one.acknowledged_at_us) for one in reached)
    rule = rule_of(view, policy)
    return InterruptionRow(
        pump=view.pump,
        number=view.number,
        opened_at_us=view.opened_at_us,
        noticed_at_us=view.noticed_at_us,
        detected_at_us=view.detected_at_us,
        ended_at_us=view.ended_at_us if closed is None else closed.ended_at_us,
        phase=str(view.phase if closed is None else closed.phase),
        as_of_us=view.at_us,
        off_min_us=view.off_min_us,
        off_max_us=view.off_max_us,
        is_max_running=view.is_max_running,
        off_class=str(view.off_class),
        stops=view.merged_stops,
        found_late=view.found_late,
        deadline_at_us=view.deadline_at_us,
        threshold_us=rule.threshold_us,
        body=_encoder.encode(Body(rungs, view.stops, rule, view.threshold_met_at_us, view.is_unbounded)).decode(),
        outcome=None if closed is None else closed.outcome,
        note="" if closed is None else closed.note,
        closed_by=None if closed is None else closed.by,
    )


def body_of(row: InterruptionRow) -> Body:
    """Return what is stored of an interruption beside its columns; an older form held the rungs alone."""
    found = _body_decoder.decode(row.body)
    return found if isinstance(found, Body) else Body(found)


def stored_view(row: InterruptionRow, body: Body) -> InterruptionView:
    """Return an interruption that is over, as it was stored last."""
    threshold = Threshold(row.threshold_us or 1) if body.rule is None else body.rule.threshold
    return InterruptionView(
        id=interruption_id(row.pump, row.number),
        pump=row.pump,
        number=row.number,
        at_us=row.as_of_us,
        opened_at_us=row.opened_at_us,
        noticed_at_us=row.noticed_at_us,
        detected_at_us=row.detected_at_us,
        high_priority_at_us=None,
        phase=Phase(row.phase),
        ended_at_us=row.ended_at_us,
        off_min_us=row.off_min_us,
        off_max_us=row.off_max_us,
        off_class=OffClass(row.off_class),
        is_max_running=False,
        deadline_at_us=None,
        threshold_met_at_us=_met_at_us(row, body, threshold) if threshold.is_met(row.off_max_us) else None,
        silent_since_us=None,
        last_contact_at_us=None,
        alarm_codes=(),
        merged_stops=row.stops,
        found_late=row.found_late,
        mark=None,
        is_held=False,
        stops=body.stops,
        threshold=threshold,
        is_unbounded=body.is_unbounded,
    )


def _met_at_us(row: InterruptionRow, body: Body, threshold: Threshold) -> int:
    """Return when a stored off-time that has met the threshold did.

    An older row does not say. That it was not met would be wrong, and its end too late: it is dated as early
    as it can have been, as if it had stood from the beginning on.
    """
    if body.threshold_met_at_us is not None:
        return body.threshold_met_at_us
    earliest_us = row.opened_at_us + threshold.met_from_us()
    return earliest_us if row.ended_at_us is None else min(earliest_us, row.ended_at_us)


def touched(state: PumpState, effects: tuple[Effect, ...]) -> set[int]:
    """Return the numbers of the interruptions that the effects are about or that are open."""
    numbers = {number for effect in effects if (number := getattr(effect, "number", None)) is not None}
    numbers.update([incident.number for incident in state.incidents if incident.phase is Phase.OPEN])
    return numbers
