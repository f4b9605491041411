"""Builds what a group of simulated pumps needs: stories, faces, lines and connections."""

from __future__ import annotations

from pathlib import Path

from simulator.faces.face import Face
from simulator.faces.json_lines import JsonLinesFace, ObservationFace
from simulator.faces.mqtt import BrokerOptions, Gateway, MqttLine
from simulator.faces.observation import Reporter
from simulator.faces.zyno import ZynoFace
from simulator.fleet import members
from simulator.group import DEFAULT_PUMP, FaceName, Group
from simulator.runner import Performance, StoryClock
from simulator.station import Member, Station
from simulator.stories import load_story
from simulator.table_reader import FileError
from simulator.terminal import Terminal
from simulator.units import us_of

OWN_CONNECTIONS_MAX = 8
"""Up to so many pumps have a connection, and so a last will, of their own."""

SHARED_PUMPS_MAX = 500
"""How many pumps share a connection in a larger fleet."""

SECRET_BYTES_MAX = 4096


def assemble(group: Group) -> list[Performance]:
    """Return the stations of a group, on one clock, with their lines still unplugged.

    Raises:
        FileError: A story or the password file cannot be used.
    """
    stories = [load_story(name) for name in group.stories]
    fleet = list(members(stories, group.pump, group.pumps, group.seed, group.report_us))
    clock = StoryClock(group.speed, group.epoch_s)
    make = _mqtt_stations if group.face is FaceName.MQTT else _serial_stations
    stations = make(group, fleet, clock.run)
    return [Performance(station, clock) for station in stations]


def destinations(group: Group) -> list[str]:
    """Return where the pumps of a group can be found, for the line that says so."""
    if group.face is FaceName.MQTT:
        return [f"mqtt://{group.host}:{group.port}"]
    return [str(link) for link in _links(group)]


def _links(group: Group) -> list[Path]:
    if group.pumps == 1:
        return [Path(group.link)]
    return [Path(f"{group.link}-{number}") for number in range(1, group.pumps + 1)]


def _serial_stations(group: Group, fleet: list[Member], run: str) -> list[Station]:
    return [
        Station(
            member,
            _serial_face(group, member, run),
            Terminal(link),
            waits_for_reader=group.waits_for_reader,
            start_us=_start_us(group),
        )
        for member, link in zip(fleet, _links(group), strict=True)
    ]


def _start_us(group: Group) -> int | None:
    return None if group.epoch_s is None else us_of(group.epoch_s)


def _serial_face(group: Group, member: Member, run: str) -> Face:
    if group.face is FaceName.ZYNO:
        return ZynoFace()
    # On a serial line the id may be left out, and a made-up one would contradict the monitor's.
    pump_id = None if group.pump == DEFAULT_PUMP else member.pump_id
    return JsonLinesFace(Reporter(group.report_us, pump_id, member.phase_us, run), has_crc=group.has_crc)


def _mqtt_stations(group: Group, fleet: list[Member], run: str) -> list[Station]:
    options = BrokerOptions(
        host=group.host,
        port=group.port,
        topic=group.topic,
        site=group.site,
        username=group.username,
        password=_secret(group.password_file),
        ca_file=group.ca_file,
    )
    size = group.connection_pumps or (1 if len(fleet) <= OWN_CONNECTIONS_MAX else SHARED_PUMPS_MAX)
    stations = []
    for first in range(0, len(fleet), size):
        crew = fleet[first : first + size]
        gateway = _gateway(options, crew, number=first // size + 1)
        for member in crew:
            line = MqttLine(gateway, options.topic_of(member.pump_id), options.link_topic_of(member.pump_id))
            reporter = Reporter(group.report_us, member.pump_id, member.phase_us, run)
            stations.append(Station(member, ObservationFace(reporter), line, start_us=_start_us(group)))
    return stations


def _gateway(options: BrokerOptions, crew: list[Member], number: int) -> Gateway:
    if len(crew) == 1:
        pump_id = crew[0].pump_id
        return Gateway(options, pump_id, options.link_topic_of(pump_id))
    name = f"gateway-{number}"
    return Gateway(options, name, f"pumpwatch/1/{options.site}/{name}/gateway")


def _secret(path: str) -> str:
    """Return the first line of a file that holds a secret."""
    if not path:
        return ""
    try:
        with Path(path).open(encoding="utf-8") as file:
            return file.readline(SECRET_BYTES_MAX).rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError([f"{path}: the password cannot be read: {error}"]) from error
