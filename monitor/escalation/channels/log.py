"""Writes notices to the program's own log: the way out that cannot fail, for records and for trying things."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import structlog

from monitor.escalation.channel import ACCEPTED, Delivery, Notice

log = structlog.get_logger(__name__)


class LogSettings(msgspec.Struct, frozen=True):
    """There is nothing to set."""


def open_channel(settings: LogSettings) -> LogChannel:
    """Return the channel."""
    del settings
    return LogChannel()


class LogChannel:
    """One log line for each notice."""

    batch_max = 500

    def send_many(self, notices: Sequence[Notice]) -> list[Delivery]:
        """Log each notice; all are accepted."""
        for notice in notices:
            log.info(
                "notice.told",
                key=notice.key,
                rung=notice.rung,
                contact=notice.contact,
                priority=notice.priority.value,
                text=notice.text,
            )
        return [ACCEPTED] * len(notices)

    def close(self) -> None:
        """There is nothing to let go of."""
