"""The short road is the long road where a reading comes after a status that had none."""

from __future__ import annotations

import pytest

from monitor.interruption.events import HoldChanged, Reported
from watched import Watched, minutes


def told(*, is_long: bool, later_min: float) -> Watched:
    """A status without a counter, then one with it; a hold keeps off the short road."""
    pump = Watched()
    for minute in range(10):
        pump.status(minute, counter=5 + minute * 5 / 60)
    pump.take(Reported(at_us=minutes(10), running=True, by="nurse"))
    if is_long:
        pump.take(HoldChanged(at_us=minutes(10), started=True, reason="scan", by="doctor"))
    pump.status(11)
    pump.status(11 + later_min, counter=5 + 11 * 5 / 60)
    return pump


@pytest.mark.parametrize("later_min", [0, 1])
def test_a_reading_after_a_status_without_one_is_kept_as_news_on_both_roads(later_min: float) -> None:
    short, long = (told(is_long=is_long, later_min=later_min).state for is_long in (False, True))
    assert short.evidence == long.evidence
    assert short.tail_samples == long.tail_samples
    assert short.fold == long.fold
