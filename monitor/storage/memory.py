"""Keeps a few hundred bytes per link that outlive a crash, for drivers' budgets."""

from __future__ import annotations

MEMORY_MAX_BYTES = 4096
"""The contract's limit for one link."""


class LinkMemory:
    """One link's small durable store (``drivers.contract.DriverMemory``); safe from any thread."""

    def load(self) -> bytes | None:
        """Return what was saved last, or None.

        Raises:
            StorageDegraded: The database does not answer.
        """
        raise NotImplementedError

    def save(self, data: bytes) -> None:
        """Replace what is kept; durable when this returns.

        Raises:
            StorageDegraded: It was not stored.
            StorageError: ``data`` is longer than ``MEMORY_MAX_BYTES``.
        """
        raise NotImplementedError
