"""A fault of ours where the clock is looked after is seen, and keeps no pump but its own from its date."""

from __future__ import annotations

from pathlib import Path

import pytest

from breakable_house import fail_for
from monitor.service.skew_gate import WallWatch
from monitor.service.timekeeping import AXIS
from monitor.waking import axis_of
from odd_computer import CONFIG, MINUTE_US, SECOND_US, OddComputer, OddHouse


@pytest.fixture
def computer(monkeypatch: pytest.MonkeyPatch) -> OddComputer:
    return OddComputer(monkeypatch)


@pytest.fixture
def house(computer: OddComputer, tmp_path: Path) -> OddHouse:
    return OddHouse(computer, tmp_path / "pumpwatch.db")


def test_a_fault_at_the_look_at_the_clock_is_counted_and_seen(house: OddHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    processor = house.engine.processor
    with monkeypatch.context() as patch:
        patch.setattr(WallWatch, "step_us", None)
        house.live(MINUTE_US)
    assert processor.tally.faults == {("clock", "TypeError"): 1}
    assert "TypeError at clock" in processor.faults.why(house.clock.now_us())


def test_a_pump_at_which_the_clock_cannot_be_told_keeps_no_other_from_its_date(
    computer: OddComputer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # The one that fails comes first.
    monkeypatch.setattr("odd_computer.CONFIG", '[[pumps]]\nid = "p0"\n' + CONFIG)
    house = OddHouse(computer, tmp_path / "two.db")
    house.live(30 * MINUTE_US)
    right_us = house.computer.wall_us + 50 * MINUTE_US
    house.stop()
    house.computer.reboot(0, wall_us=0)
    house.start()
    house.live(MINUTE_US)
    with monkeypatch.context() as patch:
        fail_for("p0", patch)
        house.computer.wall_us = right_us + MINUTE_US
        house.look()
    assert house.clock.now_us() == right_us + MINUTE_US
    low, high = house.off_us
    assert low == 0
    assert 51 * MINUTE_US - 10 * SECOND_US <= high <= 51 * MINUTE_US
    assert house.engine.processor.tally.faults == {("EventArrived", "ArithmeticError"): 1}
    assert "pump p0" in house.engine.processor.faults.why(house.clock.now_us())
    axis = house.store.meta(AXIS)
    assert axis is not None
    assert axis_of(axis) == house.clock.axis()
    house.stop()
