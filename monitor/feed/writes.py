"""Hands on what people ask for: each call becomes one command for the intake, or is refused with a sentence."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI
from starlette.exceptions import HTTPException

from monitor.feed import answers, render, requests
from monitor.feed.access import Principal, may
from monitor.feed.commands import (
    Acknowledge,
    CloseInterruption,
    Command,
    HoldPump,
    MarkPump,
    OrderPump,
    ReportPump,
    SwapPump,
)
from monitor.feed.parts import Asker, FeedParts, Parts, add_route, not_found
from monitor.feed.permits import NEEDED, Deed, needed_for_alert, needed_for_rung
from monitor.feed.wire import microseconds
from monitor.interruption.events import FreeInterval, MarkKind, Order, Role
from monitor.interruption.policy import MINUTE_US

CAREGIVER_MARK_MINUTES_MAX = 30.0
"""A longer window is a nurse's to set (the default of ``maintenance_max``)."""


def add_writes(app: FastAPI) -> None:
    """Let ``app`` take every command that people may give."""
    taken = answers.TakenAnswer
    for path, endpoint, needed in (
        ("/api/v1/alerts/{alert_id}/acknowledge", acknowledge_alert, NEEDED[Deed.ACKNOWLEDGE]),
        ("/api/v1/interruptions/{interruption_id}/acknowledge", acknowledge_rung, NEEDED[Deed.ACKNOWLEDGE]),
        ("/api/v1/interruptions/{interruption_id}/close", close_interruption, NEEDED[Deed.CLOSE]),
        ("/api/v1/pumps/{pump_id}/marks", mark_pump, NEEDED[Deed.MARK]),
        ("/api/v1/pumps/{pump_id}/reports", report_pump, NEEDED[Deed.REPORT]),
        ("/api/v1/pumps/{pump_id}/swaps", swap_pump, NEEDED[Deed.SWAP]),
        ("/api/v1/pumps/{pump_id}/holds", hold_pump, NEEDED[Deed.HOLD]),
        ("/api/v1/pumps/{pump_id}/orders", order_pump, NEEDED[Deed.ORDER]),
    ):
        add_route(app, "POST", path, endpoint, needed, response_model=taken)


async def acknowledge_alert(
    parts: Parts, asker: Asker, alert_id: str, body: requests.AcknowledgeRequest
) -> answers.TakenAnswer:
    """Take note of an alert condition; a caregiver only where nobody above the patient's rung was told."""
    found = await parts.desk.read(parts.desk.source.alert, alert_id)
    if found is None:
        raise not_found("alert")
    _need(asker, needed_for_alert(can_caregiver_acknowledge=found.can_caregiver_acknowledge))
    by, account = _names(asker, body.by)
    return await _take(parts, Acknowledge(pump=found.pump, by=by, role=asker.role, account=account, what=found.code))


async def acknowledge_rung(
    parts: Parts, asker: Asker, interruption_id: str, body: requests.RungRequest
) -> answers.TakenAnswer:
    """Take note of a rung of an interruption: its repeats pause for a while, nothing else changes."""
    found = await parts.desk.read(parts.desk.source.interruption, interruption_id)
    if found is None:
        raise not_found("interruption")
    _need(asker, needed_for_rung(body.rung))
    by, account = _names(asker, body.by)
    return await _take(
        parts, Acknowledge(pump=found.view.pump, by=by, role=asker.role, account=account, what=body.rung)
    )


async def close_interruption(
    parts: Parts, asker: Asker, interruption_id: str, body: requests.CloseRequest
) -> answers.TakenAnswer:
    """Review and close an interruption, with the outcome and a note."""
    found = await parts.desk.read(parts.desk.source.interruption, interruption_id)
    if found is None:
        raise not_found("interruption")
    by, account = _names(asker, body.by)
    command = CloseInterruption(
        pump=found.view.pump,
        by=by,
        role=asker.role,
        account=account,
        number=found.view.number,
        outcome=body.outcome,
        note=body.note,
    )
    return await _take(parts, command)


