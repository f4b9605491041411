"""A computer whose clocks a test sets as it likes, and the engine that runs on it over a real database file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from drivers.contract import Batch, DeliveryStatus, StatusObserved
from drivers.registry import discover
from monitor import clock as clock_module
from monitor.clock import SystemClock
from monitor.config.loading import parse
from monitor.escalation.channel import Notice
from monitor.escalation.dispatcher import NoticeOutcome, NoticeState
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import Alert
from monitor.interruption.view import views
from monitor.service.engine import Engine
from monitor.service.intake import BatchArrived, Intake, NoticesReported, Rang
from monitor.service.timekeeping import AXIS, Timekeeper
from monitor.storage.unit_of_work import Store

CONFIG = """
[site]
id = "home"
[[pumps]]
id = "p1"
order = { rate_ml_per_h = 5.0 }
[[contacts]]
id = "mum"
name = "Mum"
role = "caregiver"
channels = ["log"]
[[contacts]]
id = "nurse"
name = "Nurse"
role = "nurse"
channels = ["log"]
"""

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

NOW_US = 1_795_000_000 * SECOND_US
"""Where the computer's wall clock stands at first: November 2026."""


class OddComputer:
    """Clocks that are set by hand.

    Attributes:
        wall_us: What the wall clock says.
        boot_us: What the boot clock says; it only ever goes on, and counts suspend.
        boot: The name of this boot.
        is_synchronised: Whether the kernel says that somebody vouches for the wall clock.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.wall_us = NOW_US
        self.boot_us = 100 * SECOND_US
        self.boot = "boot-1"
        self.is_synchronised = True
        patch.setattr(clock_module, "wall_us", lambda: self.wall_us)
        patch.setattr(clock_module, "boot_ns", lambda: self.boot_us * 1000)
        patch.setattr(clock_module, "boot_id", lambda: self.boot)
        patch.setattr(clock_module, "is_clock_synchronised", lambda: self.is_synchronised)

    def wait(self, length_us: int) -> None:
        """Let time pass."""
        self.wall_us += length_us
        self.boot_us += length_us

    def reboot(self, off_us: int, *, wall_us: int | None = None, is_synchronised: bool = False) -> None:
        """Switch it off for a time; it wakes with the wall clock at ``wall_us``, or right."""
        self.wall_us = self.wall_us + off_us if wall_us is None else wall_us
        self.boot_us = 20 * SECOND_US
        self.boot = f"boot-{int(self.boot[5:]) + 1}"
        self.is_synchronised = is_synchronised


class OddHouse:
    """The engine as the daemon runs it, on an odd computer; stopped and started as the test says."""

    def __init__(self, computer: OddComputer, database: Path | None = None) -> None:
        """Start on a database file, or on one in memory that lasts as long as this object."""
        self.computer = computer
        self._kept = Store.open("sqlite://", computer.wall_us) if database is None else None
        self.database = database
        self.told: list[Notice] = []
        self._reported: list[NoticeOutcome] = []
        self.start()

    def start(self) -> None:
        """Start a process."""
        self.store = self._kept or Store.open(f"sqlite:///{self.database}", self.computer.wall_us)
        self.clock = SystemClock(self.store.last_alive_us(), axis=self.store.meta(AXIS))
        self.engine = Engine(parse(CONFIG, Path.cwd(), discover()), self.store, self.clock, self._offer)
        self._time = Timekeeper(self.clock, self.engine.processor)
        self.engine.intake = Intake(lambda items: self._time.before(items, self.engine.processor.handle))
        self._time.begin()
        self.engine.load(is_downtime_known=self.clock.is_downtime_known)
        self._settle()

    def stop(self) -> None:
        """End the process in order."""
        self.engine.intake.submit(Rang(is_housekeeping=True))
        if self._kept is None:
            self.store.close()

    def restart(self) -> None:
        """Stop and start at once."""
        self.stop()
        self.start()

    def _offer(self, notices: Sequence[Notice]) -> list[Notice]:
        self.told += notices
        self._reported += [
            NoticeOutcome(outbox_id=notice.outbox_id, state=NoticeState.ACCEPTED, attempts=1) for notice in notices
        ]
        return []

    def _settle(self) -> None:
        while self._reported:
            reported, self._reported = self._reported, []
            self.engine.intake.submit(NoticesReported(reported))

    def look(self) -> None:
        """Keep house, as the doorbell asks for every few seconds."""
        self.engine.intake.submit(Rang(is_housekeeping=True))
        self._settle()

    def say(self, delivery: str = "delivering") -> None:
        """Let the pump say one status."""
        rate = 5.0 if delivery == "delivering" else 0.0
        status = StatusObserved(delivery=DeliveryStatus(delivery), rate_ml_per_h=rate)
        self.engine.intake.submit(BatchArrived("line", Batch(items=[("p1", status)])))
        self._settle()

    def live(self, length_us: int, delivery: str | None = "delivering", *, every_us: int = MINUTE_US) -> None:
        """Let time pass; the pump says the same again and again, or nothing if ``delivery`` is None."""
        end_us = self.computer.boot_us + length_us
        while self.computer.boot_us < end_us:
            self.computer.wait(min(every_us, end_us - self.computer.boot_us))
            if delivery is not None:
                self.say(delivery)
            self.look()

    @property
    def shown(self) -> list[InterruptionView]:
        """The pump's interruptions now."""
        entry = self.engine.book.entries["p1"]
        return [] if entry.state is None else views(entry.state, entry.policy, self.clock.now_us())

    @property
    def off_us(self) -> tuple[int, int]:
        """The bounds of the only interruption."""
        (view,) = self.shown
        return view.off_min_us, view.off_max_us

    def skews(self) -> list[str]:
        """The pumps ("" is the monitor) about which ``clock-skew`` stands."""
        entry = self.engine.book.entries["p1"]
        of_pump = () if entry.state is None else entry.state.alerts
        found: list[tuple[str, Alert]] = [*self.engine.board.alerts, *(("p1", alert) for alert in of_pump)]
        return sorted(pump for pump, alert in found if alert.code == "clock-skew")

    def told_of_clock(self) -> int:
        """Return how often anybody was told that the wall clock was set."""
        return sum("wall clock" in notice.text for notice in self.told)
