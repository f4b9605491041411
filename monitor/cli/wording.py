"""Words of the command line: a refused value without those of the library that checks it, and numbers of things."""

from __future__ import annotations

import re

_KINDS = {"integer": "a whole number", "boolean": "true or false"}
_VALID = re.compile(r"a valid (\w+).*", re.DOTALL)


def in_our_words(message: str) -> str:
    """Return a library's message as a clause that follows the name of the value."""
    said = message.removeprefix("Value error, ")
    if not said.startswith("Input should be "):
        return said
    return "must be " + _VALID.sub(_kind_of, said.removeprefix("Input should be "))


def counted(number: int, what: str) -> str:
    """Return "no pump", "1 pump" or "2 pumps"."""
    return f"{number or 'no'} {what}{'s' * (number > 1)}"


def _kind_of(found: re.Match[str]) -> str:
    return _KINDS.get(found[1], f"a {found[1]}")
