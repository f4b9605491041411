"""The monitor as the feed sees it: snapshots from memory, records from the store, commands to the intake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from monitor.escalation.explanation import Rule, rule_of
from monitor.feed.commands import Command, CommandResult
from monitor.feed.cursor import CursorError
from monitor.feed.ids import alert_id, interruption_id, parse_alert_id, parse_interruption_id
from monitor.feed.records import (
    AlertRecord,
    Count,
    FeedRecord,
    Health,
    InterruptionRecord,
    NoticeRecord,
    Page,
    PumpSnapshot,
    RungRecord,
    Site,
)
from monitor.feed.snapshots import snapshot_of
from monitor.interruption.alarms import AlertPriority
from monitor.interruption.events import Outcome
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import Phase
from monitor.interruption.view import views
from monitor.service.book import Entry
from monitor.service.engine import Engine
from monitor.service.intake import EventArrived, Reply
from monitor.service.recording import Body, body_of, stored_view
from monitor.storage.rows import AlertRow, InterruptionRow, StoredNotice

_body_decoder = msgspec.json.Decoder(dict[str, Any])

CURSOR_DIGITS_MAX = 18
_LOW_RUNGS = frozenset({"patient"})


class EngineSource:
    """Implements ``feed.source.FeedSource`` over one engine; every method may run in a feed thread."""

    def __init__(self, engine: Engine, health: Callable[[], Health], site: Site) -> None:
        self._engine = engine
        self._health = health
        self._site = site

    def now_us(self) -> int:
        """Return monitor time."""
        return self._engine.clock.now_us()

    def site(self) -> Site:
        """Return where this monitor works."""
        return self._site

    def health(self) -> Health:
        """Return whether each part does its work."""
        return self._health()

    def counts(self) -> Sequence[Count]:
        """Return what came in, what was refused or failed by cause, and what became of notices."""
        processor, outgoing = self._engine.processor, self._engine.outgoing
        tally = processor.tally
        counts = [
            Count(name="observations", text="Observations that links handed in.", value=tally.observations),
            Count(name="duplicates", text="Observations that had been heard before.", value=tally.duplicates),
            Count(name="records", text="Durable records of the journal.", value=processor.ledger.latest_cursor),
        ]
        causes: dict[str, int] = {}
        for (cause, _), times in list(tally.refused.items()):
            causes[cause] = causes.get(cause, 0) + times
        text = "Refused frames, lines and messages by cause."
        counts += [Count(name="refused", text=text, value=n, labels=(("cause", c),)) for c, n in causes.items()]
        text = "Faults of the monitor itself, by what it was at and cause; its log has each in full."
        faults = list(tally.faults.items())
        counts += [
            Count(name="faults", text=text, value=n, labels=(("at", at), ("cause", cause))) for (at, cause), n in faults
        ]
        text = "Reports of channels about notices, by state."
        states = list(outgoing.outcomes.items())
        counts += [Count(name="notices", text=text, value=n, labels=(("state", state),)) for state, n in states]
        return counts

    def pumps(self) -> Sequence[PumpSnapshot]:
        """Return every enrolled pump at one instant."""
        now_us = self.now_us()
        entries = list(self._engine.book.entries.values())
        return [snapshot for entry in entries if (snapshot := self._snapshot(entry, now_us)) is not None]

    def pump(self, pump_id: str) -> PumpSnapshot | None:
        """Return one pump, or None if it is not enrolled."""
        entry = self._engine.book.entries.get(pump_id)
        return None if entry is None else self._snapshot(entry, self.now_us())

    def _snapshot(self, entry: Entry, now_us: int) -> PumpSnapshot | None:
        state = entry.state
        if state is None:
            return None
        shown: InterruptionView | None = None
        for view in views(state, entry.policy, now_us):
            if view.phase is Phase.OPEN or (view.phase is Phase.AWAITING_REVIEW and shown is None):
                shown = view
        pump = entry.policy.pump
        alerts = tuple(
            AlertRecord(
                id=alert_id(pump, alert.number),
                pump=pump,
                code=alert.code,
                priority=alert.priority,
                raised_at_us=alert.raised_at_us,
                raw_code=alert.raw_code,
                interruption=None if alert.interruption is None else interruption_id(pump, alert.interruption),
                acknowledged_by=alert.acknowledged_by,
                acknowledged_at_us=alert.acknowledged_at_us,
                latched=alert.latched,
            )
            for alert in state.alerts
        )
        return snapshot_of(entry.policy, state, now_us, shown, alerts)

    def interruptions(self, *, open_only: bool, after: str | None, limit: int) -> Page[InterruptionRecord]:
        """Return interruptions, newest first."""
        rows = self._engine.store.reader.interruptions(limit, before=_place(after), open_only=open_only)
        items = tuple(self._interruption(row) for _, row in rows)
        return Page(items=items, next=str(rows[-1][0]) if len(rows) == limit else None)

    def interruption(self, interruption_id: str) -> InterruptionRecord | None:
        """Return one interruption by ``PUMP-NUMBER``, or None."""
        found = parse_interruption_id(interruption_id)
        row = None if found is None else self._engine.store.reader.interruption(*found)
        return None if row is None else self._interruption(row)

    def _interruption(self, row: InterruptionRow) -> InterruptionRecord:
        notices = self._engine.store.reader.notices_of_interruption(row.pump, row.number)
        told: dict[str, list[str]] = {}
        for notice in notices:
            contacts = told.setdefault(notice.rung, [])
            if notice.contact not in contacts:
                contacts.append(notice.contact)
        body = body_of(row)
        live = self._live_view(row, body)
        rungs = tuple(
            RungRecord(
                rung=rung.rung,
                due_at_us=rung.due_at_us,
                told=tuple(told.get(rung.rung, ())),
                acknowledged_by=rung.acknowledged_by,
                acknowledged_at_us=rung.acknowledged_at_us,
            )
            for rung in body.rungs
        )
        return InterruptionRecord(
            view=stored_view(row, body) if live is None else live[0],
            rule=body.rule if live is None else live[1],
            rungs=rungs,
            notices=tuple(self._notice(notice) for notice in notices),
            outcome=None if row.outcome is None else Outcome(row.outcome),
            note=row.note,
            closed_by=row.closed_by or "",
        )

    def _live_view(self, row: InterruptionRow, body: Body) -> tuple[InterruptionView, Rule] | None:
        entry = self._engine.book.entries.get(row.pump)
        state = None if entry is None else entry.state
        if entry is None or state is None:
            return None
        for view in views(state, entry.policy, self.now_us()):
            if view.number == row.number:
                # What ended may have lost the evidence of its stops while it is still in memory.
                stops = view.stops or body.stops if view.merged_stops else ()
                return msgspec.structs.replace(view, stops=stops), rule_of(view, entry.policy)
        return None

    def alerts(self, *, open_only: bool, after: str | None, limit: int) -> Page[AlertRecord]:
        """Return alert conditions, newest first."""
        rows = self._engine.store.reader.alerts(limit, before=_place(after), open_only=open_only)
        items = tuple(self._alert(row) for _, row in rows)
        return Page(items=items, next=str(rows[-1][0]) if len(rows) == limit else None)

    def alert(self, alert_id: str) -> AlertRecord | None:
        """Return one alert condition, resolved or not, or None."""
        found = parse_alert_id(alert_id)
        row = None if found is None else self._engine.store.reader.alert(*found)
        return None if row is None else self._alert(row)

    def _alert(self, row: AlertRow) -> AlertRecord:
        notices = self._engine.store.reader.notices_of_alert(row.pump, row.number)
        if row.interruption is None and not notices:
            rungs = self._open_rungs(row.pump)
        else:
            rungs = {notice.rung for notice in notices}
        return AlertRecord(
            id=alert_id(row.pump, row.number),
            pump=row.pump,
            code=row.code,
            priority=AlertPriority(row.priority),
            raised_at_us=row.raised_at_us,
            raw_code=row.raw_code,
            interruption=None if row.interruption is None else interruption_id(row.pump, row.interruption),
            acknowledged_by=row.acknowledged_by,
            acknowledged_at_us=row.acknowledged_at_us,
            resolved_at_us=row.resolved_at_us,
            latched=row.is_latched,
            detail=row.detail,
            can_caregiver_acknowledge=bool(rungs) and rungs <= _LOW_RUNGS,
        )

    def _open_rungs(self, pump: str) -> set[str]:
        """Return the rungs that the pump's open interruption has reached: they were told of its alarms."""
        entry = self._engine.book.entries.get(pump)
        if entry is None:
            return set()
        return {rung.rung for _, ladder in entry.ladders.of_interruptions for rung in ladder.rungs}

    def recent_notices(self, limit: int) -> Sequence[NoticeRecord]:
        """Return the newest notices of all pumps, newest first."""
        return [self._notice(notice) for notice in self._engine.store.reader.notices(limit)]

    def _notice(self, notice: StoredNotice) -> NoticeRecord:
        case = None if notice.interruption is None else interruption_id(notice.pump, notice.interruption)
        return NoticeRecord(
            id=f"{self._engine.store.instance}-{notice.id}",
            at_us=notice.created_at_us,
            rung=notice.rung,
            contact=notice.contact,
            channel=notice.channel,
            state=notice.state,
            text=notice.text,
            pump=notice.pump,
            interruption=case,
            detail=notice.last_error or "",
        )

    def latest_cursor(self) -> int:
        """Return the cursor of the newest durable record."""
        return self._engine.processor.ledger.latest_cursor

    def records_after(self, cursor: int, limit: int) -> Sequence[FeedRecord]:
        """Return durable records with a cursor above ``cursor``, lowest first."""
        rows = self._engine.store.reader.journal_after(cursor, limit)
        return [
            FeedRecord(
                cursor=row.id, at_us=row.at_us, kind=row.kind, pump=row.pump, data=_body_decoder.decode(row.body)
            )
            for row in rows
        ]

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call ``wake`` after each commit that added records."""
        return self._engine.processor.ledger.subscribe(wake)

    def command(self, command: Command, wait_s: float) -> CommandResult:
        """Hand a person's command to the intake and wait until it is durable."""
        reply = Reply()
        self._engine.intake.submit(EventArrived(command.pump, command.event, reply))
        if not reply.done.wait(wait_s):
            message = "the command was taken, but is not durable yet"
            raise TimeoutError(message)
        if reply.fault is not None:
            raise reply.fault
        return CommandResult(at_us=reply.at_us, cursor=reply.cursor)


def _place(after: str | None) -> int | None:
    if after is None:
        return None
    if not after.isascii() or not after.isdigit() or len(after) > CURSOR_DIGITS_MAX:
        message = "this page's cursor was never handed out"
        raise CursorError(message)
    return int(after)
