"""Turns a call of a ladder into notices in the outbox: one for each contact and channel."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec

from monitor.config.settings import Config
from monitor.escalation.notice import NoticeSite, Rendered, render, render_alert
from monitor.escalation.roster import Contact, people_for
from monitor.escalation.rungs import Ladder
from monitor.escalation.turns import Call
from monitor.interruption.alarms import AlertPriority
from monitor.interruption.state import Alert, InterruptionView
from monitor.service.book import Entry
from monitor.service.outgoing import NoticeBody
from monitor.service.recording import record_fact
from monitor.storage.rows import NoticeRow
from monitor.storage.work import Work

FALLBACK_CHANNEL = "log"
"""Takes what is meant for a contact without any channel, so that it is at least on record."""

_encoder = msgspec.json.Encoder()


class Teller:
    """Knows roster, site and words; keeps nothing of any pump."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._zone = ZoneInfo(config.site.time_zone)
        self._site = NoticeSite(self._zone, config.site.call_back_number)

    def tell(
        self,
        work: Work,
        call: Call,
        ladder: Ladder,
        entry: Entry,
        view: InterruptionView | None,
        alert: Alert | None,
        now_us: int,
    ) -> None:
        """Queue the notices of one call about an interruption, or about an alert of an enrolled pump."""
        pump = entry.policy.pump
        for contact in people_for(call, ladder, self._config.roster_for(pump), now_us, self._zone):
            if alert is not None:
                rendered = render_alert(alert, pump, view, call, contact, self._site)
                self._queue(work, call, contact, rendered, pump, None, alert.number, alert.priority, now_us)
            elif view is not None:
                rendered = render(view, call, contact, self._site)
                self._queue(work, call, contact, rendered, pump, view.number, None, AlertPriority.HIGH, now_us)

    def tell_site(self, work: Work, call: Call, ladder: Ladder, pump: str, alert: Alert, now_us: int) -> None:
        """Queue the notices of one call about the monitor itself or a stranger's pump."""
        for contact in people_for(call, ladder, self._config.common_roster, now_us, self._zone):
            rendered = render_alert(alert, pump, None, call, contact, self._site)
            self._queue(work, call, contact, rendered, pump, None, alert.number, alert.priority, now_us)

    @staticmethod
    def _queue(  # noqa: PLR0913, PLR0917 - the columns of one row
        work: Work,
        call: Call,
        contact: Contact,
        rendered: Rendered,
        pump: str,
        interruption: int | None,
        alert: int | None,
        priority: AlertPriority,
        now_us: int,
    ) -> None:
        body = NoticeBody(title=rendered.title, priority=priority, data=rendered.data)
        encoded = _encoder.encode(body).decode()
        for channel in contact.channels or (FALLBACK_CHANNEL,):
            work.notice(
                NoticeRow(
                    pump=pump,
                    interruption=interruption,
                    alert=alert,
                    rung=call.rung,
                    contact=contact.id,
                    channel=channel,
                    text=rendered.text,
                    body=encoded,
                    created_at_us=now_us,
                )
            )
        record_fact(
            work,
            pump,
            now_us,
            "notice-queued",
            {
                "rung": call.rung,
                "contact": contact.id,
                "channels": list(contact.channels or (FALLBACK_CHANNEL,)),
                "reason": call.reason,
                "attempt": call.attempt,
                "text": rendered.text,
            },
        )
