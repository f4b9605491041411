"""Asks the machine: processor time and memory of a process, on which core it runs, and what the disk takes."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mosquitto import mosquitto_path

_SCHEDULED = 2
"""The kind of clock that counts the processor time of a process (clock_getcpuclockid)."""

US = 1_000_000


def cpu_s(pid: int) -> float:
    """Return the processor time that a process has used, all its threads together, in seconds."""
    return time.clock_gettime((~pid << 3) | _SCHEDULED)


def memory_bytes(pid: int, what: str = "VmRSS") -> int:
    """Return the resident memory of a process."""
    found = re.search(rf"^{what}:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    if found is None:
        raise ProcessLookupError(pid)
    return int(found[1]) * 1024


def cores() -> tuple[int, int]:
    """Return the core of the measured process and the one of everything else; the same where there is but one."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Let processes that are started inside run on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder for files, in TMPDIR or below the current one: on a disk, as the figures rest on it."""
    base = os.environ.get("TMPDIR") or Path.cwd()
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=base) as name:
        yield Path(name)


def fdatasync_s(where: Path, count: int = 200) -> list[float]:
    """Return how long appending a page and waiting for the disk took, each time."""
    took: list[float] = []
    page = os.urandom(4096)
    path = where / "fdatasync"
    line = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        for _ in range(count):
            os.write(line, page)
            begun_s = time.perf_counter()
            os.fdatasync(line)
            took.append(time.perf_counter() - begun_s)
    finally:
        os.close(line)
        path.unlink()
    return took


def conditions(where: Path) -> list[str]:
    """Return in words what the figures were measured on."""
    syncs_ms = [one * 1e3 for one in fdatasync_s(where)]
    middle_ms, tail_ms = statistics.median(syncs_ms), statistics.quantiles(syncs_ms, n=100)[98]
    load = " ".join(f"{one:.2f}" for one in os.getloadavg())
    measured, other = cores()
    return [
        f"{len(os.sched_getaffinity(0))} cores ({_processor()}), load average {load}; the machine may be shared",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {_version(mosquitto_path() or 'none')}",
        f"files on {file_system(where)}; append 4 KiB and fdatasync: {middle_ms:.3f} ms, p99 {tail_ms:.3f} ms",
        f"measured processes on core {measured}; brokers, publishers and receivers on core {other}",
    ]


def file_system(where: Path) -> str:
    """Return device and kind of the file system that holds ``where``."""
    best = ("?", "", "?")
    for line in Path("/proc/mounts").read_text().splitlines():
        device, point, kind = line.split()[:3]
        if where.is_relative_to(point) and len(point) >= len(best[1]):
            best = (device, point, kind)
    return f"{best[2]} ({best[0]})"


def _processor() -> str:
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _version(program: str) -> str:
    try:
        said = subprocess.run([program, "-h"], capture_output=True, text=True, check=False, timeout=10).stdout
    except OSError:
        return f"no {program}"
    return said.partition("\n")[0]
