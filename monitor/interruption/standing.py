"""What evidence against flow does to the clock: when the stop began, and how long it has surely lasted."""

from __future__ import annotations

import msgspec

from monitor.interruption.evidence import DATED_STOPS, Evidence, EvidenceKind
from monitor.interruption.lookahead import Ahead, is_blind
from monitor.interruption.off_patient import is_off, is_off_between, is_put_on, is_taken_off, was_off
from monitor.interruption.offtime import Fold, OpenStop, certain_us, finished, ran_inside, why_flowed
from monitor.interruption.policy import Therapy
from monitor.interruption.reading import Motion, Ran, Reading, is_due, ran
from monitor.interruption.resuming import resumed
from monitor.interruption.why import Why

replace = msgspec.structs.replace


def reach_back(fold: Fold, evidence: Evidence) -> int:
    """Return the oldest instant that fits a stop, capped by a person's flow check."""
    if fold.checked_us is not None and fold.checked_us <= evidence.at_us:
        return max(evidence.earliest_us, fold.checked_us)
    return evidence.earliest_us


def no_flow(fold: Fold, evidence: Evidence, therapy: Therapy, ahead: Ahead) -> Fold:
    """Return the clock after evidence that nothing flows."""
    reading, stop = fold.reading, fold.stop
    found = ran(reading, evidence, therapy) if evidence.kind is EvidenceKind.NO_FLOW else None
    if reading is not None and is_off_between(fold.off_patient, reading.at_us, evidence.at_us):
        # Whatever the motor moved, it did not reach the patient.
        found = None
    was_claimed = stop is not None and stop.is_flow_claimed
    if stop is None:
        stop = _begun(fold, evidence, therapy, ahead)
    elif evidence.kind in DATED_STOPS:
        stop = _dated(fold, stop, evidence)
    stop = _certain(fold, stop, evidence)
    if evidence.kind is EvidenceKind.PERSON_STOP and not was_claimed:
        stop = _said_since(fold, stop, evidence, therapy)
    if found is not None and reading is not None:
        is_closed = is_blind(fold, reading, evidence, ahead) or not is_unparted(fold, reading)
        if reading.motion is Motion.FLOWING or reading.at_us < stop.onset_earliest_us:
            stop = _narrowed_onset(stop, reading.at_us, found, is_closed=is_closed or stop.is_doubted)
        elif found.at_least_us > 0:
            # It ran between two looks at a pump that stood.
            is_closed = is_closed or stop.is_slowed
            stop = ran_inside(stop, 0 if is_closed else found.at_least_us, found.at_most_us)
    if _is_mark(fold, evidence):
        return _marked(fold, stop, evidence, was_claimed=was_claimed)
    stop = replace(stop, is_denied=True, put_on_at_us=None)
    if evidence.kind in DATED_STOPS and evidence.earliest_us < evidence.at_us:
        return replace(fold, stop=stop, blind_to_us=max(fold.blind_to_us, evidence.at_us))
    return replace(fold, stop=stop)


def _marked(fold: Fold, stop: OpenStop, evidence: Evidence, *, was_claimed: bool) -> Fold:
    """Return the clock after a mark that the line came off or was put on again; no witness looks past it.

    From the reconnect on it may flow, where the pump did not say that it stands: what follows is not certain.
    """
    at_us = evidence.at_us
    is_on = is_put_on(fold.off_patient, at_us)
    put_on_at_us = None if stop.is_denied or not is_on else at_us
    put_on_ul = None if fold.reading is None else fold.reading.counter_ul
    # What was doubtful, or claimed and not borne out, before the mark is so after it.
    is_flow_claimed = was_claimed or put_on_at_us is not None
    stop = replace(stop, is_flow_claimed=is_flow_claimed, put_on_at_us=put_on_at_us, put_on_ul=put_on_ul)
    return replace(fold, stop=stop, blind_to_us=max(fold.blind_to_us, at_us))


def _is_mark(fold: Fold, evidence: Evidence) -> bool:
    """Return whether it is a person's mark that the line came off, or was put on again, at this instant."""
    if evidence.kind is not EvidenceKind.PERSON_STOP or evidence.earliest_us != evidence.at_us:
        return False
    return is_taken_off(fold.off_patient, evidence.at_us) or is_put_on(fold.off_patient, evidence.at_us)


def is_unparted(fold: Fold, reading: Reading) -> bool:
    """Return whether no stop was ended since the counter was read: only then has the gap a single answer."""
    return fold.flow_from_us is None or fold.flow_from_us <= reading.at_us


