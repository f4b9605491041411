"""What holds for every story: nothing is untold, asking often changes nothing, nobody can silence the ladder."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ladder_stories import Play, Story, at, planned
from monitor.escalation.rungs import BLINATUMOMAB
from monitor.escalation.turns import Reason
from monitor.interruption.policy import MINUTE_US

START_US = at("06:00")
HOURS_6_US = 360 * MINUTE_US
RANK = {rung.rung: number for number, rung in enumerate(BLINATUMOMAB.rungs)}
DUE_BY_TIME_ALONE = ("patient", "home-nurse", "on-call-physician", "restart-threshold")


@st.composite
def stories(draw: st.DrawFn) -> Story:
    edges = sorted(draw(st.sets(st.integers(0, 330), min_size=1, max_size=7)))
    starts, ends = edges[::2], edges[1::2]
    minutes = [(start, ends[number] if number < len(ends) else None) for number, start in enumerate(starts)]
    stops = tuple(
        (START_US + start * MINUTE_US, None if end is None else START_US + end * MINUTE_US) for start, end in minutes
    )
    first_us = stops[0][0]
    is_silent = draw(st.booleans())
    noticed_us = first_us + 15 * MINUTE_US
    late_us = draw(st.integers(0, 60)) * MINUTE_US
    detected_us: int | None = noticed_us + late_us if is_silent else first_us + late_us
    if is_silent and draw(st.booleans()):
        detected_us = None
    high_us = detected_us + draw(st.integers(0, 30)) * MINUTE_US if detected_us and draw(st.booleans()) else None
    mark = planned(first_us + draw(st.integers(-25, 25)) * MINUTE_US) if draw(st.booleans()) else None
    holds: tuple[tuple[int, int | None], ...] = ()
    if draw(st.integers(0, 3)) == 0:
        held_us = first_us + draw(st.integers(0, 120)) * MINUTE_US
        holds = ((held_us, held_us + draw(st.integers(1, 120)) * MINUTE_US),)
    return Story(
        stops=stops,
        detected_us=detected_us,
        high_us=high_us,
        silent_us=first_us if is_silent else None,
        mark=mark,
        holds=holds,
    )


def acknowledgements() -> st.SearchStrategy[dict[int, str]]:
    instants = st.integers(0, 360).map(lambda minute: START_US + minute * MINUTE_US)
    return st.dictionaries(instants, st.sampled_from(["", *RANK, "fault", "batt-low", "no such thing"]), max_size=5)


def tellings(play: Play) -> list[tuple[int, str, int, Reason, int]]:
    return [(now_us, call.rung, call.due_at_us, call.reason, call.attempt) for now_us, call in play.calls]


@settings(max_examples=150, deadline=None)
@given(stories(), acknowledgements())
def test_asking_every_minute_and_asking_only_when_due_tell_the_same(story: Story, noted: dict[int, str]) -> None:
    until_us = START_US + HOURS_6_US
    often = Play(story, acknowledgements=noted).every(MINUTE_US, until_us)
    seldom = Play(story, acknowledgements=noted).when_due(until_us)
    assert tellings(often) == tellings(seldom)


@settings(max_examples=100, deadline=None)
@given(stories(), acknowledgements())
def test_nothing_is_untold_and_nothing_is_told_before_it_is_due(story: Story, noted: dict[int, str]) -> None:
    play = Play(story, acknowledgements=noted).when_due(START_US + HOURS_6_US)
    counts: dict[str, int] = {}
    for turn in play.turns:
        for rung in turn.state.rungs:
            assert rung.told >= counts.get(rung.rung, 0)
            counts[rung.rung] = rung.told
    attempts: dict[str, int] = {}
    for now_us, call in play.calls:
        assert call.due_at_us <= now_us
        assert call.attempt == attempts.get(call.rung, 0) + 1
        attempts[call.rung] = call.attempt
    assert attempts == {rung: told for rung, told in counts.items() if told}


@settings(max_examples=100, deadline=None)
@given(stories(), acknowledgements())
def test_nobody_is_told_while_flow_is_confirmed_or_a_hold_is_in_force(story: Story, noted: dict[int, str]) -> None:
    play = Play(story, acknowledgements=noted).every(MINUTE_US, START_US + HOURS_6_US)
    for now_us, _ in play.calls:
        view = story.view(now_us)
        assert view.is_max_running
        assert not view.is_held


@settings(max_examples=100, deadline=None)
@given(stories(), acknowledgements())
def test_an_acknowledgement_never_silences_past_the_next_rung(story: Story, noted: dict[int, str]) -> None:
    until_us = START_US + HOURS_6_US
    free = Play(story).when_due(until_us)
    play = Play(story, acknowledgements=noted).when_due(until_us)
    news = [call for call in tellings(play) if call[3] is not Reason.REPEAT and call[1] in DUE_BY_TIME_ALONE]
    free_news = [call for call in tellings(free) if call[3] is not Reason.REPEAT and call[1] in DUE_BY_TIME_ALONE]
    assert [call[:3] for call in news] == [call[:3] for call in free_news]
    # Every page that waits for an acknowledgement is sent again with the first telling of a higher rung.
    for now_us, call in play.calls:
        if call.attempt > 1 or not RANK[call.rung] > RANK["on-call-nurse"]:
            continue
        pages = [page_us for page_us, page in play.calls if page.rung == "on-call-nurse"]
        if any(page_us < now_us - 5 * MINUTE_US for page_us in pages):
            assert any(now_us - 5 * MINUTE_US < page_us <= now_us for page_us in pages)


@settings(max_examples=100, deadline=None)
@given(stories(), acknowledgements())
def test_the_on_call_nurse_is_paged_half_an_hour_after_detection_whoever_took_note(
    story: Story, noted: dict[int, str]
) -> None:
    play = Play(story, acknowledgements=noted).when_due(START_US + 2 * HOURS_6_US)
    if story.detected_us is None:
        return
    due_us = story.detected_us + 30 * MINUTE_US
    view = story.view(due_us)
    if view.mark is None and view.is_max_running and not view.is_held:
        assert any(call.rung == "on-call-nurse" and now_us <= due_us for now_us, call in play.calls)


@settings(max_examples=100, deadline=None)
@given(stories(), st.lists(st.integers(1, 60), max_size=12))
def test_a_page_is_never_followed_on_its_heels_however_late_anybody_asks(story: Story, steps: list[int]) -> None:
    play = Play(story)
    now_us = story.noticed_us()
    for step in steps:
        turn = play.ask(now_us)
        assert turn.next_at_us is None or turn.next_at_us > now_us
        now_us += step * MINUTE_US
    last_us: dict[str, int] = {}
    for told_us, call in play.calls:
        if call.reason is Reason.REPEAT:
            assert told_us - last_us[call.rung] >= 2.5 * MINUTE_US
        last_us[call.rung] = told_us
