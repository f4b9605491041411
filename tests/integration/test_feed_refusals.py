"""A refused request is told, in our own words, which part of it does not fit and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fake_feed import full_feed
from monitor.feed.problems import ERRORS_MAX
from monitor.interruption.events import MarkKind, Outcome, Role
from monitor.interruption.therapy_rules import AgeGroup
from monitor.refusals import NO_INSTANT
from served_feed import Served, serving

ORDERS = "/api/v1/pumps/ward-1/orders"
MARKS = "/api/v1/pumps/ward-1/marks"
REPORTS = "/api/v1/pumps/ward-1/reports"
HOLDS = "/api/v1/pumps/ward-1/holds"
SWAPS = "/api/v1/pumps/ward-1/swaps"
CLOSE = "/api/v1/interruptions/ward-2-1/close"
RUNG = "/api/v1/interruptions/ward-2-1/acknowledge"
NOON = "2026-11-22T12:00:00Z"
JSON = {"Content-Type": "application/json"}
LIBRARY = re.compile(r"Input|should|Field|required|Extra|permitted|Value error|valid|unable|String|parse")
"""How pydantic speaks."""

NO_OFFSET = "has no offset from UTC; write one as in 2026-03-02T14:00:00-06:00"


def one_of(words: type[MarkKind | Outcome | AgeGroup]) -> str:
    quoted = [f"'{word.value}'" for word in words]
    return f"must be {', '.join(quoted[:-1])} or {quoted[-1]}"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(full_feed()) as running:
        yield running


@pytest.fixture(scope="module")
def clinician(served: Served) -> Iterator[httpx.Client]:
    with served.client(Role.CLINICIAN) as client:
        yield client


def refused(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    errors = answer.json()["errors"]
    assert isinstance(errors, list)
    return errors


@pytest.mark.parametrize(
    ("path", "body", "fault"),
    [
        (MARKS, {}, "body.kind: is missing"),
        (MARKS, {"kind": "nap"}, f"body.kind: {one_of(MarkKind)}"),
        (MARKS, {"kind": 5}, f"body.kind: {one_of(MarkKind)}"),
        (MARKS, {"kind": "bag-change", "minutes": 0}, "body.minutes: must be greater than 0, not 0"),
        (
            MARKS,
            {"kind": "bag-change", "minutes": 1e9},
            "body.minutes: must be less than or equal to 1440, not 1000000000",
        ),
        (MARKS, {"kind": "bag-change", "minutes": "few"}, "body.minutes: must be a number"),
        (MARKS, {"kind": "bag-change", "minutes": []}, "body.minutes: must be a number, without quotes"),
        (MARKS, {"kind": "bag-change", "note": " "}, "body.note: must be at least 1 character long, not 0 without"),
        (MARKS, {"kind": "bag-change", "note": "x" * 501}, "body.note: must be at most 500 characters long, not 501"),
        (MARKS, {"kind": "bag-change", "by": 5}, "body.by: must be text in quotes"),
        (MARKS, {"kind": "bag-change", "by": ""}, "body.by: must be at least 1 character long, not 0"),
        (MARKS, {"kind": "bag-change", "minute": 5}, "body.minute: is no key here; did you mean minutes?"),
        (MARKS, {"kind": "bag-change", "zz": 5}, "body.zz: is no key here; there are by, kind, minutes, note"),
        (MARKS, [], "body: must be an object, in braces"),
        (MARKS, "bag-change", "body: must be an object, in braces"),
        (RUNG, {"rung": "a" * 65}, "body.rung: must be at most 64 characters long, not 65"),
        (REPORTS, {"running": "perhaps"}, "body.running: must be true or false"),
        (REPORTS, {"running": 2}, "body.running: must be true or false"),
        (REPORTS, {"running": None}, "body.running: must be true or false, without quotes"),
        (REPORTS, {"running": True, "since": NOON}, "body: 'since' belongs to a report that the pump is stopped"),
        (REPORTS, {"running": False, "since": "noon"}, f"body.since: {NO_INSTANT}"),
        (REPORTS, {"running": False, "since": "2026-13-01T12:00:00Z"}, f"body.since: {NO_INSTANT}"),
        (REPORTS, {"running": False, "since": {}}, f"body.since: {NO_INSTANT}"),
        (REPORTS, {"running": False, "since": 1e300}, f"body.since: {NO_INSTANT}"),
        (REPORTS, {"running": False, "since": "2026-11-22T12:00:00"}, f"body.since: {NO_OFFSET}"),
        (HOLDS, {"started": True, "reason": "scan", "until": "2026-11-22"}, f"body.until: {NO_INSTANT}"),
        (SWAPS, {"serial": "s" * 129}, "body.serial: must be at most 128 characters long, not 129"),
        (CLOSE, {"outcome": "fine", "note": "seen"}, f"body.outcome: {one_of(Outcome)}"),
        (ORDERS, {"rate_ml_per_h": 5, "cycle": 1.5}, "body.cycle: must be a whole number, not 1.5"),
        (ORDERS, {"rate_ml_per_h": 5, "cycle": "many"}, "body.cycle: must be a whole number"),
        (ORDERS, {"rate_ml_per_h": 5, "cycle": {}}, "body.cycle: must be a whole number, without quotes"),
        (ORDERS, {"rate_ml_per_h": 5, "cycle": 0}, "body.cycle: must be greater than or equal to 1, not 0"),
        (ORDERS, {"rate_ml_per_h": 5, "cycle": 10**400}, "body.cycle: must be less than or equal to 99"),
        (ORDERS, {"rate_ml_per_h": 5, "cycle": "9" * 5_000}, "body.cycle: must be a whole number, without quotes"),
        (ORDERS, {"rate_ml_per_h": 5, "age_group": "infant"}, f"body.age_group: {one_of(AgeGroup)}"),
        (
            ORDERS,
            {"rate_ml_per_h": 5, "indication": "MRD"},
            "body.indication: must be a word of lower-case letters, digits and hyphens, such as mrd-positive",
        ),
        (ORDERS, {"rate_ml_per_h": 5, "free": {}}, "body.free: must be a list, in square brackets"),
        (ORDERS, {"rate_ml_per_h": 5, "free": [7]}, "body.free[0]: must be an object, in braces"),
        (ORDERS, {"rate_ml_per_h": 5, "free": [{"from": NOON}]}, "body.free[0].until: is missing"),
        (
            ORDERS,
            {"rate_ml_per_h": 5, "free": [{"from": NOON, "until": NOON, "til": NOON}]},
            "body.free[0].til: is no key here; did you mean until?",
        ),
        (
            ORDERS,
            {"rate_ml_per_h": 5, "free": [{"from": NOON, "until": NOON}]},
            "body.free[0]: 'until' must be after 'from'",
        ),
        (
            ORDERS,
            {"rate_ml_per_h": 5, "free": [{"from": NOON, "until": NOON}] * 65},
            "body.free: must have at most 64 entries, and has 65",
        ),
        (ORDERS, {"rate_ml_per_h": 5, "starts_at": NOON, "ends_at": NOON}, "body: 'ends_at' must be after 'starts_at'"),
        ("/session", {"token": ""}, "body.token: must be at least 1 character long, not 0"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_with_place_and_cause(
    served: Served, clinician: httpx.Client, path: str, body: object, fault: str
) -> None:
    before = len(served.feed.commands)
    answer = clinician.post(path, json=body)
    assert [found[: len(fault)] for found in refused(answer)] == [fault]
    assert len(served.feed.commands) == before


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "body: is missing"),
        (b"null", "body: must be an object, in braces"),
        (b"{", "body: is no JSON that can be read; the fault is at character 2"),
        (b'{"kind": }', "body: is no JSON that can be read; the fault is at character 10"),
        (b'{"kind": "bag-change", "minutes": NaN}', "body.minutes: must be a finite number"),
        (b'{"kind": "bag-change", "minutes": 1e999}', "body.minutes: must be a finite number"),
        (b'{"kind": "bag-change", "note": "\\ud800"}', "body.note: must be text in UTF-8"),
    ],
)
def test_what_is_no_json_or_no_number_is_refused_with_its_place(
    clinician: httpx.Client, content: bytes, fault: str
) -> None:
    assert refused(clinician.post(MARKS, content=content, headers=JSON)) == [fault]


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/api/v1/pumps?limit=0", "query.limit: must be greater than or equal to 1"),
        ("/api/v1/pumps?limit=501", "query.limit: must be less than or equal to 500"),
        ("/api/v1/pumps?limit=many", "query.limit: must be a whole number"),
        ("/api/v1/pumps?limit=1.5", "query.limit: must be a whole number"),
        ("/api/v1/pumps?limit=", "query.limit: must be a whole number"),
        ("/api/v1/pumps?order=random", "query.order: must be 'time-left' or 'id'"),
        ("/api/v1/alerts?open=perhaps", "query.open: must be true or false"),
        (f"/api/v1/pumps?after={'9' * 161}", "query.after: must be at most 160 characters long, not 161"),
    ],
)
def test_a_query_that_does_not_fit_is_refused_with_place_and_cause(
    clinician: httpx.Client, path: str, fault: str
) -> None:
    assert refused(clinician.get(path)) == [fault]


def test_a_header_that_does_not_fit_is_refused_with_place_and_cause(clinician: httpx.Client) -> None:
    answer = clinician.get("/api/v1/stream", headers={"Last-Event-ID": "9" * 40})
    assert refused(answer) == ["header.last-event-id: must be at most 32 characters long, not 40"]


def test_a_secret_is_not_repeated_to_whom_it_does_not_fit(served: Served) -> None:
    with served.client(None) as client:
        answer = client.post("/session", json={"token": "hush-" * 200, "tokens": "hush-hush"})
    assert refused(answer) == [
        "body.token: must be at most 512 characters long, not 1000",
        "body.tokens: is no key here; did you mean token?",
    ]
    assert "hush" not in answer.text


def test_of_many_faults_only_some_are_listed_and_each_is_short(clinician: httpx.Client) -> None:
    body: dict[str, Any] = {"k" * (200 + number): number for number in range(40)}
    errors = refused(clinician.post(MARKS, json=body))
    assert len(errors) == ERRORS_MAX
    assert max(len(error) for error in errors) < 200


def test_a_key_cannot_play_tricks_on_a_screen(clinician: httpx.Client) -> None:
    errors = refused(clinician.post(MARKS, json={"kind": "bag-change", "a\x1b[2Jb\u202e": 1}))
    assert errors == ['body."a\ufffd[2Jb\ufffd": is no key here; there are by, kind, minutes, note']


def test_no_word_of_the_library_is_left_in_any_schema_s_refusals(served: Served, clinician: httpx.Client) -> None:
    schema = clinician.get("/openapi.json").json()
    odd: list[object] = [None, True, -1, 0, 1.5, 1e300, "", "x", "x" * 600, "2026-11-22T12:00:00", [], [[]], {}]
    with served.client(Role.ADMIN) as client:
        for path, methods in schema["paths"].items():
            reference = methods.get("post", {}).get("requestBody", {})
            if not reference:
                continue
            name = reference["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            keys = schema["components"]["schemas"][name]["properties"]
            address = path.format(pump_id="ward-1", interruption_id="ward-2-1", alert_id="ward-1-a1")
            for value in odd:
                answer = client.post(address, json=dict.fromkeys([*keys, "stranger"], value))
                assert answer.status_code == 422, (path, value)
                for sentence in refused(answer):
                    assert not LIBRARY.search(sentence), (path, value, sentence)
