"""Puts late evidence in its place, parting a run of repeats that it falls into.

The last reports of a run are known one by one (``samples``); there the run is parted exactly. Further back
it is only known that no two reports were further apart than silence may last: the stretch after the late
evidence then begins as late as that and the oldest known report allow, which is the longer side.
"""

from __future__ import annotations

from itertools import pairwise

import msgspec

from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.policy import HOUR_US, Therapy
from monitor.interruption.reading import MARGIN_US, due_ul_per_h, step_ul_of
from monitor.interruption.samples import Sample, packed, unpacked

replace = msgspec.structs.replace

_RANK = {
    EvidenceKind.RUN: 0,
    EvidenceKind.FLOW: 1,
    EvidenceKind.DOUBT: 2,
    EvidenceKind.RUN_DOUBTED: 2,
    EvidenceKind.FLOW_DOUBTED: 2,
    EvidenceKind.SWAPPED: 3,
    EvidenceKind.STOP: 4,
    EvidenceKind.PERSON_STOP: 5,
    EvidenceKind.NO_FLOW: 6,
    EvidenceKind.COVERED: 7,
    EvidenceKind.PERSON_FLOW: 8,
}
"""Which of two about the same instant comes first: what denies flow comes after what claims it."""

_DATED = frozenset((EvidenceKind.RUN, EvidenceKind.STOP, EvidenceKind.PERSON_STOP, EvidenceKind.PERSON_FLOW))


def inserted(kept: tuple[Evidence, ...], evidence: Evidence, therapy: Therapy) -> tuple[Evidence, ...] | None:
    """Return the evidence with a late piece in its place, or None if it says nothing new."""
    if evidence in kept:
        return None
    place = _place(kept, evidence)
    before, after = list(kept[:place]), list(kept[place:])
    if before and before[-1].to_us > evidence.at_us:
        whole = before[-1]
        if whole.kind is evidence.kind and evidence.kind in (EvidenceKind.FLOW, EvidenceKind.NO_FLOW):
            return None
        if whole.kind is not evidence.kind:
            before.pop()
            # Which of its reports the pump's clock spoke of is not kept.
            first, rest = _parted(replace(whole, device_us=None), evidence, therapy)
            before.append(first)
            after = [*rest, *after]
    return (*before, evidence, *after)


def _place(kept: tuple[Evidence, ...], evidence: Evidence) -> int:
    place = len(kept)
    while place and (kept[place - 1].at_us, _RANK[kept[place - 1].kind]) > (evidence.at_us, _RANK[evidence.kind]):
        place -= 1
    return place


def _parted(whole: Evidence, late: Evidence, therapy: Therapy) -> tuple[Evidence, list[Evidence]]:
    """Return what a run said up to late evidence inside it, and what it said after it."""
    at_us = late.at_us
    reports = unpacked(whole.samples, (whole.to_us, whole.counter_to_ul))
    if reports[0][0] > at_us:
        return _parted_blindly(whole, late, reports[0][0], therapy)
    if reports[0][0] == whole.at_us:
        reports.pop(0)
    reports.insert(0, (whole.at_us, whole.counter_ul))
    before = [report for report in reports if report[0] <= at_us]
    after = [report for report in reports if report[0] > at_us]
    first = run_of(whole, before, therapy)
    counter_ul = _last_counter(before)
    # Reports that tell no counter yet, or show no movement, are apart from the one that does: it alone confirms flow.
    told = next((place for place, (_, shown) in enumerate(after) if shown is not None), 0)
    moved = next((place for place, (_, shown) in enumerate(after) if _is_beyond(shown, counter_ul)), 0)
    cuts = [0, *sorted({told, moved} - {0}), len(after)]
    return first, [run_of(whole, after[start:end], therapy) for start, end in pairwise(cuts)]


def _is_beyond(shown_ul: int | None, counter_ul: int | None) -> bool:
    return shown_ul is not None and counter_ul is not None and shown_ul > counter_ul


