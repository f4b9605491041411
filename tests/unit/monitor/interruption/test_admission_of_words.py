"""Which words of a pump may count: not outside the course, not behind a person's word, not what is settled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from clock_parts import minute
from drivers.contract import DeliveryStatus, LogCovered, LogEvent, LogEventObserved, Observation, StatusObserved
from monitor.interruption.alarms import AlertPriority, OwnCode
from monitor.interruption.effects import AlertRaised, Effect, EvidenceAdmitted, EvidenceDoubted, Told
from monitor.interruption.events import FreeInterval, Order
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.evidence_log import without_certainty
from monitor.interruption.hearing import hear
from monitor.interruption.offtime import Fold, OpenStop
from monitor.interruption.policy import SECOND_US, Policy
from monitor.interruption.pump_clock import PumpClock
from monitor.interruption.state import Alert, PumpState
from watched import BLINATUMOMAB

POLICY = Policy("p1", BLINATUMOMAB)
NOW_US = minute(0)
DEVICE_AT = datetime(2031, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DEVICE_US = (DEVICE_AT - EPOCH) // timedelta(microseconds=1)

DELIVERING, STANDING, KVO = DeliveryStatus.DELIVERING, DeliveryStatus.NOT_DELIVERING, DeliveryStatus.KVO

replace = msgspec.structs.replace


def state_of(**changes: Any) -> PumpState:
    """Return the state of a pump of which no evidence is known but these."""
    fields: dict[str, Any] = {"fold": Fold(), "base": Fold(), "last_contact_at_us": NOW_US}
    return PumpState(enrolled_at_us=0, **{**fields, **changes})


def said(state: PumpState, word: Observation) -> tuple[PumpState, list[Effect]]:
    """Return the state and the effects after a word."""
    effects: list[Effect] = []
    return hear(state, word, NOW_US, POLICY, effects), effects


def entry(event: LogEvent, *, age_s: float = 0, **fields: Any) -> LogEventObserved:
    """Return an entry of the log."""
    return LogEventObserved(event=event, age_s=age_s, **fields)


START, STOP = LogEvent.DELIVERY_START, LogEvent.DELIVERY_STOP


def test_what_was_held_up_keeps_what_the_pumps_clock_said_of_its_instant() -> None:
    state, _ = said(state_of(), entry(STOP, age_s=60, age_max_s=30, device_at=DEVICE_AT))
    at_us = NOW_US - 60 * SECOND_US
    assert state.evidence == (
        Evidence(
            EvidenceKind.STOP,
            at_us,
            at_us,
            at_us - 30 * SECOND_US,
            unsure_us=30 * SECOND_US,
            device_us=DEVICE_US - 60 * SECOND_US,
        ),
    )


def test_what_was_not_held_up_or_came_without_a_clock_keeps_no_word_of_one() -> None:
    live, _ = said(state_of(), entry(STOP, age_s=60, device_at=DEVICE_AT))
    clockless, _ = said(state_of(), entry(STOP, age_s=60, age_max_s=30))
    assert [piece.device_us for piece in (*live.evidence, *clockless.evidence)] == [None, None]


@pytest.mark.parametrize(
    ("event", "kind"), [(START, "run"), (STOP, "stop"), (LogEvent.POWER_OFF, "stop"), (LogEvent.POWER_ON, "no-flow")]
)
def test_evidence_is_on_record_by_its_kind_and_the_instant_it_is_about(event: LogEvent, kind: str) -> None:
    known = state_of(fold=Fold(last_flow_us=minute(-50)))
    _, effects = said(known, entry(event, age_s=60))
    assert effects == [EvidenceAdmitted(kind=kind, about_us=minute(-1), detail=f"event:{event}")]


def test_what_only_repeats_is_not_on_record_again_but_reaches_on() -> None:
    first = Evidence(EvidenceKind.NO_FLOW, minute(-5), minute(-5), minute(-5))
    stop = OpenStop(minute(-5), minute(-5), minute(-5))
    before = state_of(fold=Fold(stop=stop), evidence=(first,), tail_to_us=minute(-5))
    state, effects = said(before, StatusObserved(delivery=STANDING))
    assert (state.evidence, state.tail_to_us, effects) == ((first,), NOW_US, [])


@pytest.mark.parametrize("age_s", [60, 0])
def test_a_word_about_an_instant_outside_the_course_moves_nothing(age_s: float) -> None:
    over = state_of(order=Order(starts_at_us=minute(-9), ends_at_us=minute(-2)), completed_at_us=minute(-2))
    assert said(over, entry(STOP, age_s=age_s)) == (over, [])
    early = state_of(order=Order(starts_at_us=NOW_US + 1))
    assert said(early, entry(STOP, age_s=age_s)) == (early, [])


@pytest.mark.parametrize("delivery", [DELIVERING, KVO])
def test_behind_a_persons_word_that_nothing_flows_a_mere_status_says_nothing(delivery: DeliveryStatus) -> None:
    before = state_of(contradicted_at_us=NOW_US)
    state, effects = said(before, StatusObserved(delivery=delivery))
    assert state == replace(before, delivery=delivery)
    assert effects == []


def test_a_status_about_the_time_before_a_persons_word_counts_and_leaves_that_word_standing() -> None:
    state, effects = said(state_of(contradicted_at_us=NOW_US), StatusObserved(delivery=DELIVERING, age_s=1e-6))
    assert [piece.kind for piece in state.evidence] == [EvidenceKind.FLOW]
    assert (state.contradicted_at_us, len(effects)) == (NOW_US, 1)


@pytest.mark.parametrize(
    "word", [StatusObserved(delivery=STANDING), entry(STOP), entry(START)], ids=["stands", "stops", "starts"]
)
def test_a_pump_that_stops_or_starts_after_a_persons_word_is_believed_again(word: Observation) -> None:
    state, effects = said(state_of(contradicted_at_us=NOW_US), word)
    assert (state.contradicted_at_us, len(state.evidence), len(effects)) == (None, 1, 1)


SETTLED = Fold(
    flow_from_us=minute(-3000), last_flow_us=minute(-60), stop=OpenStop(minute(-90), minute(-80), minute(-70))
)
RAN_ON = Evidence(EvidenceKind.FLOW, minute(-60), minute(-60), minute(-60))
OLD = {"fold": SETTLED, "base": SETTLED, "evidence": (RAN_ON,), "tail_to_us": minute(-60)}


@pytest.mark.parametrize(("event", "kind"), [(STOP, EvidenceKind.STOP), (START, EvidenceKind.RUN)])
def test_a_word_too_old_to_amend_anything_is_an_alert_and_takes_certainty_away(
    event: LogEvent, kind: EvidenceKind
) -> None:
    before = state_of(**OLD)
    about_us = minute(-75)
    raised = Alert(number=1, code=OwnCode.LATE_EVIDENCE, priority=AlertPriority.MEDIUM, raised_at_us=NOW_US)
    state, effects = said(before, entry(event, age_s=75 * 60))
    alarmed = replace(before, alerts=(raised,), next_alert=2)
    assert state == without_certainty(alarmed, Evidence(kind, about_us, about_us, about_us))
    assert (state.fold == before.fold) is (event is STOP)
    assert effects == [
        EvidenceDoubted(why=f"older than what can still be amended: event:{event}"),
        AlertRaised(alert=raised, detail=f"event:{event}"),
    ]


def test_a_word_about_the_first_instant_that_may_still_be_amended_counts() -> None:
    state, effects = said(state_of(**OLD), entry(STOP, age_s=60 * 60))
    assert [type(effect) for effect in effects] == [EvidenceAdmitted]
    assert len(state.evidence) == 2
    assert state.alerts == ()


def test_a_word_too_old_about_a_time_in_which_nothing_was_to_flow_says_nothing() -> None:
    free = (FreeInterval(minute(-76), minute(-74)),)
    before = state_of(**OLD, order=Order(free=free))
    assert said(before, entry(STOP, age_s=75 * 60)) == (before, [])
    assert len(said(before, entry(STOP, age_s=77 * 60))[1]) == 2


def test_a_log_too_old_to_amend_anything_is_told_when_it_was_heard() -> None:
    before = state_of(**{**OLD, "evidence": ()})
    raised = Alert(number=1, code=OwnCode.LATE_EVIDENCE, priority=AlertPriority.MEDIUM, raised_at_us=NOW_US)
    state, effects = said(before, LogCovered(covered_s=6000, age_s=4500))
    assert state.alerts == (raised,)
    assert effects[-1] == AlertRaised(alert=raised, detail="log-covered")


def test_a_live_word_of_a_steady_clock_dates_anew_what_was_held_up_before() -> None:
    clock = PumpClock(low_us=0, high_us=1, at_us=minute(-30), since_us=minute(-600), count=9)
    held = Evidence(
        EvidenceKind.STOP,
        minute(-20),
        minute(-20),
        minute(-40),
        unsure_us=20 * 60 * SECOND_US,
        device_us=minute(-35) + 7,
    )
    ran = Evidence(EvidenceKind.FLOW, minute(-50), minute(-50), minute(-50))
    before = state_of(
        pump_clock=clock, evidence=(ran, held), tail_to_us=minute(-20), fold=Fold(last_flow_us=minute(-50))
    )
    word = StatusObserved(delivery=DeliveryStatus.TRANSITIONING, device_at=EPOCH + timedelta(microseconds=NOW_US + 7))
    state, effects = said(before, word)
    dated = state.evidence[-1]
    assert minute(-36) < dated.at_us < minute(-34)
    assert effects == []


def test_a_clock_that_was_set_by_a_minute_is_told() -> None:
    clock = PumpClock(low_us=0, high_us=0, at_us=minute(-2), since_us=minute(-600), count=9)
    word = StatusObserved(delivery=DeliveryStatus.TRANSITIONING, device_at=EPOCH + timedelta(microseconds=minute(2)))
    _, effects = said(state_of(pump_clock=clock), word)
    assert [type(effect) for effect in effects] == [Told]


@pytest.mark.parametrize(("beyond_us", "counts"), [(0, True), (1, False)])
def test_words_from_longer_before_the_watch_than_may_be_amended_are_doubted_and_move_nothing(
    beyond_us: int, *, counts: bool
) -> None:
    before = replace(state_of(), enrolled_at_us=NOW_US + beyond_us)
    state, effects = said(before, entry(STOP, age_s=BLINATUMOMAB.amend_us / SECOND_US))
    assert (state == before) is not counts
    doubted = EvidenceDoubted(why="long before the pump came under watch: event:delivery-stop")
    admitted = EvidenceAdmitted(kind="stop", about_us=NOW_US - BLINATUMOMAB.amend_us, detail="event:delivery-stop")
    assert effects == [admitted if counts else doubted]
