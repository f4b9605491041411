"""The demonstration: a simulated pump in its own process, the real driver, a scaled day, the live view."""

from __future__ import annotations

import logging
import signal
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from monitor.service.demonstration import Demonstration
from monitor.service.logs import set_up_logs


def demo(
    speed: Annotated[float, typer.Option(min=1, max=2000, help="Story seconds per real second.")] = 240.0,
    story: Annotated[str, typer.Option(help="A story of the simulator; `simulate --list` shows them.")] = "demo-day",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the dashboard; 0 takes a free one.")] = 0,
) -> None:
    """Watch a simulated pump through a day: quiet bag change, occlusion, a stop that passes four hours."""
    # The view itself shows who is told; the log would only say it twice.
    set_up_logs(logging.WARNING)
    # Ended from outside it still stops its pump and clears its folder.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console()
    with tempfile.TemporaryDirectory(prefix="pumpwatch-demo-") as folder:
        demonstration = Demonstration(Path(folder), story, speed, port)
        try:
            summary = demonstration.run(console)
        except KeyboardInterrupt:
            summary = demonstration.summary()
        finally:
            demonstration.stop()
    for line in summary:
        sys.stdout.write(line + "\n")
