"""The files of this tree and their syntax, for tests that read the code instead of running it."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CODE = ("monitor", "drivers", "simulator", "migrations", "tests")
PURE_CONTRACT = "The pure core touches nothing"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def module(self) -> str:
        """Return its dotted name."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def at(self, line: int, what: str) -> str:
        """Return ``what`` with the place that it is about."""
        return f"{self.path.relative_to(ROOT)}:{line}: {what}"

    def functions(self) -> Iterator[Function]:
        """Return every function of the file, nested ones included."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def imports(self) -> Iterator[tuple[int, str]]:
        """Return line and dotted name of everything that is imported."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


@cache
def files() -> tuple[Path, ...]:
    """Return every file that is, or would be, kept in version control; of an unpacked archive, all code."""
    if not (ROOT / ".git").exists():
        found = [path for folder in CODE for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts]
        return tuple(sorted(path for path in [*found, *ROOT.glob("*")] if path.is_file()))
    command = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(sorted(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()))


@cache
def sources() -> tuple[Source, ...]:
    """Return every Python file of the code and its tests."""
    found = (path for path in files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in CODE)
    texts = ((path, path.read_text()) for path in found)
    return tuple(Source(path, text, ast.parse(text)) for path, text in texts)


@cache
def settings() -> dict[str, Any]:
    """Return what pyproject.toml holds."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@cache
def pure_modules() -> tuple[str, ...]:
    """Return the modules and packages that the import contract keeps pure."""
    contracts = settings()["tool"]["importlinter"]["contracts"]
    (pure,) = (contract for contract in contracts if contract["name"] == PURE_CONTRACT)
    return tuple(pure["source_modules"])


def is_pure(module: str) -> bool:
    """Return whether ``module`` is held pure by the import contract."""
    return any(fnmatchcase(module, pure) or fnmatchcase(module, f"{pure}.*") for pure in pure_modules())


def calls_itself_pure(source: Source) -> bool:
    """Return whether a paragraph of the docstring begins with the word."""
    return re.search(r"^Pure[.:]", ast.get_docstring(source.tree) or "", re.MULTILINE) is not None
