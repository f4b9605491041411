"""A clock that a plan closes, whole clocks to the microsecond: what it is closed to, weighed on, and given back as."""

from __future__ import annotations

import msgspec
import pytest

from clock_parts import SILENCE_US, THERAPY, flow, minute, told
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.folding import refold
from monitor.interruption.off_patient import OffPatient
from monitor.interruption.offtime import Fold, Group, OpenStop, Stop
from monitor.interruption.past import KEPT_MAX, amended, closed, closed_by_plan, closed_earlier, past_of, then
from monitor.interruption.state import Past, PumpState
from monitor.interruption.why import Why

replace = msgspec.structs.replace

END_US = minute(120)
LATER_US = minute(300)
RUN = flow(minute(0), to_us=minute(60), samples=b"s")
STOP = told(EvidenceKind.STOP, minute(61))
OLD = Group(minute(-50), minute(-40), 1, 5, 10, 5)
SEEN = (Why.FLOW_SEEN, Why.UNKNOWN, Why.UNKNOWN, Why.PLAN)


def folded(*evidence: Evidence) -> Fold:
    return refold(Fold(done=(OLD,)), evidence, THERAPY)


def watched(*evidence: Evidence, **changes: object) -> PumpState:
    state = PumpState(
        enrolled_at_us=0,
        fold=folded(*evidence),
        base=Fold(done=(OLD,)),
        evidence=evidence,
        tail_to_us=evidence[-1].to_us,
        tail_samples=evidence[-1].samples,
    )
    return replace(state, **changes)


def silence(from_us: int, until_us: int) -> Stop:
    return Stop(from_us, None, None, until_us, 0, until_us - from_us, SEEN, 0, is_silence=True)


def test_silence_before_the_end_is_an_interruption_until_it() -> None:
    found = closed_by_plan(folded(RUN), END_US, THERAPY)
    hour_us = minute(60) - minute(0)
    assert found == (OLD, Group(minute(60), END_US, 1, 0, hour_us, 0, (silence(minute(60), END_US),)))


def test_an_open_stop_ends_by_plan() -> None:
    found = closed_by_plan(folded(RUN, STOP), END_US, THERAPY)
    assert found[0] == OLD
    assert found[1].flow_us == END_US
    assert found[1].listed[-1].whys == (Why.STOP_SAID, Why.STOP_SAID, Why.STANDING_SEEN, Why.PLAN)
    assert found[1].max_us == END_US - STOP.at_us


def test_flow_that_had_returned_keeps_its_instant_and_its_reasons() -> None:
    back = flow(minute(110), to_us=minute(119))
    fold = folded(RUN, STOP, back)
    assert fold.group is not None
    found = closed_by_plan(fold, END_US, THERAPY)
    assert found == (OLD, replace(fold.group, silence_us=0))
    assert found[1].flow_us == minute(110)


def test_no_time_at_all_is_no_interruption_and_a_microsecond_is_one() -> None:
    fold = Fold(flow_from_us=minute(0), last_flow_us=END_US, stop=OpenStop(END_US))
    assert closed_by_plan(fold, END_US, THERAPY) == ()
    (found,) = closed_by_plan(replace(fold, stop=OpenStop(END_US - 1)), END_US, THERAPY)
    assert (found.opened_us, found.max_us) == (END_US - 1, 1)


def test_nothing_more_is_kept_of_an_earlier_stop_that_lasted_no_time() -> None:
    group = Group(minute(90), minute(95), 1, 0, 0, 0)
    fold = Fold(flow_from_us=minute(95), last_flow_us=END_US, group=group)
    assert closed_by_plan(fold, END_US, THERAPY) == ()
    two = replace(group, stops=2)
    (found,) = closed_by_plan(replace(fold, group=two), END_US, THERAPY)
    assert found == two


