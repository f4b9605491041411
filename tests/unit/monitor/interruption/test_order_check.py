"""An order that does not fit the therapy is an alert until it does; what two people confirmed is none."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from monitor.interruption.alarms import AlertPriority
from monitor.interruption.effects import AlertRaised, AlertResolved, Effect
from monitor.interruption.events import Order, Ordered
from monitor.interruption.order_check import RATE_TOLERANCE, bag_rates_near, misfit, order_judged, wrong_profile
from monitor.interruption.order_words import with_patient_kind
from monitor.interruption.policy import Policy
from monitor.interruption.state import Alert
from monitor.interruption.therapy_rules import BagRate
from monitor.interruption.transitions import enrolled
from watched import BLINATUMOMAB, Watched, minutes

THERAPY = replace(
    BLINATUMOMAB,
    drugs=("blinatumomab", "blincyto"),
    labelled_rates=(BagRate(5.0, 48.0), BagRate(1.8, 96.0), BagRate(1.8, 72.0), BagRate(0.6)),
    bag_hours_max=168.0,
)


@pytest.mark.parametrize(
    "order",
    [
        None,
        Order(),
        Order(rate_ml_per_h=5.0, bag_hours=48, drug="Blincyto"),
        Order(rate_ml_per_h=5.0 * (1 + RATE_TOLERANCE), drug=" BLINATUMOMAB "),
        Order(rate_ml_per_h=1.8, bag_hours=96),
        Order(rate_ml_per_h=0.6, bag_hours=168),
        Order(bag_hours=168),
    ],
)
def test_an_order_that_fits_is_nothing_to_tell(order: Order | None) -> None:
    assert misfit(THERAPY, order) is None


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (Order(drug="epoprostenol"), "the drug epoprostenol is not given under the therapy blinatumomab"),
        (Order(rate_ml_per_h=4.8), "4.8 mL/h is no rate of blinatumomab, which is given at 0.6, 1.8, 5 mL/h"),
        (Order(rate_ml_per_h=5.0, bag_hours=49), "at 5 mL/h a bag of blinatumomab lasts at most 48 h, not 49 h"),
        (Order(rate_ml_per_h=1.8, bag_hours=97), "at 1.8 mL/h a bag of blinatumomab lasts at most 96 h, not 97 h"),
        (Order(rate_ml_per_h=0.6, bag_hours=169), "a bag of blinatumomab lasts at most 168 h, not 169 h"),
    ],
)
def test_an_order_that_does_not_fit_is_told_in_words(order: Order, words: str) -> None:
    assert misfit(THERAPY, order) == words


def test_a_therapy_without_names_has_its_own() -> None:
    own = replace(THERAPY, name="own", drugs=())
    assert misfit(own, Order(drug="OWN")) is None
    assert misfit(own, Order(drug="blinatumomab")) is not None


def test_what_two_people_confirmed_is_no_alert_and_anything_else_is_one() -> None:
    wrong = Order(rate_ml_per_h=4.0)
    forced = Policy("p1", THERAPY, forced_misfit=misfit(THERAPY, wrong))
    assert wrong_profile(forced, wrong) is None
    assert wrong_profile(forced, Order(rate_ml_per_h=3.0)) is not None
    assert wrong_profile(Policy("p1", THERAPY), wrong) is not None


def test_the_alert_is_raised_once_and_resolved_by_an_order_that_fits() -> None:
    pump = Watched(THERAPY)
    for minute, rate_ml_per_h in ((10, 4.0), (20, 3.0), (30, 1.8), (40, 4.0)):
        pump.take(Ordered(at_us=minutes(minute), order=Order(rate_ml_per_h=rate_ml_per_h), by="test"))
    told = [
        (minute, type(effect), effect.alert.priority.value)
        for minute, effect in pump.effects
        if isinstance(effect, AlertRaised | AlertResolved) and effect.alert.code == "wrong-profile"
    ]
    assert told == [(10, AlertRaised, "high"), (30, AlertResolved, "high"), (40, AlertRaised, "high")]


def test_a_rate_may_be_off_by_its_tolerance_and_no_more() -> None:
    row = BagRate(50.0)
    therapy = replace(THERAPY, labelled_rates=(row, BagRate(5.0)))
    assert [bag_rates_near(therapy, rate) for rate in (49.0, 51.0)] == [[row], [row]]
    assert [bag_rates_near(therapy, rate) for rate in (49.0 - 1e-9, 51.0 + 1e-9)] == [[], []]


def test_the_alert_says_when_and_why_in_the_journal_and_nothing_of_the_order_in_a_notice() -> None:
    effects: list[Effect] = []
    policy = Policy("p1", THERAPY)
    wrong = replace(enrolled(0), order=Order(drug="epoprostenol"))
    raised = order_judged(wrong, policy, 7, effects)
    alert = Alert(number=1, code="wrong-profile", priority=AlertPriority.HIGH, raised_at_us=7)
    assert raised == replace(wrong, alerts=(alert,), next_alert=2)
    assert order_judged(raised, policy, 8, effects) == raised
    right = replace(raised, order=Order(drug="blincyto"))
    assert order_judged(right, policy, 9, effects) == replace(right, alerts=())
    said = "the drug epoprostenol is not given under the therapy blinatumomab"
    assert effects == [
        AlertRaised(alert=alert, detail=said),
        AlertResolved(alert=replace(alert, resolved_at_us=9)),
    ]


def test_what_an_order_does_not_say_stays() -> None:
    order = with_patient_kind(Order(rate_ml_per_h=5.0, drug="a", cycle=2), {"cycle": 3, "age_group": "child"})
    assert order == Order(rate_ml_per_h=5.0, drug="a", cycle=3, age_group="child")


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ({"drug": ""}, "order.drug"),
        ({"drug": "x" * 81}, "order.drug"),
        ({"drug": "a\nb"}, "order.drug"),
        ({"drug": 5}, "order.drug"),
        ({"indication": "MRD positive"}, "order.indication"),
        ({"indication": ["a"]}, "order.indication"),
        ({"age_group": "infant"}, "order.age_group must be adult or child"),
        ({"age_group": 5}, "order.age_group"),
        ({"cycle": 0}, "order.cycle"),
        ({"cycle": True}, "order.cycle"),
        ({"cycle": 2.0}, "order.cycle"),
        ({"cycle": 100}, "order.cycle"),
    ],
)
def test_words_that_say_nothing_are_refused_by_their_key(said: dict[str, object], key: str) -> None:
    with pytest.raises(ValueError, match=key):
        with_patient_kind(Order(), said)
