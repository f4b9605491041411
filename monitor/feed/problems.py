"""Answers every error as a problem document (RFC 9457), whoever found it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from monitor.errors import CommandRefused, StorageError
from monitor.feed.cursor import CursorError
from monitor.feed.wire import plain_text
from monitor.refusals import Location, cause_of, path_of

MEDIA_TYPE = "application/problem+json"
ERRORS_MAX = 20
"""Most faults that are listed of one request."""

_logger = structlog.get_logger("feed")


class Problem(BaseModel):
    """What went wrong, for a program (`status`, `type`) and for a person (`title`, `detail`)."""

    type: str = Field(description="about:blank: the status says it all.")
    title: str
    status: int
    detail: str
    errors: list[str] | None = Field(default=None, description="One sentence per fault of the request.")


class TooManyClientsError(Exception):
    """No room for one more stream; trying again later can help."""


def problem(
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    **members: object,
) -> Response:
    """Return a problem document; ``members`` are further members of the object."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return Response(msgspec.json.encode(content | members), status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let ``app`` answer every error as a problem document."""
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(CursorError, _on_cursor)
    app.add_exception_handler(CommandRefused, _on_refused)
    app.add_exception_handler(StorageError, _on_storage)
    app.add_exception_handler(TimeoutError, _on_late)
    app.add_exception_handler(TooManyClientsError, _on_full)


async def _on_http(_request: Request, fault: Exception) -> Response:
    if not isinstance(fault, HTTPException):
        raise TypeError("not an HTTP exception") from fault
    return problem(fault.status_code, _SENTENCES.get(fault.detail, fault.detail), fault.headers)


_SENTENCES = {
    "Not Found": "There is nothing at this address.",
    "Method Not Allowed": "This address does not answer that method.",
    "There was an error parsing the body": "The body is no JSON that can be read.",
}


async def _on_invalid(request: Request, fault: Exception) -> Response:
    if not isinstance(fault, RequestValidationError):
        raise TypeError("not a validation error") from fault
    model = _body_model(request)
    errors = [_sentence(error, model) for error in fault.errors()[:ERRORS_MAX]]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "The request does not fit its description.", errors=errors)


def _body_model(request: Request) -> type[BaseModel] | None:
    """Return the shape of the body that this address takes, if it takes one."""
    route = request.scope.get("route")
    field = route.body_field if isinstance(route, APIRoute) else None
    shape = None if field is None else field.field_info.annotation
    return shape if isinstance(shape, type) and issubclass(shape, BaseModel) else None


def _sentence(error: Mapping[str, Any], model: type[BaseModel] | None) -> str:
    """Return where in the request something does not fit, and why."""
    place: Location = tuple(error["loc"])
    where, inside = place[:1], place[1:]
    if error["type"] == "json_invalid":
        # Its place is no key, but how many characters could be read.
        read = "".join(f"; the fault is at character {part + 1}" for part in inside if isinstance(part, int))
        return plain_text(f"{path_of(where)}: {cause_of(error, (), None)}{read}")
    cause = cause_of(error, inside, model if where == ("body",) else None, table="an object, in braces")
    return plain_text(f"{path_of(place)}: {cause}")


async def _on_cursor(_request: Request, fault: Exception) -> Response:
    return problem(HTTPStatus.BAD_REQUEST, plain_text(str(fault)))


async def _on_refused(_request: Request, fault: Exception) -> Response:
    return problem(HTTPStatus.CONFLICT, plain_text(str(fault)))


async def _on_storage(_request: Request, fault: Exception) -> Response:
    _logger.warning("store does not answer the feed", why=str(fault))
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "The store does not answer. Watching goes on; try again.", {"Retry-After": "5"}
    )


async def _on_late(_request: Request, _fault: Exception) -> Response:
    why = "No answer in time. A command may still be taken: look before asking again."
    return problem(HTTPStatus.GATEWAY_TIMEOUT, why)


async def _on_full(_request: Request, fault: Exception) -> Response:
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, str(fault), {"Retry-After": "10"})
