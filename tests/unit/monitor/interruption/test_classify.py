"""What one word of the pump says about flow: the kind, and each instant to the microsecond."""

from __future__ import annotations

import pytest

from drivers.contract import (
    AlarmCode,
    AlarmObserved,
    AlarmPhase,
    DeliveryStatus,
    LogCovered,
    LogEvent,
    LogEventObserved,
    StatusObserved,
)
from monitor.interruption.classify import (
    alarm_evidence,
    coverage_evidence,
    found_alarm_evidence,
    is_rate_enough,
    is_rate_fitting,
    log_evidence,
    microlitres,
    status_evidence,
)
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.policy import MINUTE_US, SECOND_US, Latency, Therapy, Threshold

HEARD_US = 1_000_000 * SECOND_US
"""When the pump was heard."""

HALVES = Therapy(
    name="halves",
    thresholds=(Threshold(240 * MINUTE_US),),
    min_rate_fraction=0.5,
    max_rate_fraction=1.5,
    latency=(Latency(1.0, 60 * MINUTE_US), Latency(4.0, 20 * MINUTE_US)),
)
"""Its shares of a rate are exact in binary, so that a limit can be met to the bit."""

KVO_COUNTS = Therapy(name="kvo", thresholds=(Threshold(240 * MINUTE_US),), kvo_counts=True)

AGE_S, AGE_MAX_S = 7.25, 2.5
"""A word that is 7.25 s old, and may be 2.5 s older still."""

NEWEST_US = HEARD_US - 7_250_000
OLDEST_US = NEWEST_US - 2_500_000
UNSURE_US = 2_500_000


@pytest.mark.parametrize(
    ("rate_ml_per_h", "ordered", "fits"),
    [
        (4.0, 8.0, True),
        (3.999, 8.0, False),
        (12.0, 8.0, True),
        (12.001, 8.0, False),
        (0.0, 8.0, False),
        (0.25, 0.5, True),
        (41.0, 0.5, False),
        (None, 8.0, True),
        (41.0, None, True),
        (None, None, True),
        (41.0, 0.0, True),
    ],
)
def test_a_rate_fits_between_the_two_shares_of_the_order_both_included(
    rate_ml_per_h: float | None, ordered: float | None, *, fits: bool
) -> None:
    assert is_rate_fitting(HALVES, rate_ml_per_h, ordered) is fits


@pytest.mark.parametrize(
    ("rate_ml_per_h", "ordered", "is_enough"),
    [
        (4.0, 8.0, True),
        (3.999, 8.0, False),
        (400.0, 8.0, True),
        (0.001, None, True),
        (0.5, None, True),
        (0.0, None, False),
        (None, 8.0, True),
        (None, None, True),
    ],
)
def test_a_rate_is_enough_from_the_least_share_of_the_order_on(
    rate_ml_per_h: float | None, ordered: float | None, *, is_enough: bool
) -> None:
    assert is_rate_enough(HALVES, rate_ml_per_h, ordered) is is_enough


@pytest.mark.parametrize(
    ("volume_ml", "expected_ul"),
    [(None, None), (0.0, 0), (0.001, 1), (5.0, 5000), (0.0004, 0), (0.0006, 1), (12.3456, 12346)],
)
def test_a_volume_is_in_whole_microlitres_to_the_nearest(volume_ml: float | None, expected_ul: int | None) -> None:
    assert microlitres(volume_ml) == expected_ul


def test_flow_is_dated_by_the_oldest_instant_that_fits_and_carries_every_reading() -> None:
    status = StatusObserved(
        delivery=DeliveryStatus.DELIVERING,
        rate_ml_per_h=5.5,
        volume_delivered_ml=12.5,
        volume_resolution_ml=0.01,
        volume_remaining_ml=230.25,
        age_s=AGE_S,
        age_max_s=AGE_MAX_S,
    )
    assert status_evidence(status, HEARD_US, HALVES, 5.0) == Evidence(
        EvidenceKind.FLOW,
        at_us=OLDEST_US,
        to_us=OLDEST_US,
        earliest_us=OLDEST_US,
        counter_ul=12_500,
        step_ul=10,
        rate_ul_per_h=5_500,
        unsure_us=UNSURE_US,
        remaining_ul=230_250,
    )


def test_not_delivering_is_dated_by_the_newest_instant_that_fits_and_tells_no_rate() -> None:
    status = StatusObserved(
        delivery=DeliveryStatus.NOT_DELIVERING,
        rate_ml_per_h=5.5,
        volume_delivered_ml=12.5,
        volume_resolution_ml=0.01,
        volume_remaining_ml=230.25,
        age_s=AGE_S,
        age_max_s=AGE_MAX_S,
    )
    assert status_evidence(status, HEARD_US, HALVES, 5.0) == Evidence(
        EvidenceKind.NO_FLOW,
        at_us=NEWEST_US,
        to_us=NEWEST_US,
        earliest_us=OLDEST_US,
        counter_ul=12_500,
        step_ul=10,
        unsure_us=UNSURE_US,
        remaining_ul=230_250,
    )


