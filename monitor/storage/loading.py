"""Reads what a restart needs, on the writing connection."""

from __future__ import annotations

from sqlalchemy import Table, bindparam, select
from sqlalchemy.engine import Connection

from monitor.storage.queries import NOTICE
from monitor.storage.rows import StoredNotice, StoredState
from monitor.storage.tables import UNFINISHED_NOTICE, bookmarks, driver_memory, outbox, pump_state, pumps

SHRINK = "PRAGMA shrink_memory"
"""Lets SQLite's page cache go; it fills again with what is used."""

STATES_PER_PAGE = 5_000
"""Pumps read at once: the connection is free between two pages."""

_STATES = (
    select(
        pumps.c.pump_id,
        pump_state.c.state,
        pump_state.c.ladder,
        pump_state.c.deadline_at_us,
        pump_state.c.pump_key,
    )
    .join(pumps, pumps.c.key == pump_state.c.pump_key)
    .where(pump_state.c.pump_key > bindparam("after"))
    .order_by(pump_state.c.pump_key)
    .limit(STATES_PER_PAGE)
)

UNFINISHED_NOTICES = (
    NOTICE.where(outbox.c.id > bindparam("after"), UNFINISHED_NOTICE).order_by(outbox.c.id).limit(bindparam("page"))
)


def states(connection: Connection, after: int) -> tuple[list[StoredState], int]:
    """Return one page of pumps with a key above ``after``, and the page's last key (0: no more).

    A pump without a state (it has only said nonsense so far) is left out of the states.
    """
    rows = connection.execute(_STATES, {"after": after}).all()
    found = [StoredState._make(row[:4]) for row in rows if row[1] is not None]
    return found, rows[-1][4] if rows else 0


def unfinished_notices(connection: Connection, after: int, limit: int) -> list[StoredNotice]:
    """Return unfinished messages with an id above ``after``, oldest first."""
    return [StoredNotice._make(row) for row in connection.execute(UNFINISHED_NOTICES, {"after": after, "page": limit})]


def bookmark(connection: Connection, link: str) -> bytes | None:
    """Return a link's bookmark."""
    return _blob(connection, bookmarks, link)


def memory(connection: Connection, link: str) -> bytes | None:
    """Return a link's memory."""
    return _blob(connection, driver_memory, link)


def _blob(connection: Connection, table: Table, link: str) -> bytes | None:
    found: bytes | None = connection.execute(select(table.c.data).where(table.c.link == link)).scalar_one_or_none()
    return found