def _last_counter(reports: list[Sample]) -> int | None:
    return next((counter_ul for _, counter_ul in reversed(reports) if counter_ul is not None), None)


def run_of(whole: Evidence, reports: list[Sample], therapy: Therapy) -> Evidence:
    """Return the run of these reports of ``whole`` alone."""
    (from_us, from_ul), (to_us, _) = reports[0], reports[-1]
    read_us, counter_ul = next(
        ((at_us, shown) for at_us, shown in reversed(reports) if shown is not None), (None, None)
    )
    still_us = next((at_us for at_us, shown in reports if shown is not None and shown == counter_ul), None)
    is_end = to_us == whole.to_us
    is_start = from_us == whole.at_us
    kept_us, kept_ul = _kept_up(whole, reports, therapy)
    return replace(
        whole,
        at_us=from_us,
        earliest_us=whole.earliest_us if is_start else from_us,
        to_us=to_us,
        counter_ul=from_ul,
        counter_to_ul=counter_ul,
        read_to_us=read_us,
        still_us=still_us,
        moved_us=_moved_by(whole, to_us) if is_start else None,
        remaining_ul=whole.remaining_ul if is_start else None,
        remaining_to_ul=whole.remaining_to_ul if is_end else None,
        samples=packed(reports),
        kept_us=kept_us,
        kept_ul=kept_ul,
    )


def _kept_up(whole: Evidence, reports: list[Sample], therapy: Therapy) -> tuple[int | None, int | None]:
    """Return the report since which the counter lags most, as it is of the whole run if it is here."""
    if whole.kept_us is not None and reports[0][0] <= whole.kept_us <= reports[-1][0]:
        return whole.kept_us, whole.kept_ul
    if whole.kind is not EvidenceKind.FLOW or not whole.rate_ul_per_h:
        return None, None
    due = due_ul_per_h(whole.rate_ul_per_h, therapy.min_rate_fraction)
    told = [
        (due * at_us - counter_ul * HOUR_US, -at_us, counter_ul)
        for at_us, counter_ul in reports
        if counter_ul is not None
    ]
    if not told:
        return None, None
    _, before_us, kept_ul = min(told)
    return -before_us, kept_ul


def _moved_by(whole: Evidence, to_us: int) -> int | None:
    """Return when the counter had moved on in a run, if that was no later than ``to_us``."""
    return whole.moved_us if whole.moved_us is not None and whole.moved_us <= to_us else None


def _parted_blindly(
    whole: Evidence, late: Evidence, known_us: int, therapy: Therapy
) -> tuple[Evidence, list[Evidence]]:
    """Part a run before ``known_us``, the oldest report after its first one that is known by itself."""
    at_us = late.at_us
    # A dated stop needs no report before it; anything else began after a report that may be this far back.
    until_us = at_us if late.kind in _DATED else max(whole.at_us, at_us - therapy.silence_max_us)
    first = replace(
        whole,
        to_us=until_us,
        counter_to_ul=whole.counter_ul,
        moved_us=_moved_by(whole, until_us),
        read_to_us=whole.at_us,
        still_us=None,
        remaining_to_ul=None,
        samples=b"",
        kept_us=None,
        kept_ul=None,
    )
    from_us = min(known_us, at_us + therapy.silence_max_us)
    moved_us = from_us
    if whole.rate_ul_per_h and whole.counter_ul is not None:
        step_us = step_ul_of(therapy, whole) * HOUR_US / (therapy.min_rate_fraction * whole.rate_ul_per_h)
        moved_us = min(whole.to_us, from_us + int(step_us) + MARGIN_US)
    is_kept = whole.kept_us is not None and whole.kept_us >= from_us
    rest = replace(
        whole,
        at_us=from_us,
        earliest_us=from_us,
        counter_ul=None if from_us < whole.to_us else whole.counter_to_ul,
        moved_us=moved_us,
        remaining_ul=None,
        kept_us=whole.kept_us if is_kept else None,
        kept_ul=whole.kept_ul if is_kept else None,
    )
    return first, [rest]
