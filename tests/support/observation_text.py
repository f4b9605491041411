"""Says an observation in format version 1, field by field as the format's description has it.

Written apart from ``drivers.observation_json``, so that a test cannot agree with the decoder by accident.
"""

from __future__ import annotations

import json
from typing import Any

from drivers.contract import AlarmObserved, LogEventObserved, Observation, StatusObserved

STATUS_FIELDS = ("rate_ml_per_h", "volume_delivered_ml", "volume_remaining_ml", "battery_percent")


def as_text(observation: Observation) -> bytes:
    """Return one JSON object without a line end."""
    match observation:
        case StatusObserved():
            said: dict[str, Any] = {"kind": "status", "delivery": observation.delivery.value}
            if observation.reason is not None:
                said["reason"] = observation.reason.value
            for field in STATUS_FIELDS:
                if getattr(observation, field) is not None:
                    said[field] = getattr(observation, field)
            if observation.alarms is not None:
                said["alarms"] = list(observation.alarms)
        case AlarmObserved():
            # A pump that has no word of ours says its own.
            code = observation.raw_code if observation.code == "unknown-alarm" else observation.code
            said = {"kind": "alarm", "code": code, "phase": observation.phase.value}
        case LogEventObserved():
            said = {"kind": "event", "event": observation.event.value, "age_s": observation.age_s}
        case _:
            raise AssertionError(f"format version 1 has no {observation}")
    return json.dumps({"v": 1, **said}).encode()