@pytest.mark.parametrize(
    ("from_us", "to_us", "is_excused"),
    [
        (minute(60), END_US - SILENCE_US, True),
        (minute(60) + 1, END_US - SILENCE_US, False),
        (minute(60), END_US - SILENCE_US - 1, False),
    ],
)
def test_a_log_read_up_to_the_end_excuses_the_silence_before_it(from_us: int, to_us: int, is_excused: bool) -> None:  # noqa: FBT001 - a column
    fold = replace(folded(RUN), covered_from_us=from_us, covered_to_us=to_us)
    assert (closed_by_plan(fold, END_US, THERAPY) == (OLD,)) is is_excused


def test_a_log_excuses_no_open_stop_and_no_therapy_that_never_began() -> None:
    open_stop = replace(folded(RUN, STOP), covered_from_us=minute(0), covered_to_us=END_US)
    assert len(closed_by_plan(open_stop, END_US, THERAPY)) == 2
    assert closed_by_plan(Fold(covered_from_us=minute(0), covered_to_us=END_US), END_US, THERAPY) == ()


def test_a_closed_clock_begins_with_nothing_but_what_is_done_and_where_the_line_is() -> None:
    state = watched(RUN, STOP, tail_to_us=minute(70))
    off = (OffPatient(minute(5), None),)
    state = replace(state, fold=replace(state.fold, off_patient=off))
    found = closed(state, END_US, THERAPY)
    fold = Fold(done=closed_by_plan(state.fold, END_US, THERAPY), off_patient=off)
    assert (found.fold, found.base, found.evidence, found.completed_at_us) == (fold, fold, (), END_US)
    (past,) = found.pasts
    assert (past.closed_us, past.fold, past.base) == (END_US, state.fold, state.base)
    assert [piece.to_us for piece in past.evidence] == [minute(60), minute(70)]


def test_the_last_eight_are_kept_and_each_has_its_time() -> None:
    state = watched(RUN)
    for count in range(KEPT_MAX + 1):
        state = closed(state, END_US + count, THERAPY)
    assert [past.closed_us for past in state.pasts] == [END_US + count for count in range(1, KEPT_MAX + 1)]
    assert past_of(state, END_US + 1) is state.pasts[0]
    assert past_of(state, END_US + 2) is state.pasts[1]
    assert past_of(state, END_US + KEPT_MAX + 1) is None


def test_the_clock_of_then_is_as_it_was_before_it_was_closed() -> None:
    before = watched(RUN, serial="S")
    state = closed(before, END_US, THERAPY)
    assert then(state, END_US) == replace(before, pasts=state.pasts)
    later = replace(state, tail_to_us=minute(310), tail_samples=b"n")
    assert then(later, END_US) == replace(before, pasts=state.pasts), "whatever was heard since"
    assert then(state, END_US + 1) is None


def test_a_clock_of_then_without_evidence_has_no_tail() -> None:
    before = watched(RUN, evidence=(), tail_to_us=5, tail_samples=b"x")
    found = then(closed(before, END_US, THERAPY), END_US)
    assert found is not None
    assert (found.tail_to_us, found.tail_samples) == (0, b"")


