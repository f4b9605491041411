"""Explains an interruption's numbers: which evidence set each instant of each stop, how they add up, and the class.

Pure. Every number comes with its reason and none with advice. Instants and lengths are said to the second, rounded
so that the least is never too long and the most never too short; the feed has them exactly.
"""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from monitor.escalation.phrases import MOST_UNKNOWN, day, exact_length, exact_time
from monitor.escalation.reasons import Instant, Reason, in_words, reason_of
from monitor.interruption.offtime import Stop
from monitor.interruption.policy import Policy, Threshold
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import OffClass, Phase
from monitor.interruption.why import Why

_WITNESSES = {Reason.COUNTER: "The volume counter", Reason.BAG: "What remains in the bag"}

_PHRASES = {
    Instant.ONSET_EARLIEST: "at {} at the earliest",
    Instant.ONSET_LATEST: "at {} at the latest",
    Instant.RESUME_EARLIEST: "until {} at least",
    Instant.RESUME_LATEST: "until {} at most",
}


class Rule(msgspec.Struct, frozen=True, gc=False):
    """By which figures an interruption was judged; stored with it.

    Attributes:
        threshold_us: The restart threshold's off-time.
        is_inclusive: Whether exactly that off-time meets it.
        merge_run_us: Confirmed flow shorter than this joins two stops.
    """

    threshold_us: int
    is_inclusive: bool
    merge_run_us: int

    @property
    def threshold(self) -> Threshold:
        """The threshold that sets the class."""
        return Threshold(self.threshold_us, self.is_inclusive)


def rule_of(view: InterruptionView, policy: Policy) -> Rule:
    """Return the figures by which a view was judged."""
    threshold = view.threshold or policy.therapy.restart
    return Rule(threshold.off_time_us, threshold.inclusive, policy.therapy.merge_run_us)


def explain(view: InterruptionView, rule: Rule | None, zone: tzinfo) -> list[str]:
    """Return the sentences that explain a view's numbers; wall times are those of ``zone``.

    Without a ``rule``, as of an interruption that an older release stored, class and end are only named.
    """
    least = _least(view.off_min_us)
    most = MOST_UNKNOWN if view.is_unbounded else f"at most {_most(view.off_max_us)}"
    as_of = f"{day(view.at_us, zone)} {exact_time(view.at_us, view.at_us, zone)}"
    said = [f"Interruption {view.id} as of {as_of}: off for at least {least}, {most}, class {view.off_class}."]
    unlisted = view.merged_stops - len(view.stops)
    for number, stop in enumerate(view.stops, unlisted + 1):
        said += _stop(stop, f"Stop {number} of {view.merged_stops}", view, zone)
    said += _sums(view, rule, unlisted)
    if rule is not None:
        said.append(_class(view, rule.threshold))
        said += _growth(view, rule.threshold, zone)
    return said + _life(view, rule, zone)


def _stop(stop: Stop, name: str, view: InterruptionView, zone: tzinfo) -> list[str]:
    reasons = [reason_of(place, stop.whys[place], view.phase) for place in Instant]
    shown = [_said(stop, place, reason, view, zone) for place, reason in zip(Instant, reasons, strict=True)]
    is_unbounded = _is_unbounded(stop, view)
    said = []
    if is_unbounded and stop.whys[0] is Why.MONITOR_DOWN:
        said.append(f"{name}: how early it began is not known (the monitor was down for an unknown time).")
        shown[0] = ""
    again = _again(stop, reasons[Instant.ONSET_LATEST], view, zone)
    if again:
        shown[1] = ""
    began, lasted = (" and ".join(one for one in pair if one) for pair in (shown[:2], shown[2:]))
    said += [f"{name}: it began {began}."] if began else []
    said += [f"{name}: {again}."] if again else []
    said.append(f"{name}: it lasted {lasted}.")
    if is_unbounded:
        return [*said, f"{name}: at least {_least(stop.min_us)}, {_why_least(stop)}.", f"{name}: {MOST_UNKNOWN}."]
    witness = _WITNESSES.get(reasons[Instant.ONSET_LATEST]) if stop.onset_latest_us is None else None
    if witness is not None:
        gap_us = stop.resume_latest_us - stop.onset_earliest_us
        said.append(
            f"{name}: {witness[0].lower()}{witness[1:]} shows that the motor ran for at least "
            f"{_least(gap_us - stop.max_us)} and at most {_most(gap_us - stop.min_us)} of these {_most(gap_us)}, so "
            f"it stood for at least {_least(stop.min_us)} and at most {_most(stop.max_us)}."
        )
    else:
        said.append(f"{name}: at least {_least(stop.min_us)}, {_why_least(stop)}.")
        said.append(f"{name}: at most {_most(stop.max_us)}, {_why_most(stop)}.")
    return said


