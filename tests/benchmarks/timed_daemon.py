"""Runs the daemon as the command line does, and notes when the driver is told that a message is durable.

Started with a configuration and a file for what was noted. The only thing that is changed is that the
driver's ``settle`` looks at the clock first; at the end the file gets a line for each message: pump,
number, and the instant in nanoseconds of the monotonic clock, which all processes share.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from drivers.contract import Batch
from drivers.mqtt_pump.driver import MqttDriver
from monitor.cli import main


def run(config: str, noted: Path) -> None:
    """Run until SIGTERM, then write what was noted."""
    settled: list[tuple[int, Batch]] = []
    settle = MqttDriver.settle

    def noting(self: MqttDriver, batch: Batch) -> None:
        settled.append((time.monotonic_ns(), batch))
        settle(self, batch)

    setattr(MqttDriver, "settle", noting)  # noqa: B010 - a plain assignment to a method is refused by mypy
    sys.argv = ["pumpwatch", "run", "--config", config]
    try:
        main()
    finally:
        with noted.open("w") as out:
            for at_ns, batch in settled:
                for pump, seen in batch.items:
                    out.write(f"{pump} {getattr(seen, 'seq', 0)} {at_ns}\n")


if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2]))