def _narrowed_onset(stop: OpenStop, read_us: int, found: Ran, *, is_closed: bool) -> OpenStop:
    """Take off what the motor ran since it was last read flowing; never inside a latency window.

    When in the gap it ran is not known, so the oldest onset that fits stays where it was.
    """
    before_us = stop.onset_latest_us
    if before_us is None or read_us > stop.onset_earliest_us:
        return stop
    if stop.certain_sum_us:
        return _ran_hidden(stop, read_us, found)
    if found.at_least_us > before_us - read_us:
        # It ran on after it had been said to have stopped.
        stop = replace(stop, ran_most_us=found.at_most_us)
    if is_closed:
        # Over a closed line the motor only says how long it did not stand.
        return stop
    # It may have stood before flow was last claimed: that it ran all of that time is more than the witness says.
    latest_us = stop.onset_earliest_us + found.at_most_us
    if latest_us < before_us:
        why = Why.COUNTER if found.by_counter else Why.BAG
        stop = replace(stop, onset_latest_us=latest_us, latest_why=why)
    return replace(stop, ran_least_us=max(0, found.at_least_us - (stop.onset_earliest_us - read_us)))


def _ran_hidden(stop: OpenStop, read_us: int, found: Ran) -> OpenStop:
    """Return a stop with earlier certain stretches less certain, where the motor ran for longer than they leave."""
    # A run of reports stands on after its first one, up to which the motor was asked about.
    since_us = max(0, (stop.certain_to_us or 0) - read_us - found.span_us)
    certain = certain_us(stop) - since_us
    if found.at_least_us + certain <= found.span_us:
        return stop
    stood_us = min(certain, found.span_us - found.at_most_us)
    return replace(stop, ran_most_us=stop.ran_most_us + certain - stood_us)


def _begun(fold: Fold, evidence: Evidence, therapy: Therapy, ahead: Ahead) -> OpenStop:
    """Return the stop that begins with the later of the last flow and the pump's stop time less its latency."""
    last_us = evidence.at_us if fold.last_flow_us is None else min(fold.last_flow_us, evidence.at_us)
    is_seen = evidence.kind is EvidenceKind.NO_FLOW or is_put_on(fold.off_patient, evidence.at_us)
    if is_seen:
        # Put on again, it was off until then; since when, nobody said.
        return OpenStop(last_us, earliest_why=why_flowed(fold, last_us))
    reach_us, why = _reach(fold, evidence)
    is_covered = ahead.is_bridged(last_us, evidence.at_us)
    if evidence.at_us - last_us > therapy.silence_max_us and not is_covered and last_us < reach_us:
        # Silence came first; that the pump said when it stopped does not tell that it ran until then.
        return OpenStop(last_us, earliest_why=why_flowed(fold, last_us))
    return OpenStop(reach_us, earliest_why=why)


def _reach(fold: Fold, evidence: Evidence) -> tuple[int, Why]:
    """Return the oldest instant that fits a stop, and what set it."""
    flow_from_us = 0 if fold.flow_from_us is None else min(fold.flow_from_us, evidence.at_us)
    reach_us = max(reach_back(fold, evidence), flow_from_us)
    if reach_us > evidence.earliest_us:
        return reach_us, Why.FLOW_CHECKED if reach_us == fold.checked_us else Why.FLOW_CONFIRMED
    if evidence.kind is EvidenceKind.PERSON_STOP:
        return reach_us, Why.PERSON_SAID
    return reach_us, Why.STOP_SAID if evidence.earliest_us == evidence.at_us else Why.LATENCY


def _dated(fold: Fold, stop: OpenStop, evidence: Evidence) -> OpenStop:
    reach_us, why = _reach(fold, evidence)
    return replace(stop, onset_earliest_us=reach_us, earliest_why=why) if reach_us <= stop.onset_earliest_us else stop


def _said_since(fold: Fold, stop: OpenStop, evidence: Evidence, therapy: Therapy) -> OpenStop:
    """Date a stop that was seen standing by a person's "since", as if that had been said first."""
    since_us = max(evidence.earliest_us, fold.last_flow_us or evidence.earliest_us)
    if stop.onset_latest_us is None or stop.certain_sum_us or since_us >= stop.onset_latest_us:
        return stop
    if since_us < stop.onset_earliest_us:
        return stop
    stop = replace(stop, onset_latest_us=since_us, latest_why=Why.PERSON_SAID)
    if since_us - (fold.last_flow_us or since_us) > therapy.silence_max_us:
        return stop
    return replace(stop, onset_earliest_us=since_us, earliest_why=Why.PERSON_SAID)


