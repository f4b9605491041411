"""Says in our own words where a value stands and why it was refused, from what pydantic found there.

For files and for requests alike. What was found is repeated only where it is a number: what stands where
something else should be might be anything, a secret too.
"""

from __future__ import annotations

import difflib
import re
import typing
from collections.abc import Iterable, Mapping, Sized
from typing import Any

from pydantic import BaseModel

KEY_CHARACTERS_MAX = 64
"""How much of a key is shown."""

NUMBER_CHARACTERS_MAX = 32
"""A longer number is not repeated."""

EXAMPLE_AT = "2026-03-02T14:00:00-06:00"
NO_INSTANT = f"must be an instant with date, time and offset, such as {EXAMPLE_AT}"

Location = tuple[str | int, ...]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")

_WORDS = {
    "missing": "is missing",
    "bool_type": "must be true or false, without quotes",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number, without quotes",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number of fewer digits",
    "float_type": "must be a number, without quotes",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "string_type": "must be text in quotes",
    "string_unicode": "must be text in UTF-8",
    "list_type": "must be a list, in square brackets",
    "datetime_type": NO_INSTANT,
    "datetime_parsing": NO_INSTANT,
    "datetime_from_date_parsing": NO_INSTANT,
    "datetime_object_invalid": NO_INSTANT,
    "timezone_aware": f"has no offset from UTC; write one as in {EXAMPLE_AT}",
    "json_invalid": "is no JSON that can be read",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "string_pattern_mismatch": "must have the form {pattern}",
    "value_error": "{error}",
    "assertion_error": "{error}",
}
"""By pydantic's code; in braces stands what it says beside the code."""

_NUMBERS = {
    "int_from_float": "must be a whole number",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be greater than or equal to {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be less than or equal to {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
}
"""The same where a number was found, which is repeated."""

_NO_TABLE = frozenset({"dict_type", "model_type", "model_attributes_type"})

_NOT_QUITE = frozenset({"int_type", "float_type"})
"""Said of a number too, where only one of the other kind fits."""

_LENGTHS = {
    "too_short": ("at least", "min_length"),
    "too_long": ("at most", "max_length"),
    "string_too_short": ("at least", "min_length"),
    "string_too_long": ("at most", "max_length"),
}


def path_of(location: Location) -> str:
    """Return a place as people write it: ``pumps[2].options.device``."""
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


def cause_of(
    detail: Mapping[str, Any], location: Location, model: type[BaseModel] | None, *, table: str = "a table"
) -> str:
    """Return why a value was refused, as a clause that follows its place.

    Args:
        detail: One of the entries of pydantic's ``errors()``.
        location: The place in a table of ``model``.
        model: Tells which keys there are; None if that is not known.
        table: What a set of keys is called where the value stands.
    """
    kind, found = detail["type"], detail.get("input")
    context = {key: _shown(value) for key, value in detail.get("ctx", {}).items()}
    if kind == "extra_forbidden":
        known = [] if model is None else _keys_at(model, location[:-1])
        return f"is no key here; {suggestion(str(location[-1]), known)}" if known else "is no key here"
    if kind in _NOT_QUITE and isinstance(found, int | float) and not isinstance(found, bool):
        return _not_quite(found)
    if kind in _NO_TABLE:
        return f"must be {table}"
    if kind in _LENGTHS:
        return _length(kind, detail["ctx"], found)
    if kind in _NUMBERS:
        return _NUMBERS[kind].format_map(context) + _not(found)
    # The code at least can be looked up; pydantic's own sentence would be another language.
    return _WORDS[kind].format_map(context) if kind in _WORDS else f"is not what belongs here ({kind})"


def _not_quite(found: float) -> str:
    """Return why a number is none of the kind that is asked for."""
    if isinstance(found, int):
        return "must be a number of fewer digits"
    return "must be a whole number" + (", without a decimal point" if found.is_integer() else _not(found))


def _not(found: object) -> str:
    """Return what stands there instead, if it is a number."""
    if isinstance(found, bool) or not isinstance(found, int | float):
        return ""
    shown = _shown(found)
    return f", not {shown}" if len(shown) <= NUMBER_CHARACTERS_MAX else ""


def _shown(value: object) -> str:
    """Return a value as people write it: a whole number without a point."""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def _length(kind: str, context: Mapping[str, Any], found: object) -> str:
    """Return what is said of a list or a text that is too long or too short."""
    bound, key = _LENGTHS[kind]
    limit = context[key]
    if isinstance(found, str) or kind.startswith("string"):
        length = f"must be {bound} {limit} {'character' if limit == 1 else 'characters'} long"
        return f"{length}, not {_characters(found, limit, key)}" if isinstance(found, str) else length
    entries = f"must have {bound} {limit} {'entry' if limit == 1 else 'entries'}"
    return f"{entries}, and has {len(found) or 'none'}" if isinstance(found, Sized) else entries


def _characters(found: str, limit: int, key: str) -> str:
    """Return how long a text is; where that alone would do, it is its length without blanks that does not."""
    fits = len(found) >= limit if key == "min_length" else len(found) <= limit
    return f"{len(found.strip())} without the blanks around it" if fits else str(len(found))


def _keys_at(model: type[BaseModel], location: Location) -> list[str]:
    """Return the keys of the table at ``location`` inside a table of ``model``."""
    for part in location:
        if isinstance(part, str) and part in model.model_fields:
            inner = _model_in(model.model_fields[part].annotation)
            if inner is not None:
                model = inner
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Return the table type inside an optional, a list or a dictionary of tables."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in typing.get_args(annotation):
        inner = _model_in(argument)
        if inner is not None:
            return inner
    return None
