"""Turns references to secrets (``file:PATH``, ``env:NAME``) into their values, and refuses careless files.

(being written)
"""

from __future__ import annotations

from pathlib import Path


def resolve_secret(reference: str, base: Path) -> str:
    """Return the secret that ``reference`` names; a relative path is relative to ``base``.

    Raises:
        ConfigurationError: No reference, not there, empty, or open to others. The value is never in the text.
    """
    raise NotImplementedError
