"""Changes a token for a browser's session and back: a cookie that no script can read and no other page can use."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from monitor.feed import answers, render, requests
from monitor.feed.access import SESSION_MAX_S
from monitor.feed.guard import COOKIE
from monitor.feed.parts import ANSWERS_NOTHING, Asker, Parts, add_route
from monitor.interruption.events import Role

PATH = "/session"


def add_sessions(app: FastAPI) -> None:
    """Let ``app`` open and close sessions, and say who is asking."""
    add_route(app, "POST", PATH, open_session, None, **ANSWERS_NOTHING)
    add_route(app, "GET", PATH, who, Role.VIEWER, response_model=answers.SessionAnswer)
    add_route(app, "DELETE", PATH, close_session, Role.VIEWER, **ANSWERS_NOTHING)


async def open_session(parts: Parts, request: Request, body: requests.SessionRequest) -> Response:
    """Open a session with a token."""
    principal = parts.access.principal_of_token(body.token)
    if principal is None:
        raise HTTPException(HTTPStatus.UNAUTHORIZED, "That token is not known here.")
    secret = parts.access.open_session(principal, asyncio.get_running_loop().time())
    response = Response(status_code=HTTPStatus.NO_CONTENT)
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(SESSION_MAX_S),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


async def who(parts: Parts, asker: Asker) -> answers.SessionAnswer:
    """Say who is asking, and where this monitor works."""
    site = await parts.desk.read(parts.desk.source.site)
    return answers.SessionAnswer(name=asker.name, role=asker.role, site=render.site_answer(site))


async def close_session(parts: Parts, request: Request) -> Response:
    """End the browser's session."""
    parts.access.close_session(request.cookies.get(COOKIE, ""))
    response = Response(status_code=HTTPStatus.NO_CONTENT)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response
