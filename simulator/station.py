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
    """One pump on one line; its story begins when ``begin`` is called, or with the first sign of a reader.

    Attributes:
        member: Which pump of the fleet this is.
        face: How it speaks.
        line: Where.
        playback: Its story, once it has begun.
        lost_messages: Delayed messages that found no room.
    """

    def __init__(self, member: Member, face: Face, line: Line, *, waits_for_reader: bool = False) -> None:
        self.member = member
        self.face = face
        self.line = line
        self.playback: Playback | None = None
        self.lost_messages = 0
        self._waits_for_reader = waits_for_reader
        self._faults = member.scenario.line_faults
        self._late: list[tuple[int, int, bytes]] = []
        self._sent = 0

    def open(self, now_us: int) -> None:
        """Plug the line in, and begin unless the story waits for a reader."""
        self.line.plug()
        if not self._waits_for_reader:
            self.begin(now_us)

    def begin(self, now_us: int) -> None:
        """Begin the story now; harmless when it has begun."""
        if self.playback is None:
            self.playback = Playback(self.member.scenario, now_us, self.member.setup)

    def is_over(self, now_us: int) -> bool:
        """Return whether the story has been told; the pump lives on."""
        return self.playback is not None and now_us >= self.playback.end_us

    def next_due_us(self) -> int | None:
        """Return when ``wake`` has something to do, as far as can be told now."""
        if self.playback is None:
            return None
        dues = [self.playback.next_due_us(), self._late[0][0] if self._late else None]
        if self.playback.pump.now_us < self.playback.end_us:
            dues.append(self.playback.end_us)
        if self.line.can_send:
            dues.append(self.face.next_due_us())
        return min((due for due in dues if due is not None), default=None)

    def wake(self, now_us: int) -> None:
        """Let the story go on to now and send what is due."""
        if self.playback is None:
            if self.face.only_answers or not self.line.can_send:
                return
            self.begin(now_us)
        self._advance(now_us)
        if self.playback is not None and self.line.can_send:
            for message in self.face.speak(self.playback.pump):
                self._send(message, now_us)
        while self._late and self._late[0][0] <= now_us:
            self.line.send(heapq.heappop(self._late)[2])

    def listen(self, now_us: int) -> None:
        """Take what has come and answer it."""
        data = self.line.receive()
        if not data:
            return
        self.begin(now_us)
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
