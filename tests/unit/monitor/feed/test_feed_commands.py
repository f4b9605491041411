"""Commands become the core's events, dated by the monitor and by nobody else."""

from __future__ import annotations

import typing

import msgspec
import pytest

from fake_feed import NOON_US
from monitor.feed import requests
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
from monitor.interruption.events import (
    Acknowledged,
    Closed,
    Event,
    HoldChanged,
    Marked,
    MarkKind,
    Order,
    Ordered,
    Outcome,
    Reported,
    Role,
    Swapped,
)
from monitor.interruption.policy import MINUTE_US

WHO: dict[str, typing.Any] = {"pump": "ward-1", "by": "Ana", "role": Role.NURSE}
CASES: list[tuple[Command, Event]] = [
    (Acknowledge(what="silent", **WHO), Acknowledged(at_us=NOON_US, what="silent", by="Ana", role=Role.NURSE)),
    (
        MarkPump(kind=MarkKind.BAG_CHANGE, quiet_us=MINUTE_US, **WHO),
        Marked(at_us=NOON_US, mark=MarkKind.BAG_CHANGE, by="Ana", role=Role.NURSE, quiet_us=MINUTE_US),
    ),
    (ReportPump(running=False, since_us=5, **WHO), Reported(at_us=NOON_US, running=False, by="Ana", since_us=5)),
    (
        HoldPump(started=True, reason="CRS", until_us=9, **WHO),
        HoldChanged(at_us=NOON_US, started=True, reason="CRS", by="Ana", until_us=9),
    ),
    (OrderPump(order=Order(rate_ml_per_h=5), **WHO), Ordered(at_us=NOON_US, order=Order(rate_ml_per_h=5), by="Ana")),
    (SwapPump(serial="S2", **WHO), Swapped(at_us=NOON_US, serial="S2", by="Ana")),
    (
        CloseInterruption(number=3, outcome=Outcome.OTHER, note="seen", **WHO),
        Closed(at_us=NOON_US, outcome=Outcome.OTHER, note="seen", by="Ana", role=Role.NURSE, number=3),
    ),
]


@pytest.mark.parametrize(("command", "event"), CASES, ids=lambda value: type(value).__name__)
def test_a_command_becomes_its_event(command: Command, event: Event) -> None:
    assert command.event(NOON_US) == event


def test_every_kind_of_command_is_in_the_table_above() -> None:
    assert {type(command) for command, _ in CASES} == set(typing.get_args(Command))


def test_no_command_carries_an_instant_of_its_own() -> None:
    for kind in typing.get_args(Command):
        assert "at_us" not in {field.name for field in msgspec.structs.fields(kind)}


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        (requests.MarkRequest, {"kind": "bag-change", "minutes": 0}),
        (requests.MarkRequest, {"kind": "bag-change", "minutes": 1e9}),
        (requests.MarkRequest, {"kind": "bag-change", "minutes": float("nan")}),
        (requests.MarkRequest, {"kind": "bag-change", "at": "2026-11-22T10:00:00Z"}),
        (requests.ReportRequest, {"running": True, "since": "2026-11-22T10:00:00Z"}),
        (requests.ReportRequest, {"running": False, "since": "2026-11-22T10:00:00"}),
        (requests.HoldRequest, {"started": True, "reason": "  "}),
        (requests.OrderRequest, {"rate_ml_per_h": 0}),
        (requests.OrderRequest, {"rate_ml_per_h": float("inf")}),
        (
            requests.OrderRequest,
            {"rate_ml_per_h": 5, "starts_at": "2026-11-22T10:00:00Z", "ends_at": "2026-11-22T10:00:00Z"},
        ),
        (requests.CloseRequest, {"outcome": "other"}),
        (requests.CloseRequest, {"outcome": "other", "note": ""}),
        (requests.CloseRequest, {"outcome": "fine", "note": "seen"}),
        (requests.SwapRequest, {"serial": ""}),
        (requests.AcknowledgeRequest, {"by": "x" * 65}),
        (requests.RungRequest, {}),
    ],
)
def test_what_does_not_fit_is_refused(shape: type[requests.MarkRequest], body: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=shape.__name__):
        shape.model_validate(body)
