"""Turns the text of a configuration file into settings, or into the list of all its faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from drivers.registry import Registry
from monitor.config.channels import check_channels, webhooks_of
from monitor.config.contacts import common_roster, contacts_of, known_names, rosters_by_pump, stand_ins
from monitor.config.enrolment import enrolled
from monitor.config.faults import Faults
from monitor.config.fields import is_reference
from monitor.config.ladder_check import people_faults
from monitor.config.ladders import built_in_ladder
from monitor.config.links import Links
from monitor.config.own_ladders import own_ladder
from monitor.config.reading import FILE_CHARACTERS_MAX, read, toml_of
from monitor.config.references import resolve_secret
from monitor.config.settings import Config, FeedSettings, SourceSettings
from monitor.config.tables.file import FileTable
from monitor.config.tables.site import database_url, is_loopback
from monitor.config.tightening import therapies_of
from monitor.errors import ConfigurationError
from monitor.escalation.roster import Roster
from monitor.escalation.rungs import Ladder
from monitor.feed.access import Access
from monitor.feed.records import Site
from monitor.interruption.policy import Therapy
from monitor.refusals import suggestion


def load(path: Path, registry: Registry) -> Config:
    """Return the settings in the file at ``path``.

    Raises:
        ConfigurationError: With every fault, each beginning with the path of its key.
    """
    try:
        with path.open("rb") as file:
            text = file.read(FILE_CHARACTERS_MAX + 1).decode("utf-8-sig")
    except OSError as fault:
        raise ConfigurationError([f"{path} cannot be read: {fault.strerror}"]) from fault
    except UnicodeDecodeError as fault:
        raise ConfigurationError([f"{path} is not UTF-8 at byte {fault.start}"]) from fault
    return parse(text, path.absolute().parent, registry)


def parse(text: str, base: Path, registry: Registry) -> Config:
    """Return the settings in ``text``; relative paths are relative to ``base``.

    Raises:
        ConfigurationError: With every fault, each beginning with the path of its key.
    """
    return settings_of(toml_of(text), base, registry)


def settings_of(raw: dict[str, Any], base: Path, registry: Registry) -> Config:
    """Return the settings in a file that was read already.

    Raises:
        ConfigurationError: With every fault, each beginning with the path of its key.
    """
    faults = Faults()
    file = read(raw, faults)
    therapies = therapies_of(file.therapies, faults, file.site.time_zone)
    dropped = frozenset(_names(raw, "therapies")) - therapies.keys()
    pumps = enrolled(file, base, therapies, dropped, faults)
    ladders = _ladders(file, therapies, dropped, known_names(raw), faults)
    contacts = contacts_of(file, frozenset(pump.pump for pump in pumps), faults) or stand_ins(ladders)
    config = Config(
        base=base,
        site=_site(file),
        storage=_storage(file, base, faults),
        feed=_feed(file, base, faults),
        allow_simulated=file.allow_simulated,
        pumps=pumps,
        sources=_sources(file, faults),
        roster=Roster(tuple(scoped.contact for scoped in contacts)),
        common_roster=common_roster(contacts),
        rosters=rosters_by_pump(contacts),
        webhooks=webhooks_of(file, base, faults),
        therapies=therapies,
        ladders=ladders,
    )
    _check_links(raw, file, base, registry, faults)
    check_channels(file, base, faults)
    if not faults.sentences:
        _check_whole(config, faults)
    if faults.sentences:
        raise ConfigurationError(faults.sentences)
    return config


def _check_whole(config: Config, faults: Faults) -> None:
    if not config.pumps:
        faults.add(("pumps",), "no pump is enrolled; write at least one [[pumps]] with an id")
    for fault in people_faults(config):
        if not fault.is_warning:
            faults.sentences.append(f"{fault.path}: {fault.sentence}")


def _names(raw: dict[str, Any], key: str) -> list[str]:
    found = raw.get(key)
    return list(found) if isinstance(found, dict) else []


def _site(file: FileTable) -> Site:
    site = file.site
    return Site(id=site.id, time_zone=site.time_zone, call_back_number=site.call_back_number or "")


def _storage(file: FileTable, base: Path, faults: Faults) -> str:
    """Return the database's address; a relative SQLite file is relative to ``base``, a reference stays one."""
    url = file.storage.url
    if is_reference(url):
        try:
            database_url(resolve_secret(url, base), with_password=True)
        except ConfigurationError as error:
            for fault in error.faults:
                faults.add(("storage", "url"), fault)
        except ValueError as fault:
            faults.add(("storage", "url"), f"{url}: {fault}")
        return url
    scheme, separator, place = url.partition(":///")
    if not scheme.startswith("sqlite") or not separator or not place or place.startswith(("/", ":", "file:")):
        return url
    return f"{scheme}:///{base / place}"


def _feed(file: FileTable, base: Path, faults: Faults) -> FeedSettings:
    feed = file.feed
    tokens_file = None if feed.tokens_file is None else base / feed.tokens_file
    if tokens_file is not None:
        try:
            Access.from_file(tokens_file)
        except ConfigurationError as error:
            faults.sentences += error.faults
    elif not is_loopback(feed.host) and ("feed", "tokens_file") not in faults.dropped:
        faults.add(("feed", "tokens_file"), f"is missing: {feed.host} can be reached by others, so they need tokens")
    return FeedSettings(host=feed.host, port=feed.port, tokens_file=tokens_file)


def _sources(file: FileTable, faults: Faults) -> tuple[SourceSettings, ...]:
    sources: dict[str, SourceSettings] = {}
    for place, table in file.sources.items():
        name = table.name or table.driver
        if name in sources:
            faults.add(("sources", place, "name"), f"{name} is there already; give every source a name of its own")
        sources[name] = SourceSettings(name=name, driver=table.driver, options=table.options)
    return tuple(sources.values())


def _ladders(
    file: FileTable,
    therapies: dict[str, Therapy],
    dropped: frozenset[str],
    known: frozenset[str] | None,
    faults: Faults,
) -> dict[str, Ladder]:
    ladders = {name: built_in_ladder(therapy) for name, therapy in therapies.items()}
    for name, table in file.ladders.items():
        if name in therapies:
            ladders[name] = own_ladder(therapies[name], table, known, faults)
        elif name not in dropped:
            faults.add(("ladders", name), f"{name} is no therapy; {suggestion(name, therapies)}")
    return ladders


def _check_links(raw: dict[str, Any], file: FileTable, base: Path, registry: Registry, faults: Faults) -> None:
    # The raw tables: a pump with a faulty id still has its options checked.
    links = Links(registry, base, faults, allow_simulated=file.allow_simulated)
    for key, many_pumps in (("pumps", False), ("sources", True)):
        tables = raw.get(key)
        for place, table in enumerate(tables if isinstance(tables, list) else []):
            if isinstance(table, dict):
                links.check((key, place), table, many_pumps=many_pumps)
