"""What later evidence says about earlier instants: windows that take flow back, bridges that excuse silence.

A downstream occlusion is noticed late: flow inside its latency window is doubt, because the motor turned
against a closed line. A person's flow check caps the window. A bridge is a stretch over which the counter
accounts for all of the time, or over which the pump's log was read without a hole: silence in it is no stop.
"""

from __future__ import annotations

import msgspec

from monitor.interruption.evidence import DATED_STOPS, Evidence, EvidenceKind
from monitor.interruption.offtime import Fold
from monitor.interruption.policy import Therapy
from monitor.interruption.reading import Motion, Reading, after, ran

Span = tuple[int, int]

_BREAKS = frozenset(
    (
        EvidenceKind.STOP,
        EvidenceKind.PERSON_STOP,
        EvidenceKind.NO_FLOW,
        EvidenceKind.DOUBT,
        EvidenceKind.SWAPPED,
    )
)
"""What a bridge by the counter does not reach over."""


class Ahead(msgspec.Struct, frozen=True, gc=False):
    """What is known from later on.

    Attributes:
        windows: In these stretches flow is doubt.
        bridges: In these stretches silence is no stop.
    """

    windows: tuple[Span, ...] = ()
    bridges: tuple[Span, ...] = ()

    def is_blind(self, start_us: int, end_us: int) -> bool:
        """Return whether a witness of this stretch was looking at a closed line."""
        return any(start < end_us and start_us < end for start, end in self.windows)

    def window_from_us(self, at_us: int) -> int | None:
        """Return where the window begins that an instant lies in, if it lies in one."""
        return next((start for start, end in self.windows if start <= at_us < end), None)

    def is_bridged(self, start_us: int, end_us: int) -> bool:
        """Return whether silence between these two instants is excused."""
        return any(start <= start_us and end_us <= end for start, end in self.bridges)


NOTHING_AHEAD = Ahead()


def is_blind(fold: Fold, reading: Reading, evidence: Evidence, ahead: Ahead) -> bool:
    """Return whether a witness from ``reading`` to ``evidence`` was looking at a closed line, then or later known."""
    return reading.at_us < fold.blind_to_us or ahead.is_blind(reading.at_us, evidence.at_us)


def ahead_of(base: Fold, evidence: tuple[Evidence, ...], therapy: Therapy) -> Ahead:
    """Return what all of ``evidence``, in order, says about instants before it."""
    windows = _windows(base, evidence)
    blind = Ahead(windows=windows)
    return Ahead(windows=windows, bridges=_bridges(base, evidence, blind, therapy))


def _windows(base: Fold, evidence: tuple[Evidence, ...]) -> tuple[Span, ...]:
    windows = []
    checked = base.checked_us
    for piece in evidence:
        if piece.kind is EvidenceKind.PERSON_FLOW:
            checked = piece.at_us
        elif piece.kind in DATED_STOPS and piece.earliest_us < piece.at_us:
            start = piece.earliest_us if checked is None else max(piece.earliest_us, checked)
            windows.append((start, piece.at_us))
    # The window that reaches back furthest decides first.
    return tuple(sorted(windows))


def _bridges(base: Fold, evidence: tuple[Evidence, ...], blind: Ahead, therapy: Therapy) -> tuple[Span, ...]:
    bridges = []
    reading: Reading | None = base.reading
    for piece in evidence:
        if piece.kind is EvidenceKind.COVERED:
            bridges.append((piece.earliest_us, piece.at_us))
        elif piece.kind is EvidenceKind.FLOW:
            found = ran(reading, piece, therapy)
            is_all = found is not None and found.is_throughout
            if is_all and reading is not None and reading.motion is Motion.FLOWING:
                bridge = (reading.at_us, piece.at_us)
                bridges.extend([] if blind.is_blind(*bridge) else [bridge])
            reading = after(reading, piece, therapy)
        elif piece.kind in _BREAKS:
            reading = None
    return tuple(bridges)


def believable(piece: Evidence, windows: tuple[Span, ...]) -> list[Evidence]:
    """Part a stretch of claimed flow into what is believed and what a later stop takes back."""
    for start, end in windows:
        # A stretch that begins at the end of a window came after that stop; one that ends at its
        # start came before it.
        if piece.at_us >= end or piece.to_us <= start:
            continue
        kind = EvidenceKind.RUN_DOUBTED if piece.kind is EvidenceKind.RUN else EvidenceKind.FLOW_DOUBTED
        doubt = msgspec.structs.replace(piece, kind=kind, at_us=max(piece.at_us, start), to_us=min(piece.to_us, end))
        if piece.at_us >= start:
            return [doubt]
        before = msgspec.structs.replace(
            piece,
            to_us=start,
            counter_to_ul=piece.counter_ul,
            read_to_us=piece.at_us,
            still_us=None,
            samples=b"",
            kept_us=None,
            kept_ul=None,
        )
        return [before, doubt]
    return [piece]
