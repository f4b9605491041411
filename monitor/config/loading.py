"""Turns the text of a configuration file into settings, or into the list of all its faults.

(being written)
"""

from __future__ import annotations

from pathlib import Path

from drivers.registry import Registry
from monitor.config.settings import Config


def load(path: Path, registry: Registry) -> Config:
    """Return the settings in the file at ``path``.

    Raises:
        ConfigurationError: With every fault, each beginning with the path of its key.
    """
    raise NotImplementedError


def parse(text: str, base: Path, registry: Registry) -> Config:
    """Return the settings in ``text``; relative paths are relative to ``base``.

    Raises:
        ConfigurationError: With every fault, each beginning with the path of its key.
    """
    raise NotImplementedError
