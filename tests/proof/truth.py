"""What truly happened in the line of an imagined pump, and how much of it an honest clock must know.

Written from the invariants alone (soundness, evidence, latency); it knows nothing of how the monitor
works. Instants are integer microseconds of monitor time. A truth is a value; every function returns
a new one.

What the clock cannot know it does not owe, and only that:

- a stop between two signs of flow that lie at most ``silence_max`` apart, of which no word was said;
- a blocked line that the pump has not yet noticed, or whose alarm never reached us;
- a silence at whose end a person saw it run, beside another such silence: the longest of them counts;
- a pump that never notices, up to the last reading of a counter that moved by what the least rate that is flow
  makes due, give or take its step and a late word (``counted``); what was claimed since it moved is denied by the
  reading that finds it late, and owed;
- flow slower than the pump claims, until two readings lie further apart than that; then what it lacked between them;
- a run between two words of no flow, of which no word was said: they are one stretch by design.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from enum import IntEnum
from typing import NamedTuple


class Flow(IntEnum):
    """What reaches the patient."""

    FULL = 1
    PART = 2
    """Keep-vein-open: a trickle. The label does not say what it counts for."""
    OFF = 3
    BLOCKED = 4
    """Nothing, while the motor turns and the pump believes that it delivers."""
    SLOW = 5
    """Under-rate. A counter counts it as therapy for a shorter time, unless the rate was told."""


class Span(NamedTuple):
    """A stretch of one kind of flow, up to the next one.

    ``is_told`` once a blocked line was reported. ``lacks`` is the share of
    the rate that is lacking while the pump claims all of it.
    """

    from_us: int
    flow: Flow
    is_told: bool = False
    lacks: float = 0.0


class Says(IntEnum):
    """What a word says of flow."""

    FLOW = 1
    SEEN = 2
    """A person saw it run: of the silences between such words only the longest is owed."""
    DOUBT = 3
    STOP = 4


class Word(NamedTuple):
    """Something that was said and heard about one instant; ``rank`` orders what is about the same one."""

    at_us: int
    rank: int
    says: Says

    @property
    def is_flow(self) -> bool:
        """Whether it says that the therapy flowed."""
        return self.says <= Says.SEEN


class Truth(NamedTuple):
    """All spans and all words.

    Nothing before ``settled_us`` is owed (reviewed by a clinician). A silence
    is excused by a person who sees it run at its end. For ``blind_us`` the counter of a pump that runs
    may stand. Each of ``lags`` lies between two readings of the counter that are too far apart, so that
    there was too little flow; in each of ``gaps`` two readings alone show as much.
    """

    spans: tuple[Span, ...]
    words: tuple[Word, ...] = ()
    settled_us: int = 0
    blind_us: int = 0
    lags: tuple[tuple[int, int], ...] = ()
    gaps: tuple[tuple[int, int], ...] = ()


BEFORE, IMPLIED, ACT, AFTER, SETTLED = 0, 10, 20, 30, 39
"""Ranks of what is said before, by and after the one thing that the pump does at an instant.