def _again(stop: Stop, reason: Reason, view: InterruptionView, zone: tzinfo) -> str:
    """Return since when it stands again, where flow was claimed in between; its latest beginning is not kept then."""
    if stop.onset_latest_us is None or not _has_stood_before(stop):
        return ""
    before = "it had stood already when flow was claimed in between, and"
    when = exact_time(stop.onset_latest_us, view.at_us, zone, is_up=True)
    if reason is Reason.STANDING_SEEN:
        return f"{before} was seen standing again at {when}"
    return f"{before} stood again from {when} on ({in_words(Instant.ONSET_LATEST, reason)})"


def _has_stood_before(stop: Stop) -> bool:
    """Return whether it certainly stood longer than since it last began to."""
    if stop.onset_latest_us is None or stop.resume_earliest_us is None:
        return False
    return stop.min_us > max(0, stop.resume_earliest_us - stop.onset_latest_us)


def _is_unbounded(stop: Stop, view: InterruptionView) -> bool:
    """Return whether it is this stop in which the downtime of unknown length lies."""
    if not view.is_unbounded or stop.whys[0] is Why.MONITOR_DOWN:
        return view.is_unbounded
    # One that had lasted long enough already keeps its beginning; no shorter one can be it.
    is_named = any(one.whys[0] is Why.MONITOR_DOWN for one in view.stops)
    return not is_named and stop.max_us == max(one.max_us for one in view.stops)


def _said(stop: Stop, place: Instant, reason: Reason, view: InterruptionView, zone: tzinfo) -> str:
    """Return an instant and what set it, or nothing where there is none."""
    at_us = (stop.onset_earliest_us, stop.onset_latest_us, stop.resume_earliest_us, stop.resume_latest_us)[place]
    if at_us is None:
        return ""
    is_up = place in (Instant.ONSET_LATEST, Instant.RESUME_LATEST)
    shown = exact_time(at_us, view.at_us, zone, is_up=is_up)
    return f"{_PHRASES[place].format(shown)} ({in_words(place, reason)})"


def _why_least(stop: Stop) -> str:
    if stop.onset_latest_us is None or stop.resume_earliest_us is None:
        return "because no moment of it is certain"
    certain_us = max(0, stop.resume_earliest_us - stop.onset_latest_us)
    if _has_stood_before(stop):
        more = _least(stop.min_us - certain_us)
        return f"from when it stood again, with {more} for which it stood before flow was claimed in between"
    if stop.min_us < certain_us:
        ran = _most(certain_us - stop.min_us)
        return f"from its latest beginning on, without {ran} for which counter or bag let the motor have run in between"
    return "from its latest beginning to its earliest end"


def _why_most(stop: Stop) -> str:
    possible_us = stop.resume_latest_us - stop.onset_earliest_us
    if stop.max_us == possible_us:
        return "from its earliest beginning to its latest end"
    if stop.max_us > possible_us:
        return "which is what is certain"
    ran = _least(possible_us - stop.max_us)
    return f"from its earliest beginning to its latest end, without {ran} for which the motor ran by counter or bag"


def _sums(view: InterruptionView, rule: Rule | None, unlisted: int) -> list[str]:
    if view.merged_stops == 0:
        return ["No stop is left of it: later evidence took it back, or counts it with another interruption."]
    if not view.stops:
        return [f"Its stops ({view.merged_stops}) are not kept one by one, only their sums."]
    said = []
    low_us, high_us = sum(stop.min_us for stop in view.stops), most_us(view.stops)
    if unlisted > 0:
        before = f"at least {_least(view.off_min_us - low_us)}"
        before += "" if view.is_unbounded else f", at most {_most(view.off_max_us - high_us)}"
        said.append(f"The first {unlisted} stops are kept only as sums: {before}.")
    if view.merged_stops > 1:
        said.append(f"Its bounds are the sums of the bounds of its {view.merged_stops} stops.")
        if high_us < sum(stop.max_us for stop in view.stops):
            said.append("Of silences between which a person saw it run, only the longest counts into the upper one.")
        if rule is not None:
            run = exact_length(rule.merge_run_us)
            said.append(f"They are one interruption because less than {run} of confirmed flow lay between them.")
    return said


