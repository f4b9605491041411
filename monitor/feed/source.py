"""What the feed needs from the rest of the monitor; the service implements it, tests fake it.

Every method may be called from several of the feed's threads at once (at most ``READ_THREADS`` reading and
``COMMAND_THREADS`` commanding) and must not make the ladder wait: it hands out immutable snapshots and reads
the store over a connection of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from monitor.feed.commands import Command, CommandResult
from monitor.feed.records import (
    AlertRecord,
    Count,
    FeedRecord,
    Health,
    InterruptionRecord,
    NoticeRecord,
    Page,
    PumpSnapshot,
    Site,
)

READ_THREADS = 4
"""How many reads the feed makes at once, at the most."""

COMMAND_THREADS = 2
"""How many commands the feed hands over at once, at the most."""


class FeedSource(Protocol):
    """The monitor as the feed sees it."""

    def now_us(self) -> int:
        """Return monitor time."""
        ...

    def site(self) -> Site:
        """Return where this monitor works."""
        ...

    def health(self) -> Health:
        """Return whether each part does its work."""
        ...

    def counts(self) -> Sequence[Count]:
        """Return the monitor's counters; those of one name stand together."""
        ...

    def pumps(self) -> Sequence[PumpSnapshot]:
        """Return every enrolled pump at one instant, in any order."""
        ...

    def pump(self, pump_id: str) -> PumpSnapshot | None:
        """Return one pump, or None if it is not enrolled."""
        ...

    def interruptions(self, *, open_only: bool, after: str | None, limit: int) -> Page[InterruptionRecord]:
        """Return interruptions in a stable order.

        Args:
            open_only: Leave out those that ended or were closed; what waits for review is not ended.
            after: ``next`` of the page before; raise ``CursorError`` if it cannot have been handed out.
            limit: 1 to 500.
        """
        ...

    def interruption(self, interruption_id: str) -> InterruptionRecord | None:
        """Return one interruption by ``PUMP-NUMBER``, or None."""
        ...

    def alerts(self, *, open_only: bool, after: str | None, limit: int) -> Page[AlertRecord]:
        """Return alert conditions in a stable order; arguments as for ``interruptions``."""
        ...

    def alert(self, alert_id: str) -> AlertRecord | None:
        """Return one alert condition, resolved or not, or None."""
        ...

    def recent_notices(self, limit: int) -> Sequence[NoticeRecord]:
        """Return the newest notices of all pumps, newest first, at most ``limit`` (1 to 500)."""
        ...

    def latest_cursor(self) -> int:
        """Return the cursor of the newest durable record; 0 if there is none."""
        ...

    def records_after(self, cursor: int, limit: int) -> Sequence[FeedRecord]:
        """Return up to ``limit`` durable records with a cursor above ``cursor``, lowest first.

        A record may be handed out only when no record with a lower cursor can still appear.
        """
        ...

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call ``wake`` after each commit that added records, until the returned function is called.

        ``wake`` never blocks and never raises; it may be called from any thread.
        """
        ...

    def command(self, command: Command, wait_s: float) -> CommandResult:
        """Hand a person's command to the intake and wait until it is durable.

        Raises:
            CommandRefused: It is not accepted; nothing was changed.
            StorageDegraded: It could not be stored.
            TimeoutError: It was not durable within ``wait_s``; it may still become so.
        """
        ...
