"""What later evidence says about earlier instants: windows, bridges and what they make of claimed flow."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.lookahead import Ahead, ahead_of, believable, is_blind
from monitor.interruption.offtime import Fold
from monitor.interruption.policy import MINUTE_US
from monitor.interruption.reading import Motion, Reading
from watched import BLINATUMOMAB, minutes

FLOW, STOP, NO_FLOW = EvidenceKind.FLOW, EvidenceKind.STOP, EvidenceKind.NO_FLOW


def piece(kind: EvidenceKind, minute: float, **fields: Any) -> Evidence:
    at_us = minutes(minute)
    return Evidence(kind, at_us, **{"to_us": at_us, "earliest_us": at_us, **fields})


def flow(minute: float, counter_ml: float, **fields: Any) -> Evidence:
    return piece(FLOW, minute, counter_ul=round(counter_ml * 1000), rate_ul_per_h=5000, **fields)


def test_a_stop_that_reaches_back_is_a_window_and_a_flow_check_caps_it() -> None:
    late = piece(STOP, 60, earliest_us=minutes(45))
    assert ahead_of(Fold(), (late,), BLINATUMOMAB).windows == ((minutes(45), minutes(60)),)
    checked = piece(EvidenceKind.PERSON_FLOW, 50)
    assert ahead_of(Fold(), (checked, late), BLINATUMOMAB).windows == ((minutes(50), minutes(60)),)
    early = piece(EvidenceKind.PERSON_FLOW, 40)
    assert ahead_of(Fold(), (early, late), BLINATUMOMAB).windows == ((minutes(45), minutes(60)),)
    assert ahead_of(Fold(checked_us=minutes(55)), (late,), BLINATUMOMAB).windows == ((minutes(55), minutes(60)),)


def test_a_persons_since_is_a_window_and_a_dated_stop_is_none() -> None:
    since = piece(EvidenceKind.PERSON_STOP, 60, earliest_us=minutes(30))
    assert ahead_of(Fold(), (since, piece(STOP, 70)), BLINATUMOMAB).windows == ((minutes(30), minutes(60)),)
    doubt = piece(EvidenceKind.DOUBT, 60, earliest_us=minutes(30))
    assert ahead_of(Fold(), (doubt,), BLINATUMOMAB).windows == ()


def test_windows_stand_in_order_of_how_far_they_reach_back() -> None:
    one, two = piece(STOP, 60, earliest_us=minutes(45)), piece(STOP, 70, earliest_us=minutes(30))
    assert ahead_of(Fold(), (one, two), BLINATUMOMAB).windows == (
        (minutes(30), minutes(70)),
        (minutes(45), minutes(60)),
    )


def test_a_counter_that_accounts_for_all_of_a_gap_is_a_bridge() -> None:
    assert ahead_of(Fold(), (flow(0, 10), flow(60, 15)), BLINATUMOMAB).bridges == ((0, minutes(60)),)
    assert ahead_of(Fold(), (flow(0, 10), flow(60, 14)), BLINATUMOMAB).bridges == ()


def test_the_reading_of_before_counts_for_a_bridge() -> None:
    base = Fold(reading=Reading(0, 0, Motion.FLOWING, 10_000, None, 5000, 100))
    assert ahead_of(base, (flow(60, 15),), BLINATUMOMAB).bridges == ((0, minutes(60)),)
    stood = Fold(reading=Reading(0, 0, Motion.STANDING, 10_000, None, 5000, 100))
    assert ahead_of(stood, (flow(60, 15),), BLINATUMOMAB).bridges == ()


def test_a_bag_that_accounts_for_all_of_a_gap_is_a_bridge() -> None:
    full, empty = piece(FLOW, 0, remaining_ul=90_000), piece(FLOW, 60, remaining_ul=85_000)
    rated = [replace(told, rate_ul_per_h=5000) for told in (full, empty)]
    assert ahead_of(Fold(), tuple(rated), BLINATUMOMAB).bridges == ((0, minutes(60)),)


def test_flow_that_tells_no_counter_leaves_the_reading_before_it() -> None:
    bare = piece(FLOW, 30, rate_ul_per_h=5000)
    assert ahead_of(Fold(), (flow(0, 10), bare, flow(60, 15)), BLINATUMOMAB).bridges == ((0, minutes(60)),)


def test_no_bridge_by_the_counter_leads_over_what_denies_flow_or_doubts_it() -> None:
    for kind in (STOP, EvidenceKind.PERSON_STOP, NO_FLOW, EvidenceKind.DOUBT, EvidenceKind.SWAPPED):
        parted = (flow(0, 10), piece(kind, 30), flow(60, 15))
        assert ahead_of(Fold(), parted, BLINATUMOMAB).bridges == ()
    for kind in (EvidenceKind.RUN, EvidenceKind.PERSON_FLOW):
        told = (flow(0, 10), piece(kind, 30), flow(60, 15))
        assert ahead_of(Fold(), told, BLINATUMOMAB).bridges == ((0, minutes(60)),)


def test_no_bridge_by_the_counter_touches_a_window() -> None:
    late = piece(STOP, 61, earliest_us=minutes(46))
    assert ahead_of(Fold(), (flow(0, 10), flow(60, 15), late), BLINATUMOMAB).bridges == ()
    after = piece(STOP, 75, earliest_us=minutes(60))
    assert ahead_of(Fold(), (flow(0, 10), flow(60, 15), after), BLINATUMOMAB).bridges == ((0, minutes(60)),)


def test_a_log_without_a_hole_is_a_bridge() -> None:
    covered = piece(EvidenceKind.COVERED, 90, earliest_us=minutes(30))
    assert ahead_of(Fold(), (covered,), BLINATUMOMAB).bridges == ((minutes(30), minutes(90)),)


def test_a_bridge_excuses_what_lies_inside_it_both_ends_included() -> None:
    ahead = Ahead(bridges=((10, 20), (30, 40)))
    assert ahead.is_bridged(10, 20)
    assert ahead.is_bridged(31, 39)
    assert not ahead.is_bridged(9, 20)
    assert not ahead.is_bridged(10, 21)
    assert not ahead.is_bridged(15, 35)


def test_a_window_blinds_what_overlaps_it_by_more_than_its_edge() -> None:
    ahead = Ahead(windows=((10, 20),))
    assert ahead.is_blind(0, 11)
    assert ahead.is_blind(19, 30)
    assert not ahead.is_blind(0, 10)
    assert not ahead.is_blind(20, 30)
    assert ahead.window_from_us(10) == 10
    assert ahead.window_from_us(19) == 10
    assert ahead.window_from_us(20) is None
    assert ahead.window_from_us(9) is None


def test_a_witness_is_blind_by_what_was_known_then_or_by_what_is_known_since() -> None:
    read = Reading(20, 20, Motion.FLOWING, 0, None, 5000, 100)
    seen = Evidence(FLOW, 30, 30, 30)
    assert is_blind(Fold(blind_to_us=21), read, seen, Ahead())
    assert not is_blind(Fold(blind_to_us=20), read, seen, Ahead())
    assert is_blind(Fold(), read, seen, Ahead(windows=((29, 40),)))
    assert is_blind(Fold(), read, seen, Ahead(windows=((10, 21),)))
    assert not is_blind(Fold(), read, seen, Ahead(windows=((10, 20), (30, 40))))


def test_claimed_flow_inside_a_window_is_doubted_and_the_rest_is_believed() -> None:
    windows = ((minutes(45), minutes(60)),)
    run = flow(30, 10, to_us=minutes(70), counter_to_ul=13_000, read_to_us=minutes(70), still_us=minutes(70))
    before, doubted = believable(run, windows)
    assert (before.kind, before.at_us, before.to_us) == (FLOW, minutes(30), minutes(45))
    assert (before.counter_to_ul, before.read_to_us, before.still_us) == (10_000, minutes(30), None)
    assert (doubted.kind, doubted.at_us, doubted.to_us) == (EvidenceKind.FLOW_DOUBTED, minutes(45), minutes(60))
    (inside,) = believable(flow(45, 10, to_us=minutes(50)), windows)
    assert (inside.kind, inside.at_us, inside.to_us) == (EvidenceKind.FLOW_DOUBTED, minutes(45), minutes(50))
    (start,) = believable(piece(EvidenceKind.RUN, 50), windows)
    assert start.kind is EvidenceKind.RUN_DOUBTED


def test_flow_that_touches_a_window_at_its_edge_is_believed() -> None:
    windows = ((minutes(45), minutes(60)),)
    for run in (flow(60, 10), flow(30, 10, to_us=minutes(45)), flow(70, 10)):
        assert believable(run, windows) == [run]
    assert believable(flow(70, 10, to_us=90 * MINUTE_US), (*windows, (minutes(80), minutes(95))))[0].to_us == minutes(
        80
    )
