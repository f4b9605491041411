"""Keeps one link open: reads it, hands batches to the intake, opens it again after a failure with back-off.

One thread per link. This is one of the three loops that run for ever.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import structlog

from drivers.contract import Batch, Driver, Refused
from drivers.errors import LinkError
from monitor.clock import SECOND_US, Clock
from monitor.errors import MonitorError
from monitor.interruption.alarms import OwnCode
from monitor.interruption.events import OwnAlertChanged
from monitor.service.intake import BatchArrived, EventArrived, Intake, SiteChanged

log = structlog.get_logger(__name__)

READ_S = 0.5
"""Longest wait of one read, in seconds; also how soon a stop is noticed."""

FIRST_BACK_OFF_S = 0.5
BACK_OFF_S_MAX = 30.0
"""First and longest wait before a link is opened again, in seconds; doubled from try to try, with jitter."""

REFUSAL_LOG_US = 60 * SECOND_US
"""A source's refusals are in the log at most this often; the rest is in the counters and the rejects."""

LOGGED_SOURCES_MAX = 100
"""How many sources of one link are named in one minute; a flood of invented topics must not fill the disk."""

HELD_UP_S = 0.25
"""How long a link waits at a time while the store holds everything up."""


class LinkSupervisor:
    """Runs one driver until stopped.

    Attributes:
        name: The link's name, as in the configuration.
        is_open: Whether the line is open.
        why: What was wrong last; empty while the line is open.
    """

    def __init__(
        self,
        *,
        name: str,
        pump: str | None,
        driver: Driver,
        bookmark: Callable[[], bytes | None],
        intake: Intake,
        clock: Clock,
        is_held_up: Callable[[], bool],
    ) -> None:
        self.name = name
        self.is_open = False
        self.why = "not opened yet"
        self._pump = pump
        self._driver = driver
        self._bookmark = bookmark
        self._intake = intake
        self._clock = clock
        self._is_held_up = is_held_up
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"link-{name}", daemon=True)
        self._logged_at_us: dict[str, int] = {}
        self._jitter = random.Random()  # noqa: S311 - spreads retries, protects nothing

    def start(self) -> None:
        """Begin to open and read the line."""
        self._thread.start()

    def stop(self, timeout_s: float = 3.0) -> None:
        """Close the line and wait for the thread, at most ``timeout_s``."""
        self._stopping.set()
        self._close()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def is_alive(self) -> bool:
        """Return whether the loop runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        back_off_s = FIRST_BACK_OFF_S
        while not self._stopping.is_set():
            try:
                self._driver.open(self._bookmark())
                self._opened()
                back_off_s = FIRST_BACK_OFF_S
                self._read_on()
            except LinkError as fault:
                self._lost(fault)
            except MonitorError as fault:
                log.warning("link.held", link=self.name, why=str(fault))
            except Exception as fault:
                # A driver's own fault must not end the watch: it is a lost line, said aloud.
                log.exception("link.fault", link=self.name)
                self._lost(LinkError(f"the driver failed: {fault!r}"))
            self.is_open = False
            self._close()
            self._stopping.wait(back_off_s * self._jitter.uniform(0.7, 1.3))
            back_off_s = min(back_off_s * 2, BACK_OFF_S_MAX)

    def _close(self) -> None:
        try:
            self._driver.close()
        except Exception as fault:  # noqa: BLE001 - whatever a driver raises, it is logged
            # Closed or not, the line is opened anew; the loop must not end for it.
            log.warning("link.close", link=self.name, why=repr(fault))

    def _read_on(self) -> None:
        while not self._stopping.is_set():
            if self._is_held_up():
                self._stopping.wait(HELD_UP_S)
                continue
            batch = self._driver.read(READ_S)
            if batch is not None:
                self._hand_in(batch)

    def _hand_in(self, batch: Batch) -> None:
        for refused in batch.refused:
            self._log_refusal(refused, batch.refused_count or len(batch.refused))
        self._intake.submit(BatchArrived(self.name, batch, self._driver))

    def _log_refusal(self, refused: Refused, count: int) -> None:
        """Say one refusal aloud, unless its source had one in the log less than a minute ago."""
        now_us = self._clock.now_us()
        if now_us - self._logged_at_us.get(refused.source, -REFUSAL_LOG_US) < REFUSAL_LOG_US:
            return
        recent = {source: at_us for source, at_us in self._logged_at_us.items() if now_us - at_us < REFUSAL_LOG_US}
        self._logged_at_us = recent
        if len(recent) >= LOGGED_SOURCES_MAX:
            return
        self._logged_at_us[refused.source] = now_us
        log.warning(
            "input.refused",
            link=self.name,
            source=refused.source,
            position=refused.position,
            cause=refused.cause,
            why=refused.why,
            refused=count,
        )

    def _opened(self) -> None:
        if self.why:
            log.info("link.open", link=self.name)
        self.is_open = True
        self.why = ""
        self._tell_pump(active=False, detail="")
        self._tell_site(OwnCode.CLIENT_TAKEOVER, active=False, detail="")

    def _lost(self, fault: LinkError) -> None:
        if self._stopping.is_set():
            return
        first = self.is_open or not self.why or self.why == "not opened yet"
        self.is_open = False
        if first or self.why != str(fault):
            log.warning("link.lost", link=self.name, why=str(fault))
        self.why = str(fault)
        if getattr(fault, "cause", "") == "taken-over":
            self._tell_site(OwnCode.CLIENT_TAKEOVER, active=True, detail=str(fault))
        if first:
            self._tell_pump(active=True, detail=str(fault))

    def _tell_pump(self, *, active: bool, detail: str) -> None:
        """Note the link's state with its pump; a hint for people, no evidence."""
        if self._pump is None:
            return

        def make(at_us: int) -> OwnAlertChanged:
            return OwnAlertChanged(at_us=at_us, code=OwnCode.LINK_LOST, active=active, detail=detail)

        self._intake.submit(EventArrived(self._pump, make))

    def _tell_site(self, code: str, *, active: bool, detail: str) -> None:
        if self._pump is None:
            self._intake.submit(SiteChanged(code, active, detail))
