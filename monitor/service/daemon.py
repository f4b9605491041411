"""The monitor as a service: store, engine, links, doorbell, dispatcher and feed, started and stopped in order.

This is the one place where everything is put together; each part may be replaced by a fake in a test.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence

import msgspec
import structlog

from drivers.contract import Driver, DriverContext
from drivers.errors import OptionsError
from drivers.registry import Registry
from monitor.clock import SECOND_US, KeptClock
from monitor.config.references import resolve_secret
from monitor.config.settings import Config
from monitor.errors import ConfigurationError, MonitorError
from monitor.escalation.channel import Channel, Notice
from monitor.escalation.dispatcher import Dispatcher, NoticeOutcome
from monitor.feed.access import Access
from monitor.feed.server import FeedServer
from monitor.service.engine import Engine
from monitor.service.feed_source import EngineSource
from monitor.service.health import HealthWatch, rungs_of
from monitor.service.intake import Intake, Item, NoticesReported, Rang
from monitor.service.supervisor import LinkSupervisor
from monitor.service.timekeeping import Timekeeper
from monitor.service.timers import Timers
from monitor.storage.unit_of_work import Store

log = structlog.get_logger(__name__)

GARBAGE_LOOKED_AT = 10_000
"""So many new objects make a look for garbage: at the usual 700 each turn of a busy minute made a dozen of them."""

START_GRACE_S = 8.0
"""After a downtime, lines get this long to be heard before anybody is told what came due, in real seconds."""


class Daemon:
    """One running monitor.

    Attributes:
        engine: The core with its store and intake.
        links: One supervisor per line.
        address: Where the feed is, once started.
    """

    def __init__(
        self,
        *,
        config: Config,
        registry: Registry,
        store: Store,
        clock: KeptClock,
        channels: Mapping[str, Channel],
        access: Access,
        is_downtime_known: bool = True,
    ) -> None:
        self._store = store
        self._clock = clock
        self._is_downtime_known = is_downtime_known
        self._dispatcher = Dispatcher(channels, self._report, clock.now_us, note_fault=self._note_fault)
        self.engine = Engine(config, store, clock, self._offer)
        self._time = Timekeeper(clock, self.engine.processor)
        self.engine.intake = Intake(self._handle)
        self._timers = Timers(clock, self._ring, self._keep_house)
        self.engine.processor.on_deadline = self._timers.arm
        self.links = _links(config, registry, self.engine)
        self.health = HealthWatch(
            clock, self.engine.processor, self._timers, self.links, rungs_of(config), self._dispatcher.health
        )
        site = msgspec.structs.replace(config.site, speed=clock.speed)
        self.source = EngineSource(self.engine, self.health.health, site)
        self._feed = FeedServer(self.source, access, host=config.feed.host, port=config.feed.port)
        self.address = ""

    def start(self) -> None:
        """Take up where the store left off, then open lines, doorbell and feed."""
        grace_us = int(START_GRACE_S * SECOND_US * self._clock.speed)
        self._time.begin()
        self.engine.load(is_downtime_known=self._is_downtime_known, grace_us=grace_us)
        self.engine.offer_unfinished()
        self.address = self._feed.start()
        self._timers.start()
        self._ring()
        for link in self.links:
            link.start()
        # What stands now stands for good: to look through it for garbage stops every thread for a tenth of a second.
        gc.freeze()
        gc.set_threshold(GARBAGE_LOOKED_AT)

    def stop(self) -> None:
        """Close lines first, so that what was read is stored; then everything else, within a few seconds."""
        for stop in (*(link.stop for link in self.links), self._timers.stop, self._feed.stop):
            _quietly(stop)
        self.engine.intake.submit(Rang(is_housekeeping=True))
        self._dispatcher.close()
        # What the channels said while they closed is stored by one more turn.
        self.engine.intake.submit(Rang())
        self._store.close()

    def _offer(self, notices: Sequence[Notice]) -> list[Notice]:
        return self._dispatcher.offer(notices)

    def _report(self, outcomes: list[NoticeOutcome]) -> None:
        self.engine.intake.submit(NoticesReported(outcomes))

    def _note_fault(self, at: str, fault: Exception) -> None:
        self.engine.processor.tally.note_fault(at, fault)

    def _ring(self) -> None:
        self.engine.intake.submit(Rang())

    def _keep_house(self) -> None:
        self.engine.intake.submit(Rang(is_housekeeping=True))

    def _handle(self, items: list[Item]) -> None:
        self._time.before(items, self.engine.processor.handle)


def _quietly(stop: Callable[[], object]) -> None:
    """Stop one part; a part that fails to stop must not keep the others from stopping."""
    try:
        stop()
    except MonitorError as fault:
        log.warning("stop.fault", part=getattr(stop, "__qualname__", repr(stop)), why=str(fault))
    except Exception:
        log.exception("stop.fault", part=getattr(stop, "__qualname__", repr(stop)))


def _links(config: Config, registry: Registry, engine: Engine) -> list[LinkSupervisor]:
    links: list[LinkSupervisor] = []
    faults: list[str] = []
    for place, pump in enumerate(config.pumps):
        if pump.driver is None:
            continue
        name = f"pump:{pump.pump}"
        driver = _driver(
            config, registry, engine, f"pumps[{place}]", name, pump.driver, pump.options, faults, pump.pump, pump.serial
        )
        if driver is not None:
            links.append(_supervised(engine, name, driver, pump.pump))
    for place, source in enumerate(config.sources):
        name = f"source:{source.name}"
        driver = _driver(config, registry, engine, f"sources[{place}]", name, source.driver, source.options, faults)
        if driver is not None:
            links.append(_supervised(engine, name, driver, None))
    if faults:
        raise ConfigurationError(faults)
    return links


def _driver(  # noqa: PLR0913, PLR0917 - one row of the configuration
    config: Config,
    registry: Registry,
    engine: Engine,
    path: str,
    name: str,
    driver: str,
    options: Mapping[str, object],
    faults: list[str],
    pump: str | None = None,
    serial: str | None = None,
) -> Driver | None:
    context = DriverContext(
        name=name,
        pump=pump,
        serial=serial,
        options=options,
        now_s=lambda: engine.clock.now_us() / SECOND_US,
        memory=engine.store.memory(name),
        secret=lambda reference: resolve_secret(reference, config.base),
    )
    try:
        return registry.loaded[driver].plugin.create(context)
    except OptionsError as fault:
        faults.extend(f"{path}.options.{one}" for one in fault.faults)
    except ImportError as fault:
        faults.append(f"{path}.driver: {driver} needs a library that is not installed: {fault}")
    return None


def _supervised(engine: Engine, name: str, driver: Driver, pump: str | None) -> LinkSupervisor:
    bookmark = engine.store.bookmark(name)
    if bookmark is not None:
        engine.processor.ledger.bookmarks[name] = bookmark
    return LinkSupervisor(
        name=name,
        pump=pump,
        driver=driver,
        bookmark=lambda: engine.processor.ledger.bookmarks.get(name),
        intake=engine.intake,
        clock=engine.clock,
        is_held_up=engine.processor.ledger.is_full,
    )
