"""Keeps a few hundred bytes per link that outlive a crash, for drivers' budgets."""

from __future__ import annotations

from typing import Protocol

from monitor.errors import StorageError

MEMORY_MAX_BYTES = 4096
"""The contract's limit for one link."""


class MemoryKeeper(Protocol):
    """What keeps the bytes: the store."""

    def load_memory(self, link: str) -> bytes | None:
        """Return what was saved last, or None."""

    def save_memory(self, link: str, data: bytes) -> None:
        """Replace what is kept; durable when this returns."""


class LinkMemory:
    """One link's small durable store (``drivers.contract.DriverMemory``); safe from any thread."""

    def __init__(self, keeper: MemoryKeeper, link: str) -> None:
        self._keeper = keeper
        self._link = link

    def load(self) -> bytes | None:
        """Return what was saved last, or None.

        Raises:
            StorageDegraded: The database does not answer.
        """
        return self._keeper.load_memory(self._link)

    def save(self, data: bytes) -> None:
        """Replace what is kept; durable when this returns.

        Raises:
            StorageDegraded: It was not stored.
            StorageError: ``data`` is longer than ``MEMORY_MAX_BYTES``.
        """
        if len(data) > MEMORY_MAX_BYTES:
            raise StorageError(f"{self._link}: {len(data)} bytes to remember, at most {MEMORY_MAX_BYTES} are kept")
        self._keeper.save_memory(self._link, data)
