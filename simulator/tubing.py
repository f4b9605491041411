"""Models the way from the bag through the pump to the patient: what moves where when the motor turns.

Pure. A blocked line is a spring: the motor goes on filling it until the pressure alarm, and what it
took up comes out at once on release.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Tubing:
    """Bag and line; volumes in quanta.

    Attributes:
        bag: What the bag really holds.
        stored: What is squeezed in between the pump and a blockage before the patient.
        pulled: What was drawn out between a blockage behind the bag and the pump.
        is_blocked_down: Blocked between pump and patient.
        is_blocked_up: Blocked between bag and pump.
        is_off_patient: The line is not connected to the patient; what comes out is lost.
        is_attached: The set sits in the pump.
        has_air: Air stands in the line.
    """

    bag: int
    stored: int = 0
    pulled: int = 0
    is_blocked_down: bool = False
    is_blocked_up: bool = False
    is_off_patient: bool = False
    is_attached: bool = True
    has_air: bool = False

    def move(self, quanta: int) -> None:
        """The motor displaces so much; never more than the bag holds, and nothing against a lock of air."""
        if self.is_blocked_up:
            self.pulled += quanta
            return
        if self.has_air:
            return
        quanta = min(quanta, self.bag)
        self.bag -= quanta
        if self.is_blocked_down:
            self.stored += quanta

    @property
    def reaches_patient(self) -> bool:
        """Whether what the motor displaces now comes out in the patient."""
        is_open = not (self.is_blocked_down or self.is_blocked_up or self.is_off_patient)
        return is_open and self.is_attached and self.bag > 0 and not self.has_air

    def release_down(self) -> int:
        """Open the way to the patient and return what comes out at once, wherever the line ends."""
        bolus, self.stored = self.stored, 0
        self.is_blocked_down = False
        return bolus

    def release_up(self) -> None:
        """Open the way from the bag; the vacuum fills up."""
        self.pulled = 0
        self.is_blocked_up = False
