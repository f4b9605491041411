"""Moves a simulated pump through time: what happens by itself while nobody touches it.

Pure: the caller passes each instant, in microseconds since 1970, and time never runs backwards. Between
two events everything is linear, so the next event is computed and not searched for; advancing in one
stride or in a thousand gives the same pump, the same log and the same truth.

What people and mishaps do is in ``simulator.pump``; what a face may ask is in ``simulator.pump_readout``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

from drivers.contract import AlarmCode
from simulator.battery import Battery
from simulator.log_ring import LogEntry, LogKind, LogRing
from simulator.pump_clock import PumpClock
from simulator.setup import PumpSetup
from simulator.truth import FlowKind, Truth
from simulator.tubing import Tubing
from simulator.units import ml_of, nl_per_h_of, quanta_of, us_of, us_until

STOPPING_ALARMS = frozenset(
    {
        AlarmCode.OCCL_DOWN,
        AlarmCode.OCCL_UP,
        AlarmCode.AIR,
        AlarmCode.SET_DETACHED,
        AlarmCode.RES_EMPTY,
        AlarmCode.BATT_EMPTY,
        AlarmCode.FAULT,
        AlarmCode.COMM_MODULE,
    }
)
"""Alarms that stop delivery; an empty container may go on at the keep-vein-open rate instead."""

EVENTS_AT_ONCE_MAX = 100
"""Every event ends what caused it, so more than a handful at one instant means that one does not."""

_Due = tuple[int, Callable[[], None]]


class Motor(StrEnum):
    """What the motor is told to do."""

    STILL = "still"
    THERAPY = "therapy"
    KVO = "kvo"


class PumpPhysics:
    """State of one pump, and how it changes as time passes.

    Attributes:
        setup: How it was made.
        now_us: The instant it has reached.
        truth: What flowed into the patient.
        tubing: Bag and line.
        battery: The battery.
        clock: The pump's own clock.
        log: The event log.
    """

    def __init__(self, setup: PumpSetup, start_us: int, truth: Truth | None = None) -> None:
        """Make a pump that is off, ``lead_s`` before its story starts; with a given truth, at the start."""
        self.setup = setup
        self.now_us = start_us - us_of(setup.lead_s) if truth is None else start_us
        self.truth = Truth(self.now_us) if truth is None else truth
        self.tubing = Tubing(bag=quanta_of(setup.bag_ml + setup.overfill_ml - setup.infused_ml))
        left_s = setup.battery_life_s if setup.battery_left_s is None else setup.battery_left_s
        self.battery = Battery(
            life_us=us_of(setup.battery_life_s),
            # What is used up before the story comes on top.
            left_us=us_of(left_s) + start_us - self.now_us,
            low_us=us_of(setup.battery_low_s),
        )
        reading_us = start_us + us_of(setup.clock_ahead_s)
        self.clock = PumpClock(start_us, reading_us, setup.drift_ppm)
        self.log = LogRing(first_index=setup.log_first_index)
        self._firmware_loaded_us = reading_us - us_of(setup.firmware_age_s)
        self._programmed = quanta_of(setup.bag_ml)
        self._infused = self._total = quanta_of(setup.infused_ml)
        self._nl_per_h = nl_per_h_of(setup.rate_ml_per_h)
        self._kvo_nl_per_h = nl_per_h_of(setup.kvo_rate_ml_per_h)
        self._motor = Motor.STILL
        self._alarms: dict[AlarmCode, int] = {}
        self._is_on = self._is_stalled = self._is_stopped_by_user = self._is_program_logged = False
        self._remind_at_us: int | None = None
        self._dies_at_us: int | None = None
        self._on_us = self._infusing_us = self._boots = 0

    def advance(self, to_us: int) -> None:
        """Let time pass up to an instant.

        Raises:
            ValueError: The instant lies before the one already reached.
            RuntimeError: Events follow each other without end at one instant, which is an error in here.
        """
        if to_us < self.now_us:
            raise ValueError(f"the pump has reached {self.now_us} us and cannot go back to {to_us} us")
        at_once = 0
        while (due := self._next_due()) is not None and due[0] <= to_us:
            at_once = at_once + 1 if due[0] == self.now_us else 0
            if at_once > EVENTS_AT_ONCE_MAX:
                raise RuntimeError(f"the pump does not get beyond {self.now_us} us")
            self._pass_time(due[0])
            due[1]()
            self._note_flow()
        self._pass_time(to_us)
        self.truth.reaches(to_us)

    def next_event_us(self) -> int | None:
        """Return the instant of the next event that will happen by itself, or None if none will."""
        due = self._next_due()
        return None if due is None else due[0]

    def _next_due(self) -> _Due | None:
        return min(self._dues(), key=lambda due: due[0], default=None) if self._is_on else None

    def _dues(self) -> Iterator[_Due]:
        """Yield what will happen by itself if nothing else comes between; of equal instants the first wins."""
        rate = self._displaced_nl_per_h()
        if rate:
            yield from self._volume_dues(rate)
        if not self.battery.is_on_mains and AlarmCode.BATT_EMPTY not in self._alarms:
            left_us = self.battery.left_us
            yield self.now_us + left_us, self._battery_runs_out
            if AlarmCode.BATT_LOW not in self._alarms:
                yield self.now_us + max(0, left_us - self.battery.low_us), self._battery_gets_low
        if self._remind_at_us is not None:
            yield max(self.now_us, self._remind_at_us), self._reminds
        if self._dies_at_us is not None:
            yield max(self.now_us, self._dies_at_us), self._goes_dark

    def _volume_dues(self, nl_per_h: int) -> Iterator[_Due]:
        tubing, true_nl_per_h = self.tubing, self._true_nl_per_h(nl_per_h)
        if tubing.is_blocked_up:
            if self.setup.has_upstream_sensor:
                lacking = quanta_of(self.setup.upstream_volume_ml) - tubing.pulled
                yield self.now_us + us_until(lacking, true_nl_per_h), self._notices_upstream
        elif not tubing.has_air:
            if tubing.bag > 0:
                yield self.now_us + us_until(tubing.bag, true_nl_per_h), self._bag_runs_dry
            if tubing.is_blocked_down:
                lacking = quanta_of(self.setup.occlusion_volume_ml) - tubing.stored
                yield self.now_us + us_until(lacking, true_nl_per_h), self._notices_downstream
        if self._motor is Motor.THERAPY:
            left = self._programmed - self._infused
            yield self.now_us + us_until(left, nl_per_h), self._container_ends
            if AlarmCode.RES_LOW not in self._alarms:
                low = max(quanta_of(self.setup.reservoir_low_ml), nl_per_h * us_of(self.setup.reservoir_low_s))
                yield self.now_us + us_until(left - low, nl_per_h), self._container_gets_low

    def _pass_time(self, to_us: int) -> None:
        """Let everything go on as it is up to an instant before which nothing happens."""
        passed_us, self.now_us = to_us - self.now_us, to_us
        if not passed_us or not self._is_on:
            return
        self._on_us += passed_us
        self.battery.drain(passed_us)
        if self._motor is Motor.THERAPY:
            self._infusing_us += passed_us
        if rate := self._displaced_nl_per_h():
            self._infused += rate * passed_us
            self._total += rate * passed_us
            self.tubing.move(self._true_nl_per_h(rate) * passed_us)

    def _displaced_nl_per_h(self) -> int:
        """What the pump believes to displace now; a stalled drive turns nothing and counts nothing."""
        if self._is_stalled or self._motor is Motor.STILL:
            return 0
        return self._nl_per_h if self._motor is Motor.THERAPY else self._kvo_nl_per_h

    def _true_nl_per_h(self, nl_per_h: int) -> int:
        return max(1, round(nl_per_h * (1 + self.setup.flow_error)))

    def _note_flow(self) -> None:
        """Tell the truth what the patient gets from now on."""
        rate = self._displaced_nl_per_h()
        kind = FlowKind.THERAPY if self._motor is Motor.THERAPY else FlowKind.KVO
        self.truth.flows(self.now_us, self._true_nl_per_h(rate) if rate and self.tubing.reaches_patient else 0, kind)

    def _notices_downstream(self) -> None:
        self._raise_alarm(AlarmCode.OCCL_DOWN)

    def _notices_upstream(self) -> None:
        self._raise_alarm(AlarmCode.OCCL_UP)

    def _bag_runs_dry(self) -> None:
        # The counter knows nothing of it: only the air that follows the last drop is noticed.
        if self.setup.has_air_detector:
            self.tubing.has_air = True
            self._raise_alarm(AlarmCode.AIR)

    def _container_gets_low(self) -> None:
        self._raise_alarm(AlarmCode.RES_LOW)

    def _container_ends(self) -> None:
        self._write(LogKind.DELIVERY_COMPLETE)
        self._end_alarm(AlarmCode.RES_LOW)
        if not self._kvo_nl_per_h:
            self._raise_alarm(AlarmCode.RES_EMPTY)
            return
        self._motor = Motor.KVO
        self._alarms[AlarmCode.RES_EMPTY] = self.now_us
        self._write(LogKind.ALARM_START, AlarmCode.RES_EMPTY)
        self._raise_alarm(AlarmCode.KVO)

    def _battery_gets_low(self) -> None:
        self._raise_alarm(AlarmCode.BATT_LOW)

    def _battery_runs_out(self) -> None:
        self._raise_alarm(AlarmCode.BATT_EMPTY)
        self._dies_at_us = self.now_us + us_of(self.setup.battery_dies_s)

    def _goes_dark(self) -> None:
        """Lose all power at once: nothing is logged, nothing sounds."""
        self._motor = Motor.STILL
        self._is_on = False
        self._alarms.clear()
        self._remind_at_us = self._dies_at_us = None

    def _reminds(self) -> None:
        # A stopping alarm sounds by itself; the reminder is for a pump that was left stopped.
        if not STOPPING_ALARMS & self._alarms.keys():
            self._alarms.setdefault(AlarmCode.STOP_REMIND, self.now_us)
            self._write(LogKind.ALARM_START, AlarmCode.STOP_REMIND)
        self._remind_at_us = self.now_us + us_of(self.setup.reminder_s)

    def _raise_alarm(self, code: AlarmCode) -> None:
        """Start an alarm, once, and stop delivery where it does that."""
        if code in self._alarms:
            return
        self._alarms[code] = self.now_us
        self._write(LogKind.ALARM_START, code)
        if code in STOPPING_ALARMS and self._motor is not Motor.STILL:
            self._halt()
            if self.setup.logs_stop_on_alarm:
                self._write(LogKind.DELIVERY_STOP)

    def _end_alarm(self, *codes: AlarmCode) -> None:
        for code in codes:
            if self._alarms.pop(code, None) is not None:
                self._write(LogKind.ALARM_END, code)

    def _halt(self) -> None:
        """Stand still from now on; the reminder comes after a while."""
        self._motor = Motor.STILL
        self._remind_at_us = self.now_us + us_of(self.setup.reminder_s)

    def _write(self, kind: LogKind, code: AlarmCode | None = None, values: tuple[float, float] | None = None) -> None:
        stamp_us = self.clock.reading_us(self.now_us)
        self.log.append(LogEntry(kind, stamp_us, code, ml_of(self._infused), self.battery.volts, values))
