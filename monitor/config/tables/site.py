"""The tables about this monitor itself: [site], [storage] and [feed]."""

from __future__ import annotations

import difflib
import ipaddress
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, Field

from monitor.config.fields import LONG_CHARACTERS_MAX, Id, LongText, Table, Text, is_reference, reference, text
from monitor.errors import StorageError
from monitor.storage.engine import place_of

_DIGITS_MIN = 3
_NUMBER_CHARACTERS_MAX = 40


def known_time_zone(value: object) -> str:
    """Return the IANA name of a time zone that this machine knows."""
    name = text(value)
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        near = difflib.get_close_matches(name, sorted(available_timezones()), n=1)
        raise ValueError(f"'{name}' is no time zone that this machine knows; {_meant(near)}") from None
    return name


def _meant(near: list[str]) -> str:
    return f'did you mean "{near[0]}"?' if near else 'write an IANA name, such as "Europe/Berlin"'


def dialled_number(value: object) -> str:
    """Return a telephone number as people would dial it."""
    number = text(value, characters_max=_NUMBER_CHARACTERS_MAX)
    if sum(character.isdigit() for character in number) < _DIGITS_MIN:
        raise ValueError(f"{number!r} is no telephone number")
    return number


def database_url(value: object, *, with_password: bool = False) -> str:
    """Return a database address, or a reference to one.

    Raises:
        ValueError: A clause that does not repeat the address: it may hold a password.
    """
    url = text(value, characters_max=LONG_CHARACTERS_MAX)
    if is_reference(url) and not with_password:
        return reference(url)
    try:
        parts = urlsplit(url)
        has_secret = parts.password is not None or "password=" in parts.query
    except ValueError:
        raise ValueError('is no database address; write for example "sqlite:///pumpwatch.db"') from None
    scheme = parts.scheme.partition("+")[0]
    if scheme == "postgresql":
        raise ValueError("names a database in postgresql, which is not offered yet; write sqlite:///PATH")
    if has_secret and not with_password:
        raise ValueError('holds a password; put the whole address into a file and write "file:PATH", or "env:NAME"')
    if scheme != "sqlite":
        raise ValueError('must begin with "sqlite:///", or be a reference to such an address')
    try:
        place_of(url)
    except StorageError:
        raise ValueError("does not name a database file; write sqlite:///PATH") from None
    return url


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach ``host``."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class SiteTable(Table):
    """[site]: where this monitor works, for people who read times and want to call."""

    id: Id = "home"
    time_zone: Annotated[str, BeforeValidator(known_time_zone)] = "UTC"
    call_back_number: Annotated[str, BeforeValidator(dialled_number)] | None = None


class StorageTable(Table):
    """[storage]: where everything is kept."""

    url: Annotated[str, BeforeValidator(database_url)] = "sqlite:///pumpwatch.db"


class FeedTable(Table):
    """[feed]: where the dashboard and the programming interface listen."""

    host: Text = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8620
    tokens_file: LongText | None = None
