"""A status of the pump: what it shows to people, which alarms it lists, whether its rate fits; whole states."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clock_parts import RATE_UL_PER_H, minute
from drivers.contract import DeliveryStatus, StatusObserved
from monitor.interruption.alarms import AlertPriority, OwnCode
from monitor.interruption.effects import AlertRaised, AlertResolved, Effect, EvidenceAdmitted
from monitor.interruption.events import Order
from monitor.interruption.evidence import Evidence, EvidenceKind
from monitor.interruption.hearing import hear
from monitor.interruption.offtime import Fold
from monitor.interruption.policy import MINUTE_US, SECOND_US, Policy
from monitor.interruption.state import Alert, PumpState
from watched import BLINATUMOMAB

POLICY = Policy("p1", BLINATUMOMAB)
ORDER = Order(rate_ml_per_h=5.0)
NOW_US = minute(0)
BEFORE_US = minute(-3)

DELIVERING, STANDING = DeliveryStatus.DELIVERING, DeliveryStatus.NOT_DELIVERING
TURNING = DeliveryStatus.TRANSITIONING
"""It says nothing about flow, so that nothing but what is tested moves."""

replace = msgspec.structs.replace


def state_of(**changes: Any) -> PumpState:
    """Return the state of a pump at 5 mL/h that was heard some minutes ago."""
    fields: dict[str, Any] = {"fold": Fold(), "base": Fold(), "order": ORDER, "last_contact_at_us": BEFORE_US}
    return PumpState(enrolled_at_us=0, **{**fields, **changes})


def said(state: PumpState, delivery: DeliveryStatus, **fields: Any) -> tuple[PumpState, list[Effect]]:
    """Return the state and the effects after a status."""
    effects: list[Effect] = []
    return hear(state, StatusObserved(delivery=delivery, **fields), NOW_US, POLICY, effects), effects


def heard(state: PumpState, delivery: DeliveryStatus, **changes: Any) -> PumpState:
    """Return the state with what every status changes."""
    return replace(state, last_contact_at_us=NOW_US, delivery=delivery, **changes)


def alert(code: str, number: int, **changes: Any) -> Alert:
    """Return an alert that stands."""
    fields: dict[str, Any] = {"priority": AlertPriority.HIGH, "raised_at_us": minute(-9)}
    return Alert(code=code, number=number, **{**fields, **changes})


def test_a_status_shows_people_what_the_pump_says_now() -> None:
    before = state_of(rate_ml_per_h=4.0, volume_remaining_ml=9.0, battery_percent=8.0, delivery=STANDING)
    state, effects = said(before, TURNING, rate_ml_per_h=5.5, volume_remaining_ml=77.0, battery_percent=66.0)
    assert state == heard(before, TURNING, rate_ml_per_h=5.5, volume_remaining_ml=77.0, battery_percent=66.0)
    assert effects == []


def test_what_a_status_does_not_say_is_not_known_any_more() -> None:
    before = state_of(rate_ml_per_h=4.0, volume_remaining_ml=9.0, battery_percent=8.0)
    state, _ = said(before, TURNING)
    assert (state.rate_ml_per_h, state.volume_remaining_ml, state.battery_percent) == (None, None, None)


def test_a_status_is_evidence_about_its_instant() -> None:
    state, effects = said(state_of(), DELIVERING, rate_ml_per_h=5.0)
    assert state.evidence == (Evidence(EvidenceKind.FLOW, NOW_US, NOW_US, NOW_US, rate_ul_per_h=RATE_UL_PER_H),)
    assert effects == [EvidenceAdmitted(kind="flow", about_us=NOW_US, detail="status")]


def test_a_rate_that_the_order_does_not_know_is_weighed_without_an_order_too() -> None:
    state, effects = said(state_of(order=None), DELIVERING, rate_ml_per_h=41.0)
    assert state.alerts == ()
    assert effects == [EvidenceAdmitted(kind="flow", about_us=NOW_US, detail="status")]


def test_a_rate_that_does_not_fit_the_order_is_an_alert_with_both_rates_at_once() -> None:
    raised = Alert(number=1, code=OwnCode.RATE_MISMATCH, priority=AlertPriority.HIGH, raised_at_us=NOW_US)
    state, effects = said(state_of(), DELIVERING, rate_ml_per_h=41.5)
    assert state.alerts == (raised,)
    assert effects == [
        AlertRaised(alert=raised, detail="running at 41.5 mL/h, ordered 5 mL/h"),
        EvidenceAdmitted(kind="flow", about_us=NOW_US, detail="status"),
    ]


@pytest.mark.parametrize("delivery", [STANDING, DeliveryStatus.KVO])
def test_a_rate_of_a_pump_that_does_not_deliver_is_no_misfit_and_mends_none(delivery: DeliveryStatus) -> None:
    assert said(state_of(), delivery, rate_ml_per_h=0.1)[0].alerts == ()
    misfit = alert(OwnCode.RATE_MISMATCH, 1)
    assert said(state_of(alerts=(misfit,)), delivery, rate_ml_per_h=5.0)[0].alerts == (misfit,)


def test_a_rate_that_does_not_fit_outside_the_course_is_no_alert() -> None:
    before = state_of(order=Order(rate_ml_per_h=5.0, starts_at_us=NOW_US + 1))
    assert said(before, DELIVERING, rate_ml_per_h=41.5) == (heard(before, DELIVERING, rate_ml_per_h=41.5), [])
    due = state_of(order=Order(rate_ml_per_h=5.0, starts_at_us=NOW_US))
    assert [one.code for one in said(due, DELIVERING, rate_ml_per_h=41.5)[0].alerts] == ["rate-mismatch"]


def test_a_rate_that_fits_again_resolves_the_misfit_and_nothing_else() -> None:
    misfit, other = alert(OwnCode.RATE_MISMATCH, 1), alert(OwnCode.CLOCK_SKEW, 2)
    state, effects = said(state_of(alerts=(misfit, other)), DELIVERING, rate_ml_per_h=5.0)
    assert state.alerts == (other,)
    assert effects == [
        AlertResolved(alert=replace(misfit, resolved_at_us=NOW_US)),
        EvidenceAdmitted(kind="flow", about_us=NOW_US, detail="status"),
    ]


def test_a_list_of_alarms_is_complete_what_it_leaves_out_is_over_and_our_own_alerts_stay() -> None:
    known, own = alert("kvo", 2), alert(OwnCode.CLOCK_SKEW, 3)
    gone, also_gone = alert("batt-low", 1), alert("unknown-alarm", 4, raw_code="E7")
    before = state_of(alerts=(gone, known, own, also_gone))
    state, effects = said(before, TURNING, alarms=("kvo",))
    assert state == heard(before, TURNING, alerts=(known, own))
    assert effects == [AlertResolved(alert=replace(one, resolved_at_us=NOW_US)) for one in (gone, also_gone)]


def test_a_status_that_lists_no_alarms_because_it_tells_none_ends_none() -> None:
    before = state_of(alerts=(alert("kvo", 2),))
    assert said(before, TURNING, alarms=None) == (heard(before, TURNING), [])


def test_an_empty_list_of_alarms_ends_them_all() -> None:
    assert said(state_of(alerts=(alert("kvo", 2),)), TURNING, alarms=())[0].alerts == ()


def test_alarms_that_are_new_in_a_list_are_raised_in_the_order_of_their_codes_known_ones_under_their_own_word() -> None:
    listed = ("res-low", "zz", "batt-low", "A1")
    state, effects = said(state_of(alerts=(alert("res-low", 1),), next_alert=5), TURNING, alarms=listed)
    low = alert("batt-low", 5, priority=AlertPriority.LOW, raised_at_us=NOW_US)
    first = alert("unknown-alarm", 6, raw_code="A1", raised_at_us=NOW_US)
    last = alert("unknown-alarm", 7, raw_code="zz", raised_at_us=NOW_US)
    assert state.alerts == (alert("res-low", 1), low, first, last)
    doubt = EvidenceAdmitted(kind="doubt", about_us=NOW_US, detail="alarm:unknown-alarm")
    # The second doubt says the same of the same instant, and is not on record again.
    assert effects == [AlertRaised(alert=low), doubt, AlertRaised(alert=first), AlertRaised(alert=last)]


def test_an_alarm_that_is_new_in_a_list_began_after_the_pump_was_last_heard_without_it() -> None:
    state, effects = said(state_of(), TURNING, alarms=("air",))
    assert state.evidence == (Evidence(EvidenceKind.STOP, NOW_US, NOW_US, BEFORE_US),)
    raised = alert("air", 1, raised_at_us=NOW_US)
    assert effects == [
        EvidenceAdmitted(kind="stop", about_us=NOW_US, detail="alarm:air"),
        AlertRaised(alert=raised),
    ]


def test_an_alarm_in_the_first_word_of_a_pump_began_when_that_was_said() -> None:
    state, _ = said(state_of(last_contact_at_us=None), TURNING, alarms=("air",))
    assert state.evidence == (Evidence(EvidenceKind.STOP, NOW_US, NOW_US, NOW_US),)


def test_an_occlusion_in_a_list_is_dated_back_by_its_latency_at_the_rate_then() -> None:
    state, _ = said(state_of(), TURNING, alarms=("occl-down",))
    assert state.evidence == (Evidence(EvidenceKind.STOP, NOW_US, NOW_US, BEFORE_US - 15 * MINUTE_US),)
    state, _ = said(state_of(order=Order(rate_ml_per_h=10.0)), TURNING, alarms=("occl-down",))
    assert state.evidence == (Evidence(EvidenceKind.STOP, NOW_US, NOW_US, BEFORE_US - 8 * MINUTE_US),)


def test_a_listed_alarm_of_a_message_that_was_held_up_is_dated_by_that_message() -> None:
    state, _ = said(state_of(last_contact_at_us=NOW_US), TURNING, alarms=("air",), age_s=60, age_max_s=30)
    heard_us = NOW_US - 60 * SECOND_US
    oldest_us = heard_us - 30 * SECOND_US
    assert state.evidence == (Evidence(EvidenceKind.STOP, heard_us, heard_us, oldest_us, unsure_us=30 * SECOND_US),)


def test_a_pump_that_lists_an_unknown_alarm_by_our_word_and_by_its_own_has_two() -> None:
    state, _ = said(state_of(), TURNING, alarms=("E7", "unknown-alarm"))
    assert [(one.code, one.raw_code) for one in state.alerts] == [("unknown-alarm", None), ("unknown-alarm", "E7")]


def test_what_a_status_says_too_late_to_amend_anything_is_told_when_it_was_heard() -> None:
    settled = Fold(flow_from_us=minute(-3000), last_flow_us=minute(-60))
    before = state_of(fold=settled, base=settled)
    fields: dict[str, Any] = {"age_s": 3601, "rate_ml_per_h": 5.0}
    late = [alert(OwnCode.LATE_EVIDENCE, 1, priority=AlertPriority.MEDIUM, raised_at_us=NOW_US)]
    assert list(said(before, DELIVERING, **fields)[0].alerts) == late
    assert list(said(before, TURNING, **fields, alarms=("air",))[0].alerts)[:1] == late
