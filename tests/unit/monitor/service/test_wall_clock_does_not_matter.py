"""Two runs with one boot clock and any two wall clocks give the same states, alerts, and pages at the same times."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odd_computer import DAY_US, HOUR_US, MINUTE_US, NOW_US, SECOND_US, OddComputer, OddHouse

ACTS = st.sampled_from(("delivering", "not-delivering", "kvo", "silent", "process"))
LIVES = st.lists(st.tuples(st.integers(1, 90), ACTS), min_size=1, max_size=8)
STEPS_US = st.sampled_from((0, -SECOND_US, HOUR_US, -HOUR_US, DAY_US, -DAY_US, 3652 * DAY_US, -NOW_US))
WALLS = st.lists(STEPS_US | st.integers(-(10**15), 10**15), min_size=8, max_size=8)


def lived(life: list[tuple[int, str]], steps: list[int]) -> dict[str, Any]:
    """Return all that came of a life on a computer whose wall clock is stepped before each act."""
    with pytest.MonkeyPatch.context() as patch:
        computer = OddComputer(patch)
        house = OddHouse(computer)
        house.live(5 * MINUTE_US)
        for (length_min, act), step_us in zip(life, steps, strict=False):
            computer.wall_us = max(0, computer.wall_us + step_us)
            if act == "process":
                house.stop()
                computer.wait(length_min * MINUTE_US)
                house.start()
            else:
                house.live(length_min * MINUTE_US, None if act == "silent" else act, every_us=5 * MINUTE_US)
        entry = house.engine.book.entries["p1"]
        found = {
            "now": house.clock.now_us(),
            "state": entry.encoded(),
            "shown": house.shown,
            "deadline": entry.deadline_us,
            "told": [
                (notice.created_at_us, notice.rung, notice.contact, notice.text)
                for notice in house.told
                if "wall clock" not in notice.text
            ],
        }
        house.store.close()
    return found


@settings(max_examples=25, deadline=None)
@given(LIVES, WALLS, WALLS)
def test_the_wall_clock_enters_no_decision(life: list[tuple[int, str]], one: list[int], other: list[int]) -> None:
    assert lived(life, one) == lived(life, other)


def test_what_is_compared_is_not_empty() -> None:
    found = lived([(90, "not-delivering"), (90, "process"), (90, "silent")], [HOUR_US, -DAY_US, 0])
    assert found["told"]
    assert found["shown"][0].off_max_us > 4 * HOUR_US
