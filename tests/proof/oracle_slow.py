"""Says what a pump that goes slower than it claims owes by its true history; it uses no rule of the clock for that.

Only time in which the pump was heard to deliver, by reports with a counter on both sides and nothing against it, is
owed: within it nobody but the counter can know. What a stop, a doubt, a silence or a latency window touches is asked
elsewhere. The counter is allowed what it cannot show, once for each unbroken stretch of claimed flow that holds a
part of the slow time: ``allowed_us`` says what that is.
"""

from __future__ import annotations

from tests.proof.oracle import MINUTE_US, SECOND_US, Claim, Dossier, Kind, Rules
from tests.proof.oracle_stories import SLOW, Story, Taste

MARGIN_US = 10 * SECOND_US
"""How late a report may be before a counter is believed to lag."""

PERIODS_S = (30, 60, 60, 120, 240, 300, 420)
RATES_ML_PER_H = (0.6, 2.5, 5.0, 10.0)

SLOW_ALONE = Taste(
    has_counter=True,
    is_slow_only=True,
    has_silence=False,
    has_people=False,
    has_restarts=False,
    rates=RATES_ML_PER_H,
    periods_s=PERIODS_S,
)
SLOW_AMONG_ALL = Taste(
    has_counter=True,
    has_doubt=False,
    slow_times=8,
    has_warnings=True,
    rates=RATES_ML_PER_H,
    periods_s=PERIODS_S,
)
SLOW_OFF_PATIENT = Taste(
    has_counter=True,
    has_doubt=False,
    slow_times=6,
    has_showers=True,
    has_restarts=False,
    rates=RATES_ML_PER_H,
    periods_s=PERIODS_S,
)


def unbroken(file: Dossier, rules: Rules) -> list[list[Claim]]:
    """Return the readings of each stretch in which flow was claimed without a break."""
    out: list[list[Claim]] = [[]]
    heard_us = 0
    for claim in file.claims:
        is_flow = claim.kind is Kind.FLOW and not claim.is_distrusted
        if not is_flow or claim.at_us - heard_us > rules.silence_max_us:
            out.append([])
        heard_us = claim.at_us
        if is_flow and claim.volume_ml is not None:
            out[-1].append(claim)
    return out


def lacking_us(story: Story, from_us: int, until_us: int) -> int:
    """Return how much of a stretch a slow pump did not deliver: the rest of its share of the time."""
    return round(
        sum(
            max(0.0, min(until_us, each.until_s * SECOND_US) - max(from_us, each.from_s * SECOND_US)) * (1 - each.share)
            for each in story.phases
            if each.truth == SLOW
        )
    )


def owed_us(story: Story, file: Dossier, until_us: int, rules: Rules) -> int:
    """Return what lacked in slow parts by an instant and cannot have stayed unseen.

    Of each part a tenth may lack, and a step at the least rate with the margin; and nobody can know more of it than
    its readings show, which are rounded down.
    """
    unseen_us = rules.step_ml / (rules.min_rate_fraction * story.rate_ml_per_h) * 60 * MINUTE_US + MARGIN_US
    total = 0
    for readings in unbroken(file, rules):
        for phase in [each for each in story.phases if each.truth == SLOW]:
            from_us, to_us = round(phase.from_s * SECOND_US), min(until_us, round(phase.until_s * SECOND_US))
            part = [each for each in readings if from_us <= each.at_us <= to_us]
            if len(part) < 2:
                continue
            length_us = part[-1].at_us - part[0].at_us
            read_ml = (part[-1].volume_ml or 0.0) - (part[0].volume_ml or 0.0)
            unread_us = length_us - read_ml / story.rate_ml_per_h * 60 * MINUTE_US
            lacking = min(lacking_us(story, part[0].at_us, part[-1].at_us), round(unread_us))
            total += max(0, round(lacking - (1 - rules.min_rate_fraction) * length_us - unseen_us))
    return total


def certain_us(story: Story, file: Dossier, within: tuple[int, int], rules: Rules) -> int:
    """Return what of the slow flow in a stretch may be called certain: what single gaps show to lack (reading 22).

    A gap lies between two readings that differ, and is taken as if the pump ran at its rate or stood. What lacks over
    many gaps, within a step at each, is never certain: slow flow is flow.
    """
    from_us, until_us = within
    lacking = lacking_us(story, from_us, until_us)
    if not lacking:
        return 0
    total, told_ml_per_h = 0, rules.ordered_ml_per_h
    moved: Claim | None = None
    for claim in file.claims:
        told_ml_per_h = claim.rate_ml_per_h or told_ml_per_h
        if claim.volume_ml is None:
            continue
        before_ml = claim.volume_ml if moved is None else (moved.volume_ml or 0.0)
        if moved is not None and claim.volume_ml > before_ml and from_us < claim.at_us <= until_us:
            most_us = (claim.volume_ml - before_ml + rules.step_ml) / told_ml_per_h * 60 * MINUTE_US
            total += max(0, round(claim.at_us - moved.at_us - most_us))
        if moved is None or claim.volume_ml != before_ml:
            moved = claim
    return min(lacking, total)
