"""Answers what people and programs ask; nothing here changes anything."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import FastAPI, Query, Request
from starlette.responses import JSONResponse, Response

from monitor.feed import answers, render
from monitor.feed.access import may
from monitor.feed.cursor import CursorError, format_cursor
from monitor.feed.explained import ExplainedAnswer, explained_answer
from monitor.feed.handover import handover_of
from monitor.feed.metrics import CONTENT_TYPE
from monitor.feed.parts import Asker, Parts, add_route, not_found
from monitor.feed.plan_answers import HandoverAnswer
from monitor.feed.problems import problem
from monitor.feed.records import AlertRecord, InterruptionRecord, Page, PumpSnapshot
from monitor.feed.wire import instant
from monitor.interruption.events import Role

LIMIT_MAX = 500
"""Longest page of a list."""

LIMIT = 100

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="Items per page.")]
After = Annotated[str | None, Query(max_length=160, description="`next` of the page before.")]
IsOpen = Annotated[bool, Query(alias="open", description="Only those that still need somebody.")]
Order = Annotated[
    Literal["time-left", "id"],
    Query(description="By worst-case time left (the head of the board only), or by id (every page)."),
]


def add_reads(app: FastAPI) -> None:
    """Let ``app`` answer every call that reads."""
    viewer = Role.VIEWER
    add_route(app, "GET", "/api/v1/pumps", pumps, viewer, response_model=answers.BoardAnswer[answers.PumpAnswer])
    add_route(app, "GET", "/api/v1/pumps/{pump_id}", pump, viewer, response_model=answers.PumpAnswer)
    add_route(app, "GET", "/api/v1/pumps/{pump_id}/handover", handover, viewer, response_model=HandoverAnswer)
    model = answers.ListAnswer[answers.InterruptionAnswer]
    add_route(app, "GET", "/api/v1/interruptions", interruptions, viewer, response_model=model)
    path = "/api/v1/interruptions/{interruption_id}"
    add_route(app, "GET", path, interruption, viewer, response_model=ExplainedAnswer)
    add_route(app, "GET", "/api/v1/alerts", alerts, viewer, response_model=answers.ListAnswer[answers.AlertAnswer])
    add_route(app, "GET", "/api/v1/alerts/{alert_id}", alert, viewer, response_model=answers.AlertAnswer)
    add_route(app, "GET", "/api/v1/notices", notices, viewer, response_model=answers.ListAnswer[answers.NoticeAnswer])
    add_route(app, "GET", "/healthz", healthz, None, response_model=answers.AliveAnswer)
    add_route(app, "GET", "/readyz", readyz, viewer, response_model=answers.ReadyAnswer)
    add_route(app, "GET", "/metrics", metrics, viewer, response_class=Response)
    add_route(app, "GET", "/openapi.json", schema, viewer, response_class=JSONResponse)


async def pumps(
    parts: Parts, order: Order = "time-left", after: After = None, limit: Limit = LIMIT
) -> answers.BoardAnswer[answers.PumpAnswer]:
    """List the pumps, those with the least worst-case time left first."""
    board = await parts.desk.board()
    if order == "time-left" and after is not None:
        # That order moves while someone turns pages: a pump could slip from one page to another unseen.
        raise CursorError("A board by time left has no further pages; ask for 'order=id' to see all of them")
    shown, following = await parts.desk.read(_page_of, board.pumps, order, after, limit)
    return answers.BoardAnswer(
        at=instant(await parts.desk.read(parts.desk.source.now_us)),
        cursor=format_cursor(board.cursor),
        items=[render.pump_answer(one) for one in shown],
        next=following,
        total=len(board.pumps),
    )


async def pump(parts: Parts, asker: Asker, pump_id: str) -> answers.PumpAnswer:
    """Show one pump."""
    found = await parts.desk.read(parts.desk.source.pump, pump_id)
    if found is None:
        raise not_found("pump")
    return render.pump_answer(found, is_clinician=may(asker.role, Role.CLINICIAN))


async def handover(parts: Parts, asker: Asker, pump_id: str) -> HandoverAnswer:
    """Show the hand-over sheet of one pump, for people and for programs."""
    found = await parts.desk.read(parts.desk.source.pump, pump_id)
    if found is None:
        raise not_found("pump")
    site = await parts.desk.read(parts.desk.source.site)
    return handover_of(found, site, is_clinician=may(asker.role, Role.CLINICIAN))


async def interruptions(
    parts: Parts, *, is_open: IsOpen = False, after: After = None, limit: Limit = LIMIT
) -> answers.ListAnswer[answers.InterruptionAnswer]:
    """List interruptions with their rungs, notices and who acknowledged."""

    def ask() -> tuple[int, int, Page[InterruptionRecord]]:
        source = parts.desk.source
        cursor = source.latest_cursor()
        return cursor, source.now_us(), source.interruptions(open_only=is_open, after=after, limit=limit)

    cursor, now_us, page = await parts.desk.read(ask)
    return answers.ListAnswer(
        at=instant(now_us),
        cursor=format_cursor(cursor),
        items=[render.interruption_answer(record) for record in page.items],
        next=page.next,
    )


async def interruption(parts: Parts, interruption_id: str) -> ExplainedAnswer:
    """Show one interruption with its rungs, notices and who acknowledged, and what set each of its numbers."""
    found = await parts.desk.read(parts.desk.source.interruption, interruption_id)
    if found is None:
        raise not_found("interruption")
    return explained_answer(found, await parts.desk.read(parts.desk.source.site))


async def alerts(
    parts: Parts, *, is_open: IsOpen = False, after: After = None, limit: Limit = LIMIT
) -> answers.ListAnswer[answers.AlertAnswer]:
    """List alert conditions."""

    def ask() -> tuple[int, int, Page[AlertRecord]]:
        source = parts.desk.source
        cursor = source.latest_cursor()
        return cursor, source.now_us(), source.alerts(open_only=is_open, after=after, limit=limit)

    cursor, now_us, page = await parts.desk.read(ask)
    return answers.ListAnswer(
        at=instant(now_us),
        cursor=format_cursor(cursor),
        items=[render.alert_answer(record) for record in page.items],
        next=page.next,
    )


async def alert(parts: Parts, alert_id: str) -> answers.AlertAnswer:
    """Show one alert condition."""
    found = await parts.desk.read(parts.desk.source.alert, alert_id)
    if found is None:
        raise not_found("alert")
    return render.alert_answer(found)


async def notices(parts: Parts, limit: Limit = LIMIT) -> answers.ListAnswer[answers.NoticeAnswer]:
    """List the newest notices, newest first."""
    source = parts.desk.source
    cursor = await parts.desk.read(source.latest_cursor)
    newest = await parts.desk.read(source.recent_notices, limit)
    return answers.ListAnswer(
        at=instant(await parts.desk.read(source.now_us)),
        cursor=format_cursor(cursor),
        items=[render.notice_answer(notice) for notice in newest],
        next=None,
    )


async def healthz(parts: Parts) -> answers.AliveAnswer:
    """Say that the feed answers; whether the monitor works is asked at `/readyz`."""
    return answers.AliveAnswer(status="alive", at=instant(await parts.desk.read(parts.desk.source.now_us)))


async def readyz(parts: Parts) -> Response:
    """Say whether every part of the monitor works: 200 if so, else 503 and which ones do not."""
    health = await parts.desk.read(parts.desk.source.health)
    checks = [render.check_answer(check) for check in health.checks]
    if health.is_ready:
        ready = answers.ReadyAnswer(status="ready", at=instant(health.at_us), checks=checks)
        return Response(ready.model_dump_json(), media_type="application/json")
    failed = ", ".join(check.name for check in checks if not check.ok)
    dumped = [check.model_dump() for check in checks]
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, f"Not working: {failed}.", checks=dumped)


async def metrics(parts: Parts) -> Response:
    """Show the counters in Prometheus' text format."""
    return Response(await parts.desk.read(parts.metrics.text), media_type=CONTENT_TYPE)


async def schema(request: Request) -> JSONResponse:
    """Describe this API, with the role that each call needs."""
    return JSONResponse(request.app.openapi())


def _page_of(
    board: tuple[PumpSnapshot, ...], order: str, after: str | None, limit: int
) -> tuple[list[PumpSnapshot], str | None]:
    if order == "time-left":
        return list(board[:limit]), None
    # One more than is shown tells whether a page follows.
    rest = sorted((one for one in board if after is None or one.id > after), key=lambda one: one.id)[: limit + 1]
    return rest[:limit], rest[limit - 1].id if len(rest) > limit else None
