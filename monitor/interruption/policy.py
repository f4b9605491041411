"""What one therapy and one enrolment lay down, as data.

Durations and instants are integer microseconds, as everywhere in the core. A threshold is compared
with ``>=`` when it is inclusive, else with ``>``.
"""

from __future__ import annotations

import msgspec

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US


class Threshold(msgspec.Struct, frozen=True):
    """An off-time at which something about the restart changes.

    Attributes:
        off_time_us: The off-time, in microseconds.
        inclusive: True for "at least", False for "more than".
        action: What it means for people, as told to clinicians.
    """

    off_time_us: int
    inclusive: bool = True
    action: str = "supervised restart"

    def is_met(self, off_us: int) -> bool:
        """Return whether ``off_us`` has come to this threshold."""
        return off_us >= self.off_time_us if self.inclusive else off_us > self.off_time_us

    def met_from_us(self) -> int:
        """Return the smallest off-time that meets the threshold, in whole microseconds."""
        return self.off_time_us if self.inclusive else self.off_time_us + 1


class Latency(msgspec.Struct, frozen=True):
    """How late, at most, a downstream occlusion is noticed at one rate.

    Source of the built-in values: arithmetic from line compliance, to be replaced by a pump's
    IEC 60601-2-24 test report.
    """

    rate_ml_per_h: float
    latency_us: int


class Therapy(msgspec.Struct, frozen=True):
    """The limits of one therapy.

    Attributes:
        name: The profile's name.
        thresholds: Restart thresholds, smallest first; the first one sets the class.
        silence_max_us: How long flow may go without evidence before it counts as an interruption.
        merge_run_us: Confirmed flow shorter than this joins two stops into one interruption.
        min_rate_fraction: Flow below this share of the ordered rate is doubtful.
        max_rate_fraction: Above this share of the ordered rate the rate does not fit the order.
        kvo_counts: Whether keep-vein-open is therapy.
        maintenance_quiet_us: How long a planned mark keeps the first rung quiet.
        maintenance_max_us: After this long a planned mark has no effect any more.
        latency: Detection latency of a downstream occlusion by rate, smallest rate first.
        completion_us: An empty reservoir this close to the planned end is completion.
        amend_us: How far back late evidence may amend what has ended.
        source: Where the limits come from.
        version: Which edition of the profile.
    """

    name: str
    thresholds: tuple[Threshold, ...]
    silence_max_us: int = 15 * MINUTE_US
    merge_run_us: int = 30 * MINUTE_US
    min_rate_fraction: float = 0.9
    max_rate_fraction: float = 1.1
    kvo_counts: bool = False
    maintenance_quiet_us: int = 20 * MINUTE_US
    maintenance_max_us: int = 30 * MINUTE_US
    latency: tuple[Latency, ...] = ()
    completion_us: int = 30 * MINUTE_US
    amend_us: int = 24 * HOUR_US
    source: str = ""
    version: str = "1"

    @property
    def restart(self) -> Threshold:
        """The threshold that sets the class of an interruption."""
        return self.thresholds[0]


class Policy(msgspec.Struct, frozen=True, gc=False):
    """What holds for one enrolled pump.

    Attributes:
        pump: The enrolled pump id.
        therapy: Its therapy's limits.
        serial: The enrolled serial number; None pins the first one that is heard.
    """

    pump: str
    therapy: Therapy
    serial: str | None = None


def occlusion_latency_us(therapy: Therapy, rate_ml_per_h: float | None) -> int:
    """Return how late a downstream occlusion may be noticed at a rate.

    Between two listed rates the slower one's latency counts, below the slowest it grows in inverse
    proportion, and an unknown rate takes the longest: too long is the safe side.
    """
    if not therapy.latency:
        return 0
    slowest = therapy.latency[0]
    if rate_ml_per_h is None or rate_ml_per_h <= 0:
        return slowest.latency_us
    if rate_ml_per_h < slowest.rate_ml_per_h:
        return int(slowest.latency_us * slowest.rate_ml_per_h / rate_ml_per_h)
    best = slowest
    for entry in therapy.latency:
        if entry.rate_ml_per_h <= rate_ml_per_h * (1 + 1e-9):
            best = entry
    return best.latency_us
