"""A start under a clock that cannot be trusted: whole states and effects, to the microsecond."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from monitor.interruption.alarms import AlertPriority, OwnCode
from monitor.interruption.downtime import judged, restarted
from monitor.interruption.effects import AlertRaised, AlertResolved, Effect, EvidenceAdmitted
from monitor.interruption.events import MonitorRestarted, Order
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.evidence_log import admit, closed_log
from monitor.interruption.offtime import Fold, OpenStop
from monitor.interruption.policy import Policy, Threshold
from monitor.interruption.pump_clock import PumpClock
from monitor.interruption.samples import packed
from monitor.interruption.state import Alert, Incident, PumpState, Undated
from monitor.interruption.why import Why
from watched import BLINATUMOMAB, minutes

REACH_US = 1_000_001
"""The last threshold is met from here on; it is not inclusive."""

THERAPY = replace(BLINATUMOMAB, thresholds=(Threshold(500), Threshold(REACH_US - 1, inclusive=False)))

POLICY = Policy("p1", THERAPY)

RUN = Evidence(EvidenceKind.FLOW, 0, 0, 0)

AT_US = 2_000_000

SKEW = Alert(number=1, code=OwnCode.CLOCK_SKEW, priority=AlertPriority.MEDIUM, raised_at_us=AT_US)


def flowing(last_us: int = 900_000) -> PumpState:
    """Return a pump that was seen flowing from nothing to ``last_us``, twice, and told its clock."""
    state = admit(PumpState(enrolled_at_us=0, fold=Fold(), base=Fold()), RUN, THERAPY)
    state = admit(state, replace(RUN, at_us=last_us, to_us=last_us, earliest_us=last_us), THERAPY)
    return replace(state, pump_clock=PumpClock(1, 2, 3, 4, 5, 6))


def start(
    state: PumpState, at_us: int = AT_US, down_from_us: int = 950_000, *, known: bool = False
) -> tuple[PumpState, list[Effect]]:
    effects: list[Effect] = []
    event = MonitorRestarted(at_us=at_us, down_from_us=down_from_us, is_downtime_known=known)
    return restarted(state, event, POLICY, effects), effects


@pytest.mark.parametrize(
    ("down_us", "detail"),
    [(90_400_000, "down for 90 s"), (90_600_000, "down for 91 s"), (500_000_600_000, "down for 500001 s")],
)
def test_a_known_downtime_is_on_record_and_changes_nothing(down_us: int, detail: str) -> None:
    state = flowing()
    found, effects = start(state, 10_000_000 + down_us, 10_000_000, known=True)
    assert found == state
    assert effects == [EvidenceAdmitted(kind="monitor-restarted", about_us=10_000_000, detail=detail)]


ON_RECORD = EvidenceAdmitted(kind="monitor-restarted", about_us=950_000, detail="down for unknown time")


def test_where_nothing_flowed_yet_an_unknown_downtime_is_on_record_alone() -> None:
    state = replace(flowing(), fold=Fold(), base=Fold(), evidence=(), tail_to_us=0)
    assert start(state) == (state, [ON_RECORD])


def test_an_unknown_downtime_is_doubt_as_far_back_as_the_last_threshold_reaches() -> None:
    state = flowing()
    for at_us, onset_us, why in (
        (AT_US, 900_000, Why.FLOW_SEEN),
        (900_000 + REACH_US, 900_000, Why.FLOW_SEEN),
        (900_000 + REACH_US - 1, 899_999, Why.MONITOR_DOWN),
        (1_000_000, -1, Why.MONITOR_DOWN),
    ):
        found, effects = start(state, at_us)
        stop = OpenStop(onset_us, is_flow_claimed=True, earliest_why=why)
        doubted = replace(state.fold, stop=stop)
        doubt = Evidence(EvidenceKind.DOUBT, at_us, at_us, onset_us)
        kept = (replace(RUN, to_us=900_000, samples=packed([(0, None), (900_000, None)])),)
        alert = replace(SKEW, raised_at_us=at_us)
        assert found == replace(
            state,
            fold=doubted,
            base=doubted,
            evidence=(doubt,),
            tail_to_us=at_us,
            tail_samples=b"",
            alerts=(alert,),
            next_alert=2,
            pump_clock=PumpClock(steps=6),
            undated=Undated(doubted=doubted, doubt=doubt, base=Fold(), evidence=kept),
        )
        assert effects == [ON_RECORD, AlertRaised(alert=alert, detail="the downtime of the monitor is unknown")]


def test_how_far_back_depends_on_the_order_where_its_bag_sets_a_threshold() -> None:
    policy = Policy("p1", replace(THERAPY, volume_deficit_fraction=0.5))
    order = Order(rate_ml_per_h=5.0, bag_hours=1.0)
    event = MonitorRestarted(at_us=AT_US, down_from_us=AT_US, is_downtime_known=False)
    found = restarted(replace(flowing(), order=order), event, policy, [])
    assert found.fold.stop == OpenStop(AT_US - minutes(30) - 1, is_flow_claimed=True, earliest_why=Why.MONITOR_DOWN)


def test_what_a_witness_took_off_an_open_stop_is_counted_again_and_what_makes_it_less_certain_stays() -> None:
    was = OpenStop(
        950_000,
        960_000,
        970_000,
        is_silence=True,
        earliest_why=Why.LATENCY,
        latest_why=Why.STOP_SAID,
        ran_least_us=5,
        ran_most_us=7,
    )
    state = replace(flowing(), fold=replace(flowing().fold, stop=was))
    found, _ = start(state, AT_US)
    assert found.fold.stop == replace(was, is_silence=False, ran_least_us=0)
    found, _ = start(state, 1_500_000)
    expected = replace(was, onset_earliest_us=499_999, earliest_why=Why.MONITOR_DOWN, is_silence=False, ran_least_us=0)
    assert found.fold.stop == expected


def test_down_again_at_once_it_still_goes_back_to_before_the_first_downtime() -> None:
    first, _ = start(flowing())
    assert first.undated is not None
    again, effects = start(first, AT_US + 10, AT_US + 5)
    stop = replace(first.fold.stop or OpenStop(0), onset_earliest_us=900_000)
    doubted = replace(first.fold, stop=stop)
    doubt = Evidence(EvidenceKind.DOUBT, AT_US + 10, AT_US + 10, 900_000)
    assert again.undated == replace(first.undated, doubted=doubted, doubt=doubt)
    assert (again.fold, again.base, again.evidence) == (doubted, doubted, (doubt,))
    assert effects == [replace(ON_RECORD, about_us=AT_US + 5)], "the alert is raised already"


def test_down_again_after_what_was_heard_was_settled_it_goes_back_to_there() -> None:
    first, _ = start(flowing())
    settled = replace(first, base=replace(first.base, checked_us=5))
    again, _ = start(settled, AT_US + 10, AT_US + 5)
    assert again.undated is not None
    assert (again.undated.base, again.undated.evidence) == (settled.base, settled.evidence)
    assert again.undated.doubt == Evidence(EvidenceKind.DOUBT, AT_US + 10, AT_US + 10, 900_000)


def test_a_run_of_doubt_after_it_keeps_its_own_reports_alone() -> None:
    state, _ = start(flowing())
    later_us = AT_US + minutes(1)
    state = admit(state, Evidence(EvidenceKind.DOUBT, later_us, later_us, later_us), THERAPY)
    (doubt,) = closed_log(state)
    assert (doubt.at_us, doubt.to_us) == (AT_US, later_us)
    assert doubt.samples == packed([(AT_US, None), (later_us, None)])


def test_a_review_settles_an_unknown_downtime_once_nothing_is_left_to_review() -> None:
    state, _ = start(flowing())
    effects: list[Effect] = []
    assert judged(state, AT_US + 5, effects) == replace(state, alerts=(), undated=None)
    assert effects == [AlertResolved(alert=replace(SKEW, resolved_at_us=AT_US + 5))]
    effects.clear()
    waiting = replace(state, incidents=(Incident(number=1, opened_at_us=0, noticed_at_us=0),))
    assert judged(waiting, AT_US + 5, effects) == waiting
    dated = replace(state, undated=None)
    assert judged(dated, AT_US + 5, effects) == dated
    assert effects == []
