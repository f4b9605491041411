"""The place of a reader in the stored records: one number, opaque to clients, checked when it comes back.

Pure.
"""

from __future__ import annotations

START = 0
"""Before the first record."""

MAX = 2**63 - 1
"""The largest place that a database's integer key can name."""

_MAX_DIGITS = len(str(MAX))


class CursorError(ValueError):
    """A cursor that this feed cannot have handed out."""


def parse_cursor(text: str) -> int:
    """Return the place that ``text`` names.

    Raises:
        CursorError: It is no plain decimal number from 0 to ``MAX``.
    """
    # isascii first: int() and isdigit() would also accept digits of other scripts.
    if not (text.isascii() and text.isdigit()) or len(text) > _MAX_DIGITS or int(text) > MAX:
        raise CursorError(f"{text[:32]!a} is no cursor of this feed; use the id of a record, or leave it out")
    return int(text)


def format_cursor(place: int) -> str:
    """Return the text of a place, for ``id`` and ``after``."""
    if not START <= place <= MAX:
        raise CursorError(f"{place} is no place in the records")
    return str(place)
