"""Looks after the wall clock while the daemon runs: steps are told, and a pending downtime gets its bound.

Called by the holder of the intake's pen, before each housekeeping is handled, so that monitor time is never
put on in the middle of a turn.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from monitor.clock import SECOND_US, KeptClock
from monitor.interruption.alarms import OwnCode
from monitor.interruption.events import ClockSynchronised
from monitor.interruption.putting_on import put_on
from monitor.service.book import Entry
from monitor.service.intake import EventArrived, Item, Rang, SiteChanged
from monitor.service.processor import Processor
from monitor.service.skew_gate import SkewGate, WallWatch
from monitor.waking import Downtime, lag_us, stored_axis

log = structlog.get_logger(__name__)

AXIS = "time-axis"
"""Name of the site-wide value with which a later process on the same boot goes on with monitor time."""


class Timekeeper:
    """The one who may put monitor time on."""

    def __init__(self, clock: KeptClock, processor: Processor) -> None:
        self._clock = clock
        self._processor = processor
        self._watch = WallWatch(clock.now_us(), clock.wall_offset_us())
        self._gate = SkewGate(clock.now_us())
        self._is_told = False

    def begin(self) -> None:
        """Have the time axis stored with the first commit, before anything else of this process is."""
        if self._clock.speed == 1.0:
            # A demonstration's time is of use to nobody after it.
            self._processor.ledger.work.meta(AXIS, stored_axis(self._clock.axis()))

    def before(self, items: list[Item], handle: Callable[[list[Item]], None]) -> None:
        """Handle ``items``; with a housekeeping among them, look at the wall clock first."""
        if any(isinstance(item, Rang) and item.is_housekeeping for item in items):
            try:
                items = [*self._look(), *items]
            except Exception as fault:
                # A fault of ours here must not lose what others brought.
                log.exception("clock.fault")
                self._processor.faults.note("clock", fault, self._clock.now_us())
        handle(items)

    def _look(self) -> list[SiteChanged]:
        clock = self._clock
        now_us, offset_us = clock.now_us(), clock.wall_offset_us()
        pending = clock.pending
        step_us = self._watch.step_us(now_us, offset_us)
        if pending is not None:
            lag = lag_us(pending, now_us, offset_us, is_synchronised=pending.is_known and clock.is_synchronised())
            if lag is not None:
                self._synchronise(pending, lag)
                self._watch = WallWatch(clock.now_us(), clock.wall_offset_us())
                self._gate = SkewGate(clock.now_us())
                return [SiteChanged(OwnCode.CLOCK_SKEW, active=False)]
            if not pending.is_known:
                return self._wrong(offset_us)
        if step_us is not None:
            log.warning("clock.stepped", step_s=step_us / SECOND_US)
        changed = self._gate.changed(now_us, is_step=step_us is not None)
        if changed is None:
            return []
        why = f"the wall clock stepped by {(step_us or 0) / SECOND_US:+.1f} s; no duration changes" if changed else ""
        return [SiteChanged(OwnCode.CLOCK_SKEW, active=changed, detail=why)]

    def _wrong(self, offset_us: int) -> list[SiteChanged]:
        """Tell once that the wall clock cannot be right; it stands until the clock is, or somebody took note."""
        if self._is_told:
            return []
        self._is_told = True
        why = f"the wall clock cannot be right ({offset_us / SECOND_US:+.0f} s against monitor time); set it"
        return [SiteChanged(OwnCode.CLOCK_SKEW, active=True, detail=why)]

    def _synchronise(self, pending: Downtime, moved_us: int) -> None:
        """Put monitor time on, and date anew what every pump said since the start."""
        clock, processor = self._clock, self._processor
        clock.put_on(moved_us)
        now_us = clock.now_us()
        down_to_us = pending.back_us + moved_us
        log.warning("clock.synchronised", put_on_s=moved_us / SECOND_US)
        if moved_us or not pending.is_known:
            event = ClockSynchronised(
                at_us=now_us, down_from_us=pending.down_from_us, down_to_us=down_to_us, moved_us=moved_us
            )
            for entry in processor.book.entries.values():
                if entry.is_known:
                    self._put_on(entry, event, pending.back_us)
            fact: dict[str, object] = {
                "put_on_s": moved_us / SECOND_US,
                "down_s": (down_to_us - pending.down_from_us) / SECOND_US,
            }
            processor.ledger.note(now_us, "clock-synchronised", fact)
        processor.ledger.work.meta(AXIS, stored_axis(clock.axis()))

    def _put_on(self, entry: Entry, event: ClockSynchronised, back_us: int) -> None:
        """Date anew what one pump said; the clock is put on but once, so a fault here must keep no other from it."""
        try:
            entry.put_ladders(put_on(entry.ladders, back_us, event.moved_us))
            self._processor.apply(entry, event, event.at_us)
        except Exception as fault:
            pump = entry.policy.pump
            log.exception("clock.fault", pump=pump)
            self._processor.faults.note(EventArrived.__name__, fault, event.at_us, pump)
