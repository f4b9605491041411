"""Every call that reads, over a real connection: what it answers, and how it says no."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest

from fake_feed import FakeFeed, full_feed
from monitor.errors import StorageDegraded
from monitor.feed.records import AlertRecord, HealthCheck, InterruptionRecord, Page, PumpSnapshot
from monitor.interruption.events import Role
from served_feed import Served, serving

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(full_feed()) as running:
        yield running


@pytest.fixture
def viewer(served: Served) -> Iterator[httpx.Client]:
    with served.client(Role.VIEWER) as client:
        yield client


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def test_the_board_is_sorted_by_worst_case_time_left(viewer: httpx.Client) -> None:
    board = viewer.get("/api/v1/pumps").json()
    assert [pump["id"] for pump in board["items"]] == ["ward-2", "ward-1", "never-1", "quiet-1", "fine-1", "done-1"]
    assert board["total"] == 6
    assert board["next"] is None


def test_a_pump_shows_its_off_time_as_a_pair_with_class_and_deadline(viewer: httpx.Client) -> None:
    pump = viewer.get("/api/v1/pumps/ward-1").json()
    assert (pump["off_min_s"], pump["off_max_s"], pump["class"]) == (1800, 2700, "below")
    assert pump["deadline_at"] == "2026-11-22T15:15:00Z"
    assert pump["time_left_s"] == 11700
    assert pump["link"] == {
        "state": "online",
        "is_silent": False,
        "last_contact_at": "2026-11-22T11:59:55Z",
        "last_contact_age_s": 5.0,
    }
    assert pump["delivery"] == "not-delivering"
    assert pump["plan"]["rate_ml_per_h"] == 5.0
    assert pump["interruption"]["id"] == "ward-1-1"


def test_a_pump_without_an_interruption_has_no_off_time_at_all(viewer: httpx.Client) -> None:
    pump = viewer.get("/api/v1/pumps/fine-1").json()
    assert [pump[key] for key in ("off_min_s", "off_max_s", "class", "deadline_at", "interruption")] == [None] * 5


def test_an_interruption_shows_rungs_notices_and_who_acknowledged(viewer: httpx.Client) -> None:
    found = viewer.get("/api/v1/interruptions/ward-1-1").json()
    assert found["rungs"] == [
        {
            "rung": "home-nurse",
            "due_at": "2026-11-22T11:35:00Z",
            "told": ["nurse-queue"],
            "acknowledged_by": None,
            "acknowledged_at": None,
        }
    ]
    assert found["notices"][0]["contact"] == "nurse-queue"
    assert found["merged_stops"] == 1


def test_open_means_those_that_still_need_somebody(viewer: httpx.Client) -> None:
    every = viewer.get("/api/v1/interruptions").json()["items"]
    still = viewer.get("/api/v1/interruptions", params={"open": "true"}).json()["items"]
    assert [one["id"] for one in every] == ["ward-1-1", "ward-2-1", "ward-2-2"]
    assert [one["id"] for one in still] == ["ward-1-1", "ward-2-1"]
    alerts = viewer.get("/api/v1/alerts", params={"open": "true"}).json()["items"]
    assert [one["id"] for one in alerts] == ["ward-1-a1", "ward-1-a2"]
    assert {"code", "priority", "raised_at", "acknowledged_by", "resolved_at"} <= alerts[0].keys()


@pytest.mark.parametrize("path", ["/api/v1/interruptions", "/api/v1/alerts", "/api/v1/pumps?order=id"])
def test_pages_put_together_are_the_whole_list(viewer: httpx.Client, path: str) -> None:
    whole = [one["id"] for one in viewer.get(path).json()["items"]]
    pages: list[str] = []
    after: str | None = None
    for _ in range(len(whole) + 1):
        asked = dict(httpx.URL(path).params) | {"limit": "1"} | ({"after": after} if after else {})
        page = viewer.get(path, params=asked).json()
        assert len(page["items"]) <= 1
        pages += [one["id"] for one in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert pages == whole


def test_the_newest_notices_come_first(viewer: httpx.Client) -> None:
    assert [one["id"] for one in viewer.get("/api/v1/notices").json()["items"]] == ["key-2", "key-1"]
    assert [one["id"] for one in viewer.get("/api/v1/notices?limit=1").json()["items"]] == ["key-2"]


@pytest.mark.parametrize("path", ["/api/v1/pumps", "/api/v1/interruptions", "/api/v1/alerts", "/api/v1/notices"])
def test_every_instant_is_rfc_3339_in_utc_and_every_length_is_a_number_of_seconds(
    viewer: httpx.Client, path: str
) -> None:
    seen = 0
    for key, value in walk(viewer.get(path).json()):
        if value is not None and (key == "at" or key.endswith(("_at", "_since", "_until")) or key == "until"):
            assert RFC3339.fullmatch(value), (key, value)
            seen += 1
        if value is not None and key.endswith("_s"):
            assert isinstance(value, int | float), (key, value)
    assert seen


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/pumps/nobody", 404),
        ("GET", "/api/v1/pumps/%2e%2e%2f", 404),
        ("GET", "/api/v1/interruptions/ward-1-99", 404),
        ("GET", "/api/v1/alerts/ward-1-a99", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/pumps/", 404),
        ("PUT", "/api/v1/pumps", 405),
        ("DELETE", "/api/v1/pumps", 405),
        ("POST", "/api/v1/stream", 415),
        ("GET", "/api/v1/pumps?limit=0", 422),
        ("GET", "/api/v1/pumps?limit=501", 422),
        ("GET", "/api/v1/pumps?limit=many", 422),
        ("GET", "/api/v1/pumps?order=random", 422),
        ("GET", "/api/v1/pumps?after=fine-1", 400),
        ("GET", "/api/v1/interruptions?after=nobody-7", 400),
        ("GET", "/api/v1/alerts?open=perhaps", 422),
        ("GET", "/api/v1/stream?after=-1", 400),
        ("GET", "/api/v1/stream?after=999999", 400),
        ("GET", f"/api/v1/stream?after={'9' * 40}", 422),
        ("HEAD", "/api/v1/stream", 405),
        ("TRACE", "/api/v1/pumps", 405),
    ],
)
def test_every_error_is_a_problem_document(viewer: httpx.Client, method: str, path: str, status: int) -> None:
    answer = viewer.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    if method != "HEAD":
        found = answer.json()
        assert found["status"] == status
        assert {"type", "title", "detail"} <= found.keys()


def test_unknown_query_parameters_are_left_alone(viewer: httpx.Client) -> None:
    assert viewer.get("/api/v1/pumps?colour=blue").status_code == 200


def test_nothing_may_be_kept_in_a_cache_or_shown_in_a_frame(viewer: httpx.Client) -> None:
    for path in ("/", "/api/v1/pumps", "/healthz", "/dashboard/page.js", "/nowhere"):
        headers = viewer.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "server" not in headers


def test_asking_for_the_head_alone_gives_no_body(viewer: httpx.Client) -> None:
    answer = viewer.head("/healthz")
    assert answer.status_code == 200
    assert answer.content == b""


def test_ready_says_which_part_does_not_work(
    served: Served, viewer: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert viewer.get("/readyz").json()["status"] == "ready"
    broken = HealthCheck(name="driver:zyno", is_ok=False, why="the line is cut")
    monkeypatch.setattr(served.feed, "checks", (*served.feed.checks, broken))
    answer = viewer.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert "driver:zyno" in answer.json()["detail"]
    assert answer.json()["checks"][-1] == {"name": "driver:zyno", "ok": False, "why": "the line is cut"}


def test_alive_does_not_depend_on_ready(served: Served, viewer: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served.feed, "checks", (HealthCheck(name="storage", is_ok=False),))
    assert viewer.get("/healthz").status_code == 200


def test_the_metrics_count_what_came_in_and_what_was_refused_by_cause(viewer: httpx.Client) -> None:
    lines = viewer.get("/metrics").text.splitlines()
    assert "pumpwatch_observations_total 7.0" in lines
    assert 'pumpwatch_refused_total{cause="checksum"} 2.0' in lines
    assert 'pumpwatch_refused_total{cause="not-json"} 1.0' in lines


def test_the_metrics_count_answers_and_name_no_pump(viewer: httpx.Client) -> None:
    viewer.get("/api/v1/pumps/ward-1")
    text = viewer.get("/metrics").text
    assert 'pumpwatch_feed_answers_total{method="GET",route="/api/v1/pumps/{pump_id}",status="200"}' in text
    assert "pumpwatch_pumps 6.0" in text
    assert "pumpwatch_time_left_seconds -600.0" in text
    assert 'pumpwatch_interruptions{class="possible"} 1.0' in text
    assert "ward-1" not in text


def test_the_schema_describes_every_call_and_its_errors(viewer: httpx.Client) -> None:
    schema = viewer.get("/openapi.json").json()
    assert schema["openapi"].startswith("3.")
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            assert operation["x-minimum-role"] in {"public", *Role}, (method, path)
            assert operation["description"], (method, path)
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert answer["content"].keys() == {"application/problem+json"}
    properties = schema["components"]["schemas"]["PumpAnswer"]["properties"]
    assert {"off_min_s", "off_max_s", "class", "deadline_at"} <= properties.keys()


def test_a_fault_of_ours_is_a_problem_document_without_its_inside(
    served: Served, viewer: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_pump_id: str) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(served.feed, "pump", fail)
    answer = viewer.get("/api/v1/pumps/ward-1")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text


def test_a_store_that_does_not_answer_is_told_as_such(
    served: Served, viewer: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_arguments: object) -> None:
        raise StorageDegraded("disk on fire")

    monkeypatch.setattr(served.feed, "alerts", fail)
    answer = viewer.get("/api/v1/alerts")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "disk" not in answer.text


@pytest.mark.parametrize("path", ["/api/v1/pumps", "/api/v1/interruptions", "/api/v1/alerts"])
def test_streaming_from_an_answer_s_cursor_misses_nothing_that_came_while_it_was_made(path: str) -> None:
    class Busy(FakeFeed):
        """Something becomes durable just as the lists are read."""

        def pumps(self) -> Sequence[PumpSnapshot]:
            self.add()
            return super().pumps()

        def interruptions(self, *, open_only: bool, after: str | None, limit: int) -> Page[InterruptionRecord]:
            self.add()
            return super().interruptions(open_only=open_only, after=after, limit=limit)

        def alerts(self, *, open_only: bool, after: str | None, limit: int) -> Page[AlertRecord]:
            self.add()
            return super().alerts(open_only=open_only, after=after, limit=limit)

    with serving(Busy()) as running, running.client() as client:
        assert client.get(path).json()["cursor"] == "0"
