"""Turns one ``Work`` into rows of the tables, inside a transaction that somebody else opened.

What is remembered between transactions (each pump's key and the ends of its chains, the last ids) is
changed while writing: after a transaction that failed it must be read anew.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Column, func, select
from sqlalchemy.engine import Connection

from monitor.storage.rows import AlertRow, NoticeRow, NoticeState
from monitor.storage.statements import Statements
from monitor.storage.tables import alerts, journal, outbox, pumps, rejects
from monitor.storage.work import JournalValues, Work

REJECTS_KEPT = 10_000
"""How many refused messages the database keeps: the newest ones."""

ALIVE = "alive_at_us"
"""Name of the site-wide value that says when the monitor was last alive."""

_QUEUED = NoticeState.QUEUED.value

Head = list[int]
"""A pump's key, then its last journal id, alert id, alert number and notice id (0: none yet)."""

_KEY, _JOURNAL, _ALERT, _ALERT_NUMBER, _NOTICE = range(5)


@dataclass(slots=True)
class Ends:
    """Where the database ends: what the next rows' numbers follow.

    Attributes:
        heads: By pump id, for the pumps met so far.
        open_alerts: Ids by pump and number, for the alerts met so far that are not resolved.
        pump, journal, alert, notice, reject: The last id of each table.
    """

    heads: dict[str, Head]
    open_alerts: dict[tuple[str, int], int]
    pump: int
    journal: int
    alert: int
    notice: int
    reject: int

    def copy(self) -> Ends:
        """Return the same numbers, to be counted on; the memory of pumps and alerts is shared, because it is large."""
        return Ends(self.heads, self.open_alerts, self.pump, self.journal, self.alert, self.notice, self.reject)


class Skip(NamedTuple):
    """How many of the first rows of a ``Work`` are in the database already."""

    journals: int = 0
    notices: int = 0


def read_ends(connection: Connection) -> Ends:
    """Return where the database ends now."""

    def last(column: Column[int]) -> int:
        return int(connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one())

    return Ends(
        {}, {}, *(last(column) for column in (pumps.c.key, journal.c.id, alerts.c.id, outbox.c.id, rejects.c.id))
    )


