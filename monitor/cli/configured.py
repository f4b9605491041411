"""Reads the configuration file of a command, so that every fault names the file as well as the key."""

from __future__ import annotations

from pathlib import Path

from drivers.registry import Registry
from monitor.config.loading import load
from monitor.config.settings import Config
from monitor.errors import ConfigurationError


def configured(path: Path, registry: Registry) -> Config:
    """Return the settings in the file at ``path``.

    Raises:
        ConfigurationError: With every fault; each begins with the file, and goes on with the path of its key.
    """
    try:
        return load(path, registry)
    except ConfigurationError as error:
        named = [fault if fault.startswith(f"{path} ") else f"{path}: {fault}" for fault in error.faults]
        raise ConfigurationError(named) from error
