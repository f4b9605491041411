"""Plays a story in virtual time, as fast as it can be computed, and writes down what a monitor would receive.

Pure. The result is a story in the monitor's own sense: observations with their instant of receipt, and
people's marks. Beside it stands the truth, so that an oracle can judge what the monitor made of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from simulator.faces.json_lines import ObservationFace
from simulator.faces.observation import Reporter
from simulator.line import MemoryLine
from simulator.station import Member, Station
from simulator.truth import Truth
from simulator.units import text_of

VIRTUAL_EPOCH_US = 1_767_600_000_000_000
"""Where virtual stories begin if nobody says otherwise: 2026-01-05, 08:00 UTC."""


@dataclass(slots=True)
class Transcript:
    """What one pump's story looked like from outside, and what was true.

    Attributes:
        lines: Messages and marks with their instant in ``at``, in order of receipt.
        spoilt: Messages that did not survive the line as JSON, with their instant.
        truth: What flowed into the patient.
    """

    truth: Truth
    lines: list[dict[str, Any]] = field(default_factory=list)
    spoilt: list[tuple[str, bytes]] = field(default_factory=list)


def play(member: Member, period_us: int, start_us: int = VIRTUAL_EPOCH_US) -> Transcript:
    """Return the transcript of one pump's whole story.

    Args:
        member: The pump and its story.
        period_us: How often the pump reports when nothing happens.
        start_us: When the story begins, in microseconds since 1970.
    """
    line = MemoryLine()
    # The same story from the same instant is the same to the byte; from another instant it is another run.
    reporter = Reporter(period_us, member.pump_id, member.phase_us, f"{start_us:x}")
    station = Station(member, ObservationFace(reporter), line)
    station.open(start_us)
    if station.playback is None:
        raise AssertionError("a story that waits for nobody has begun")
    transcript = Transcript(station.playback.pump.truth)
    marks = list(_marks(member, start_us))
    now_us = start_us
    end_us = station.playback.end_us
    while now_us <= end_us:
        station.wake(now_us)
        while marks and marks[0][0] <= now_us:
            transcript.lines.append(marks.pop(0)[1])
        for message in line.take():
            _write(transcript, text_of(now_us), message)
        due_us = min((each for each in (station.next_due_us(), marks[0][0] if marks else None) if each), default=None)
        now_us = end_us + 1 if due_us is None else max(due_us, now_us + 1)
    return transcript


def _marks(member: Member, start_us: int) -> Iterator[tuple[int, dict[str, Any]]]:
    for each in member.scenario.marks:
        at_us = start_us + each.at_us
        mark: dict[str, Any] = {"at": text_of(at_us), "pump": member.pump_id, "mark": each.mark, "by": each.by}
        yield at_us, mark if each.minutes is None else mark | {"minutes": each.minutes}


def _write(transcript: Transcript, at: str, message: bytes) -> None:
    try:
        content = json.loads(message)
    except ValueError:
        # A line that spoils messages is part of the story; what cannot be read is kept apart.
        transcript.spoilt.append((at, message))
        return
    if isinstance(content, dict):
        transcript.lines.append({"at": at, **content})
    else:
        transcript.spoilt.append((at, message))
