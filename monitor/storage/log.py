"""Keeps SQLite's write-ahead log short, and lets nobody wait for that.

A log that is written over costs half of one that grows, because the file system has nothing to note. So
it is moved into the file after some commits, between two of them, which takes a few milliseconds. When
commits are large SQLite does so itself, each ``LOG_RESET_PAGES``. It starts the log anew when no reader is
in it: where readers come so thick that one always is, the log would grow; then we wait for them, shortly.
"""

from __future__ import annotations

import os

from sqlalchemy.engine import Connection

from monitor.storage.engine import BUSY_TIMEOUT_MS, LOG_KEPT_BYTES, Place

_WAIT_MS = 100
"""How long the readers are waited for; new ones do not come in while the log is empty."""

COMMITS_PER_MOVE = 1_000
"""The log is moved into the file after this many commits: some 4,000 pages, if each is of one change.

More often, each move is shorter but more news waits for one; on a busy disk a move of any size takes
milliseconds.
"""

_STEP_BYTES = 8 * 1024 * 1024
"""After a try that failed, the log grows by this before the next one."""


class LogKeeper:
    """Watches the size of one database's log. Only the writing connection may be handed in."""

    def __init__(self, place: Place) -> None:
        self._path = str(place.beside("-wal")) if place.path else None
        self._next_try_bytes = LOG_KEPT_BYTES
        self._commits = 0

    def size(self) -> int:
        """Return the size of the log's file in bytes; 0 if there is none."""
        if self._path is None:
            return 0
        try:
            # Looked at after each commit: a path of pathlib's would take as long again.
            return os.stat(self._path).st_size  # noqa: PTH116 - see above
        except FileNotFoundError:
            return 0

    def keep_short(self, connection: Connection) -> None:
        """Empty the log if it has become too long; to be called after each commit, outside a transaction."""
        self._commits += 1
        size = self.size()
        if size > self._next_try_bytes:
            self._next_try_bytes = LOG_KEPT_BYTES if self.empty(connection) else size + _STEP_BYTES

    def is_move_due(self) -> bool:
        """Return whether ``move`` should be called at the next moment at which nobody waits."""
        return self._commits >= COMMITS_PER_MOVE and self._path is not None

    def move(self, connection: Connection) -> None:
        """Move as much of the log into the file as readers allow, waiting for none of them."""
        self._commits = 0
        # Below SQLAlchemy, as in ``empty``.
        connection.connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").close()

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
