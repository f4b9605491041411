"""Writes patient stories as JSON lines and plays them: the words of the scenarios, one call for each.

Instants are wall time of the story's zone, ``"10:05"`` on the first day or ``"1 05:45"`` on the next.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from drivers.registry import discover
from monitor.config.loading import parse
from monitor.service.people import roles_of
from monitor.service.replay import Replay
from monitor.service.story import read_story

HOME = """
[site]
id = "home"
time_zone = "{zone}"
call_back_number = "+1 555 0100"

[[pumps]]
id = "p1"
therapy = "blinatumomab"
{extra}
"""

STATUS_MINUTES = 5
"""How often a pump of the stories says how it is, unless the story says otherwise."""


class Tale:
    """One story in the making."""

    def __init__(
        self, first_day: str = "2026-03-02", zone: str = "UTC", *, rate_ml_per_h: float = 5.0, order: str = ""
    ) -> None:
        self.zone = ZoneInfo(zone)
        self.day = datetime.fromisoformat(first_day).replace(tzinfo=self.zone)
        self.rate_ml_per_h = rate_ml_per_h
        self.lines: list[tuple[datetime, int, dict[str, Any]]] = []
        self.extra = order or f"order = {{ rate_ml_per_h = {rate_ml_per_h} }}"
        self.therapy_extra = ""

    def at(self, when: str) -> datetime:
        """Return an instant of the story."""
        days, _, clock = when.rpartition(" ")
        hours, minutes, *seconds = clock.split(":")
        wall = self.day + timedelta(days=int(days or 0))
        local = wall.replace(hour=int(hours), minute=int(minutes), second=int(seconds[0]) if seconds else 0)
        return local.astimezone(UTC)

    def say(self, when: str | datetime, **fields: Any) -> None:
        """Add one line."""
        at = self.at(when) if isinstance(when, str) else when
        line = {"pump": "p1", **fields}
        self.lines.append((at, len(self.lines), line))

    def status(self, when: str | datetime, delivery: str = "delivering", **fields: Any) -> None:
        """Add one status."""
        now_ml_per_h = self.rate_ml_per_h if delivery == "delivering" else 0
        self.say(when, v=1, kind="status", delivery=delivery, **{"rate_ml_per_h": now_ml_per_h, **fields})

    def runs(
        self, first: str, last: str, *, every: float = STATUS_MINUTES, volume_ml: float | None = None, **fields: Any
    ) -> None:
        """Let it run from ``first`` to ``last``, both included; ``volume_ml`` is the counter at ``first``."""
        self._repeat(first, last, "delivering", every, volume_ml, fields)

    def stands(self, first: str, last: str, *, every: float = STATUS_MINUTES, **fields: Any) -> None:
        """Let it say "not delivering" from ``first`` to just before ``last``."""
        at, end = self.at(first), self.at(last)
        while at < end:
            self.status(at, "not-delivering", **fields)
            at += timedelta(minutes=every)

    def _repeat(
        self, first: str, last: str, delivery: str, every: float, volume_ml: float | None, fields: dict[str, Any]
    ) -> None:
        start, end = self.at(first), self.at(last)
        instants = []
        at = start
        while at < end:
            instants.append(at)
            at += timedelta(minutes=every)
        for instant in [*instants, end]:
            counted = {}
            if volume_ml is not None:
                hours = (instant - start).total_seconds() / 3600
                counted["volume_delivered_ml"] = round(volume_ml + hours * self.rate_ml_per_h, 1)
            self.status(instant, delivery, **counted, **fields)

    def event(self, when: str, event: str, **fields: Any) -> None:
        """Add an entry of the pump's log."""
        self.say(when, v=1, kind="event", event=event, **fields)

    def stop(self, when: str) -> None:
        """The patient stops the pump with the key."""
        self.event(when, "delivery-stop")

    def run(self, when: str) -> None:
        """The pump starts to deliver."""
        self.event(when, "delivery-start")
        self.status(when)

    def alarm(self, when: str, code: str, phase: str = "start") -> None:
        """An alarm begins or ends."""
        self.say(when, v=1, kind="alarm", code=code, phase=phase)

    def mark(self, when: str, mark: str, by: str, **fields: Any) -> None:
        """A person marks something."""
        self.say(when, mark=mark, by=by, **fields)

    def acknowledge(self, when: str, what: str, by: str = "home-nurse") -> None:
        """A person takes note."""
        self.say(when, acknowledge=what, by=by)

    def text(self) -> list[bytes]:
        """Return the story's lines in order."""
        ordered = sorted(self.lines, key=lambda line: (line[0], line[1]))
        return [json.dumps({"at": at.isoformat().replace("+00:00", "Z"), **line}).encode() for at, _, line in ordered]

    def play(self, until: str | None = None, config: str | None = None) -> Told:
        """Play the story and return what came of it."""
        text = config or HOME.format(zone=self.zone.key, extra=self.extra)
        settings = parse(text, Path.cwd(), discover())
        until_us = None if until is None else round(self.at(until).timestamp() * 1_000_000)
        result = Replay(settings).run(read_story(self.text(), "story", roles_of(settings)), until_us)
        return Told(self, result)


class Told:
    """What came of a story, in the scenarios' words."""

    def __init__(self, tale: Tale, result: dict[str, Any]) -> None:
        self.tale = tale
        self.result = result

    @property
    def interruptions(self) -> list[dict[str, Any]]:
        """All interruptions."""
        found: list[dict[str, Any]] = self.result["interruptions"]
        return found

    @property
    def only(self) -> dict[str, Any]:
        """The one interruption there is."""
        (one,) = self.interruptions
        return one

    def off(self, place: int | None = None) -> tuple[float, float]:
        """Bounds in minutes, of the only interruption or of one by its place."""
        one = self.only if place is None else self.interruptions[place]
        return one["off_min_s"] / 60, one["off_max_s"] / 60

    def told(self, rung: str) -> list[str]:
        """Wall times at which a rung was told, in the story's notation, each once."""
        times = dict.fromkeys(notice["at"] for notice in self.result["notices"] if notice["rung"] == rung)
        return [self._wall(at) for at in times]

    def contacts(self, rung: str) -> list[tuple[str, str]]:
        """Who was told when at a rung."""
        return [
            (self._wall(notice["at"]), notice["contact"]) for notice in self.result["notices"] if notice["rung"] == rung
        ]

    def rungs(self) -> list[str]:
        """Every rung of which anybody was told, in order."""
        return list(dict.fromkeys(notice["rung"] for notice in self.result["notices"]))

    def codes(self) -> list[str]:
        """Codes of all alerts, in order."""
        return [alert["code"] for alert in self.result["alerts"]]

    def texts(self, rung: str) -> Iterable[str]:
        """What a rung was told."""
        return [notice["text"] for notice in self.result["notices"] if notice["rung"] == rung]

    def _wall(self, at: str) -> str:
        local = datetime.fromisoformat(at).astimezone(self.tale.zone)
        days = (local.date() - self.tale.day.date()).days
        clock = local.strftime("%H:%M:%S" if local.second else "%H:%M")
        return f"{days} {clock}" if days else clock
