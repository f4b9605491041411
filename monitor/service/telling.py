"""Turns a call of a ladder into notices in the outbox: one for each contact and channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from monitor.config.settings import Config
from monitor.escalation.notice import NoticeSite, Rendered, render, render_alert
from monitor.escalation.roster import Contact, Roster, people_for
from monitor.escalation.rungs import Ladder
from monitor.escalation.turns import Call
from monitor.interruption.alarms import AlertPriority
from monitor.interruption.shown import InterruptionView
from monitor.interruption.state import Alert
from monitor.service.book import Entry
from monitor.service.outgoing import NoticeBody
from monitor.storage.rows import NoticeRow
from monitor.storage.work import Work

FALLBACK_CHANNEL = "log"
"""Takes what is meant for a contact without any channel, so that it is at least on record."""

PEOPLE_KEPT = 10_000
"""How many answers to "whom does this call reach" are kept."""

_encoder = msgspec.json.Encoder()


class _About(NamedTuple):
    """What a notice is about: an interruption or an alert of a pump."""

    pump: str
    interruption: int | None
    alert: int | None
    priority: AlertPriority


class NoticesQueued(msgspec.Struct, frozen=True, kw_only=True):
    """The record of one telling of one rung.

    Attributes:
        told: Contacts with the kind of their channel; never an address.
        reason: By which rule.
        text: What the first of them reads.
    """

    rung: str
    told: list[str]
    reason: str
    attempt: int
    text: str


class Teller:
    """Knows roster, site and words; keeps nothing of any pump."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._zone = ZoneInfo(config.site.time_zone)
        self._site = NoticeSite(self._zone, config.site.call_back_number)
        self._has_hours = any(contact.hours for contact in config.roster.contacts)
        # Rosters live as long as the configuration, so their identity is a key.
        self._known_people: dict[tuple[int, str, str, int | None], tuple[Contact, ...]] = {}

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
        pump, therapy = entry.policy.pump, entry.policy.therapy
        roster = self._config.roster_for(pump)
        people = self._people(call, ladder, roster, now_us)
        if alert is not None:
            about = _About(pump, None, alert.number, alert.priority)
            self._queue(
                work,
                call,
                people,
                about,
                now_us,
                lambda one: render_alert(alert, pump, view, call, one, self._site, therapy),
            )
        elif view is not None:
            about = _About(pump, view.number, None, AlertPriority.HIGH)
            self._queue(work, call, people, about, now_us, lambda one: render(view, call, one, self._site, therapy))

    def tell_site(self, work: Work, call: Call, ladder: Ladder, pump: str, alert: Alert, now_us: int) -> None:
        """Queue the notices of one call about the monitor itself or a stranger's pump."""
        # Where everybody is told of their own pumps only, the monitor's own trouble concerns all of them.
        roster = self._config.common_roster if self._config.common_roster.contacts else self._config.roster
        people = self._people(call, ladder, roster, now_us)
        about = _About(pump, None, alert.number, alert.priority)
        self._queue(
            work, call, people, about, now_us, lambda one: render_alert(alert, pump, None, call, one, self._site)
        )

    def _people(self, call: Call, ladder: Ladder, roster: Roster, now_us: int) -> tuple[Contact, ...]:
        """Return whom a call reaches; where nobody has hours it is the same at every instant."""
        if self._has_hours:
            return people_for(call, ladder, roster, now_us, self._zone)
        key = (id(roster), ladder.name, call.rung, call.turn)
        people = self._known_people.get(key)
        if people is None:
            if len(self._known_people) >= PEOPLE_KEPT:
                self._known_people.clear()
            people = self._known_people[key] = people_for(call, ladder, roster, now_us, self._zone)
        return people

    @staticmethod
    def _queue(
        work: Work,
        call: Call,
        people: Sequence[Contact],
        about: _About,
        now_us: int,
        rendered_for: Callable[[Contact], Rendered],
    ) -> None:
        """Add a notice for each contact and channel, and one record that says who is told and why."""
        pump, interruption, alert, priority = about
        rung = call.rung
        by_role: dict[str, Rendered] = {}
        told: list[str] = []
        text = ""
        for contact in people:
            rendered = by_role.get(contact.role)
            if rendered is None:
                rendered = by_role[contact.role] = rendered_for(contact)
            said = rendered.text
            text = text or said
            data = rendered.data
            if data["contact"] != contact.id:
                data = {**data, "contact": contact.id}
            body = NoticeBody(title=rendered.title, priority=priority, data=data)
            encoded = _encoder.encode(body).decode()
            for channel in contact.channels or (FALLBACK_CHANNEL,):
                told.append(f"{contact.id} over {channel.partition(':')[0]}")
                work.notice(NoticeRow(pump, interruption, alert, rung, contact.id, channel, said, encoded, now_us))
        fact = NoticesQueued(rung=call.rung, told=told, reason=call.reason, attempt=call.attempt, text=text)
        work.journal(about.pump, now_us, "notices-queued", _encoder.encode(fact))
