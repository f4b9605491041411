"""Parting a run exactly: the reports next to late evidence, and what each part may claim."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.policy import MINUTE_US, SECOND_US
from parted_runs import long_run, piece, put, run

FLOW, STOP, RUN, NO_FLOW = EvidenceKind.FLOW, EvidenceKind.STOP, EvidenceKind.RUN, EvidenceKind.NO_FLOW


def _short_memory() -> Evidence:
    """Return a run of twelve minutes of which the first report and the last three are known."""
    known = run(FLOW, [(10, 14), (11, 15), (12, 16)])
    return replace(known, at_us=0, earliest_us=0, counter_ul=10, remaining_ul=90)


def test_at_the_oldest_report_that_is_known_a_run_is_still_parted_exactly() -> None:
    first, _, rest = put([_short_memory()], piece(STOP, 10))
    assert first == run(FLOW, [(0, 10), (10, 14)], remaining_ul=90)
    assert rest == run(FLOW, [(11, 15), (12, 16)])
    first, _, _ = put([_short_memory()], piece(STOP, 11))
    assert first == run(FLOW, [(0, 10), (10, 14), (11, 15)], remaining_ul=90)


def test_one_report_that_shows_no_movement_yet_stands_apart() -> None:
    whole = run(FLOW, [(0, 10), (5, 14), (10, 14), (15, 20)])
    _, _, still, moved = put([whole], piece(STOP, 7))
    assert still == run(FLOW, [(10, 14)], still_us=10 * MINUTE_US)
    assert moved == run(FLOW, [(15, 20)])


def test_a_counter_that_was_read_before_the_last_report_is_not_that_reports() -> None:
    whole = run(FLOW, [(0, 10), (5, 14), (10, None)])
    whole = replace(whole, counter_to_ul=14, read_to_us=5 * MINUTE_US, still_us=5 * MINUTE_US)
    _, _, rest = put([whole], piece(STOP, 7))
    assert rest == run(FLOW, [(10, None)], read_to_us=None, still_us=None)


def test_reports_before_the_next_counter_stand_apart_though_it_shows_no_movement() -> None:
    whole = run(FLOW, [(0, 10), (5, 14), (10, None), (15, 14), (20, None)], counter_to_ul=14)
    _, _, untold, told = put([whole], piece(STOP, 7))
    assert untold == run(FLOW, [(10, None)], read_to_us=None, still_us=None)
    read_us = 15 * MINUTE_US
    counted = {"counter_to_ul": 14, "read_to_us": read_us, "still_us": read_us}
    assert told == run(FLOW, [(15, 14), (20, None)], **counted)


def test_reports_after_the_counter_that_tell_none_stand_with_it() -> None:
    whole = run(FLOW, [(0, 10), (5, 14), (10, 14), (15, None)], counter_to_ul=14)
    _, _, rest = put([whole], piece(STOP, 7))
    read_us = 10 * MINUTE_US
    counted = {"counter_to_ul": 14, "read_to_us": read_us, "still_us": read_us}
    assert rest == run(FLOW, [(10, 14), (15, None)], **counted)


def test_of_two_of_a_kind_at_one_instant_the_one_that_was_heard_last_comes_last() -> None:
    one, two = piece(STOP, 5, earliest_us=1), piece(STOP, 5, earliest_us=2)
    assert put([one], two) == [one, two]
    assert put([two], one) == [two, one]


def test_at_one_instant_it_goes_before_all_that_come_after_its_kind() -> None:
    kept = [piece(FLOW, 5), piece(NO_FLOW, 5), piece(EvidenceKind.PERSON_FLOW, 5)]
    assert put(kept, piece(STOP, 5)) == [kept[0], piece(STOP, 5), *kept[1:]]


@pytest.mark.parametrize(("moved", "kept"), [(7, 7), (7.01, None), (None, None)])
def test_what_bore_a_run_out_goes_with_its_first_part_if_it_came_in_it(moved: float | None, kept: float | None) -> None:
    moved_us = None if moved is None else round(moved * MINUTE_US)
    kept_us = None if kept is None else round(kept * MINUTE_US)
    whole = replace(run(FLOW, [(0, None), (7, 5), (14, 6)]), moved_us=moved_us)
    first, _, rest = put([whole], piece(STOP, 10))
    assert (first.moved_us, rest.moved_us) == (kept_us, None)
    first, _, _ = put([replace(long_run(), moved_us=moved_us)], piece(STOP, 7))
    assert first.moved_us == kept_us


def test_what_was_not_borne_out_before_it_stood_again_ends_no_stop() -> None:
    _, _, rest = put([long_run()], piece(STOP, 30))
    before, _, _ = put([rest], piece(NO_FLOW, 46))
    assert (before.at_us, before.to_us, before.moved_us) == (45 * MINUTE_US, 45 * MINUTE_US, None)


@pytest.mark.parametrize("minute", [95, 86])
def test_further_back_a_run_goes_on_no_later_than_with_the_oldest_report_that_is_known(minute: int) -> None:
    first, _, rest = put([long_run()], piece(STOP, minute))
    assert first.to_us == minute * MINUTE_US
    assert (rest.at_us, rest.earliest_us, rest.counter_ul) == (100 * MINUTE_US, 100 * MINUTE_US, None)
    _, _, rest = put([long_run()], piece(STOP, 84))
    assert rest.at_us == 99 * MINUTE_US


def test_further_back_a_report_that_shows_the_step_ends_no_later_than_the_run() -> None:
    whole = replace(long_run(), to_us=90 * SECOND_US + 30 * MINUTE_US, samples=b"")
    _, _, rest = put([whole], piece(STOP, 15))
    assert (rest.at_us, rest.moved_us, rest.counter_ul) == (30 * MINUTE_US, 30 * MINUTE_US + 90 * SECOND_US, None)
