"""Strangers, foreign pages and bad manners: who is turned away at the door, and how."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, suppress

import httpx
import pytest

from fake_feed import full_feed
from monitor.errors import ConfigurationError
from monitor.feed.access import Access
from monitor.feed.guard import BODY_MAX_BYTES, COOKIE
from monitor.feed.server import FeedServer, is_loopback
from monitor.interruption.events import Role
from served_feed import Served, serving

ACK = "/api/v1/alerts/ward-1-a1/acknowledge"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(full_feed()) as running:
        yield running


@pytest.fixture
def browser(served: Served) -> Iterator[httpx.Client]:
    """Return a client that holds a nurse's session and no token."""
    with served.client(None) as client:
        assert client.post("/session", json={"token": served.token(Role.NURSE)}).status_code == 204
        yield client


@pytest.mark.parametrize(
    "header", ["Bearer wrong", "Bearer", "Basic dXNlcjpwYXNz", "token-of-admin", "bearer\ttoken-of-admin"]
)
def test_a_wrong_token_opens_nothing(served: Served, header: str) -> None:
    with served.client(None) as client:
        answer = client.get("/api/v1/pumps", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_token_in_the_address_opens_nothing(served: Served) -> None:
    with served.client(None) as client:
        for name in ("token", "access_token", "authorization"):
            assert client.get("/api/v1/pumps", params={name: served.token(Role.ADMIN)}).status_code == 401


def test_without_a_token_known_and_unknown_addresses_look_the_same(served: Served) -> None:
    with served.client(None) as client:
        answers = [client.get(f"/api/v1/pumps/{pump}") for pump in ("ward-1", "nobody")] + [client.get("/nowhere")]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1


def test_a_session_is_a_cookie_that_no_script_can_read_and_no_other_page_can_use(served: Served) -> None:
    with served.client(None) as client:
        answer = client.post("/session", json={"token": served.token(Role.NURSE)})
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert served.token(Role.NURSE) not in cookie
        who = client.get("/session").json()
    assert (who["name"], who["role"]) == ("the-nurse", "nurse")
    assert who["site"]["call_back_number"] == "555-0100"


def test_a_wrong_token_gets_no_session(served: Served) -> None:
    with served.client(None) as client:
        answer = client.post("/session", json={"token": "wrong"})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_signing_out_ends_the_session_on_the_server(served: Served, browser: httpx.Client) -> None:
    secret = browser.cookies[COOKIE]
    assert browser.delete("/session", headers={"Origin": served.url}).status_code == 204
    with served.client(None, cookies={COOKIE: secret}) as thief:
        assert thief.get("/api/v1/pumps").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "OWN", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_session_acts_only_from_the_feed_s_own_page(
    served: Served, browser: httpx.Client, headers: dict[str, str]
) -> None:
    sent = {name: served.url if value == "OWN" else value for name, value in headers.items()}
    before = len(served.feed.commands)
    answer = browser.post(ACK, json={}, headers=sent)
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert browser.delete("/session", headers=sent).status_code == 403
    assert len(served.feed.commands) == before


def test_a_session_acts_from_the_feed_s_own_page(served: Served, browser: httpx.Client) -> None:
    own = {"Origin": served.url, "Sec-Fetch-Site": "same-origin"}
    assert browser.post(ACK, json={}, headers=own).status_code == 200


def test_even_a_token_does_not_act_from_another_page(served: Served) -> None:
    with served.client(Role.NURSE) as client:
        assert client.post(ACK, json={}, headers={"Origin": "http://evil.example"}).status_code == 403
        assert client.post(ACK, json={}).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_only_json_is_taken(served: Served, kind: str) -> None:
    with served.client(Role.NURSE) as client:
        answer = client.post(ACK, content=b"{}", headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"by": 1e999}', b"[" * 8_000])
def test_a_body_that_is_no_fitting_json_is_a_problem_and_no_command(served: Served, body: bytes) -> None:
    before = len(served.feed.commands)
    with served.client(Role.NURSE) as client:
        answer = client.post(ACK, content=body, headers=JSON)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(served.feed.commands) == before


def test_a_body_without_end_is_not_swallowed(served: Served) -> None:
    def flood() -> Iterator[bytes]:
        for _ in range(64):
            yield b" " * BODY_MAX_BYTES

    with served.client(Role.NURSE) as client:
        assert client.post(ACK, content=b" " * (BODY_MAX_BYTES + 1), headers=JSON).status_code == 413
        # The server may answer and close before the flood is over; that is as good.
        with suppress(httpx.TransportError):
            assert client.post(ACK, content=flood(), headers=JSON).status_code == 413
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "[", "127.1"])
def test_a_foreign_name_does_not_reach_a_loopback_feed(served: Served, host: str) -> None:
    with served.client() as client:
        answer = client.get("/healthz", headers={"Host": host})
    assert answer.status_code in {400, 421}


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1", "[::1]:80"])
def test_the_machine_s_own_names_reach_it(served: Served, host: str) -> None:
    with served.client() as client:
        assert client.get("/healthz", headers={"Host": host}).status_code == 200


def test_a_proxy_s_name_reaches_it_where_it_is_allowed() -> None:
    with serving(full_feed(), names=["pumps.clinic.example"]) as running, running.client() as client:
        assert client.get("/healthz", headers={"Host": "pumps.clinic.example"}).status_code == 200
        assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 421


def test_a_demonstration_may_be_looked_at_without_a_token_and_no_more() -> None:
    with serving(full_feed(), anonymous_role=Role.VIEWER) as running, running.client(None) as client:
        assert client.get("/api/v1/pumps").status_code == 200
        assert client.get("/session").json()["name"] == "anonymous"
        assert client.post(ACK, json={}).status_code == 403
        assert client.get("/api/v1/pumps", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_nobody_is_let_in_without_a_token_from_beyond_this_machine() -> None:
    access, _ = Access.generated(Role.ADMIN, Role.VIEWER)
    for host in ("0.0.0.0", "::", "192.0.2.1", "pumps.clinic.example"):  # noqa: S104 - it must be refused
        with pytest.raises(ConfigurationError, match="not loopback"):
            FeedServer(full_feed(), access, host=host)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.8.8.8", True), ("::1", True), ("10.0.0.1", False), ("localhost.evil.example", False)],
)
def test_loopback_is_known_by_its_address(host: str, *, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 100_000,
        b"GET /" + b"a" * 200_000,
        b"POST /session HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
    ],
)
def test_noise_instead_of_a_request_harms_nobody(served: Served, raw: bytes) -> None:
    address = httpx.URL(served.url)
    line = socket.create_connection((address.host, address.port or 0), timeout=10)
    # It may be hung up on while still shouting.
    with closing(line), suppress(OSError):
        line.sendall(raw)
        line.recv(1024)
    with served.client() as client:
        assert client.get("/healthz").status_code == 200