async def mark_pump(parts: Parts, asker: Asker, pump_id: str, body: requests.MarkRequest) -> answers.TakenAnswer:
    """Mark something planned or seen; it delays the first rungs and nothing else."""
    if body.minutes is not None:
        if body.kind in {MarkKind.FLOW_CHECKED, MarkKind.RECONNECT}:
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"A mark of kind {body.kind.value} has no length.")
        if body.minutes > CAREGIVER_MARK_MINUTES_MAX:
            _need(asker, Role.NURSE)
    await _known(parts, pump_id)
    by, account = _names(asker, body.by)
    quiet_us = None if body.minutes is None else round(body.minutes * MINUTE_US)
    return await _take(
        parts,
        MarkPump(
            pump=pump_id,
            by=by,
            role=asker.role,
            account=account,
            kind=body.kind,
            quiet_us=quiet_us,
            note=body.note or "",
        ),
    )


async def report_pump(parts: Parts, asker: Asker, pump_id: str, body: requests.ReportRequest) -> answers.TakenAnswer:
    """Say what was seen at the pump: evidence, weighed like a flow check."""
    await _known(parts, pump_id)
    by, account = _names(asker, body.by)
    since_us = None if body.since is None else microseconds(body.since)
    return await _take(
        parts,
        ReportPump(pump=pump_id, by=by, role=asker.role, account=account, running=body.running, since_us=since_us),
    )


async def swap_pump(parts: Parts, asker: Asker, pump_id: str, body: requests.SwapRequest) -> answers.TakenAnswer:
    """Confirm that another pump now serves this patient; an open interruption goes on."""
    await _known(parts, pump_id)
    by, account = _names(asker, body.by)
    return await _take(parts, SwapPump(pump=pump_id, by=by, role=asker.role, account=account, serial=body.serial))


async def hold_pump(parts: Parts, asker: Asker, pump_id: str, body: requests.HoldRequest) -> answers.TakenAnswer:
    """Begin or end a planned hold of the therapy: it stops the fault rungs, not the clock."""
    await _known(parts, pump_id)
    by, account = _names(asker, body.by)
    until_us = None if body.until is None else microseconds(body.until)
    return await _take(
        parts,
        HoldPump(
            pump=pump_id,
            by=by,
            role=asker.role,
            account=account,
            started=body.started,
            reason=body.reason,
            until_us=until_us,
        ),
    )


async def order_pump(parts: Parts, asker: Asker, pump_id: str, body: requests.OrderRequest) -> answers.TakenAnswer:
    """Put a new order in force."""
    await _known(parts, pump_id)
    by, account = _names(asker, body.by)
    order = _order_of(body)
    return await _take(parts, OrderPump(pump=pump_id, by=by, role=asker.role, account=account, order=order))


def _order_of(body: requests.OrderRequest) -> Order:
    free = body.free
    return Order(
        rate_ml_per_h=body.rate_ml_per_h,
        bag_hours=body.bag_hours,
        starts_at_us=None if body.starts_at is None else microseconds(body.starts_at),
        ends_at_us=None if body.ends_at is None else microseconds(body.ends_at),
        drug=body.drug,
        indication=body.indication,
        age_group=body.age_group,
        cycle=body.cycle,
        infusion_days=body.infusion_days,
        bag_expires_at_us=None if body.bag_expires_at is None else microseconds(body.bag_expires_at),
        free=None
        if free is None
        else tuple(FreeInterval(microseconds(one.from_at), microseconds(one.until_at)) for one in free),
    )


async def _known(parts: FeedParts, pump_id: str) -> None:
    if await parts.desk.read(parts.desk.source.pump, pump_id) is None:
        raise not_found("pump")


async def _take(parts: FeedParts, command: Command) -> answers.TakenAnswer:
    result = await parts.desk.command(command)
    return render.taken_answer(result.at_us, result.cursor)


def _need(asker: Principal, needed: Role) -> None:
    if not may(asker.role, needed):
        why = f"This one needs the role {needed.value}; {asker.name} is {asker.role.value}."
        raise HTTPException(HTTPStatus.FORBIDDEN, why)


def _names(asker: Principal, by: str | None) -> tuple[str, str]:
    """Return whom the journal names, and the account where that is another name."""
    return (by, asker.name) if by and by != asker.name else (asker.name, "")
