"""Reads stored facts for the feed, in bounded pages on read-only connections."""

from __future__ import annotations

from monitor.storage.rows import AlertRow, InterruptionRow, JournalRow, RejectRow, StoredNotice

PAGE_MAX = 1_000
"""Longest page of any query: a short read keeps the write-ahead log short."""


class Reader:
    """Queries for the feed; safe from any thread, never waits for the writer.

    Every list is a page: ``limit`` is capped at ``PAGE_MAX``, and an empty page is the end. All
    methods raise StorageDegraded when the database does not answer.
    """

    def last_journal_id(self) -> int:
        """Return the newest cursor; 0 if nothing is stored."""
        raise NotImplementedError

    def journal_after(self, cursor: int, limit: int, up_to: int | None = None) -> list[JournalRow]:
        """Return facts with ``cursor < id <= up_to``, oldest first."""
        raise NotImplementedError

    def journal_of(self, pump: str, limit: int, before: int | None = None) -> list[JournalRow]:
        """Return one pump's facts with ``id < before``, newest first."""
        raise NotImplementedError

    def interruptions(
        self, limit: int, *, after: tuple[str, int] | None = None, pump: str | None = None, is_open: bool | None = None
    ) -> list[InterruptionRow]:
        """Return interruptions by pump (in order of enrolment) and number, following ``after`` (pump, number).

        ``is_open`` True means open or waiting for review, False means over, None both.
        """
        raise NotImplementedError

    def interruption(self, pump: str, number: int) -> InterruptionRow | None:
        """Return one interruption, or None."""
        raise NotImplementedError

    def alerts(
        self, limit: int, *, after: tuple[str, int] | None = None, pump: str | None = None, is_open: bool | None = None
    ) -> list[AlertRow]:
        """Return alerts by pump (in order of enrolment) and number, following ``after`` (pump, number)."""
        raise NotImplementedError

    def alert(self, pump: str, number: int) -> AlertRow | None:
        """Return one alert, or None."""
        raise NotImplementedError

    def notices_of(self, pump: str, *, interruption: int | None = None, alert: int | None = None) -> list[StoredNotice]:
        """Return the messages about one interruption or one alert, oldest first, at most ``PAGE_MAX``."""
        raise NotImplementedError

    def notices_after(self, cursor: int, limit: int) -> list[StoredNotice]:
        """Return messages with an id above ``cursor``, oldest first."""
        raise NotImplementedError

    def rejects(self, limit: int, before: int | None = None) -> list[RejectRow]:
        """Return refused messages with ``id < before``, newest first."""
        raise NotImplementedError
