"""Takes back flow that was only claimed, where the pump's counter says that the motor stood.

A pump may tell its run state often and its counter now and then. Between two readings of the counter its
word is believed; where the later reading shows that the motor cannot have run until the last claim of flow,
what was claimed since the earlier one was no flow evidence, and what follows is dated from that reading.
"""

from __future__ import annotations

import msgspec

from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.offtime import Fold, OpenStop, why_flowed
from monitor.interruption.policy import Therapy
from monitor.interruption.reading import Motion, Reading, has_moved, is_due, ran
from monitor.interruption.why import Why

replace = msgspec.structs.replace

_READ = frozenset((EvidenceKind.FLOW, EvidenceKind.NO_FLOW, EvidenceKind.DOUBT))
"""What tells a counter as it was at its own instant."""


def without_denied(fold: Fold, evidence: Evidence, therapy: Therapy) -> Fold:
    """Return the clock without the claims of flow that the counter in ``evidence`` denies."""
    reading = fold.reading
    known_us = fold.last_flow_us if fold.stop is None else fold.stop.onset_earliest_us
    if reading is None or known_us is None or reading.at_us >= known_us:
        # Every claim came with its counter: each was weighed as it came.
        return fold
    if evidence.kind not in _READ or reading.motion is not Motion.FLOWING:
        return fold
    found = ran(reading, evidence, therapy)
    # What it moved before a stop that somebody ended, it did not move after it.
    since_us = max(reading.at_us, fold.flow_from_us or 0)
    if found is None or not found.by_counter or since_us + found.at_most_us >= known_us:
        return fold
    fraction = therapy.min_rate_fraction
    if evidence.kind is EvidenceKind.FLOW and not is_due(
        reading, evidence.counter_ul, evidence.at_us, fraction, evidence.rate_ul_per_h
    ):
        # Slower than its rate by no more than is allowed: it ran.
        return fold
    flowed_us = since_us if has_moved(reading, evidence) else _stood_from_us(fold, reading, known_us)
    fold = unsettled(fold, flowed_us, therapy)
    if fold.stop is None:
        return replace(fold, last_flow_us=flowed_us)
    stop = replace(fold.stop, onset_earliest_us=flowed_us, earliest_why=why_flowed(fold, flowed_us))
    return replace(fold, stop=stop)


def stalled(fold: Fold, therapy: Therapy) -> Fold:
    """Return the clock with a stop open since the counter last moved: "delivering" while it stands is doubt."""
    reading = fold.reading
    if reading is None or fold.last_flow_us is None:
        return fold
    onset_us = _stood_from_us(fold, reading, fold.last_flow_us)
    stop = OpenStop(onset_us, is_flow_claimed=True, earliest_why=Why.COUNTER_STOOD, is_counter_still=True)
    return replace(unsettled(fold, onset_us, therapy), stop=stop)


def unsettled(fold: Fold, flowed_us: int, therapy: Therapy) -> Fold:
    """Return the clock with the last interruption going on, if flow after it lasted too short to end it after all."""
    if fold.group is not None or not fold.done or fold.flow_from_us != fold.done[-1].flow_us:
        return fold
    if flowed_us - fold.flow_from_us >= therapy.merge_run_us:
        return fold
    return replace(fold, group=fold.done[-1], done=fold.done[:-1])


def _stood_from_us(fold: Fold, reading: Reading, known_us: int) -> int:
    """Return when the counter last moved, or when a person or a confirmation last said that it flowed."""
    return min(known_us, max(reading.still_us, fold.checked_us or 0, fold.flow_from_us or 0))
