"""Turns one ``Work`` into rows of the tables, inside a transaction that somebody else opened.

What is remembered between transactions (each pump's key and the ends of its chains, the last ids) is
changed in a draft, and taken over only when the transaction has been committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Connection

from monitor.storage.rows import AlertRow, NoticeRow, NoticeState
from monitor.storage.statements import Statements
from monitor.storage.tables import alerts, journal, outbox, pump_state, pumps, rejects
from monitor.storage.work import JournalValues, Work

REJECTS_KEPT = 10_000
"""How many refused messages the database keeps: the newest ones."""

ALIVE = "alive_at_us"
"""Name of the site-wide value that says when the monitor was last alive."""

_NAMES_PER_QUERY = 500

Head = tuple[int, int, int, int, int]
"""A pump's key, then its last journal id, alert id, alert number and notice id (0: none yet)."""

_KEY, _JOURNAL, _ALERT, _ALERT_NUMBER, _NOTICE = range(5)

_FIND = (
    select(
        pumps.c.pump_id,
        pumps.c.key,
        pump_state.c.last_journal_id,
        pump_state.c.last_alert_id,
        pump_state.c.last_alert_number,
        pump_state.c.last_notice_id,
    )
    .join(pump_state, pump_state.c.pump_key == pumps.c.key)
    .where(pumps.c.pump_id.in_(bindparam("names", expanding=True)))
)


@dataclass(slots=True)
class Ends:
    """Where the database ends: what the next rows' numbers follow.

    Attributes:
        heads: By pump id, for the pumps met so far.
        pump, journal, alert, notice, reject: The last id of each table.
    """

    heads: dict[str, Head]
    pump: int
    journal: int
    alert: int
    notice: int
    reject: int


class Skip(NamedTuple):
    """How many of the first rows of a ``Work`` are in the database already."""

    journals: int = 0
    notices: int = 0


def read_ends(connection: Connection) -> Ends:
    """Return where the database ends now."""

    def last(column: Any) -> int:  # noqa: ANN401 - a column of any table
        return int(connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one())

    return Ends({}, *(last(column) for column in (pumps.c.key, journal.c.id, alerts.c.id, outbox.c.id, rejects.c.id)))


