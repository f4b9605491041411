"""Stores each batch in one transaction and gives back what a restart needs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Self

from monitor.storage import loading
from monitor.storage.engine import Place, place_of, reader_engine
from monitor.storage.lock import InstanceLock
from monitor.storage.memory import LinkMemory
from monitor.storage.opening import INSTANCE, prepare_directory, prepare_file, read_meta
from monitor.storage.reader import Reader
from monitor.storage.retrying import NOTHING, what_was_stored
from monitor.storage.rows import CommitResult, StoredNotice, StoredState
from monitor.storage.session import Session
from monitor.storage.statements import Statements
from monitor.storage.work import Work
from monitor.storage.writing import ALIVE, Draft, read_ends


class Store:
    """The one writer of the database; only the processor's thread may call it, where not said otherwise.

    Attributes:
        reader: Queries for the feed; safe from any thread.
        instance: A text made at random when the database was made, for idempotency keys:
            ``f"{store.instance}-{notice.id}"``.
    """

    def __init__(self, session: Session, place: Place, lock: InstanceLock | None) -> None:
        """Use ``Store.open``."""
        self._session = session
        self._place = place
        self._instance_lock = lock
        self._sql = Statements(session.engine.dialect)
        with session.reading("loading the site's values") as connection:
            self._metas = read_meta(connection)
            self._ends = read_ends(connection)
        self._is_uncertain = False
        self.instance = self._metas[INSTANCE]
        if place.path is None:
            self.reader = Reader(session.engine, place, session.turn)
        else:
            self.reader = Reader(reader_engine(place), place, nullcontext())

    @classmethod
    def open(cls, url: str, now_us: int) -> Self:
        """Open the database at ``url`` (``sqlite:///PATH`` or ``sqlite://`` for memory), making it if it is new.

        Raises:
            StorageError: It is in use, read-only, damaged, not ours, or of another version; the
                sentence says what to do.
        """
        place = place_of(url)
        lock = None
        session = None
        try:
            if place.path is not None:
                prepare_directory(place.path)
                lock = InstanceLock(place.path)
                prepare_file(place)
            session = Session(place, now_us)
            return cls(session, place, lock)
        except BaseException:
            if session is not None:
                session.close()
            if lock is not None:
                lock.release()
            raise

    def load_states(self) -> Iterator[StoredState]:
        """Yield what is known of every pump, in order of enrolment."""
        after = 0
        while True:
            with self._session.reading("loading the pumps") as connection:
                found, after = loading.states(connection, after)
            yield from found
            if not after:
                break
        with self._session.reading("letting go of pages") as connection:
            # They were read once and for all; kept, they would be as much as the pumps themselves.
            connection.exec_driver_sql(loading.SHRINK).close()

    def load_outbox(self, after: int = 0, limit: int = 1000) -> list[StoredNotice]:
        """Return unfinished messages with an id above ``after``, oldest first, at most ``limit``."""
        with self._session.reading("loading the outbox") as connection:
            return loading.unfinished_notices(connection, after, limit)

    def bookmark(self, link: str) -> bytes | None:
        """Return where a link's driver should go on reading, or None."""
        with self._session.reading("loading a bookmark") as connection:
            return loading.bookmark(connection, link)

    def memory(self, link: str) -> LinkMemory:
        """Return the small durable store of one link; its ``load`` and ``save`` work from any thread."""
        return LinkMemory(self, link)

    def load_memory(self, link: str) -> bytes | None:
        """Return what was saved last for one link; from any thread."""
        with self._session.reading("loading a link's memory") as connection:
            return loading.memory(connection, link)

    def save_memory(self, link: str, data: bytes) -> None:
        """Replace what is kept for one link; durable when this returns; from any thread."""

        def fill(cursor: sqlite3.Cursor) -> None:
            cursor.execute(self._sql.memory_upsert, (link, data))

        self._session.write("storing a link's memory", fill)

    def meta(self, name: str) -> str | None:
        """Return a site-wide value, or None."""
        return self._metas.get(name)

    def last_alive_us(self) -> int | None:
        """Return the last instant at which the monitor is known to have been alive; None for a new database."""
        stored = self._metas.get(ALIVE)
        return None if stored is None else int(stored)

    def commit(self, work: Work) -> CommitResult:
        """Store everything in ``work`` in one transaction; durable when this returns. Empty work costs nothing.

        ``work`` is left as it is: throw it away after success. After a failure hand the same object in
        again, with more in it if there is more; what may have become durable all the same, because only
        the answer was lost, is not stored twice.

        Raises:
            StorageDegraded: Nothing was stored, as far as is known (full disk, I/O error, locked,
                read-only); try again later.
            StorageError: Nothing was stored, because ``work`` itself cannot be (a fault of ours).
        """
        if not work:
            return CommitResult(range(0), range(0))
        is_uncertain, self._is_uncertain = self._is_uncertain, True
        ends, stored = self._ends, NOTHING
        if is_uncertain:
            with self._session.reading("looking what was stored") as connection:
                ends, stored = what_was_stored(connection, self._ends, work)
        draft = Draft(work, stored, self._sql, ends)
        self._session.write("storing the last events", draft.write)
        self._ends, self._is_uncertain = draft.ends, False
        if work.metas:
            self._metas.update(work.metas)
        if work.alive_at_us is not None:
            self._metas[ALIVE] = str(work.alive_at_us)
        after_journal, after_notice = draft.ends.journal + 1, draft.ends.notice + 1
        return CommitResult(
            range(after_journal - len(work.journals), after_journal),
            range(after_notice - len(work.notices), after_notice),
        )

    def tidy(self) -> None:
        """Do what is due for the write-ahead log, once nobody waits for the last commit any more.

        It takes a few milliseconds now and then. A failure is told by ``checkpoint``.
        """
        self._session.tidy()

    def checkpoint(self) -> None:
        """Move the write-ahead log into the database file, for quiet moments.

        Raises:
            StorageDegraded: The disk failed, now or in the housekeeping after an earlier commit.
                Everything that was committed is still in the log.
        """
        self._session.checkpoint()

    def log_bytes(self) -> int:
        """Return the size of the write-ahead log's file, for metrics; from any thread."""
        return self._session.log.size()

    def close(self) -> None:
        """Close the database and let go of the lock. Harmless when repeated."""
        if self._place.path is not None:
            self.reader.close()
        self._session.close()
        if self._instance_lock is not None:
            self._instance_lock.release()
