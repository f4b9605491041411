"""Log, motor and counter weighed against each other: doubt where they disagree, never delivery without the log."""

from __future__ import annotations

import pytest

from drivers.serial_pump.protocols.zyno_flow import PATIENCE_UNKNOWN_S, FlowWatch
from drivers.serial_pump.protocols.zyno_run import Run


def watched(run: Run, polls: list[tuple[float, bool | None, float | None]], rate_ml_per_h: float | None = 5.0) -> str:
    """Return what is reported after polls, each an instant, the motor bit and the counter."""
    watch = FlowWatch()
    for at_s, motor_turns, volume_ml in polls:
        watch.look(run, motor_turns=motor_turns, volume_ml=volume_ml, now_s=at_s)
    return watch.delivery(rate_ml_per_h, 0.01, polls[-1][0]).value


def test_an_open_delivery_is_believed_at_once() -> None:
    assert watched(Run.OPEN, [(0, False, 1.0)]) == "delivering"


def test_a_motor_that_rests_between_strokes_proves_nothing() -> None:
    assert watched(Run.OPEN, [(at_s, False, 1.0) for at_s in range(0, 60, 5)]) == "delivering"


def test_neither_motor_nor_counter_for_three_steps_is_a_reason_for_doubt() -> None:
    assert watched(Run.OPEN, [(at_s, False, 1.0) for at_s in range(0, 70, 5)]) == "transitioning"


def test_a_slow_rate_makes_the_watch_patient() -> None:
    polls: list[tuple[float, bool | None, float | None]] = [(at_s, False, 1.0) for at_s in range(0, 180, 5)]
    assert watched(Run.OPEN, polls, rate_ml_per_h=0.6) == "delivering"
    assert watched(Run.OPEN, [*polls, (190, False, 1.0)], rate_ml_per_h=0.6) == "transitioning"


def test_without_a_rate_the_watch_is_most_patient() -> None:
    assert watched(Run.OPEN, [(0, False, 1.0), (PATIENCE_UNKNOWN_S, False, 1.0)], None) == "delivering"
    assert watched(Run.OPEN, [(0, False, 1.0), (PATIENCE_UNKNOWN_S + 1, False, 1.0)], None) == "transitioning"


@pytest.mark.parametrize("sign", [(65.0, True, 1.0), (65.0, False, 1.01)])
def test_one_sign_of_life_ends_the_doubt(sign: tuple[float, bool, float]) -> None:
    assert watched(Run.OPEN, [(0, False, 1.0), (64, False, 1.0), sign]) == "delivering"


def test_a_pump_that_tells_neither_is_taken_at_its_logs_word() -> None:
    assert watched(Run.OPEN, [(0, None, None), (9999, None, None)]) == "delivering"


def test_nothing_makes_an_unknown_log_delivering() -> None:
    assert watched(Run.UNKNOWN, [(at_s, True, at_s / 10) for at_s in range(100)]) == "transitioning"


def test_a_closed_delivery_is_not_delivering_even_while_the_motor_turns() -> None:
    assert watched(Run.CLOSED, [(at_s, True, 1.0) for at_s in range(100)]) == "not-delivering"


def test_the_rest_of_a_stroke_after_a_stop_is_no_delivery() -> None:
    assert watched(Run.CLOSED, [(0, True, 1.0), (5, False, 1.01), (10, False, 1.01)]) == "not-delivering"


def test_a_counter_that_goes_on_rising_after_a_stop_is_a_reason_for_doubt() -> None:
    rising: list[tuple[float, bool | None, float | None]] = [(0, True, 1.0), (5, True, 1.01), (10, True, 1.02)]
    assert watched(Run.CLOSED, rising) == "transitioning"
    assert watched(Run.CLOSED, [*rising, (100, False, 1.02)]) == "not-delivering"


def test_a_change_of_the_log_starts_the_watch_anew() -> None:
    watch = FlowWatch()
    for at_s in (0, 100):
        watch.look(Run.OPEN, motor_turns=False, volume_ml=1.0, now_s=at_s)
    watch.look(Run.CLOSED, motor_turns=False, volume_ml=1.0, now_s=105)
    watch.look(Run.OPEN, motor_turns=False, volume_ml=1.0, now_s=110)
    assert watch.delivery(5.0, 0.01, 110) == "delivering"
