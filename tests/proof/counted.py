"""What a reading of the counter says beside a claim of full flow, worked out from the design's words alone.

Flow evidence needs a counter that has moved by what the claimed rate, at least 0.9 of the ordered one, and the
counter's resolution make due. Two readings tell what moved between them give or take one step, and each
is heard a little late. So an honest pump, which may run at 0.9 of its rate, is late by its counter only once more
than a step and that little is due, and a counter may stand for just as long. What one gap between readings
shows is dated there; what only many gaps show together lies anywhere since the reading from which the most is
due. A silence begins that anew, as a stop does: flow is confirmed at its end, and counts from there.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import NamedTuple

from monitor.interruption.policy import HOUR_US, SECOND_US
from tests.proof.truth import ACT, IMPLIED, SETTLED, Says, Truth, with_word

STEP_UL = 100
"""What a pump's counter shows, where the pump does not tell: the design's default."""
LEAST = Fraction(9, 10)
"""The least share of the ordered rate that is flow."""
HEARD_LATE_US = 10 * SECOND_US
"""How much later one reading may be heard after it was taken than another."""


class Read(NamedTuple):
    """One reading: what is about the same instant and of a later rank was said after it."""

    at_us: int = 0
    rank: int = 0
    shown_ul: int = 0


class Counted(NamedTuple):
    """What was read of the counter so far.

    Attributes:
        last: The last reading.
        still: The first reading of that value.
        kept: The reading from which the most is due, of those since flow was last in doubt; None if there is none.
        is_late: Whether the counter was found late as it stood, and has not moved since.
    """

    last: Read = Read()
    still: Read = Read()
    kept: Read | None = None
    is_late: bool = False


class Limits(NamedTuple):
    """What is due of a counter, and from when on a silence is a stop."""

    rate_ml_per_h: float
    silence_us: int


class Weighed(NamedTuple):
    """What is known after a claim of flow with its reading; and whether flow is borne out, now at least."""

    counted: Counted
    truth: Truth
    is_flow: bool


def shown_ul(counter_ml: float) -> int:
    """Return what the counter shows, in microlitres: whole steps."""
    return floor(counter_ml * 1000 / STEP_UL + 1e-6) * STEP_UL


def resolution_us(rate_ml_per_h: float) -> int:
    """Return for how long the counter of a pump that runs may stand, as it is heard."""
    return round(STEP_UL / (LEAST * _ul_per_us(rate_ml_per_h))) + HEARD_LATE_US


def weighed(counted: Counted, truth: Truth, now: Read, limits: Limits, *, is_honest: bool) -> Weighed:
    """Return what a reading makes of the claim of full flow that it comes with.

    ``is_honest`` says that it truly flows now: then a counter that does not move yet is no sign against it.
    """
    least = LEAST * _ul_per_us(limits.rate_ml_per_h)
    has_moved = now.shown_ul > counted.last.shown_ul
    is_judged = counted.kept is not None and _is_unbroken(truth, counted.last)
    since = counted.last if has_moved else counted.still
    is_late = is_judged and _is_late(since, now, least)
    goes_on = is_judged and not is_late and not _is_silence(truth, counted.last.at_us, now.at_us, limits)
    kept = counted.kept if goes_on else None
    if has_moved and kept is not None and _is_late(kept, now, least):
        is_late, since, kept = True, kept, None
    truth = _with_reading(counted, truth, now, limits.rate_ml_per_h)
    if is_late or counted.is_late:
        back_us = counted.still.at_us if counted.is_late else since.at_us
        truth = _with_lag(truth, max(back_us, _seen_us(truth)), now.at_us)
    if not has_moved and (is_late or counted.is_late or not (is_judged or is_honest)):
        if is_late and not _is_silence(truth, counted.still.at_us, now.at_us, limits):
            truth = _with_claims_denied(truth, max(counted.still.at_us, _seen_us(truth)))
        return Weighed(counted._replace(last=now, is_late=is_late or counted.is_late), truth, is_flow=False)
    if is_late:
        # It did not flow for all of the time before; now it does, for the counter moves.
        truth = with_word(truth, now.at_us, now.rank, Says.DOUBT)
    now = now._replace(rank=now.rank + 1)
    if kept is None or now.shown_ul - kept.shown_ul > least * (now.at_us - kept.at_us):
        kept = now
    return Weighed(Counted(now, now if has_moved else counted.still, kept), truth, is_flow=True)


def stopped(counted: Counted, truth: Truth, now: Read | None, limits: Limits) -> tuple[Counted, Truth]:
    """Return what is known after a pump that does not claim full flow: nothing is due of it."""
    if now is None:
        return counted._replace(kept=None, is_late=False), truth
    truth = _with_reading(counted, truth, now, limits.rate_ml_per_h)
    return Counted(now, now if now.shown_ul > counted.last.shown_ul else counted.still), truth


def _ul_per_us(rate_ml_per_h: float) -> Fraction:
    return Fraction(round(rate_ml_per_h * 1000), HOUR_US)


def _is_late(since: Read, now: Read, least: Fraction) -> bool:
    return least * (now.at_us - since.at_us - HEARD_LATE_US) > now.shown_ul - since.shown_ul + STEP_UL


def _is_unbroken(truth: Truth, since: Read) -> bool:
    """Return whether nothing but flow was said since a reading."""
    later = bisect_right(truth.words, (since.at_us, since.rank), key=lambda word: (word.at_us, word.rank))
    return all(word.is_flow for word in truth.words[later:])


def _is_silence(truth: Truth, from_us: int, to_us: int, limits: Limits) -> bool:
    """Return whether nothing was said of flow for so long between two instants that it is a stop of its own."""
    words = truth.words[bisect_left(truth.words, (from_us,)) :]
    told = [from_us, *(word.at_us for word in words if word.is_flow), to_us]
    return any(later - before > limits.silence_us for before, later in pairwise(told))


def _seen_us(truth: Truth) -> int:
    """Return when a person last saw it flow: a flow check caps the back-dating."""
    return max((word.at_us for word in truth.words if word.says is Says.SEEN), default=0)


def _with_reading(counted: Counted, truth: Truth, now: Read, rate_ml_per_h: float) -> Truth:
    """Return the truth with a gap known in which the motor cannot have run at its rate all of the time."""
    moved_ul = now.shown_ul - counted.still.shown_ul + STEP_UL
    if not counted.still.at_us or _ul_per_us(rate_ml_per_h) * (now.at_us - counted.still.at_us) <= moved_ul:
        return truth
    return _with_gap(truth, counted.still.at_us, now.at_us)


def _with_claims_denied(truth: Truth, since_us: int) -> Truth:
    """Return the truth with the pump's own claims of flow after ``since_us`` worth no more than doubt."""
    return truth._replace(
        words=tuple(
            word._replace(says=Says.DOUBT)
            if word.at_us > since_us and word.says is Says.FLOW and word.rank not in (IMPLIED, ACT, SETTLED)
            else word
            for word in truth.words
        )
    )


def _with_lag(truth: Truth, from_us: int, to_us: int) -> Truth:
    """Return the truth with the counter found late at ``to_us``, from what it showed at ``from_us``."""
    return truth._replace(lags=_joined(truth.lags, from_us, to_us))


def _with_gap(truth: Truth, from_us: int, to_us: int) -> Truth:
    """Return the truth with a gap in which the motor stood for some time, as far as its counter tells."""
    return truth._replace(gaps=_joined(truth.gaps, from_us, to_us))


def _joined(known: tuple[tuple[int, int], ...], from_us: int, to_us: int) -> tuple[tuple[int, int], ...]:
    """Return stretches with one more; it goes on with the last one where that reaches it."""
    if known and known[-1][0] <= from_us <= known[-1][1]:
        return (*known[:-1], (known[-1][0], max(known[-1][1], to_us)))
    return (*known, (from_us, to_us))
