"""Spoils messages on their way, as bad cables and networks do: tears, drops, repeats, delays, corrupts.

Pure. All chance comes from the random generator that is passed, so the same seed spoils alike.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from random import Random

from simulator.units import us_of

LATE_S_MAX = 86_400.0
"""The longest delay that a plan may ask for."""

_REPEAT_AFTER_US = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """How often each fault strikes a message, as probabilities from 0 to 1.

    Attributes:
        tear: The end of the message is lost.
        drop: The whole message is lost.
        repeat: It comes twice.
        late: It comes late, by up to ``late_s_max``, and so perhaps after its followers.
        corrupt: One byte of it is changed.
        late_s_max: The longest delay, in seconds of the story.
    """

    tear: float = 0.0
    drop: float = 0.0
    repeat: float = 0.0
    late: float = 0.0
    corrupt: float = 0.0
    late_s_max: float = 5.0

    def __post_init__(self) -> None:
        """Refuse probabilities that are none.

        Raises:
            ValueError: All faults, each beginning with the attribute it is about, one per line.
        """
        faults = [
            f"{each.name}: {getattr(self, each.name):g} is no probability from 0 to 1"
            for each in fields(self)
            if each.name != "late_s_max" and not 0 <= getattr(self, each.name) <= 1
        ]
        if not 0 <= self.late_s_max <= LATE_S_MAX:
            faults.append(f"late_s_max: {self.late_s_max:g} lies outside 0 to {LATE_S_MAX:g}")
        if faults:
            raise ValueError("\n".join(faults))

    @property
    def is_harmless(self) -> bool:
        """Whether no fault ever strikes."""
        return not (self.tear or self.drop or self.repeat or self.late or self.corrupt)


@dataclass(frozen=True, slots=True)
class Passage:
    """One message as it arrives: so late, and these bytes."""

    delay_us: int
    data: bytes


def spoil(message: bytes, plan: FaultPlan, chance: Random) -> list[Passage]:
    """Return what arrives of a message: nothing, itself, something like it, or two of them."""
    if plan.is_harmless:
        return [Passage(0, message)]
    if not message or chance.random() < plan.drop:
        return []
    if chance.random() < plan.corrupt:
        place = chance.randrange(len(message))
        spoilt = message[place] ^ chance.randrange(1, 256)
        message = message[:place] + bytes((spoilt,)) + message[place + 1 :]
    if chance.random() < plan.tear:
        message = message[: chance.randrange(len(message))]
    delay_us = chance.randrange(us_of(plan.late_s_max) + 1) if chance.random() < plan.late else 0
    copies = 2 if chance.random() < plan.repeat else 1
    return [Passage(delay_us + copy * _REPEAT_AFTER_US, message) for copy in range(copies) if message]
