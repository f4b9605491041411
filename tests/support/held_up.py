"""Messages that a broker held up for an hour, and a pump whose clock was steady before and after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from drivers.contract import DeliveryStatus, LinkChanged, StatusObserved
from monitor.interruption.device_time import clock_read
from monitor.interruption.effects import Effect
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.evidence_log import admit
from monitor.interruption.offtime import Fold
from monitor.interruption.pump_clock import PumpClock
from monitor.interruption.samples import packed
from monitor.interruption.state import PumpState
from watched import BLINATUMOMAB, minutes

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

AHEAD_US = 7_000_000_003
"""Where the pump's clock stands; no reading of it is a whole second."""

BACK_US = minutes(121)
"""When a live message is heard again."""

CLOCK = PumpClock(AHEAD_US, AHEAD_US, minutes(60), 0, 61, 2)
"""Steady until contact was lost."""

OLD_US, NEW_US = 1_474_000, 5_752_000
"""How far before and after the instant that the pump named the truth may lie, once it is heard again."""


def live(at_us: int = BACK_US, ahead_us: int = AHEAD_US, **fields: Any) -> StatusObserved:
    """Return what a pump says at an instant, with what its clock shows then."""
    device_at = EPOCH + timedelta(microseconds=at_us + ahead_us)
    return StatusObserved(delivery=DeliveryStatus.DELIVERING, device_at=device_at, **fields)


def held_up(kind: EvidenceKind, said_minute: float, **fields: Any) -> Evidence:
    """Return what the pump said at a minute, of which it is only known that it was between 60 and 120."""
    is_flow = kind in (EvidenceKind.FLOW, EvidenceKind.RUN)
    at_us = minutes(60) if is_flow else minutes(120)
    known = {"earliest_us": minutes(60), "unsure_us": minutes(60), "device_us": minutes(said_minute) + AHEAD_US}
    return Evidence(kind, at_us, **{"to_us": at_us, **known, **fields})


def state_with(*evidence: Evidence, clock: PumpClock | None = CLOCK) -> PumpState:
    """Return a pump of which this was heard."""
    state = PumpState(enrolled_at_us=0, fold=Fold(), base=Fold(), pump_clock=clock)
    for piece in evidence:
        state = admit(state, piece, BLINATUMOMAB)
    return state


def read(state: PumpState, said: StatusObserved | LinkChanged, at_us: int = BACK_US) -> tuple[PumpState, list[Effect]]:
    """Return the state after the pump's clock was looked at, and what it asks to be told."""
    effects: list[Effect] = []
    return clock_read(state, said, at_us, BLINATUMOMAB, effects), effects


STEADY_FLOW = Evidence(EvidenceKind.FLOW, 0, minutes(55), 0, samples=packed([(0, None), (minutes(55), None)]))
"""A run of flow that ends before contact was lost."""
