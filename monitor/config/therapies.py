"""The built-in therapies: those for which a figure was published, each with where it was published.

A figure is what a source says; everything else in a profile is a proposal that a clinic may tighten. A
therapy without a published figure is not here on purpose: half-lives, "a few hours" and recalled numbers
are no thresholds, and a clinic that watches such a therapy has to write its own, with its own source.
"""

from __future__ import annotations

import msgspec

from monitor.interruption.policy import HOUR_US, MINUTE_US, Latency, Therapy, Threshold

DEFAULT = "blinatumomab"
"""The therapy of a pump for which the file names none."""

LINE_LATENCY = (
    Latency(0.6, 124 * MINUTE_US),
    Latency(1.8, 41 * MINUTE_US),
    Latency(2.5, 30 * MINUTE_US),
    Latency(5.0, 15 * MINUTE_US),
    Latency(10.0, 8 * MINUTE_US),
)
"""Arithmetic: 1.24 mL of line compliance at the alarm pressure, over the rate. To be replaced by a pump's
IEC 60601-2-24 test report."""

INSULIN_LATENCY = (Latency(0.01, 150 * MINUTE_US),)
"""A pump's manual: 150 min at 1 U/h (0.01 mL/h of U-100), growing in inverse proportion, 100 h at 0.025 U/h."""


RATES_ML_PER_H: dict[str, tuple[float, ...]] = {"blinatumomab": (0.6, 1.8, 2.5, 3.3, 5.0, 10.0)}
"""Rates at which bags of a therapy are labelled (US and EU texts); an order of another rate is asked about."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A therapy with the pace of its ladder.

    Attributes:
        therapy: The limits.
        nurse_after_us: When the home nurse is told of a stop; None is in proportion to the threshold.
        page_after_us: When the on-call nurse is paged; None likewise.
    """

    therapy: Therapy
    nurse_after_us: int | None = None
    page_after_us: int | None = None


_BLINATUMOMAB = Profile(
    therapy=Therapy(
        name="blinatumomab",
        thresholds=(Threshold(4 * HOUR_US, action="supervised restart"),),
        latency=LINE_LATENCY,
        source="US prescribing information: re-initiation after treatment is interrupted for 4 or more hours",
    )
)

_FOSLEVODOPA = Profile(
    therapy=Therapy(
        name="foslevodopa",
        thresholds=(
            Threshold(1 * HOUR_US, inclusive=False, action="new infusion set and new site"),
            Threshold(3 * HOUR_US, inclusive=False, action="loading dose, or oral immediate-release levodopa"),
        ),
        latency=LINE_LATENCY,
        source="US counselling text of foslevodopa and foscarbidopa: off for more than 1 hour, for more than 3",
    )
)

_INSULIN = Profile(
    therapy=Therapy(
        name="insulin",
        # The earlier end of the published range.
        thresholds=(Threshold(2 * HOUR_US, action="check ketones; replace the set; insulin by pen if needed"),),
        latency=INSULIN_LATENCY,
        source="patient education texts: ketones and ketoacidosis within 2 to 4 hours of interrupted delivery",
    ),
    nurse_after_us=15 * MINUTE_US,
    page_after_us=60 * MINUTE_US,
)

_PARENTERAL_NUTRITION = Profile(
    therapy=Therapy(
        name="parenteral-nutrition",
        thresholds=(Threshold(1 * HOUR_US, action="check glucose; dextrose 10 % at the same rate if it cannot go on"),),
        silence_max_us=5 * MINUTE_US,
        latency=LINE_LATENCY,
        source="pharmacotherapy text: reactive hypoglycaemia generally 15 to 60 min after an abrupt stop",
    ),
    nurse_after_us=5 * MINUTE_US,
    page_after_us=15 * MINUTE_US,
)

_BACLOFEN = Profile(
    therapy=Therapy(
        name="baclofen",
        # Severe withdrawal takes a day or more to develop, and a day or more to treat: any stop is urgent.
        thresholds=(Threshold(1 * HOUR_US, action="emergency: withdrawal can be life-threatening"),),
        latency=LINE_LATENCY,
        source="reviews of intrathecal baclofen: untreated severe withdrawal syndrome over 24 to 72 hours",
    )
)

BUILT_IN: dict[str, Profile] = {
    profile.therapy.name: profile
    for profile in (_BLINATUMOMAB, _FOSLEVODOPA, _INSULIN, _PARENTERAL_NUTRITION, _BACLOFEN)
}
"""By name."""
