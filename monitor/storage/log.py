"""Keeps SQLite's write-ahead log short.

SQLite itself moves the log into the file each ``LOG_RESET_PAGES``, and starts it anew when no reader is
in it. Where readers come so thick that one always is, the log would grow; then we wait for them, shortly.
"""

from __future__ import annotations

from sqlalchemy.engine import Connection

from monitor.storage.engine import BUSY_TIMEOUT_MS, LOG_KEPT_BYTES, Place

_WAIT_MS = 100
"""How long the readers are waited for; new ones do not come in while the log is empty."""

_STEP_BYTES = 8 * 1024 * 1024
"""After a try that failed, the log grows by this before the next one."""


class LogKeeper:
    """Watches the size of one database's log. Only the writing connection may be handed in."""

    def __init__(self, place: Place) -> None:
        self._path = place.beside("-wal") if place.path else None
        self._next_try_bytes = LOG_KEPT_BYTES

    def size(self) -> int:
        """Return the size of the log's file in bytes; 0 if there is none."""
        if self._path is None:
            return 0
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    def keep_short(self, connection: Connection) -> None:
        """Empty the log if it has become too long; to be called after each commit, outside a transaction."""
        size = self.size()
        if size > self._next_try_bytes:
            self._next_try_bytes = LOG_KEPT_BYTES if self.empty(connection) else size + _STEP_BYTES

    def empty(self, connection: Connection) -> bool:
        """Move the log into the file and cut it to nothing; return False if a reader is still in it."""
        if self._path is None:
            return True
        # Below SQLAlchemy: a checkpoint cannot run inside a transaction, and it would begin one.
        cursor = connection.connection.cursor()
        try:
            cursor.execute(f"PRAGMA busy_timeout={_WAIT_MS}")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            # The first of: busy, pages in the log, pages moved.
            is_busy = bool((cursor.fetchone() or [1])[0])
            cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        finally:
            cursor.close()
        return not is_busy
