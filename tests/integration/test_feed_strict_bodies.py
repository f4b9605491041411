"""Every field of every body has the type that the schema says, as sent: nothing is guessed from another type."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fake_feed import full_feed
from monitor.interruption.events import Role
from served_feed import Served, serving

NOON, ONE = "2026-11-22T12:00:00Z", "2026-11-22T14:00:00.5+01:00"
PUMP = "/api/v1/pumps/{pump_id}"
CASE = "/api/v1/interruptions/{interruption_id}"

GOOD: dict[str, dict[str, Any]] = {
    "/session": {"token": f"token-of-{Role.ADMIN.value}"},
    "/api/v1/alerts/{alert_id}/acknowledge": {"by": "Ana"},
    f"{CASE}/acknowledge": {"by": "Ana", "rung": "patient"},
    f"{CASE}/close": {"by": "Ana", "outcome": "other", "note": "seen"},
    f"{PUMP}/marks": {"by": "Ana", "kind": "bag-change", "minutes": 5, "note": "flushed"},
    f"{PUMP}/reports": {"by": "Ana", "running": False, "since": NOON},
    f"{PUMP}/swaps": {"by": "Ana", "serial": "S1"},
    f"{PUMP}/holds": {"by": "Ana", "started": True, "reason": "scan", "until": NOON},
    f"{PUMP}/orders": {
        "by": "Ana", "rate_ml_per_h": 5.5, "bag_hours": 48, "starts_at": NOON, "ends_at": ONE, "drug": "x",
        "indication": "mrd-positive", "age_group": "adult", "cycle": 2, "infusion_days": 28.0, "bag_expires_at": NOON,
        "free": [{"from": NOON, "until": ONE}],
    },
}  # fmt: skip
"""By address, a body with every field of it."""

NOT_TEXT = [5, 1.5, True, [], {}]
WRONG: dict[str, tuple[str, list[Any]]] = {
    "number": ("must be a number", ["5", "5.0", "", True, False, [], {}]),
    "integer": ("must be a whole number", ["2", "", 2.0, 1.5, True, [], {}]),
    "boolean": ("must be true or false", ["yes", "true", "", 1, 0, 1.0, [], {}]),
    "string": ("must be text in quotes", NOT_TEXT),
    "word": ("must be ", [*NOT_TEXT, "", "No!"]),
    "date-time": (
        "must be an instant with date, time and offset",
        [*NOT_TEXT, -1, 1e300, "5", "1795348800", "1795348800.5", "", "noon", "12:00:00Z", "2026-11-22", "2026-11-22Z",
         "20261122T120000Z", "2026-W47-7T12:00:00Z", "2026-11-22T12Z", "2026-11-22T12:00Z", "2026-11-22T12:00:00,5Z",
         "2026-11-22T12:00:00+01", "2026-11-22T12:00:00+0100", "2026-11-22T12:00:00 UTC", " 2026-11-22T12:00:00Z",
         "2026-11-22T12:00:00Z\n", "2026-02-30T12:00:00Z", "2026-11-22T24:00:01Z",
         "\u0662026-11-22T12:00:00Z"],
    ),
    "array": ("must be a list", ["", "x", 5, True, {}]),
    "object": ("must be an object", ["", "x", 5, True, []]),
}  # fmt: skip
"""By type of the schema: how the refusal begins, and what is not of that type."""

Place = tuple[str | int, ...]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(full_feed()) as running:
        yield running


@pytest.fixture(scope="module")
def admin(served: Served) -> Iterator[httpx.Client]:
    with served.client(Role.ADMIN) as client:
        yield client


@pytest.fixture(scope="module")
def fields(admin: httpx.Client) -> dict[str, list[tuple[Place, str]]]:
    """By address that takes a body, the place and the type of everything in it, from the schema itself."""
    schema = admin.get("/openapi.json").json()
    found = {}
    for path, methods in schema["paths"].items():
        body = methods.get("post", {}).get("requestBody")
        if body is not None:
            shape = body["content"]["application/json"]["schema"]
            found[path] = list(places_of(shape, schema["components"]["schemas"], ()))[1:]
    return found


def places_of(shape: dict[str, Any], known: dict[str, Any], place: Place) -> Iterator[tuple[Place, str]]:
    while "$ref" in shape or "anyOf" in shape:
        if "$ref" in shape:
            shape = known[shape["$ref"].rpartition("/")[2]]
        else:
            (shape,) = [one for one in shape["anyOf"] if one != {"type": "null"}]
    kind = shape["type"]
    if kind == "string":
        kind = "word" if "enum" in shape or "pattern" in shape else shape.get("format", kind)
    yield place, kind
    for key, inner in shape.get("properties", {}).items():
        yield from places_of(inner, known, (*place, key))
    if kind == "array":
        yield from places_of(shape["items"], known, (*place, 0))


def put(body: object, place: Place, value: object) -> Any:
    changed: Any = copy.deepcopy(body)
    spot = changed
    for part in place[:-1]:
        spot = spot[part]
    spot[place[-1]] = value
    return changed


def written(place: Place) -> str:
    return "body" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)


def send(client: httpx.Client, path: str, body: object) -> httpx.Response:
    return client.post(path.format(pump_id="ward-1", interruption_id="ward-2-1", alert_id="ward-1-a1"), json=body)


def test_a_body_with_every_field_of_the_right_type_is_taken(
    admin: httpx.Client, fields: dict[str, list[tuple[Place, str]]]
) -> None:
    assert fields.keys() == GOOD.keys()
    for path, places in fields.items():
        assert {place[0] for place, _ in places} == GOOD[path].keys(), path
        assert send(admin, path, GOOD[path]).status_code in {200, 204}, path


def test_a_value_of_another_type_is_refused_wherever_it_stands(
    served: Served, admin: httpx.Client, fields: dict[str, list[tuple[Place, str]]]
) -> None:
    before = len(served.feed.commands)
    taken: list[tuple[str, Any, Any]] = []
    for path, places in fields.items():
        for place, kind in places:
            begins, wrong = WRONG[kind]
            for value in wrong:
                answer = send(admin, path, put(GOOD[path], place, value))
                errors = answer.json().get("errors", []) if answer.status_code == 422 else [str(answer.status_code)]
                if [one.startswith(f"{written(place)}: {begins}") for one in errors] != [True]:
                    taken.append((f"{path} {written(place)}", value, errors))
    assert taken == []
    assert len(served.feed.commands) == before


@pytest.mark.parametrize(
    ("place", "value", "fault"),
    [
        (("rate_ml_per_h",), "5", "body.rate_ml_per_h: must be a number, without quotes"),
        (("rate_ml_per_h",), True, "body.rate_ml_per_h: must be a number, without quotes"),
        (("cycle",), "2", "body.cycle: must be a whole number, without quotes"),
        (("cycle",), 2.0, "body.cycle: must be a whole number, without a decimal point"),
        (("cycle",), 1.5, "body.cycle: must be a whole number, not 1.5"),
        (("cycle",), True, "body.cycle: must be a whole number, without quotes"),
        (("rate_ml_per_h",), 10**400, "body.rate_ml_per_h: must be a number of fewer digits"),
        (("free", 0, "from_at"), NOON, "body.free[0].from_at: is no key here; did you mean from?"),
        (
            ("free", 0, "from"),
            "2026-11-22T12:00:00",
            "body.free[0].from: has no offset from UTC; write one as in 2026-03-02T14:00:00-06:00",
        ),
        (("starts_at",), "1969-12-31T23:59:59Z", "body.starts_at: lies outside the years 2000 to 2099"),
        (("starts_at",), "9999-12-31T23:59:59-23:59", "body.starts_at: lies outside the years 2000 to 2099"),
    ],
)
def test_the_refusal_says_what_to_write_instead(admin: httpx.Client, place: Place, value: object, fault: str) -> None:
    path = f"{PUMP}/orders"
    assert send(admin, path, put(GOOD[path], place, value)).json()["errors"] == [fault]


@pytest.mark.parametrize(
    "instant",
    ["2026-11-22T12:00:00Z", "2026-11-22t12:00:00z", "2026-11-22T13:00:00+01:00", "2026-11-22T07:00:00.000000-05:00"],
)
def test_an_instant_is_the_same_in_every_form_that_the_standard_has(
    served: Served, admin: httpx.Client, instant: str
) -> None:
    assert send(admin, f"{PUMP}/reports", {"running": False, "since": instant}).status_code == 200
    assert getattr(served.feed.commands[-1], "since_us", None) == 1_795_348_800_000_000


def test_a_query_is_text_by_nature_and_is_still_read(admin: httpx.Client) -> None:
    assert admin.get("/api/v1/alerts?open=true&limit=2").status_code == 200
    assert admin.get("/api/v1/pumps?limit=1").status_code == 200
