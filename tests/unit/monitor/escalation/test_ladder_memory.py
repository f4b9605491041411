"""What the ladder remembers: acknowledgements, off-times put far away, marks withdrawn, a person's report."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from ladder_stories import Play, Story, at, clock_of, planned
from monitor.escalation.ladder import acknowledge, advance, hasten
from monitor.escalation.rungs import BLINATUMOMAB
from monitor.escalation.turns import LadderState, Pause, Reason, RungState
from monitor.interruption.offtime import Stop
from monitor.interruption.policy import MINUTE_US
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import Phase
from monitor.interruption.why import Why

FAULT = Story(stops=((at("02:00"), None),), detected_us=at("02:00"), high_us=at("02:00"))


def reached(until: str) -> LadderState:
    state = Play(FAULT).when_due(at(until)).state
    assert state is not None
    return state


def test_an_acknowledgement_pauses_repeats_for_twenty_minutes_and_says_so() -> None:
    play = Play(FAULT, acknowledgements={at("02:21"): "on-call-nurse"}).when_due(at("02:45"))
    assert play.times("on-call-nurse") == ["02:20", "02:41"]
    assert play.ask(at("02:43")).pause is None
    noted = acknowledge(play.state or LadderState(), "on-call-nurse", "N", at("02:44"), BLINATUMOMAB)
    assert advance(noted, FAULT.view(at("02:50")), BLINATUMOMAB, at("02:50")).pause is Pause.ACKNOWLEDGED


def test_an_acknowledgement_can_be_renewed() -> None:
    play = Play(FAULT, acknowledgements={at("02:21"): "on-call-nurse", at("02:40"): "on-call-nurse"})
    assert play.when_due(at("03:04")).times("on-call-nurse") == ["02:20", "03:00"]


def test_the_next_rung_ends_an_acknowledgement() -> None:
    play = Play(FAULT, acknowledgements={at("03:25"): "on-call-nurse"}).when_due(at("03:40"))
    assert play.times("on-call-physician") == ["03:30"]
    assert play.times("on-call-nurse")[-3:] == ["03:30", "03:35", "03:40"]


@pytest.mark.parametrize("what", ["batt-low", "rate-mismatch", "on-call-nruse", "restart-threshold"])
def test_a_word_that_belongs_to_no_told_rung_changes_nothing(what: str) -> None:
    state = reached("02:30")
    assert acknowledge(state, what, "N", at("02:31"), BLINATUMOMAB) is state


@pytest.mark.parametrize("what", ["fault", "silent", "unknown-alarm", ""])
def test_the_code_of_an_alarm_that_may_stop_delivery_stands_for_all_rungs_told_so_far(what: str) -> None:
    state = acknowledge(reached("02:30"), what, "N", at("02:31"), BLINATUMOMAB)
    assert [rung.acknowledged_by for rung in state.rungs] == ["N", "N", "N"]


def test_an_off_time_that_evidence_put_far_away_is_told_again_when_it_is_reached_again() -> None:
    silence = Story(stops=((at("13:00"), None),), silent_us=at("13:00"))
    play = Play(silence).when_due(at("16:05"))
    assert play.times("on-call-physician") == ["16:00"]
    # A person reads "running" off the pump at 16:00: the worst case begins anew from there.
    play.story = replace_stops(silence, "16:00")
    play.ask(at("16:06"))
    play.when_due(at("19:35"))
    assert play.times("on-call-physician") == ["16:00", "19:00", "19:30"]


def test_an_off_time_that_evidence_moved_by_seconds_is_not_told_twice() -> None:
    play = Play(FAULT).when_due(at("03:30"))
    play.story = Story(stops=((at("02:00:30"), None),), detected_us=at("02:00"), high_us=at("02:00"))
    play.when_due(at("03:40"))
    assert play.times("on-call-physician") == ["03:30"]


def test_a_threshold_that_evidence_put_far_away_is_told_again_when_it_is_met_again() -> None:
    play = Play(FAULT, acknowledgements={at("06:01"): ""}).when_due(at("06:01"))
    play.story = Story(stops=((at("05:00"), None),), detected_us=at("02:00"), high_us=at("02:00"))
    assert play.ask(at("06:02")).next_at_us is not None
    play.when_due(at("09:00"))
    news = [call.due_at_us for _, call in play.calls if call.reason is Reason.THRESHOLD]
    assert news == [at("06:00"), at("09:00")]


def test_a_mark_that_is_withdrawn_delays_no_more() -> None:
    marked = Story(stops=((at("10:00"), None),), detected_us=at("10:00"), mark=planned(at("10:00")))
    play = Play(marked)
    assert play.ask(at("10:05")).pause is Pause.PLANNED
    play.story = Story(stops=((at("10:00"), None),), detected_us=at("10:00"))
    assert [call.rung for call in play.ask(at("10:06")).told] == ["patient"]


def test_a_mark_does_not_delay_off_times() -> None:
    long_mark = planned(at("10:00"), quiet_min=300, window_min=300)
    story = Story(stops=((at("10:00"), None),), detected_us=at("10:00"), mark=long_mark)
    assert Play(story).when_due(at("14:00")).told(repeats=False) == [
        ("11:30", "on-call-physician"),
        ("13:00", "on-call-physician"),
        ("13:30", "on-call-physician"),
        ("14:00", "restart-threshold"),
    ]


def test_a_reported_stop_tells_the_home_nurse_at_once_and_the_next_nurse_by_the_clock() -> None:
    story = Story(stops=((at("20:00"), None),), detected_us=at("20:10"))
    play = Play(story, state=hasten(None, "home-nurse", at("20:10")), acknowledgements={at("20:10"): "home-nurse"})
    play.when_due(at("20:45"))
    assert play.told(repeats=False)[:3] == [("20:10", "home-nurse"), ("20:12", "patient"), ("20:40", "on-call-nurse")]
    assert play.calls[0][1].reason is Reason.REPORTED


def test_a_rung_that_was_told_is_not_hastened_again() -> None:
    state = reached("02:30")
    assert hasten(state, "home-nurse", at("02:31")) is state


def test_an_interruption_that_a_clinician_closed_calls_nobody() -> None:
    view = FAULT.view(at("08:00"))
    closed = replace(view, phase=Phase.CLOSED, is_max_running=False, found_late=True)
    turn = advance(None, closed, BLINATUMOMAB, at("08:00"))
    assert (turn.told, turn.next_at_us, turn.pause) == ((), None, Pause.OVER)


def test_an_unchanged_state_is_the_same_object_and_survives_storage() -> None:
    state = reached("02:30")
    turn = advance(state, FAULT.view(at("02:31")), BLINATUMOMAB, at("02:31"))
    assert turn.state is state
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=LadderState) == state
    assert len(msgspec.msgpack.encode(state)) < 300


def replace_stops(story: Story, start: str) -> Story:
    return Story(stops=((at(start), None),), silent_us=story.silent_us)


def test_a_rung_that_is_due_but_was_not_told_cannot_be_acknowledged() -> None:
    state = hasten(None, "home-nurse", at("20:10"))
    assert acknowledge(state, "home-nurse", "N", at("20:10"), BLINATUMOMAB) is state


def test_rungs_that_are_not_called_in_turn_call_everyone() -> None:
    play = Play(FAULT).when_due(at("06:20"))
    turns = {call.rung: {c.turn for _, c in play.calls if c.rung == call.rung} for _, call in play.calls}
    assert turns["restart-threshold"] == turns["on-call-physician"] == {None}
    assert None not in turns["on-call-nurse"]


def test_an_interruption_found_late_beyond_the_threshold_tells_the_threshold_once() -> None:
    story = Story(stops=((at("01:00"), at("06:00")),), detected_us=at("08:00"), found_late=True)
    play = Play(story)
    assert [call.rung for call in play.ask(at("08:00")).told] == ["on-call-physician", "restart-threshold"]
    assert play.ask(at("08:10")).told == ()


def grown_by_finished_stops() -> InterruptionView:
    """Return a view at 17:23 of one that was found late at 09:06 and grew by stops that were over when they were heard.

    Two hours each: from 09:00, from 12:00 and from 15:23.
    """
    spans = [(at("09:00"), at("11:00")), (at("12:00"), at("14:00")), (at("15:23"), at("17:23"))]
    story = Story(stops=tuple(spans), detected_us=at("09:06"), found_late=True)
    whys = (Why.STOP_SAID, Why.STOP_SAID, Why.STANDING_SEEN, Why.FLOW_CONFIRMED)
    stops = tuple(Stop(begun, begun, end, end, end - begun, end - begun, whys) for begun, end in spans)
    return replace(story.view(at("17:23")), stops=stops, threshold_met_at_us=at("14:00"))


def test_what_grew_by_finished_stops_after_it_was_found_is_due_when_its_bound_came_there() -> None:
    turn = advance(None, grown_by_finished_stops(), BLINATUMOMAB, at("17:23"))
    due = {call.rung: clock_of(call.due_at_us) for call in turn.told}
    assert due == {"on-call-physician": "10:30", "restart-threshold": "14:00"}
    reached = [rung.due_at_us for rung in turn.state.rungs]
    assert sorted(reached) == [at("10:30"), at("14:00")]


def test_what_was_told_before_does_not_date_what_was_crossed_since() -> None:
    told = RungState(rung="on-call-physician", due_at_us=at("10:30"), told=1, off_max_us=90 * MINUTE_US)
    turn = advance(LadderState(rungs=(told,)), grown_by_finished_stops(), BLINATUMOMAB, at("17:23"))
    assert [clock_of(call.due_at_us) for call in turn.told] == ["13:00", "14:00"]


def test_of_stops_that_are_kept_only_as_sums_the_first_one_listed_dates_what_they_reached() -> None:
    view = grown_by_finished_stops()
    turn = advance(None, replace(view, stops=view.stops[1:]), BLINATUMOMAB, at("17:23"))
    assert [clock_of(call.due_at_us) for call in turn.told] == ["12:00", "14:00"]
    bare = advance(None, replace(view, stops=()), BLINATUMOMAB, at("17:23"))
    assert [clock_of(call.due_at_us) for call in bare.told] == ["17:23", "14:00"]
