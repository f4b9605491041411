"""Which interruptions leave the state of a pump, and which are asked for still."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from clock_parts import THERAPY, ended, flow, group_of, minute
from monitor.interruption.forgetting import forget_ended
from monitor.interruption.offtime import Fold
from monitor.interruption.policy import HOUR_US
from monitor.interruption.state import Incident, Phase
from monitor.interruption.therapy_rules import Cumulative
from monitor.interruption.transitions import enrolled

GROUP = group_of(ended(minute(60), minute(80)))
SEEN = flow(minute(0))
LAST_US = minute(110) + THERAPY.amend_us + 1
"""A day after it ended, and more."""

ENDED = Incident(
    number=3,
    opened_at_us=minute(60),
    noticed_at_us=0,
    flow_us=minute(80),
    ended_at_us=minute(110),
    phase=Phase.ENDED,
    stops=1,
    is_kept=True,
)
OVER = replace(ENDED, number=4, is_kept=False)
WAITS = replace(ENDED, number=1, phase=Phase.AWAITING_REVIEW)
OPEN = replace(ENDED, number=5, phase=Phase.OPEN, flow_us=None)
FLOWING = Fold(flow_from_us=minute(80), last_flow_us=LAST_US)
START = replace(enrolled(0), fold=FLOWING, base=FLOWING)


def test_what_ended_is_forgotten_when_no_evidence_can_amend_it() -> None:
    state = replace(START, incidents=(WAITS, ENDED, OPEN))
    assert forget_ended(state, THERAPY) == replace(state, incidents=(WAITS, OPEN))
    one = replace(state, evidence=(SEEN,))
    assert forget_ended(one, THERAPY) == replace(one, incidents=(WAITS, OPEN))
    for kept in (
        replace(state, evidence=(SEEN, SEEN)),
        replace(state, fold=replace(FLOWING, done=(GROUP,))),
        replace(state, incidents=(WAITS, OPEN)),
        START,
    ):
        assert forget_ended(kept, THERAPY) is kept


def test_what_is_settled_for_good_is_forgotten_though_evidence_of_others_is_kept() -> None:
    state = replace(START, incidents=(WAITS, ENDED, OVER, OPEN), evidence=(SEEN, SEEN))
    assert forget_ended(state, THERAPY) == replace(state, incidents=(WAITS, ENDED, OPEN))
    others = replace(state, fold=replace(FLOWING, done=(GROUP,)))
    assert forget_ended(others, THERAPY) == replace(others, incidents=(WAITS, ENDED, OPEN))


@pytest.mark.parametrize(
    "incident",
    [
        replace(OVER, stops=0),
        replace(OVER, phase=Phase.AWAITING_REVIEW),
        replace(OVER, ended_at_us=minute(110) + 1),
        replace(OVER, ended_at_us=None),
    ],
    ids=["taken back", "waits", "of the last day", "not over"],
)
def test_what_may_be_asked_for_is_kept(incident: Incident) -> None:
    state = replace(START, incidents=(incident,), evidence=(SEEN, SEEN))
    assert forget_ended(state, THERAPY) is state


@pytest.mark.parametrize(("window_us", "is_kept"), [(24 * HOUR_US + 1, True), (24 * HOUR_US, False), (HOUR_US, False)])
def test_what_a_rule_adds_up_is_kept_for_its_window(window_us: int, *, is_kept: bool) -> None:
    adding = replace(THERAPY, cumulative=Cumulative(window_us=window_us))
    state = replace(START, incidents=(OVER,), evidence=(SEEN, SEEN))
    assert (forget_ended(state, adding) is state) is is_kept


def test_before_anything_flowed_nothing_is_over() -> None:
    of_old = replace(OVER, ended_at_us=-THERAPY.amend_us)
    state = replace(START, fold=Fold(), incidents=(OVER, of_old), evidence=(SEEN, SEEN))
    assert forget_ended(state, THERAPY) is state
