"""Since when the counter lags most, in each part of a run that late evidence parts."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.policy import MINUTE_US
from parted_runs import long_run, piece, put, run

FLOW, STOP, NO_FLOW = EvidenceKind.FLOW, EvidenceKind.STOP, EvidenceKind.NO_FLOW

REPORTS: list[tuple[float, int | None]] = [(0, 1000), (1, 1080), (2, 1150), (3, 1230), (4, 1305)]
"""Nine tenths of 5 mL/h are 75 microlitres a minute: it is ahead by 5 after the first, the third and the fourth."""

WHOLE = run(FLOW, REPORTS, rate_ul_per_h=5000)

Kept = tuple[float, int] | None


def kept(evidence: Evidence) -> Kept:
    """Return since when a stretch lags most, by minute, and its counter then."""
    if evidence.kept_us is None or evidence.kept_ul is None:
        assert evidence.kept_us is evidence.kept_ul
        return None
    return evidence.kept_us / MINUTE_US, evidence.kept_ul


def with_kept(whole: Evidence, us: int, ul: int) -> Evidence:
    return replace(whole, kept_us=us, kept_ul=ul)


def test_each_part_lags_most_since_its_counter_was_furthest_ahead_and_of_two_since_the_later_one() -> None:
    first, _, rest = put([WHOLE], piece(STOP, 2.5))
    assert (kept(first), kept(rest)) == ((1, 1080), (4, 1305))
    first, _, rest = put([run(FLOW, [(0, 1000), (1, 1074), (2, 1150)], rate_ul_per_h=5000)], piece(STOP, 1.5))
    assert (kept(first), kept(rest)) == ((0, 1000), (2, 1150))


def test_a_report_that_tells_no_counter_is_nothing_to_count_from() -> None:
    told = run(FLOW, [(0, 1000), (1, None), (2, None), (3, 1225)], rate_ul_per_h=5000)
    first, _, untold, rest = put([told], piece(STOP, 1.5))
    assert (kept(first), kept(untold), kept(rest)) == ((0, 1000), None, (3, 1225))


@pytest.mark.parametrize(
    ("minute", "ul", "of_first", "of_rest"),
    [
        (0, 1000, (0, 1000), (4, 1305)),
        (0.5, 1037, (0.5, 1037), (4, 1305)),
        (2, 1150, (2, 1150), (4, 1305)),
        (2.1, 1158, (1, 1080), (4, 1305)),
        (3, 1230, (1, 1080), (3, 1230)),
        (4, 1305, (1, 1080), (4, 1305)),
    ],
)
def test_what_is_known_of_the_whole_run_goes_with_the_part_that_it_lies_in(
    minute: float, ul: int, of_first: Kept, of_rest: Kept
) -> None:
    first, _, rest = put([with_kept(WHOLE, round(minute * MINUTE_US), ul)], piece(STOP, 2.5))
    assert (kept(first), kept(rest)) == (of_first, of_rest)


def test_what_is_known_of_the_whole_run_goes_with_a_part_of_one_report() -> None:
    # It was told while the therapy counted less as enough: of its reports alone one could not say it.
    first, _, rest = put([with_kept(WHOLE, 0, 1001)], piece(STOP, 0.5))
    assert (kept(first), kept(rest)) == ((0, 1001), (4, 1305))


@pytest.mark.parametrize("rate_ul_per_h", [None, 0, 5000])
def test_nothing_lags_where_the_pump_stands_or_tells_no_rate(rate_ul_per_h: int | None) -> None:
    stands = replace(WHOLE, kind=NO_FLOW, rate_ul_per_h=rate_ul_per_h)
    first, _, rest = put([stands], piece(FLOW, 2.5))
    assert (kept(first), kept(rest)) == (None, None)
    unrated = replace(WHOLE, rate_ul_per_h=None)
    first, _, rest = put([unrated], piece(STOP, 2.5))
    assert (kept(first), kept(rest)) == (None, None)


@pytest.mark.parametrize(("early_us", "of_rest"), [(0, (45, 300)), (1, None), (-MINUTE_US, (46, 300))])
def test_further_back_only_what_lies_in_the_later_part_is_known(early_us: int, of_rest: Kept) -> None:
    whole = with_kept(long_run(), 45 * MINUTE_US - early_us, 300)
    first, _, rest = put([whole], piece(STOP, 30))
    assert (kept(first), kept(rest)) == (None, of_rest)


def test_further_back_nothing_is_made_known_that_was_not() -> None:
    first, _, rest = put([long_run()], piece(STOP, 30))
    assert (kept(first), kept(rest)) == (None, None)
