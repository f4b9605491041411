"""Records what really flowed into the patient, so that an oracle can judge what a monitor concluded.

Pure. The pump does not know the truth: a blocked or disconnected line gives the patient nothing while
the pump counts on. One record may outlive a pump, as the patient does when the pump is swapped.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from simulator.units import NL_PER_ML, ml_of, text_of

SEGMENTS_MAX = 100_000
"""Segments and boluses kept; a story has dozens, a year of alarms every ten minutes about this many."""


class FlowKind(StrEnum):
    """What the patient gets."""

    NONE = "none"
    THERAPY = "therapy"
    KVO = "kvo"


@dataclass(frozen=True, slots=True)
class FlowSegment:
    """One stretch of constant flow into the patient; instants in microseconds since 1970."""

    start_us: int
    end_us: int
    nl_per_h: int
    kind: FlowKind


@dataclass(frozen=True, slots=True)
class Bolus:
    """What a blocked line gave off at once when it was released."""

    at_us: int
    quanta: int


class Truth:
    """The patient's side of the line, as segments without gap or overlap."""

    def __init__(self, start_us: int) -> None:
        self._segments: deque[FlowSegment] = deque(maxlen=SEGMENTS_MAX)
        self._boluses: deque[Bolus] = deque(maxlen=SEGMENTS_MAX)
        self._since_us = self._known_us = start_us
        self._nl_per_h = 0
        self._kind = FlowKind.NONE

    def flows(self, at_us: int, nl_per_h: int, kind: FlowKind) -> None:
        """From an instant on, this flows; a rate of zero is no flow whatever its kind.

        Raises:
            ValueError: The instant lies before one already recorded.
        """
        self.reaches(at_us)
        kind = kind if nl_per_h else FlowKind.NONE
        if (nl_per_h, kind) == (self._nl_per_h, self._kind):
            return
        if at_us > self._since_us:
            self._segments.append(FlowSegment(self._since_us, at_us, self._nl_per_h, self._kind))
        self._since_us, self._nl_per_h, self._kind = at_us, nl_per_h, kind

    def gives_bolus(self, at_us: int, quanta: int) -> None:
        """At an instant, so much came at once."""
        self.reaches(at_us)
        self._boluses.append(Bolus(at_us, quanta))

    def reaches(self, at_us: int) -> None:
        """The record holds until this instant."""
        if at_us < self._known_us:
            raise ValueError(f"the truth at {at_us} us was asked for after {self._known_us} us was told")
        self._known_us = at_us

    @property
    def boluses(self) -> tuple[Bolus, ...]:
        """All boluses, in order."""
        return tuple(self._boluses)

    @property
    def segments(self) -> tuple[FlowSegment, ...]:
        """All stretches up to the instant reached, in order, the current one included."""
        current = FlowSegment(self._since_us, self._known_us, self._nl_per_h, self._kind)
        return (*self._segments, current) if self._known_us > self._since_us else tuple(self._segments)

    def off_us(self, start_us: int, end_us: int, rate_ml_per_h_min: float = 0.0) -> int:
        """Return how long, between two instants, no therapy of at least that rate reached the patient."""
        on_us = 0
        for segment in self.segments:
            if segment.kind is FlowKind.THERAPY and segment.nl_per_h >= rate_ml_per_h_min * NL_PER_ML:
                on_us += max(0, min(end_us, segment.end_us) - max(start_us, segment.start_us))
        return end_us - start_us - on_us

    def received_ml(self) -> float:
        """Return what the patient got in all, boluses included."""
        flowed = sum((each.end_us - each.start_us) * each.nl_per_h for each in self.segments)
        return ml_of(flowed + sum(each.quanta for each in self._boluses))

    def as_record(self) -> dict[str, Any]:
        """Return the truth as plain data for a file: segments and boluses with RFC 3339 instants."""
        return {
            "segments": [
                {
                    "start_at": text_of(each.start_us),
                    "end_at": text_of(each.end_us),
                    "rate_ml_per_h": each.nl_per_h / NL_PER_ML,
                    "kind": each.kind.value,
                }
                for each in self.segments
            ],
            "boluses": [
                {"at": text_of(each.at_us), "volume_ml": round(ml_of(each.quanta), 6)} for each in self._boluses
            ],
        }
