"""Collects what one transaction is to store; appending to a list is all that it costs.

The processor fills one ``Work`` per batch and hands it to ``Store.commit``. After a failed commit the
same object is handed in again, unchanged or with more in it. Not for use from two threads.
"""

from __future__ import annotations

from collections import deque

from monitor.storage.rows import AlertRow, InterruptionRow, NoticeRow, NoticeUpdate

REJECTS_PER_COMMIT = 1_000
"""At most this many refused messages are kept per transaction: the newest ones."""

RAW_KEPT_BYTES = 256
"""How much of a refused message is kept."""

StateValues = tuple[bytes, bytes | None, int | None]
JournalValues = tuple[str | None, int, str, str]
RejectValues = tuple[str | None, int, str, str, str, str, str]


class Work:
    """What one transaction is to store. Falsy while there is nothing in it.

    Attributes:
        journals: Facts in order.
        states: The last state per pump.
        interruptions, alerts: The last row per pump and number.
        notices: New messages in order.
        notice_updates: Delivery states, in order.
        rejects: The newest refused messages.
        bookmarks: The last bookmark per link.
        metas: Site-wide values by name.
        alive_at_us: The newest instant at which the monitor was alive.
    """

    __slots__ = (
        "alerts",
        "alive_at_us",
        "bookmarks",
        "interruptions",
        "journals",
        "metas",
        "notice_updates",
        "notices",
        "rejects",
        "states",
    )

    def __init__(self) -> None:
        self.journals: list[JournalValues] = []
        self.states: dict[str, StateValues] = {}
        self.interruptions: dict[tuple[str, int], InterruptionRow] = {}
        self.alerts: dict[tuple[str, int], AlertRow] = {}
        self.notices: list[NoticeRow] = []
        self.notice_updates: list[NoticeUpdate] = []
        self.rejects: deque[RejectValues] = deque(maxlen=REJECTS_PER_COMMIT)
        self.bookmarks: dict[str, bytes] = {}
        self.metas: dict[str, str] = {}
        self.alive_at_us: int | None = None

    def __bool__(self) -> bool:
        """Return whether there is anything to write; what most transactions hold is looked at first."""
        return bool(self.journals or self.states or self.notice_updates) or len(self) > 0

    def __len__(self) -> int:
        """Return how many rows this will write."""
        return (
            len(self.journals)
            + len(self.states)
            + len(self.interruptions)
            + len(self.alerts)
            + len(self.notices)
            + len(self.notice_updates)
            + len(self.rejects)
            + len(self.bookmarks)
            + len(self.metas)
            + (self.alive_at_us is not None)
        )

    def journal(self, pump: str | None, at_us: int, kind: str, body: bytes | str) -> None:
        """Add one fact; ``body`` is JSON (UTF-8) and ``pump`` None for a fact about the site."""
        self.journals.append((pump, at_us, kind, body if isinstance(body, str) else body.decode()))

    def state(self, pump: str, state: bytes, ladder: bytes | None, deadline_at_us: int | None) -> None:
        """Replace what is known of one pump; the last call per pump counts."""
        self.states[pump] = (state, ladder, deadline_at_us)

    def interruption(self, row: InterruptionRow) -> None:
        """Add or replace one interruption; the last call per pump and number counts."""
        self.interruptions[row[0], row[1]] = row

    def alert(self, row: AlertRow) -> None:
        """Add or replace one alert; the last call per pump and number counts."""
        self.alerts[row[0], row[1]] = row

    def notice(self, row: NoticeRow) -> int:
        """Queue one message and return its place in ``CommitResult.notice_ids``."""
        self.notices.append(row)
        return len(self.notices) - 1

    def notice_update(self, update: NoticeUpdate) -> None:
        """Replace the delivery state of one message stored before."""
        self.notice_updates.append(update)

    def reject(
        self, at_us: int, source: str, position: str, cause: str, why: str, raw: bytes, pump: str | None = None
    ) -> None:
        """Keep a refused message: its first ``RAW_KEPT_BYTES`` bytes, escaped to printable ASCII."""
        escaped = raw[:RAW_KEPT_BYTES].decode("latin-1").encode("unicode_escape").decode("ascii")
        self.rejects.append((pump, at_us, source, position, cause, why, escaped))

    def bookmark(self, link: str, data: bytes) -> None:
        """Remember where a link's driver should go on reading."""
        self.bookmarks[link] = data

    def meta(self, name: str, value: str) -> None:
        """Remember a site-wide value, for example the site's id."""
        self.metas[name] = value

    def alive(self, at_us: int) -> None:
        """Remember that the monitor was alive at ``at_us``: after a restart downtime counts from here."""
        self.alive_at_us = at_us
