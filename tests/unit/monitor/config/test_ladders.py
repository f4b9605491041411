"""Every therapy has a ladder as fast as its threshold asks for."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.ladders import built_in_ladder
from monitor.config.therapies import BUILT_IN
from monitor.escalation.rungs import BLINATUMOMAB
from monitor.interruption.policy import MINUTE_US, SECOND_US, Therapy, Threshold


def therapy(threshold_min: int) -> Therapy:
    threshold_us = threshold_min * MINUTE_US
    silence_us = min(15 * MINUTE_US, threshold_us // 4)
    return Therapy(name="own", thresholds=(Threshold(threshold_us),), silence_max_us=silence_us)


def test_at_the_default_pace_it_is_the_ladder_of_the_specification() -> None:
    assert built_in_ladder(BUILT_IN["blinatumomab"].therapy) == BLINATUMOMAB


def minutes_to(name: str) -> list[float]:
    ladder = built_in_ladder(BUILT_IN[name].therapy)
    _, nurse, page, physician, _ = ladder.rungs
    times = [nurse.after_detection_us or 0, page.after_detection_us or 0, *physician.after_off_max_us]
    return [time_us / MINUTE_US for time_us in times]


@pytest.mark.parametrize(
    ("name", "minutes"),
    [
        ("blinatumomab", [10, 30, 90, 180, 210]),
        ("insulin", [15, 60, 77, 102, 111]),
        ("parenteral-nutrition", [5, 15, 27, 47, 53]),
        ("foslevodopa", [5, 15, 27, 47, 53]),
        ("levodopa-gel", [30, 60, 77, 102, 111]),
    ],
)
def test_nurse_page_and_physician_come_as_the_profile_asks(name: str, minutes: list[float]) -> None:
    assert minutes_to(name) == minutes


@given(st.integers(min_value=1, max_value=72 * 60).map(therapy))
def test_every_rung_comes_before_the_threshold_and_after_the_one_below(own: Therapy) -> None:
    ladder = built_in_ladder(own)
    patient, nurse, page, physician, threshold = ladder.rungs
    threshold_us = own.restart.off_time_us
    times_us = [rung.after_detection_us or 0 for rung in (patient, nurse, page)] + list(physician.after_off_max_us)
    assert times_us == sorted(times_us)
    assert times_us[0] > 0
    assert times_us[-1] < threshold_us
    assert nurse.after_silence_us == own.silence_max_us
    assert own.silence_max_us <= (page.after_silence_us or 0) < threshold_us
    assert threshold.at_threshold


@given(st.integers(min_value=1, max_value=72 * 60), st.integers(min_value=1, max_value=72 * 60))
def test_a_tighter_threshold_never_makes_a_rung_wait_longer(one_min: int, other_min: int) -> None:
    tight, loose = (built_in_ladder(therapy(minutes)) for minutes in sorted((one_min, other_min)))
    for first, second in zip(tight.rungs, loose.rungs, strict=True):
        assert (first.after_detection_us or 0) <= (second.after_detection_us or 0)
        assert (first.repeat_us or 0) <= (second.repeat_us or 0)
        assert all(a <= b for a, b in zip(first.after_off_max_us, second.after_off_max_us, strict=True))


def test_every_later_threshold_is_told_once_more() -> None:
    *_, threshold = built_in_ladder(BUILT_IN["foslevodopa"].therapy).rungs
    later_us = 180 * MINUTE_US + 1
    assert threshold.at_threshold
    assert threshold.after_off_max_us == threshold.after_off_max_silence_us == (later_us,)


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_therapy_has_a_ladder_that_ends_before_its_threshold(name: str) -> None:
    therapy = BUILT_IN[name].therapy
    patient, nurse, page, physician, _ = built_in_ladder(therapy).rungs
    threshold_us = therapy.restart.off_time_us
    times_us = [rung.after_detection_us or 0 for rung in (patient, nurse, page)]
    assert times_us == sorted(times_us)
    assert times_us[0] > 0
    assert max(*times_us, *physician.after_off_max_us) < threshold_us


def test_a_profile_with_a_pace_of_its_own_is_hastened_with_its_threshold() -> None:
    insulin = BUILT_IN["insulin"].therapy
    tight = msgspec.structs.replace(insulin, thresholds=(Threshold(60 * MINUTE_US),))
    _, nurse, page, _, _ = built_in_ladder(tight).rungs
    assert (nurse.after_detection_us, page.after_detection_us) == (7 * MINUTE_US + 30 * SECOND_US, 30 * MINUTE_US)
