"""Looks after a database from outside: brings it up to this version, checks it, copies it, sets it aside.

These are for the command line and for the moment before the daemon starts, never for its threads.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine
from sqlalchemy.engine import Connection

from monitor.errors import StorageError
from monitor.storage import opening
from monitor.storage.engine import LOG_KEPT_BYTES, Place, place_of, reader_engine, writer_engine
from monitor.storage.evidence import faults_of_journal
from monitor.storage.faults import translated
from monitor.storage.lock import InstanceLock
from monitor.storage.log import LogKeeper
from monitor.storage.tables import REVISION

_FINDINGS_MAX = 20
_PAGES_PER_STEP = 4_096


class Upgraded(NamedTuple):
    """What an upgrade did; ``before`` is None for a new database."""

    before: str | None
    after: str


def upgrade(url: str, now_us: int) -> Upgraded:
    """Bring the database up to this version, all or nothing; make it if it is new.

    Raises:
        StorageError: It is in use, damaged, from a newer version, or the disk failed.
    """
    place = _file_of(url)
    with _owned(place), _connected(writer_engine(place), place, "upgrading") as connection:
        if opening.make_if_empty(connection, now_us):
            return Upgraded(None, REVISION)
        with connection.begin():
            opening.refuse_damage(connection, place)
            before = opening.revision_of(connection)
            if before is not None and before < REVISION:
                # Alembic is slow to import.
                from monitor.storage.migrating import migrate  # noqa: PLC0415 - see above

                migrate(connection)
            opening.refuse_other_version(connection, place)
        return Upgraded(before, REVISION)


def check(url: str) -> list[str]:
    """Return one sentence per fault of the database; none is good. The daemon may be running.

    Looks at every page and every setting, compares the tables with the last migration, and looks for
    holes in the journal.
    """
    try:
        place = _file_of(url)
        if place.path is None or not place.path.exists() or not place.path.stat().st_size:
            return [f"{place} is not there yet; `pumpwatch run` or `pumpwatch database upgrade` makes it"]
        with _connected(writer_engine(place), place, "checking") as connection, connection.begin():
            # The transaction begins by locking: a file that cannot be written is found by that.
            opening.refuse_other_version(connection, place)
        # Only now the long part, without a lock: the daemon goes on writing.
        with _connected(reader_engine(place), place, "checking") as connection, connection.begin():
            damage = _damage(connection, place)
            return damage or [*_differences(connection), *faults_of_journal(connection), *_long_log(place)]
    except StorageError as error:
        return [str(error)]


def backup(url: str, path: Path, progress: Callable[[int, int], None] | None = None) -> None:
    """Copy the database to a new file at ``path``, as it is at one instant. The daemon may be running.

    The copy appears under its name only when it is whole, checked and on the disk.

    Args:
        url: The database.
        path: The copy; must not exist.
        progress: Called with pages left and pages in all.

    Raises:
        StorageError: There is such a file already, or one of the two files cannot be used.
    """
    place = _file_of(url)
    if path.exists():
        raise StorageError(f"{path} is there already; name another file")
    opening.prepare_directory(path)
    partial = path.with_name(path.name + ".partial")
    try:
        with translated(str(path), f"copying {place}"):
            _copy(place, partial, progress)
            partial.rename(path)
            opening.sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def quarantine(url: str, now_us: int) -> Path:
    """Set a database that cannot be used aside, with its log, and return its new name.

    For a monitor that must start all the same: it begins with an empty one, knowing nothing, and says so.
    """
    place = _file_of(url)
    with _owned(place), translated(str(place), "setting aside"):
        aside = place.beside(f".damaged-{now_us // 1_000_000}")
        for suffix in ("-shm", "-wal"):
            if place.beside(suffix).exists():
                place.beside(suffix).rename(aside.with_name(aside.name + suffix))
        place.beside("").rename(aside)
        opening.sync(aside.parent)
        return aside


def _file_of(url: str) -> Place:
    place = place_of(url)
    if place.path is None:
        raise StorageError("a database in memory cannot be looked after from outside; write sqlite:///PATH")
    return place


@contextmanager
def _owned(place: Place) -> Iterator[None]:
    path = place.beside("")
    opening.prepare_directory(path)
    lock = InstanceLock(path)
    try:
        opening.prepare_file(place)
        yield
    finally:
        lock.release()


@contextmanager
def _connected(engine: Engine, place: Place, doing: str) -> Iterator[Connection]:
    try:
        with translated(str(place), doing), engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _damage(connection: Connection, place: Place) -> list[str]:
    found = opening.checked(connection, "integrity_check", str(_FINDINGS_MAX))
    faults = [f"{place} is damaged: {sentence}" for sentence in found]
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(_FINDINGS_MAX)
    return faults + [f"{place}: row {row[1]} of {row[0]} belongs to no {row[2]}" for row in orphans]


def _differences(connection: Connection) -> list[str]:
    from monitor.storage.migrating import differences  # noqa: PLC0415 - Alembic is slow to import

    return differences(connection)


def _long_log(place: Place) -> list[str]:
    size = LogKeeper(place).size()
    if size <= 2 * LOG_KEPT_BYTES:
        return []
    return [f"the log of {place} has grown to {size >> 20} MiB: a program keeps reading an old state; end it"]


def _copy(place: Place, partial: Path, progress: Callable[[int, int], None] | None) -> None:
    def told(_status: int, left: int, total: int) -> None:
        if progress is not None:
            progress(left, total)

    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(partial)) as target:
        engine = reader_engine(place)
        try:
            # One transaction around all steps, or a busy daemon would make the copy begin anew for ever.
            with engine.connect() as source, source.begin():
                opening.refuse_other_version(source, place)
                raw = source.connection.driver_connection
                if not isinstance(raw, sqlite3.Connection):
                    raise StorageError(f"{place} is no SQLite database; copy it with its own tools")
                raw.backup(target, pages=_PAGES_PER_STEP, progress=told)
        finally:
            engine.dispose()
        # A single file, without a log beside it.
        target.execute("PRAGMA journal_mode=DELETE").fetchall()
        found = [str(row[0]) for row in target.execute("PRAGMA integrity_check(1)")]
    if found != ["ok"]:
        raise StorageError(f"the copy of {place} is damaged: {found[0]}; look at the disk, and do not trust {place}")
    opening.sync(partial)
