"""Says what is wrong with a value of the command line without the words of the library that checks it."""

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


def _kind_of(found: re.Match[str]) -> str:
    return _KINDS.get(found[1], f"a {found[1]}")
