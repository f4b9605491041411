"""Who speaks, and how many conditions may stand: what a stranger or a babbling pump must not take away."""

from __future__ import annotations

from drivers.contract import DeliveryStatus, StatusObserved
from watched import Watched


def says(pump: Watched, minute: float, delivery: str, serial: str | None) -> None:
    pump.say(minute, StatusObserved(delivery=DeliveryStatus(delivery), serial=serial))


def test_after_a_stranger_nothing_without_a_serial_number_counts_however_often_it_is_said() -> None:
    pump = Watched()
    says(pump, 1, "delivering", "A")
    says(pump, 2, "not-delivering", "A")
    says(pump, 3, "delivering", "B")
    for minute in range(4, 11):
        says(pump, minute, "delivering", None)
    assert pump.only.is_max_running
    assert pump.off() == (0, 9)
    assert [alert.code for alert in pump.state.alerts] == ["pump-changed"]


def test_a_pump_that_lists_many_unknown_alarms_hides_neither_silence_nor_a_known_alarm() -> None:
    pump = Watched()
    pump.runs(0, 5)
    babble = tuple(f"x{number}" for number in range(100))
    pump.say(6, StatusObserved(delivery=DeliveryStatus.DELIVERING, rate_ml_per_h=5.0, alarms=babble))
    pump.alarm(7, "occl-up")
    pump.wait(300)
    assert {"occl-up", "silent"} <= set(pump.raised())
    pump.status(301)
    assert "unsupervised-restart" in pump.raised()
    assert len(pump.state.alerts) < 100