class Draft:
    """Writes one ``Work`` in one transaction, and knows how the database ends then.

    Attributes:
        ends: Where the database ends, if the transaction is committed; if not, read them anew before the next draft.
    """

    _cursor: sqlite3.Cursor

    def __init__(self, work: Work, skip: Skip, statements: Statements, ends: Ends) -> None:
        """Make a draft of everything in ``work`` but the first rows that ``skip`` counts."""
        self._work = work
        self._skip = skip
        self._sql = statements
        self.ends = ends.copy()
        self._heads = ends.heads

    def write(self, cursor: sqlite3.Cursor) -> None:
        """Write it in the transaction of ``cursor``; once only."""
        self._cursor = cursor
        work, skip = self._work, self._skip
        mentioned = _pumps_of(work)
        # Not a difference of sets, which would go through all the pumps there are.
        if missing := [pump for pump in mentioned if pump not in self._heads]:
            self._enrol(missing)
        # Most transactions hold two or three kinds of rows: what is not there is not looked at.
        if work.journals:
            self._write_journal(work.journals[skip.journals :] if skip.journals else work.journals)
        if work.alerts:
            self._write_alerts(work)
        if work.notices:
            self._write_notices(work.notices[skip.notices :] if skip.notices else work.notices)
        if work.notice_updates:
            self._many(self._sql.notice_update, [(*update[1:], update[0]) for update in work.notice_updates])
        if work.interruptions:
            self._write_interruptions(work)
        if work.rejects:
            self._write_rejects(work)
        # After whatever lengthens a chain.
        self._write_states(work, mentioned)
        if work.bookmarks:
            self._many(self._sql.bookmark_upsert, list(work.bookmarks.items()))
        if work.metas or work.alive_at_us is not None:
            self._write_metas(work)

    def _write_metas(self, work: Work) -> None:
        metas = list(work.metas.items())
        if work.alive_at_us is not None:
            metas.append((ALIVE, str(work.alive_at_us)))
        self._many(self._sql.meta_upsert, metas)

    def _many(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        if len(rows) == 1:
            self._cursor.execute(sql, rows[0])
        elif rows:
            self._cursor.executemany(sql, rows)

    def _enrol(self, missing: list[str]) -> None:
        """Find the pumps that were not met yet, and enter those that are new."""
        heads = self._heads
        new: list[str] = []
        for pump in sorted(missing):
            head = self._cursor.execute(self._sql.head_of_pump, (pump,)).fetchone()
            if head is None:
                new.append(pump)
            else:
                heads[pump] = list(head)
        keys = range(self.ends.pump + 1, self.ends.pump + 1 + len(new))
        self._many(self._sql.pump_insert, list(zip(keys, new, strict=True)))
        self._many(self._sql.state_insert, [(key,) for key in keys])
        heads.update((pump, [key, 0, 0, 0, 0]) for pump, key in zip(new, keys, strict=True))
        self.ends.pump += len(new)

    def _write_journal(self, journals: list[JournalValues]) -> None:
        heads = self._heads
        rows: list[tuple[Any, ...]] = []
        for number, (pump, at_us, kind, body) in enumerate(journals, self.ends.journal + 1):
            if pump is None:
                rows.append((number, None, 0, at_us, kind, body))
            else:
                head = heads[pump]
                rows.append((number, head[_KEY], head[_JOURNAL], at_us, kind, body))
                head[_JOURNAL] = number
        self._many(self._sql.journal_insert, rows)
        self.ends.journal += len(rows)

    def _write_alerts(self, work: Work) -> None:
        new: list[tuple[Any, ...]] = []
        updates: list[tuple[Any, ...]] = []
        others: list[AlertRow] = []
        open_alerts = self.ends.open_alerts
        for name, row in work.alerts.items():
            if alert_id := open_alerts.get(name):
                updates.append((*row[2:], alert_id))
                self._remember(name, alert_id, row)
            elif row.number > self._heads[row.pump][_ALERT_NUMBER]:
                new.append(self._new_alert(row))
            else:
                others.append(row)
        if new:
            self._many(self._sql.alert_insert, new)
        # Raised before the last restart, or resolved before, or numbered out of order.
        for row in others:
            if alert_id := self._find_alert(self._heads[row.pump][_ALERT], row.number):
                updates.append((*row[2:], alert_id))
                self._remember((row.pump, row.number), alert_id, row)
            else:
                self._many(self._sql.alert_insert, [self._new_alert(row)])
        if updates:
            self._many(self._sql.alert_update, updates)

    def _new_alert(self, row: AlertRow) -> tuple[Any, ...]:
        head = self._heads[row.pump]
        alert_id = self.ends.alert = self.ends.alert + 1
        values = (alert_id, head[_KEY], head[_ALERT], *row[1:])
        head[_ALERT], head[_ALERT_NUMBER] = alert_id, max(row.number, head[_ALERT_NUMBER])
        self._remember((row.pump, row.number), alert_id, row)
        return values

    def _remember(self, name: tuple[str, int], alert_id: int, row: AlertRow) -> None:
        if row.resolved_at_us is None:
            self.ends.open_alerts[name] = alert_id
        else:
            self.ends.open_alerts.pop(name, None)

    def _find_alert(self, alert_id: int, number: int) -> int:
        """Return the id of an alert on the chain that begins at ``alert_id``, or 0 if it is not there."""
        while alert_id:
            previous, found = self._cursor.execute(self._sql.alert_before, (alert_id,)).fetchone()
            if found == number:
                break
            alert_id = previous
        return alert_id

    def _write_notices(self, notices: list[NoticeRow]) -> None:
        rows: list[tuple[Any, ...]] = []
        for number, row in enumerate(notices, self.ends.notice + 1):
            head = self._heads[row[0]]
            rows.append((number, head[_KEY], head[_NOTICE], *row[1:], _QUEUED, 0, row.created_at_us))
            head[_NOTICE] = number
        self._many(self._sql.notice_insert, rows)
        self.ends.notice += len(rows)

    def _write_interruptions(self, work: Work) -> None:
        rows = [(self._heads[row[0]][_KEY], *row[1:]) for row in work.interruptions.values()]
        self._many(self._sql.interruption_upsert, rows)

    def _write_rejects(self, work: Work) -> None:
        first = self.ends.reject + 1
        rows = [
            (number, self._heads[row[0]][_KEY] if row[0] is not None else None, *row[1:])
            for number, row in enumerate(work.rejects, first)
        ]
        if rows:
            self._many(self._sql.reject_insert, rows)
            self.ends.reject += len(rows)
            self._many(self._sql.rejects_prune, [(self.ends.reject - REJECTS_KEPT,)])

    def _write_states(self, work: Work, mentioned: set[str]) -> None:
        heads = self._heads
        states = work.states
        rows = []
        for pump, (state, ladder, deadline_at_us) in states.items():
            key, journal_id, alert_id, alert_number, notice_id = heads[pump]
            rows.append((deadline_at_us, journal_id, alert_id, alert_number, notice_id, state, ladder, key))
        self._many(self._sql.state_update, rows)
        if len(mentioned) > len(rows):
            others = [heads[pump] for pump in mentioned if pump not in states]
            self._many(self._sql.heads_update, [(*head[1:], head[0]) for head in others])


def _pumps_of(work: Work) -> set[str]:
    """Return every pump that a row is about."""
    found = set(work.states)
    if work.journals:
        found.update([row[0] for row in work.journals if row[0] is not None])
    if work.interruptions:
        found.update([key[0] for key in work.interruptions])
    if work.alerts:
        found.update([key[0] for key in work.alerts])
    if work.notices:
        found.update([row[0] for row in work.notices])
    if work.rejects:
        found.update([row[0] for row in work.rejects if row[0] is not None])
    return found
