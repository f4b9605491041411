"""A simulated pump: what people, accidents and breakdowns can do to it.

Pure. Each act happens at the instant the pump has reached (``advance`` first) and says whether the
pump took it: a pump refuses to run with an open set, and pressing stop twice stops once. Only a
story and its tests touch these; no face does, except for the key that quiets a reminder.
"""

from __future__ import annotations

from drivers.contract import AlarmCode
from simulator.log_ring import PROGRAM_KINDS, LogKind
from simulator.pump_physics import Motor
from simulator.pump_readout import PumpReadout
from simulator.setup import PumpSetup, StartsAs
from simulator.truth import Truth
from simulator.units import NL_PER_ML, nl_per_h_of, quanta_of, us_of

_CLEARED_BY_RUN = (AlarmCode.OCCL_DOWN, AlarmCode.OCCL_UP, AlarmCode.STOP_REMIND)
_BLOCKS_RUN = frozenset({AlarmCode.FAULT, AlarmCode.COMM_MODULE, AlarmCode.BATT_EMPTY})


class SimulatedPump(PumpReadout):
    """A pump with physics, in the hands of people."""

    def __init__(self, setup: PumpSetup, start_us: int, truth: Truth | None = None, now_us: int | None = None) -> None:
        """Make a pump as its setup says, and bring it to the start of its story.

        Args:
            setup: What kind of pump.
            start_us: When its story starts, in microseconds since 1970.
            truth: The patient's record, where a pump before this one began it; the new one then starts
                switched on and stopped, with no time before.
            now_us: The present, where it lies between the pump's first instant and the story's start.
        """
        super().__init__(setup, start_us, truth)
        if truth is not None or setup.starts is not StartsAs.OFF:
            self.power_on()
        if truth is None and setup.starts is StartsAs.RUNNING:
            self.run()
        self._note_flow()
        self.advance(start_us if now_us is None else max(self.now_us, min(now_us, start_us)))

    # People at the keys.

    def run(self) -> bool:
        """Start delivery, if nothing hinders it; a line that is still blocked will alarm again."""
        tubing = self.tubing
        is_ready = self._is_on and self._motor is not Motor.THERAPY and not _BLOCKS_RUN & self._alarms.keys()
        has_fluid = self._infused < self._programmed and not (tubing.has_air and self.setup.has_air_detector)
        if not (is_ready and has_fluid and tubing.is_attached):
            return False
        self._end_alarm(*_CLEARED_BY_RUN)
        self._motor = Motor.THERAPY
        self._is_stopped_by_user = False
        self._remind_at_us = None
        self._log_program()
        self._write(LogKind.DELIVERY_START)
        self._note_flow()
        return True

    def stop(self) -> bool:
        """Press stop."""
        if self._motor is Motor.STILL:
            return False
        self._halt()
        self._is_stopped_by_user = True
        self._end_alarm(AlarmCode.KVO)
        self._write(LogKind.DELIVERY_STOP)
        self._note_flow()
        return True

    def acknowledge(self) -> bool:
        """Press OK: a reminder goes quiet until the next one; an alarm with a cause stays."""
        is_reminding = AlarmCode.STOP_REMIND in self._alarms
        self._end_alarm(AlarmCode.STOP_REMIND)
        return is_reminding

    def power_on(self) -> bool:
        """Switch on; the pump stands still and waits for a person. Faults are gone, blockages are not."""
        if self._is_on or not self.battery.can_feed:
            return False
        self._is_on = True
        self._boots += 1
        self._is_stopped_by_user = self._is_program_logged = False
        self._write(LogKind.POWER_ON)
        self._halt()
        return True

    def power_off(self) -> bool:
        """Switch off by the key; the log says so."""
        if not self._is_on:
            return False
        self._write(LogKind.POWER_OFF)
        self._goes_dark()
        self._note_flow()
        return True

    def set_rate(self, rate_ml_per_h: float) -> bool:
        """Change the programmed rate, running or not."""
        if not self._is_on:
            return False
        old = self._nl_per_h / NL_PER_ML
        self._nl_per_h = nl_per_h_of(rate_ml_per_h)
        self._is_program_logged = False
        self._write(LogKind.ALARM_START, AlarmCode.PROG_CHANGED, (old, rate_ml_per_h))
        self._note_flow()
        return True

    def clear_counter(self) -> bool:
        """Set the counter of delivered volume to zero; the pump then reckons with a full container."""
        if not self._is_on:
            return False
        self._infused = self._infusing_us = 0
        self._end_alarm(AlarmCode.RES_LOW, AlarmCode.RES_EMPTY)
        self._write(LogKind.ALARM_START, AlarmCode.COUNTERS_RESET)
        return True

    def set_clock_ahead(self, by_s: float) -> bool:
        """Set the pump's clock ahead (negative: back)."""
        self.clock.jump(self.now_us, us_of(by_s))
        if self._is_on:
            self._write(LogKind.ALARM_START, AlarmCode.CLOCK_CHANGED)
        return self._is_on

    # Hands on bag, set and battery.

    def detach_set(self) -> bool:
        """Take the set out of the pump."""
        if not self.tubing.is_attached:
            return False
        self.tubing.is_attached = False
        if self._is_on:
            self._raise_alarm(AlarmCode.SET_DETACHED)
        self._note_flow()
        return True

    def attach_set(self) -> bool:
        """Put the set into the pump; this starts nothing."""
        if self.tubing.is_attached:
            return False
        self.tubing.is_attached = True
        self._end_alarm(AlarmCode.SET_DETACHED)
        return True

    def change_bag(self, volume_ml: float | None = None) -> bool:
        """Hang a new bag, primed, of the old programmed volume or another, and clear the counter if it is on."""
        if self._motor is not Motor.STILL:
            return False
        if volume_ml is not None:
            self._programmed = quanta_of(volume_ml)
            self._is_program_logged = False
        self.tubing.bag = self._programmed + quanta_of(self.setup.overfill_ml)
        self.clear_air()
        self.clear_counter()
        return True

    def clear_air(self) -> bool:
        """Get the air out of the line, with the patient disconnected."""
        had_air, self.tubing.has_air = self.tubing.has_air, False
        self._end_alarm(AlarmCode.AIR)
        self._note_flow()
        return had_air

    def change_battery(self) -> bool:
        """Put a full battery in; a pump that was on stays on, one that was off stays off."""
        self.battery.exchange()
        self._end_alarm(AlarmCode.BATT_LOW, AlarmCode.BATT_EMPTY)
        self._dies_at_us = None
        return True

    def plug_mains(self) -> bool:
        """Connect the mains adapter."""
        had_mains, self.battery.is_on_mains = self.battery.is_on_mains, True
        self._end_alarm(AlarmCode.MAINS_LOST, AlarmCode.BATT_LOW, AlarmCode.BATT_EMPTY)
        self._dies_at_us = None
        return not had_mains

    def unplug_mains(self) -> bool:
        """Disconnect the mains adapter."""
        had_mains, self.battery.is_on_mains = self.battery.is_on_mains, False
        if had_mains and self._is_on:
            self._raise_alarm(AlarmCode.MAINS_LOST)
        return had_mains

    # Accidents.

    def occlude_downstream(self) -> bool:
        """Block the line between pump and patient: a kink, a clamp, a sleeper."""
        was_blocked, self.tubing.is_blocked_down = self.tubing.is_blocked_down, True
        self._note_flow()
        return not was_blocked

    def occlude_upstream(self) -> bool:
        """Block the line between bag and pump."""
        was_blocked, self.tubing.is_blocked_up = self.tubing.is_blocked_up, True
        self._note_flow()
        return not was_blocked

    def release(self) -> bool:
        """Open whatever is blocked; what the line took up comes out at once."""
        tubing = self.tubing
        was_blocked = tubing.is_blocked_down or tubing.is_blocked_up
        bolus = tubing.release_down()
        tubing.release_up()
        if bolus and not tubing.is_off_patient:
            self.truth.gives_bolus(self.now_us, bolus)
        had_alarm = AlarmCode.OCCL_DOWN in self._alarms
        self._end_alarm(AlarmCode.OCCL_DOWN, AlarmCode.OCCL_UP)
        if had_alarm and self.setup.resumes_by_itself:
            self.run()
        self._note_flow()
        return was_blocked

    def let_air_in(self) -> bool:
        """Let a bubble into the line; without an air detector the pump runs on."""
        had_air, self.tubing.has_air = self.tubing.has_air, True
        if self.setup.has_air_detector and self._motor is not Motor.STILL:
            self._raise_alarm(AlarmCode.AIR)
        self._note_flow()
        return not had_air

    def disconnect_line(self) -> bool:
        """Take the line off the patient; the pump notices nothing."""
        was_off, self.tubing.is_off_patient = self.tubing.is_off_patient, True
        self._note_flow()
        return not was_off

    def reconnect_line(self) -> bool:
        """Connect the line to the patient again."""
        was_off, self.tubing.is_off_patient = self.tubing.is_off_patient, False
        self._note_flow()
        return was_off

    # Breakdowns.

    def stall_drive(self) -> bool:
        """Let the drive slip: the pump says running, nothing moves and the counter stands still."""
        was_stalled, self._is_stalled = self._is_stalled, True
        self._note_flow()
        return not was_stalled

    def free_drive(self) -> bool:
        """Let the drive grip again."""
        was_stalled, self._is_stalled = self._is_stalled, False
        self._note_flow()
        return was_stalled

    def lose_power(self) -> bool:
        """Lose all power at once, as with a badly seated battery: no alarm, no log entry."""
        was_on = self._is_on
        self._goes_dark()
        self._note_flow()
        return was_on

    def empty_battery(self) -> bool:
        """Empty the battery now; the alarm follows at once, darkness a little later."""
        self.battery.left_us = 0
        return self._is_on and not self.battery.is_on_mains

    def break_down(self) -> bool:
        """System fault: the pump alarms and stands still until it is switched off and on."""
        return self._break(AlarmCode.FAULT)

    def break_radio(self) -> bool:
        """Fault of the pump's own radio module: it stops delivery, and nothing is heard of it."""
        return self._break(AlarmCode.COMM_MODULE)

    def _log_program(self) -> None:
        """Write the program that is about to run, unless the log has it already."""
        if not self._is_program_logged:
            self._is_program_logged = True
            for kind in PROGRAM_KINDS:
                self._write(kind, values=(self.programmed_rate_ml_per_h, self.programmed_ml))

    def _break(self, code: AlarmCode) -> bool:
        if not self._is_on or code in self._alarms:
            return False
        self._raise_alarm(code)
        self._note_flow()
        return True
