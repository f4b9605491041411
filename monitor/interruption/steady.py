"""The short road: one more "delivering" of a pump with which nothing is the matter.

It does what the long road would do, with less work; a property test holds the two together.
"""

from __future__ import annotations

import msgspec

from drivers.contract import DeliveryStatus, StatusObserved
from monitor.interruption.events import PumpObserved
from monitor.interruption.evidence import EvidenceKind
from monitor.interruption.hearing import window_after
from monitor.interruption.policy import Policy
from monitor.interruption.state import PumpState

replace = msgspec.structs.replace


def steadied(state: PumpState, event: PumpObserved, policy: Policy) -> PumpState | None:
    """Return the state after one more "delivering" that changes nothing, or None if it may change something."""
    seen = event.observation
    fold = state.fold
    if (
        type(seen) is not StatusObserved
        or seen.delivery is not DeliveryStatus.DELIVERING
        or fold.stop is not None
        or fold.group is not None
        or fold.last_flow_us is None
        or state.alerts
        or state.incidents
        or seen.alarms
        or seen.age_s
        or seen.age_max_s
        or seen.serial != state.serial
        or seen.rate_ml_per_h != state.rate_ml_per_h
        or state.delivery is not DeliveryStatus.DELIVERING
        or state.completed_at_us is not None
        or state.is_disconnected
        or state.strange_serial is not None
        or state.tail_to_us > event.at_us
        or event.at_us - fold.last_flow_us > policy.therapy.silence_max_us
    ):
        return None
    order = state.order
    if order is not None and order.ends_at_us is not None and event.at_us >= order.ends_at_us:
        return None
    tail = state.evidence[-1] if state.evidence else None
    if tail is None or tail.kind is not EvidenceKind.FLOW or tail.unsure_us or state.tail_to_us != fold.last_flow_us:
        return None
    return _moved_on(state, seen, event.at_us)


def _moved_on(state: PumpState, seen: StatusObserved, at_us: int) -> PumpState | None:
    seq, window = state.seq, state.seq_window
    if seen.seq is not None:
        if seen.boot != state.boot or seen.seq <= seq:
            return None
        window = window_after(window, seen.seq - seq)
        seq = seen.seq
    reading = seen.volume_delivered_ml
    moved_us = state.tail_moved_us
    if reading is None:
        fold = replace(state.fold, last_flow_us=at_us)
        reading = state.tail_counter_ml
    else:
        fold = replace(state.fold, last_flow_us=at_us, counter_ml=reading)
        first = state.evidence[-1].counter_ml
        if moved_us is None and first is not None and reading > first:
            moved_us = at_us
    return replace(
        state,
        fold=fold,
        tail_to_us=at_us,
        tail_counter_ml=reading,
        tail_moved_us=moved_us,
        last_contact_at_us=at_us,
        seq=seq,
        seq_window=window,
        volume_remaining_ml=seen.volume_remaining_ml,
        battery_percent=seen.battery_percent,
    )
