"""Tells whether two situations have the same future: instants and counters are taken relative to now.

The numbers by which alerts, interruptions and messages are counted do not matter for what comes next,
so they are taken relative to the next one. The key is a 64-bit hash of the packed state; with three
million states the chance that any two fall together is below one in a million.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from monitor.interruption.state import Incident, PumpState
from tests.proof.pump_world import COUNTER_START_ML, START_US, World
from tests.proof.truth import Truth

_INSTANT_FROM = START_US // 2
_COUNTER_FROM_ML = COUNTER_START_ML / 2
_FIELDS = {name: place for place, name in enumerate(PumpState.__struct_fields__)}
_INCIDENT_NUMBER = Incident.__struct_fields__.index("number")
_SEQ_KEPT = 0b111
"""Only the last message is ever repeated, so older numbers do not matter."""


class _Shift(NamedTuple):
    now_us: int
    counter_ml: float

    def of(self, value: Any) -> Any:
        kind = type(value)
        if kind is int:
            return value - self.now_us if value > _INSTANT_FROM else value
        if kind is list or kind is tuple:
            return [self.of(item) for item in value]
        if kind is float:
            return round(value - self.counter_ml, 4) if value > _COUNTER_FROM_ML else value
        if kind is dict:
            return {name: self.of(item) for name, item in value.items()}
        return value


def key_of(state: PumpState, world: World, beside: Any, now_us: int) -> int:
    """Return a hash that is equal for situations of equal future; ``beside`` is what else they carry."""
    packed: list[Any] = msgspec.to_builtins(state)
    shift = _Shift(now_us, world.counter_ml)
    next_number, next_alert = state.next_number, state.next_alert
    for name, fixed in (("enrolled_at_us", 0), ("seq", 0), ("next_number", 0), ("next_alert", 0)):
        packed[_FIELDS[name]] = fixed
    packed[_FIELDS["seq_window"]] = state.seq_window & _SEQ_KEPT
    packed[_FIELDS["course"]] = state.course is not None and state.course.is_dated
    for incident in packed[_FIELDS["incidents"]]:
        incident[_INCIDENT_NUMBER] -= next_number
    for alert in packed[_FIELDS["alerts"]]:
        alert["number"] -= next_alert
        if alert.get("interruption") is not None:
            alert["interruption"] -= next_number
    imagined = (
        _truth(world.truth),
        world.mode.value,
        _counted(world),
        [(entry.at_us, entry.kind) for entry in world.pending],
        getattr(world.last, "seq", None) == world.seq,
        world.said,
        world.acted,
        world.down_from_us,
        world.is_held,
        world.is_marked,
        world.is_time_lost,
    )
    return hash(msgspec.msgpack.encode(shift.of([packed, list(imagined), msgspec.to_builtins(beside)])))


def moved(state: PumpState, by_us: int) -> PumpState:
    """Return the state with every instant moved: what a clock that stood still would believe."""
    shifted = _Shift(-by_us, 0.0).of(msgspec.to_builtins(state))
    counters = msgspec.to_builtins(state)
    return msgspec.convert(_with_instants_of(shifted, counters), PumpState)


def _with_instants_of(shifted: Any, plain: Any) -> Any:
    """Return ``plain`` with the integers of ``shifted``; fractions and words stay as they were."""
    if isinstance(plain, list):
        return [_with_instants_of(left, right) for left, right in zip(shifted, plain, strict=True)]
    if isinstance(plain, dict):
        return {name: _with_instants_of(shifted[name], value) for name, value in plain.items()}
    return shifted if type(plain) is int else plain


def _truth(truth: Truth) -> list[Any]:
    return [
        [[span.from_us, int(span.flow), span.is_told, span.lacks] for span in truth.spans],
        [[word.at_us, word.rank, int(word.says)] for word in truth.words],
        truth.settled_us,
        truth.lags,
        truth.gaps,
    ]


def _counted(world: World) -> list[Any]:
    """Return what was read of the counter, in millilitres: as far from zero as the counter is."""
    last, still, kept, is_late = world.counted
    reads = (read for read in (last, still, kept) if read is not None)
    return [is_late, kept is None, *([read.at_us, read.rank, read.shown_ul / 1000] for read in reads)]
