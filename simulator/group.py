"""Describes a group of simulated pumps that speak alike, as the command line or a file asks for it.

Pure. A file may hold any number of ``[[simulated]]`` tables; its other tables are somebody else's.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from simulator.durations import read_duration
from simulator.fleet import PUMPS_MAX
from simulator.table_reader import FileError, TableReader, suggestion
from simulator.units import US_PER_MIN, US_PER_S

DEFAULT_TOPIC = "pumpwatch/1/{site}/{pump}/observation"
DEFAULT_PUMP = "simulated"
SPEED_MAX = 100_000.0
SERIAL_PUMPS_MAX = 256
PORT_MAX = 65_535

_ID = re.compile(r"[A-Za-z0-9._-]{1,56}")
"""An id that is safe in topics and file names, with room for a number behind it."""


class FaceName(StrEnum):
    """The protocols that simulated pumps speak."""

    ZYNO = "zyno"
    JSON_LINES = "json-lines"
    MQTT = "mqtt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Pumps that share a face, a clock and a way out.

    Attributes:
        face: Which protocol.
        stories: Names or files of stories; they repeat for further pumps.
        pumps: How many pumps; as many as stories unless said.
        pump: The pump's id, or what a fleet's ids begin with.
        seed: Changes all chance at once.
        speed: How many story seconds pass in a real one.
        epoch_s: The real instant, seconds since 1970, at which stories begin and both times agree; None
            for the start of the program.
        report_us: How often a pump that speaks by itself tells its state.
        link: Name of the pseudo-terminal; a fleet's are numbered from 1.
        has_crc: Whether JSON lines carry a checksum.
        waits_for_reader: Stories begin when somebody opens the line, or asks for the first time.
        host, port, topic, site, username, password_file, ca_file: The broker.
        connection_pumps: How many pumps share a connection; None leaves the choice to the program.
    """

    face: FaceName
    stories: tuple[str, ...]
    pumps: int
    pump: str
    seed: int
    speed: float
    epoch_s: float | None
    report_us: int
    link: str
    has_crc: bool
    waits_for_reader: bool
    host: str
    port: int
    topic: str
    site: str
    username: str
    password_file: str
    ca_file: str
    connection_pumps: int | None


def groups_of(text: str, source: str) -> list[Group]:
    """Return the groups that a TOML text asks for.

    Raises:
        FileError: All faults at once, or there is no group.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileError([f"{source}: not readable as TOML: {error}"]) from error
    faults: list[str] = []
    groups = [_read_group(reader) for reader in TableReader(content, source, faults).tables("simulated")]
    if not groups and not faults:
        faults.append(f"{source}: there is no [[simulated]] table in it")
    if faults:
        raise FileError(faults)
    return groups


def group_of(table: Mapping[str, Any], place: str) -> Group:
    """Return the group that one table asks for.

    Raises:
        FileError: All faults at once.
    """
    faults: list[str] = []
    group = _read_group(TableReader(dict(table), place, faults))
    if faults:
        raise FileError(faults)
    return group


def _read_group(reader: TableReader) -> Group:
    face = reader.read("face", _face, FaceName.ZYNO, is_required=True)
    is_mqtt = face is FaceName.MQTT
    stories = tuple(reader.texts("story", ["demo-day"]))
    group = Group(
        face=face,
        stories=stories,
        pumps=reader.whole("pumps", len(stories)),
        pump=reader.text("pump", DEFAULT_PUMP),
        seed=reader.whole("seed", 0),
        speed=reader.number("speed", 1.0),
        epoch_s=reader.number("epoch") if reader.has("epoch") else None,
        report_us=reader.read("report", read_duration, 10 * US_PER_S),
        link=reader.text("link", "" if is_mqtt else None),
        has_crc=reader.flag("crc", default=True),
        waits_for_reader=reader.flag("wait_until_opened", default=False),
        host=reader.text("mqtt_host", "127.0.0.1"),
        port=reader.whole("mqtt_port", 1883),
        topic=reader.text("topic", DEFAULT_TOPIC),
        site=reader.text("site", "simulated"),
        username=reader.text("mqtt_username", ""),
        password_file=reader.text("mqtt_password_file", ""),
        ca_file=reader.text("mqtt_ca_file", ""),
        connection_pumps=reader.whole("pumps_per_connection") if reader.has("pumps_per_connection") else None,
    )
    reader.close()
    _check(group, reader)
    return group


def _check(group: Group, reader: TableReader) -> None:
    """Refuse what cannot be done."""
    is_mqtt = group.face is FaceName.MQTT
    pumps_max = PUMPS_MAX if is_mqtt else SERIAL_PUMPS_MAX
    for key, value, least, most in (
        ("pumps", group.pumps, 1, pumps_max),
        ("speed", group.speed, 0.001, SPEED_MAX),
        ("mqtt_port", group.port, 1, PORT_MAX),
        ("report", group.report_us, US_PER_S, 60 * US_PER_MIN),
        ("pumps_per_connection", group.connection_pumps or 1, 1, PUMPS_MAX),
    ):
        if not least <= value <= most:
            reader.fault(key, f"{value:g} lies outside {least:g} to {most:g}")
    stories = len(group.stories)
    if 1 <= group.pumps < stories:
        pumps = "1 pump" if group.pumps == 1 else f"{group.pumps} pumps"
        reader.fault("pumps", f"{pumps} cannot tell {stories} stories; leave it out, or give {stories} or more")
    for key, name in (("pump", group.pump), ("site", group.site)):
        if not _ID.fullmatch(name):
            reader.fault(key, f"{name!r} is not 1 to 56 letters, digits, dots, dashes or underlines")
    if is_mqtt and group.link:
        reader.fault("link", "a pump with the face mqtt has no link; give topic and site")
    if is_mqtt and "{pump}" not in group.topic:
        reader.fault("topic", "must hold {pump}, or the pumps cannot be told apart")


def _face(text: str) -> FaceName:
    try:
        return FaceName(text)
    except ValueError:
        names = [each.value for each in FaceName]
        raise ValueError(f"{text!r} is none of {', '.join(names)}{suggestion(text, names)}") from None
