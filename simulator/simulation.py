"""Runs a simulation as a process: opens the lines, says when it is ready, and ends in an orderly way."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from simulator.assembly import assemble, destinations
from simulator.group import Group
from simulator.records import write_received, write_truth
from simulator.runner import Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a simulation ends, and what it leaves behind.

    Attributes:
        until_over: End when all stories have been told; otherwise the pumps live on.
        while_stdin: End when standard input closes, so that no simulator outlives its parent.
        truth_file: Where to write what really flowed.
        received_file: Where to write what the pumps heard.
    """

    until_over: bool = False
    while_stdin: bool = False
    truth_file: Path | None = None
    received_file: Path | None = None


def run_simulation(groups: Sequence[Group], options: RunOptions) -> None:
    """Simulate until told to stop by SIGTERM, SIGINT or the options.

    Prints ``ready`` and where the pumps are when all lines are open, and ``over`` when all stories have
    been told.

    Raises:
        FileError: A story or secret cannot be used.
        LineError: A line cannot be made.
        OSError: A record cannot be written.
    """
    performances = [each for group in groups for each in assemble(group)]
    stations = [each.station for each in performances]
    stop = threading.Event()

    def tell_over() -> None:
        _say("over")
        if options.until_over:
            stop.set()

    leash = sys.stdin.fileno() if options.while_stdin else None
    runner = Runner(performances, stop=stop, on_over=tell_over, leash=leash)
    with _stopped_by_signals(stop):
        try:
            runner.open()
            _say(" ".join(["ready", *(where for group in groups for where in destinations(group))]))
            runner.run()
        finally:
            runner.close()
    if options.truth_file is not None:
        write_truth(options.truth_file, stations)
    if options.received_file is not None:
        write_received(options.received_file, stations)


@contextlib.contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    def on_signal(_: int, __: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(line: str) -> None:
    """Print a line for the parent process; one that no longer reads is no reason to stop."""
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
