"""What one therapy and one enrolment lay down, as data.

Durations and instants are integer microseconds, as everywhere in the core. A threshold is compared
with ``>=`` when it is inclusive, else with ``>``.
"""

from __future__ import annotations

import re

import msgspec

from monitor.interruption.events import Order
from monitor.interruption.therapy_rules import (
    Audience,
    BagRate,
    Basis,
    Cumulative,
    HoldRule,
    RestartText,
    Schedule,
)

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US


class Threshold(msgspec.Struct, frozen=True):
    """An off-time at which something about the restart changes.

    Attributes:
        off_time_us: The off-time, in microseconds.
        inclusive: True for "at least", False for "more than".
        action: What it means for people.
        audience: Who is told of the action.
        basis: Who says the figure.
        is_fallback: It holds only while no volume deficit can be computed, because the order names no bag.
    """

    off_time_us: int
    inclusive: bool = True
    action: str = "supervised restart"
    audience: Audience = Audience.CLINICIANS
    basis: Basis = Basis.OURS
    is_fallback: bool = False

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
        thresholds: Restart thresholds, smallest first; see ``thresholds_in_force`` for those that hold.
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
        drugs: Names of the drug in orders, lower case; none is the therapy's own name.
        labelled_rates: At which rates it is given; empty where no source says so.
        bag_hours_max: The longest bag there is of it; None where no source says so.
        volume_deficit_fraction: Off-time x rate beyond this share of a bag's dose is a threshold.
        volume_deficit_action: What that means for people.
        schedule: The part of the day in which it is given; None is all day.
        hold_rules: What is said of holds, by reason and length.
        restart_texts: What the label says of a restart after the threshold.
        do_not: What nobody may do meanwhile, as in "flush"; for hand-over sheets and notices.
        cumulative: A note about several interruptions; None for none.
        counter_step_ml: Step of the volume counter of a pump that does not tell it.
        bag_error_fraction: How wrong what remains in the bag may be, as a share of what was due.
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
    drugs: tuple[str, ...] = ()
    labelled_rates: tuple[BagRate, ...] = ()
    bag_hours_max: float | None = None
    volume_deficit_fraction: float | None = None
    volume_deficit_action: str = "tell the prescriber: the dose is not complete"
    schedule: Schedule | None = None
    hold_rules: tuple[HoldRule, ...] = ()
    restart_texts: tuple[RestartText, ...] = ()
    do_not: tuple[str, ...] = ("restart", "change settings", "flush")
    cumulative: Cumulative | None = None
    counter_step_ml: float = 0.1
    bag_error_fraction: float = 0.06

    @property
    def restart(self) -> Threshold:
        """The threshold that sets the class where no order is known; see ``restart_threshold``."""
        return self.thresholds[0]


class Policy(msgspec.Struct, frozen=True, gc=False):
    """What holds for one enrolled pump.

    Attributes:
        pump: The enrolled pump id.
        therapy: Its therapy's limits.
        serial: The enrolled serial number; None pins the first one that is heard.
        forced_misfit: In what the configured order does not fit the therapy, confirmed by two people.
    """

    pump: str
    therapy: Therapy
    serial: str | None = None
    forced_misfit: str | None = None


def thresholds_in_force(therapy: Therapy, order: Order | None) -> tuple[Threshold, ...]:
    """Return the thresholds that hold under an order, smallest first; never empty.

    A volume deficit is an off-time once the bag is known: the dose is rate x bag time, so a share of
    the dose is missing after the same share of the bag time. Where the bag is not known, the
    therapy's fallback holds in its place; a therapy without one keeps its other thresholds.
    """
    fraction = therapy.volume_deficit_fraction
    bag_hours = None if order is None else order.bag_hours
    if fraction is None or bag_hours is None:
        return therapy.thresholds
    deficit = Threshold(
        int(fraction * bag_hours * HOUR_US),
        inclusive=False,
        action=therapy.volume_deficit_action,
        basis=Basis.PUBLISHED,
    )
    found = [deficit, *(threshold for threshold in therapy.thresholds if not threshold.is_fallback)]
    return tuple(sorted(found, key=Threshold.met_from_us))


def restart_threshold(therapy: Therapy, order: Order | None) -> Threshold:
    """Return the threshold that sets the class of an interruption under an order: the first in force."""
    if therapy.volume_deficit_fraction is None:
        return therapy.thresholds[0]
    return thresholds_in_force(therapy, order)[0]


SILENT_RESTART = "label does not name restart; prescriber decides"
"""Said where the label is silent about a restart."""

SILENT_HOLD = "label silent for this reason; prescriber decides"
"""Said where no source speaks of a hold for a reason."""

_SAYS = {Basis.LABEL: "Label rule", Basis.PUBLISHED: "Published, not the label", Basis.OURS: "Not from a label"}


def restart_text(therapy: Therapy, order: Order | None) -> str:
    """Return what the label says of a restart after the threshold for the order's patient; for clinicians only.

    Never a computed dose. Empty for a therapy whose label has no such rules.
    """
    if not therapy.restart_texts:
        return ""
    indication, age_group, cycle = (None, None, None) if order is None else order.patient_kind
    rows = [row for row in therapy.restart_texts if row.indication == indication and row.age_group == age_group]
    found = [row for row in rows if row.cycles.holds(cycle)] if cycle is not None else rows
    if len(found) == 1:
        (row,) = found
        if row.is_restart_named:
            return f"Label rule for this indication: {row.text}."
        return f"{row.text}; {SILENT_RESTART}."
    given = {"indication": indication, "age group": age_group, "cycle": cycle}
    missing = [name for name, value in given.items() if value is None]
    if missing:
        return f"The label's rule depends on {' and '.join(missing)}, which the order does not say; prescriber decides."
    return "No label rule is known here for this indication; prescriber decides."


def hold_reason(reason: str) -> str:
    """Return the reason of a hold as rules write it: lower-case words with hyphens between."""
    return re.sub(r"[^a-z0-9]+", "-", reason.lower()).strip("-")


def _rules_for(therapy: Therapy, reason: str) -> list[HoldRule]:
    begun = hold_reason(reason) + "-"
    return [rule for rule in therapy.hold_rules if any(begun.startswith(f"{word}-") for word in rule.reasons)]


def hold_text(therapy: Therapy, reason: str, days: float) -> str:
    """Return what the sources say of a hold for a reason that has lasted so many days; for clinicians only."""
    found = [rule for rule in _rules_for(therapy, reason) if rule.holds(days)]
    if not found:
        return f"{SILENT_HOLD[0].upper()}{SILENT_HOLD[1:]}."
    return " ".join(f"{_SAYS[rule.basis]}: {rule.text}." for rule in found)


def hold_days(therapy: Therapy, reason: str) -> tuple[float, ...]:
    """Return the lengths in days beyond which ``hold_text`` says something else, smallest first."""
    rules = _rules_for(therapy, reason)
    return tuple(sorted({days for rule in rules for days in (rule.over_days, rule.up_to_days) if days is not None}))


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
    for entry in therapy.latency[1:]:
        if entry.rate_ml_per_h <= rate_ml_per_h * (1 + 1e-9):
            best = entry
    return best.latency_us
