"""Tells where a counter lags behind the flow that the pump claims, in one gap or over many reports together.

One report shows only what is more than a step of the counter. A pump that goes too slowly all the time stays
below that at each, so the lag is also summed since the last reading at which the counter had kept up. What
one gap shows by itself is dated there; where only the sum shows it, all the time since is doubt.
"""

from __future__ import annotations

import msgspec

from monitor.interruption.denying import unsettled
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.offtime import Fold, Stop
from monitor.interruption.parting import run_of
from monitor.interruption.policy import Therapy
from monitor.interruption.reading import Motion, Ran, Reading, after, has_moved, is_due, is_lag_due, lag_of
from monitor.interruption.resuming import resumed
from monitor.interruption.samples import unpacked
from monitor.interruption.why import Why

replace = msgspec.structs.replace


def lags(fold: Fold, evidence: Evidence, therapy: Therapy) -> bool:
    """Return whether the counter says that it did not flow for all of the time claimed until ``evidence``."""
    if is_due(fold.reading, evidence.counter_ul, evidence.at_us, therapy.min_rate_fraction, evidence.rate_ul_per_h):
        return True
    return lags_in_sum(fold, evidence, therapy) is not None


def lags_in_sum(fold: Fold, evidence: Evidence, therapy: Therapy) -> Reading | None:
    """Return the reading at which the counter had last kept up, if it lags too much since; a step of it tells."""
    kept = _kept_up(fold, evidence)
    if kept is None or not has_moved(fold.reading, evidence):
        return None
    lag = lag_of(kept, evidence.counter_ul, evidence.at_us, therapy.min_rate_fraction)
    return kept if lag is not None and is_lag_due(kept, lag, therapy.min_rate_fraction) else None


def _kept_up(fold: Fold, evidence: Evidence) -> Reading | None:
    """Return the reading since which lags may be summed up to ``evidence``, as if it had been the last one."""
    reading = fold.reading
    if reading is None or reading.motion is not Motion.FLOWING or not is_unbroken(fold):
        return None
    if evidence.kind is not EvidenceKind.FLOW or evidence.unsure_us or evidence.rate_ul_per_h != reading.rate_ul_per_h:
        return None
    if reading.counter_ul is None or evidence.counter_ul is None or evidence.counter_ul < reading.counter_ul:
        return None
    return replace(
        reading, at_us=reading.kept_us, still_us=reading.kept_us, counter_ul=reading.kept_ul, remaining_ul=None
    )


def is_unbroken(fold: Fold) -> bool:
    """Return whether flow was claimed, and not denied, since the counter had last kept up."""
    if fold.reading is None or fold.stop is not None:
        return False
    return fold.flow_from_us is None or fold.flow_from_us <= fold.reading.kept_us


def stop_inside(
    fold: Fold, evidence: Evidence, found: Ran, therapy: Therapy, earliest_why: Why = Why.FLOW_SEEN
) -> Fold:
    """Close a stop that lies somewhere in the gap before ``evidence``, as long as the witness says."""
    last_us = fold.last_flow_us or 0
    gap_us = evidence.at_us - last_us
    high_us = min(gap_us, found.span_us - found.at_least_us)
    # What it lacks may lie before flow was last claimed, as long as that is away from the reading.
    low_us = max(0, min(high_us, gap_us - found.at_most_us))
    why = Why.COUNTER if found.by_counter else Why.BAG
    stop = Stop(last_us, None, None, evidence.at_us, low_us, high_us, (earliest_why, why, why, Why.FLOW_CONFIRMED))
    believed = replace(fold, bridged_us=evidence.at_us, reading=after(fold.reading, evidence, therapy))
    return resumed(believed, stop, evidence.to_us, therapy)


def slowed(fold: Fold, kept: Reading, evidence: Evidence, therapy: Therapy) -> Fold:
    """Return the clock with a finished stop since the counter had kept up: no reading in it bears the claimed flow out.

    None of it is certain: some drug flowed. The counter is judged anew from here.
    """
    whys = (Why.COUNTER_SLOW, Why.UNKNOWN, Why.UNKNOWN, Why.COUNTER_SLOW)
    stop = Stop(kept.at_us, None, None, evidence.at_us, 0, evidence.at_us - kept.at_us, whys)
    fold = replace(unsettled(fold, kept.at_us, therapy), reading=after(fold.reading, evidence, therapy))
    return resumed(replace(fold, bridged_us=evidence.at_us), stop, evidence.to_us, therapy)


def parted_where_it_lags(fold: Fold, piece: Evidence, therapy: Therapy) -> tuple[Evidence, Evidence | None]:
    """Return a run of flow up to the first report that lags in the sum, and what it said from there on.

    In a run no report lags behind another one of it; but one may lag behind what came before the run.
    """
    kept = _kept_up(fold, piece)
    if kept is None or not piece.samples or lags(fold, piece, therapy):
        return piece, None
    fraction = therapy.min_rate_fraction
    lag = lag_of(kept, piece.counter_ul, piece.at_us, fraction)
    if lag is None or lag <= 0:
        return piece, None
    reports = [(piece.at_us, piece.counter_ul)]
    reports += [one for one in unpacked(piece.samples, (piece.to_us, piece.counter_to_ul)) if one[0] > piece.at_us]
    known_ul = piece.counter_ul
    for place, (at_us, counter_ul) in enumerate(reports):
        if counter_ul is None or counter_ul == known_ul:
            continue
        known_ul = counter_ul
        lag = lag_of(kept, counter_ul, at_us, fraction)
        if lag is None or lag <= 0:
            break
        if is_lag_due(kept, lag, fraction):
            return run_of(piece, reports[:place], therapy), run_of(piece, reports[place:], therapy)
    return piece, None
