"""Whether each part does its work: storage, core, every link's loop, the ladder's doorbell, every rung's channels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from monitor.clock import SECOND_US, Clock
from monitor.config.settings import Config
from monitor.escalation.outcomes import ChannelHealth
from monitor.feed.records import Health, HealthCheck
from monitor.service.processor import Processor
from monitor.service.supervisor import LinkSupervisor
from monitor.service.timers import RING_S_MAX, Timers

LATE_S_MAX = 5.0
"""How late a deadline may be taken up before the ladder counts as stuck, in real seconds."""


class HealthWatch:
    """Asks every part; called from the feed's threads."""

    def __init__(
        self,
        clock: Clock,
        processor: Processor,
        timers: Timers,
        links: Sequence[LinkSupervisor],
        rungs: Mapping[str, frozenset[str]],
        channels: Callable[[], Mapping[str, ChannelHealth]],
    ) -> None:
        """Watch the parts; ``rungs`` names the channels of each rung, ``channels`` tells how they are doing."""
        self._clock = clock
        self._processor = processor
        self._timers = timers
        self._links = links
        self._rungs = rungs
        self._channels = channels

    def health(self) -> Health:
        """Return the state of every part now."""
        now_us = self._clock.now_us()
        processor = self._processor
        fails = processor.faults.why(now_us)
        checks = [
            HealthCheck(name="storage", is_ok=processor.ledger.is_sound, why=processor.ledger.fault),
            HealthCheck(name="core", is_ok=not fails, why=fails),
            self._ladder(now_us),
        ]
        for link in self._links:
            # A closed line is the pump's trouble and is told; a loop that ended is the monitor's.
            is_ok = link.is_alive() and link.is_open
            checks.append(HealthCheck(name=f"driver:{link.name}", is_ok=is_ok, why=link.why))
        checks.extend(self._rung_checks())
        return Health(at_us=now_us, checks=tuple(checks))

    def _rung_checks(self) -> Iterator[HealthCheck]:
        """Yield a check for each rung: it works while one of its channels does, as far as is known."""
        doing = self._channels()
        for rung, channels in self._rungs.items():
            failing = [name for name in channels if name in doing and doing[name].failing_since_us is not None]
            is_ok = len(failing) < len(channels)
            why = "" if is_ok else f"every channel fails: {doing[failing[0]].last_error}"
            yield HealthCheck(name=f"rung:{rung}", is_ok=is_ok, why=why)

    def _ladder(self, now_us: int) -> HealthCheck:
        next_us = self._processor.deadline_us
        speed = self._clock.speed
        late_s = 0.0 if next_us is None else (now_us - next_us) / SECOND_US / speed
        since_ring_s = self._timers.since_ring_s()
        if late_s > LATE_S_MAX:
            return HealthCheck(name="ladder", is_ok=False, why=f"a deadline is {late_s:.0f} s overdue")
        if since_ring_s > 3 * RING_S_MAX:
            return HealthCheck(name="ladder", is_ok=False, why=f"no ring for {since_ring_s:.0f} s")
        return HealthCheck(name="ladder", is_ok=True)


def rungs_of(config: Config) -> dict[str, frozenset[str]]:
    """Return by which channels the people of each rung are reached, over all ladders of the configuration."""
    channels: dict[str, frozenset[str]] = {}
    for ladder in config.ladders.values():
        for rung in ladder.rungs:
            people = config.roster.named(rung.contacts)
            found = frozenset(channel for person in people for channel in person.channels)
            channels[rung.rung] = channels.get(rung.rung, frozenset()) | found
    return {rung: found for rung, found in channels.items() if found}
