"""Reads TOML into the tables' models, and goes on after a fault, so that all faults are found at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from monitor.config.faults import Faults
from monitor.config.tables.file import ARRAYS, FileTable
from monitor.errors import ConfigurationError
from monitor.refusals import Location

FILE_CHARACTERS_MAX = 8 * 1024 * 1024
"""Longest file; more than 10,000 pumps with tables of their own."""

_ROUNDS_MAX = 50

_SINGLE = tuple(name for name in FileTable.model_fields if name not in ARRAYS)


def toml_of(text: str) -> dict[str, Any]:
    """Return what stands in ``text``.

    Raises:
        ConfigurationError: It is too long or no TOML.
    """
    if len(text) > FILE_CHARACTERS_MAX:
        raise ConfigurationError([f"the file is longer than {FILE_CHARACTERS_MAX} characters"])
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as fault:
        raise ConfigurationError([f"the file is no TOML: {fault}"]) from None


def read(raw: Mapping[str, Any], faults: Faults) -> FileTable:
    """Return the tables in ``raw`` without whatever is faulty; each fault is noted.

    Keys that were left out for a fault are in ``faults.dropped``.
    """
    tree = _with_places(raw, faults)
    for _ in range(_ROUNDS_MAX):
        try:
            return FileTable.model_validate(tree)
        except ValidationError as error:
            details = error.errors(include_url=False)
            for detail in details:
                if detail["type"] != "missing" or detail["loc"] not in faults.dropped:
                    faults.add_invalid(FileTable, detail)
            for detail in details:
                _drop(tree, detail["loc"], faults)
    return FileTable()


def _with_places(raw: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
    """Return a copy in which arrays of tables are tables by place; refuse brackets of the wrong number."""
    tree: dict[str, Any] = {}
    for key, value in raw.items():
        copied = _copied(value)
        if key in ARRAYS:
            if not isinstance(copied, list):
                faults.add((key,), f"must be written in double brackets: [[{key}]]")
                continue
            copied = dict(enumerate(copied))
        elif key in _SINGLE and isinstance(copied, list):
            faults.add((key,), f"must be written in single brackets: [{key}]")
            continue
        tree[key] = copied
    return tree


def _copied(value: Any) -> Any:  # noqa: ANN401 - TOML values of any kind
    match value:
        case dict():
            return {key: _copied(inner) for key, inner in value.items()}
        case list():
            return [_copied(inner) for inner in value]
        case _:
            return value


def _drop(tree: dict[str, Any], location: Location, faults: Faults) -> None:
    """Take out of ``tree`` the smallest table or key that holds ``location``."""
    if any(location[:depth] in faults.dropped for depth in range(1, len(location))):
        return
    innermost: dict[Any, Any] = {}
    holder: Any = tree
    dropped: Location = ()
    for depth, part in enumerate(location):
        # Beyond a list there is nothing to take out: the others would change their places. And a key
        # that is missing makes the table useless that should have it.
        if not isinstance(holder, dict) or part not in holder:
            break
        dropped = location[: depth + 1]
        innermost, holder = holder, holder[part]
    if dropped:
        innermost.pop(dropped[-1])
        faults.dropped.add(dropped)
