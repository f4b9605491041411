"""Shows instants as the clock on the wall at the site does, whatever zone the shell is in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from monitor.cli.asking import ask_for, no_feed
from monitor.escalation.phrases import wall_time
from monitor.feed.wire import microseconds


class SiteTime:
    """The site's zone and the daemon's present, both as the feed tells them.

    Args:
        url: The daemon's feed.
        token: Bearer token.

    Raises:
        MonitorError: As ``ask``; or the feed names a zone that this machine does not know.
    """

    def __init__(self, url: str, token: str) -> None:
        try:
            self._zone = ZoneInfo(ask_for(url, "/session", token, "site")["site"]["time_zone"])
            self._now_us = _us(ask_for(url, "/healthz", token, "at")["at"])
        except (KeyError, TypeError, ValueError, OSError) as fault:
            raise no_feed(url) from fault

    def shown(self, at: Any) -> str:  # noqa: ANN401 - a value of an answer
        """Return an instant of an answer as "08:00 CST (14:00 UTC)", with its date unless that is today's."""
        return "" if at is None else wall_time(_us(at), self._now_us, self._zone)


def _us(at: Any) -> int:  # noqa: ANN401 - a value of an answer
    return microseconds(datetime.fromisoformat(str(at)))
