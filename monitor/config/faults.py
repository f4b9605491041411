"""Gathers faults as sentences that begin with the path of a key, and turns pydantic's into such sentences."""

from __future__ import annotations

import difflib
import re
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")

KEY_CHARACTERS_MAX = 64
"""How much of a key is shown."""

Location = tuple[str | int, ...]

_WORDS = {
    "missing": "is missing",
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number, without quotes",
    "float_type": "must be a number, without quotes",
    "finite_number": "must be a finite number",
    "string_type": "must be text in quotes",
    "list_type": "must be a list, in square brackets",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
}


_LENGTHS = {
    "too_short": ("at least", "min_length"),
    "too_long": ("at most", "max_length"),
    "string_too_short": ("at least", "min_length"),
    "string_too_long": ("at most", "max_length"),
}


def path_of(location: Location) -> str:
    """Return a place in the file as people write it: ``pumps[2].options.device``."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            short = part if len(part) <= KEY_CHARACTERS_MAX else part[:KEY_CHARACTERS_MAX] + "..."
            shown = short if _BARE_KEY.fullmatch(short) else f'"{short}"'
            path += f".{shown}" if path else shown
    return path


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return what may have been meant, or all there is."""
    names = sorted(known)
    near = difflib.get_close_matches(word.lower(), names, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"there are {', '.join(names)}" if names else "there are none"


class Faults:
    """What is wrong with one file.

    Attributes:
        sentences: In the order in which it was found.
        dropped: Places that were left out for a fault, so that nobody complains that nothing is there.
    """

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.dropped: set[Location] = set()

    def add(self, location: Location, sentence: str) -> None:
        """Note one fault; the same one is noted once."""
        line = _one_line(f"{path_of(location)}: {sentence}")
        if line not in self.sentences:
            self.sentences.append(line)

    def add_invalid(self, model: type[BaseModel], detail: Mapping[str, Any]) -> None:
        """Note one thing that pydantic found in a file of ``model``."""
        location = tuple(part for part in detail["loc"] if part != "[key]")
        self.add(location, _sentence(model, location, detail))


def _one_line(sentence: str) -> str:
    """Return a sentence that cannot play tricks on a terminal, whatever stood in the file."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in sentence)


def _sentence(model: type[BaseModel], location: Location, detail: Mapping[str, Any]) -> str:
    kind = detail["type"]
    if kind == "extra_forbidden":
        return f"is no key here; {suggestion(str(location[-1]), _keys_at(model, location[:-1]))}"
    if kind == "value_error":
        return str(detail["ctx"]["error"])
    if kind in _WORDS:
        return _WORDS[kind]
    if kind in _LENGTHS:
        return _length(kind, detail)
    found = detail["input"]
    # Only numbers are repeated: what stands where a number should be might be anything.
    shown = f", not {found}" if isinstance(found, (int, float)) and not isinstance(found, bool) else ""
    return re.sub(r"^Input should be", "must be", str(detail["msg"])) + shown


def _length(kind: str, detail: Mapping[str, Any]) -> str:
    """Return what is said of a list or a text that is too long or too short."""
    bound, key = _LENGTHS[kind]
    limit, found = detail["ctx"][key], detail["input"]
    if isinstance(found, str):
        return f"must be {bound} {limit} characters long, not {len(found)}"
    return f"must have {bound} {limit} {'entry' if limit == 1 else 'entries'}, and has {len(found) or 'none'}"


def _keys_at(model: type[BaseModel], location: Location) -> list[str]:
    """Return the keys of the table at ``location`` inside a table of ``model``."""
    for part in location:
        if isinstance(part, str) and part in model.model_fields:
            inner = _model_in(model.model_fields[part].annotation)
            if inner is not None:
                model = inner
    return list(model.model_fields)


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Return the table type inside an optional, a list or a dictionary of tables."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in typing.get_args(annotation):
        inner = _model_in(argument)
        if inner is not None:
            return inner
    return None
