"""Opens the database the one right way, reads every setting back, and refuses what is not safe.

SQLite's settings are requests: on a network share the write-ahead log is silently not used, and a
build may ignore a pragma. Durability is promised to the pump's link after each commit, so each setting
that it rests on is read back, and a database that does not obey is not used at all.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool, QueuePool, StaticPool

from monitor.errors import StorageError
from monitor.storage.tables import APPLICATION_ID

BUSY_TIMEOUT_MS = 5_000
"""How long a statement waits for another program's lock before it fails."""

LOG_RESET_PAGES = 8_192
"""SQLite empties the write-ahead log into the file whenever it has grown by this (32 MiB)."""

LOG_KEPT_BYTES = 64 * 1024 * 1024
"""A longer log file is cut back to this when it starts anew."""

CACHE_KIB = 24 * 1024
"""Page cache of the writer: the states of some 20,000 pumps that keep changing."""

READERS = 4
READERS_AT_MOST = 12
READER_WAIT_S = 5

BEGIN_WRITING = "BEGIN IMMEDIATE"
"""Takes the lock at once: a transaction that took it later could find that another program was first."""

MEMORY = "memory"

_COMMON = (
    ("busy_timeout", str(BUSY_TIMEOUT_MS), BUSY_TIMEOUT_MS),
    ("foreign_keys", "ON", 1),
    ("cell_size_check", "ON", 1),
    ("trusted_schema", "OFF", 0),
)
_WRITER = (
    # First: a file that is not ours is refused before this, and everything else assumes it.
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),
    # On a Mac, fsync alone leaves the data in the drive's cache.
    ("fullfsync", "ON", 1),
    ("checkpoint_fullfsync", "ON", 1),
    ("wal_autocheckpoint", str(LOG_RESET_PAGES), LOG_RESET_PAGES),
    ("journal_size_limit", str(LOG_KEPT_BYTES), LOG_KEPT_BYTES),
    ("cache_size", str(-CACHE_KIB), -CACHE_KIB),
    *_COMMON,
)
# Readers never checkpoint: with a single connection that does, two of them cannot meet (SQLite before
# 3.51.3 could damage the file if they did).
_READER = (("wal_autocheckpoint", "0", 0), *_COMMON, ("query_only", "ON", 1))


class Place(NamedTuple):
    """Where a database is: ``path`` is None for one in memory."""

    path: Path | None

    def __str__(self) -> str:
        return str(self.path) if self.path else MEMORY

    def beside(self, suffix: str) -> Path:
        """Return the path of a file that SQLite keeps beside the database."""
        if self.path is None:
            raise StorageError("a database in memory has no files")
        return self.path.with_name(self.path.name + suffix)

    def identity(self) -> tuple[int, int] | None:
        """Return what tells this file from another one of the same name; None if there is none."""
        if self.path is None:
            return None
        try:
            # Looked at before each commit: pathlib's own way takes as long again.
            found = os.stat(self.path)  # noqa: PTH116 - see above
        except OSError:
            return None
        return (found.st_dev, found.st_ino)


def place_of(url: str) -> Place:
    """Return the place that a URL names.

    Raises:
        StorageError: It is not ``sqlite:///PATH`` or ``sqlite://``.
    """
    scheme, _, rest = url.partition("://")
    if scheme.partition("+")[0] == "postgresql":
        raise StorageError("storage in postgresql is not offered yet; write sqlite:///PATH")
    if scheme != "sqlite" or "?" in rest or (rest and not rest.startswith("/")) or rest.startswith("/file:"):
        raise StorageError(f"{url!r} does not name a database file; write sqlite:///PATH")
    if rest in {"", "/", "/:memory:"}:
        return Place(None)
    # Taken as it stands: no character of a path has another meaning here.
    return Place(Path(rest[1:]).absolute())


def writer_engine(place: Place) -> Engine:
    """Return the engine of the one connection that writes; its transactions lock at their beginning."""
    if place.path is None:
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        engine = create_engine("sqlite://", poolclass=NullPool, creator=_opener(place.path))
    _set_up(engine, place, _WRITER, BEGIN_WRITING)
    return engine


def reader_engine(place: Place, pool_size: int = READERS) -> Engine:
    """Return an engine of connections that cannot write; one per thread that reads at the same time."""
    if place.path is None:
        raise StorageError("a database in memory has a single connection")
    engine = create_engine(
        "sqlite://",
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=READERS_AT_MOST - pool_size,
        pool_timeout=READER_WAIT_S,
        creator=_opener(place.path),
    )
    _set_up(engine, place, _READER, "BEGIN")
    return engine


def _opener(path: Path) -> Callable[[], sqlite3.Connection]:
    # mode=rw: a file that was removed is an error, never a new empty database.
    uri = path.as_uri() + "?mode=rw"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_MS / 1000, check_same_thread=False)

    return connect


def _set_up(engine: Engine, place: Place, pragmas: tuple[tuple[str, str, object], ...], begin: str) -> None:
    def connected(connection: sqlite3.Connection, _record: object) -> None:
        # None: SQLite's transactions begin where we say so, and include changes of the schema.
        connection.isolation_level = None
        refuse_foreign(connection, place)
        for name, wanted, expected in pragmas:
            set_pragma(connection, place, name, wanted, expected)

    def began(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", began)


def refuse_foreign(connection: sqlite3.Connection, place: Place) -> None:
    """Raise StorageError if the file holds tables and is not ours; changes nothing."""
    found = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and found != APPLICATION_ID:
        raise StorageError(f"{place} is another program's database; name another file in [storage] url")


def set_pragma(connection: sqlite3.Connection, place: Place, name: str, wanted: str, expected: object) -> None:
    """Ask for one setting and read it back.

    Raises:
        StorageError: It did not take.
    """
    connection.execute(f"PRAGMA {name}={wanted}").fetchall()
    row = connection.execute(f"PRAGMA {name}").fetchone()
    got = row[0] if row else None
    if name == "journal_mode" and place.path is None:
        expected = MEMORY
    if got != expected:
        advice = "is it on a network share? put it on a local disk" if name == "journal_mode" else "use another SQLite"
        raise StorageError(f"{place}: the setting {name}={wanted} did not hold (it is {got}): {advice}")
