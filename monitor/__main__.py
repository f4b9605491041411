"""Runs the command line: ``python -m monitor`` is ``pumpwatch``."""

from monitor.cli import main

if __name__ == "__main__":
    main()
