"""The clock is synchronised: whole states and effects, to the microsecond."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from monitor.interruption.alarms import AlertPriority
from monitor.interruption.downtime import TOO_LATE, _newest_us, _parted, restarted, synchronised, with_off_patient
from monitor.interruption.effects import AlertResolved, Effect, EvidenceAdmitted, EvidenceDoubted
from monitor.interruption.events import ClockSynchronised, MarkKind, MonitorRestarted
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.evidence_log import admit, closed_log
from monitor.interruption.off_patient import OffPatient
from monitor.interruption.offtime import Fold, Group, OpenStop
from monitor.interruption.policy import Policy
from monitor.interruption.pump_clock import PumpClock
from monitor.interruption.state import Alert, Course, Hold, Incident, Mark, Past, PumpState
from watched import BLINATUMOMAB, minutes

FLOW, NO_FLOW, DOUBT = EvidenceKind.FLOW, EvidenceKind.NO_FLOW, EvidenceKind.DOUBT

POLICY = Policy("p1", BLINATUMOMAB)

BACK_US = minutes(61)
"""When the monitor was back, by its own time."""

BY_US = minutes(50) + 1
"""By how much that lagged."""


def piece(kind: EvidenceKind, from_us: int, to_us: int | None = None, **fields: Any) -> Evidence:
    return Evidence(kind, from_us, **{"to_us": from_us if to_us is None else to_us, "earliest_us": from_us, **fields})


def pump(*evidence: Evidence, base: Fold | None = None, **fields: Any) -> PumpState:
    state = PumpState(**{"enrolled_at_us": 5, "fold": base or Fold(), "base": base or Fold(), **fields})
    for one in evidence:
        state = admit(state, one, BLINATUMOMAB)
    return state


def heard_on(state: PumpState, *evidence: Evidence) -> PumpState:
    for one in evidence:
        state = admit(state, one, BLINATUMOMAB)
    return state


def restart(state: PumpState, at_us: int = BACK_US) -> PumpState:
    event = MonitorRestarted(at_us=at_us, down_from_us=minutes(60), is_downtime_known=False)
    return restarted(state, event, POLICY, [])


def synchronise(state: PumpState, by_us: int = BY_US, back_us: int = BACK_US) -> tuple[PumpState, list[Effect]]:
    effects: list[Effect] = []
    event = ClockSynchronised(at_us=minutes(200), down_from_us=minutes(60), down_to_us=back_us + by_us, moved_us=by_us)
    return synchronised(state, event, POLICY, effects), effects


RUN = (piece(FLOW, 0), piece(FLOW, minutes(10)), piece(FLOW, minutes(20)))

SEEN = EvidenceAdmitted(kind="clock-synchronised", about_us=minutes(60), detail="down for 3060 s at most")


def test_after_an_unknown_downtime_it_is_what_it_would_have_been() -> None:
    state = heard_on(restart(pump(*RUN)), piece(NO_FLOW, BACK_US), piece(NO_FLOW, minutes(65)))
    found, effects = synchronise(state)
    expected = pump(*RUN, piece(NO_FLOW, BACK_US + BY_US), piece(NO_FLOW, minutes(65) + BY_US))
    assert replace(found, evidence=closed_log(found)) == replace(
        expected, evidence=closed_log(expected), tail_samples=found.tail_samples, next_alert=2
    )
    (alert,) = state.alerts
    assert effects == [SEEN, AlertResolved(alert=replace(alert, resolved_at_us=minutes(200)))]


def test_what_was_heard_late_meanwhile_counts_as_well() -> None:
    state = heard_on(restart(pump(*RUN)), piece(NO_FLOW, minutes(70)), piece(DOUBT, minutes(66)))
    found, effects = synchronise(state)
    expected = pump(*RUN, piece(DOUBT, minutes(66) + BY_US), piece(NO_FLOW, minutes(70) + BY_US))
    assert (found.fold, found.evidence, found.base) == (expected.fold, expected.evidence, expected.base)
    assert len(effects) == 2


def test_where_nothing_was_heard_before_or_since_nothing_but_the_reckoned_flow_is_left() -> None:
    reckoned = Fold(flow_from_us=5, last_flow_us=5, reckoned_at_us=5)
    found, effects = synchronise(restart(pump(base=reckoned)))
    assert (found.fold, found.base, found.evidence) == (reckoned, reckoned, ())
    assert len(effects) == 2


def test_after_a_downtime_that_was_thought_short_what_was_heard_since_is_that_much_later() -> None:
    state = pump(*RUN, piece(NO_FLOW, minutes(59)), piece(NO_FLOW, BACK_US, rate_ul_per_h=1))
    found, effects = synchronise(state)
    expected = pump(*RUN, piece(NO_FLOW, minutes(59)), piece(NO_FLOW, BACK_US + BY_US, rate_ul_per_h=1))
    assert found == expected
    assert effects == [SEEN]


@pytest.mark.parametrize(("base_us", "is_amended"), [(BACK_US - 1, True), (BACK_US, False)])
def test_what_was_folded_for_good_before_the_downtime_is_no_hindrance(base_us: int, is_amended: bool) -> None:  # noqa: FBT001 - a case of the table
    base = Fold(flow_from_us=0, last_flow_us=base_us)
    _, effects = synchronise(pump(piece(NO_FLOW, minutes(70)), base=base))
    assert effects == [SEEN] if is_amended else [SEEN, EvidenceDoubted(why=TOO_LATE)]


def test_too_late_the_clock_stays_as_wide_as_it_is_and_is_put_on() -> None:
    base = Fold(flow_from_us=0, last_flow_us=BACK_US)
    last = piece(NO_FLOW, minutes(70))
    state = pump(piece(FLOW, minutes(65)), last, base=base)
    found, effects = synchronise(state)
    assert effects == [SEEN, EvidenceDoubted(why=TOO_LATE)]
    moved = piece(FLOW, minutes(65) + BY_US), piece(NO_FLOW, minutes(70) + BY_US)
    stop = OpenStop(minutes(65) + BY_US, minutes(70) + BY_US, minutes(70) + BY_US)
    assert state.fold.stop is not None
    assert found == replace(
        state,
        fold=replace(
            state.fold,
            last_flow_us=minutes(65) + BY_US,
            stop=replace(
                state.fold.stop,
                onset_earliest_us=stop.onset_earliest_us,
                onset_latest_us=stop.onset_latest_us,
                certain_to_us=stop.certain_to_us,
            ),
        ),
        base=replace(base, last_flow_us=BACK_US + BY_US),
        evidence=moved,
        tail_to_us=minutes(70) + BY_US,
    )


def test_too_late_what_lies_before_the_downtime_stays_where_it_was() -> None:
    base = Fold(flow_from_us=0, last_flow_us=minutes(30))
    state = pump(piece(NO_FLOW, minutes(40)), base=base)
    doubted = replace(state, fold=replace(state.fold, checked_us=1))
    found, effects = synchronise(doubted)
    assert effects == [SEEN, EvidenceDoubted(why=TOO_LATE)]
    assert found == doubted


def test_what_a_review_or_a_plan_took_out_of_the_clock_does_not_come_back() -> None:
    state = restart(pump(*RUN))
    for changed in (
        replace(state, completed_at_us=minutes(59)),
        replace(state, fold=replace(state.fold, stop=None)),
        replace(state, base=replace(state.base, checked_us=5), fold=replace(state.fold, checked_us=5)),
    ):
        found, effects = synchronise(changed)
        assert effects[-1] == EvidenceDoubted(why=TOO_LATE)
        assert found.undated is None


def test_a_stretch_off_the_patient_is_put_on_and_known_to_the_clock_of_before() -> None:
    state = restart(pump(*RUN))
    off = (OffPatient(minutes(30), minutes(62)),)
    state = replace(
        state,
        fold=replace(state.fold, off_patient=off),
        base=replace(state.base, off_patient=off),
        undated=state.undated and replace(state.undated, doubted=replace(state.base, off_patient=off)),
    )
    found, _ = synchronise(state)
    moved = (OffPatient(minutes(30), minutes(62) + BY_US),)
    assert found.base == Fold(off_patient=moved)
    assert found.fold.off_patient == moved


def test_a_stretch_off_the_patient_is_made_known_to_all_clocks_that_there_are() -> None:
    off = (OffPatient(minutes(62)),)
    state = restart(pump(*RUN))
    assert state.undated is not None
    doubted = replace(state.base, off_patient=off)
    undated = replace(state.undated, doubted=doubted, base=Fold(off_patient=off))
    found = with_off_patient(state, off)
    assert found == replace(state, fold=replace(state.fold, off_patient=off), base=doubted, undated=undated)
    assert with_off_patient(pump(), off) == pump(base=Fold(off_patient=off))


def test_all_that_the_monitor_dated_since_the_start_is_put_on() -> None:
    incident = Incident(number=1, opened_at_us=BACK_US - 1, noticed_at_us=BACK_US)
    alert = Alert(number=1, code="batt-low", priority=AlertPriority.LOW, raised_at_us=BACK_US)
    mark = Mark(
        kind=MarkKind.BAG_CHANGE, by="n", at_us=BACK_US, quiet_until_us=BACK_US + 1, window_until_us=BACK_US + 2
    )
    hold = Hold(reason="x", by="d", at_us=BACK_US, until_us=BACK_US + 1)
    past = Past(closed_us=BACK_US, fold=Fold(), base=Fold(), evidence=(piece(FLOW, BACK_US),))
    clock = PumpClock(1, 2, 3, 4, 5, 6)
    state = PumpState(
        enrolled_at_us=BACK_US,
        fold=Fold(),
        base=Fold(),
        last_contact_at_us=BACK_US,
        incidents=(incident,),
        alerts=(alert,),
        mark=mark,
        hold=hold,
        last_hold=replace(hold, ended_at_us=BACK_US + 3),
        course=Course(began_us=BACK_US, counted_us=BACK_US - 1),
        completed_at_us=BACK_US,
        contradicted_at_us=BACK_US,
        pasts=(past, replace(past, closed_us=BACK_US - 1)),
        pump_clock=clock,
    )
    at_us = BACK_US + BY_US
    later = replace(
        state,
        enrolled_at_us=at_us,
        last_contact_at_us=at_us,
        incidents=(replace(incident, noticed_at_us=at_us),),
        alerts=(replace(alert, raised_at_us=at_us),),
        mark=replace(mark, at_us=at_us, quiet_until_us=at_us + 1, window_until_us=at_us + 2),
        hold=replace(hold, at_us=at_us),
        last_hold=replace(hold, at_us=at_us, ended_at_us=at_us + 3),
        course=Course(began_us=at_us, counted_us=BACK_US - 1),
        completed_at_us=at_us,
        contradicted_at_us=at_us,
        pasts=(
            replace(past, closed_us=at_us, evidence=(piece(FLOW, at_us),)),
            replace(past, closed_us=BACK_US - 1, evidence=(piece(FLOW, at_us),)),
        ),
        pump_clock=PumpClock(steps=6),
    )
    assert synchronise(state)[0] == later
    assert synchronise(state, 0)[0] == state, "where it did not lag nothing is put on"
    early = replace(
        state, **dict.fromkeys(("last_contact_at_us", "completed_at_us", "contradicted_at_us"), BACK_US - 1)
    )
    found = synchronise(early)[0]
    assert (found.last_contact_at_us, found.completed_at_us, found.contradicted_at_us) == (BACK_US - 1,) * 3
    bare = replace(state, **dict.fromkeys(("last_contact_at_us", "completed_at_us", "contradicted_at_us")))
    found = synchronise(bare)[0]
    assert (found.last_contact_at_us, found.completed_at_us, found.contradicted_at_us) == (None, None, None)


def test_of_a_long_downtime_every_second_is_told() -> None:
    effects: list[Effect] = []
    event = ClockSynchronised(at_us=minutes(200), down_from_us=0, down_to_us=500_000_600_000)
    synchronised(pump(), event, POLICY, effects)
    assert effects == [
        EvidenceAdmitted(kind="clock-synchronised", about_us=0, detail="down for 500001 s at most"),
    ]


@pytest.mark.parametrize(
    ("kind", "span", "down_from_us", "parts"),
    [
        (FLOW, (60, 200), 100, ((60, 100), (150, 200))),
        (FLOW, (60, 200), 140, ((60, 130), (160, 200))),
        (FLOW, (135, 155), 140, ((135, 135), (155, 155))),
        (FLOW, (149, 150), 100, ((149, 149), (150, 150))),
        (NO_FLOW, (60, 200), 100, ((60, 100), (200, 200))),
    ],
)
def test_a_stretch_over_a_downtime_is_parted_where_silence_allows(
    kind: EvidenceKind, span: tuple[int, int], down_from_us: int, parts: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    whole = piece(kind, *span, earliest_us=7, unsure_us=3, counter_ul=1, counter_to_ul=2, device_us=9, samples=b"x")
    earlier, later = piece(DOUBT, 1, 149), piece(DOUBT, 150, 300)
    before, after = _parted((earlier, whole, later), down_from_us, 150, 20)
    (first, second) = parts
    assert before == [earlier, Evidence(kind, *first, 7, unsure_us=3)]
    assert after == [Evidence(kind, *second, second[0], unsure_us=3), later]


def test_the_newest_instant_of_a_clock_is_the_newest_of_all_that_it_went_past() -> None:
    group = Group(1, 70, 1, 0, 1, 0)
    assert _newest_us(Fold()) == 0
    assert _newest_us(Fold(last_flow_us=50, flow_from_us=40)) == 50
    assert _newest_us(Fold(last_flow_us=50, flow_from_us=60)) == 60
    assert _newest_us(Fold(last_flow_us=50, flow_from_us=60, group=group)) == 70
    assert _newest_us(Fold(last_flow_us=50, done=(group, replace(group, flow_us=65)))) == 70
    assert _newest_us(Fold(last_flow_us=50, done=(replace(group, flow_us=80),), group=group)) == 80
    assert _newest_us(Fold(last_flow_us=90, stop=OpenStop(1, 2, 95), group=group)) == 95
