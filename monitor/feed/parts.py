"""What every route of the feed works with, and the one way in which a route comes to be.

A route cannot be declared without saying which role it needs; the role stands in the API's schema, from which
the tests build the table of every role against every route.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from monitor.feed.access import Access, Principal, may
from monitor.feed.desk import Desk
from monitor.feed.metrics import FeedMetrics
from monitor.feed.problems import MEDIA_TYPE, Problem
from monitor.feed.stream import StreamHub
from monitor.interruption.events import Role

ROLE_KEY = "x-minimum-role"
PUBLIC = "public"

_TITLES = {
    400: "A cursor that this feed did not hand out.",
    401: "No token or session, or a wrong one.",
    403: "The role does not suffice.",
    404: "There is no such thing here.",
    409: "Refused; nothing was changed.",
    415: "The body is not JSON.",
    422: "The request does not fit its description.",
    503: "The store does not answer.",
}


@dataclass(frozen=True)
class FeedParts:
    """The feed's inside, made once per application."""

    desk: Desk
    hub: StreamHub
    access: Access
    metrics: FeedMetrics
    public: set[tuple[str, str]] = field(default_factory=set)


def parts_of(request: Request) -> FeedParts:
    """Return the application's parts."""
    parts = request.app.state.parts
    if not isinstance(parts, FeedParts):
        raise TypeError("the application was not made by create_app")
    return parts


def principal_of(request: Request) -> Principal:
    """Return who is asking, as the guard found out."""
    principal = getattr(request.state, "principal", None)
    if not isinstance(principal, Principal):
        raise HTTPException(HTTPStatus.UNAUTHORIZED, "A token or a session is needed.")
    return principal


Parts = Annotated[FeedParts, Depends(parts_of)]
Asker = Annotated[Principal, Depends(principal_of)]


def not_found(what: str) -> HTTPException:
    """Return the error for a name that means nothing here; it says the same for every such name."""
    return HTTPException(HTTPStatus.NOT_FOUND, f"There is no such {what}.")


def add_route(
    app: FastAPI,
    method: str,
    path: str,
    endpoint: Callable[..., Awaitable[Any]],
    needed: Role | None,
    **options: Any,  # noqa: ANN401 - FastAPI's own options, handed through
) -> None:
    """Let ``app`` answer ``method`` at ``path`` for ``needed`` and every role above; None means everybody."""
    parts: FeedParts = app.state.parts
    if needed is None:
        parts.public.add((method, path))
    problems = [400, 404, 422, 503] if needed is None else list(_TITLES)
    app.add_api_route(
        path,
        endpoint,
        methods=[method],
        dependencies=[] if needed is None else [Depends(_needs(needed))],
        responses={status: _described(status) for status in problems} | options.pop("responses", {}),
        openapi_extra={ROLE_KEY: PUBLIC if needed is None else needed.value},
        **options,
    )


def _needs(needed: Role) -> Callable[[Principal], Awaitable[None]]:
    async def check(principal: Asker) -> None:
        if not may(principal.role, needed):
            why = f"This needs the role {needed.value}; {principal.name} is {principal.role.value}."
            raise HTTPException(HTTPStatus.FORBIDDEN, why)

    return check


def _described(status: int) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {"description": _TITLES[status], "content": {MEDIA_TYPE: {"schema": schema}}}


ANSWERS_NOTHING = {"response_class": Response, "status_code": HTTPStatus.NO_CONTENT}
