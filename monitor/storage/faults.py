"""Turns the database library's errors into ours: one sentence that says what to do.

A full disk, a lock, an I/O error or a read-only file may pass: StorageDegraded, and the caller keeps
what it wanted to store. Anything else is a fault of ours or of the data: StorageError.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from monitor.errors import StorageDegraded, StorageError

CAUGHT = (SQLAlchemyError, sqlite3.Error, OSError, OverflowError, UnicodeError, TypeError, ValueError)
"""What a statement can raise: the library's own errors, and values that no column can hold."""

_PASSING = {
    "SQLITE_FULL": "the disk is full: free some space where {place} lies",
    "SQLITE_BUSY": "another program holds {place} locked: end it (a database shell, a copy, a virus scan)",
    "SQLITE_LOCKED": "another program holds {place} locked: end it (a database shell, a copy, a virus scan)",
    "SQLITE_PROTOCOL": "another program holds {place} locked: end it (a database shell, a copy, a virus scan)",
    "SQLITE_READONLY": "{place} cannot be written: look at its permissions, and whether the disk went read-only",
    "SQLITE_PERM": "{place} cannot be written: look at its permissions, and whether the disk went read-only",
    "SQLITE_IOERR": "the disk under {place} failed ({name}): make a copy, and replace the disk or card",
    "SQLITE_CANTOPEN": "{place} cannot be opened ({name}): look whether it and its directory are there and writable",
    "SQLITE_CORRUPT": "{place} is damaged: keep the file, and restore the last backup",
    "SQLITE_NOTADB": "{place} is no SQLite database or is damaged: keep the file, and restore the last backup",
    "SQLITE_NOMEM": "no memory was left to write {place}",
    "SQLITE_INTERRUPT": "work on {place} was broken off",
}

_DISTRUST = {"SQLITE_IOERR", "SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_READONLY", "SQLITE_CANTOPEN"}


def code_of(error: BaseException) -> str:
    """Return SQLite's primary error code as a word; empty if ``error`` is not SQLite's."""
    original = error.orig if isinstance(error, DBAPIError) else error
    name = str(getattr(original, "sqlite_errorname", ""))
    return "_".join(name.split("_")[:2])


def is_suspicious(error: BaseException) -> bool:
    """Return whether the file must be checked before it is written again.

    After a failed fsync the system may have forgotten what it could not write, so going on as if
    nothing had happened is not safe.
    """
    return code_of(error) in _DISTRUST or isinstance(error, OSError)


def translate(error: BaseException, place: str, doing: str) -> StorageError:
    """Return our error for one of theirs, with one sentence about ``place``.

    Args:
        error: What the library raised.
        place: The database, for people.
        doing: What was being done, as in "storing 3 changes".
    """
    code = code_of(error)
    original = error.orig if isinstance(error, DBAPIError) else error
    name = getattr(original, "sqlite_errorname", "") or type(original).__name__
    if code in _PASSING:
        return StorageDegraded(f"{doing} failed: {_PASSING[code].format(place=place, name=name)}")
    if isinstance(original, PoolTimeoutError):
        return StorageDegraded(f"{doing} failed: too many are reading {place} at once")
    if isinstance(original, OSError):
        return StorageDegraded(f"{doing} failed: {place}: {original.strerror or original}")
    return StorageError(f"{doing} in {place} failed, a fault of pumpwatch itself ({name}): {original}")


def reraise(error: BaseException, place: str, doing: str) -> NoReturn:
    """Raise our error for one of theirs; ours pass unchanged."""
    if isinstance(error, StorageError):
        raise error
    raise translate(error, place, doing) from error


@contextmanager
def translated(place: str, doing: str) -> Iterator[None]:
    """Translate what the block raises."""
    try:
        yield
    except CAUGHT as error:
        reraise(error, place, doing)
