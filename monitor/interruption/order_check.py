"""Holds an order against the therapy under which its pump is watched: the wrong limits are the worst mistake.

Pure. A ladder of four hours on a drug that lasts for minutes tells everybody too late, so a drug that does not
belong to the therapy, or a rate at which it is never given, is not taken as said.
"""

from __future__ import annotations

from monitor.interruption.alarms import OwnCode
from monitor.interruption.alerts import raise_alert, resolve_code
from monitor.interruption.effects import Effect
from monitor.interruption.events import Order
from monitor.interruption.policy import Policy, Therapy
from monitor.interruption.state import PumpState
from monitor.interruption.therapy_rules import BagRate

RATE_TOLERANCE = 0.02
"""How far, as a share of it, an ordered rate may be from a labelled one."""


def order_judged(state: PumpState, policy: Policy, at_us: int, effects: list[Effect]) -> PumpState:
    """Return the state with ``wrong-profile`` raised while the order in force does not fit, else resolved."""
    found = wrong_profile(policy, state.order)
    if found is None:
        return resolve_code(state, OwnCode.WRONG_PROFILE, at_us, effects)
    return raise_alert(state, OwnCode.WRONG_PROFILE, at_us, effects, detail=found)


def wrong_profile(policy: Policy, order: Order | None) -> str | None:
    """Return in what an order does not fit the pump's therapy, or None: the alert ``wrong-profile``.

    What two people confirmed in the configuration is no alert; anything else that does not fit is one.
    """
    found = misfit(policy.therapy, order)
    return None if found == policy.forced_misfit else found


def misfit(therapy: Therapy, order: Order | None) -> str | None:
    """Return in what an order does not fit a therapy, in words without a stop at the end; None if it fits."""
    if order is None:
        return None
    if order.drug is not None and order.drug.strip().casefold() not in drugs_of(therapy):
        return f"the drug {order.drug.strip()} is not given under the therapy {therapy.name}"
    longest_h = therapy.bag_hours_max
    if order.bag_hours is not None and longest_h is not None and order.bag_hours > longest_h:
        return f"a bag of {therapy.name} lasts at most {longest_h:g} h, not {order.bag_hours:g} h"
    return _rate_misfit(therapy, order)


def _rate_misfit(therapy: Therapy, order: Order) -> str | None:
    rate_ml_per_h = order.rate_ml_per_h
    if rate_ml_per_h is None or not therapy.labelled_rates:
        return None
    near = bag_rates_near(therapy, rate_ml_per_h)
    if not near:
        known = ", ".join(f"{rate:g}" for rate in sorted({row.rate_ml_per_h for row in therapy.labelled_rates}))
        return f"{rate_ml_per_h:g} mL/h is no rate of {therapy.name}, which is given at {known} mL/h"
    bags = [row.bag_hours for row in near if row.bag_hours is not None]
    if order.bag_hours is not None and bags and order.bag_hours > max(bags):
        longest = f"at {rate_ml_per_h:g} mL/h a bag of {therapy.name} lasts at most {max(bags):g} h"
        return f"{longest}, not {order.bag_hours:g} h"
    return None


def drugs_of(therapy: Therapy) -> tuple[str, ...]:
    """Return the names, case-folded, that the drug of a therapy has in orders."""
    return therapy.drugs or (therapy.name,)


def bag_rates_near(therapy: Therapy, rate_ml_per_h: float) -> list[BagRate]:
    """Return the labelled rates that a rate may be."""
    return [
        row
        for row in therapy.labelled_rates
        if abs(rate_ml_per_h - row.rate_ml_per_h) <= RATE_TOLERANCE * row.rate_ml_per_h
    ]
