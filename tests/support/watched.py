"""A pump under watch for tests of the pure core: says things at minutes, lets time ring, shows bounds."""

from __future__ import annotations

from drivers.contract import (
    AlarmObserved,
    AlarmPhase,
    DeliveryStatus,
    LogEvent,
    LogEventObserved,
    Observation,
    StatusObserved,
)
from monitor.interruption.deadlines import next_deadline_us
from monitor.interruption.effects import AlertRaised, Effect
from monitor.interruption.events import Event, Order, Ordered, PumpObserved, Ticked
from monitor.interruption.policy import MINUTE_US, Latency, Policy, Therapy, Threshold
from monitor.interruption.shown import InterruptionView
from monitor.interruption.transitions import enrolled, step
from monitor.interruption.view import views

BLINATUMOMAB = Therapy(
    name="blinatumomab",
    thresholds=(Threshold(240 * MINUTE_US),),
    latency=(
        Latency(0.6, 124 * MINUTE_US),
        Latency(1.8, 41 * MINUTE_US),
        Latency(2.5, 30 * MINUTE_US),
        Latency(5.0, 15 * MINUTE_US),
        Latency(10.0, 8 * MINUTE_US),
    ),
)


def minutes(count: float) -> int:
    """Return an instant or a length in microseconds."""
    return round(count * MINUTE_US)


class Watched:
    """One pump at 5 mL/h, followed event by event; deadlines ring on the way as they would."""

    def __init__(self, therapy: Therapy = BLINATUMOMAB, ordered_ml_per_h: float | None = 5.0) -> None:
        self.policy = Policy("p1", therapy)
        self.state = enrolled(0)
        self.now_us = 0
        self.effects: list[tuple[float, Effect]] = []
        if ordered_ml_per_h is not None:
            self.take(Ordered(at_us=0, order=Order(rate_ml_per_h=ordered_ml_per_h), by="test"))

    def take(self, event: Event) -> None:
        """Let time ring up to the event, then step it."""
        self.wait_until_us(event.at_us)
        self._step(event)

    def wait(self, minute: float) -> None:
        """Let time pass, ringing at every deadline."""
        self.wait_until_us(minutes(minute))

    def wait_until_us(self, at_us: int) -> None:
        """Let time pass, ringing at every deadline; a deadline that rings twice for nothing is a fault."""
        for _ in range(10_000):
            due_us = next_deadline_us(self.state, self.policy)
            if due_us is None or due_us > at_us:
                break
            before = self.state
            self._step(Ticked(at_us=max(due_us, self.now_us)))
            assert self.state != before, f"a deadline at minute {due_us / MINUTE_US} changes nothing"
        self.now_us = max(self.now_us, at_us)

    def _step(self, event: Event) -> None:
        result = step(self.state, event, self.policy)
        self.state = result.state
        self.now_us = event.at_us
        self.effects.extend((event.at_us / MINUTE_US, effect) for effect in result.effects)

    def say(self, minute: float, observation: Observation) -> None:
        """Let the pump say something at a minute."""
        self.take(PumpObserved(at_us=minutes(minute), observation=observation))

    def status(
        self,
        minute: float,
        delivery: str = "delivering",
        *,
        rate_ml_per_h: float | None = 5.0,
        counter: float | None = None,
    ) -> None:
        """Say one status."""
        shown = StatusObserved(
            delivery=DeliveryStatus(delivery), rate_ml_per_h=rate_ml_per_h, volume_delivered_ml=counter
        )
        self.say(minute, shown)

    def runs(self, first: float, last: float, *, counter: float | None = None) -> None:
        """Say "delivering" once a minute, the counter moving by the rate from ``counter``."""
        minute = first
        while minute <= last:
            reading = None if counter is None else counter + (minute - first) * 5 / 60
            self.status(minute, counter=reading)
            minute += 1

    def stands(self, first: float, last: float) -> None:
        """Say "not delivering" once a minute, before ``last``."""
        minute = first
        while minute < last:
            self.status(minute, "not-delivering", rate_ml_per_h=0)
            minute += 1

    def event(self, minute: float, event: str, *, age_s: float = 0) -> None:
        """Say one entry of the log."""
        self.say(minute, LogEventObserved(event=LogEvent(event), age_s=age_s))

    def alarm(self, minute: float, code: str, phase: str = "start") -> None:
        """Say that an alarm began or ended."""
        self.say(minute, AlarmObserved(code=code, phase=AlarmPhase(phase)))

    @property
    def shown(self) -> list[InterruptionView]:
        """All interruptions that the state keeps, at this instant."""
        return views(self.state, self.policy, self.now_us)

    @property
    def only(self) -> InterruptionView:
        """The one interruption there is."""
        (view,) = self.shown
        return view

    def off(self) -> tuple[float, float]:
        """The bounds of the one interruption, in minutes."""
        view = self.only
        return view.off_min_us / MINUTE_US, view.off_max_us / MINUTE_US

    def raised(self) -> list[str]:
        """The codes of all alerts that were ever raised, in order."""
        return [str(effect.alert.code) for _, effect in self.effects if isinstance(effect, AlertRaised)]
