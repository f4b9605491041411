"""Holds the feed's queries over the stored tables.

A pump's own rows are found by walking back along its chain, because each row names the one before it.
Lists are newest first; ``page`` bounds each of them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import CTE, BindParameter, ColumnElement, Select, Table, bindparam, literal, select

from monitor.storage.rows import AlertRow, InterruptionRow, RejectRow, StoredNotice
from monitor.storage.tables import (
    OPEN_ALERT,
    OPEN_INTERRUPTION,
    alerts,
    interruptions,
    journal,
    outbox,
    pump_state,
    pumps,
    rejects,
)

NEWEST = 2**63 - 1
"""As ``before``: above every id."""

Query = Select[Any]


class Chain(NamedTuple):
    """How one pump's rows are read, newest first.

    Attributes:
        head: The newest id.
        previous: The id that comes before the id ``before``.
        rows: At most ``page`` rows from the id ``start`` on.
    """

    head: Query
    previous: Query
    rows: Query


_PAGE: BindParameter[int] = bindparam("page")
_BEFORE: BindParameter[int] = bindparam("before")
_START: BindParameter[int] = bindparam("start")


def _columns(table: Table, names: tuple[str, ...]) -> list[ColumnElement[Any]]:
    """Return the columns of a row's fields; the field ``pump`` is the pump's id."""
    return [pumps.c.pump_id if name == "pump" else table.c[name] for name in names]


def _query(table: Table, names: tuple[str, ...]) -> Query:
    return select(*_columns(table, names)).outerjoin(pumps, pumps.c.key == table.c.pump_key)


def _newest_first(query: Query, table: Table) -> Query:
    return query.where(table.c.id < _BEFORE).order_by(table.c.id.desc()).limit(_PAGE)


def _chain(table: Table, *more: ColumnElement[Any]) -> CTE:
    """Return the rows of a chain that begins at the id ``start``; ``depth`` counts from 1."""
    first = select(table.c.id, table.c.previous_id, literal(1).label("depth"), *more).where(table.c.id == _START)
    return first.cte("chain", recursive=True)


def _walked(table: Table, query: Query, head: str) -> Chain:
    """Return how the rows of ``query`` are read along a pump's chain."""
    chain = _chain(table)
    older = select(table.c.id, table.c.previous_id, chain.c.depth + 1).join(chain, table.c.id == chain.c.previous_id)
    chain = chain.union_all(older.where(chain.c.depth < _PAGE))
    rows = query.join(chain, chain.c.id == table.c.id).order_by(table.c.id.desc()).limit(_PAGE)
    previous = select(table.c.previous_id).join(pumps, pumps.c.key == table.c.pump_key)
    return Chain(_head(head), previous.where(table.c.id == _BEFORE, pumps.c.pump_id == bindparam("pump")), rows)


def _head(column: str) -> Query:
    """Return the newest id of one pump's chain."""
    joined = select(pump_state.c[column]).join(pumps, pumps.c.key == pump_state.c.pump_key)
    return joined.where(pumps.c.pump_id == bindparam("pump"))


_JOURNAL = _query(journal, ("id", "pump", "at_us", "kind", "body"))
JOURNAL_AFTER = (
    _JOURNAL.where(journal.c.id > bindparam("after"), journal.c.id <= bindparam("up_to"))
    .order_by(journal.c.id)
    .limit(_PAGE)
)
JOURNAL_OF = _walked(journal, _JOURNAL, "last_journal_id")

_INTERRUPTION = _query(interruptions, ("id", *InterruptionRow._fields))
INTERRUPTIONS = _newest_first(_INTERRUPTION, interruptions)
INTERRUPTIONS_OF = INTERRUPTIONS.where(pumps.c.pump_id == bindparam("pump"))
OPEN_INTERRUPTIONS = INTERRUPTIONS.where(OPEN_INTERRUPTION)
OPEN_INTERRUPTIONS_OF = INTERRUPTIONS_OF.where(OPEN_INTERRUPTION)
INTERRUPTION = _INTERRUPTION.where(pumps.c.pump_id == bindparam("pump"), interruptions.c.number == bindparam("number"))

_ALERT = _query(alerts, ("id", *AlertRow._fields))
ALERTS = _newest_first(_ALERT, alerts)
OPEN_ALERTS = ALERTS.where(OPEN_ALERT)
OPEN_ALERTS_OF = OPEN_ALERTS.where(pumps.c.pump_id == bindparam("pump"))
ALERTS_OF = _walked(alerts, _ALERT, "last_alert_id")


def _alert_by_number() -> Query:
    chain = _chain(alerts, alerts.c.number)
    older = select(alerts.c.id, alerts.c.previous_id, chain.c.depth + 1, alerts.c.number)
    found = chain.c.number == bindparam("number")
    chain = chain.union_all(older.join(chain, alerts.c.id == chain.c.previous_id).where(~found))
    return _ALERT.join(chain, chain.c.id == alerts.c.id).where(alerts.c.number == bindparam("number"))


ALERT = _alert_by_number()

NOTICE = _query(outbox, StoredNotice._fields)
NOTICES = _newest_first(NOTICE, outbox)
NOTICES_HEAD = _head("last_notice_id")


def _notices_about(column: str) -> Query:
    """Return the messages about one interruption or alert, oldest first: none is older than ``since_us``."""
    chain = _chain(outbox)
    older = select(outbox.c.id, outbox.c.previous_id, chain.c.depth + 1)
    older = older.join(chain, outbox.c.id == chain.c.previous_id)
    chain = chain.union_all(older.where(outbox.c.created_at_us >= bindparam("since_us")))
    about = NOTICE.join(chain, chain.c.id == outbox.c.id).where(outbox.c[column] == bindparam("number"))
    return about.order_by(outbox.c.id).limit(_PAGE)


NOTICES_OF_INTERRUPTION, NOTICES_OF_ALERT = _notices_about("interruption"), _notices_about("alert")

REJECTS = _newest_first(_query(rejects, RejectRow._fields), rejects)