class Draft:
    """Writes one ``Work`` in the transaction of ``connection``, and knows how the database ends then."""

    def __init__(self, connection: Connection, statements: Statements, ends: Ends) -> None:
        self._connection = connection
        self._sql = statements
        self._old = ends
        self._ends = replace(ends)
        self._heads: dict[str, list[int]] = {}

    def write(self, work: Work, skip: Skip) -> None:
        """Write everything but the first rows that ``skip`` counts.

        Nothing counts until the transaction is committed and ``take_over`` was called.
        """
        self._enrol(work)
        self._write_journal(work.journals[skip.journals :] if skip.journals else work.journals)
        self._write_alerts(work)
        self._write_notices(work.notices[skip.notices :] if skip.notices else work.notices)
        self._many(self._sql.notice_update, [(*update[1:], update[0]) for update in work.notice_updates])
        self._write_interruptions(work)
        self._write_rejects(work)
        # After whatever lengthens a chain.
        self._write_states(work)
        self._many(self._sql.bookmark_upsert, list(work.bookmarks.items()))
        metas = list(work.metas.items())
        if work.alive_at_us is not None:
            metas.append((ALIVE, str(work.alive_at_us)))
        self._many(self._sql.meta_upsert, metas)

    def take_over(self) -> Ends:
        """Return where the database ends after the commit."""
        self._old.heads.update(
            (pump, (head[0], head[1], head[2], head[3], head[4])) for pump, head in self._heads.items()
        )
        return self._ends

    def _many(self, sql: str, rows: list[tuple[Any, ...]]) -> int:
        return self._connection.exec_driver_sql(sql, rows).rowcount if rows else 0

    def _enrol(self, work: Work) -> None:
        """Find the pumps of ``work`` that were not met yet, and enter those that are new."""
        known, heads = self._old.heads, self._heads
        for pump in _pumps_of(work):
            if pump not in heads and pump in known:
                heads[pump] = list(known[pump])
        unknown = iter(dict.fromkeys(pump for pump in _pumps_of(work) if pump not in heads))
        while names := list(islice(unknown, _NAMES_PER_QUERY)):
            for pump, *head in self._connection.execute(_FIND, {"names": names}):
                heads[pump] = head
            new = [pump for pump in names if pump not in heads]
            keys = range(self._ends.pump + 1, self._ends.pump + 1 + len(new))
            self._many(self._sql.pump_insert, list(zip(keys, new, strict=True)))
            self._many(self._sql.state_insert, [(key,) for key in keys])
            heads.update((pump, [key, 0, 0, 0, 0]) for pump, key in zip(new, keys, strict=True))
            self._ends.pump += len(new)

    def _write_journal(self, journals: list[JournalValues]) -> None:
        heads = self._heads
        rows: list[tuple[Any, ...]] = []
        for number, (pump, at_us, kind, body) in enumerate(journals, self._ends.journal + 1):
            if pump is None:
                rows.append((number, None, 0, at_us, kind, body))
            else:
                head = heads[pump]
                rows.append((number, head[_KEY], head[_JOURNAL], at_us, kind, body))
                head[_JOURNAL] = number
        self._many(self._sql.journal_insert, rows)
        self._ends.journal += len(rows)

    def _write_alerts(self, work: Work) -> None:
        new: list[tuple[Any, ...]] = []
        changed: list[AlertRow] = []
        for row in work.alerts.values():
            head = self._heads[row.pump]
            if row.number > head[_ALERT_NUMBER]:
                self._ends.alert += 1
                new.append((self._ends.alert, head[_KEY], head[_ALERT], *row[1:]))
                head[_ALERT], head[_ALERT_NUMBER] = self._ends.alert, row.number
            else:
                changed.append(row)
        self._many(self._sql.alert_insert, new)
        updates = [(*row[2:], self._heads[row.pump][_KEY], row.number) for row in changed]
        if self._many(self._sql.alert_update, updates) != len(updates):
            self._write_odd_alerts(changed)

    def _write_odd_alerts(self, rows: list[AlertRow]) -> None:
        """Store alerts of which some were resolved before, or came out of order: found by their chain."""
        for row in rows:
            head = self._heads[row.pump]
            alert_id = self._find_alert(head[_ALERT], row.number)
            if alert_id:
                self._many(self._sql.alert_update_by_id, [(*row[2:], alert_id)])
            else:
                self._ends.alert += 1
                self._many(self._sql.alert_insert, [(self._ends.alert, head[_KEY], head[_ALERT], *row[1:])])
                head[_ALERT] = self._ends.alert

    def _find_alert(self, alert_id: int, number: int) -> int:
        query = select(alerts.c.previous_id, alerts.c.number).where(alerts.c.id == bindparam("wanted"))
        while alert_id:
            previous, found = self._connection.execute(query, {"wanted": alert_id}).one()
            if found == number:
                return alert_id
            alert_id = previous
        return 0

    def _write_notices(self, notices: list[NoticeRow]) -> None:
        rows: list[tuple[Any, ...]] = []
        for number, row in enumerate(notices, self._ends.notice + 1):
            head = self._heads[row[0]]
            rows.append((number, head[_KEY], head[_NOTICE], *row[1:], NoticeState.QUEUED.value, 0, row.created_at_us))
            head[_NOTICE] = number
        self._many(self._sql.notice_insert, rows)
        self._ends.notice += len(rows)

    def _write_interruptions(self, work: Work) -> None:
        rows = [(self._heads[row[0]][_KEY], *row[1:]) for row in work.interruptions.values()]
        self._many(self._sql.interruption_upsert, rows)

    def _write_rejects(self, work: Work) -> None:
        first = self._ends.reject + 1
        rows = [
            (number, self._heads[row[0]][_KEY] if row[0] is not None else None, *row[1:])
            for number, row in enumerate(work.rejects, first)
        ]
        if rows:
            self._many(self._sql.reject_insert, rows)
            self._ends.reject += len(rows)
            self._many(self._sql.rejects_prune, [(self._ends.reject - REJECTS_KEPT,)])

    def _write_states(self, work: Work) -> None:
        heads = self._heads
        states = work.states
        rows = []
        for pump, (state, ladder, deadline_at_us) in states.items():
            key, *ends = heads[pump]
            rows.append((deadline_at_us, *ends, state, ladder, key))
        self._many(self._sql.state_update, rows)
        known = self._old.heads
        others = [
            (*head[1:], head[0])
            for pump, head in heads.items()
            if pump not in states and tuple(head) != known.get(pump)
        ]
        self._many(self._sql.heads_update, others)


def _pumps_of(work: Work) -> Iterator[str]:
    """Yield the pump of every row, with repeats."""
    yield from work.states
    yield from (row[0] for row in work.journals if row[0] is not None)
    keyed: Iterable[tuple[str, int]] = (*work.interruptions, *work.alerts)
    yield from (pump for pump, _ in keyed)
    yield from (row[0] for row in work.notices)
    yield from (row[0] for row in work.rejects if row[0] is not None)
