"""The rules of a therapy beside its thresholds, as data: who says them, to whom they apply, in which words.

Every text is quoted from its source or silent: nothing here is computed from a patient's figures, and
nothing names a dose that its source does not name.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Basis(StrEnum):
    """Who says a figure. Only what a label says is told to people as a label's rule."""

    LABEL = "label"
    PUBLISHED = "published"
    OURS = "ours"


class Audience(StrEnum):
    """Who is told what a threshold means; each includes the ones before it."""

    PHYSICIANS = "physicians"
    CLINICIANS = "clinicians"
    EVERYONE = "everyone"


class AgeGroup(StrEnum):
    """Whose dosing table holds; the prescriber says which, no age is computed."""

    ADULT = "adult"
    CHILD = "child"


class Cycles(StrEnum):
    """The cycles for which a restart text holds."""

    ANY = "any"
    FIRST = "first"
    LATER = "later"

    def holds(self, cycle: int) -> bool:
        """Return whether a cycle, counted from 1, is one of these."""
        return self is Cycles.ANY or (cycle == 1) is (self is Cycles.FIRST)


class BagRate(msgspec.Struct, frozen=True, gc=False):
    """A rate at which the therapy is given.

    Attributes:
        rate_ml_per_h: The rate.
        bag_hours: The longest bag that is labelled for it; None where the source ties no bag to it.
    """

    rate_ml_per_h: float
    bag_hours: float | None = None


class Schedule(msgspec.Struct, frozen=True, gc=False):
    """The part of every day in which the therapy is given; outside it a stop is planned.

    Attributes:
        starts_min: First minute of the day by the local wall clock, 0 to 1439.
        ends_min: First minute after it, 0 to 1439; before ``starts_min`` it is on the next day.
        zone: IANA name of the zone of that wall clock.
    """

    starts_min: int
    ends_min: int
    zone: str

    @property
    def on_min(self) -> int:
        """How long the therapy is given on a day of 24 hours, in minutes."""
        return (self.ends_min - self.starts_min) % 1440 or 1440


class HoldRule(msgspec.Struct, frozen=True, kw_only=True):
    """What a source says of a hold of some length for some reasons.

    Attributes:
        reasons: Words with which the reason begins, as ``hold_reason`` writes them.
        over_days: It holds for holds longer than this; None from the beginning.
        up_to_days: And up to this length, included; None without end.
        text: What is said, without a dose.
        basis: Who says it.
    """

    reasons: tuple[str, ...]
    text: str
    over_days: float | None = None
    up_to_days: float | None = None
    basis: Basis = Basis.LABEL

    def holds(self, days: float) -> bool:
        """Return whether a hold of this many days is one that the rule speaks of."""
        is_long = self.over_days is None or days > self.over_days
        return is_long and (self.up_to_days is None or days <= self.up_to_days)


class RestartText(msgspec.Struct, frozen=True, kw_only=True):
    """What the label says of a restart after the threshold, for one kind of patient.

    Attributes:
        indication: As the order writes it.
        age_group: Adult or child.
        cycles: For which cycles.
        text: The label's words; without ``is_restart_named`` what it does name instead.
        is_restart_named: Whether the label names the restart itself. Where it does not, the prescriber decides.
    """

    indication: str
    age_group: AgeGroup
    cycles: Cycles
    text: str
    is_restart_named: bool


class Cumulative(msgspec.Struct, frozen=True, gc=False):
    """A note about several interruptions that are each below the threshold; never more than advice.

    Attributes:
        window_us: Off-times that lie within this stretch are added up.
        advisory_us: The sum from which people are told; None is the restart threshold's off-time.
    """

    window_us: int
    advisory_us: int | None = None
