"""The stream's inside: every record once and in order, whatever the listener's place, and nothing that grows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager

import msgspec
import pytest

from fake_feed import FakeFeed
from monitor.errors import StorageDegraded
from monitor.feed import stream
from monitor.feed.cursor import CursorError
from monitor.feed.desk import Desk
from monitor.feed.problems import TooManyClientsError
from monitor.feed.records import FeedRecord
from monitor.feed.stream import StreamHub, frame_of

NEVER_S = 1_000.0


@asynccontextmanager
async def running(feed: FakeFeed, heartbeat_s: float = NEVER_S) -> AsyncGenerator[StreamHub]:
    desk = Desk(feed)
    hub = StreamHub(desk, heartbeat_s)
    hub.enter("somebody who listens all the time")
    task = asyncio.create_task(hub.run())
    try:
        async with asyncio.timeout(100):
            yield hub
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        desk.close()


async def take(hub: StreamHub, after: int, wanted: int) -> list[int]:
    """Return the first ``wanted`` cursors that a listener hears."""
    heard: list[int] = []
    async with aclosing(hub.listen(after)) as events:
        async for event in events:
            heard += [int(line[4:]) for line in event.decode().splitlines() if line.startswith("id: ")]
            if len(heard) >= wanted:
                break
    return heard


async def first_turn(hub: StreamHub) -> None:
    """Wait until the hub has found its place in the store: its first heartbeat says so."""
    async with aclosing(hub.listen(0)) as events:
        await anext(events)
        await anext(events)


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await story()

    asyncio.run(main())


@pytest.fixture(autouse=True)
def small_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "PAGE", 4)
    monkeypatch.setattr(stream, "REMEMBERED", 8)


@pytest.mark.parametrize("after", [0, 1, 7, 40, 41, 42, 43, 49, 50])
def test_a_listener_hears_all_behind_its_place_once_and_in_order(after: int) -> None:
    async def story() -> None:
        feed = FakeFeed()
        for _ in range(42):
            feed.add()
        async with running(feed) as hub:
            listening = asyncio.create_task(take(hub, after, 60 - after))
            await asyncio.sleep(0)
            for _ in range(18):
                feed.add()
                await asyncio.sleep(0)
            assert await listening == list(range(after + 1, 61))

    run(story)


def test_listeners_that_come_and_go_while_records_are_added_miss_and_repeat_nothing() -> None:
    async def story() -> None:
        feed = FakeFeed()

        async def add() -> None:
            for _ in range(400):
                feed.add()
                await asyncio.sleep(0)

        async def listen(piece: int) -> list[int]:
            heard: list[int] = []
            while len(heard) < 400:
                heard += await take(hub, heard[-1] if heard else 0, min(piece, 400 - len(heard)))
            return heard

        async with running(feed) as hub:
            adding = asyncio.create_task(add())
            for heard in await asyncio.gather(*(listen(piece) for piece in (1, 3, 9, 400))):
                assert heard == list(range(1, 401))
            await adding

    run(story)


def test_holes_between_cursors_are_no_obstacle() -> None:
    async def story() -> None:
        feed = FakeFeed()
        feed.records = [FeedRecord(cursor=cursor, at_us=0, kind="told") for cursor in range(10, 500, 10)]
        async with running(feed) as hub:
            assert await take(hub, 15, 48) == list(range(20, 500, 10))

    run(story)


def test_the_memory_of_frames_is_bounded() -> None:
    async def story() -> None:
        feed = FakeFeed()
        async with running(feed) as hub:
            for _ in range(1_000):
                feed.add()
            assert len(await take(hub, 0, 1_000)) == 1_000
            assert await take(hub, 999, 1) == [1_000]
            assert len(hub._frames) == len(hub._cursors) <= 2 * stream.REMEMBERED + stream.PAGE

    run(story)


def test_whoever_comes_late_hears_all_whatever_has_been_forgotten() -> None:
    async def story() -> None:
        feed = FakeFeed()
        async with running(feed) as hub:
            await first_turn(hub)
            for cursor in range(60):
                feed.add()
                await take(hub, cursor, 1)
            for after in range(60):
                assert await take(hub, after, 60 - after) == list(range(after + 1, 61))

    run(story)


def test_each_record_is_encoded_once_for_all_listeners(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[int] = []

    def encode(record: FeedRecord) -> bytes:
        encoded.append(record.cursor)
        return frame_of(record)

    async def story() -> None:
        feed = FakeFeed()
        async with running(feed) as hub:
            await first_turn(hub)
            monkeypatch.setattr(stream, "frame_of", encode)
            listeners = [asyncio.create_task(take(hub, 0, 6)) for _ in range(5)]
            for _ in range(6):
                feed.add()
            assert await asyncio.gather(*listeners) == [[1, 2, 3, 4, 5, 6]] * 5

    run(story)
    assert encoded == [1, 2, 3, 4, 5, 6]


def test_the_first_word_is_a_heartbeat_with_the_server_s_time() -> None:
    async def story() -> None:
        feed = FakeFeed(tick_us=0)
        async with running(feed) as hub, aclosing(hub.listen(0)) as events:
            first = await anext(events)
            assert first.startswith(b"retry: 2000\nevent: heartbeat\ndata: {")
            assert b'"server_at":"2026-11-22T12:00:00Z"' in first

    run(story)


def test_heartbeats_go_on_while_nothing_happens_and_while_much_does() -> None:
    async def story() -> None:
        feed = FakeFeed()
        async with running(feed, heartbeat_s=0.01) as hub, aclosing(hub.listen(0)) as events:
            beats = 0
            async for event in events:
                beats += event.count(b"event: heartbeat")
                feed.add()
                if beats >= 5:
                    break

    run(story)


def test_a_cursor_ahead_of_the_store_is_refused_instead_of_waited_for() -> None:
    async def story() -> None:
        feed = FakeFeed()
        feed.add()
        async with running(feed) as hub:
            await hub.check(1)
            with pytest.raises(CursorError, match="ahead"):
                await hub.check(2)

    run(story)


def test_a_store_that_fails_for_a_while_costs_no_record() -> None:
    async def story() -> None:
        feed = FakeFeed()
        async with running(feed, heartbeat_s=0.01) as hub:
            await first_turn(hub)
            works = feed.records_after

            def fails(cursor: int, limit: int) -> list[FeedRecord]:
                raise StorageDegraded("busy")

            feed.records_after = fails  # type: ignore[method-assign]  # the fake's store breaks here
            listening = asyncio.create_task(take(hub, 0, 3))
            for _ in range(3):
                feed.add()
                await asyncio.sleep(0.01)
            feed.records_after = works  # type: ignore[method-assign]  # and works again
            assert await listening == [1, 2, 3]

    run(story)


def test_a_record_that_cannot_be_told_does_not_stop_those_behind_it() -> None:
    frame = frame_of(FeedRecord(cursor=7, at_us=10**30, kind="told", data={"x": object()}))
    assert frame.startswith(b"id: 7\ndata: {")
    assert msgspec.json.decode(frame.split(b"data: ")[1])["data"] == {}


def test_no_text_can_break_out_of_its_event() -> None:
    hostile = "x\n\nid: 999\r\ndata: {}\r\revent: heartbeat\u2028\x00"
    frame = frame_of(FeedRecord(cursor=1, at_us=0, kind=hostile, data={hostile: hostile, "why": [hostile]}))
    assert frame.count(b"\n") == 3
    assert frame.count(b"\r") == 0


def test_while_nobody_listens_no_record_is_read() -> None:
    async def story() -> None:
        feed = WatchedFeed()
        async with running(feed) as hub:
            hub.leave("somebody who listens all the time")
            for _ in range(5):
                feed.add()
            while hub.tip < 5:  # noqa: ASYNC110 - the hub tells nobody when it moves its tip
                await asyncio.sleep(0)
            assert feed.read == []
            hub.enter("late")
            feed.add()
            assert await take(hub, 2, 4) == [3, 4, 5, 6]

    run(story)


class WatchedFeed(FakeFeed):
    """Notes from where records are read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[int] = []

    def records_after(self, cursor: int, limit: int) -> Sequence[FeedRecord]:
        self.read.append(cursor)
        return super().records_after(cursor, limit)


def test_places_are_bounded_in_all_and_per_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LISTENERS_MAX", 3)
    monkeypatch.setattr(stream, "LISTENERS_PER_ACCOUNT_MAX", 2)
    hub = StreamHub(Desk(FakeFeed()))
    hub.enter("a")
    hub.enter("a")
    with pytest.raises(TooManyClientsError):
        hub.enter("a")
    hub.enter("b")
    with pytest.raises(TooManyClientsError):
        hub.enter("c")
    hub.leave("a")
    hub.enter("c")


def test_the_writer_s_wake_does_not_fail_after_the_feed_has_gone() -> None:
    class Hoarder(FakeFeed):
        """Goes on calling whoever has subscribed once."""

        def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
            super().subscribe(wake)
            return lambda: None

    feed = Hoarder()

    async def story() -> None:
        async with running(feed) as hub:
            await first_turn(hub)

    run(story)
    assert feed.add() == 1
    assert feed.add() == 2
