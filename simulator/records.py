"""Writes down, when a simulation ends, what its pumps heard and what was true."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from simulator.station import Station


def write_truth(path: Path, stations: Iterable[Station]) -> None:
    """Write one JSON object per pump: what really flowed into its patient.

    Raises:
        OSError: The file cannot be written.
    """
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(station.truth_record()) + "\n" for station in stations)


def write_received(path: Path, stations: Iterable[Station]) -> None:
    """Write one JSON object per frame that a pump heard: pump, instant, bytes in hex, what became of it.

    Raises:
        OSError: The file cannot be written.
    """
    with path.open("w", encoding="utf-8") as file:
        for station in stations:
            for frame in station.face.received.frames:
                file.write(json.dumps({"pump": station.member.pump_id, **frame.as_record()}) + "\n")