``IMPLIED`` is what a dated stop says of the moment before it: that there was flow to stop.
"""


def now_flowing(truth: Truth) -> Flow:
    """Return what reaches the patient now."""
    return truth.spans[-1].flow


def turned(truth: Truth, at_us: int, flow: Flow, lacks: float = 0.0) -> Truth:
    """Return the truth with another kind of flow from ``at_us`` on."""
    spans = truth.spans
    if spans[-1].from_us == at_us:
        spans = spans[:-1]
    if spans and spans[-1].flow is flow and flow is not Flow.BLOCKED:
        return truth._replace(spans=spans)
    return truth._replace(spans=(*spans, Span(at_us, flow, lacks=lacks)))


def with_word(truth: Truth, at_us: int, rank: int, says: Says) -> Truth:
    """Return the truth with one more word that was heard."""
    word = Word(at_us, rank, says)
    if word in truth.words:
        return truth
    words = list(truth.words)
    insort(words, word)
    return truth._replace(words=tuple(words))


def with_blockage_told(truth: Truth, alarm_us: int) -> Truth:
    """Return the truth with the blocked stretch that ended in an alarm at ``alarm_us`` known of."""
    spans = list(truth.spans)
    for place, span in enumerate(spans):
        ends_us = spans[place + 1].from_us if place + 1 < len(spans) else alarm_us
        if span.flow is Flow.BLOCKED and span.from_us <= alarm_us <= ends_us:
            spans[place] = span._replace(is_told=True)
    return truth._replace(spans=tuple(spans))


def lacked(truth: Truth, now_us: int) -> list[tuple[int, int, float]]:
    """Return the stretches in which flow was found to be slower than claimed, each with the share it lacked."""
    found = []
    for span, ends_us in _stretches(truth, now_us):
        for from_us, to_us in truth.lags if span.lacks else ():
            start_us, end_us = max(from_us, span.from_us, truth.settled_us), min(to_us, ends_us)
            if start_us < end_us:
                found.append((start_us, end_us, span.lacks))
    return found


def is_excused(truth: Truth, span: Span, ends_us: int, silence_max_us: int, lie_us: int = 0) -> bool:
    """Return whether no honest clock could know of this stretch without flow, or of its rest after a lie."""
    if span.flow is Flow.BLOCKED:
        return not span.is_told
    if span.flow is Flow.SLOW and not _is_doubted(truth, span, ends_us):
        return True
    words = truth.words
    begins = max((span.from_us, IMPLIED), (truth.settled_us, SETTLED), (lie_us, SETTLED - 1))
    first = bisect_left(words, (begins[0], begins[1] + 1)) - 1
    while first >= 0 and not words[first].is_flow:
        first -= 1
    last = bisect_left(words, (ends_us, IMPLIED))
    while last < len(words) and not words[last].is_flow:
        last += 1
    if first < 0 or last >= len(words):
        return False
    apart_us = words[last].at_us - words[first].at_us
    if apart_us > silence_max_us and words[last].says is not Says.SEEN:
        return False
    return all(word.is_flow for word in words[first + 1 : last])


def missed(truth: Truth, now_us: int, silence_max_us: int) -> list[tuple[int, int]]:
    """Return the stretches without therapy that an honest upper bound must hold, oldest first."""
    found = []
    for span, ends_us in _stretches(truth, now_us):
        if span.lacks:
            continue  # What it lacks is a share of it: ``lacked``.
        since_us, lies = max(span.from_us, truth.settled_us), _lies(truth, span, ends_us)
        for lie in lies:
            if lie.at_us > since_us and not _is_believed(truth, since_us, lie):
                found.append((since_us, lie.at_us))
            since_us = max(since_us, lie.at_us)
        is_seen = ends_us > since_us + (truth.blind_us if lies else 0)
        if is_seen and not is_excused(truth, span, ends_us, silence_max_us, lies[-1].at_us if lies else 0):
            found.append((since_us, ends_us))
    return found


def _lies(truth: Truth, span: Span, ends_us: int) -> list[Word]:
    """Return when flow was claimed while none was, or implied by a dated stop, by what no counter denied."""
    if span.flow is not Flow.OFF:
        return []
    first, last = bisect_left(truth.words, (span.from_us + 1,)), bisect_left(truth.words, (ends_us, ACT))
    return [word for word in truth.words[first:last] if word.is_flow]


def _is_believed(truth: Truth, from_us: int, lie: Word) -> bool:
    """Return whether nothing but flow was said up to a lie."""
    first, last = bisect_left(truth.words, (from_us + 1,)), bisect_left(truth.words, lie)
    return all(word.is_flow for word in truth.words[first:last])


def stood_us(truth: Truth, from_us: int, to_us: int) -> int:
    """Return how long nothing flowed between two instants, as far as words can tell: no lower bound may be above it."""
    total = 0
    spans = truth.spans
    for place, span in enumerate(spans):
        ends_us = spans[place + 1].from_us if place + 1 < len(spans) else to_us
        first_us, last_us = max(span.from_us, from_us), min(ends_us, to_us)
        if first_us >= last_us:
            continue
        if span.flow in (Flow.OFF, Flow.BLOCKED) or _is_untold(truth, span, ends_us):
            total += last_us - first_us
        elif span.lacks:
            # What two readings show may have been slow flow all of the time, or full flow for some of it.
            total += round(span.lacks * overlap_us(list(truth.gaps), first_us, last_us))
    return total


def _is_untold(truth: Truth, span: Span, ends_us: int) -> bool:
    """Return whether nobody could tell this flow from none: a counter does not show a trickle either."""
    if span.lacks:
        return False
    if span.flow in (Flow.PART, Flow.SLOW):
        return not _is_doubted(truth, span, ends_us)
    return is_hidden_run(truth, span, ends_us)


def _is_doubted(truth: Truth, span: Span, ends_us: int) -> bool:
    words = truth.words[bisect_left(truth.words, (span.from_us,)) : bisect_left(truth.words, (ends_us, ACT))]
    return any(word.says is Says.DOUBT for word in words)


def is_hidden_run(truth: Truth, span: Span, ends_us: int) -> bool:
    """Return whether flow lies between two words of no flow and no word was said of it."""
    words = truth.words
    first = bisect_left(words, (span.from_us, ACT)) - 1
    while first >= 0 and words[first].rank in (IMPLIED, SETTLED):
        first -= 1
    last = bisect_left(words, (ends_us, ACT))
    while last < len(words) and words[last].rank == IMPLIED:
        last += 1
    if first < 0 or last >= len(words):
        return False
    return all(word.says is Says.STOP or word.rank in (IMPLIED, SETTLED) for word in words[first : last + 1])


def overlap_us(stretches: list[tuple[int, int]], from_us: int, to_us: int) -> int:
    """Return how much of ``stretches`` lies between two instants."""
    return sum(max(0, min(end, to_us) - max(start, from_us)) for start, end in stretches)


def trimmed(truth: Truth, before_us: int) -> Truth:
    """Return the truth without what lies wholly before ``before_us``, but for the last sign of flow."""
    spans = truth.spans
    first = max((place for place, span in enumerate(spans) if span.from_us <= before_us), default=0)
    words = truth.words
    old = [place for place, word in enumerate(words) if word.at_us < before_us and word.is_flow]
    start = old[-1] if old else 0
    kept = (spans[first]._replace(from_us=max(spans[first].from_us, before_us)), *spans[first + 1 :])
    settled_us = truth.settled_us if truth.settled_us > before_us else 0
    lags, gaps = (tuple(each for each in known if each[1] > before_us) for known in (truth.lags, truth.gaps))
    return truth._replace(spans=kept, words=words[start:], settled_us=settled_us, lags=lags, gaps=gaps)


def _stretches(truth: Truth, now_us: int) -> list[tuple[Span, int]]:
    """Return every stretch without full flow and where it ends."""
    spans = truth.spans
    return [
        (span, spans[place + 1].from_us if place + 1 < len(spans) else now_us)
        for place, span in enumerate(spans)
        if span.flow is not Flow.FULL
    ]


def settled(truth: Truth, at_us: int) -> Truth:
    """Return the truth with everything before ``at_us`` reviewed: it is owed no more, and the clock begins anew."""
    return with_word(truth._replace(settled_us=max(truth.settled_us, at_us)), at_us, SETTLED, Says.FLOW)
