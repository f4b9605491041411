"""Errors of the monitor, split by what the caller should do.

MonitorError
+-- ConfigurationError   stop with exit code 2: a person must mend the file
+-- StorageError         stop with exit code 1: a person must look at the database
|   +-- StorageDegraded  go on telling people from memory; the store refuses to write
+-- CommandRefused       tell the person who asked; nothing was changed
"""


class MonitorError(Exception):
    """Anything that the monitor raises on purpose."""


class ConfigurationError(MonitorError):
    """The configuration cannot be accepted.

    Attributes:
        faults: One sentence per fault, each beginning with the path of the key.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class StorageError(MonitorError):
    """The database is unusable as it is: read-only, corrupt, or from a newer version."""


class StorageDegraded(StorageError):  # noqa: N818 - the name of a state of the service, as people say it
    """A write failed (full disk, I/O error). What was to be written is still in memory."""


class CommandRefused(MonitorError):  # noqa: N818 - an answer to a person, not a fault
    """A person's command that is not accepted: unknown pump, wrong role, missing note."""
