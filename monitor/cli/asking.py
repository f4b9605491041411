"""Asks a running daemon over its feed, and says in one sentence why there is no answer."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import urllib3

from monitor.errors import ConfigurationError, MonitorError

WAIT_S = 15.0
"""How long an answer may take."""

DEFAULT_URL = "http://127.0.0.1:8620"
"""Where a daemon's feed is unless its configuration says otherwise."""

REFUSALS_FROM = 400
"""HTTP: every status from here on is a refusal."""


def ask(method: str, url: str, path: str, token: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the daemon's answer to one call.

    Raises:
        ConfigurationError: The address or the token cannot be one, or a value of the call is none; with its name.
        MonitorError: Nobody answers, what answers is no feed, or the daemon refuses; with its sentence.
    """
    headers = {"Accept": "application/json"} | _bearer(token)
    address = _address(url)
    try:
        answer = urllib3.request(method, address + path, headers=headers, json=body, timeout=WAIT_S, retries=False)
    except (urllib3.exceptions.HTTPError, ValueError) as fault:
        message = f"no daemon answers at {url}: {_cause(fault)}"
        raise MonitorError(message) from fault
    try:
        said = answer.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise no_feed(url)
    if answer.status >= REFUSALS_FROM:
        if faults := _faults_of(said):
            raise ConfigurationError([f"the daemon refused: {faults}"])
        detail = said.get("detail") or said.get("title") or f"HTTP status {answer.status}"
        message = f"the daemon refused: {detail}"
        raise MonitorError(message)
    return said


def _faults_of(problem: dict[str, Any]) -> str:
    """Return what was wrong with which part of a request, if the daemon says so."""
    faults = problem.get("errors")
    if not isinstance(faults, list):
        return ""
    return "; ".join(str(fault).removeprefix("body.").replace(": ", " ", 1) for fault in faults)


def ask_for(url: str, path: str, token: str, key: str) -> dict[str, Any]:
    """Return what is shown at ``path``, by which every feed of ours has ``key``; refusals are those of ``ask``."""
    said = ask("GET", url, path, token)
    if key not in said:
        raise no_feed(url)
    return said


def no_feed(url: str) -> MonitorError:
    """Return the refusal of an answer that no feed of ours would give."""
    return MonitorError(f"what answers at {url} is no feed of pumpwatch; is the address right?")


def _address(url: str) -> str:
    """Return the address without a slash at its end.

    Raises:
        ConfigurationError: It is none of HTTP.
    """
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or not url.isprintable() or " " in url:
        wrong = f"--url or PUMPWATCH_URL: {url[:80]!r} is no address of a feed"
        raise ConfigurationError([f"{wrong}; write one as `pumpwatch run` prints it, such as {DEFAULT_URL}"])
    return url.rstrip("/")


def _bearer(token: str) -> dict[str, str]:
    """Return the header that carries the token; a refused one is not repeated, for it may be a secret."""
    if not token:
        return {}
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigurationError(
            ["--token or PUMPWATCH_TOKEN: is no token; it has spaces or characters of other kinds"]
        )
    return {"Authorization": f"Bearer {token}"}


def _cause(fault: BaseException) -> str:
    """Return what the operating system said, or failing that the library."""
    if isinstance(fault, urllib3.exceptions.TimeoutError) and not isinstance(
        fault, urllib3.exceptions.NewConnectionError
    ):
        return f"nothing came within {WAIT_S:g} s"
    cause: BaseException | None = fault
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__
    return str(fault)
