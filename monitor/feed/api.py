"""Puts the feed together: one FastAPI application over one source, with its guard, stream and page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from prometheus_client import CollectorRegistry

from monitor.feed.access import Access
from monitor.feed.dashboard.page import add_page
from monitor.feed.desk import Desk
from monitor.feed.guard import COOKIE, LOOPBACK_HOSTS, Guard, GuardRules
from monitor.feed.listening import STREAM_PATH, add_stream
from monitor.feed.metrics import FeedMetrics
from monitor.feed.parts import FeedParts
from monitor.feed.problems import Problem, install
from monitor.feed.reads import add_reads
from monitor.feed.sessions import add_sessions
from monitor.feed.source import FeedSource
from monitor.feed.stream import HEARTBEAT_S, StreamHub
from monitor.feed.writes import add_writes

API_VERSION = "1"


def create_app(
    source: FeedSource,
    access: Access,
    *,
    registry: CollectorRegistry | None = None,
    hosts: Collection[str] | None = LOOPBACK_HOSTS,
    heartbeat_s: float = HEARTBEAT_S,
) -> FastAPI:
    """Return the feed of ``source`` for the people in ``access``.

    Args:
        source: The monitor.
        access: Who may do what.
        registry: Where other parts of the monitor count for Prometheus.
        hosts: Names by which the feed may be called; None lets every name in (never on loopback).
        heartbeat_s: Between two heartbeats of the stream, in seconds of real time.
    """
    # No built-in documentation pages: they would load scripts from elsewhere.
    app = _FeedApp(
        title="pumpwatch",
        version=API_VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # A redirect would be built from the Host header, which anybody can choose.
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    desk = Desk(source)
    metrics = FeedMetrics(registry)
    metrics.watch(source)
    parts = FeedParts(desk=desk, hub=StreamHub(desk, heartbeat_s), access=access, metrics=metrics)
    app.state.parts = parts
    install(app)
    for add in (add_reads, add_stream, add_writes, add_sessions, add_page):
        add(app)
    rules = GuardRules(public=parts.public, endless={STREAM_PATH}, hosts=hosts)
    app.add_middleware(Guard, access=access, rules=rules, metrics=metrics)
    return app


class _FeedApp(FastAPI):
    """An application whose schema knows of problem documents and of both ways in."""

    def openapi(self) -> dict[str, Any]:
        """Return the schema, made at the first call."""
        if self.openapi_schema is None:
            self.openapi_schema = _schema(self)
        return self.openapi_schema


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    parts: FeedParts = app.state.parts
    hub = asyncio.create_task(parts.hub.run())
    try:
        yield
    finally:
        hub.cancel()
        with suppress(asyncio.CancelledError):
            await hub
        parts.desk.close()


def _schema(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
    components = schema.setdefault("components", {})
    components.setdefault("schemas", {})[Problem.__name__] = Problem.model_json_schema()
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    }
    schema["security"] = [{"token": []}, {"session": []}]
    return schema
