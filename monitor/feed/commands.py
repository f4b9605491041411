"""What people ask of the monitor, as data: who asks, for which pump, and the event that it becomes.

Pure. A command is checked by role at the feed's door and once more by the core; it reaches the intake like
every other event. ``event`` is given the instant by the intake, so that no client can date its own command.
"""

from __future__ import annotations

import msgspec

from monitor.interruption.events import (
    Acknowledged,
    Closed,
    Event,
    HoldChanged,
    Marked,
    MarkKind,
    Order,
    Ordered,
    Outcome,
    Reported,
    Role,
    Swapped,
)


class _Command(msgspec.Struct, frozen=True, kw_only=True):
    """What all commands share.

    Attributes:
        pump: Whom it is about.
        by: The person, as the journal will name them.
        role: What the account may do.
        account: The token's name, where ``by`` says another one; for the journal.
    """

    pump: str
    by: str
    role: Role
    account: str = ""


class Acknowledge(_Command, frozen=True, kw_only=True):
    """Take note of an alert condition or a rung; ``what`` is the alert's code or the rung's name."""

    what: str

    def event(self, at_us: int) -> Event:
        """Return the event for the intake, learned of at ``at_us``."""
        return Acknowledged(at_us=at_us, what=self.what, by=self.by, role=self.role)


class MarkPump(_Command, frozen=True, kw_only=True):
    """Mark something planned or seen; ``quiet_us`` is a longer window that a nurse sets."""

    kind: MarkKind
    quiet_us: int | None = None
    note: str = ""

    def event(self, at_us: int) -> Event:
        """Return the event for the intake, learned of at ``at_us``."""
        return Marked(at_us=at_us, mark=self.kind, by=self.by, role=self.role, quiet_us=self.quiet_us, note=self.note)


class ReportPump(_Command, frozen=True, kw_only=True):
    """Say what was seen: the pump runs, or it has been stopped since an instant."""

    running: bool
    since_us: int | None = None

    def event(self, at_us: int) -> Event:
        """Return the event for the intake, learned of at ``at_us``."""
        return Reported(at_us=at_us, running=self.running, by=self.by, since_us=self.since_us)


class HoldPump(_Command, frozen=True, kw_only=True):
    """Begin or end a planned hold of the therapy."""

    started: bool
    reason: str
    until_us: int | None = None

    def event(self, at_us: int) -> Event:
        """Return the event for the intake, learned of at ``at_us``."""
        return HoldChanged(at_us=at_us, started=self.started, reason=self.reason, by=self.by, until_us=self.until_us)


class OrderPump(_Command, frozen=True, kw_only=True):
    """Put a new order in force."""

    order: Order

    def event(self, at_us: int) -> Event:
        """Return the event for the intake, learned of at ``at_us``."""
        return Ordered(at_us=at_us, order=self.order, by=self.by)


class SwapPump(_Command, frozen=True, kw_only=True):
    """Confirm that another pump now serves this patient."""

    serial: str

    def event(self, at_us: int) -> Event:
        """Return the event for the intake, learned of at ``at_us``."""
        return Swapped(at_us=at_us, serial=self.serial, by=self.by)


class CloseInterruption(_Command, frozen=True, kw_only=True):
    """Review and close an interruption."""

    number: int
    outcome: Outcome
    note: str

    def event(self, at_us: int) -> Event:
        """Return the event for the intake, learned of at ``at_us``."""
        return Closed(at_us=at_us, outcome=self.outcome, note=self.note, by=self.by, role=self.role, number=self.number)


Command = Acknowledge | MarkPump | ReportPump | HoldPump | OrderPump | SwapPump | CloseInterruption


class CommandResult(msgspec.Struct, frozen=True, kw_only=True):
    """A command that is durable.

    Attributes:
        at_us: When it was taken.
        cursor: The place of its last record: a client that waits for it on the stream has seen the effect.
    """

    at_us: int
    cursor: int
