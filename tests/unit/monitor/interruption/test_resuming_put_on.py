"""Flow that is confirmed while the line is off the patient, and what dates its return once it is put on."""

from __future__ import annotations

import msgspec
import pytest

from clock_parts import SILENCE_US, STEP_US, THERAPY, group_of, minute, read
from monitor.interruption.off_patient import OffPatient
from monitor.interruption.offtime import Fold, OpenStop, finished
from monitor.interruption.reading import MARGIN_US, Motion
from monitor.interruption.resuming import _is_back_since_put_on, confirm
from monitor.interruption.why import Why

replace = msgspec.structs.replace
STOP = OpenStop(minute(0), minute(1), minute(10), latest_why=Why.PERSON_SAID, certain_why=Why.PERSON_SAID)
"""Taken off at minute 1; what was last said of it is of minute 10."""
OFF = Fold(flow_from_us=minute(-20), last_flow_us=minute(0), stop=STOP, off_patient=(OffPatient(minute(1)),))
WAITING = replace(STOP, is_flow_claimed=True, put_on_at_us=minute(10))
PUT_ON = replace(OFF, stop=WAITING, off_patient=(OffPatient(minute(1), minute(10)),))


def test_what_the_pump_moves_while_the_line_is_off_only_says_that_it_runs() -> None:
    claimed = replace(STOP, is_denied=True, is_flow_claimed=True, run_us=minute(11))
    fold = replace(OFF, stop=claimed)
    assert confirm(fold, minute(12), minute(12), THERAPY, Why.FLOW_CONFIRMED) == OFF


def test_what_a_person_saw_flow_while_it_was_off_flowed_at_that_instant_alone() -> None:
    fold = replace(OFF, checked_us=minute(12), stop=replace(STOP, is_denied=True))
    ended = finished(STOP, minute(12), Why.PERSON_SAW_FLOW)
    again = OpenStop(minute(12), earliest_why=Why.FLOW_CHECKED, is_denied=True)
    assert confirm(fold, minute(12), minute(12), THERAPY, Why.PERSON_SAW_FLOW) == replace(
        fold, flow_from_us=minute(12), last_flow_us=minute(12), group=group_of(ended), stop=again
    )


def returned(fold: Fold, at_us: int, back_us: int, why: Why = Why.FLOW_CONFIRMED) -> None:
    """Assert that flow confirmed at one instant returned at another."""
    stop = fold.stop
    assert stop is not None
    ended = finished(stop, back_us, why)
    expected = replace(fold, stop=None, flow_from_us=back_us, last_flow_us=at_us, group=group_of(ended))
    assert confirm(fold, at_us, at_us, THERAPY, why) == expected


def test_the_first_word_in_time_after_the_line_was_put_on_dates_the_return_of_flow() -> None:
    limit_us = minute(10) + SILENCE_US
    returned(PUT_ON, limit_us, minute(10))
    returned(PUT_ON, limit_us + 1, limit_us + 1)
    returned(PUT_ON, minute(10), minute(10))


@pytest.mark.parametrize("why", [Why.PERSON_SAW_FLOW, Why.RUN_SAID])
def test_a_person_or_a_start_dates_it_by_its_own_instant(why: Why) -> None:
    returned(PUT_ON, minute(12), minute(12), why)


@pytest.mark.parametrize(
    "stop",
    [
        replace(STOP, is_denied=True),
        replace(STOP, is_flow_claimed=True),
        replace(STOP, certain_to_us=minute(9)),
        replace(STOP, certain_to_us=None),
    ],
)
def test_where_the_last_word_was_against_flow_or_came_after_it_was_put_on_the_pump_dates_it(stop: OpenStop) -> None:
    returned(replace(PUT_ON, stop=stop), minute(12), minute(12))


DUE_US = round(STEP_US / THERAPY.min_rate_fraction) + MARGIN_US
"""How long a counter may stand before it lags."""


@pytest.mark.parametrize("motion", [Motion.FLOWING, Motion.STANDING])
@pytest.mark.parametrize(
    ("put_on_ul", "counter_ul", "after_us", "expected"),
    [
        (1000, 1000, DUE_US, True),
        (1000, 1000, DUE_US + 1, False),
        (1000, 1100, DUE_US + 1, True),
        (None, 1000, DUE_US + 1, True),
    ],
)
def test_a_counter_that_stood_since_it_was_put_on_says_that_it_did_not_flow_from_there_on(
    put_on_ul: int | None, counter_ul: int, after_us: int, motion: Motion, *, expected: bool
) -> None:
    stop = replace(WAITING, put_on_ul=put_on_ul)
    reading = read(minute(-5), counter_ul, motion, still_us=minute(-9))
    fold = replace(PUT_ON, stop=stop, reading=reading)
    assert _is_back_since_put_on(fold, stop, minute(10) + after_us, THERAPY) is expected


def test_without_a_reading_the_word_of_the_pump_is_enough() -> None:
    stop = replace(WAITING, put_on_ul=1000)
    assert _is_back_since_put_on(replace(PUT_ON, stop=stop), stop, minute(12), THERAPY) is True
