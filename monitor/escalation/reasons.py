"""Says in plain words which evidence set an instant of a stop.

Pure. The words of ``Reason`` are part of the feed and stay as they are; the sentences beside them are for people.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

from monitor.interruption.state import Phase
from monitor.interruption.why import Why


class Instant(IntEnum):
    """The four instants of a stop, in the order of ``Stop.whys``."""

    ONSET_EARLIEST = 0
    ONSET_LATEST = 1
    RESUME_EARLIEST = 2
    RESUME_LATEST = 3


class Reason(StrEnum):
    """Which evidence set an instant of a stop.

    - none: nothing did: no moment of the stop is certain, or what set it is not kept.
    - now: no flow is confirmed yet: it is the instant of the answer.
    - review: no flow had been confirmed when a clinician closed the interruption.
    - flow-seen: the last flow evidence.
    - stop-said: the pump's own stop or alarm time.
    - latency: the stop's or alarm's time less the longest time for which word of it may have been under way, or for
      which it may go unnoticed.
    - flow-checked: a person's flow check: no alarm dates back beyond it.
    - standing-seen: it was seen standing.
    - run-said: the pump's run event.
    - flow-confirmed: flow was confirmed by run state and, where there is one, a moving counter.
    - person-said: a person says that it stood.
    - person-saw-flow: a person saw it running.
    - counter: the volume counter tells how long the motor ran.
    - bag: what remains in the bag tells how long the motor ran.
    - counter-stood: the counter stands although the pump says that it delivers.
    - counter-slow: the counter moves too slowly for the rate that the pump claims.
    - monitor-down: the monitor was down for an unknown time.
    - plan: the plan: its end, or the begin or end of a free interval; or flow as it was to be after a review.
    """

    NONE = "none"
    NOW = "now"
    REVIEW = "review"
    FLOW_SEEN = "flow-seen"
    STOP_SAID = "stop-said"
    LATENCY = "latency"
    FLOW_CHECKED = "flow-checked"
    STANDING_SEEN = "standing-seen"
    RUN_SAID = "run-said"
    FLOW_CONFIRMED = "flow-confirmed"
    PERSON_SAID = "person-said"
    PERSON_SAW_FLOW = "person-saw-flow"
    COUNTER = "counter"
    BAG = "bag"
    COUNTER_STOOD = "counter-stood"
    COUNTER_SLOW = "counter-slow"
    MONITOR_DOWN = "monitor-down"
    PLAN = "plan"


_WORDS = {why: Reason.__members__.get(why.name, Reason.NONE) for why in Why}

_MOTOR = {
    Instant.ONSET_EARLIEST: "{} shows that the motor ran until then at least",
    Instant.ONSET_LATEST: "{} shows that the motor cannot have run beyond it",
    Instant.RESUME_EARLIEST: "{} shows that the motor cannot have run before it",
    Instant.RESUME_LATEST: "{} shows that the motor has run from then on at least",
}

_SENTENCES: dict[tuple[Instant, Reason], str] = {
    (Instant.ONSET_EARLIEST, Reason.FLOW_SEEN): "the last flow evidence is of then",
    (Instant.ONSET_EARLIEST, Reason.STOP_SAID): "the pump's own stop or alarm time",
    (Instant.ONSET_EARLIEST, Reason.LATENCY): (
        "the pump's own stop or alarm time, less the longest time for which its word may have been under way, or an "
        "alarm may not have noticed"
    ),
    (Instant.ONSET_EARLIEST, Reason.FLOW_CHECKED): "a person checked the flow then; no alarm dates back beyond that",
    (Instant.ONSET_EARLIEST, Reason.FLOW_CONFIRMED): "flow was confirmed then; nothing dates back beyond that",
    (Instant.ONSET_EARLIEST, Reason.PERSON_SAID): "a person says that it has stood since then",
    (Instant.ONSET_EARLIEST, Reason.COUNTER_STOOD): (
        "the counter has not moved since then, although the pump says that it delivers"
    ),
    (Instant.ONSET_EARLIEST, Reason.COUNTER_SLOW): (
        "the counter kept up with the rate until then; since then it has moved too slowly for it"
    ),
    (Instant.ONSET_EARLIEST, Reason.MONITOR_DOWN): (
        "the monitor was down for an unknown time; it counts as if that had been long enough for the threshold"
    ),
    (
        Instant.ONSET_EARLIEST,
        Reason.PLAN,
    ): "flow was to be there from then on by plan or after a review; none was seen",
    (Instant.ONSET_LATEST, Reason.STOP_SAID): "the pump's own stop or alarm time",
    (Instant.ONSET_LATEST, Reason.STANDING_SEEN): "it was first seen standing then",
    (Instant.ONSET_LATEST, Reason.PERSON_SAID): "a person says that it stood then",
    (Instant.RESUME_EARLIEST, Reason.STANDING_SEEN): "it was last seen standing then",
    (Instant.RESUME_EARLIEST, Reason.RUN_SAID): "the pump's own run event",
    (Instant.RESUME_EARLIEST, Reason.PERSON_SAID): "a person says that it stood then",
    (Instant.RESUME_LATEST, Reason.FLOW_CONFIRMED): "flow was confirmed then",
    (Instant.RESUME_LATEST, Reason.COUNTER_SLOW): (
        "the counter showed then that it had moved too slowly; from there on it is judged anew"
    ),
    (Instant.RESUME_LATEST, Reason.RUN_SAID): "the pump's own run event",
    (Instant.RESUME_LATEST, Reason.PERSON_SAW_FLOW): "a person saw it running then",
    (Instant.RESUME_LATEST, Reason.PLAN): "therapy was to end or to pause then by plan; nothing counts beyond that",
    (Instant.RESUME_LATEST, Reason.NOW): "no flow is confirmed yet, so it counts up to the instant of this answer",
    (Instant.RESUME_LATEST, Reason.REVIEW): "no flow had been confirmed when a clinician closed the interruption",
}
_SENTENCES |= {(place, Reason.COUNTER): text.format("the volume counter") for place, text in _MOTOR.items()}
_SENTENCES |= {(place, Reason.BAG): text.format("what remains in the bag") for place, text in _MOTOR.items()}

NOT_KEPT = "what set it is not kept"


def reason_of(place: Instant, why: Why, phase: Phase) -> Reason:
    """Return which evidence set an instant of a stop of an interruption in ``phase``."""
    if why is not Why.UNKNOWN:
        return _WORDS[why]
    if place is not Instant.RESUME_LATEST:
        return Reason.NONE
    return {Phase.OPEN: Reason.NOW, Phase.CLOSED: Reason.REVIEW}.get(phase, Reason.NONE)


def in_words(place: Instant, reason: Reason) -> str:
    """Return a reason as part of a sentence."""
    return _SENTENCES.get((place, reason), NOT_KEPT)
