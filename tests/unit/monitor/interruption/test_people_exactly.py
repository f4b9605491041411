"""What people do, whole states and whole effects compared: who said what, and what it changes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clock_parts import THERAPY, flow, minute, told
from drivers.contract import DeliveryStatus
from monitor.interruption.alarms import OwnCode
from monitor.interruption.alerts import raise_alert
from monitor.interruption.effects import (
    AlertAcknowledged,
    AlertResolved,
    Effect,
    EvidenceAdmitted,
    PersonActed,
    RungAcknowledged,
)
from monitor.interruption.events import Acknowledged, Marked, MarkKind, Reported, Role, Swapped
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.evidence_log import admit
from monitor.interruption.folding import refold
from monitor.interruption.off_patient import OffPatient
from monitor.interruption.offtime import Fold
from monitor.interruption.people import REPORT_RUNNING, REPORT_STOPPED, acknowledged, marked, reported, swapped
from monitor.interruption.policy import MINUTE_US, Policy
from monitor.interruption.state import Bag, Course, Mark, PumpState

replace = msgspec.structs.replace

POLICY = Policy("p1", THERAPY)
RUN = flow(minute(0), to_us=minute(60))
AT_US = minute(70)
QUIET_US, LONGEST_US = 20 * MINUTE_US, 30 * MINUTE_US


def running(*evidence: Evidence, **changes: Any) -> PumpState:
    kept = evidence or (RUN,)
    state = PumpState(
        enrolled_at_us=0, fold=refold(Fold(), kept, THERAPY), base=Fold(), evidence=kept, tail_to_us=kept[-1].to_us
    )
    return replace(state, **changes)


def mark(kind: MarkKind, quiet_us: int | None = None, role: Role = Role.CAREGIVER, note: str = "") -> Marked:
    return Marked(at_us=AT_US, mark=kind, by="b", role=role, quiet_us=quiet_us, note=note)


@pytest.mark.parametrize(
    ("role", "asked_us", "quiet_us", "window_us"),
    [
        (Role.CAREGIVER, None, QUIET_US, LONGEST_US),
        (Role.CAREGIVER, LONGEST_US - 1, LONGEST_US - 1, LONGEST_US),
        (Role.CAREGIVER, LONGEST_US + 1, LONGEST_US, LONGEST_US),
        (Role.VIEWER, LONGEST_US + 1, LONGEST_US, LONGEST_US),
        (Role.CAREGIVER, -1, 0, LONGEST_US),
        (Role.NURSE, None, QUIET_US, LONGEST_US),
        (Role.NURSE, LONGEST_US + 1, LONGEST_US + 1, LONGEST_US + 1),
        (Role.CLINICIAN, LONGEST_US + 1, LONGEST_US + 1, LONGEST_US + 1),
        (Role.ADMIN, 5, 5, 5),
        (Role.NURSE, 0, 0, 0),
        (Role.NURSE, -1, 0, 0),
    ],
)
def test_a_planned_mark_is_quiet_for_as_long_as_its_author_may_set(
    role: Role, asked_us: int | None, quiet_us: int, window_us: int
) -> None:
    effects: list[Effect] = []
    state = running(course=Course(began_us=0, bag=Bag(hung_us=5)))
    found = marked(state, mark(MarkKind.MAINTENANCE, asked_us, role, "n"), POLICY, effects)
    quiet = Mark(
        kind=MarkKind.MAINTENANCE,
        by="b",
        at_us=AT_US,
        quiet_until_us=AT_US + quiet_us,
        window_until_us=AT_US + window_us,
    )
    assert found == replace(state, mark=quiet), "nothing else: the bag that hangs is the same"
    assert effects == [PersonActed(what="mark:maintenance", by="b", detail="n")]


def test_a_bag_change_hangs_another_bag() -> None:
    state = running(course=Course(began_us=0, bag=Bag(hung_us=5)))
    found = marked(state, mark(MarkKind.BAG_CHANGE), POLICY, [])
    assert found.course is not None
    assert found.course.bag is not None
    assert found.course.bag.hung_us == AT_US
    assert found.mark is not None
    assert found.mark.kind is MarkKind.BAG_CHANGE


@pytest.mark.parametrize(("off", "contradicted_us"), [((), None), ((OffPatient(minute(65)),), AT_US)])
@pytest.mark.parametrize("is_marked", [True, False])
def test_a_person_who_sees_it_flow_is_evidence_and_believes_the_pump_unless_the_line_is_off(
    off: tuple[OffPatient, ...], contradicted_us: int | None, *, is_marked: bool
) -> None:
    effects: list[Effect] = []
    state = running(contradicted_at_us=minute(61))
    state = replace(state, fold=replace(state.fold, off_patient=off), base=replace(state.base, off_patient=off))
    if is_marked:
        found = marked(state, mark(MarkKind.FLOW_CHECKED), POLICY, effects)
    else:
        found = reported(state, Reported(at_us=AT_US, running=True, by="b"), POLICY, effects)
    seen = Evidence(EvidenceKind.PERSON_FLOW, AT_US, AT_US, AT_US)
    assert found == admit(replace(state, contradicted_at_us=contradicted_us), seen, THERAPY)
    assert found.evidence[-1] == seen
    what = "mark:flow-checked" if is_marked else "report:running"
    assert effects == [PersonActed(what=what, by="b"), EvidenceAdmitted(kind="person-flow", about_us=AT_US)]


def test_a_report_that_it_stands_without_since_when_is_what_the_pumps_own_status_would_be() -> None:
    effects: list[Effect] = []
    state = running(delivery=DeliveryStatus.DELIVERING)
    found = reported(state, Reported(at_us=AT_US, running=False, by="b"), POLICY, effects)
    seen = Evidence(EvidenceKind.NO_FLOW, AT_US, AT_US, AT_US)
    assert found == admit(state, seen, THERAPY)
    assert found.evidence[-1] == seen
    assert effects == [
        PersonActed(what=REPORT_STOPPED, by="b"),
        EvidenceAdmitted(kind="no-flow", about_us=AT_US),
    ]
    assert (REPORT_STOPPED, REPORT_RUNNING) == ("report:stopped", "report:running")


@pytest.mark.parametrize(
    ("delivery", "since_us", "is_contradicted"),
    [
        (DeliveryStatus.DELIVERING, minute(60) - 1, True),
        (DeliveryStatus.DELIVERING, minute(60), False),
        (DeliveryStatus.NOT_DELIVERING, minute(60) - 1, False),
        (None, minute(60) - 1, False),
    ],
)
def test_a_pump_that_said_it_delivers_while_nothing_flowed_is_not_believed(
    delivery: DeliveryStatus | None, since_us: int, *, is_contradicted: bool
) -> None:
    effects: list[Effect] = []
    state = running(delivery=delivery)
    found = reported(state, Reported(at_us=AT_US, running=False, by="b", since_us=since_us), POLICY, effects)
    assert found.contradicted_at_us == (AT_US if is_contradicted else None)
    assert found.evidence[-1] == Evidence(EvidenceKind.PERSON_STOP, AT_US, AT_US, since_us)
    assert effects[-1] == EvidenceAdmitted(kind="person-stop", about_us=since_us)


def test_before_therapy_began_no_report_contradicts_the_pump() -> None:
    state = replace(running(), fold=Fold(), evidence=(), delivery=DeliveryStatus.DELIVERING)
    found = reported(state, Reported(at_us=AT_US, running=False, by="b", since_us=0), POLICY, [])
    assert found.contradicted_at_us is None


def test_a_since_that_is_still_to_come_is_now() -> None:
    found = reported(running(), Reported(at_us=AT_US, running=False, by="b", since_us=AT_US + 1), POLICY, [])
    assert found.evidence[-1].earliest_us == AT_US


@pytest.mark.parametrize("counter_ul", [1000, None])
def test_another_pump_is_trusted_from_its_first_number_and_its_counter_starts_from_nothing(
    counter_ul: int | None,
) -> None:
    effects: list[Effect] = []
    bag = {"counter_ul": counter_ul, "remaining_ul": 9, "read_to_us": minute(60)}
    state = running(replace(RUN, **bag), strange_serial="new", serial="old", boot="b", seq=7, seq_window=3)
    state = raise_alert(state, OwnCode.PUMP_CHANGED, minute(65), [])
    (alert,) = state.alerts
    found = swapped(state, Swapped(at_us=AT_US, serial="new", by="dr"), POLICY, effects)
    told_us = replace(state, serial="new", strange_serial=None, boot=None, seq=-1, seq_window=0, alerts=())
    other = Evidence(EvidenceKind.SWAPPED, AT_US, AT_US, AT_US)
    assert found == (told_us if counter_ul is None else admit(told_us, other, THERAPY))
    assert found.evidence == (state.evidence if counter_ul is None else (*state.evidence, other))
    assert effects == [
        PersonActed(what="swap", by="dr", detail="new"),
        AlertResolved(alert=replace(alert, resolved_at_us=AT_US)),
    ]


def test_a_pump_that_told_neither_counter_nor_bag_leaves_nothing_to_forget() -> None:
    state = running()
    assert swapped(state, Swapped(at_us=AT_US, serial="new", by="dr"), POLICY, []).evidence == state.evidence


@pytest.mark.parametrize(
    ("role", "is_done"), [(Role.NURSE, False), (Role.CLINICIAN, True), (Role.ADMIN, True), (Role.CAREGIVER, False)]
)
def test_an_item_to_look_at_is_done_when_a_clinician_has(role: Role, *, is_done: bool) -> None:
    effects: list[Effect] = []
    state = raise_alert(running(), OwnCode.LATE_EVIDENCE, minute(65), [])
    state = raise_alert(state, OwnCode.SILENT, minute(66), [])
    late, silent = state.alerts
    event = Acknowledged(at_us=AT_US, what=OwnCode.LATE_EVIDENCE, by="a", role=role)
    found = acknowledged(state, event, effects)
    noted = replace(late, acknowledged_by="a", acknowledged_at_us=AT_US)
    done = AlertResolved(alert=replace(noted, resolved_at_us=AT_US))
    assert found == replace(state, alerts=(silent,) if is_done else (noted, silent))
    assert effects == [
        AlertAcknowledged(alert=noted),
        RungAcknowledged(what="late-evidence", by="a"),
        *([done] if is_done else []),
    ]


def test_what_is_not_an_item_to_look_at_lasts_though_a_clinician_took_note() -> None:
    state = raise_alert(running(), OwnCode.SILENT, minute(66), [])
    event = Acknowledged(at_us=AT_US, what=OwnCode.SILENT, by="a", role=Role.CLINICIAN)
    (alert,) = acknowledged(state, event, []).alerts
    assert (alert.resolved_at_us, alert.acknowledged_by) == (None, "a")


def test_a_stop_of_another_kind_is_told_by_its_kind_in_the_journal() -> None:
    effects: list[Effect] = []
    state = running(RUN, told(EvidenceKind.NO_FLOW, minute(61)))
    marked(state, mark(MarkKind.DISCONNECT), POLICY, effects)
    assert effects[1:] == [EvidenceAdmitted(kind="person-stop", about_us=AT_US)]
