"""A hand-made monitor for tests of the feed: everything in memory, and the test says what happens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import msgspec

from drivers.contract import DeliveryStatus
from monitor.errors import CommandRefused
from monitor.feed.commands import Command, CommandResult
from monitor.feed.cursor import CursorError
from monitor.feed.ids import alert_id
from monitor.feed.records import (
    AlertRecord,
    Count,
    FeedRecord,
    Health,
    HealthCheck,
    InterruptionRecord,
    NoticeRecord,
    Page,
    PumpSnapshot,
    RungRecord,
    Site,
)
from monitor.interruption.alarms import AlertPriority
from monitor.interruption.events import Order
from monitor.interruption.policy import HOUR_US, MINUTE_US, SECOND_US
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import OffClass, Phase

NOON_US = 1_795_348_800 * SECOND_US
"""2026-11-22 12:00 UTC."""


def view(pump: str, number: int = 1, **changes: Any) -> InterruptionView:
    """Return an interruption that has been open for 30 to 45 minutes, with ``changes``."""
    fields: dict[str, Any] = {
        "id": f"{pump}-{number}",
        "pump": pump,
        "number": number,
        "at_us": NOON_US,
        "opened_at_us": NOON_US - 45 * MINUTE_US,
        "noticed_at_us": NOON_US - 30 * MINUTE_US,
        "detected_at_us": NOON_US - 30 * MINUTE_US,
        "high_priority_at_us": NOON_US - 30 * MINUTE_US,
        "phase": Phase.OPEN,
        "ended_at_us": None,
        "off_min_us": 30 * MINUTE_US,
        "off_max_us": 45 * MINUTE_US,
        "off_class": OffClass.BELOW,
        "is_max_running": True,
        "deadline_at_us": NOON_US + 195 * MINUTE_US,
        "threshold_met_at_us": None,
        "silent_since_us": None,
        "last_contact_at_us": NOON_US - 5 * SECOND_US,
        "alarm_codes": ("occl-down",),
        "merged_stops": 1,
        "found_late": False,
        "mark": None,
        "is_held": False,
    }
    return InterruptionView(**fields | changes)


def passed_view(pump: str, number: int = 1) -> InterruptionView:
    """Return an interruption whose upper bound met the threshold ten minutes ago."""
    return view(
        pump,
        number,
        opened_at_us=NOON_US - 250 * MINUTE_US,
        off_min_us=230 * MINUTE_US,
        off_max_us=250 * MINUTE_US,
        off_class=OffClass.POSSIBLE,
        deadline_at_us=None,
        threshold_met_at_us=NOON_US - 10 * MINUTE_US,
    )


def snapshot(pump: str, **changes: Any) -> PumpSnapshot:
    """Return a pump that delivers, heard five seconds ago, with ``changes``."""
    fields: dict[str, Any] = {
        "id": pump,
        "at_us": NOON_US,
        "therapy": "blinatumomab",
        "threshold_us": 4 * HOUR_US,
        "enrolled_at_us": NOON_US - 24 * HOUR_US,
        "is_silent": False,
        "is_link_online": True,
        "last_contact_at_us": NOON_US - 5 * SECOND_US,
        "last_flow_at_us": NOON_US - 5 * SECOND_US,
        "delivery": DeliveryStatus.DELIVERING,
        "rate_ml_per_h": 5.0,
        "order": Order(rate_ml_per_h=5.0, bag_hours=48.0),
    }
    return PumpSnapshot(**fields | changes)


def alert(pump: str, number: int = 1, **changes: Any) -> AlertRecord:
    """Return an occlusion alarm that nobody has acknowledged, with ``changes``."""
    fields: dict[str, Any] = {
        "id": alert_id(pump, number),
        "pump": pump,
        "code": "occl-down",
        "priority": AlertPriority.HIGH,
        "raised_at_us": NOON_US - 30 * MINUTE_US,
        "raw_code": "OCCLUSION",
    }
    return AlertRecord(**fields | changes)


def notice(number: int, text: str = "Do not restart. Call 555-0100.", **changes: Any) -> NoticeRecord:
    """Return a notice to the home nurse, with ``changes``."""
    fields: dict[str, Any] = {
        "id": f"key-{number}",
        "at_us": NOON_US + number * SECOND_US,
        "rung": "home-nurse",
        "contact": "nurse-queue",
        "channel": "push",
        "state": "queued",
        "text": text,
        "pump": "ward-1",
    }
    return NoticeRecord(**fields | changes)


class FakeFeed:
    """A ``FeedSource`` whose lists a test fills and whose time it moves.

    Attributes:
        commands: What was asked, in order.
        refusal: What to say to every command, if they are to be refused.
    """

    def __init__(self, *, site: Site | None = None, tick_us: int = 1_000) -> None:
        self.at_us = NOON_US
        self.tick_us = tick_us
        self.board: list[PumpSnapshot] = []
        self.interruption_records: list[InterruptionRecord] = []
        self.alert_records: list[AlertRecord] = []
        self.notice_records: list[NoticeRecord] = []
        self.records: list[FeedRecord] = []
        self.commands: list[Command] = []
        self.checks: tuple[HealthCheck, ...] = (HealthCheck(name="storage", is_ok=True),)
        self.refusal: str | None = None
        self.reads = count()
        self.latest_read = 0
        self._site = site or Site(id="home-7", time_zone="Europe/Berlin", call_back_number="555-0100")
        self._lock = threading.Lock()
        self._wakes: list[Callable[[], None]] = []

    def add(self, kind: str = "alert-raised", pump: str | None = "ward-1", **data: Any) -> int:
        """Store one record, wake the listeners, and return its cursor."""
        with self._lock:
            cursor = self.records[-1].cursor + 1 if self.records else 1
            self.records.append(FeedRecord(cursor=cursor, at_us=self.at_us, kind=kind, pump=pump, data=data))
            wakes = list(self._wakes)
        for wake in wakes:
            wake()
        return cursor

    def now_us(self) -> int:
        with self._lock:
            self.at_us += self.tick_us
            return self.at_us

    def site(self) -> Site:
        return self._site

    def health(self) -> Health:
        return Health(at_us=self.at_us, checks=self.checks)

    def counts(self) -> Sequence[Count]:
        refused = {"name": "refused", "text": "Refused input by cause."}
        return [
            Count(name="observations", text="Observations.", value=7),
            Count(**refused, value=2, labels=(("cause", "checksum"),)),
            Count(**refused, value=1, labels=(("cause", "not-json"),)),
        ]

    def pumps(self) -> Sequence[PumpSnapshot]:
        self.latest_read = next(self.reads)
        return list(self.board)

    def pump(self, pump_id: str) -> PumpSnapshot | None:
        return next((one for one in self.board if one.id == pump_id), None)

    def interruptions(self, *, open_only: bool, after: str | None, limit: int) -> Page[InterruptionRecord]:
        kept = [
            one
            for one in self.interruption_records
            if not open_only or one.view.phase in {Phase.OPEN, Phase.AWAITING_REVIEW}
        ]
        start = _start([one.view.id for one in kept], after)
        shown = kept[start : start + limit]
        return Page(items=tuple(shown), next=shown[-1].view.id if start + limit < len(kept) else None)

    def interruption(self, interruption_id: str) -> InterruptionRecord | None:
        return next((one for one in self.interruption_records if one.view.id == interruption_id), None)

    def alerts(self, *, open_only: bool, after: str | None, limit: int) -> Page[AlertRecord]:
        kept = [one for one in self.alert_records if not open_only or one.resolved_at_us is None]
        start = _start([one.id for one in kept], after)
        shown = kept[start : start + limit]
        return Page(items=tuple(shown), next=shown[-1].id if start + limit < len(kept) else None)

    def alert(self, alert_id: str) -> AlertRecord | None:
        return next((one for one in self.alert_records if one.id == alert_id), None)

    def recent_notices(self, limit: int) -> Sequence[NoticeRecord]:
        return self.notice_records[: -limit - 1 : -1]

    def latest_cursor(self) -> int:
        with self._lock:
            return self.records[-1].cursor if self.records else 0

    def records_after(self, cursor: int, limit: int) -> Sequence[FeedRecord]:
        with self._lock:
            return [record for record in self.records if record.cursor > cursor][:limit]

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        self._wakes.append(wake)
        return lambda: self._wakes.remove(wake)

    def command(self, command: Command, wait_s: float) -> CommandResult:
        if self.refusal is not None:
            raise CommandRefused(self.refusal)
        self.commands.append(command)
        event = command.event(self.now_us())
        return CommandResult(at_us=event.at_us, cursor=self.add("person-acted", command.pump, by=command.by))


def moved(one: PumpSnapshot, span_us: int) -> PumpSnapshot:
    """Return the same pump a while later, with nothing new heard."""
    return msgspec.structs.replace(one, at_us=one.at_us + span_us)


def full_feed() -> FakeFeed:
    """Return a feed with one pump of each kind: passed, interrupted, silent, delivering, never heard, complete."""
    feed = FakeFeed()
    occlusion = alert("ward-1", interruption="ward-1-1", can_caregiver_acknowledge=False)
    low = alert("ward-1", 2, code="batt-low", raw_code=None, priority=AlertPriority.LOW, can_caregiver_acknowledge=True)
    old = alert("ward-2", 1, resolved_at_us=NOON_US, acknowledged_by="Ana", acknowledged_at_us=NOON_US)
    feed.alert_records = [occlusion, low, old]
    feed.board = [
        snapshot("done-1", completed_at_us=NOON_US - HOUR_US),
        snapshot("fine-1"),
        snapshot(
            "never-1",
            is_silent=True,
            is_link_online=None,
            last_contact_at_us=None,
            last_flow_at_us=None,
            delivery=None,
            enrolled_at_us=NOON_US - 30 * MINUTE_US,
        ),
        snapshot(
            "quiet-1",
            is_silent=True,
            is_link_online=False,
            last_contact_at_us=NOON_US - 14 * MINUTE_US,
            last_flow_at_us=NOON_US - 14 * MINUTE_US,
        ),
        snapshot(
            "ward-1", interruption=view("ward-1"), alerts=(occlusion, low), delivery=DeliveryStatus.NOT_DELIVERING
        ),
        snapshot("ward-2", interruption=passed_view("ward-2"), delivery=DeliveryStatus.NOT_DELIVERING),
    ]
    rung = RungRecord(rung="home-nurse", due_at_us=NOON_US - 25 * MINUTE_US, told=("nurse-queue",))
    feed.notice_records = [notice(1), notice(2, state="delivered")]
    feed.interruption_records = [
        InterruptionRecord(view=view("ward-1"), rungs=(rung,), notices=(notice(1),)),
        InterruptionRecord(view=passed_view("ward-2"), rungs=(rung,)),
        InterruptionRecord(view=view("ward-2", 2, phase=Phase.CLOSED), note="checked", closed_by="Dr. Sol"),
    ]
    return feed


def _start(ids: list[str], after: str | None) -> int:
    if after is None:
        return 0
    if after not in ids:
        raise CursorError(f"'{after}' is not a place in this list")
    return ids.index(after) + 1
