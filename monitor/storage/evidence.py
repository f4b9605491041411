"""Shows what was recorded to people outside: the evidence pack, and whether the journal is whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy import Engine, Table, bindparam, func, select, text
from sqlalchemy.engine import Connection

from monitor.storage import opening
from monitor.storage.engine import Place, place_of, reader_engine
from monitor.storage.faults import translated
from monitor.storage.tables import REVISION, alerts, interruptions, journal, outbox, pumps, rejects

ROWS_PER_PAGE = 1_000
"""Rows read at once: a long read would keep the daemon's log from getting shorter."""

_FAULTS_MAX = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANTS = ("_at_us", "_until_us", "as_of_us")
_LEFT_OUT = {"pump_key", "previous_id", "hash"}

_EXPORTED = (interruptions, alerts, outbox, rejects, journal)

_HOLES = """
SELECT id FROM journal AS later
WHERE id > 1 AND NOT EXISTS (SELECT 1 FROM journal AS earlier WHERE earlier.id = later.id - 1)
LIMIT :most
"""
_STEPS_BACK = """
SELECT id FROM (SELECT id, at_us, lag(at_us) OVER (ORDER BY id) AS before_us FROM journal) AS facts
WHERE at_us < before_us
LIMIT :most
"""
_BROKEN_CHAINS = """
SELECT later.id FROM journal AS later LEFT JOIN journal AS earlier ON earlier.id = later.previous_id
WHERE later.previous_id <> 0
AND (earlier.id IS NULL OR earlier.id >= later.id OR earlier.pump_key <> later.pump_key)
LIMIT :most
"""
_QUESTIONS = (
    (_HOLES, "the journal has a hole before fact {id}"),
    (_STEPS_BACK, "fact {id} of the journal is dated before the one that it follows"),
    (_BROKEN_CHAINS, "fact {id} of the journal names one before it that is not there or not of the same pump"),
)


class Verification(NamedTuple):
    """What a look at the journal found.

    Attributes:
        facts: How many there are.
        faults: One sentence each; none is good.
        is_chained: Whether hashes were checked. Not yet: an edit by somebody who may write the file
            is not found by this.
    """

    facts: int
    faults: list[str]
    is_chained: bool = False


def verify(url: str) -> Verification:
    """Return whether the journal is whole and in order. The daemon may be running.

    Raises:
        StorageError: The database cannot be read.
    """
    with _readable(place_of(url)) as engine, engine.connect() as connection, connection.begin():
        facts = connection.execute(select(func.count()).select_from(journal)).scalar_one()
        return Verification(int(facts), faults_of_journal(connection))


def faults_of_journal(connection: Connection) -> list[str]:
    """Return one sentence per fault in the order of the journal."""
    faults: list[str] = []
    for question, sentence in _QUESTIONS:
        found = connection.execute(text(question), {"most": _FAULTS_MAX})
        faults.extend(sentence.format(id=row[0]) for row in found)
    return faults


def export(url: str) -> Iterator[bytes]:
    """Yield the evidence pack: one JSON object per line, without a line end. The daemon may be running.

    The first line says what it is; then come interruptions, alerts, messages, refused input and the
    journal, each oldest first. Instants are RFC 3339 in UTC, durations seconds.

    Raises:
        StorageError: The database cannot be read.
    """
    with _readable(place_of(url)) as engine:
        with engine.connect() as connection, connection.begin():
            last = {table: _last_id(connection, table) for table in _EXPORTED}
            facts = opening.read_meta(connection)
        head = {"table": "export", "version": 1, "revision": REVISION, "meta": facts}
        yield msgspec.json.encode(head | {"last_ids": {str(table.name): up_to for table, up_to in last.items()}})
        for table, up_to in last.items():
            yield from _rows(engine, table, up_to)


def _rows(engine: Engine, table: Table, up_to: int) -> Iterator[bytes]:
    page = (
        select(table, pumps.c.pump_id)
        .outerjoin(pumps, pumps.c.key == table.c.pump_key)
        .where(table.c.id > bindparam("after"), table.c.id <= up_to)
        .order_by(table.c.id)
        .limit(ROWS_PER_PAGE)
    )
    after = 0
    while True:
        with engine.connect() as connection, connection.begin():
            rows = connection.execute(page, {"after": after}).mappings().all()
        if not rows:
            return
        for row in rows:
            named = {"table": str(table.name), "pump": row["pump_id"]}
            yield msgspec.json.encode(named | dict(_shown(name, row[name]) for name in _names(table)))
        after = rows[-1]["id"]


def _names(table: Table) -> list[str]:
    return [str(column.name) for column in table.columns if column.name not in _LEFT_OUT]


def _shown(name: str, value: object) -> tuple[str, object]:
    """Return name and value as people outside read them."""
    if name == "at_us" or name.endswith(_INSTANTS):
        at = (_EPOCH + timedelta(microseconds=value)).isoformat() if isinstance(value, int) else None
        return name.removesuffix("_us"), at
    if name.endswith("_us"):
        return name.removesuffix("_us") + "_s", value / 1_000_000 if isinstance(value, int) else None
    if name == "body" and isinstance(value, str):
        try:
            return name, msgspec.json.decode(value)
        except msgspec.DecodeError:
            # Evidence is shown as it is, even where somebody has spoilt it.
            return name, value
    return name, value


def _last_id(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one())


@contextmanager
def _readable(place: Place) -> Iterator[Engine]:
    engine = reader_engine(place)
    try:
        with translated(str(place), "reading"):
            with engine.connect() as connection, connection.begin():
                opening.refuse_other_version(connection, place)
            yield engine
    finally:
        engine.dispose()
