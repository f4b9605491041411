"""Turns references to secrets (``file:PATH``, ``env:NAME``) into their values, and refuses careless files."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from monitor.config.fields import reference as checked
from monitor.errors import ConfigurationError

SECRET_BYTES_MAX = 8 * 1024
"""Longest secret; a certificate's key fits."""

_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def resolve_secret(reference: str, base: Path) -> str:
    """Return the secret that ``reference`` names; a relative path is relative to ``base``.

    White space around the secret, such as the line end that editors add, is no part of it.

    Raises:
        ConfigurationError: No reference, not there, empty, or open to others. The value is never in the text.
    """
    try:
        kind, _, name = checked(reference).partition(":")
    except ValueError as fault:
        raise ConfigurationError([str(fault)]) from None
    found = os.environ.get(name) if kind == "env" else _content(base / name)
    if found is None:
        raise ConfigurationError([f"the environment has no {name}"])
    secret = found.strip()
    if not secret:
        raise ConfigurationError([f"{reference} is empty"])
    if "\x00" in secret:
        raise ConfigurationError([f"{reference} holds bytes that are no text"])
    return secret


def _content(path: Path) -> str:
    try:
        # Not blocking: a pipe in the file's place must not hold up the start.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            # Asked of the open file, so that nobody can swap it between the check and the reading.
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise ConfigurationError([f"{path} is no plain file"])
            if found.st_mode & _OPEN_TO_OTHERS:
                mode = stat.S_IMODE(found.st_mode)
                raise ConfigurationError([f"{path} is open to others (mode {mode:03o}); run: chmod 600 {path}"])
            content = file.read(SECRET_BYTES_MAX + 1)
    except OSError as fault:
        raise ConfigurationError([f"{path} cannot be read: {fault.strerror}"]) from fault
    if len(content) > SECRET_BYTES_MAX:
        raise ConfigurationError([f"{path} is longer than {SECRET_BYTES_MAX} bytes"])
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ConfigurationError([f"{path} holds bytes that are no text"]) from None