def test_what_was_weighed_on_it_comes_back_into_every_later_clock() -> None:
    first = closed(watched(RUN), END_US, THERAPY)
    running = flow(LATER_US, to_us=minute(400))
    began = Fold(flow_from_us=LATER_US, last_flow_us=minute(400), done=first.fold.done)
    later = Group(minute(350), minute(360), 1, 0, 7, 0)
    going = replace(
        first,
        fold=replace(began, done=(*first.fold.done, later)),
        base=began,
        evidence=(running,),
        tail_to_us=minute(400),
        tail_samples=b"t",
        completed_at_us=None,
    )
    again = closed(going, minute(420), THERAPY)
    earlier = then(again, END_US)
    assert earlier is not None
    heard = replace(earlier, fold=folded(RUN, STOP), evidence=(RUN, STOP), tail_to_us=STOP.to_us, tail_samples=b"")
    heard = replace(heard, base=replace(earlier.base, checked_us=minute(1)), serial="heard", pasts=())
    found = amended(again, STOP.at_us, heard, THERAPY)
    told_now = closed_by_plan(heard.fold, END_US, THERAPY)
    assert found.serial == "heard"
    assert found.fold.done == (*told_now, later, again.fold.done[-1])
    assert found.base.done == found.fold.done
    assert (found.evidence, found.tail_to_us, found.tail_samples) == ((), minute(400), b"t")
    assert found.completed_at_us == minute(420)
    one, two = found.pasts
    assert one == Past(END_US, heard.fold, heard.base, (RUN, STOP))
    assert (two.closed_us, two.evidence) == (minute(420), again.pasts[1].evidence)
    assert two.fold == replace(again.pasts[1].fold, done=(*told_now, later))
    assert two.base == replace(again.pasts[1].base, done=told_now)


def test_the_clock_of_now_goes_on_where_it_was() -> None:
    state = closed(watched(RUN), END_US, THERAPY)
    running = flow(LATER_US, to_us=LATER_US)
    now = Fold(flow_from_us=LATER_US, last_flow_us=LATER_US, done=state.fold.done, checked_us=minute(301))
    base = replace(now, checked_us=None)
    state = replace(
        state, fold=now, base=base, evidence=(running,), tail_to_us=minute(310), tail_samples=b"n", completed_at_us=None
    )
    earlier = then(state, END_US)
    assert earlier is not None
    found = amended(state, END_US, earlier, THERAPY)
    assert found == state


def test_a_group_that_opens_with_the_close_is_the_later_clocks() -> None:
    state = closed(watched(RUN), END_US, THERAPY)
    at_once = Group(END_US, minute(130), 1, 0, 1, 0)
    state = replace(state, fold=replace(state.fold, done=(*state.fold.done, at_once)))
    earlier = then(state, END_US)
    assert earlier is not None
    assert amended(state, END_US, earlier, THERAPY).fold.done == state.fold.done


def test_what_is_about_now_changes_no_clock_of_then() -> None:
    state = closed(watched(RUN), END_US, THERAPY)
    assert amended(state, END_US + 1, replace(state, serial="x"), THERAPY) is state
    assert closed_earlier(state, END_US + 1, THERAPY) is state
    assert closed_earlier(state, END_US, THERAPY) is state


def test_an_end_that_came_earlier_takes_back_what_was_heard_after_it() -> None:
    counted = {"counter_to_ul": 9, "read_to_us": minute(60), "still_us": minute(50), "remaining_to_ul": 8}
    run = replace(RUN, counter_ul=1, remaining_ul=99, **counted)
    state = closed(watched(run, STOP), END_US, THERAPY)
    found = closed_earlier(state, minute(30), THERAPY)
    (past,) = found.pasts
    kept = flow(minute(0), to_us=minute(30), counter_ul=1, remaining_ul=99)
    assert past == Past(minute(30), folded(kept), Fold(done=(OLD,)), (kept,))
    assert found.completed_at_us == minute(30)
    assert found.fold.done == found.base.done == (OLD,)
    assert closed_earlier(state, STOP.at_us, THERAPY).pasts[0].evidence == (run, STOP)
    assert closed_earlier(state, STOP.at_us - 1, THERAPY).pasts[0].evidence == (run,)
    assert closed_earlier(state, run.to_us, THERAPY).pasts[0].evidence == (run,)


def test_an_end_that_came_earlier_leaves_a_course_that_goes_on_as_it_is() -> None:
    state = replace(closed(watched(RUN), END_US, THERAPY), completed_at_us=None)
    assert closed_earlier(state, minute(70), THERAPY).completed_at_us is None
    again = replace(state, completed_at_us=minute(500))
    assert closed_earlier(again, minute(70), THERAPY).completed_at_us == minute(500)
