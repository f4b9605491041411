"""Reads one table of a TOML file key by key and gathers every fault with its place and a suggestion.

Pure. Nothing is raised while reading, so that an author sees all faults at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

_T = TypeVar("_T")


class FileError(Exception):
    """A story or a configuration is wrong; nothing was started.

    Attributes:
        faults: One sentence per fault: file, place, what is wrong, and where possible a suggestion.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def suggestion(word: str, known: list[str]) -> str:
    """Return ``; did you mean ...?`` for a word that is nearly a known one, else nothing."""
    near = get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


class TableReader:
    """One table, and the place it stands in.

    Attributes:
        place: File and entry, as they stand before each fault.
        faults: Where faults go; shared by all readers of a file.
    """

    def __init__(self, table: object, place: str, faults: list[str]) -> None:
        """Begin to read; what is no table at all is a fault and reads as an empty one."""
        self.place = place
        self.faults = faults
        self._known: list[str] = []
        self._table: Mapping[str, Any] = table if isinstance(table, dict) else {}
        if not isinstance(table, dict):
            faults.append(f"{place}: must be a table")

    def fault(self, key: str, why: str) -> None:
        """Record a fault at a key of this table."""
        self.faults.append(f"{self.place}.{key}: {why}")

    def has(self, key: str) -> bool:
        """Whether the key is there; says nothing of its value."""
        return key in self._table

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; required if there is no default."""
        return self._value(key, str, "text in quotes", default, "")

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        return self._value(key, bool, "true or false", default, default)

    def number(self, key: str, default: float | None = None) -> float:
        """Return a number; required if there is no default."""
        value = self._table.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            self._known.append(key)
            return float(value)
        return self._value(key, float, "a number", default, 1.0)

    def whole(self, key: str, default: int | None = None) -> int:
        """Return a whole number; required if there is no default."""
        return self._value(key, int, "a whole number", default, 1)

    def texts(self, key: str, default: list[str]) -> list[str]:
        """Return a list of texts; one text stands for a list of one."""
        self._known.append(key)
        value = self._table.get(key, default)
        values = value if isinstance(value, list) else [value]
        if values and all(isinstance(each, str) for each in values):
            return values
        self.fault(key, "must be text or a list of texts")
        return default

    def read(self, key: str, parse: Callable[[str], _T], default: _T, *, is_required: bool = False) -> _T:
        """Return a text as ``parse`` understands it; its ValueError is the fault."""
        if not self.has(key) and not is_required:
            self._known.append(key)
            return default
        text = self.text(key)
        if key not in self._table or not isinstance(self._table[key], str):
            return default
        try:
            return parse(text)
        except ValueError as error:
            self.fault(key, str(error))
            return default

    def table(self, key: str) -> TableReader:
        """Return a reader of a table within this one; a missing one is empty."""
        self._known.append(key)
        return TableReader(self._table.get(key, {}), f"{self.place}.{key}", self.faults)

    def tables(self, key: str) -> list[TableReader]:
        """Return readers of a list of tables within this one, numbered from 0 as in other messages."""
        self._known.append(key)
        entries = self._table.get(key, [])
        if not isinstance(entries, list):
            self.fault(key, f"must be a list of tables, written [[{key}]]")
            return []
        return [TableReader(each, f"{self.place}.{key}[{index}]", self.faults) for index, each in enumerate(entries)]

    def close(self) -> None:
        """Record what nobody asked for: unknown keys are faults."""
        for key in self._table:
            if key not in self._known:
                self.fault(key, f"unknown key{suggestion(key, self._known)}")

    def _value(self, key: str, kind: type[_T], what: str, default: _T | None, fallback: _T) -> _T:
        self._known.append(key)
        if key not in self._table:
            if default is None:
                self.fault(key, "is missing")
                return fallback
            return default
        value = self._table[key]
        # In Python a truth value is a whole number, in a story it is a mistake.
        if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
            return value
        self.fault(key, f"must be {what}")
        return fallback if default is None else default
