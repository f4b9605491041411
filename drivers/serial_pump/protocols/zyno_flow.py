"""Weighs what the log says of delivery against the motor and the volume counter, over several polls.

Pure. The motor of a slow infusion turns now and then, so its bit alone proves nothing either way, and the
counter moves in steps. Only when neither has shown a sign of life for as long as the rate makes three
steps due is an open delivery doubted; and a closed one is doubted, never opened, when the counter rises.
"""

from __future__ import annotations

from drivers.contract import DeliveryStatus
from drivers.serial_pump.protocols.zyno_run import Run

PATIENCE_MIN_S = 60.0
"""Not even a fast infusion is doubted sooner, in seconds of monitor time."""

PATIENCE_UNKNOWN_S = 900.0
"""How long no sign is needed where the rate is not known: more than two steps of 0.01 mL at 0.1 mL/h."""

PATIENCE_MAX_S = 3600.0

STEPS_DUE = 3
"""So many steps of the counter must be due before their absence is a reason for doubt."""

RISES_FOR_DOUBT = 2
"""So often must the counter rise while the log says stopped; once may be the rest of a stroke."""


class FlowWatch:
    """What motor and counter showed since the log last changed its mind."""

    def __init__(self) -> None:
        self._run = Run.UNKNOWN
        self._volume_ml: float | None = None
        self._sign_at_s: float | None = None
        self._rises = 0
        self._has_signs = False

    def look(self, run: Run, *, motor_turns: bool | None, volume_ml: float | None, now_s: float) -> None:
        """Take in one poll.

        Args:
            run: What the log says.
            motor_turns: The motor bit; None if it was not told.
            volume_ml: The counter; None if it was not told.
            now_s: Monitor time.
        """
        if run is not self._run or self._sign_at_s is None:
            self._run, self._sign_at_s, self._rises = run, now_s, 0
        has_risen = volume_ml is not None and self._volume_ml is not None and volume_ml > self._volume_ml
        self._rises += has_risen
        if motor_turns or has_risen:
            self._sign_at_s = now_s
        self._has_signs = motor_turns is not None or volume_ml is not None
        self._volume_ml = volume_ml if volume_ml is not None else self._volume_ml

    def delivery(self, rate_ml_per_h: float | None, resolution_ml: float, now_s: float) -> DeliveryStatus:
        """Return what to report; where the log says nothing that is ``transitioning``, never ``delivering``."""
        if self._run is Run.UNKNOWN or self._sign_at_s is None:
            return DeliveryStatus.TRANSITIONING
        is_quiet = now_s - self._sign_at_s > _patience_s(rate_ml_per_h, resolution_ml)
        if self._run is Run.CLOSED:
            # A sign that is long past is history: what the log says stands again.
            is_moving = self._rises >= RISES_FOR_DOUBT and not is_quiet
            return DeliveryStatus.TRANSITIONING if is_moving else DeliveryStatus.NOT_DELIVERING
        # A pump that tells neither motor nor volume can only be taken at its log's word.
        return DeliveryStatus.TRANSITIONING if is_quiet and self._has_signs else DeliveryStatus.DELIVERING


def _patience_s(rate_ml_per_h: float | None, resolution_ml: float) -> float:
    if not rate_ml_per_h:
        return PATIENCE_UNKNOWN_S
    due_s = STEPS_DUE * resolution_ml * 3600 / rate_ml_per_h
    return min(max(due_s, PATIENCE_MIN_S), PATIENCE_MAX_S)
