"""Looks at an accepted configuration with a critical eye: what will load, but will not serve people well.

(being written)
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from drivers.registry import Registry
from monitor.config.settings import Config


class Level(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"


class Finding(msgspec.Struct, frozen=True):
    """One thing that a person should look at.

    Attributes:
        level: An error keeps ``check`` from succeeding.
        path: The key that it is about, as in ``pumps[2].options.device``.
        text: One sentence with a suggestion.
    """

    level: Level
    path: str
    text: str


def findings(config: Config, registry: Registry) -> list[Finding]:
    """Return everything that is doubtful about ``config``, in the order of the file."""
    raise NotImplementedError
