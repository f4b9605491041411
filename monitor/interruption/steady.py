"""The short road: one more "delivering" of a pump with which nothing is the matter.

It does what the long road would do, with less work; a property test holds the two together.
"""

from __future__ import annotations

import msgspec

from drivers.contract import DeliveryStatus, StatusObserved
from monitor.interruption.classify import is_rate_fitting, microlitres
from monitor.interruption.device_time import is_clock_due
from monitor.interruption.events import Order, PumpObserved
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.evidence_log import is_tail_long
from monitor.interruption.hearing import window_after
from monitor.interruption.lagging import is_unbroken
from monitor.interruption.off_patient import is_off_now
from monitor.interruption.policy import Policy
from monitor.interruption.reading import Reading, is_due, is_incredible, is_lag_due, lag_of
from monitor.interruption.samples import added
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
        or is_off_now(fold.off_patient)
        or state.contradicted_at_us is not None
        or state.strange_serial is not None
        or state.tail_to_us > event.at_us
        or (state.mark is not None and event.at_us >= state.mark.window_until_us)
        or (seen.device_at is not None and is_clock_due(state, event.at_us))
        or event.at_us - fold.last_flow_us > policy.therapy.silence_max_us
    ):
        return None
    order = state.order
    if order is not None and order.ends_at_us is not None and event.at_us >= order.ends_at_us:
        return None
    if order is not None and not is_rate_fitting(policy.therapy, seen.rate_ml_per_h, order.rate_ml_per_h):
        # The order changed and the pump did not.
        return None
    if state.hold is not None or (state.plan_due_us is not None and event.at_us >= state.plan_due_us):
        return None
    tail = state.evidence[-1] if state.evidence else None
    if tail is None or state.tail_to_us != fold.last_flow_us or is_tail_long(state, event.at_us, policy.therapy):
        return None
    return _moved_on(state, seen, event.at_us, policy) if _goes_on(tail, seen, order) else None


def _goes_on(tail: Evidence, seen: StatusObserved, order: Order | None) -> bool:
    """Return whether a status goes on with the run: at its rate, by its step, with no reading that it has none of."""
    rate_ml_per_h = seen.rate_ml_per_h
    if rate_ml_per_h is None and order is not None:
        # Not told, it is taken to be the ordered one, and the order may be a new one.
        rate_ml_per_h = order.rate_ml_per_h
    return (
        tail.kind is EvidenceKind.FLOW
        and not tail.unsure_us
        and tail.rate_ul_per_h == microlitres(rate_ml_per_h)
        and tail.step_ul == microlitres(seen.volume_resolution_ml)
        and (tail.counter_ul is not None or seen.volume_delivered_ml is None)
        and (tail.remaining_ul is not None or seen.volume_remaining_ml is None)
    )


def _moved_on(state: PumpState, seen: StatusObserved, at_us: int, policy: Policy) -> PumpState | None:
    seq, window = state.seq, state.seq_window
    if seen.seq is not None:
        if seen.boot != state.boot or not 0 <= seq < seen.seq:
            return None
        window = window_after(window, seen.seq - seq)
        seq = seen.seq
    moved_ul, reading = None, state.fold.reading
    if reading is not None:
        counter_ul, remaining_ul = microlitres(seen.volume_delivered_ml), microlitres(seen.volume_remaining_ml)
        if counter_ul is None or reading.counter_ul is None:
            return None
        moved_ul = counter_ul - reading.counter_ul
        if moved_ul < 0 or reading.is_odd or is_incredible(reading, counter_ul, at_us, None):
            return None
        if is_due(reading, counter_ul, at_us, policy.therapy.min_rate_fraction):
            return None
        still_us, kept_us, kept_ul = reading.still_us, reading.kept_us, reading.kept_ul
        if moved_ul:
            still_us, fraction = at_us, policy.therapy.min_rate_fraction
            lag = None if not is_unbroken(state.fold) else lag_of(reading, counter_ul, at_us, fraction)
            if lag is None or is_lag_due(reading, lag, fraction):
                return None
            if lag <= 0:
                kept_us, kept_ul = at_us, counter_ul
        reading = Reading(
            at_us,
            still_us,
            reading.motion,
            counter_ul,
            remaining_ul,
            reading.rate_ul_per_h,
            reading.step_ul,
            kept_us,
            kept_ul,
        )
    return replace(
        state,
        fold=replace(state.fold, last_flow_us=at_us, reading=reading),
        tail_to_us=at_us,
        tail_samples=added(state.tail_samples, at_us - state.tail_to_us, moved_ul),
        last_contact_at_us=at_us,
        seq=seq,
        seq_window=window,
        volume_remaining_ml=seen.volume_remaining_ml,
        battery_percent=seen.battery_percent,
    )
