"""Runs the benchmarks: `python tests/benchmarks/run.py [--quick] [--only NAME ...]`; prints figures and exits 0."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main() -> None:
    """Make the tree importable, then leave the rest to the command."""
    root = Path(__file__).resolve().parents[2]
    sys.path[:0] = [str(root), str(root / "tests" / "support")]
    importlib.import_module("tests.benchmarks.command").run()


if __name__ == "__main__":
    main()
