"""What is shown of an interruption whose flow returned long ago: its own numbers, and the stops still known."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clock_parts import START_US, ended, group_of, minute
from monitor.interruption.offtime import Fold, OpenStop, Stop
from monitor.interruption.policy import MINUTE_US, Policy
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import Incident, OffClass, Phase, PumpState
from monitor.interruption.view import view_of
from watched import BLINATUMOMAB

POLICY = Policy("p1", BLINATUMOMAB)
STOP = ended(START_US, minute(250))
ELSEWHERE = ended(minute(500), minute(510))

replace = msgspec.structs.replace


def waiting(**changes: Any) -> Incident:
    """Return an incident that waits for review, with changes."""
    one = Incident(
        number=1,
        opened_at_us=START_US,
        noticed_at_us=minute(2),
        detected_at_us=minute(3),
        phase=Phase.AWAITING_REVIEW,
        flow_us=minute(250),
        was_critical=True,
        stops=2,
        min_us=100 * MINUTE_US,
        max_us=250 * MINUTE_US,
        longest_min_us=90 * MINUTE_US,
        listed=(STOP,),
    )
    return replace(one, **changes)


def shown(one: Incident, fold: Fold, now_us: int = minute(600)) -> InterruptionView:
    """Return what is shown of it while the clock says ``fold``."""
    return view_of(PumpState(enrolled_at_us=0, fold=fold, base=Fold(), incidents=(one,)), one, POLICY, now_us)


@pytest.mark.parametrize(
    "fold",
    [
        Fold(flow_from_us=minute(250), last_flow_us=minute(599)),
        Fold(flow_from_us=minute(250), last_flow_us=minute(300)),
        Fold(last_flow_us=minute(590), stop=OpenStop(minute(590), minute(590), minute(595))),
    ],
    ids=["flow", "silence", "another stop"],
)
def test_what_waits_for_review_is_shown_by_its_own_numbers_whatever_the_pump_does_now(fold: Fold) -> None:
    assert shown(waiting(), fold) == InterruptionView(
        id="p1-1",
        pump="p1",
        number=1,
        at_us=minute(600),
        opened_at_us=START_US,
        noticed_at_us=minute(2),
        detected_at_us=minute(3),
        high_priority_at_us=None,
        phase=Phase.AWAITING_REVIEW,
        ended_at_us=None,
        off_min_us=100 * MINUTE_US,
        off_max_us=250 * MINUTE_US,
        off_class=OffClass.POSSIBLE,
        is_max_running=False,
        deadline_at_us=None,
        threshold_met_at_us=minute(240),
        silent_since_us=None,
        last_contact_at_us=None,
        alarm_codes=(),
        merged_stops=2,
        found_late=False,
        mark=None,
        is_held=False,
        thresholds_met=(BLINATUMOMAB.restart,),
        restart_text="",
        stops=(STOP,),
        threshold=BLINATUMOMAB.restart,
    )


def test_the_class_of_what_is_settled_is_by_its_sums_and_its_longest_stop() -> None:
    reached = waiting(min_us=240 * MINUTE_US, longest_min_us=240 * MINUTE_US)
    summed = waiting(min_us=240 * MINUTE_US, longest_min_us=240 * MINUTE_US - 1)
    fold = Fold(flow_from_us=minute(250), last_flow_us=minute(599))
    assert shown(reached, fold).off_class is OffClass.REACHED
    assert shown(summed, fold).off_class is OffClass.POSSIBLE


def test_what_ended_is_shown_with_its_end() -> None:
    one = waiting(phase=Phase.ENDED, ended_at_us=minute(280))
    assert shown(one, Fold(last_flow_us=minute(599))).ended_at_us == minute(280)


@pytest.mark.parametrize("stops", [(STOP,), (STOP, ELSEWHERE)])
def test_the_stops_are_those_that_the_clock_still_keeps_for_it(stops: tuple[Stop, ...]) -> None:
    of_another = group_of(ELSEWHERE)
    own = group_of(STOP, listed=stops)
    fold = Fold(last_flow_us=minute(599), done=(of_another, own))
    assert shown(waiting(listed=(ELSEWHERE,)), fold).stops == stops


def test_the_stops_are_its_own_where_the_clock_keeps_none_of_it() -> None:
    fold = Fold(last_flow_us=minute(599), done=(group_of(ELSEWHERE),))
    assert shown(waiting(), fold).stops == (STOP,)


def test_what_was_taken_back_shows_no_stop() -> None:
    fold = Fold(last_flow_us=minute(599), done=(group_of(STOP),))
    assert shown(waiting(stops=0, max_us=0, min_us=0, longest_min_us=0), fold).stops == ()


def test_what_is_open_and_not_on_the_clock_any_more_is_shown_by_its_own_numbers() -> None:
    one = waiting(phase=Phase.OPEN)
    view = shown(one, Fold(flow_from_us=minute(250), last_flow_us=minute(599)))
    assert (view.off_min_us, view.off_max_us, view.is_max_running) == (100 * MINUTE_US, 250 * MINUTE_US, False)


def test_a_threshold_met_in_stops_that_are_not_known_any_more_is_dated_by_the_return_of_flow() -> None:
    assert shown(waiting(listed=()), Fold(last_flow_us=minute(599))).threshold_met_at_us == minute(250)
