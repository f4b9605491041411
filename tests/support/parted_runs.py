"""Runs of repeats told report by report, and late evidence put into them: for tests of parting."""

from __future__ import annotations

from typing import Any

from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.parting import inserted
from monitor.interruption.policy import MINUTE_US
from monitor.interruption.samples import Sample, packed
from watched import BLINATUMOMAB


def piece(kind: EvidenceKind, minute: float, **fields: Any) -> Evidence:
    """Return evidence about one minute."""
    at_us = round(minute * MINUTE_US)
    return Evidence(kind, at_us, **{"to_us": at_us, "earliest_us": at_us, **fields})


def run(kind: EvidenceKind, reports: list[tuple[float, int | None]], **fields: Any) -> Evidence:
    """Return a run of these reports, by minute and counter, all of them kept."""
    exact: list[Sample] = [(round(minute * MINUTE_US), counter_ul) for minute, counter_ul in reports]
    (first_us, first_ul), (last_us, last_ul) = exact[0], exact[-1]
    counted = {"counter_ul": first_ul, "counter_to_ul": last_ul, "read_to_us": last_us, "still_us": last_us}
    return Evidence(kind, first_us, last_us, first_us, **{**counted, "samples": packed(exact), **fields})


def put(kept: list[Evidence], late: Evidence) -> list[Evidence]:
    """Return what is kept with a late piece in its place; it does say something new."""
    found = inserted(tuple(kept), late, BLINATUMOMAB)
    assert found is not None
    return list(found)


def long_run(counter_ul: int | None = 10) -> Evidence:
    """Return a run of two hours of which the first report and the last three are known."""
    reports = [(minute, counter_ul) for minute in (100.0, 110.0, 120.0)]
    known = run(EvidenceKind.FLOW, list(reports))
    return Evidence(
        EvidenceKind.FLOW,
        0,
        known.to_us,
        0,
        counter_ul=counter_ul,
        counter_to_ul=None if counter_ul is None else 600,
        read_to_us=None if counter_ul is None else known.to_us,
        still_us=5,
        rate_ul_per_h=5000,
        samples=known.samples,
        remaining_ul=50,
        remaining_to_ul=40,
    )
