"""Stands before every request: right host, bounded body, known person, no foreign page, safe headers.

Plain ASGI, so that a stream passes through it untouched. Whether the person's role suffices is asked where
the route is declared (``routes``); who may not even be known gets no further than here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import urlsplit

import msgspec
import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.feed.access import Access, Principal
from monitor.feed.metrics import FeedMetrics
from monitor.feed.problems import problem

BODY_MAX_BYTES = 16 * 1024
"""Longest body of a request."""

BODY_WAIT_S = 10.0
"""Longest wait for a request's body, in seconds of real time."""

COOKIE = "pumpwatch_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_logger = structlog.get_logger("feed")


class GuardRules(msgspec.Struct, frozen=True, kw_only=True):
    """What the guard holds to.

    Attributes:
        public: Method and path of what is answered without knowing who asks.
        endless: Paths whose answer never ends, and which therefore cannot be asked for their head.
        hosts: Names by which this feed may be called (no port); None lets every name in. Asking for one
            of a fixed set keeps a foreign page from reaching a loopback feed under its own name.
    """

    public: Collection[tuple[str, str]]
    endless: Collection[str] = ()
    hosts: Collection[str] | None = LOOPBACK_HOSTS


class Guard:
    """The middleware; puts the ``Principal`` into the request's state."""

    def __init__(self, app: ASGIApp, access: Access, rules: GuardRules, metrics: FeedMetrics) -> None:
        self._app = app
        self._access = access
        self._rules = rules
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for ``scope``, or let it through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD" and scope["path"] not in self._rules.endless:
            # The server below leaves the body out by itself.
            scope = {**scope, "method": "GET"}
        answer = _Answer(scope, send, self._metrics)
        try:
            refusal = self._refusal(scope)
            if refusal is None and scope["method"] not in SAFE_METHODS:
                body = await _read_body(receive)
                if body is None:
                    why = f"A body may have at most {BODY_MAX_BYTES} bytes, within {BODY_WAIT_S:.0f} s."
                    refusal = problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, why, {"Connection": "close"})
                else:
                    receive = _replay(body, receive)
            await (refusal or self._app)(scope, receive, answer)
        except Exception as fault:
            if answer.has_started:
                raise
            # The details go to the log and not to a stranger.
            _logger.exception("feed failed at a request", path=scope["path"], fault=repr(fault))
            why = "The feed failed at this request; the fault is in its log."
            await problem(HTTPStatus.INTERNAL_SERVER_ERROR, why)(scope, receive, answer)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if self._rules.hosts is not None and _host_name(headers.get("host", "")) not in self._rules.hosts:
            return problem(HTTPStatus.MISDIRECTED_REQUEST, "This feed is not called by that name.")
        principal, is_wrong = self._who(headers)
        if (scope["method"], scope["path"]) not in self._rules.public:
            if principal is None or is_wrong:
                why = "The token or session is not known here." if is_wrong else "A token or a session is needed."
                return problem(HTTPStatus.UNAUTHORIZED, why, {"WWW-Authenticate": 'Bearer realm="pumpwatch"'})
            scope.setdefault("state", {})["principal"] = principal
        if scope["method"] in SAFE_METHODS:
            return None
        return _unsafe_refusal(scope["method"], headers, principal)

    def _who(self, headers: Headers) -> tuple[Principal | None, bool]:
        """Return who is asking, and whether a token was shown that is wrong."""
        presented = headers.get("authorization")
        if presented is not None:
            scheme, _, token = presented.partition(" ")
            principal = self._access.principal_of_token(token.strip()) if scheme.lower() == "bearer" else None
            return principal, principal is None
        secret = cookie_parser(headers.get("cookie", "")).get(COOKIE)
        if secret is not None:
            principal = self._access.principal_of_session(secret, asyncio.get_running_loop().time())
            if principal is not None:
                return principal, False
        return self._access.principal_without_token(), False


class _Answer:
    """Sends on an answer with the safe headers, and counts it."""

    def __init__(self, scope: Scope, send: Send, metrics: FeedMetrics) -> None:
        self._scope = scope
        self._send = send
        self._metrics = metrics
        self.has_started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_started = True
            headers = MutableHeaders(scope=message)
            headers.update(_HEADERS)
            # A cached board would stay green (hazard H-40): nothing of ours may be kept anywhere.
            headers["Cache-Control"] = "no-store"
            self._metrics.count_answer(self._scope, message["status"])
        await self._send(message)


def _unsafe_refusal(method: str, headers: Headers, principal: Principal | None) -> Response | None:
    origin = headers.get("origin")
    is_own = origin is not None and urlsplit(origin).netloc == headers.get("host")
    is_foreign = (origin is not None and not is_own) or headers.get("sec-fetch-site") in {"cross-site", "same-site"}
    if is_foreign or (principal is not None and principal.is_session and not is_own):
        return problem(HTTPStatus.FORBIDDEN, "This request comes from another page than this feed's own.")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if method == "POST" and kind != "application/json":
        return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send JSON, with Content-Type application/json.")
    return None


def _host_name(host: str) -> str:
    """Return the name in a Host header without its port; empty if it is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "") if "@" not in host else ""
    except ValueError:
        return ""


async def _read_body(receive: Receive) -> bytes | None:
    """Return the whole body, or None if it is too long or too slow."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_WAIT_S):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return None
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > BODY_MAX_BYTES:
                    return None
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        return None


def _replay(body: bytes, receive: Receive) -> Receive:
    is_given = False

    async def replay() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