def most_us(stops: tuple[Stop, ...]) -> int:
    """Return what the stops add to the upper bound: of silences between which it was seen running, the longest."""
    total_us, longest_us = 0, 0
    before: Stop | None = None
    for stop in stops:
        is_seen = before is not None and before.is_silence and before.whys[3] is Why.PERSON_SAW_FLOW
        if not (stop.is_silence and is_seen and stop.whys[0] is Why.FLOW_CHECKED):
            total_us, longest_us = total_us + longest_us, 0
        longest_us = max(longest_us, stop.max_us)
        before = stop
    return total_us + longest_us


def _class(view: InterruptionView, threshold: Threshold) -> str:
    least, most = _least(view.off_min_us), _most(view.off_max_us)
    limit = f"the restart threshold of {_named(threshold)}"
    if view.off_class is OffClass.REACHED:
        return f"Class reached: at least {least} meets {limit}."
    if view.is_unbounded:
        return f"Class {view.off_class}: {MOST_UNKNOWN}, so it counts as if it met {limit}."
    if view.off_class is OffClass.BELOW:
        return f"Class below: at most {most} does not meet {limit}."
    if threshold.is_met(view.off_min_us):
        return f"Class possible: at least {least} meets {limit} only as a sum of stops, which is at most possible."
    return f"Class possible: at most {most} meets {limit}, at least {least} does not."


def _named(threshold: Threshold) -> str:
    length = exact_length(threshold.off_time_us)
    return f"{length} (met at exactly that)" if threshold.inclusive else f"{length} (met only by more than that)"


def _growth(view: InterruptionView, threshold: Threshold, zone: tzinfo) -> list[str]:
    """Return when the upper bound meets the threshold, while it grows and is one."""
    if view.is_unbounded:
        return []
    if view.deadline_at_us is not None:
        when = exact_time(view.deadline_at_us, view.at_us, zone)
        left = _least(threshold.met_from_us() - view.off_max_us)
        return [f"The deadline is {when}: if no flow is confirmed, the upper bound meets the threshold in {left}."]
    if view.threshold_met_at_us is not None and view.is_max_running:
        when = exact_time(view.threshold_met_at_us, view.at_us, zone)
        return [f"The upper bound met the threshold at {when}."]
    return []


def _life(view: InterruptionView, rule: Rule | None, zone: tzinfo) -> list[str]:
    said = []
    if view.found_late:
        noticed = exact_time(view.noticed_at_us, view.at_us, zone)
        said.append(f"It was found late, at {noticed}, when flow had returned already.")
    if view.phase is Phase.AWAITING_REVIEW:
        said.append("It waits for a clinician's review, because its class was possible or reached.")
    elif view.phase is Phase.OPEN and not view.is_max_running and view.stops and rule is not None:
        run = exact_length(rule.merge_run_us)
        ends = exact_time(view.stops[-1].resume_latest_us + rule.merge_run_us, view.at_us, zone, is_up=True)
        if view.off_class is OffClass.BELOW:
            said.append(f"Flow is confirmed again; the interruption ends once that has lasted {run}, at {ends}.")
        else:
            review = "it never ends by itself after that class, but waits for a clinician's review"
            said.append(f"Flow is confirmed again; once that has lasted {run}, at {ends}, {review}.")
    elif view.ended_at_us is not None:
        said.append(_end(view, view.ended_at_us, rule, zone))
    return said


def _end(view: InterruptionView, ended_at_us: int, rule: Rule | None, zone: tzinfo) -> str:
    when = exact_time(ended_at_us, view.at_us, zone, is_up=True)
    if view.phase is Phase.CLOSED:
        return f"A clinician closed it at {when}."
    if not view.stops or rule is None:
        return f"It ended at {when}."
    flowed_us = ended_at_us - view.stops[-1].resume_latest_us
    if flowed_us < rule.merge_run_us:
        return f"It ended at {when}, where therapy was to end or to pause by plan."
    return f"It ended at {when}: flow had then been confirmed for {exact_length(flowed_us)}."


def _least(span_us: int) -> str:
    return exact_length(span_us)


def _most(span_us: int) -> str:
    return exact_length(span_us, is_up=True)
