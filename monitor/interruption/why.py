"""Why an instant of a stop is what it is: which evidence set it."""

from __future__ import annotations

from enum import IntEnum


class Why(IntEnum):
    """Which evidence set an instant of a stop."""

    UNKNOWN = 0
    FLOW_SEEN = 1
    STOP_SAID = 2
    LATENCY = 3
    FLOW_CHECKED = 4
    STANDING_SEEN = 5
    RUN_SAID = 6
    FLOW_CONFIRMED = 7
    PERSON_SAID = 8
    PERSON_SAW_FLOW = 9
    COUNTER = 10
    BAG = 11
    COUNTER_STOOD = 12
    MONITOR_DOWN = 13
    PLAN = 14
    COUNTER_SLOW = 15
