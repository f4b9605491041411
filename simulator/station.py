"""Puts one simulated pump, its story, its face and its line together.

The caller passes the time, in microseconds of the story's axis; nothing here reads a clock or waits.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from random import Random
from typing import Any

from simulator.faces.face import Face
from simulator.faults import FaultPlan, spoil
from simulator.line import Line
from simulator.playback import Playback
from simulator.scenario import Scenario, StoryAction
from simulator.setup import PumpSetup
from simulator.units import us_of

LATE_MESSAGES_MAX = 10_000
"""Delayed messages under way at once; more are lost, as in any network."""


@dataclass(frozen=True, slots=True)
class Member:
    """What makes one pump of a fleet itself.

    Attributes:
        pump_id: Its id towards the monitor.
        scenario: What happens to it.
        setup: How it differs from the story's own pump.
        chance: The source of all its randomness.
        phase_us: Where in the reporting period it speaks.
    """

    pump_id: str
    scenario: Scenario
    setup: PumpSetup
    chance: Random
    phase_us: int


class Station:
    """One pump on one line; its story begins at once, at an instant, or with the first sign of a reader.

    Attributes:
        member: Which pump of the fleet this is.
        face: How it speaks.
        line: Where.
        playback: Its story, once it has begun.
        lost_messages: Delayed messages that found no room.
    """

    def __init__(
        self,
        member: Member,
        face: Face,
        line: Line,
        *,
        waits_for_reader: bool = False,
        start_us: int | None = None,
    ) -> None:
        """Put the parts together.

        Args:
            member: Which pump of the fleet this is.
            face: How it speaks.
            line: Where.
            waits_for_reader: The story begins when somebody opens the line, or asks for the first time.
            start_us: When it begins otherwise; the pump is there ``lead_s`` before. At once if None.
        """
        self.member = member
        self.face = face
        self.line = line
        self.playback: Playback | None = None
        self.lost_messages = 0
        self._waits_for_reader = waits_for_reader
        self._start_us = start_us
        self._faults = member.scenario.line_faults
        self._late: list[tuple[int, int, bytes]] = []
        self._sent = 0

    def open(self, now_us: int) -> None:
        """Plug the line in, and begin unless the story waits for a reader or for its instant."""
        self.line.plug()
        if not self._waits_for_reader and now_us >= self._first_us(now_us):
            self._begin(now_us)

    def _first_us(self, now_us: int) -> int:
        """Return from when on there is a pump."""
        return now_us if self._start_us is None else self._start_us - us_of(self.member.setup.lead_s)

    def _begin(self, now_us: int) -> None:
        """Begin the story, or the time right before it; harmless when it has begun."""
        if self.playback is None:
            start_us = now_us if self._start_us is None or self._waits_for_reader else self._start_us
            self.playback = Playback(self.member.scenario, start_us, self.member.setup, now_us)

    def is_over(self, now_us: int) -> bool:
        """Return whether the story has been told; the pump lives on."""
        return self.playback is not None and now_us >= self.playback.end_us

    def next_due_us(self) -> int | None:
        """Return when ``wake`` has something to do, as far as can be told now."""
        if self.playback is None:
            is_fixed = self._start_us is not None and not self._waits_for_reader
            return self._first_us(0) if is_fixed else None
        dues = [self.playback.next_due_us(), self._late[0][0] if self._late else None]
        if self.playback.pump.now_us < self.playback.end_us:
            dues.append(self.playback.end_us)
        if self.line.can_send:
            dues.append(self.face.next_due_us())
        return min((due for due in dues if due is not None), default=None)

    def wake(self, now_us: int) -> None:
        """Let the story go on to now and send what is due."""
        if self.playback is None and self._is_time(now_us):
            self._begin(now_us)
        self._advance(now_us)
        if self.playback is not None and self.line.can_send:
            for message in self.face.speak(self.playback.pump):
                self._send(message, now_us)
        while self._late and self._late[0][0] <= now_us:
            self.line.send(heapq.heappop(self._late)[2])

    def _is_time(self, now_us: int) -> bool:
        if self._waits_for_reader:
            return self.line.can_send and not self.face.only_answers
        return now_us >= self._first_us(now_us)

    def listen(self, now_us: int) -> None:
        """Take what has come and answer it."""
        data = self.line.receive()
        if not data:
            return
        if self._waits_for_reader:
            self._begin(now_us)
        self._advance(now_us)
        if self.playback is not None:
            for answer in self.face.hear(data, self.playback.pump):
                self._send(answer, now_us)

    def truth_record(self) -> dict[str, Any]:
        """Return what really happened, for a file."""
        truth = {} if self.playback is None else self.playback.pump.truth.as_record()
        return {"pump": self.member.pump_id, "story": self.member.scenario.name, **truth}

    def _advance(self, now_us: int) -> None:
        if self.playback is not None:
            for action in self.playback.advance(max(now_us, self.playback.pump.now_us)):
                self._act_on_line(action)

    def _act_on_line(self, action: StoryAction) -> None:
        match action.act:
            case "unplug":
                self.line.unplug()
            case "replug":
                self.line.plug()
            case _:
                self._faults = FaultPlan(**{key: float(value) for key, value in action.arguments.items()})

    def _send(self, message: bytes, now_us: int) -> None:
        """Send a message as its line lets it pass: at once, late, damaged, twice or never."""
        for passage in spoil(message, self._faults, self.member.chance):
            self._sent += 1
            if not passage.delay_us:
                self.line.send(passage.data)
            elif len(self._late) < LATE_MESSAGES_MAX:
                heapq.heappush(self._late, (now_us + passage.delay_us, self._sent, passage.data))
            else:
                self.lost_messages += 1