def test_a_live_status_without_readings_is_about_the_instant_it_was_heard() -> None:
    status = StatusObserved(delivery=DeliveryStatus.NOT_DELIVERING)
    expected = Evidence(EvidenceKind.NO_FLOW, at_us=HEARD_US, to_us=HEARD_US, earliest_us=HEARD_US)
    assert status_evidence(status, HEARD_US, HALVES, None) == expected


def test_delivering_too_slowly_is_doubt_dated_by_the_newest_instant_and_tells_its_rate() -> None:
    status = StatusObserved(delivery=DeliveryStatus.DELIVERING, rate_ml_per_h=2.0, age_s=AGE_S, age_max_s=AGE_MAX_S)
    assert status_evidence(status, HEARD_US, HALVES, 5.0) == Evidence(
        EvidenceKind.DOUBT, NEWEST_US, NEWEST_US, OLDEST_US, rate_ul_per_h=2_000, unsure_us=UNSURE_US
    )


def test_delivering_without_a_rate_is_taken_to_be_at_the_ordered_one() -> None:
    status = StatusObserved(delivery=DeliveryStatus.DELIVERING)
    found = status_evidence(status, HEARD_US, HALVES, 5.0)
    assert found == Evidence(EvidenceKind.FLOW, HEARD_US, HEARD_US, HEARD_US, rate_ul_per_h=5_000)


def test_delivering_at_a_rate_of_nothing_is_doubt_without_an_order_too() -> None:
    status = StatusObserved(delivery=DeliveryStatus.DELIVERING, rate_ml_per_h=0.0)
    found = status_evidence(status, HEARD_US, HALVES, None)
    assert found == Evidence(EvidenceKind.DOUBT, HEARD_US, HEARD_US, HEARD_US, rate_ul_per_h=0)


def test_kvo_is_doubt_and_tells_no_rate() -> None:
    status = StatusObserved(delivery=DeliveryStatus.KVO, rate_ml_per_h=5.0, age_s=AGE_S, age_max_s=AGE_MAX_S)
    found = status_evidence(status, HEARD_US, HALVES, 5.0)
    assert found == Evidence(EvidenceKind.DOUBT, NEWEST_US, NEWEST_US, OLDEST_US, unsure_us=UNSURE_US)


def test_kvo_is_flow_where_the_therapy_counts_it() -> None:
    status = StatusObserved(delivery=DeliveryStatus.KVO, rate_ml_per_h=0.1, age_s=AGE_S, age_max_s=AGE_MAX_S)
    found = status_evidence(status, HEARD_US, KVO_COUNTS, 5.0)
    assert found == Evidence(EvidenceKind.FLOW, OLDEST_US, OLDEST_US, OLDEST_US, unsure_us=UNSURE_US)


def test_transitioning_says_nothing() -> None:
    assert status_evidence(StatusObserved(delivery=DeliveryStatus.TRANSITIONING), HEARD_US, HALVES, 5.0) is None


def alarm(code: str, phase: AlarmPhase = AlarmPhase.START) -> AlarmObserved:
    return AlarmObserved(code=code, phase=phase, age_s=AGE_S, age_max_s=AGE_MAX_S)


def test_the_end_of_an_alarm_says_nothing_about_flow() -> None:
    assert alarm_evidence(alarm("occl-down", AlarmPhase.END), HEARD_US, HALVES, 4.0) is None


@pytest.mark.parametrize("code", ["air", "occl-up", "set-detached", "res-empty", "stop-user", "fault"])
def test_an_alarm_that_stops_delivery_is_a_stop_without_a_latency(code: str) -> None:
    found = alarm_evidence(alarm(code), HEARD_US, HALVES, 4.0)
    assert found == Evidence(EvidenceKind.STOP, NEWEST_US, NEWEST_US, OLDEST_US, unsure_us=UNSURE_US)


@pytest.mark.parametrize(("rate_ml_per_h", "latency_min"), [(4.0, 20), (1.0, 60), (None, 60)])
def test_a_downstream_occlusion_is_dated_back_by_its_latency_at_that_rate(
    rate_ml_per_h: float | None, latency_min: int
) -> None:
    found = alarm_evidence(alarm("occl-down"), HEARD_US, HALVES, rate_ml_per_h)
    earliest_us = OLDEST_US - latency_min * MINUTE_US
    assert found == Evidence(EvidenceKind.STOP, NEWEST_US, NEWEST_US, earliest_us, unsure_us=UNSURE_US)


