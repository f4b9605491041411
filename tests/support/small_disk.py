"""Lends a test a real file system of a few megabytes, that can be filled and made read-only."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[None]:
    """Mount a file system of ``size`` over ``place``; skip the test where that is not allowed."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None:
        pytest.skip("file systems cannot be mounted here")
    command = [mount, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        yield
    finally:
        # Lazily: a test that fails may not have closed everything.
        subprocess.run([umount, "--lazy", str(place)], check=True)


def remount_read_only(place: Path) -> None:
    """Make the file system that is mounted over ``place`` read-only, as a failing card does by itself."""
    mount = shutil.which("mount")
    assert mount is not None
    subprocess.run([mount, "-o", "remount,ro", str(place)], check=True)
