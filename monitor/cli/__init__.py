"""The command ``pumpwatch``: everything a person starts from a shell.

Exit codes: 0 done; 1 failed at work, with one message on stderr; 2 wrong usage or configuration.
"""

from __future__ import annotations

import sys

from monitor.cli.app import app
from monitor.errors import ConfigurationError, MonitorError

__all__ = ["main"]


def main() -> None:
    """Run the command line and turn expected failures into one message and an exit code."""
    try:
        app()
    except ConfigurationError as fault:
        for line in fault.faults:
            sys.stderr.write(f"pumpwatch: {line}\n")
        sys.exit(2)
    except (MonitorError, OSError) as fault:
        sys.stderr.write(f"pumpwatch: {fault}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