def _certain(fold: Fold, stop: OpenStop, evidence: Evidence) -> OpenStop:
    """Return the stop with what it certainly has lasted."""
    is_void = was_off(fold.off_patient, evidence.at_us)
    if stop.is_flow_claimed and stop.onset_latest_us is not None and not is_void:
        # Flow was claimed in between: whether it flowed is not known, so a new certain stretch begins.
        certain = certain_us(stop) + stop.ran_most_us
        stop = replace(stop, certain_sum_us=certain, onset_latest_us=None, certain_to_us=None)
    if stop.onset_latest_us is None:
        # A person's "since" is certain only as far as the pump had not claimed flow after it.
        # Without a counter to wait for, the pump has claimed nothing since the line was put on.
        is_believed = not stop.is_flow_claimed or (stop.put_on_at_us is not None and stop.put_on_ul is None)
        since_us = max(evidence.earliest_us, fold.last_flow_us or evidence.at_us, stop.put_on_at_us or 0)
        onset_us = since_us if is_believed and evidence.kind is EvidenceKind.PERSON_STOP else evidence.at_us
        why = {EvidenceKind.PERSON_STOP: Why.PERSON_SAID, EvidenceKind.STOP: Why.STOP_SAID}
        onset_us = max(onset_us, stop.onset_earliest_us)
        stop = replace(stop, onset_latest_us=onset_us, latest_why=why.get(evidence.kind, Why.STANDING_SEEN))
    stood_us = max(evidence.stood_until_us, stop.onset_latest_us or 0)
    certain_to_us, why_certain = stop.certain_to_us, stop.certain_why
    if certain_to_us is None or stood_us > certain_to_us:
        certain_to_us = stood_us
        why_certain = Why.PERSON_SAID if evidence.kind is EvidenceKind.PERSON_STOP else Why.STANDING_SEEN
    return replace(
        stop,
        certain_to_us=certain_to_us,
        certain_why=why_certain,
        run_us=None,
        is_flow_claimed=False,
        is_counter_still=False,
        is_silence=False,
    )


def doubt(fold: Fold, evidence: Evidence, therapy: Therapy, ahead: Ahead) -> Fold:
    """Return the clock after doubtful flow: it counts into the upper bound and not into the lower one."""
    stop = fold.stop
    if stop is not None and is_off(fold.off_patient, evidence.at_us):
        return replace(fold, stop=replace(stop, is_flow_claimed=True, is_denied=True, put_on_at_us=None))
    if stop is not None and evidence.kind is EvidenceKind.FLOW_DOUBTED:
        fold = _flowed_until_window(fold, stop, evidence, therapy, ahead)
        stop = fold.stop
    if stop is None:
        last_us = evidence.at_us if fold.last_flow_us is None else min(fold.last_flow_us, evidence.at_us)
        window_us = None if evidence.kind is EvidenceKind.DOUBT else ahead.window_from_us(evidence.at_us)
        if is_due(fold.reading, evidence.counter_ul, evidence.at_us, therapy.min_rate_fraction, evidence.rate_ul_per_h):
            # The counter lags already: it may have stood before the window.
            window_us = None
        if window_us is None or window_us <= last_us or evidence.at_us - last_us > therapy.silence_max_us:
            why = why_flowed(fold, last_us)
            return replace(fold, stop=_doubted(last_us, why, evidence))
        # Taken back by a later stop: it flowed until that stop's window begins.
        return replace(fold, stop=_doubted(window_us, Why.LATENCY, evidence))
    run_us = stop.run_us
    if evidence.kind is EvidenceKind.RUN_DOUBTED and run_us is None and not stop.is_flow_claimed:
        run_us = evidence.at_us
    is_slowed = stop.is_slowed or evidence.kind is EvidenceKind.DOUBT
    found = replace(
        stop,
        is_flow_claimed=True,
        is_doubted=True,
        is_slowed=is_slowed,
        run_us=run_us,
        is_denied=True,
        put_on_at_us=None,
    )
    return fold if found == stop else replace(fold, stop=found)


def _doubted(onset_us: int, why: Why, evidence: Evidence) -> OpenStop:
    is_slowed = evidence.kind is EvidenceKind.DOUBT
    return OpenStop(
        onset_us, is_flow_claimed=True, earliest_why=why, is_doubted=True, is_denied=True, is_slowed=is_slowed
    )


def _flowed_until_window(fold: Fold, stop: OpenStop, evidence: Evidence, therapy: Therapy, ahead: Ahead) -> Fold:
    """Return the clock with flow from a reconnect until a window begins, if the pump said that it ran beyond both."""
    window_us, put_on_at_us = ahead.window_from_us(evidence.at_us), stop.put_on_at_us
    if window_us is None or put_on_at_us is None or window_us <= put_on_at_us:
        return fold
    if evidence.at_us - put_on_at_us > therapy.silence_max_us:
        return fold
    return resumed(fold, finished(stop, put_on_at_us, Why.FLOW_CONFIRMED), window_us, therapy)


def silence(fold: Fold) -> OpenStop:
    """Return the stop that nothing but silence since the last flow evidence speaks for."""
    last_us = fold.last_flow_us or 0
    return OpenStop(last_us, is_silence=True, earliest_why=why_flowed(fold, last_us))
