"""Answers the event stream: checks the cursor, takes a place, and lets go of a client that does not read."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import structlog
from fastapi import FastAPI, Header, Query
from sse_starlette import EventSourceResponse
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send

from monitor.errors import StorageError
from monitor.feed.cursor import parse_cursor
from monitor.feed.parts import Asker, FeedParts, Parts, add_route
from monitor.interruption.events import Role

STREAM_PATH = "/api/v1/stream"

SEND_WAIT_S = 15.0
"""How long a client may leave what it is sent unread, in seconds of real time."""

_logger = structlog.get_logger("feed")


def add_stream(app: FastAPI) -> None:
    """Let ``app`` answer the event stream."""
    described = {200: {"description": "Events for ever.", "content": {"text/event-stream": {}}}}
    add_route(app, "GET", STREAM_PATH, stream, Role.VIEWER, response_class=EventSourceResponse, responses=described)


async def stream(
    parts: Parts,
    asker: Asker,
    after: Annotated[str | None, Query(max_length=32, description="Cursor; without it only what is new.")] = None,
    last_event_id: Annotated[str | None, Header(max_length=32)] = None,
) -> EventSourceResponse:
    """Send every stored record behind a cursor, then each new one; `id` is the cursor to come back with."""
    # The header wins: a browser that comes back sends it beside the address it began with.
    text = last_event_id or after
    place = parts.hub.tip if text is None else parse_cursor(text)
    await parts.hub.check(place)
    parts.hub.enter(asker.name)
    return _BoundedStream(parts, asker.name, place)


class _BoundedStream(EventSourceResponse):
    """One client's stream; gives its place back however it ends."""

    def __init__(self, parts: FeedParts, account: str, place: int) -> None:
        super().__init__(_listen(parts, place), ping=0, send_timeout=SEND_WAIT_S, cleanup_timeout=1.0)
        self._parts = parts
        self._account = account

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve until the client goes, does not read any more, or the feed stops."""
        self._parts.metrics.streams.inc()
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            self._parts.metrics.cut_off.inc()
            _logger.warning("stream cut off: its client does not read", account=self._account)
        finally:
            self._parts.metrics.streams.dec()
            self._parts.hub.leave(self._account)


async def _listen(parts: FeedParts, place: int) -> AsyncGenerator[bytes]:
    async with aclosing(parts.hub.listen(place)) as events:
        try:
            async for event in events:
                yield event
        except (StorageError, TimeoutError) as fault:
            # The stream ends in good order: the client comes back with the last cursor that it has seen.
            _logger.warning("stream ended: the store does not answer", why=repr(fault))
