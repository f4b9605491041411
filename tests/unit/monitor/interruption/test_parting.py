"""Where late evidence goes, and how the run that it falls into is parted."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.parting import inserted
from monitor.interruption.policy import HOUR_US, MINUTE_US, SECOND_US
from parted_runs import long_run, piece, put, run
from watched import BLINATUMOMAB

FLOW, STOP, RUN, NO_FLOW = EvidenceKind.FLOW, EvidenceKind.STOP, EvidenceKind.RUN, EvidenceKind.NO_FLOW


def test_between_two_pieces_it_goes_between() -> None:
    before, after = piece(FLOW, 1), piece(NO_FLOW, 9)
    late = piece(STOP, 5)
    assert put([before, after], late) == [before, late, after]
    assert put([before, after], piece(RUN, 0)) == [piece(RUN, 0), before, after]
    assert put([before, after], piece(RUN, 10)) == [before, after, piece(RUN, 10)]


ORDER = [
    EvidenceKind.RUN,
    EvidenceKind.FLOW,
    EvidenceKind.DOUBT,
    EvidenceKind.SWAPPED,
    EvidenceKind.STOP,
    EvidenceKind.PERSON_STOP,
    EvidenceKind.NO_FLOW,
    EvidenceKind.COVERED,
    EvidenceKind.PERSON_FLOW,
]


@pytest.mark.parametrize("place", range(1, len(ORDER)))
def test_at_one_instant_what_denies_flow_comes_after_what_claims_it(place: int) -> None:
    earlier, later = piece(ORDER[place - 1], 5), piece(ORDER[place], 5)
    assert put([later], earlier) == [earlier, later]
    assert put([earlier], later) == [earlier, later]


def test_what_is_there_already_says_nothing_new() -> None:
    kept = (piece(FLOW, 1), piece(STOP, 5))
    assert inserted(kept, piece(STOP, 5), BLINATUMOMAB) is None


@pytest.mark.parametrize("kind", [FLOW, NO_FLOW])
def test_one_more_of_the_same_inside_a_run_says_nothing_new(kind: EvidenceKind) -> None:
    whole = run(kind, [(0, 0), (5, 0), (10, 0)])
    assert inserted((whole,), piece(kind, 7), BLINATUMOMAB) is None
    assert put([whole], piece(kind, 10)) == [whole, piece(kind, 10)]


def test_doubt_inside_a_run_of_doubt_leaves_it_whole() -> None:
    whole = run(EvidenceKind.DOUBT, [(0, 0), (10, 0)])
    late = piece(EvidenceKind.DOUBT, 7, earliest_us=0)
    assert put([whole], late) == [whole, late]


def test_a_run_is_parted_at_the_reports_next_to_it() -> None:
    whole = run(FLOW, [(0, 10), (5, 14), (10, 14), (15, 20), (20, 25)], remaining_ul=90, remaining_to_ul=70)
    first, late, rest = put([whole], piece(STOP, 12))
    assert first == run(FLOW, [(0, 10), (5, 14), (10, 14)], still_us=5 * MINUTE_US, remaining_ul=90)
    assert late == piece(STOP, 12)
    assert rest == run(FLOW, [(15, 20), (20, 25)], remaining_to_ul=70)


def test_reports_that_show_no_movement_yet_stand_apart() -> None:
    whole = run(FLOW, [(0, 10), (5, 14), (10, 14), (15, 14), (20, 25), (25, 26)])
    _, _, still, moved = put([whole], piece(STOP, 7))
    assert still == run(FLOW, [(10, 14), (15, 14)], still_us=10 * MINUTE_US)
    assert moved == run(FLOW, [(20, 25), (25, 26)])


def test_a_run_that_never_moves_on_stays_in_one_piece_after_it() -> None:
    whole = run(FLOW, [(0, 10), (5, 14), (10, 14)])
    _, _, rest = put([whole], piece(STOP, 7))
    assert rest == run(FLOW, [(10, 14)], still_us=10 * MINUTE_US)


def test_what_a_run_says_at_that_very_instant_it_said_before() -> None:
    whole = run(NO_FLOW, [(0, None), (5, None), (10, None)], read_to_us=None, still_us=None)
    first, _, rest = put([whole], piece(RUN, 5))
    assert (first.at_us, first.to_us) == (0, 5 * MINUTE_US)
    assert (rest.at_us, rest.to_us) == (10 * MINUTE_US, 10 * MINUTE_US)


def test_the_oldest_onset_belongs_to_the_first_part_alone() -> None:
    whole = replace(run(NO_FLOW, [(5, None), (10, None)]), earliest_us=0)
    first, _, rest = put([whole], piece(RUN, 7))
    assert (first.earliest_us, rest.earliest_us) == (0, 10 * MINUTE_US)


def test_further_back_a_run_goes_on_as_late_as_silence_allows() -> None:
    first, _, rest = put([long_run()], piece(STOP, 30))
    assert (first.at_us, first.to_us, first.samples) == (0, 30 * MINUTE_US, b"")
    assert (first.counter_to_ul, first.read_to_us, first.still_us, first.remaining_to_ul) == (10, 0, None, None)
    step_us = 72 * SECOND_US / 0.9
    assert (rest.at_us, rest.earliest_us) == (45 * MINUTE_US, 45 * MINUTE_US)
    assert rest.moved_us == 45 * MINUTE_US + round(step_us) + 10 * SECOND_US
    assert (rest.counter_ul, rest.remaining_ul, rest.remaining_to_ul) == (None, None, 40)


def test_further_back_an_undated_denial_began_as_early_as_silence_allows() -> None:
    first, _, _ = put([long_run()], piece(NO_FLOW, 30))
    assert first.to_us == 15 * MINUTE_US
    first, _, _ = put([long_run()], piece(NO_FLOW, 3))
    assert first.to_us == 0


def test_further_back_without_a_counter_flow_is_borne_out_at_once() -> None:
    _, _, rest = put([long_run(None)], piece(STOP, 30))
    assert rest.moved_us == rest.at_us == 45 * MINUTE_US


def test_a_run_is_never_made_longer_by_parting_it() -> None:
    whole = long_run()
    shorter = Evidence(FLOW, 0, HOUR_US, 0, counter_ul=10, counter_to_ul=600, read_to_us=HOUR_US, rate_ul_per_h=5000)
    _, _, rest = put([shorter], piece(STOP, 55))
    assert (rest.at_us, rest.to_us, rest.moved_us, rest.counter_ul) == (HOUR_US, HOUR_US, HOUR_US, 600)
    assert whole.to_us == 120 * MINUTE_US
