"""The kinds of value that the configuration knows, each with a refusal that says what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from drivers.contract import PUMP_ID_PATTERN
from monitor.config.durations import duration_us, text_of
from monitor.refusals import EXAMPLE_AT, NO_INSTANT

REFERENCE_KINDS = ("file:", "env:")
"""How a reference to a secret begins."""

TEXT_CHARACTERS_MAX = 200
"""Longest text for people."""

LONG_CHARACTERS_MAX = 1_000
"""Longest path, address or reference."""

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_YEARS = range(2000, 2100)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


class Table(BaseModel):
    """A table of the file: strict, closed, and nothing in it is a NaN."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


def within(least: str, most: str) -> BeforeValidator:
    """Return the check of a duration from ``least`` to ``most``; the field holds microseconds."""
    least_us, most_us = duration_us(least), duration_us(most)

    def check(value: object) -> int:
        found_us = duration_us(value)
        if not least_us <= found_us <= most_us:
            raise ValueError(f"{text_of(found_us)} lies outside {least} to {most}")
        return found_us

    return BeforeValidator(check)


def instant_us(value: object) -> int:
    """Return an instant in microseconds since 1970 UTC; TOML's own form with offset, or the same in quotes.

    Raises:
        ValueError: A clause for people; above all when the offset is missing.
    """
    match value:
        case datetime():
            at = value
        case str() if _INSTANT.fullmatch(value):
            at = datetime.fromisoformat(value.upper())
        case date() | time() | str():
            raise ValueError(f"'{value}' is no instant; write date, time and offset, such as {EXAMPLE_AT}")
        case _:
            raise ValueError(NO_INSTANT)
    if at.utcoffset() is None:
        raise ValueError(f"'{at.isoformat()}' has no offset from UTC; write for example {at.isoformat()}+01:00")
    if at.year not in _YEARS:
        raise ValueError(f"'{at.isoformat()}' lies outside the years {_YEARS[0]} to {_YEARS[-1]}")
    return int((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000_000 + at.microsecond


def text(value: object, *, characters_max: int = TEXT_CHARACTERS_MAX) -> str:
    """Return a text of one line.

    Raises:
        ValueError: A clause for people.
    """
    if isinstance(value, str) and 0 < len(value.strip()) <= characters_max and value.isprintable():
        return value.strip()
    raise ValueError(f"must be text in quotes, on one line, 1 to {characters_max} characters long")


def is_reference(value: str) -> bool:
    """Return whether a value says where a secret is, and so is none itself."""
    return value.startswith(REFERENCE_KINDS)


def reference(value: object) -> str:
    """Return a reference to a secret.

    Raises:
        ValueError: A clause for people. The value is never in it: it may be the secret itself.
    """
    if isinstance(value, str) and is_reference(value) and len(value) <= LONG_CHARACTERS_MAX and value.isprintable():
        kind, _, name = value.partition(":")
        if name and (kind == "file" or _VARIABLE.fullmatch(name)):
            return value
    raise ValueError('must be a reference, "file:PATH" or "env:NAME"; secrets do not stand in this file')


def _matching(pattern: str, hint: str) -> Callable[[object], str]:
    compiled = re.compile(pattern.strip("^$"))

    def check(value: object) -> str:
        if isinstance(value, str) and compiled.fullmatch(value):
            return value
        shown = f"{value!r} " if isinstance(value, str) and len(value) <= TEXT_CHARACTERS_MAX else ""
        raise ValueError(f"{shown}must be {hint}")

    return check


def one_of(*words: str) -> BeforeValidator:
    """Return the check of a word that must be one of a few."""

    def check(value: object) -> str:
        if isinstance(value, str) and value in words:
            return value
        raise ValueError(f"must be one of {', '.join(words)}")

    return BeforeValidator(check)


def as_list(value: Any) -> Any:  # noqa: ANN401 - whatever TOML gave; pydantic judges it next
    """Return a lone value as a list of one, for keys that take either."""
    return value if isinstance(value, list) else [value]


def _long_text(value: object) -> str:
    return text(value, characters_max=LONG_CHARACTERS_MAX)


Instant = Annotated[int, BeforeValidator(instant_us)]
"""RFC 3339 with offset; microseconds since 1970 UTC inside."""

Text = Annotated[str, BeforeValidator(text)]
"""One line for people."""

LongText = Annotated[str, BeforeValidator(_long_text)]
"""A path, an address or a reference. Relative paths are relative to the configuration file."""

Reference = Annotated[str, BeforeValidator(reference)]
"""Where a secret is."""

Id = Annotated[str, BeforeValidator(_matching(PUMP_ID_PATTERN, "1 to 64 of the characters A-Z a-z 0-9 . _ -"))]
"""An id that is safe in topics, files and addresses."""

Name = Annotated[
    str, BeforeValidator(_matching(_NAME.pattern, "lower-case letters, digits and hyphens, such as on-call-nurse"))
]
"""A name of a role, a rung, a therapy or a channel."""

Number = Annotated[float, AfterValidator(float)]
"""A number; a whole one will do."""
