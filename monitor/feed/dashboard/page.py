"""Serves the dashboard's page and the two files that belong to it; what it shows comes over the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files

from fastapi import FastAPI
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.responses import Response

from monitor.feed.parts import Parts, add_route

STALE_S = 30
"""Without server time for this long the whole board says that it is not live (hazard H-40)."""

POLL_MS = 2_000
"""Between two looks at the board, in milliseconds of real time; each record on the stream asks at once."""

FAST_POLL_MS = 500
"""The same in a demonstration, where minutes pass in a second."""

_CSS, _JAVASCRIPT = "text/css; charset=utf-8", "text/javascript; charset=utf-8"
_FILES = {"style.css": _CSS, "page.js": _JAVASCRIPT, "board.js": _JAVASCRIPT, "words.js": _JAVASCRIPT}


def add_page(app: FastAPI) -> None:
    """Let ``app`` show the page to everybody: without a token it shows nothing but the way in."""
    add_route(app, "GET", "/", _page(), None, response_class=Response)
    for name, kind in _FILES.items():
        add_route(app, "GET", f"/dashboard/{name}", _file(name, kind), None, response_class=Response)


def _page() -> Callable[[Parts], Awaitable[Response]]:
    environment = Environment(
        loader=PackageLoader("monitor.feed.dashboard", "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
    )
    template = environment.get_template("index.html")

    async def dashboard(parts: Parts) -> Response:
        """Show the dashboard."""
        site = await parts.desk.read(parts.desk.source.site)
        text = template.render(site=site, stale_s=STALE_S, poll_ms=POLL_MS if site.speed == 1 else FAST_POLL_MS)
        return Response(text, media_type="text/html; charset=utf-8")

    return dashboard


def _file(name: str, kind: str) -> Callable[[], Awaitable[Response]]:
    content = files("monitor.feed.dashboard").joinpath("static", name).read_bytes()

    async def part() -> Response:
        """Give a file that the page needs."""
        return Response(content, media_type=kind)

    return part
