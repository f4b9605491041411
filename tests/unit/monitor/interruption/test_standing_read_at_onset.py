"""A pump that was read standing in the very instant its stop began, and ran unseen before the next look."""

from __future__ import annotations

import pytest

from clock_parts import STEP_US, THERAPY, minute, read, told
from monitor.interruption.evidence import EvidenceKind
from monitor.interruption.lookahead import NOTHING_AHEAD
from monitor.interruption.offtime import Fold, OpenStop
from monitor.interruption.reading import Motion
from monitor.interruption.standing import no_flow


@pytest.mark.parametrize("certain_sum_us", [0, minute(5) - minute(0)])
def test_what_the_motor_ran_since_is_inside_the_stop_whatever_was_certain_before(certain_sum_us: int) -> None:
    stop = OpenStop(minute(10), onset_latest_us=minute(10), certain_to_us=minute(10), certain_sum_us=certain_sum_us)
    fold = Fold(
        flow_from_us=minute(0), last_flow_us=minute(10), stop=stop, reading=read(minute(10), motion=Motion.STANDING)
    )
    looked = told(EvidenceKind.NO_FLOW, minute(40), counter_ul=2000)
    found = no_flow(fold, looked, THERAPY, NOTHING_AHEAD).stop
    assert found is not None
    ran_us = minute(12) - minute(0)
    assert (found.ran_least_us, found.ran_most_us) == (ran_us - STEP_US, ran_us + STEP_US)
    assert (found.onset_latest_us, found.certain_to_us) == (minute(10), minute(40))
