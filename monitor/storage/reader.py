"""Reads stored facts for the feed, in bounded pages on read-only connections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.engine import Connection

from monitor.storage import queries
from monitor.storage.engine import Place
from monitor.storage.faults import translated
from monitor.storage.rows import AlertRow, InterruptionRow, JournalRow, RejectRow, StoredNotice
from monitor.storage.tables import journal

PAGE_MAX = 1_000
"""Longest page of any query: a short read keeps the write-ahead log short."""


class Reader:
    """Queries for the feed; safe from any thread, never waits for the writer.

    Every list is a page, newest first where nothing else is said: ``limit`` is capped at ``PAGE_MAX``,
    and an empty page is the end. Interruptions and alerts come as pairs of a place and a row; the place
    of the last one is the next page's ``before``. All methods raise StorageDegraded when the database
    does not answer.
    """

    def __init__(self, engine: Engine, place: Place, turn: AbstractContextManager[Any]) -> None:
        """Read over ``engine``, each time while holding ``turn``."""
        self._engine = engine
        self._place = place
        self._turn = turn

    def last_journal_id(self) -> int:
        """Return the newest cursor; 0 if nothing is stored."""
        with self._reading() as connection:
            return int(connection.execute(select(func.coalesce(func.max(journal.c.id), 0))).scalar_one())

    def journal_after(self, cursor: int, limit: int, up_to: int | None = None) -> list[JournalRow]:
        """Return facts with ``cursor < id <= up_to``, oldest first."""
        wanted = {"after": cursor, "up_to": queries.NEWEST if up_to is None else up_to}
        return [JournalRow._make(row) for row in self._page(queries.JOURNAL_AFTER, limit, **wanted)]

    def journal_of(self, pump: str, limit: int, before: int | None = None) -> list[JournalRow]:
        """Return one pump's facts, newest first; ``before`` is the id of the last one of the page before."""
        return [JournalRow._make(row) for row in self._walk(queries.JOURNAL_OF, pump, limit, before)]

    def interruptions(
        self, limit: int, *, before: int | None = None, pump: str | None = None, open_only: bool = False
    ) -> list[tuple[int, InterruptionRow]]:
        """Return interruptions; ``open_only`` keeps those that are open or wait for review."""
        if pump is None:
            query = queries.OPEN_INTERRUPTIONS if open_only else queries.INTERRUPTIONS
        else:
            query = queries.OPEN_INTERRUPTIONS_OF if open_only else queries.INTERRUPTIONS_OF
        found = self._page(query, limit, pump=pump, before=_newest(before))
        return [(row[0], InterruptionRow._make(row[1:])) for row in found]

    def interruption(self, pump: str, number: int) -> InterruptionRow | None:
        """Return one interruption, or None."""
        found = self._page(queries.INTERRUPTION, 1, pump=pump, number=number)
        return InterruptionRow._make(found[0][1:]) if found else None

    def alerts(
        self, limit: int, *, before: int | None = None, pump: str | None = None, open_only: bool = False
    ) -> list[tuple[int, AlertRow]]:
        """Return alerts; ``open_only`` keeps those that are not resolved."""
        if open_only:
            query = queries.OPEN_ALERTS if pump is None else queries.OPEN_ALERTS_OF
            found = self._page(query, limit, pump=pump, before=_newest(before))
        elif pump is None:
            found = self._page(queries.ALERTS, limit, before=_newest(before))
        else:
            found = self._walk(queries.ALERTS_OF, pump, limit, before)
        return [(row[0], AlertRow._make(row[1:])) for row in found]

    def alert(self, pump: str, number: int) -> AlertRow | None:
        """Return one alert, resolved or not, or None."""
        with self._reading() as connection:
            start = connection.execute(queries.ALERTS_OF.head, {"pump": pump}).scalar()
            row = connection.execute(queries.ALERT, {"start": start, "number": number}).first()
        return AlertRow._make(row[1:]) if row else None

    def notices(self, limit: int, before: int | None = None) -> list[StoredNotice]:
        """Return the newest messages of all pumps with ``id < before``."""
        return [StoredNotice._make(row) for row in self._page(queries.NOTICES, limit, before=_newest(before))]

    def notices_of_interruption(self, pump: str, number: int) -> list[StoredNotice]:
        """Return the messages about one interruption, oldest first, at most ``PAGE_MAX``."""
        found = self.interruption(pump, number)
        if found is None:
            return []
        return self._notices(queries.NOTICES_OF_INTERRUPTION, pump, number, found.noticed_at_us)

    def notices_of_alert(self, pump: str, number: int) -> list[StoredNotice]:
        """Return the messages about one alert, oldest first, at most ``PAGE_MAX``."""
        found = self.alert(pump, number)
        return self._notices(queries.NOTICES_OF_ALERT, pump, number, found.raised_at_us) if found else []

    def rejects(self, limit: int, before: int | None = None) -> list[RejectRow]:
        """Return refused messages with ``id < before``."""
        return [RejectRow._make(row) for row in self._page(queries.REJECTS, limit, before=_newest(before))]

    def close(self) -> None:
        """Close the connections that wait for work. Harmless when repeated."""
        self._engine.dispose()

    def _notices(self, query: queries.Query, pump: str, number: int, since_us: int) -> list[StoredNotice]:
        with self._reading() as connection:
            start = connection.execute(queries.NOTICES_HEAD, {"pump": pump}).scalar()
            wanted = {"start": start, "number": number, "since_us": since_us, "page": PAGE_MAX}
            return [StoredNotice._make(row) for row in connection.execute(query, wanted)]

    def _page(self, query: queries.Query, limit: int, **wanted: object) -> list[tuple[Any, ...]]:
        with self._reading() as connection:
            return _rows(connection, query, limit, wanted)

    def _walk(self, chain: queries.Chain, pump: str, limit: int, before: int | None) -> list[tuple[Any, ...]]:
        wanted: dict[str, object] = {"pump": pump, "before": before}
        with self._reading() as connection:
            start = connection.execute(chain.head if before is None else chain.previous, wanted).scalar()
            return _rows(connection, chain.rows, limit, {"start": start})

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        # One transaction: all that is read in the block is of one instant, and nothing is held after it.
        with (
            translated(str(self._place), "reading"),
            self._turn,
            self._engine.connect() as connection,
            connection.begin(),
        ):
            yield connection


def _rows(connection: Connection, query: queries.Query, limit: int, wanted: dict[str, object]) -> list[tuple[Any, ...]]:
    found = connection.execute(query, wanted | {"page": max(0, min(limit, PAGE_MAX))})
    return [tuple(row) for row in found]


def _newest(before: int | None) -> int:
    return queries.NEWEST if before is None else before
