"""Starts `pumpwatch` with a wall clock and a boot clock that a file puts off; a test's way to lie to a real process.

Run as ``odd_clock.py FILE COMMAND...``. The file holds two numbers: by how many seconds the wall clock and the
boot clock are ahead of the true ones, read anew at each look.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import apscheduler.executors.base
import apscheduler.schedulers.base

from monitor import cli
from monitor import clock as clock_module

OFFSETS = Path(sys.argv[1])
NS = 1_000_000_000


def _ahead_s(which: int) -> float:
    return float(OFFSETS.read_text().split()[which])


class OddTime(dt.datetime):
    """The wall clock as the scheduler sees it."""

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Any:
        """Return what the odd wall clock says."""
        return cls.fromtimestamp(time.time() + _ahead_s(0), tz)


def main() -> None:
    """Put the clocks off and go on as the command line would."""
    odd = SimpleNamespace(
        time_ns=lambda: time.time_ns() + int(_ahead_s(0) * NS),
        clock_gettime_ns=lambda which: time.clock_gettime_ns(which) + int(_ahead_s(1) * NS),
        CLOCK_BOOTTIME=time.CLOCK_BOOTTIME,
    )
    vars(clock_module)["time"] = odd
    if len(OFFSETS.read_text().split()) > 2:
        vars(clock_module)["boot_id"] = lambda: OFFSETS.read_text().split()[2]
    vars(apscheduler.schedulers.base)["datetime"] = OddTime
    vars(apscheduler.executors.base)["datetime"] = OddTime
    sys.argv = ["pumpwatch", *sys.argv[2:]]
    cli.main()


if __name__ == "__main__":
    main()
