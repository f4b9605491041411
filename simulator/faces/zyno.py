"""Answers the reading commands of the Zyno serial protocol as a pump would; everything else is refused.

Pure: bytes in, frames out. Writing and key commands do nothing and get no answer, except for the OK key
(KE40), which the manufacturer's own monitor presses. The receive log tells what was asked, so that a test
can show that a monitor asked for nothing else. Source: section 2 of the protocol description.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum

from simulator.faces.zyno_frames import FrameListener, frame_of
from simulator.faces.zyno_log import EMPTY_ENTRY, absolute_time, entry_bytes, relative_time
from simulator.faces.zyno_text import answer_text
from simulator.pump import SimulatedPump
from simulator.received import Received, ReceiveLog, Verdict
from simulator.units import instant_of

FIRMWARE = "1.2.3"
LIBRARY = "LIB1 0003"
OK_KEY = "KE40"

_READ_ENTRY = "RE"
_ENTRY_REQUEST = re.compile(r"RE[0-9A-F]{8}")
_ACTING = ("W", "K", "L")
_RELATIVE_FLAG = 0xF0000000


class ClockForm(StrEnum):
    """How the pump tells time: seconds since its firmware was loaded, or the date."""

    RELATIVE = "relative"
    ABSOLUTE = "absolute"


class ZynoFace:
    """One pump on one serial line; it speaks only when asked.

    Attributes:
        received: Every frame it heard.
        only_answers: True.
    """

    only_answers = True

    def __init__(self, clock_form: ClockForm = ClockForm.RELATIVE) -> None:
        self.received = ReceiveLog()
        self._listener = FrameListener()
        self._clock_form = clock_form

    def hear(self, data: bytes, pump: SimulatedPump) -> list[bytes]:
        """Take bytes off the line and return the answers, one frame each."""
        answers = []
        self.received.bytes_heard += len(data)
        for request in self._listener.hear(data):
            verdict, answer = self._judge(request.payload, pump)
            self.received.add(Received(pump.now_us, request.raw, verdict))
            if answer is not None:
                answers.append(frame_of(answer))
        self.received.stray_bytes = self._listener.stray
        return answers

    def speak(self, _: SimulatedPump) -> list[bytes]:
        """Return nothing: this pump only answers."""
        return []

    def next_due_us(self) -> int | None:
        """Return None: this pump only answers."""
        return None

    def _judge(self, payload: str | None, pump: SimulatedPump) -> tuple[Verdict, str | None]:
        if not pump.can_talk:
            return Verdict.UNHEARD, None
        if payload is None:
            return Verdict.SPOILT, None
        if payload == OK_KEY:
            pump.acknowledge()
            return Verdict.PRESSED, OK_KEY
        answer = self._answer(payload, pump)
        if answer is not None:
            return Verdict.ANSWERED, answer
        is_setter = payload.startswith(":") and not payload.endswith("?")
        return (Verdict.REFUSED if payload.startswith(_ACTING) or is_setter else Verdict.UNKNOWN), None

    def _answer(self, payload: str, pump: SimulatedPump) -> str | None:
        if _ENTRY_REQUEST.fullmatch(payload):
            return self._log_entry(payload, pump)
        if payload == "RC":
            return f"RC{self._clock(pump)}"
        read = _READINGS.get(payload)
        return answer_text(payload, pump, FIRMWARE) if read is None else payload + read(pump)

    def _clock(self, pump: SimulatedPump) -> str:
        if self._clock_form is ClockForm.ABSOLUTE:
            return instant_of(pump.clock_us).strftime("%d%m%y%H%M%S")
        return f"{_RELATIVE_FLAG | pump.firmware_s(pump.clock_us) & ~_RELATIVE_FLAG:08X}"

    def _log_entry(self, payload: str, pump: SimulatedPump) -> str:
        entry = pump.log.entry(int(payload.removeprefix(_READ_ENTRY), 16))
        if entry is None:
            return payload + EMPTY_ENTRY.hex().upper()
        if self._clock_form is ClockForm.ABSOLUTE:
            time_field = absolute_time(entry.stamp_us)
        else:
            time_field = relative_time(pump.firmware_s(entry.stamp_us))
        return payload + entry_bytes(entry, time_field).hex().upper()


def _hex(value: float, digits: int) -> str:
    """Return a whole number in upper-case hex, longer than asked for rather than cut."""
    return f"{round(value):0{digits}X}"


def _indices(pump: SimulatedPump) -> str:
    return _hex(pump.log.tail_index, 8) + _hex(pump.log.head_index, 8)


def _pressures(pump: SimulatedPump) -> str:
    up, down = pump.pressure_counts
    return _hex(up, 4) + _hex(down, 4)


def _sensors(pump: SimulatedPump) -> str:
    """Return the nine digits of S9: motor bit 2 and hall bit 3 above the upstream sensor, and so on."""
    up, down = pump.pressure_counts
    turning = 0xC00 if pump.motor_turns else 0
    return _hex(turning | up & 0x3FF, 3) + "0" + _hex(min(down, 0xFF), 2) + _hex(pump.battery.volts * 100, 3)


_READINGS: Mapping[str, Callable[[SimulatedPump], str]] = {
    "RN": lambda pump: pump.serial,
    "RI": _indices,
    "RS": lambda _: FIRMWARE,
    "RL": lambda _: LIBRARY.ljust(20),
    "RM": lambda _: "00",
    "RB": lambda _: _hex(2000, 4),
    "R2": lambda _: _hex(220, 4) + _hex(220, 4),
    "R3": lambda pump: _hex(pump.total_ml(0.1) * 10, 4),
    "R7": lambda pump: _hex(pump.battery.volts * 100, 4),
    # One rotation is 5 microlitres at a calibration of 1000.
    "R8": lambda pump: _hex(1000, 4) + _hex(pump.total_ml(0.01) / 0.005, 6),
    "R9": lambda pump: _hex(pump.on_s, 8),
    "RA": lambda pump: _hex(1000, 4) + _hex(pump.battery.volts * 100, 4),
    "RD": _pressures,
    "S9": _sensors,
    "Q0": lambda _: "CONT",
    "Q3": lambda pump: _hex(pump.infusing_s, 5),
    "Q4": lambda _: "ML/HR",
    "Q5": lambda pump: _hex(pump.infused_ml(0.01) * 100, 4),
    "Q6": lambda pump: _hex(pump.programmed_ml * 100, 4),
    "Q7": lambda _: "0",
    "Q8": lambda _: _hex(0, 4),
    "Q9": lambda _: _hex(0, 4),
    "QA": lambda _: _hex(0, 4),
    "QC": lambda _: "ML/HR",
    "QD": lambda pump: _hex(pump.programmed_ml * 100, 4),
    "QE": lambda pump: _hex(pump.programmed_ml / pump.programmed_rate_ml_per_h * 3600, 5),
    "QF": lambda _: "HR",
    "QG": lambda _: _hex(0, 4),
    "QH": lambda _: "ERROR",
    "QI": lambda _: "ERROR",
}
"""Reading commands that take no argument. Q1 and Q2 are missing: what they return is not known."""
