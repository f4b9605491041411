"""The pump's clock drifts and jumps by the figures given; the truth adds up."""

from __future__ import annotations

import pytest

from simulator.pump_clock import PumpClock
from simulator.truth import FlowKind, Truth
from simulator.units import QUANTA_PER_ML, US_PER_H, US_PER_S, instant_of, quanta_of, text_of, us_until

DAY_US = 24 * US_PER_H


def test_a_clock_of_20_ppm_is_1_728_s_ahead_after_a_day() -> None:
    clock = PumpClock(true_us=0, reading_us=0, drift_ppm=20)
    assert clock.reading_us(DAY_US) - DAY_US == 1_728_000


def test_a_slow_clock_falls_behind() -> None:
    assert PumpClock(0, 0, -20).reading_us(DAY_US) - DAY_US == -1_728_000


def test_a_clock_that_is_set_goes_on_from_there() -> None:
    clock = PumpClock(0, 0)
    clock.jump(US_PER_H, -2 * US_PER_H)
    assert clock.reading_us(US_PER_H) == -US_PER_H
    clock.put_to(2 * US_PER_H, 5 * US_PER_H)
    assert clock.reading_us(3 * US_PER_H) == 6 * US_PER_H


def test_off_time_counts_everything_that_is_no_therapy() -> None:
    truth = Truth(0)
    truth.flows(0, 5_000_000, FlowKind.THERAPY)
    truth.flows(US_PER_H, 200_000, FlowKind.KVO)
    truth.flows(2 * US_PER_H, 0, FlowKind.THERAPY)
    truth.flows(3 * US_PER_H, 2_000_000, FlowKind.THERAPY)
    truth.reaches(4 * US_PER_H)
    assert truth.off_us(0, 4 * US_PER_H) == 2 * US_PER_H
    assert truth.off_us(0, 4 * US_PER_H, rate_ml_per_h_min=4.5) == 3 * US_PER_H
    assert truth.off_us(US_PER_H // 2, 3 * US_PER_H // 2) == US_PER_H // 2
    assert truth.received_ml() == pytest.approx(5 + 0.2 + 2)


def test_a_bolus_is_received_but_is_no_flow() -> None:
    truth = Truth(0)
    truth.gives_bolus(US_PER_S, quanta_of(1.24))
    truth.reaches(US_PER_H)
    assert truth.received_ml() == pytest.approx(1.24)
    assert truth.off_us(0, US_PER_H) == US_PER_H


def test_the_truth_cannot_be_rewritten() -> None:
    truth = Truth(0)
    truth.reaches(US_PER_H)
    with pytest.raises(ValueError, match="was asked for after"):
        truth.flows(0, 1, FlowKind.THERAPY)


def test_the_record_of_the_truth_is_readable() -> None:
    truth = Truth(0)
    truth.flows(US_PER_S, 5_000_000, FlowKind.THERAPY)
    truth.reaches(2 * US_PER_S)
    assert truth.as_record() == {
        "segments": [
            {
                "start_at": "1970-01-01T00:00:00.000Z",
                "end_at": "1970-01-01T00:00:01.000Z",
                "rate_ml_per_h": 0.0,
                "kind": "none",
            },
            {
                "start_at": "1970-01-01T00:00:01.000Z",
                "end_at": "1970-01-01T00:00:02.000Z",
                "rate_ml_per_h": 5.0,
                "kind": "therapy",
            },
        ],
        "boluses": [],
    }


def test_units_are_exact() -> None:
    assert quanta_of(5) == 5 * QUANTA_PER_ML
    assert us_until(quanta_of(5), 5_000_000) == US_PER_H
    assert us_until(quanta_of(5) + 1, 5_000_000) == US_PER_H + 1, "not before the last drop"
    assert us_until(-1, 5_000_000) == 0
    assert instant_of(0).tzinfo is not None
    assert text_of(1_767_600_000_000_000) == "2026-01-05T08:00:00.000Z"
