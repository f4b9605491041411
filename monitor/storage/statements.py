"""Holds every statement of the writing path, compiled once from the tables for the database in use.

SQLAlchemy writes the SQL, so that it fits each database; executing the finished text with plain tuples
is several times faster than letting it do so for each row.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Column, Select, Table, and_, bindparam, delete, insert, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.dml import Delete, Insert, Update

from monitor.storage.rows import AlertRow, InterruptionRow, NoticeRow, NoticeUpdate
from monitor.storage.tables import (
    alerts,
    bookmarks,
    driver_memory,
    interruptions,
    journal,
    meta,
    outbox,
    pump_state,
    pumps,
    rejects,
)

_HEADS = ("last_journal_id", "last_alert_id", "last_alert_number", "last_notice_id")
_ALERT = AlertRow._fields[2:]
_INTERRUPTION = InterruptionRow._fields[1:]
_DELIVERY = NoticeUpdate._fields[1:]


class Statements:
    """SQL texts with positional parameters, in the order that each attribute's comment names."""

    def __init__(self, dialect: Dialect) -> None:
        """Compile everything; raises if the order of parameters is not the expected one."""
        self._dialect = dialect
        # pump_id; gives key and the heads
        heads = select(pumps.c.key, *(pump_state.c[name] for name in _HEADS)).join_from(pumps, pump_state)
        self.head_of_pump = self._text(heads.where(pumps.c.pump_id == bindparam("pump")), ("pump",))
        # id; gives previous_id and number
        before = select(alerts.c.previous_id, alerts.c.number)
        self.alert_before = self._text(before.where(alerts.c.id == bindparam("id")), ("id",))
        # key, pump_id
        self.pump_insert = self._insert(pumps, ("key", "pump_id"))
        # pump_key
        self.state_insert = self._insert(pump_state, ("pump_key",))
        # deadline_at_us, the heads, state, ladder, pump_key
        self.state_update = self._update(pump_state, ("deadline_at_us", *_HEADS, "state", "ladder"), ("pump_key",))
        # the heads, pump_key
        self.heads_update = self._update(pump_state, _HEADS, ("pump_key",))
        # id, pump_key, previous_id, at_us, kind, body
        self.journal_insert = self._insert(journal, ("id", "pump_key", "previous_id", "at_us", "kind", "body"))
        # pump_key, then InterruptionRow without the pump
        self.interruption_upsert = self._upsert(
            interruptions, ("pump_key", *_INTERRUPTION), ("pump_key", "number"), _INTERRUPTION[1:]
        )
        # id, pump_key, previous_id, then AlertRow without the pump
        self.alert_insert = self._insert(alerts, ("id", "pump_key", "previous_id", "number", *_ALERT))
        # AlertRow without pump and number, then id
        self.alert_update = self._update(alerts, _ALERT, ("id",))
        # id, pump_key, previous_id, then NoticeRow without the pump, state, attempts, updated_at_us
        self.notice_insert = self._insert(
            outbox,
            ("id", "pump_key", "previous_id", *NoticeRow._fields[1:], "state", "attempts", "updated_at_us"),
        )
        # NoticeUpdate without the id, then id
        self.notice_update = self._update(
            outbox, tuple("updated_at_us" if name == "at_us" else name for name in _DELIVERY), ("id",)
        )
        # id, pump_key, at_us, source, position, cause, why, raw
        self.reject_insert = self._insert(rejects, tuple(column.name for column in rejects.columns))
        # id
        self.rejects_prune = self._text(delete(rejects).where(rejects.c.id <= bindparam("id")), ("id",))
        # name, value
        self.meta_upsert = self._upsert(meta, ("name", "value"), ("name",), ("value",))
        # link, data
        self.bookmark_upsert = self._upsert(bookmarks, ("link", "data"), ("link",), ("data",))
        # link, data
        self.memory_upsert = self._upsert(driver_memory, ("link", "data"), ("link",), ("data",))

    def _insert(self, table: Table, names: tuple[str, ...]) -> str:
        return self._text(insert(table).values({name: bindparam(name) for name in names}), names)

    def _upsert(self, table: Table, names: tuple[str, ...], key: tuple[str, ...], replaced: tuple[str, ...]) -> str:
        statement = sqlite.insert(table).values({name: bindparam(name) for name in names})
        new = {name: statement.excluded[name] for name in replaced}
        return self._text(statement.on_conflict_do_update(index_elements=list(key), set_=new), names)

    def _update(self, table: Table, names: tuple[str, ...], key: tuple[str, ...]) -> str:
        condition = and_(*(table.c[name] == bindparam(f"old_{name}") for name in key))
        new: list[tuple[Column[Any], BindParameter[Any]]] = [
            (table.c[name], bindparam(f"new_{name}")) for name in names
        ]
        statement = update(table).where(condition).ordered_values(*new)
        order = (*(f"new_{name}" for name in names), *(f"old_{name}" for name in key))
        return self._text(statement, order)

    def _text(self, statement: Select[Any] | Insert | Update | Delete, order: tuple[str, ...]) -> str:
        compiled = statement.compile(dialect=self._dialect)
        if tuple(compiled.positiontup or ()) != order:
            raise RuntimeError(f"parameters in the order {compiled.positiontup}, not {order}")
        return str(compiled)
