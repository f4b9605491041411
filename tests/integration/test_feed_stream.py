"""The event stream over real connections: resumed without gap or repeat, and not held up by anyone."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any

import httpx
import pytest

from fake_feed import FakeFeed, full_feed
from monitor.feed import listening, stream
from monitor.interruption.events import Role
from served_feed import Served, eventually, serving

PATH = "/api/v1/stream"
Event = dict[str, str]


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(FakeFeed(), heartbeat_s=0.1) as running:
        yield running


@contextmanager
def listening_to(served: Served, **options: Any) -> Iterator[Iterator[Event]]:
    with served.client(Role.VIEWER) as client, client.stream("GET", PATH, **options) as answer:
        assert answer.status_code == 200
        yield events_of(answer.iter_lines())


def events_of(lines: Iterator[str]) -> Iterator[Event]:
    event: Event = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
        elif event:
            yield event
            event = {}


def records(events: Iterator[Event]) -> Iterator[Event]:
    return (event for event in events if event.get("event") != "heartbeat")


def take(served: Served, wanted: int, **options: Any) -> list[int]:
    with listening_to(served, **options) as events:
        return [int(event["id"]) for event in islice(records(events), wanted)]


def test_the_answer_is_a_stream_that_begins_with_the_server_s_time(served: Served) -> None:
    with listening_to(served) as events:
        first = next(events)
    assert first["event"] == "heartbeat"
    assert json.loads(first["data"])["server_at"].startswith("2026-11-22T12:00:00")
    assert "id" not in first


def test_heartbeats_come_while_nothing_happens(served: Served) -> None:
    with listening_to(served) as events:
        beats = [json.loads(event["data"])["server_at"] for event in islice(events, 4)]
    assert beats == sorted(set(beats))


def test_without_a_cursor_only_what_is_new_is_told(served: Served) -> None:
    served.feed.add()
    eventually(lambda: tip(served) == 1, "the first record")
    with listening_to(served) as events:
        next(events)
        served.feed.add()
        assert next(records(events))["id"] == "2"


def tip(served: Served) -> int:
    with served.client() as client:
        return int(client.get("/api/v1/notices").json()["cursor"])


def test_the_id_is_the_cursor_and_the_data_is_the_record(served: Served) -> None:
    served.feed.add("interruption-amended", "ward-1", off_min_us=0, off_max_us=90_000_000, off_class="below")
    with listening_to(served, params={"after": "0"}) as events:
        event = next(records(events))
    assert event["id"] == "1"
    told = json.loads(event["data"])
    assert (told["cursor"], told["kind"], told["pump"]) == ("1", "interruption-amended", "ward-1")
    assert told["data"] == {"off_min_s": 0.0, "off_max_s": 90.0, "class": "below"}


def test_the_header_of_a_browser_that_comes_back_wins_over_the_address(served: Served) -> None:
    for _ in range(5):
        served.feed.add()
    assert take(served, 2, params={"after": "0"}, headers={"Last-Event-ID": "3"}) == [4, 5]


def test_clients_that_come_and_go_while_records_are_added_miss_and_repeat_nothing(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "PAGE", 16)
    monkeypatch.setattr(stream, "REMEMBERED", 32)
    wanted = 600
    heard: dict[int, list[int]] = {}

    def follow(piece: int) -> None:
        mine: list[int] = []
        while len(mine) < wanted:
            place = mine[-1] if mine else 0
            how = {"headers": {"Last-Event-ID": str(place)}} if piece % 2 else {"params": {"after": str(place)}}
            mine += take(served, min(piece, wanted - len(mine)), **how)
        heard[piece] = mine

    followers = [threading.Thread(target=follow, args=(piece,)) for piece in (7, 40, 101, wanted)]
    for follower in followers:
        follower.start()
    for _ in range(wanted):
        served.feed.add()
    for follower in followers:
        follower.join(100)
    assert heard == {piece: list(range(1, wanted + 1)) for piece in (7, 40, 101, wanted)}


def test_a_client_that_does_not_read_is_cut_off_and_holds_up_nobody(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = 8_000
    monkeypatch.setattr(listening, "SEND_WAIT_S", 60.0)
    with listening_to(served, params={"after": "0"}) as events:
        next(events)
        # Only with the one who comes from now on is the feed so impatient: who reads may be slow.
        monkeypatch.setattr(listening, "SEND_WAIT_S", 0.3)
        with closing(deaf_client(served)):
            eventually(lambda: metric(served, "pumpwatch_feed_streams") == 2, "the second stream")
            for _ in range(wanted):
                served.feed.add(detail="x" * 1_500)
            heard = [int(event["id"]) for event in islice(records(events), wanted)]
            assert heard == list(range(1, wanted + 1))
            eventually(lambda: metric(served, "pumpwatch_feed_streams_cut_off_total") == 1, "the cut")
            eventually(lambda: metric(served, "pumpwatch_feed_streams") == 1, "the place given back")


def deaf_client(served: Served) -> socket.socket:
    """Return a connection that has asked for the stream from its start and will not read it."""
    address = httpx.URL(served.url)
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect((address.host, address.port))
    token = served.token(Role.VIEWER)
    head = f"GET {PATH}?after=0 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    deaf.sendall(head.encode())
    return deaf


def metric(served: Served, name: str) -> float:
    with served.client() as client:
        lines = client.get("/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def test_a_client_that_goes_gives_its_place_back(served: Served) -> None:
    for _ in range(3):
        with listening_to(served) as events:
            next(events)
    eventually(lambda: metric(served, "pumpwatch_feed_streams") == 0, "every place given back")


def test_one_stream_too_many_is_a_problem_and_not_a_wait(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LISTENERS_PER_ACCOUNT_MAX", 1)
    with listening_to(served) as events:
        next(events)
        with served.client(Role.VIEWER) as client:
            answer = client.get(PATH)
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"] == "10"
        with served.client(Role.NURSE) as client, client.stream("GET", PATH) as other:
            assert other.status_code == 200


def test_a_stream_ends_after_a_while_so_that_the_token_is_looked_at_again(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LISTEN_MAX_S", 0.2)
    with listening_to(served) as events:
        assert len(list(events)) >= 1


def test_open_streams_do_not_hold_up_the_stop() -> None:
    with serving(full_feed(), heartbeat_s=0.1) as running, listening_to(running) as events:
        next(events)
        assert running.server.stop()
        assert all(event["event"] == "heartbeat" for event in events)


def test_a_client_that_does_not_read_does_not_hold_up_the_stop() -> None:
    with serving(FakeFeed()) as running, closing(deaf_client(running)) as deaf:
        for _ in range(8_000):
            running.feed.add(detail="x" * 1_500)
        assert deaf.recv(16).startswith(b"HTTP/1.1 200")
        assert running.server.stop()


def test_a_feed_can_be_stopped_twice_and_begun_again_on_its_port() -> None:
    with serving(full_feed()) as running:
        port = httpx.URL(running.url).port
        assert running.server.stop()
        assert running.server.stop()
        with serving(full_feed(), port=port) as again, again.client() as client:
            assert client.get("/healthz").status_code == 200
