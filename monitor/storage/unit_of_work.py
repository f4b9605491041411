"""Stores each batch in one transaction and gives back what a restart needs.

Signatures first; the bodies follow in the next commits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from monitor.storage.memory import LinkMemory
from monitor.storage.reader import Reader
from monitor.storage.rows import CommitResult, StoredNotice, StoredState
from monitor.storage.work import Work


class Store:
    """The one writer of the database; only the processor's thread may call it, where not said otherwise.

    Attributes:
        reader: Queries for the feed; safe from any thread.
        instance: A text made at random when the database was made, for idempotency keys:
            ``f"{store.instance}-{notice.id}"``.
    """

    reader: Reader
    instance: str

    @classmethod
    def open(cls, url: str, now_us: int) -> Self:
        """Open the database at ``url`` (``sqlite:///PATH`` or ``sqlite://`` for memory), making it if it is new.

        Raises:
            StorageError: It is in use, read-only, damaged, not ours, or of another version; the
                sentence says what to do.
        """
        raise NotImplementedError

    def load_states(self) -> Iterator[StoredState]:
        """Yield what is known of every pump, in order of enrolment."""
        raise NotImplementedError

    def load_outbox(self, after: int = 0, limit: int = 1000) -> list[StoredNotice]:
        """Return unfinished messages with an id above ``after``, oldest first, at most ``limit``."""
        raise NotImplementedError

    def bookmark(self, link: str) -> bytes | None:
        """Return where a link's driver should go on reading, or None."""
        raise NotImplementedError

    def memory(self, link: str) -> LinkMemory:
        """Return the small durable store of one link; its ``load`` and ``save`` work from any thread."""
        raise NotImplementedError

    def meta(self, name: str) -> str | None:
        """Return a site-wide value, or None."""
        raise NotImplementedError

    def last_alive_us(self) -> int | None:
        """Return the last instant at which the monitor is known to have been alive; None for a new database."""
        raise NotImplementedError

    def commit(self, work: Work) -> CommitResult:
        """Store everything in ``work`` in one transaction; durable when this returns. Empty work costs nothing.

        ``work`` is left as it is: throw it away after success, hand it in again after failure.

        Raises:
            StorageDegraded: Nothing was stored (full disk, I/O error, locked, read-only); try again later.
            StorageError: Nothing was stored, because ``work`` itself cannot be (a fault of ours).
        """
        raise NotImplementedError

    def checkpoint(self) -> None:
        """Move the write-ahead log into the database file, for quiet moments; never raises."""
        raise NotImplementedError

    def log_bytes(self) -> int:
        """Return the size of the write-ahead log's file, for metrics."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the database and let go of the lock. Harmless when repeated."""
        raise NotImplementedError