def test_a_reminder_says_that_it_stands_and_not_since_when() -> None:
    found = alarm_evidence(alarm("stop-remind"), HEARD_US, HALVES, 4.0)
    assert found == Evidence(EvidenceKind.NO_FLOW, NEWEST_US, NEWEST_US, OLDEST_US, unsure_us=UNSURE_US)


@pytest.mark.parametrize("code", ["flow-low", "unknown-alarm", "never heard of", "kvo"])
def test_an_alarm_that_may_stop_is_doubt(code: str) -> None:
    found = alarm_evidence(alarm(code), HEARD_US, HALVES, 4.0)
    assert found == Evidence(EvidenceKind.DOUBT, NEWEST_US, NEWEST_US, OLDEST_US, unsure_us=UNSURE_US)


def test_the_kvo_alarm_says_nothing_where_the_therapy_counts_kvo() -> None:
    assert alarm_evidence(alarm("kvo"), HEARD_US, KVO_COUNTS, 4.0) is None


def test_another_alarm_that_may_stop_is_doubt_where_the_therapy_counts_kvo_too() -> None:
    found = alarm_evidence(alarm("flow-low"), HEARD_US, KVO_COUNTS, 4.0)
    assert found == Evidence(EvidenceKind.DOUBT, NEWEST_US, NEWEST_US, OLDEST_US, unsure_us=UNSURE_US)


def test_an_alarm_that_stops_nothing_says_nothing_about_flow() -> None:
    assert alarm_evidence(alarm("batt-low"), HEARD_US, HALVES, 4.0) is None


SHOWN = StatusObserved(delivery=DeliveryStatus.NOT_DELIVERING, age_s=AGE_S, age_max_s=AGE_MAX_S)


def test_an_alarm_found_in_a_status_may_have_begun_when_the_pump_was_last_heard_without_it() -> None:
    found = found_alarm_evidence("air", SHOWN, HEARD_US, HEARD_US - MINUTE_US, HALVES, 4.0)
    assert found == Evidence(EvidenceKind.STOP, NEWEST_US, NEWEST_US, HEARD_US - MINUTE_US, unsure_us=UNSURE_US)


def test_an_alarm_found_in_a_status_began_no_later_than_the_status_can_be_about() -> None:
    found = found_alarm_evidence("air", SHOWN, HEARD_US, HEARD_US, HALVES, 4.0)
    assert found == Evidence(EvidenceKind.STOP, NEWEST_US, NEWEST_US, OLDEST_US, unsure_us=UNSURE_US)


def test_an_occlusion_found_in_a_status_is_dated_back_from_the_last_word_without_it() -> None:
    found = found_alarm_evidence(AlarmCode.OCCL_DOWN, SHOWN, HEARD_US, HEARD_US - MINUTE_US, HALVES, 4.0)
    earliest_us = HEARD_US - MINUTE_US - 20 * MINUTE_US
    assert found == Evidence(EvidenceKind.STOP, NEWEST_US, NEWEST_US, earliest_us, unsure_us=UNSURE_US)


def test_an_alarm_found_in_a_status_that_stops_nothing_says_nothing() -> None:
    assert found_alarm_evidence("batt-low", SHOWN, HEARD_US, HEARD_US, HALVES, 4.0) is None


def test_a_log_without_a_hole_covers_its_stretch_back_from_the_newest_instant() -> None:
    found = coverage_evidence(LogCovered(covered_s=100.5, age_s=AGE_S, age_max_s=AGE_MAX_S), HEARD_US)
    assert found == Evidence(EvidenceKind.COVERED, NEWEST_US, NEWEST_US, NEWEST_US - 100_500_000)


def test_a_start_in_the_log_is_dated_by_its_oldest_instant() -> None:
    found = log_evidence(LogEventObserved(event=LogEvent.DELIVERY_START, age_s=AGE_S, age_max_s=AGE_MAX_S), HEARD_US)
    assert found == Evidence(EvidenceKind.RUN, OLDEST_US, OLDEST_US, OLDEST_US, unsure_us=UNSURE_US)


@pytest.mark.parametrize("event", [LogEvent.DELIVERY_STOP, LogEvent.DELIVERY_COMPLETE, LogEvent.POWER_OFF])
def test_a_stop_in_the_log_is_dated_by_its_newest_instant(event: LogEvent) -> None:
    found = log_evidence(LogEventObserved(event=event, age_s=AGE_S, age_max_s=AGE_MAX_S), HEARD_US)
    assert found == Evidence(EvidenceKind.STOP, NEWEST_US, NEWEST_US, OLDEST_US, unsure_us=UNSURE_US)


def test_power_that_comes_on_shows_a_pump_that_stands() -> None:
    found = log_evidence(LogEventObserved(event=LogEvent.POWER_ON, age_s=AGE_S, age_max_s=AGE_MAX_S), HEARD_US)
    assert found == Evidence(EvidenceKind.NO_FLOW, NEWEST_US, NEWEST_US, OLDEST_US, unsure_us=UNSURE_US)
