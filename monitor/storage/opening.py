"""Decides whether a database may be used as it is, and makes a new one.

A database that is damaged, from another version or not whole is refused with a sentence that says what
to do. Only a new, empty one is made ready without asking.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, String, Table, insert, inspect, select
from sqlalchemy.engine import Connection

from monitor.errors import StorageError
from monitor.storage.engine import Place
from monitor.storage.faults import translated
from monitor.storage.tables import APPLICATION_ID, REVISION, meta, metadata

QUICK_CHECK_MAX_BYTES = 256 * 1024 * 1024
"""Up to this size the whole file is checked at each start (about a second); above, the tables that decide."""

HEADER_BYTES = 100
"""Of an SQLite file; a database is never shorter. See https://sqlite.org/fileformat.html."""

_DECIDING = ("pumps", "pump_state", "interruptions", "alerts", "meta", "bookmarks", "driver_memory")

INSTANCE = "instance"
CREATED = "created_at_us"

REVISIONS = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Where Alembic notes which revision the tables are at."""


def prepare_directory(path: Path) -> None:
    """Raise StorageError if the directory that a file is to lie in is not there."""
    if not path.parent.is_dir():
        raise StorageError(f"{path.parent} is no directory; make it, or name another path")


def prepare_file(place: Place) -> None:
    """Make the file if there is none, before SQLite touches it.

    Raises:
        StorageError: The file cannot be made, is something else, or its log has lost its database.
    """
    path = place.path
    if path is None:
        return
    size = path.stat().st_size if path.exists() else 0
    log = place.beside("-wal")
    if not size and log.exists() and log.stat().st_size:
        # SQLite would delete the log of an empty database, and with it the last thing that is known.
        raise StorageError(
            f"{path} is missing or empty, but its log {log.name} is there: restore it, or move both away"
        )
    if 0 < size < HEADER_BYTES:
        # SQLite takes so short a file for an empty database and writes over it.
        raise StorageError(f"{path} is no database; move it away, or name another path")
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        if not size:
            sync(path.parent)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}; look at its permissions") from error


def sync(path: Path) -> None:
    """Wait until a file, or the names in a directory, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_if_empty(connection: Connection, now_us: int) -> bool:
    """Make the tables in one transaction and return True, if nothing was ever made in this database."""
    with connection.begin():
        if inspect(connection).get_table_names():
            return False
        # What the migrations lead to, as a test holds; Alembic would stay with the daemon, slow and 4 MiB large.
        metadata.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        REVISIONS.create(connection)
        connection.execute(insert(REVISIONS).values(version_num=REVISION))
        introduce(connection, now_us)
    return True


def introduce(connection: Connection, now_us: int) -> None:
    """Write the first facts of a new database."""
    facts = [(INSTANCE, uuid4().hex), (CREATED, str(now_us))]
    connection.execute(insert(meta), [{"name": name, "value": value} for name, value in facts])


def revision_of(connection: Connection) -> str | None:
    """Return the migration that the tables are at, or None."""
    if not inspect(connection).has_table(REVISIONS.name):
        return None
    return connection.execute(select(REVISIONS.c.version_num)).scalar()


def refuse_other_version(connection: Connection, place: Place) -> None:
    """Raise StorageError unless the tables are those of this version."""
    found = revision_of(connection)
    if found == REVISION:
        return
    if found is None:
        raise StorageError(f"{place} is not whole (it names no version); restore a backup")
    if found < REVISION:
        raise StorageError(
            f"{place} is from an older version (revision {found}, needed {REVISION}); make a backup, then run "
            "`pumpwatch database upgrade`"
        )
    raise StorageError(
        f"{place} is from a newer version (revision {found}, known {REVISION}); use that version of pumpwatch"
    )


def refuse_damage(connection: Connection, place: Place) -> None:
    """Raise StorageError if a quick check finds the database damaged."""
    size = place.path.stat().st_size if place.path else 0
    tables: Iterable[str | None] = (None,) if size <= QUICK_CHECK_MAX_BYTES else _DECIDING
    for table in tables:
        with translated(str(place), "checking the database"):
            found = quick_check(connection, table)
        if found:
            raise StorageError(f"{place} is damaged ({found[0]}); keep the file, and restore the last backup")


def quick_check(connection: Connection, table: str | None = None) -> list[str]:
    """Return the first fault that SQLite's quick check finds in one table or in all."""
    return checked(connection, "quick_check", "1" if table is None else f"'{table}'")[:1]


def checked(connection: Connection, pragma: str, argument: str) -> list[str]:
    """Return what one of SQLite's checks finds, one line each; none is good."""
    rows = connection.exec_driver_sql(f"PRAGMA {pragma}({argument})")
    found = [" ".join(str(row[0]).removeprefix("*** in database main ***").split()) for row in rows]
    return [] if found == ["ok"] else found


def read_meta(connection: Connection) -> dict[str, str]:
    """Return all site-wide values."""
    return {str(row.name): str(row.value) for row in connection.execute(select(meta))}
