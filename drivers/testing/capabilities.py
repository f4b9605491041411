"""Says what one driver's line can express, so that the kit asks for no more and for no less.

An ability that is missing is declared here, with its reason, by the driver's own test. The kit holds no
list of drivers that are excused by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from drivers.contract import AlarmCode, DeliveryStatus, LogEvent, NotDeliveringReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the line between pump and driver can say; the defaults are all that there is.

    Attributes:
        deliveries: The delivery states that the line tells apart. A driver that cannot tell two of them
            apart reports the one that is worse for the patient, and lists only that one.
        reasons: The reasons for not delivering that the line can say; empty where it says none.
        alarms: The alarms that the line can say, one by one as events or within a status.
            ``unknown-alarm`` stands for a code that the driver has no word for.
        log_events: The entries of the pump's log that the line can say; empty where it keeps none.
        alarm_events: Whether the line carries the start and the end of an alarm.
        status_alarms: Whether a status lists the active alarms.
        status_rate: Whether a status carries the rate.
        status_volume_delivered: Whether a status carries the counter of delivered volume.
        status_volume_remaining: Whether a status carries the volume that is left.
        status_battery: Whether a status carries the battery's charge.
        rate_step_ml_per_h: The coarsest step of the rate on the line; 0 where nothing is rounded.
        volume_step_ml: The coarsest step of the volumes on the line; 0 where nothing is rounded.
        byte_stream: Whether the line is a stream of bytes. A line of whole messages (a broker) cannot
            tear, and those checks are left out.
        detects_corruption: Whether the line's messages carry a check sum.
        fillers: Bytes that the protocol lets stand between messages, and that are therefore no junk.
        sees_cuts: Whether a cut line can be told from a silent one.
        repeats_unsettled: Whether the source says again what was read but never settled, after a
            re-opening.
        queries: Regular expressions over bytes; each frame that the driver may send matches one of them as a
            whole. Empty for a driver that only listens.
        queries_per_minute_max: The poll budget; None for a driver that never asks a pump.
        libraries: Modules that importing the plugin must not import, because they are heavy or open things.
        patience_s: The longest time that a healthy line takes, in seconds: from a pump's word to the
            driver's, from a cut to the error. Only a failing check waits so long.
    """

    deliveries: frozenset[DeliveryStatus] = frozenset(DeliveryStatus)
    reasons: frozenset[NotDeliveringReason] = frozenset(NotDeliveringReason)
    alarms: frozenset[AlarmCode] = frozenset(AlarmCode)
    log_events: frozenset[LogEvent] = frozenset(LogEvent)
    alarm_events: bool = True
    status_alarms: bool = True
    status_rate: bool = True
    status_volume_delivered: bool = True
    status_volume_remaining: bool = True
    status_battery: bool = True
    rate_step_ml_per_h: float = 0.0
    volume_step_ml: float = 0.0
    byte_stream: bool = True
    detects_corruption: bool = True
    fillers: bytes = b""
    sees_cuts: bool = True
    repeats_unsettled: bool = False
    queries: tuple[bytes, ...] = ()
    queries_per_minute_max: int | None = None
    libraries: tuple[str, ...] = ()
    patience_s: float = 10.0

    def __post_init__(self) -> None:
        if not {DeliveryStatus.DELIVERING, DeliveryStatus.NOT_DELIVERING} <= self.deliveries:
            raise ValueError("A line that cannot tell `delivering` from `not-delivering` is of no use to the monitor.")
        if self.queries_per_minute_max is not None and not self.queries:
            raise ValueError("A driver with a poll budget declares its `queries`.")

    def allows(self, frame: bytes) -> bool:
        """Return whether ``frame`` is one of the declared queries."""
        return any(re.fullmatch(query, frame, re.DOTALL) for query in self.queries)
