"""Looks after the one connection that writes: whose turn it is, what to do when the disk fails.

After any failure the connection is thrown away. Where the disk itself was at fault, the next one checks
the file before it writes: going on after a failed fsync as if it had not happened loses data silently.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from sqlalchemy.engine import Connection

from monitor.errors import StorageDegraded, StorageError
from monitor.storage import opening
from monitor.storage.engine import BEGIN_WRITING, Place, writer_engine
from monitor.storage.faults import CAUGHT, is_suspicious, reraise, translate, translated
from monitor.storage.log import LogKeeper

TURN_WAIT_S = 30
"""How long a caller waits for another thread's turn with the connection."""


class Session:
    """The writing connection of one database; safe from any thread.

    Attributes:
        log: The write-ahead log's keeper.
        turn: Held while the connection is in use.
    """

    def __init__(self, place: Place, now_us: int) -> None:
        """Open the database, and make it if it is new.

        Raises:
            StorageError: It cannot be used as it is.
        """
        self.log = LogKeeper(place)
        self.turn = threading.Lock()
        self.engine = writer_engine(place)
        self._place = place
        self._connection: Connection | None = None
        self._raw: sqlite3.Connection | None = None
        self._must_check = True
        self._fault: StorageError | None = None
        try:
            with translated(str(place), "opening the database"):
                with self.engine.connect() as connection:
                    opening.make_if_empty(connection, now_us)
                self._connection = self._open()
        except BaseException:
            self.close()
            raise
        self._file = place.identity()

    def write(self, doing: str, fill: Callable[[sqlite3.Cursor], None]) -> None:
        """Let ``fill`` write one transaction, durable when this returns.

        It is below SQLAlchemy and without a block of its own: either takes as long as a short transaction.

        Raises:
            StorageDegraded: Nothing was stored; it may work later.
            StorageError: Nothing was stored, and never will be: the values are at fault.
        """
        self._wait_for_turn(doing)
        try:
            connection = self._ready()
            raw = self._raw or _below(connection)
            self._raw = raw
            cursor = raw.cursor()
            cursor.execute(BEGIN_WRITING)
            try:
                fill(cursor)
                raw.commit()
            except BaseException:
                raw.rollback()
                raise
            self._keep_house(connection, self.log.keep_short)
        except CAUGHT as error:
            self._fail(error, doing)
        finally:
            self.turn.release()

    @contextmanager
    def reading(self, doing: str) -> Iterator[Connection]:
        """Lend the connection for queries.

        Raises:
            StorageDegraded: The database does not answer.
        """
        with self._turn_of(doing) as connection, connection.begin():
            yield connection

    def tidy(self) -> None:
        """Do what is due for the log; to be called when nobody waits for the last commit any more.

        A failure is told by ``checkpoint``.
        """
        if self.log.is_move_due():
            with self._turn_of("moving the log") as connection:
                self._keep_house(connection, self.log.move)

    def checkpoint(self) -> bool:
        """Move the log into the file; return False if a reader kept part of it.

        Raises:
            StorageDegraded: The disk failed, now or after an earlier commit; everything is still in the log.
        """
        fault, self._fault = self._fault, None
        if fault is not None:
            raise fault
        with self._turn_of("emptying the log") as connection:
            return self.log.empty(connection)

    def close(self) -> None:
        """Close the connection. Harmless when repeated."""
        with self.turn:
            self._drop()
            self.engine.dispose()

    @contextmanager
    def _turn_of(self, doing: str) -> Iterator[Connection]:
        self._wait_for_turn(doing)
        try:
            yield self._ready()
        except CAUGHT as error:
            self._fail(error, doing)
        finally:
            self.turn.release()

    def _wait_for_turn(self, doing: str) -> None:
        if not self.turn.acquire(timeout=TURN_WAIT_S):
            raise StorageDegraded(f"{doing} failed: {self._place} was busy for {TURN_WAIT_S} s")

    def _fail(self, error: BaseException, doing: str) -> NoReturn:
        """Throw the connection away and say what was at fault."""
        self._must_check = self._must_check or is_suspicious(error)
        self._drop()
        reraise(error, str(self._place), doing)

    def _keep_house(self, connection: Connection, work: Callable[[Connection], None]) -> None:
        # The transaction is durable already: a failure here must not look like a failed commit.
        try:
            work(connection)
        except CAUGHT as error:
            self._fault = translate(error, str(self._place), "emptying the log")
            self._must_check = True
            self._drop()

    def _ready(self) -> Connection:
        """Return the connection, opened again if the last use failed."""
        if self._place.identity() != self._file:
            raise StorageDegraded(
                f"{self._place} was removed or replaced while pumpwatch was running: put it back, or restart pumpwatch"
            )
        if self._connection is None:
            try:
                self._connection = self._open()
            except StorageDegraded:
                raise
            except StorageError as error:
                raise StorageDegraded(str(error)) from error
        return self._connection

    def _open(self) -> Connection:
        connection = self.engine.connect()
        try:
            with connection.begin():
                if self._must_check:
                    opening.refuse_damage(connection, self._place)
                opening.refuse_other_version(connection, self._place)
        except BaseException:
            connection.close()
            raise
        self._must_check = False
        return connection

    def _drop(self) -> None:
        connection, self._connection, self._raw = self._connection, None, None
        if connection is None:
            return
        if self._place.path is not None:
            # Closes SQLite's own connection too; one in memory would be lost by that.
            connection.invalidate()
        connection.close()


def _below(connection: Connection) -> sqlite3.Connection:
    """Return SQLite's own connection."""
    raw: Any = connection.connection.driver_connection
    connected: sqlite3.Connection = raw
    return connected
