"""Gives every therapy the built-in ladder, climbed at the pace that the therapy's restart threshold asks for."""

from __future__ import annotations

import msgspec

from monitor.config.therapies import BUILT_IN
from monitor.escalation.rungs import BLINATUMOMAB, Ladder, Rung, Unacknowledged
from monitor.interruption.policy import MINUTE_US, SECOND_US, Therapy

NURSE_AFTER_US = 10 * MINUTE_US
PAGE_AFTER_US = 30 * MINUTE_US

_replace = msgspec.structs.replace


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How fast a therapy's ladder is climbed.

    Attributes:
        nurse_us: After this long a home nurse is told of a stop.
        page_us: After this long an on-call nurse is paged.
        threshold_us: The restart threshold.
        silence_us: After this long without evidence there is silence.
    """

    nurse_us: int
    page_us: int
    threshold_us: int
    silence_us: int

    @property
    def not_before_us(self) -> int:
        """How soon, at the earliest, a physician is told of a stop that was found late."""
        return self.nurse_us

    @property
    def acknowledgement_us(self) -> int:
        """How long an acknowledgement pauses a rung's repeats."""
        return max(MINUTE_US, min(20 * MINUTE_US, 2 * self.nurse_us))


def pace_of(therapy: Therapy) -> Pace:
    """Return the pace of a therapy's ladder: its profile's, the faster the tighter its threshold.

    Without a profile's own pace a nurse is told after a twelfth of the threshold and another one is paged
    after a quarter, and never later than for the default therapy.
    """
    threshold_us = therapy.restart.off_time_us
    nurse_us, page_us = min(NURSE_AFTER_US, threshold_us // 12), min(PAGE_AFTER_US, threshold_us // 4)
    profile = BUILT_IN.get(therapy.name)
    if profile is not None and profile.nurse_after_us is not None and profile.page_after_us is not None:
        whole_us = profile.therapy.restart.off_time_us
        nurse_us = profile.nurse_after_us * threshold_us // whole_us
        page_us = profile.page_after_us * threshold_us // whole_us
    return Pace(nurse_us=nurse_us, page_us=page_us, threshold_us=threshold_us, silence_us=therapy.silence_max_us)


def built_in_ladder(therapy: Therapy) -> Ladder:
    """Return the built-in ladder at the pace of ``therapy``: the same people, at the same parts of the way."""
    pace = pace_of(therapy)
    rungs = tuple(with_later_thresholds(_at_pace(rung, pace), therapy) for rung in BLINATUMOMAB.rungs)
    return _replace(BLINATUMOMAB, name=therapy.name, rungs=rungs, acknowledgement_us=pace.acknowledgement_us)


def with_later_thresholds(rung: Rung, therapy: Therapy) -> Rung:
    """Return a rung that is told at the first threshold told again at each later one, of silence as well."""
    later_us = tuple(threshold.met_from_us() for threshold in therapy.thresholds[1:])
    if not rung.at_threshold or not later_us:
        return rung
    return _replace(
        rung,
        after_off_max_us=tuple(sorted({*rung.after_off_max_us, *later_us})),
        after_off_max_silence_us=tuple(sorted({*rung.after_off_max_silence_us, *later_us})),
    )


def _at_pace(rung: Rung, pace: Pace) -> Rung:
    repeat_us = None if rung.repeat_us is None else max(MINUTE_US, min(rung.repeat_us, pace.nurse_us // 2))
    match rung.rung:
        case "patient":
            return _replace(rung, after_detection_us=_whole(pace.nurse_us // 5))
        case "home-nurse":
            return _replace(
                rung,
                after_detection_us=_whole(pace.nurse_us),
                high_priority_after_us=_whole(pace.nurse_us // 2),
                after_silence_us=pace.silence_us,
            )
        case "on-call-nurse":
            return _replace(
                rung,
                after_detection_us=_whole(pace.page_us),
                after_silence_us=_whole(min(2 * pace.page_us, (pace.page_us + pace.threshold_us) // 2)),
                after_unacknowledged=Unacknowledged("home-nurse", _whole(pace.page_us // 2)),
                repeat_us=repeat_us,
            )
        case "on-call-physician":
            return _replace(
                rung,
                after_off_max_us=tuple(_between(pace, sevenths) for sevenths in (2, 5, 6)),
                after_off_max_silence_us=tuple(_between(pace, sevenths) for sevenths in (5, 6)),
                not_before_us=_whole(pace.not_before_us),
            )
        case _:
            return _replace(rung, repeat_us=repeat_us)


def _between(pace: Pace, sevenths: int) -> int:
    """Return an off-time on the way from the page to the threshold; the default's 90, 180 and 210 min of 240."""
    return _whole(pace.page_us + (pace.threshold_us - pace.page_us) * sevenths // 7)


def _whole(stretch_us: int) -> int:
    """Return a stretch in whole minutes where it is long, else in whole seconds, rounded down."""
    unit_us = MINUTE_US if stretch_us >= 10 * MINUTE_US else SECOND_US
    return max(SECOND_US, stretch_us // unit_us * unit_us)
