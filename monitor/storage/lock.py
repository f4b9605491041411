"""Makes sure that one process at a time owns a database.

The lock lies in a file beside the database, never in it: closing any handle of the database file would
let go of SQLite's own locks in this process. The file stays when the lock is let go of, because
removing it would let two processes lock two different files.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from monitor.errors import StorageError

_PID_BYTES = 32


class InstanceLock:
    """Holds ``PATH.lock`` until ``release`` or the end of the process, however that comes."""

    def __init__(self, database: Path) -> None:
        """Take the lock.

        Raises:
            StorageError: Another process holds it, or the file cannot be made.
        """
        path = database.with_name(database.name + ".lock")
        try:
            self._handle: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StorageError(f"{path} cannot be opened: {error.strerror}; look at the directory") from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.pread(self._handle, _PID_BYTES, 0).decode("ascii", "replace").strip() or "unknown"
            self.release()
            raise StorageError(
                f"{database} is in use by another pumpwatch (process {owner}); stop that one first"
            ) from error
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Let go of the lock. Harmless when repeated."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)
