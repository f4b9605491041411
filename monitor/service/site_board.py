"""Alert conditions of the monitor itself and of strangers' pumps: storage, clock, takeover, faults, unknown pump."""

from __future__ import annotations

from collections.abc import Container

import msgspec
import structlog

from monitor.escalation.ladder import acknowledge, advance_alert
from monitor.escalation.rungs import PRIORITIES, Ladder
from monitor.escalation.turns import LadderState
from monitor.interruption.alarms import AlertPriority, OwnCode
from monitor.interruption.effects import AlertAcknowledged, AlertRaised, AlertResolved
from monitor.interruption.events import Acknowledged
from monitor.interruption.state import Alert
from monitor.service.intake import EventArrived, SiteChanged
from monitor.service.own_faults import AFTER_FAULT_US, OwnFaults
from monitor.service.recording import record_effects
from monitor.service.telling import Teller
from monitor.storage.reader import PAGE_MAX, Reader
from monitor.storage.rows import SITE, AlertRow
from monitor.storage.work import Work

STRANGERS_MAX = 64
"""How many unknown pumps are named; the rest are counted only."""

log = structlog.get_logger(__name__)


class SiteBoard:
    """Conditions by (pump or "", code); each is raised once and told by the default ladder."""

    def __init__(self, ladder: Ladder, teller: Teller, faults: OwnFaults) -> None:
        self._ladder = ladder
        self._teller = teller
        self._faults = faults
        self._active: dict[tuple[str, str], tuple[Alert, LadderState | None]] = {}
        self._next_number: dict[str, int] = {}
        self.next_us: int | None = None
        self._enrolled_since: list[str] = []

    @property
    def alerts(self) -> list[tuple[str, Alert]]:
        """The active conditions with the pump each is about ("" is the monitor itself)."""
        return [(pump, alert) for (pump, _), (alert, _) in list(self._active.items())]

    def stands(self, code: str) -> bool:
        """Return whether a condition of the monitor itself stands."""
        return (SITE, code) in self._active

    def load(self, reader: Reader, enrolled: Container[str]) -> None:
        """Take over the conditions of the monitor and of strangers that an earlier process raised.

        What it had told is told once more: better twice than never. A stranger that is enrolled now is
        one no longer: its own alerts count on, see ``settle_enrolled``.
        """
        newest = reader.alerts(1, pump=SITE)
        if newest:
            self._next_number[SITE] = newest[0][1].number + 1
        for _, row in reader.alerts(PAGE_MAX, open_only=True):
            if row.pump == SITE or row.code == OwnCode.UNKNOWN_PUMP:
                self._active[row.pump, row.code] = (_alert(row), None)
                self._next_number[row.pump] = max(self._next_number.get(row.pump, 1), row.number + 1)
                self.next_us = row.raised_at_us
        self._enrolled_since = [pump for pump, _ in self._active if pump in enrolled]

    def settle_enrolled(self, work: Work, now_us: int) -> dict[str, int]:
        """Resolve the conditions of strangers that are enrolled now; return from which number each counts on."""
        numbers = {}
        for pump in self._enrolled_since:
            self.change(work, SiteChanged(OwnCode.UNKNOWN_PUMP, active=False, pump=pump), now_us)
            numbers[pump] = self._next_number[pump]
        self._enrolled_since = []
        return numbers

    def change(self, work: Work, item: SiteChanged, now_us: int) -> bool:
        """Raise or resolve a condition and return True; one that stands as it should is left alone."""
        key = (item.pump, item.code)
        active = self._active.get(key)
        if item.active and active is None:
            if item.pump and sum(1 for pump, _ in self._active if pump) >= STRANGERS_MAX:
                return False
            self._raise(work, item, now_us)
            return True
        if not item.active and active is not None:
            alert = msgspec.structs.replace(active[0], resolved_at_us=now_us)
            del self._active[key]
            record_effects(work, item.pump, now_us, (AlertResolved(alert=alert),))
            return True
        return False

    def _raise(self, work: Work, item: SiteChanged, now_us: int) -> None:
        number = self._next_number.get(item.pump, 1)
        self._next_number[item.pump] = number + 1
        alert = Alert(
            number=number,
            code=item.code,
            priority=PRIORITIES.get(item.code, AlertPriority.MEDIUM),
            raised_at_us=now_us,
            detail=item.for_people,
        )
        record_effects(work, item.pump, now_us, (AlertRaised(alert=alert, detail=item.detail),))
        self._active[item.pump, item.code] = (alert, None)
        self.ring(work, now_us)

    def take(self, work: Work, item: EventArrived, now_us: int) -> bool:
        """Acknowledge a condition; return whether there was one."""
        event = item.make(now_us)
        active = self._active.get((item.pump, event.what)) if isinstance(event, Acknowledged) else None
        if active is None or not isinstance(event, Acknowledged):
            return False
        alert, kept = active
        alert = msgspec.structs.replace(alert, acknowledged_by=event.by, acknowledged_at_us=now_us)
        if kept is not None:
            kept = acknowledge(kept, "", event.by, now_us, self._ladder)
        self._active[item.pump, alert.code] = (alert, kept)
        record_effects(work, item.pump, now_us, (AlertAcknowledged(alert=alert),))
        if alert.code == OwnCode.CLOCK_SKEW:
            # A step is over when it has happened; it stands until somebody took note, so that the next is told.
            self.change(work, SiteChanged(OwnCode.CLOCK_SKEW, active=False), now_us)
        return True

    def ring(self, work: Work, now_us: int) -> None:
        """Tell whom the ladder says of each condition, now or again; a fault at one keeps no other from being told."""
        due = []
        for pump, code in list(self._active):
            try:
                next_us = self._tell(work, pump, code, now_us)
            except Exception as fault:
                log.exception("intake.fault", item=SiteBoard.__name__, code=code)
                self._faults.note(SiteBoard.__name__, fault, now_us)
                next_us = now_us + AFTER_FAULT_US
            if next_us is not None:
                due.append(next_us)
        self.next_us = min(due) if due else None

    def _tell(self, work: Work, pump: str, code: str, now_us: int) -> int | None:
        """Tell of one condition, and return when to ask again."""
        alert, kept = self._active[pump, code]
        turn = advance_alert(kept, alert, self._ladder, now_us)
        for call in turn.told:
            self._teller.tell_site(work, call, self._ladder, pump, alert, now_us)
        self._active[pump, code] = (alert, turn.state)
        return turn.next_at_us


def _alert(row: AlertRow) -> Alert:
    return Alert(
        number=row.number,
        code=row.code,
        priority=AlertPriority(row.priority),
        raised_at_us=row.raised_at_us,
        acknowledged_by=row.acknowledged_by,
        acknowledged_at_us=row.acknowledged_at_us,
    )
