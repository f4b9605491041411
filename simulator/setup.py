"""Describes one simulated pump, its bag and its tubing before the story begins.

Pure. Figures are those of the specification's tables on alarms and on occlusion latency, where they
have one; each can be overridden by a story.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum

from simulator.log_ring import RING_ENTRIES

SERIAL_PATTERN = re.compile(r"[A-Z0-9]{8}")
"""Eight capitals and digits: the only form of serial number that the best described pump accepts."""

RATE_ML_PER_H_MAX = 1000.0
VOLUME_ML_MAX = 10_000.0
STRETCH_S_MAX = 365 * 86_400.0


class StartsAs(StrEnum):
    """What the pump does when the story begins."""

    RUNNING = "running"
    STOPPED = "stopped"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class PumpSetup:
    """Everything about a pump that its story does not change by itself.

    Attributes:
        serial: The serial number, eight capitals or digits.
        rate_ml_per_h: The programmed rate.
        bag_ml: The programmed volume of the container; the pump counts down from it.
        overfill_ml: What the bag really holds beyond that; negative for a short fill.
        infused_ml: What the counter shows when the pump is switched on, ``lead_s`` before the story.
        kvo_rate_ml_per_h: Keep-vein-open rate after the container's end; 0 stops instead.
        reservoir_low_ml: The low warning comes when this much is left by the pump's own reckoning ...
        reservoir_low_s: ... or when this much time is left at the rate, whichever is first.
        battery_life_s: How long a full battery lasts.
        battery_left_s: How long it lasts from the start of the story; a full battery if None.
        battery_low_s: The low warning comes this long before the end.
        battery_dies_s: How long an empty battery still feeds the alarm before everything goes dark.
        occlusion_volume_ml: What the line takes up before the pressure alarm: latency is this over the rate.
        upstream_volume_ml: The same between bag and pump.
        has_upstream_sensor: Without it a blockage before the pump is never noticed.
        has_air_detector: Without it a dry bag is never noticed.
        resumes_by_itself: Delivery goes on when the pressure falls after an occlusion alarm.
        logs_stop_on_alarm: An alarm that stops delivery also writes a stop entry into the log.
        reminder_s: How often a pump that was left stopped reminds.
        drift_ppm: How much too fast its clock goes.
        clock_ahead_s: How far ahead its clock is set at the start.
        firmware_age_s: How long ago its firmware was loaded, by its clock, when the story begins.
        flow_error: By which part it pumps more than it says (0.06: six per cent too much).
        log_first_index: Index of the first log entry; just below the ring's size, the log wraps soon.
        lead_s: How long the pump has been in its first state when the story begins.
        starts: What that first state is.
    """

    serial: str = "SN800009"
    rate_ml_per_h: float = 5.0
    bag_ml: float = 240.0
    overfill_ml: float = 10.0
    infused_ml: float = 0.0
    kvo_rate_ml_per_h: float = 0.0
    reservoir_low_ml: float = 5.0
    reservoir_low_s: float = 1800.0
    battery_life_s: float = 96 * 3600.0
    battery_left_s: float | None = None
    battery_low_s: float = 4 * 3600.0
    battery_dies_s: float = 120.0
    occlusion_volume_ml: float = 1.24
    upstream_volume_ml: float = 0.1
    has_upstream_sensor: bool = True
    has_air_detector: bool = True
    resumes_by_itself: bool = False
    logs_stop_on_alarm: bool = False
    reminder_s: float = 300.0
    drift_ppm: float = 0.0
    clock_ahead_s: float = 0.0
    firmware_age_s: float = 30 * 86_400.0
    flow_error: float = 0.0
    log_first_index: int = 0
    lead_s: float = 600.0
    starts: StartsAs = StartsAs.RUNNING

    def __post_init__(self) -> None:
        """Refuse what no pump can be.

        Raises:
            ValueError: All faults, each beginning with the attribute it is about, one per line.
        """
        if faults := _faults(self):
            raise ValueError("\n".join(faults))


_LIMITS: dict[str, tuple[float, float]] = {
    "rate_ml_per_h": (0.001, RATE_ML_PER_H_MAX),
    "bag_ml": (0.001, VOLUME_ML_MAX),
    "overfill_ml": (-VOLUME_ML_MAX, VOLUME_ML_MAX),
    "infused_ml": (0, VOLUME_ML_MAX),
    "kvo_rate_ml_per_h": (0, RATE_ML_PER_H_MAX),
    "reservoir_low_ml": (0, VOLUME_ML_MAX),
    "reservoir_low_s": (0, STRETCH_S_MAX),
    "battery_life_s": (1, STRETCH_S_MAX),
    "battery_low_s": (0, STRETCH_S_MAX),
    "battery_dies_s": (0, STRETCH_S_MAX),
    "occlusion_volume_ml": (0.001, 100),
    "upstream_volume_ml": (0.001, 100),
    "reminder_s": (1, STRETCH_S_MAX),
    "drift_ppm": (-100_000, 100_000),
    "clock_ahead_s": (-STRETCH_S_MAX, STRETCH_S_MAX),
    "firmware_age_s": (0, 2**28 - 1 - STRETCH_S_MAX),
    "flow_error": (-0.5, 0.5),
    "log_first_index": (0, RING_ENTRIES - 1),
    "lead_s": (0, STRETCH_S_MAX),
}


def _faults(setup: PumpSetup) -> list[str]:
    faults = []
    for name, (least, most) in _LIMITS.items():
        value = getattr(setup, name)
        if not math.isfinite(value) or not least <= value <= most:
            faults.append(f"{name}: {value:g} lies outside {least:g} to {most:g}")
    left_s = setup.battery_left_s
    if left_s is not None and not 0 < left_s <= setup.battery_life_s:
        faults.append(f"battery_left_s: {left_s:g} lies outside the battery's life of {setup.battery_life_s:g} s")
    if setup.infused_ml >= setup.bag_ml:
        faults.append(f"infused_ml: {setup.infused_ml:g} leaves nothing of a container of {setup.bag_ml:g} mL")
    if setup.bag_ml + setup.overfill_ml <= setup.infused_ml:
        faults.append("overfill_ml: the bag would be empty before the story begins")
    if not SERIAL_PATTERN.fullmatch(setup.serial):
        faults.append(f"serial: {setup.serial!r} is not eight capitals or digits")
    return faults
