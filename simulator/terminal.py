"""Gives a simulated pump a cable: a pseudo-terminal under a fixed name, which can be pulled out.

The name is a symbolic link. Pulling the cable closes the pseudo-terminal, which a reader notices as a
real one notices a lost adapter; plugging it in again makes a new one under the old name. Bytes that
nobody reads are lost once the terminal's own buffer is full, as on a real line.
"""

from __future__ import annotations

import os
import select
import tty
from pathlib import Path

READ_BYTES = 4096


class LineError(Exception):
    """A line cannot be made; a person must choose another name or broker."""


class Terminal:
    """One cable end; not safe for use by several threads.

    Attributes:
        can_hear: True.
        link: The name under which a reader finds it.
        lost_bytes: How many bytes were sent while nobody could take them.
    """

    can_hear = True

    def __init__(self, link: Path) -> None:
        self.link = link
        self.lost_bytes = 0
        self._master: int | None = None
        self._target: str | None = None

    def plug(self) -> None:
        """Make the pseudo-terminal and its name; harmless when plugged in.

        Raises:
            LineError: Something else stands under the name, or no pseudo-terminal is to be had.
        """
        if self._master is not None:
            return
        if self.link.exists() and not self.link.is_symlink():
            raise LineError(f"{self.link}: stands in the way, and is no symbolic link of a simulated pump")
        try:
            self._master, self._target = _open_pair()
            new = self.link.with_name(f".{self.link.name}.{os.getpid()}")
            new.unlink(missing_ok=True)
            new.symlink_to(self._target)
            new.replace(self.link)
        except OSError as error:
            self.unplug()
            raise LineError(f"{self.link}: no pseudo-terminal can be put there: {error}") from error

    def unplug(self) -> None:
        """Pull the cable; harmless when it is out."""
        # The name goes first, and only our own: another simulator may have taken it over.
        if self._target is not None and self.link.is_symlink() and str(self.link.readlink()) == self._target:
            self.link.unlink()
        self._target = None
        if self._master is not None:
            os.close(self._master)
            self._master = None

    close = unplug

    def fileno(self) -> int | None:
        """Return the descriptor to wait on, or None when the cable is out."""
        return self._master

    @property
    def can_send(self) -> bool:
        """Whether the cable is in and a reader has the other end open."""
        if self._master is None:
            return False
        poller = select.poll()
        poller.register(self._master, 0)
        return not any(event & (select.POLLHUP | select.POLLERR) for _, event in poller.poll(0))

    def receive(self) -> bytes:
        """Return what has come, without waiting; nothing where there is nothing or nobody."""
        if self._master is None:
            return b""
        try:
            return os.read(self._master, READ_BYTES)
        except OSError:
            # Nothing there, or nobody has the other end open: both mean that nothing came.
            return b""

    def send(self, data: bytes) -> None:
        """Send bytes in one piece; what cannot be taken is lost and counted."""
        taken = 0
        if self._master is not None:
            try:
                taken = os.write(self._master, data)
            except OSError:
                # Full or without a reader: counted below.
                taken = 0
        self.lost_bytes += len(data) - taken


def _open_pair() -> tuple[int, str]:
    """Return a raw, non-blocking master and the path of its other end, which is left to the reader."""
    master, slave = os.openpty()
    try:
        tty.setraw(slave)
        os.set_blocking(master, False)
        return master, os.ttyname(slave)
    except OSError:
        os.close(master)
        raise
    finally:
        os.close(slave)
