"""What ladder, notices and feed are shown of one interruption, as it stands at one instant."""

from __future__ import annotations

import msgspec

from monitor.interruption.offtime import Stop
from monitor.interruption.policy import Threshold
from monitor.interruption.state import Mark, OffClass, Phase


class InterruptionView(msgspec.Struct, frozen=True, kw_only=True):
    """One interruption as it stands at one instant: what ladder, notices and feed show.

    Attributes:
        id: ``PUMP-NUMBER``.
        at_us: The instant this is about.
        off_min_us, off_max_us: Bounds of the off-time at ``at_us``.
        off_class: The class at ``at_us``.
        is_max_running: True while ``off_max`` grows with time (no confirmed flow).
        deadline_at_us: When ``off_max`` meets the restart threshold if no flow is confirmed before; None
            once it has met it, or while flow is confirmed.
        threshold_met_at_us: When ``off_max`` met the threshold; None if it has not.
        silent_since_us: Last flow evidence, if what is known now is silence only; else None.
        last_contact_at_us: When the pump was last heard.
        alarm_codes: The pump's active alarm codes, ours and raw, for people.
        merged_stops: How many stops.
        mark, is_held: A planned mark or a clinician's hold in force.
        thresholds_met: The thresholds in force that ``off_max`` has met, smallest first.
        restart_text: What the label says of the restart once the first is met; for physicians only.
        stops: The stops one by one with their four instants, oldest first, an open one last.
        threshold: The restart threshold that sets the class.
        is_unbounded: True while a downtime of unknown length lies in it: ``off_max`` is no upper bound then, only
            long enough for the class; nor are the instants that follow from it.
    """

    id: str
    pump: str
    number: int
    at_us: int
    opened_at_us: int
    noticed_at_us: int
    detected_at_us: int | None
    high_priority_at_us: int | None
    phase: Phase
    ended_at_us: int | None
    off_min_us: int
    off_max_us: int
    off_class: OffClass
    is_max_running: bool
    deadline_at_us: int | None
    threshold_met_at_us: int | None
    silent_since_us: int | None
    last_contact_at_us: int | None
    alarm_codes: tuple[str, ...]
    merged_stops: int
    found_late: bool
    mark: Mark | None
    is_held: bool
    thresholds_met: tuple[Threshold, ...] = ()
    restart_text: str = ""
    stops: tuple[Stop, ...] = ()
    threshold: Threshold | None = None
    is_unbounded: bool = False
