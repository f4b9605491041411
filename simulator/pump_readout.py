"""Says what a simulated pump would show: everything that a face may ask, and nothing of the truth.

Pure: reading changes nothing.
"""

from __future__ import annotations

from drivers.contract import AlarmCode, DeliveryStatus, NotDeliveringReason
from simulator.pump_physics import STOPPING_ALARMS, Motor, PumpPhysics
from simulator.units import NL_PER_ML, QUANTA_PER_ML, US_PER_S, quanta_of

_STATUS_OF_MOTOR = {
    Motor.STILL: DeliveryStatus.NOT_DELIVERING,
    Motor.THERAPY: DeliveryStatus.DELIVERING,
    Motor.KVO: DeliveryStatus.KVO,
}

_PRESSURE_IDLE = 20
_PRESSURE_SPAN = 200


class PumpReadout(PumpPhysics):
    """The pump as seen from its data port."""

    @property
    def serial(self) -> str:
        """The serial number."""
        return self.setup.serial

    @property
    def boots(self) -> int:
        """How often it was switched on."""
        return self._boots

    @property
    def is_on(self) -> bool:
        """Whether it is switched on and fed."""
        return self._is_on

    @property
    def can_talk(self) -> bool:
        """Whether its data port answers: not without power, and not with a broken radio module."""
        return self._is_on and AlarmCode.COMM_MODULE not in self._alarms

    @property
    def delivery(self) -> DeliveryStatus:
        """What the pump says of its delivery; a blocked line or a stalled drive does not show here."""
        return _STATUS_OF_MOTOR[self._motor]

    @property
    def reason(self) -> NotDeliveringReason | None:
        """Why it is not delivering; None while it delivers or keeps the vein open."""
        if self._motor is not Motor.STILL:
            return None
        if not self._is_on:
            return NotDeliveringReason.POWERED_OFF
        if STOPPING_ALARMS & self._alarms.keys():
            return NotDeliveringReason.ALARMING
        return NotDeliveringReason.STOPPED_BY_USER if self._is_stopped_by_user else NotDeliveringReason.NOT_SPECIFIED

    @property
    def alarms(self) -> tuple[AlarmCode, ...]:
        """Active alarms, the oldest first."""
        return tuple(self._alarms)

    @property
    def rate_ml_per_h(self) -> float:
        """The rate in force: that of the program, of keep-vein-open, or 0."""
        rates = {Motor.STILL: 0, Motor.THERAPY: self._nl_per_h, Motor.KVO: self._kvo_nl_per_h}
        return rates[self._motor] / NL_PER_ML

    @property
    def programmed_rate_ml_per_h(self) -> float:
        """The programmed rate, running or not."""
        return self._nl_per_h / NL_PER_ML

    @property
    def programmed_ml(self) -> float:
        """The programmed volume of the container."""
        return self._programmed / QUANTA_PER_ML

    def infused_ml(self, resolution_ml: float) -> float:
        """Return the counter since the container was changed or the counter cleared, in whole steps."""
        return _in_steps(self._infused, resolution_ml)

    def total_ml(self, resolution_ml: float) -> float:
        """Return the counter of the pump's life, in whole steps; nobody can clear it."""
        return _in_steps(self._total, resolution_ml)

    def remaining_ml(self, resolution_ml: float) -> float:
        """Return what the pump reckons is left in the container, in whole steps, never below 0."""
        return _in_steps(max(0, self._programmed - self._infused), resolution_ml)

    @property
    def infusing_s(self) -> int:
        """Whole seconds at the therapy rate since the container was changed or the counter cleared."""
        return self._infusing_us // US_PER_S

    @property
    def on_s(self) -> int:
        """Whole seconds the pump has been on in its life."""
        return self._on_us // US_PER_S

    @property
    def motor_turns(self) -> bool:
        """Whether the motor sensor sees it turn; a stalled drive claims so too."""
        return self._motor is not Motor.STILL

    @property
    def pressure_counts(self) -> tuple[int, int]:
        """What the sensors before and behind the pump show: 20 idle, 220 at the alarm limit."""
        up = _counts(self.tubing.pulled, self.setup.upstream_volume_ml)
        down = _counts(self.tubing.stored, self.setup.occlusion_volume_ml)
        return up, down

    @property
    def clock_us(self) -> int:
        """The pump's own time, microseconds since 1970 as it believes them."""
        return self.clock.reading_us(self.now_us)

    def firmware_s(self, reading_us: int) -> int:
        """Return a reading of its clock as whole seconds since the firmware was loaded, never below 0."""
        return max(0, reading_us - self._firmware_loaded_us) // US_PER_S


def _in_steps(quanta: int, resolution_ml: float) -> float:
    step = quanta_of(resolution_ml)
    return round(quanta // step * resolution_ml, 6)


def _counts(quanta: int, limit_ml: float) -> int:
    return _PRESSURE_IDLE + min(_PRESSURE_SPAN, _PRESSURE_SPAN * quanta // quanta_of(limit_ml))
