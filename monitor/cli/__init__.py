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
    if sys.argv[1:2] == ["run"]:
        _keep_out("rich")
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


def _keep_out(package: str) -> None:
    """Let every later import of an optional package fail, as if it were not installed.

    structlog imports rich, with a syntax highlighter behind it, for a developer's console: 10 MiB and a
    tenth of a second that a daemon, which writes plain lines, has no use for.
    """
    sys.modules.setdefault(package, None)  # type: ignore[arg-type] # None is how Python marks what may not be imported
