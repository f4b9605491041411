"""Who may do what: every role against every call of the schema, and commands that reach the intake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fake_feed import full_feed
from monitor.errors import StorageDegraded
from monitor.feed.access import Access
from monitor.feed.api import create_app
from monitor.feed.commands import CommandResult
from monitor.feed.parts import PUBLIC, ROLE_KEY
from monitor.interruption.events import Role
from served_feed import Served, serving

RANK = {None: -1} | {role: rank for rank, role in enumerate(Role)}
IDS = {"pump_id": "ward-1", "interruption_id": "ward-2-1", "alert_id": "ward-1-a2"}
BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/alerts/{alert_id}/acknowledge": {},
    "/api/v1/interruptions/{interruption_id}/acknowledge": {"rung": "patient"},
    "/api/v1/interruptions/{interruption_id}/close": {"outcome": "supervised-restart", "note": "seen at the ward"},
    "/api/v1/pumps/{pump_id}/marks": {"kind": "bag-change"},
    "/api/v1/pumps/{pump_id}/reports": {"running": True},
    "/api/v1/pumps/{pump_id}/swaps": {"serial": "S-2"},
    "/api/v1/pumps/{pump_id}/holds": {"started": True, "reason": "CRS grade 3"},
    "/api/v1/pumps/{pump_id}/orders": {"rate_ml_per_h": 5},
    "/session": {"token": "token-of-viewer"},
}
LEAST = {
    "/api/v1/alerts/{alert_id}/acknowledge": Role.CAREGIVER,
    "/api/v1/interruptions/{interruption_id}/acknowledge": Role.CAREGIVER,
    "/api/v1/interruptions/{interruption_id}/close": Role.CLINICIAN,
    "/api/v1/pumps/{pump_id}/marks": Role.CAREGIVER,
    "/api/v1/pumps/{pump_id}/reports": Role.CAREGIVER,
    "/api/v1/pumps/{pump_id}/swaps": Role.NURSE,
    "/api/v1/pumps/{pump_id}/holds": Role.CLINICIAN,
    "/api/v1/pumps/{pump_id}/orders": Role.CLINICIAN,
}
SCHEMA = create_app(full_feed(), Access([])).openapi()
OPERATIONS = [
    (method.upper(), path, operation[ROLE_KEY])
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(full_feed()) as running:
        yield running


def ask(client: httpx.Client, method: str, path: str) -> int:
    body = BODIES[path] if method == "POST" else None
    with client.stream(method, path.format(**IDS), json=body) as answer:
        return answer.status_code


@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: role or "nobody")
@pytest.mark.parametrize(("method", "path", "needed"), OPERATIONS, ids=str)
def test_every_role_against_every_call(served: Served, method: str, path: str, needed: str, role: Role | None) -> None:
    with served.client(role) as client:
        status = ask(client, method, path)
    if needed == PUBLIC or RANK[role] >= RANK[Role(needed)]:
        assert status in {200, 204}
    else:
        assert status == (401 if role is None else 403)


def test_the_schema_asks_for_the_roles_that_the_contract_names() -> None:
    assert {path: Role(needed) for method, path, needed in OPERATIONS if method == "POST" and needed != PUBLIC} == LEAST
    public = {(method, path) for method, path, needed in OPERATIONS if needed == PUBLIC}
    assert {path for _, path in public} == {
        "/",
        "/healthz",
        "/session",
        *(f"/dashboard/{name}" for name in ("style.css", "page.js", "board.js", "words.js")),
    }
    assert {path for method, path in public if method == "POST"} == {"/session"}


def test_every_route_is_in_the_schema_and_so_in_the_table() -> None:
    app = create_app(full_feed(), Access([]))
    assert {getattr(route, "path", "?") for route in app.routes} == set(SCHEMA["paths"])


@pytest.mark.parametrize("path", [path for method, path, needed in OPERATIONS if method == "GET"])
def test_asking_changes_nothing(served: Served, path: str) -> None:
    before = len(served.feed.commands), len(served.feed.records)
    with served.client() as client:
        ask(client, "GET", path)
    assert (len(served.feed.commands), len(served.feed.records)) == before


def test_a_command_carries_the_person_the_role_and_the_account(served: Served) -> None:
    with served.client(Role.NURSE) as client:
        answer = client.post("/api/v1/alerts/ward-1-a1/acknowledge", json={"by": "Ana"})
    taken = served.feed.commands[-1]
    assert (taken.pump, taken.by, taken.role, taken.account) == ("ward-1", "Ana", Role.NURSE, "the-nurse")
    assert int(answer.json()["cursor"]) == served.feed.latest_cursor()


def test_without_a_name_the_account_is_named(served: Served) -> None:
    with served.client(Role.NURSE) as client:
        client.post("/api/v1/pumps/ward-1/marks", json={"kind": "bag-change"})
    assert (served.feed.commands[-1].by, served.feed.commands[-1].account) == ("the-nurse", "")


@pytest.mark.parametrize(
    ("role", "path", "body", "status"),
    [
        (Role.CAREGIVER, "/api/v1/alerts/ward-1-a1/acknowledge", {}, 403),
        (Role.CAREGIVER, "/api/v1/alerts/ward-1-a2/acknowledge", {}, 200),
        (Role.CAREGIVER, "/api/v1/interruptions/ward-1-1/acknowledge", {"rung": "on-call-nurse"}, 403),
        (Role.NURSE, "/api/v1/interruptions/ward-1-1/acknowledge", {"rung": "on-call-nurse"}, 200),
        (Role.CAREGIVER, "/api/v1/pumps/ward-1/marks", {"kind": "maintenance", "minutes": 60}, 403),
        (Role.CAREGIVER, "/api/v1/pumps/ward-1/marks", {"kind": "maintenance", "minutes": 30}, 200),
        (Role.NURSE, "/api/v1/pumps/ward-1/marks", {"kind": "maintenance", "minutes": 60}, 200),
        (Role.NURSE, "/api/v1/pumps/ward-1/marks", {"kind": "flow-checked", "minutes": 5}, 422),
        (Role.CLINICIAN, "/api/v1/interruptions/ward-2-1/close", {"outcome": "other"}, 422),
        (Role.CLINICIAN, "/api/v1/interruptions/ward-2-1/close", {"note": "seen"}, 422),
        (Role.CLINICIAN, "/api/v1/interruptions/ward-2-99/close", {"outcome": "other", "note": "seen"}, 404),
        (Role.NURSE, "/api/v1/pumps/nobody/marks", {"kind": "maintenance"}, 404),
        (Role.NURSE, "/api/v1/alerts/nobody-a1/acknowledge", {}, 404),
    ],
)
def test_what_a_role_may_do_within_a_call(
    served: Served, role: Role, path: str, body: dict[str, Any], status: int
) -> None:
    before = len(served.feed.commands)
    with served.client(role) as client:
        assert client.post(path, json=body).status_code == status
    assert len(served.feed.commands) == before + (status == 200)


def test_a_refused_command_is_told_with_its_sentence(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served.feed, "refusal", "The interruption is closed already.")
    with served.client(Role.CLINICIAN) as client:
        answer = client.post("/api/v1/interruptions/ward-2-1/close", json={"outcome": "other", "note": "seen"})
    assert answer.status_code == 409
    assert answer.json()["detail"] == "The interruption is closed already."


@pytest.mark.parametrize(("fault", "status"), [(StorageDegraded("full"), 503), (TimeoutError(), 504)])
def test_a_command_that_is_not_durable_is_not_said_to_be(
    served: Served, monkeypatch: pytest.MonkeyPatch, fault: Exception, status: int
) -> None:
    def fail(_command: object, _wait_s: float) -> CommandResult:
        raise fault

    monkeypatch.setattr(served.feed, "command", fail)
    with served.client(Role.NURSE) as client:
        answer = client.post("/api/v1/pumps/ward-1/marks", json={"kind": "bag-change"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
