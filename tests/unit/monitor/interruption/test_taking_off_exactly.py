"""Taken off and put on again, whole states: what is believed, what is kept, and what is told."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clock_parts import THERAPY, flow, minute, told
from drivers.contract import DeliveryStatus
from monitor.interruption.alerts import raise_alert
from monitor.interruption.downtime import with_off_patient
from monitor.interruption.effects import Effect, EvidenceAdmitted, EvidenceDoubted
from monitor.interruption.events import Order
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.evidence_log import admit
from monitor.interruption.folding import refold
from monitor.interruption.off_patient import OffPatient
from monitor.interruption.offtime import Fold
from monitor.interruption.past import amended, closed, then
from monitor.interruption.policy import Policy
from monitor.interruption.state import PumpState
from monitor.interruption.taking_off import disconnected, person_evidence, reconnected, seen_flowing

replace = msgspec.structs.replace

POLICY = Policy("p1", THERAPY)
RUN = flow(minute(0), to_us=minute(60))
OFF_US, ON_US = minute(61), minute(80)


def running(**changes: Any) -> PumpState:
    state = PumpState(
        enrolled_at_us=0,
        fold=refold(Fold(), (RUN,), THERAPY),
        base=Fold(),
        evidence=(RUN,),
        tail_to_us=minute(60),
        delivery=DeliveryStatus.DELIVERING,
        rate_ml_per_h=5.0,
        last_contact_at_us=minute(60),
    )
    return replace(state, **changes)


def off(**changes: Any) -> PumpState:
    return replace(disconnected(running(), OFF_US, POLICY, []), **changes)


def person_stop(at_us: int) -> Evidence:
    return Evidence(EvidenceKind.PERSON_STOP, at_us, at_us, at_us)


def test_a_disconnect_is_a_stop_and_what_the_pump_says_from_then_on_is_not_believed() -> None:
    effects: list[Effect] = []
    state = running()
    found = disconnected(state, OFF_US, POLICY, effects)
    noted = with_off_patient(state, (OffPatient(OFF_US),))
    assert found == replace(admit(noted, person_stop(OFF_US), THERAPY), contradicted_at_us=OFF_US)
    assert found.evidence[-1] == person_stop(OFF_US)
    assert effects == [EvidenceAdmitted(kind="person-stop", about_us=OFF_US)]
    assert disconnected(found, minute(62), POLICY, effects) is found
    assert len(effects) == 1


def test_a_pump_that_stood_or_was_contradicted_before_the_disconnect_keeps_that() -> None:
    stood = admit(running(), told(EvidenceKind.NO_FLOW, minute(60.5)), THERAPY)
    assert disconnected(stood, OFF_US, POLICY, []).contradicted_at_us is None
    doubted = running(contradicted_at_us=minute(50))
    assert disconnected(doubted, OFF_US, POLICY, []).contradicted_at_us == minute(50)


def put_on(state: PumpState, stretches: tuple[OffPatient, ...], *, is_doubtful: bool) -> PumpState:
    expected = replace(with_off_patient(state, stretches), contradicted_at_us=None)
    if is_doubtful:
        expected = admit(expected, told(EvidenceKind.DOUBT, ON_US), THERAPY)
    return admit(expected, person_stop(ON_US), THERAPY)


@pytest.mark.parametrize(
    ("changes", "is_doubtful"),
    [
        ({}, False),
        ({"last_contact_at_us": OFF_US - 1, "delivery": DeliveryStatus.KVO}, False),
        ({"last_contact_at_us": OFF_US, "delivery": DeliveryStatus.KVO}, True),
        ({"last_contact_at_us": None, "delivery": DeliveryStatus.KVO}, False),
        ({"last_contact_at_us": OFF_US, "delivery": DeliveryStatus.NOT_DELIVERING}, False),
        ({"last_contact_at_us": OFF_US, "contradicted_at_us": None, "delivery": DeliveryStatus.KVO}, False),
        ({"last_contact_at_us": OFF_US, "rate_ml_per_h": 1.0, "order": Order(rate_ml_per_h=5)}, True),
        ({"last_contact_at_us": OFF_US, "rate_ml_per_h": 1.0, "order": None}, False),
        ({"last_contact_at_us": OFF_US, "rate_ml_per_h": 1.0, "order": Order()}, False),
    ],
)
def test_a_reconnect_is_doubtful_where_the_pump_last_said_so_while_it_was_off(
    changes: dict[str, Any], *, is_doubtful: bool
) -> None:
    effects: list[Effect] = []
    state = off(**changes)
    found = reconnected(state, ON_US, POLICY, effects)
    assert found == put_on(state, (OffPatient(OFF_US, ON_US),), is_doubtful=is_doubtful)
    kinds = ["doubt", "person-stop"] if is_doubtful else ["person-stop"]
    assert effects == [EvidenceAdmitted(kind=kind, about_us=ON_US) for kind in kinds]


def test_a_drip_that_is_therapy_is_not_doubtful() -> None:
    state = off(last_contact_at_us=OFF_US, delivery=DeliveryStatus.KVO)
    policy = Policy("p1", replace(THERAPY, kvo_counts=True))
    effects: list[Effect] = []
    reconnected(state, ON_US, policy, effects)
    assert len(effects) == 1


@pytest.mark.parametrize(
    ("code", "raised_us", "is_doubtful"),
    [
        ("flow-low", OFF_US, True),
        ("flow-low", OFF_US - 1, False),
        ("occl-up", OFF_US, False),
        ("silent", OFF_US, False),
    ],
)
def test_an_alarm_since_the_disconnect_that_may_stop_makes_a_reconnect_doubtful(
    code: str, raised_us: int, *, is_doubtful: bool
) -> None:
    state = raise_alert(off(last_contact_at_us=OFF_US), code, raised_us, [])
    assert reconnected(state, ON_US, POLICY, []) == put_on(state, (OffPatient(OFF_US, ON_US),), is_doubtful=is_doubtful)


def test_a_reconnect_without_a_disconnect_is_a_stop_of_no_known_length() -> None:
    state = running(contradicted_at_us=minute(50), last_contact_at_us=ON_US, delivery=DeliveryStatus.KVO)
    found = reconnected(state, ON_US, POLICY, [])
    doubt = admit(with_off_patient(state, (OffPatient(ON_US, ON_US),)), told(EvidenceKind.DOUBT, ON_US), THERAPY)
    assert found == admit(doubt, person_stop(ON_US), THERAPY)
    assert found.contradicted_at_us == minute(50), "nobody has seen it flow since somebody found it standing"


@pytest.mark.parametrize(("at_us", "kept_us"), [(OFF_US - 1, OFF_US - 1), (OFF_US, None), (OFF_US + 1, None)])
def test_what_contradicted_the_pump_before_it_was_off_stays(at_us: int, kept_us: int | None) -> None:
    assert reconnected(off(contradicted_at_us=at_us), ON_US, POLICY, []).contradicted_at_us == kept_us


def test_seen_flowing_the_pump_is_believed_but_not_from_a_line_that_is_off() -> None:
    assert seen_flowing(off(), ON_US) == off(contradicted_at_us=ON_US)
    assert seen_flowing(running(contradicted_at_us=5), ON_US) == running()


def test_after_the_end_a_persons_word_of_it_is_told_as_doubted() -> None:
    effects: list[Effect] = []
    state = running(completed_at_us=minute(65))
    assert person_evidence(state, EvidenceKind.PERSON_STOP, minute(70), minute(66), POLICY, effects) is state
    assert effects == [EvidenceDoubted(why="the planned therapy is complete")]


@pytest.mark.parametrize("told_us", [minute(100), minute(130)])
def test_a_persons_word_of_the_time_before_the_end_counts_there_as_far_as_the_end(told_us: int) -> None:
    effects: list[Effect] = []
    state = closed(running(), minute(120), THERAPY)
    found = person_evidence(state, EvidenceKind.PERSON_STOP, told_us, minute(90), POLICY, effects)
    before = then(state, minute(90))
    assert before is not None
    word = Evidence(EvidenceKind.PERSON_STOP, min(told_us, minute(120)), min(told_us, minute(120)), minute(90))
    assert found == amended(state, minute(90), admit(before, word, THERAPY), THERAPY)
    assert found.pasts[0].evidence == (RUN, word)
    assert effects == [EvidenceAdmitted(kind="person-stop", about_us=minute(90))]


def test_once_therapy_goes_on_it_counts_before_the_end_and_now() -> None:
    effects: list[Effect] = []
    running_again = flow(minute(300), to_us=minute(320))
    ended = closed(running(), minute(120), THERAPY)
    fold = Fold(flow_from_us=minute(300), last_flow_us=minute(320), done=ended.fold.done)
    state = replace(
        ended, completed_at_us=None, fold=fold, base=ended.base, evidence=(running_again,), tail_to_us=minute(320)
    )
    found = person_evidence(state, EvidenceKind.PERSON_STOP, minute(330), minute(90), POLICY, effects)
    assert found.pasts[0].evidence[-1].at_us == minute(120)
    assert found.evidence[-1] == Evidence(EvidenceKind.PERSON_STOP, minute(330), minute(330), minute(90))
    assert effects == [EvidenceAdmitted(kind="person-stop", about_us=minute(90))]
