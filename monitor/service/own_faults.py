"""Knows where the monitor itself fails now: one sentence for the readiness, and one condition that people are told.

A fault at a pump lasts until the same pump passes without one, however long that takes: what the pump said then
was not counted, and no time that passes makes it good. What failed at no pump is shown while it is recent.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitor.clock import SECOND_US
from monitor.escalation.rungs import MONITOR_FAULT
from monitor.service.intake import BatchArrived, EventArrived, Rang, SiteChanged
from monitor.service.tally import Tally

AFTER_FAULT_US = 10 * SECOND_US
"""A deadline at which a fault of ours came is taken up again after this long, and not at once and for ever."""

QUIET_US = 15 * 60 * SECOND_US
"""The condition is over when nothing has failed for so long: faults that come and go are told once."""

PUMPS_NAMED_MAX = 5
"""How many pumps one sentence names; the rest are counted."""

_WHEN = {
    BatchArrived.__name__: "when it was heard",
    EventArrived.__name__: "at what people or its link said",
    Rang.__name__: "at a deadline of it",
}
"""What was being done for a pump, in words."""


class OwnFaults:
    """Written by the holder of the intake's pen, read by the feed's threads.

    Attributes:
        tally: Where every fault is counted.
        failing: By pump under watch and what was at work, the kind of fault; bounded by the pumps there are.
    """

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.failing: dict[tuple[str, str], str] = {}
        self._last_us: int | None = None
        self._elsewhere: tuple[int, str] | None = None
        self._first_pump = ""

    def note(self, at: str, fault: Exception, now_us: int, pump: str = "") -> None:
        """Count a fault at ``at``, an item of the intake or a part; ``pump`` is one under watch, if it was at one."""
        self.tally.note_fault(at, fault)
        if not self.is_standing(now_us):
            self._first_pump = ""
        self._last_us = now_us
        self._first_pump = self._first_pump or pump
        if pump:
            self.failing[pump, at] = type(fault).__name__
        else:
            self._elsewhere = (now_us, f"{type(fault).__name__} at {at}")

    def passed(self, at: str, pump: str) -> None:
        """Take note that what failed at a pump before was done without a fault."""
        self.failing.pop((pump, at), None)

    def heard(self, pumps: Iterable[str]) -> None:
        """Take note of pumps that were heard without a fault; a deadline is made good by a deadline only."""
        for pump in pumps:
            self.passed(BatchArrived.__name__, pump)
            self.passed(EventArrived.__name__, pump)

    def is_standing(self, now_us: int) -> bool:
        """Return whether the condition is to stand now."""
        if self.failing:
            self._last_us = now_us
        return self._last_us is not None and now_us - self._last_us < QUIET_US

    def condition(self, *, active: bool) -> SiteChanged:
        """Return the condition as the board is told of it."""
        at = f"First at pump {self._first_pump}." if self._first_pump else ""
        return SiteChanged(MONITOR_FAULT, active, at, for_people=at)

    def why(self, now_us: int) -> str:
        """Return in one sentence what fails now; empty if nothing does."""
        failing = list(self.failing.items())
        if failing:
            (_, at), cause = failing[0]
            names = list(dict.fromkeys(pump for (pump, _), _ in failing))
            when = f"{cause} {_WHEN.get(at, f'at {at}')}"
            return f"the monitor itself fails at {_named(names)} ({when}): what is shown of it may be wrong"
        elsewhere = self._elsewhere
        if elsewhere is not None and now_us - elsewhere[0] < QUIET_US:
            return f"the monitor itself failed lately ({elsewhere[1]}): what it shows may be wrong"
        return ""


def _named(pumps: list[str]) -> str:
    more = len(pumps) - PUMPS_NAMED_MAX
    named = ", ".join(pumps[:PUMPS_NAMED_MAX])
    return f"pump{'s' if len(pumps) > 1 else ''} {named}{f' and {more} more' if more > 0 else ''}"
