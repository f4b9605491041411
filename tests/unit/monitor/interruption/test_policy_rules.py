"""A therapy's rules, with made-up figures: which threshold holds, what is said of a restart and of a hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.interruption.events import Order
from monitor.interruption.policy import (
    HOUR_US,
    MINUTE_US,
    Latency,
    Therapy,
    Threshold,
    hold_days,
    hold_reason,
    hold_text,
    occlusion_latency_us,
    restart_text,
    restart_threshold,
    thresholds_in_force,
)
from monitor.interruption.therapy_rules import AgeGroup, Audience, Basis, Cycles, HoldRule, RestartText, Schedule

FALLBACK = Threshold(HOUR_US, action="b", is_fallback=True)
FIXED = Threshold(5 * HOUR_US, action="c")
DEFICIT = Therapy(name="t", thresholds=(FALLBACK,), volume_deficit_fraction=0.25, volume_deficit_action="a")
BOTH = Therapy(name="t", thresholds=(FALLBACK, FIXED), volume_deficit_fraction=0.25, volume_deficit_action="a")


def deficit(hours: int) -> Threshold:
    return Threshold(hours * HOUR_US, inclusive=False, action="a", audience=Audience.CLINICIANS, basis=Basis.PUBLISHED)


def test_without_a_deficit_the_order_changes_nothing() -> None:
    plain = Therapy(name="t", thresholds=(FALLBACK, FIXED))
    assert thresholds_in_force(plain, Order(bag_hours=8)) == plain.thresholds
    assert restart_threshold(plain, Order(bag_hours=8)) == FALLBACK == plain.restart


@pytest.mark.parametrize("order", [None, Order(), Order(rate_ml_per_h=5)])
def test_without_a_bag_the_fallback_holds(order: Order | None) -> None:
    assert thresholds_in_force(DEFICIT, order) == (FALLBACK,)
    assert restart_threshold(DEFICIT, order) == FALLBACK


@pytest.mark.parametrize(
    ("bag_hours", "expected"), [(16, (deficit(4), FIXED)), (20, (FIXED, deficit(5))), (40, (FIXED, deficit(10)))]
)
def test_with_a_bag_its_share_stands_among_the_others_smallest_first(
    bag_hours: float, expected: tuple[Threshold, ...]
) -> None:
    # Five hours and "at least" come before five hours and "more than".
    assert thresholds_in_force(BOTH, Order(bag_hours=bag_hours)) == expected
    assert restart_threshold(BOTH, Order(bag_hours=bag_hours)) == expected[0]
    assert thresholds_in_force(DEFICIT, Order(bag_hours=bag_hours)) == tuple(
        one for one in expected if one.action == "a"
    )


@given(st.floats(0.01, 0.5), st.floats(0.5, 744))
def test_a_deficit_never_comes_later_than_its_share_of_the_dose(fraction: float, bag_hours: float) -> None:
    therapy = Therapy(name="t", thresholds=(FALLBACK,), volume_deficit_fraction=fraction)
    found = restart_threshold(therapy, Order(bag_hours=bag_hours))
    assert found.met_from_us() <= fraction * bag_hours * HOUR_US + 1
    assert found.off_time_us > fraction * bag_hours * HOUR_US - 2


def test_at_least_and_more_than_differ_by_a_microsecond() -> None:
    least, more = Threshold(10), Threshold(10, inclusive=False)
    assert (least.is_met(9), least.is_met(10), more.is_met(10), more.is_met(11)) == (False, True, False, True)
    assert (least.met_from_us(), more.met_from_us()) == (10, 11)


ROWS = (
    RestartText(indication="i", age_group=AgeGroup.ADULT, cycles=Cycles.ANY, text="one", is_restart_named=True),
    RestartText(indication="i", age_group=AgeGroup.CHILD, cycles=Cycles.FIRST, text="two", is_restart_named=True),
    RestartText(indication="i", age_group=AgeGroup.CHILD, cycles=Cycles.LATER, text="three", is_restart_named=False),
)
TALKING = Therapy(name="t", thresholds=(FIXED,), restart_texts=ROWS)
SILENT = "label does not name restart; prescriber decides."


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (("i", "adult", 1), "Label rule for this indication: one."),
        (("i", "adult", 9), "Label rule for this indication: one."),
        (("i", "adult", None), "Label rule for this indication: one."),
        (("i", "child", 1), "Label rule for this indication: two."),
        (("i", "child", 2), f"three; {SILENT}"),
        (("j", "adult", 1), "No label rule is known here for this indication; prescriber decides."),
        (("i", "child", None), "The label's rule depends on cycle, which the order does not say; prescriber decides."),
        (
            (None, "child", 2),
            "The label's rule depends on indication, which the order does not say; prescriber decides.",
        ),
        (
            ("i", None, None),
            "The label's rule depends on age group and cycle, which the order does not say; prescriber decides.",
        ),
    ],
)
def test_a_restart_has_the_words_of_its_row(kind: tuple[str | None, str | None, int | None], said: str) -> None:
    indication, age_group, cycle = kind
    assert restart_text(TALKING, Order(indication=indication, age_group=age_group, cycle=cycle)) == said


def test_a_therapy_without_rows_says_nothing_and_one_without_an_order_asks() -> None:
    assert restart_text(DEFICIT, None) == ""
    assert "depends on indication and age group and cycle" in restart_text(TALKING, None)


HELD = Therapy(
    name="t",
    thresholds=(FIXED,),
    hold_rules=(
        HoldRule(reasons=("fever", "rash"), up_to_days=7, text="goes on"),
        HoldRule(reasons=("fever",), over_days=7, text="anew", basis=Basis.PUBLISHED),
        HoldRule(reasons=("fever-grade-3",), over_days=3, up_to_days=14, text="ours", basis=Basis.OURS),
    ),
)
NONE = "Label silent for this reason; prescriber decides."


@pytest.mark.parametrize(
    ("reason", "days", "said"),
    [
        ("Fever", 0, "Label rule: goes on."),
        ("fever", 7, "Label rule: goes on."),
        ("fever", 7.001, "Published, not the label: anew."),
        ("rash", 7.001, NONE),
        ("Fever, grade 3!", 3, "Label rule: goes on."),
        ("fever grade 3", 4, "Label rule: goes on. Not from a label: ours."),
        ("fever grade 3", 14, "Published, not the label: anew. Not from a label: ours."),
        ("fever grade 3", 15, "Published, not the label: anew."),
        ("fever grade 33", 4, "Label rule: goes on."),
        ("fevers", 1, NONE),
        ("no fever", 1, NONE),
        ("", 1, NONE),
    ],
)
def test_a_hold_has_the_words_of_its_reason_and_length(reason: str, days: float, said: str) -> None:
    assert hold_text(HELD, reason, days) == said


def test_the_lengths_at_which_the_words_change() -> None:
    assert hold_days(HELD, "fever grade 3") == (3, 7, 14)
    assert hold_days(HELD, "rash") == (7,)
    assert hold_days(HELD, "cough") == ()


def test_a_reason_is_its_words() -> None:
    assert hold_reason("  CRS, Grade-3 (again) ") == "crs-grade-3-again"


@pytest.mark.parametrize(("cycles", "held"), [(Cycles.ANY, (1, 2, 3)), (Cycles.FIRST, (1,)), (Cycles.LATER, (2, 3))])
def test_cycles_count_from_one(cycles: Cycles, held: tuple[int, ...]) -> None:
    assert tuple(cycle for cycle in (1, 2, 3) if cycles.holds(cycle)) == held


@pytest.mark.parametrize(("starts", "ends", "on_min"), [(360, 1320, 960), (1320, 360, 480), (5, 5, 1440), (0, 1, 1)])
def test_a_schedule_says_how_long_it_is_on(starts: int, ends: int, on_min: int) -> None:
    assert Schedule(starts, ends, "UTC").on_min == on_min


@pytest.mark.parametrize(
    ("rate_ml_per_h", "minutes"), [(None, 100), (0, 100), (0.5, 200), (1, 100), (1.9, 100), (2, 50), (4, 50)]
)
def test_an_occlusion_is_noticed_the_later_the_slower(rate_ml_per_h: float | None, minutes: int) -> None:
    therapy = Therapy(name="t", thresholds=(FIXED,), latency=(Latency(1, 100 * MINUTE_US), Latency(2, 50 * MINUTE_US)))
    assert occlusion_latency_us(therapy, rate_ml_per_h) == minutes * MINUTE_US
    assert occlusion_latency_us(DEFICIT, rate_ml_per_h) == 0


ODD = Therapy(name="t", thresholds=(FIXED,), latency=(Latency(2.7, 124 * MINUTE_US), Latency(5.4, 41 * MINUTE_US)))


@pytest.mark.parametrize(
    ("rate_ml_per_h", "latency_us"),
    [
        (0.5, 669_600 * 60_000),
        (2.7, 124 * MINUTE_US),
        (5.4 * (1 - 1e-6), 124 * MINUTE_US),
        (5.4 * (1 - 1e-10), 41 * MINUTE_US),
        (5.4, 41 * MINUTE_US),
    ],
)
def test_a_listed_rate_has_its_own_latency_to_the_microsecond(rate_ml_per_h: float, latency_us: int) -> None:
    assert occlusion_latency_us(ODD, rate_ml_per_h) == latency_us
