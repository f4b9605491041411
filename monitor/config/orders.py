"""Reads the order of a pump or a fleet, and refuses one that does not fit the therapy whose limits are watched."""

from __future__ import annotations

from monitor.config.faults import Faults
from monitor.config.tables.pumps import FleetTable, PumpTable
from monitor.config.therapies import BUILT_IN
from monitor.interruption.events import Order
from monitor.interruption.order_check import drugs_of, misfit
from monitor.interruption.policy import Therapy
from monitor.refusals import Location, suggestion


def order_of(table: PumpTable | FleetTable) -> Order | None:
    """Return what is to be infused; None if the file does not say."""
    said = table.order
    order = Order(
        rate_ml_per_h=said.rate_ml_per_h,
        bag_hours=said.bag_hours,
        starts_at_us=table.starts_at_us,
        ends_at_us=table.ends_at_us,
        drug=said.drug,
        indication=said.indication,
        age_group=None if said.age_group is None else said.age_group.value,
        cycle=said.cycle,
        infusion_days=said.infusion_days,
        bag_expires_at_us=said.bag_expires_at,
        free=None if said.free is None else tuple(said.free),
    )
    return None if order == Order() else order


def judged_misfit(
    where: Location, table: PumpTable | FleetTable, therapy: Therapy, order: Order | None, faults: Faults
) -> str | None:
    """Return in what the order does not fit, if two people confirmed that; note a fault if they did not."""
    _refuse_unknown_indication(where, therapy, order, faults)
    found = misfit(therapy, order)
    if found is None or table.forced_by is not None:
        return found
    faults.add((*where, "order"), f"{found}; {_what_to_do(therapy, order)}")
    return None


def _what_to_do(therapy: Therapy, order: Order | None) -> str:
    drug = None if order is None or order.drug is None else order.drug.casefold()
    forced = 'two people may confirm it with forced_by = ["A", "B"]'
    if drug is None or drug in drugs_of(therapy):
        return f"correct the order or the therapy, or {forced}"
    fitting = [profile.therapy.name for profile in BUILT_IN.values() if drug in drugs_of(profile.therapy)]
    if fitting:
        return f'write therapy = "{fitting[0]}", or {forced}'
    if therapy.name in BUILT_IN:
        return f"write a therapy of its own for it, or {forced}"
    return f"add it to drugs in [therapies.{therapy.name}], or {forced}"


def _refuse_unknown_indication(where: Location, therapy: Therapy, order: Order | None, faults: Faults) -> None:
    """Note an indication for which the therapy has no restart text although it has some for others: a slip."""
    if order is None or order.indication is None or not therapy.restart_texts:
        return
    known = sorted({row.indication for row in therapy.restart_texts})
    if order.indication not in known:
        sentence = f"{order.indication} is no indication of {therapy.name}; {suggestion(order.indication, known)}"
        faults.add((*where, "order", "indication"), sentence)
